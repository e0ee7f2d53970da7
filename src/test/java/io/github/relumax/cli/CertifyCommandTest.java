package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import io.github.relumax.io.NpyFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

final class CertifyCommandTest {
  @TempDir private Path temporary;
  private Path problem;
  private Path x0;
  private Path xStar;

  @BeforeEach
  void generate() {
    problem = CommandLineRun.planted(temporary.resolve("p"));
    x0 = problem.resolve("x0.npy");
    xStar = problem.resolve("x_star.npy");
  }

  /** A solve of so many rows would begin with some of them, and leave one step or two. */
  @Test
  void theStepsAreThoseOfAllRows() {
    Path large = temporary.resolve("large");
    assertThat(
            CommandLineRun.of(
                    "generate", large, "--m", 8192, "--n", 12, "--d", 3, "--scale", 40, "--seed", 1)
                .code())
        .isZero();
    assertThat(CommandLineRun.of("solve", large, "--out", temporary.resolve("out")).out())
        .contains("Coarse problem: ");
    CommandLineRun run =
        CommandLineRun.of(
            "certify", large, "--at", large.resolve("x_star.npy"), "--format", "json");
    assertThat(run.code()).isZero();
    JsonNode ratios = run.json().get("contraction").get("ratios");
    assertThat(ratios.size()).isGreaterThan(3);
    assertThat(ratios.get(0).asDouble()).isGreaterThan(1e-6);
  }

  @Test
  void everyFigureIsInTheJson() {
    CommandLineRun run =
        CommandLineRun.of("certify", problem, "--at", xStar, "--weight", 1e-9, "--format", "json");
    assertThat(run.code()).isZero();
    assertThat(run.err()).isEmpty();
    JsonNode json = run.json();
    JsonNode evaluated =
        CommandLineRun.of("evaluate", problem, "--at", xStar, "--weight", 1e-9, "--format", "json")
            .json();
    for (String field : new String[] {"norm", "activeUnits", "m", "n", "d", "version"}) {
      assertThat(json.get(field)).as(field).isEqualTo(evaluated.get(field));
    }
    for (String end : new String[] {"leastEigenvalue", "greatestEigenvalue"}) {
      assertThat(json.get("hessian").get(end).asDouble())
          .isCloseTo(evaluated.get("hessian").get(end).asDouble(), withPercentage(1e-8));
    }
    assertThat(json.get("hessian").get("definiteness").asString()).isEqualTo("positive-definite");
    assertThat(json.get("middle").get("greatestEigenvalue").asDouble()).isBetween(0.0, 8.0);
    assertThat(json.get("middleWeighted").get("leastEigenvalue").asDouble()).isPositive();
    double sigma = json.get("sigma").get("least").asDouble();
    assertThat(json.get("sigma").get("greatest").asDouble()).isGreaterThan(sigma);
    assertThat(json.get("sigma").get("fullRank").asBoolean()).isTrue();
    assertThat(json.get("claimedLeast").asDouble())
        .isCloseTo(
            sigma * sigma * json.get("middleWeighted").get("leastEigenvalue").asDouble(),
            withPercentage(1e-9));
    assertThat(json.get("kinkDistance").asDouble()).isPositive();
    double m = json.get("lipschitz").get("value").asDouble();
    assertThat(json.get("lipschitz").get("randomDirections").asInt()).isEqualTo(8);
    assertThat(json.get("radius").asDouble())
        .isCloseTo(
            0.1 * json.get("hessian").get("leastEigenvalue").asDouble() / m, withPercentage(1e-9));
    assertThat(json.get("starDistance").asDouble()).isZero();
    assertThat(json.get("startDistance").asDouble()).isPositive();
    assertThat(json.get("holds").asBoolean()).isFalse();
    assertThat(json.get("weights").get("published").asDouble()).isGreaterThan(2);
    assertThat(json.get("noWeights").asString()).isEmpty();

    JsonNode contraction = json.get("contraction");
    assertThat(contraction.get("converged").asBoolean()).isTrue();
    assertThat(contraction.get("predicted").asDouble()).isEqualTo(0.4);
    assertThat(contraction.get("curvature").asString()).isEqualTo("auto");
    int steps = contraction.get("ratios").size();
    assertThat(contraction.get("distances").size()).isEqualTo(steps + 1);
    assertThat(contraction.get("counted").size()).isEqualTo(steps);
    assertThat(contraction.get("distances").get(0)).isEqualTo(json.get("startDistance"));
    assertThat(contraction.get("worst").asDouble()).isPositive();
  }

