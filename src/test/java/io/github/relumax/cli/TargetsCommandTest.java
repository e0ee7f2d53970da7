package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.io.NpyFile;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

final class TargetsCommandTest {
  private static final int M = 300;
  private static final int D = 6;
  private static final int K = 5;

  @TempDir private Path temporary;
  private Path problem;
  private Path file;

  /** Targets whose minimisers are known: x* + k / 100. */
  private double[][] minimisers;

  @BeforeEach
  void targets() {
    problem = CommandLineRun.planted(temporary.resolve("p"));
    file = temporary.resolve("targets.npy");
    ProblemDirectory folder = ProblemDirectory.open(problem);
    SoftmaxReluOracle oracle = new SoftmaxReluOracle(folder.problem());
    minimisers = new double[K][];
    Matrix b = Matrix.allocate(M, K, ElementType.FLOAT64);
    for (int k = 0; k < K; k++) {
      double[] x = folder.xStar().orElseThrow();
      for (int j = 0; j < D; j++) {
        x[j] += 0.01 * k;
      }
      minimisers[k] = x;
      double[] f = oracle.at(x).f;
      for (int i = 0; i < M; i++) {
        b.set(i, k, f[i]);
      }
    }
    NpyFile.write(file, b);
  }

  private CommandLineRun solve(Object... more) {
    return solve(new ByteArrayOutputStream(), more);
  }

  private CommandLineRun solve(OutputStream out, Object... more) {
    Object[] args =
        Stream.concat(Stream.of("solve", problem, "--targets", file), Stream.of(more)).toArray();
    return CommandLineRun.of(out, args);
  }

  private Path results() {
    return problem.resolve("solution");
  }

  private void assertMinimisers(Path folder) {
    Matrix x = NpyFile.read(folder.resolve("x.npy"));
    assertThat(x.rows()).isEqualTo(K);
    assertThat(x.columns()).isEqualTo(D);
    for (int k = 0; k < K; k++) {
      for (int j = 0; j < D; j++) {
        assertThat(x.get(k, j)).isCloseTo(minimisers[k][j], within(1e-7));
      }
    }
  }

  @Test
  void everyTargetHasARowALineAndATrace() throws IOException {
    Files.delete(problem.resolve("b.npy"));
    CommandLineRun run = solve("--threads", 2);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("Targets  " + file + ", 5 columns of b\n")
        .contains("At once  5 of 5 targets\n")
        .contains("5 of 5 targets converged\n")
        .contains("Written to %s: x.npy (5 x 6), result.json, trace.jsonl".formatted(results()));
    for (int k = 0; k < K; k++) {
      assertThat(run.out()).containsPattern("(?m)^ {5}" + k + " +\\d+ .* (step-small|gradient)");
    }
    assertMinimisers(results());

    JsonNode result = CommandLineRun.json(results().resolve("result.json"));
    assertThat(result.get("targets").asInt()).isEqualTo(K);
    assertThat(result.get("converged").asInt()).isEqualTo(K);
    assertThat(result.get("atOnce").asInt()).isEqualTo(K);
    assertThat(result.get("seconds").asDouble()).isPositive();
    assertThat(result.get("targetsPerSecond").asDouble())
        .isCloseTo(K / result.get("seconds").asDouble(), within(1e-9));
    assertThat(result.get("m").asInt()).isEqualTo(M);
    assertThat(result.get("path").asString()).isEqualTo("kept");
    assertThat(result.get("backend").get("threads").asInt()).isEqualTo(2);
    assertThat(result.get("options").get("start").asString()).isEqualTo("x0.npy");
    assertThat(result.get("results")).hasSize(K);
    List<JsonNode> trace = CommandLineRun.jsonLines(results().resolve("trace.jsonl"));
    int at = 0;
    int iterations = 0;
    for (int k = 0; k < K; k++) {
      JsonNode one = result.get("results").get(k);
      assertThat(one.get("target").asInt()).isEqualTo(k);
      assertThat(one.get("converged").asBoolean()).isTrue();
      assertThat(one.has("distanceToPlanted")).isFalse();
      iterations += one.get("iterations").asInt();
      for (int step = 0; step <= one.get("iterations").asInt(); step++) {
        JsonNode line = trace.get(at++);
        assertThat(line.get("target").asInt()).isEqualTo(k);
        assertThat(line.get("number").asInt()).isEqualTo(step);
      }
      assertThat(trace.get(at - 1).get("loss").asDouble()).isEqualTo(one.get("loss").asDouble());
    }
    assertThat(trace).hasSize(at);
    assertThat(result.get("iterations").asInt()).isEqualTo(iterations);
  }

