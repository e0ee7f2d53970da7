package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import io.github.relumax.io.NpyFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

final class EvaluateAndCheckTest {
  @TempDir private Path temporary;

  @Test
  void evaluateAgreesWithTheStartOfASolve() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    Path x0 = problem.resolve("x0.npy");
    JsonNode solved =
        CommandLineRun.of(
                "solve", problem, "--max-iterations", 0, "--weight", 0.1, "--format", "json")
            .json();
    CommandLineRun run =
        CommandLineRun.of("evaluate", problem, "--at", x0, "--weight", 0.1, "--format", "json");
    assertThat(run.code()).isZero();
    JsonNode json = run.json();
    // To rounding: a solve has its logits from C x, an evaluation from A2 relu(A1 x).
    for (String field : new String[] {"loss", "dataLoss", "regularization", "gradientNorm"}) {
      assertThat(json.get(field).asDouble())
          .as(field)
          .isCloseTo(solved.get(field).asDouble(), withPercentage(1e-11));
    }
    assertThat(json.get("activeUnits")).isEqualTo(solved.get("activeUnits"));
    assertThat(json.get("distanceToPlanted")).isEqualTo(solved.get("distanceToPlanted"));
    assertThat(json.get("gaussNewton").get("leastEigenvalue").asDouble()).isPositive();
    assertThat(json.get("gaussNewton").get("definiteness").asString())
        .isEqualTo("positive-definite");
  }

  @Test
  void atThePlantedAnswerBothMatricesAreOne() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    Path xStar = problem.resolve("x_star.npy");
    JsonNode json =
        CommandLineRun.of("evaluate", problem, "--at", xStar, "--format", "json").json();
    for (String end : new String[] {"leastEigenvalue", "greatestEigenvalue"}) {
      assertThat(json.get("hessian").get(end).asDouble())
          .isCloseTo(json.get("gaussNewton").get(end).asDouble(), withPercentage(1e-8));
    }
    assertThat(CommandLineRun.of("evaluate", problem, "--at", xStar).out())
        .contains("Hessian ")
        .contains(", positive definite")
        .contains("of 60");
  }

  @Test
  void evaluateNeedsAPointThatFits() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    assertThat(CommandLineRun.of("evaluate", problem).code()).isEqualTo(2);
    CommandLineRun run = CommandLineRun.of("evaluate", problem, "--at", problem.resolve("b.npy"));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("300 values, expected 6");
  }

  @Test
  void checkAgreesAtTheStart() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    CommandLineRun run = CommandLineRun.of("check", problem, "--weight", 0.01);
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("The analytic derivatives agree").doesNotContain("DISAGREE");
  }

  @Test
  void checkGivesNoVerdictWhereTheGradientIsRounding() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    CommandLineRun run = CommandLineRun.of("check", problem, "--at", problem.resolve("x_star.npy"));
    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out()).contains("No verdict");
  }

  @Test
  void checkRefusesADeadPoint() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    Path zero = temporary.resolve("zero.npy");
    NpyFile.writeVector(zero, new double[6]);
    CommandLineRun run = CommandLineRun.of("check", problem, "--at", zero);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("no unit is active");
  }
}