  @Test
  void theTextHasALineForEachFigure() {
    CommandLineRun run = CommandLineRun.of("certify", problem, "--at", xStar, "--weight", 1e-9);
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("l = λmin(Hess) ", "; positive definite", "λmax(Hess) ", "B + W² ", "B ")
        .contains("singular values ", "nearest kink ", "M  ", "at least ", "radius 0.1 l / M ")
        .contains("M ‖x0 - x*‖ <= 0.1 l   no: ")
        .contains("W for Hess >= ", "w I, smallest", "w I by B and σmin", "rows by B and σmin")
        .contains("A solve from x0 (auto): ", "ratio (predicted: at most 0.4)", "worst ratio ");
  }

  @Test
  void withoutAStartOrXStarThereIsNoSolve() throws IOException {
    Files.delete(x0);
    CommandLineRun run = CommandLineRun.of("certify", problem, "--at", xStar);
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("unknown without a start and x* (--from, --star)")
        .doesNotContain("A solve from");
    JsonNode json = CommandLineRun.of("certify", problem, "--at", xStar, "--format", "json").json();
    for (String field : new String[] {"contraction", "holds", "startDistance", "middleWeighted"}) {
      assertThat(json.get(field).isNull()).as(field).isTrue();
    }
  }

  @Test
  void theStartAndXStarMayBeGiven() {
    Path start = temporary.resolve("start.npy");
    double[] near = NpyFile.readVector(xStar);
    near[0] += 1e-10;
    NpyFile.writeVector(start, near);
    JsonNode json =
        CommandLineRun.of(
                "certify",
                problem,
                "--at",
                x0,
                "--from",
                start,
                "--star",
                start,
                "--format",
                "json",
                "--curvature",
                "gauss-newton")
            .json();
    assertThat(json.get("startDistance").asDouble()).isZero();
    assertThat(json.get("starDistance").asDouble()).isPositive();
    assertThat(json.get("contraction").get("curvature").asString()).isEqualTo("gauss-newton");
    // A step away from x* itself has no ratio.
    JsonNode ratios = json.get("contraction").get("ratios");
    assertThat(ratios).isNotEmpty();
    assertThat(ratios.get(0).isNull()).isTrue();
    assertThat(json.get("contraction").get("counted").get(0).asBoolean()).isFalse();
  }