  @Test
  void theResultIsAStartOfEach() {
    assertThat(solve("--max-iterations", 2, "--out", temporary.resolve("o")).code()).isEqualTo(3);
    CommandLineRun run = solve("--start", temporary.resolve("o").resolve("x.npy"));
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertMinimisers(results());
    for (JsonNode one : CommandLineRun.json(results().resolve("result.json")).get("results")) {
      assertThat(one.get("iterations").asInt()).isLessThan(12);
    }
  }

  @Test
  void optionsOfASolveAreForEveryTarget() {
    CommandLineRun run =
        solve("--radius", 0.5, "--weight", 0.001, "--path", "streamed", "--format", "json");
    assertThat(run.err()).isEmpty();
    JsonNode result = run.json();
    assertThat(result).isEqualTo(CommandLineRun.json(results().resolve("result.json")));
    assertThat(result.get("path").asString()).isEqualTo("streamed");
    assertThat(result.get("options").get("radius").asDouble()).isEqualTo(0.5);
    Problem given = ProblemDirectory.open(problem).problem().withWeight(0.001);
    Matrix x = NpyFile.read(results().resolve("x.npy"));
    for (int k = 0; k < K; k++) {
      double size = 0;
      for (double value : x.row(k)) {
        size = Math.hypot(size, value);
      }
      assertThat(size).isCloseTo(0.5, within(1e-9));
      SoftmaxReluOracle.At at =
          new SoftmaxReluOracle(
                  Problem.of(given.a1(), given.a2(), NpyFile.read(file).column(k))
                      .withWeight(0.001))
              .at(x.row(k));
      assertThat(result.get("results").get(k).get("loss").asDouble())
          .isCloseTo(at.loss(), within(1e-12));
    }
  }