  @Test
  void aSolveThatDoesNotConvergeIsCodeThree() {
    Path dead = temporary.resolve("dead.npy");
    NpyFile.writeVector(dead, new double[6]);
    CommandLineRun run = CommandLineRun.of("certify", problem, "--at", xStar, "--from", dead);
    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out()).contains("no-active-unit after 0 steps");
  }

  @Test
  void whatIsNotKnownIsNull() {
    double[] x = NpyFile.readVector(x0);
    for (int k = 0; k < x.length; k++) {
      x[k] *= 1e6;
    }
    Path far = temporary.resolve("far.npy");
    NpyFile.writeVector(far, x);
    JsonNode json = CommandLineRun.of("certify", problem, "--at", far, "--format", "json").json();
    for (String field : new String[] {"radius", "holds", "weights"}) {
      assertThat(json.get(field).isNull()).as(field).isTrue();
    }
    for (String field : new String[] {"value", "step", "direction"}) {
      assertThat(json.get("lipschitz").get(field).isNull()).as(field).isTrue();
    }
    assertThat(json.get("noWeights").asString()).contains("saturated");
    assertThat(CommandLineRun.of("certify", problem, "--at", far).out())
        .contains("M                      unknown: ")
        .contains("radius 0.1 l / M       none")
        .contains("unknown without M")
        .contains("W: the Hessian of the data loss is 0");
  }

  @Test
  void aDeadPointIsRefused() {
    Path dead = temporary.resolve("dead.npy");
    NpyFile.writeVector(dead, new double[6]);
    CommandLineRun run = CommandLineRun.of("certify", problem, "--at", dead);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains("no unit is active");
  }

  /** The weights by rows that it writes do what they are for. */
  @Test
  void theFilesHoldTheCertificateAndUsableWeights() throws IOException {
    Path out = temporary.resolve("out");
    CommandLineRun run =
        CommandLineRun.of("certify", problem, "--at", x0, "--out", out, "--format", "json");
    assertThat(Files.readString(out.resolve("certificate.json"))).isEqualTo(run.out());
    JsonNode evaluated =
        CommandLineRun.of(
                "evaluate",
                problem,
                "--at",
                x0,
                "--weight",
                out.resolve("w.npy"),
                "--format",
                "json")
            .json();
    assertThat(evaluated.get("hessian").get("leastEigenvalue").asDouble())
        .isGreaterThan(run.json().get("weights").get("l").asDouble());
  }

  /** The same eigenvalue as asked for, wherever the option is taken. */
  @Test
  void anAutomaticWeightReachesTheEigenvalue() {
    JsonNode at = CommandLineRun.of("evaluate", problem, "--at", x0, "--format", "json").json();
    double l = 0.1 * at.get("hessian").get("greatestEigenvalue").asDouble();
    CommandLineRun run =
        CommandLineRun.of(
            "evaluate", problem, "--at", x0, "--weight", "auto:" + l, "--format", "json");
    assertThat(run.json().get("hessian").get("leastEigenvalue").asDouble())
        .isCloseTo(l, withPercentage(0.01));
    JsonNode chosen = run.json().get("autoWeight");
    assertThat(chosen.get("l").asDouble()).isEqualTo(l);
    double w = chosen.get("smallest").asDouble();
    assertThat(w).isPositive();

    JsonNode certified =
        CommandLineRun.of(
                "certify", problem, "--at", x0, "--weight", "auto:" + l, "--format", "json")
            .json();
    assertThat(certified.get("hessian").get("leastEigenvalue").asDouble())
        .isCloseTo(l, withPercentage(0.01));
    assertThat(certified.get("weights").get("l").asDouble()).isEqualTo(l);

    assertThat(firstDraw("auto:" + l)).isEqualTo(firstDraw(String.valueOf(w)));

    JsonNode solved =
        CommandLineRun.of(
                "solve",
                problem,
                "--weight",
                "auto:" + l,
                "--max-iterations",
                0,
                "--format",
                "json")
            .json();
    assertThat(solved.get("autoWeight").get("smallest").asDouble()).isEqualTo(w);
    assertThat(solved.get("options").get("weight").asString()).isEqualTo("auto:" + l);
    JsonNode weighted =
        CommandLineRun.of("evaluate", problem, "--at", x0, "--weight", w, "--format", "json")
            .json();
    assertThat(solved.get("loss").asDouble())
        .isCloseTo(weighted.get("loss").asDouble(), withPercentage(1e-10));
  }

  /** ε of the first draw of `sampling` at x0. */
  private double firstDraw(String weight) {
    Path file = temporary.resolve("sampling.json");
    CommandLineRun run =
        CommandLineRun.of(
            "sampling",
            problem,
            "--at",
            x0,
            "--weight",
            weight,
            "--multiples",
            3,
            "--draws",
            1,
            "--json",
            file);
    assertThat(run.code()).isZero();
    JsonNode first = CommandLineRun.json(file).get("runs").get(0);
    return first.get("draws").get(0).get("epsilon").asDouble();
  }

  @Test
  void anAutomaticWeightIsShownBesideTheTheorys() {
    String[] words = {"the smallest with Hess >= ", "by B and σmin ", "published "};
    assertThat(CommandLineRun.of("solve", problem, "--weight", "auto").out())
        .contains("Weight   w = ")
        .contains(words);
    assertThat(CommandLineRun.of("evaluate", problem, "--at", x0, "--weight", "auto").out())
        .contains(words);
    CommandLineRun check = CommandLineRun.of("check", problem, "--weight", "auto");
    assertThat(check.out()).contains("Weight: w = ").contains(words);
    assertThat(check.code()).isZero();
  }

  /** The weight belongs to the point that the solve begins at. */
  @Test
  void aBallMovesTheStartBeforeTheWeightIsChosen() throws IOException {
    double[] start = NpyFile.readVector(x0);
    double norm = 0;
    for (double value : start) {
      norm = Math.hypot(norm, value);
    }
    double radius = 0.5 * norm;
    Path inside = temporary.resolve("inside.npy");
    double[] scaled = start.clone();
    for (int k = 0; k < scaled.length; k++) {
      scaled[k] *= radius / norm;
    }
    NpyFile.writeVector(inside, scaled);
    JsonNode solved =
        CommandLineRun.of(
                "solve",
                problem,
                "--weight",
                "auto",
                "--radius",
                radius,
                "--max-iterations",
                0,
                "--format",
                "json")
            .json();
    JsonNode evaluated =
        CommandLineRun.of(
                "evaluate", problem, "--at", inside, "--weight", "auto", "--format", "json")
            .json();
    assertThat(solved.get("autoWeight")).isEqualTo(evaluated.get("autoWeight"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto:", "auto:x", "auto:0", "auto:-1", "auto:NaN", "auto:Infinity"})
  void anEigenvalueThatIsNoneIsOneLine(String weight) {
    CommandLineRun run = CommandLineRun.of("solve", problem, "--weight", weight);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "relumax: --weight %s: expected auto, or auto:L with a finite number L above 0%n"
                .formatted(weight));
  }

  @Test
  void whatNoWeightCanDoIsOneLine() {
    Path dead = temporary.resolve("dead.npy");
    NpyFile.writeVector(dead, new double[6]);
    CommandLineRun run = CommandLineRun.of("solve", problem, "--start", dead, "--weight", "auto");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err())
        .startsWith("relumax: --weight auto: ")
        .contains("no full column rank with 0 active units and d = 6");
  }
}