  @Test
  void aTargetThatDoesNotConvergeIsNamedAndTheOthersAreKept() {
    Matrix b = Matrix.allocate(M, 2, ElementType.FLOAT32);
    double[] good = NpyFile.read(file).column(1);
    for (int i = 0; i < M; i++) {
      b.set(i, 0, 1e30);
      b.set(i, 1, good[i]);
    }
    NpyFile.write(file, b);
    CommandLineRun run = solve("--max-iterations", 30);
    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out()).contains("1 of 2 targets converged\n").contains(". What to do: ");
    JsonNode result = CommandLineRun.json(results().resolve("result.json"));
    assertThat(result.get("converged").asInt()).isEqualTo(1);
    assertThat(result.get("results").get(0).get("converged").asBoolean()).isFalse();
    assertThat(result.get("results").get(1).get("converged").asBoolean()).isTrue();
  }

  @Test
  void whatHasEndedIsWrittenBeforeAnError() throws IOException {
    CommandLineRun run =
        solve(
            new FailingOutput("\n     2 ", new OutOfMemoryError("Java heap space")),
            "--at-once",
            1);
    assertThat(run.code()).isEqualTo(4);
    assertThat(run.err())
        .isEqualTo(
            "relumax: not enough memory: Java heap space; raise the Java heap, for instance"
                + " RELUMAX_JAVA_OPTS=-Xmx8g%n".formatted());
    assertThat(run.out())
        .contains("3 of 5 targets converged\n2 interrupted: ")
        .contains("Written to " + results());
    Matrix x = NpyFile.read(results().resolve("x.npy"));
    JsonNode ends = CommandLineRun.json(results().resolve("result.json")).get("results");
    for (int k = 0; k < K; k++) {
      boolean ended = k < 3;
      assertThat(ends.get(k).get("converged").asBoolean()).isEqualTo(ended);
      assertThat(ends.get(k).get("loss").isNull()).isEqualTo(!ended);
      double[] expected = ended ? minimisers[k] : NpyFile.readVector(problem.resolve("x0.npy"));
      for (int j = 0; j < D; j++) {
        assertThat(x.get(k, j)).isCloseTo(expected[j], within(1e-7));
      }
    }
    assertThat(CommandLineRun.jsonLines(results().resolve("trace.jsonl")))
        .extracting(line -> line.get("target").asInt())
        .contains(0, 1, 2)
        .doesNotContain(3, 4);
  }

  @Test
  void anErrorBeforeAnyStepLeavesEarlierResults() throws IOException {
    assertThat(solve("--quiet").code()).isZero();
    CommandLineRun run =
        solve(new FailingOutput("\n     0 ", new AssertionError("x")), "--max-iterations", 0);
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).hasLineCount(1);
    assertMinimisers(results());
  }

  @Test
  void anEpsilonThatWasAskedForIsAnswered() {
    assertThat(solve("--epsilon", 0.1).out())
        .contains("\nε = 0.1 was asked for: no rows were sampled\n");
    CommandLineRun run = solve("--epsilon", 0.5, "--curvature", "sampled", "--max-iterations", 3);
    assertThat(run.out())
        .containsPattern("\nε = 0.5 held in every step of [0-5] of 5 targets, by the estimates\n");
    for (JsonNode one : CommandLineRun.json(results().resolve("result.json")).get("results")) {
      assertThat(one.get("epsilon").get("asked").asDouble()).isEqualTo(0.5);
    }
  }

  @Test
  void asManyAreUnderWayAsIsAskedFor() {
    CommandLineRun run = solve("--at-once", 2);
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("At once  2 of 5 targets\n");
    assertThat(CommandLineRun.json(results().resolve("result.json")).get("atOnce").asInt())
        .isEqualTo(2);
    assertMinimisers(results());
  }

  @Test
  void quietPrintsNothing() {
    CommandLineRun run = solve("--quiet");
    assertThat(run.out()).isEmpty();
    assertThat(run.code()).isZero();
    assertMinimisers(results());
  }

  /** Shapes, and what is expected. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "3 | 2 | 3 x 2, expected 300 x k, a column for each target, because P has 300 rows (m)",
        "5 | 300 | 5 x 300, expected 300 x k, a column for each target, because P has 300 rows (m);"
            + " transpose it",
        "300 | 0 | 300 x 0, expected 1 to 2147483639 columns, one for each target"
      })
  void targetsOfAnotherShapeAreRefused(int rows, int columns, String message) {
    NpyFile.write(file, Matrix.allocate(rows, columns, ElementType.FLOAT64));
    CommandLineRun run = solve();
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "relumax: %s: %s%n"
                .formatted(file, message.replace("P", problem.resolve("a2.npy").toString())));
    assertThat(results()).doesNotExist();
  }

  @Test
  void whatCannotBeUsedIsRefused() {
    Matrix b = Matrix.allocate(M, 2, ElementType.FLOAT64);
    b.set(17, 1, Double.NaN);
    NpyFile.write(file, b);
    refused(file + ": entry at row 17, column 1 is NaN, expected finite numbers only", "--seed", 3);
    NpyFile.write(file, Matrix.allocate(M, K, ElementType.FLOAT64));
    refused(
        "--weight auto is chosen for one target and does not go with --targets: give a number or a"
            + " file",
        "--weight",
        "auto:1");
    Path start = temporary.resolve("start.npy");
    NpyFile.write(start, Matrix.allocate(4, D, ElementType.FLOAT64));
    refused(
        start + ": 4 x 6, expected 5 x 6, a row for each target, or 6 numbers for all",
        "--start",
        start);
    NpyFile.writeVector(start, new double[3]);
    refused(
        "%s: 3 values, expected 6 because %s has 6 columns (d)"
            .formatted(start, problem.resolve("a1.npy")),
        "--start",
        start);
    Matrix starts = Matrix.allocate(K, D, ElementType.FLOAT64);
    starts.set(3, 2, Double.POSITIVE_INFINITY);
    NpyFile.write(start, starts);
    refused(start + ", row 3: entry 2 is Infinity, expected finite numbers only", "--start", start);
    starts.set(3, 2, 0);
    NpyFile.write(start, starts);
    refused(
        "--seed is for a random start and does not go with --start " + start,
        "--start",
        start,
        "--seed",
        1);
    refused("--at-once 0: expected 1 or more", "--at-once", 0);
    assertThat(CommandLineRun.of("solve", problem, "--at-once", 2).err())
        .isEqualTo(
            "relumax: --at-once is for many targets and goes with --targets FILE%n".formatted());
    Path gone = temporary.resolve("gone.npy");
    assertThat(CommandLineRun.of("solve", problem, "--targets", gone).err())
        .isEqualTo(
            "relumax: --targets %s: no such file, expected an .npy file of shape (m, k)%n"
                .formatted(gone));
  }

  private void refused(String message, Object... more) {
    CommandLineRun run = solve(more);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).isEqualTo("relumax: %s%n".formatted(message));
  }
}
