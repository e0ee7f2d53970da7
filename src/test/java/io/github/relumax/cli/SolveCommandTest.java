package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.Version;
import io.github.relumax.io.NpyFile;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

final class SolveCommandTest {
  @TempDir private Path temporary;

  @Test
  void theBestPointIsWrittenBeforeAnError() throws IOException {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    CommandLineRun run =
        CommandLineRun.of(
            new FailingOutput("\n    3  ", new OutOfMemoryError("Java heap space")),
            "solve",
            problem);
    assertThat(run.code()).isEqualTo(4);
    assertThat(run.err()).startsWith("relumax: not enough memory: ").hasLineCount(1);
    assertThat(run.out()).contains("Not converged after 3 iterations: an error ended the solve\n");
    Path results = problem.resolve("solution");
    JsonNode result = CommandLineRun.json(results.resolve("result.json"));
    assertThat(result.get("status").asString()).isEqualTo("failed");
    assertThat(result.get("iterations").asInt()).isEqualTo(3);
    double[] x = NpyFile.readVector(results.resolve("x.npy"));
    double loss = new SoftmaxReluOracle(ProblemDirectory.open(problem).problem()).at(x).loss();
    assertThat(result.get("loss").asDouble()).isCloseTo(loss, within(1e-10 * loss));
    List<JsonNode> trace = CommandLineRun.jsonLines(results.resolve("trace.jsonl"));
    assertThat(trace).hasSize(4);
    assertThat(trace.getLast().get("loss").asDouble()).isEqualTo(result.get("loss").asDouble());
  }

  /** What the start came to is no result. */
  @Test
  void anErrorBeforeAnyStepLeavesEarlierResults() throws IOException {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    assertThat(CommandLineRun.of("solve", problem).code()).isZero();
    byte[] before = Files.readAllBytes(problem.resolve("solution").resolve("result.json"));
    CommandLineRun run =
        CommandLineRun.of(new FailingOutput("\n    0  ", new AssertionError()), "solve", problem);
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).startsWith("relumax: internal error: ").hasLineCount(1);
    assertThat(problem.resolve("solution").resolve("result.json")).hasBinaryContent(before);
  }

  @Test
  void solvesAPlantedProblemAndWritesItsResults() throws IOException {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    CommandLineRun run = CommandLineRun.of("solve", problem, "--threads", 2);
    assertThat(run.code()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("Start    x0.npy")
        .contains("Converged after ")
        .contains("Distance to the planted x*");

    Path results = problem.resolve("solution");
    assertThat(names(results)).containsExactly("result.json", "trace.jsonl", "x.npy");
    double[] x = NpyFile.readVector(results.resolve("x.npy"));
    double[] xStar = NpyFile.readVector(problem.resolve("x_star.npy"));
    assertThat(distance(x, xStar)).isLessThan(1e-8);

    JsonNode result = CommandLineRun.json(results.resolve("result.json"));
    assertThat(result.get("converged").asBoolean()).isTrue();
    assertThat(result.get("status").asString()).isIn("step-small", "gradient-at-rounding");
    assertThat(result.get("loss").asDouble())
        .isEqualTo(result.get("dataLoss").asDouble() + result.get("regularization").asDouble());
    assertThat(result.get("distanceToPlanted").asDouble()).isLessThan(1e-8);
    assertThat(result.get("gradientNorm").asDouble()).isPositive();
    assertThat(result.get("activeUnits").asInt()).isBetween(1, 60);
    assertThat(result.get("m").asInt()).isEqualTo(300);
    assertThat(result.get("n").asInt()).isEqualTo(60);
    assertThat(result.get("d").asInt()).isEqualTo(6);
    assertThat(result.get("backend").get("name").asString()).isEqualTo("cpu");
    assertThat(result.get("backend").get("threads").asInt()).isEqualTo(2);
    assertThat(result.get("backend").get("vectorBits").asInt()).isPositive();
    assertThat(result.get("seed").isNull()).isTrue();
    assertThat(result.get("version").asString()).isEqualTo(Version.current());
    JsonNode options = result.get("options");
    assertThat(options.get("start").asString()).isEqualTo("x0.npy");
    assertThat(options.get("curvature").asString()).isEqualTo("auto");
    assertThat(options.get("path").asString()).isEqualTo("auto");
    assertThat(options.get("tolerance").asDouble()).isEqualTo(1e-8);
    assertThat(run.out()).contains("Path     kept: C takes 14.1 KiB\n");
    assertThat(result.get("path").asString()).isEqualTo("kept");
    assertThat(options.get("timeLimit").isNull()).isTrue();
    assertThat(options.get("radius").isNull()).isTrue();
    double phases = 0;
    for (JsonNode seconds : result.get("phases")) {
      phases += seconds.asDouble();
    }
    assertThat(phases).isCloseTo(result.get("seconds").asDouble(), within(1e-6));

    List<JsonNode> trace = CommandLineRun.jsonLines(results.resolve("trace.jsonl"));
    assertThat(trace).hasSize(result.get("iterations").asInt() + 1);
    assertThat(trace.getFirst().get("number").asInt()).isZero();
    assertThat(trace.getFirst().get("gainRatio").isNull()).isTrue();
    assertThat(trace.getFirst().get("curvature").isNull()).isTrue();
    assertThat(trace.getLast().get("loss").asDouble()).isEqualTo(result.get("loss").asDouble());
  }

  @Test
  void furtherDescentsAreShownAndKept() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"), "--noise", 0.5);
    CommandLineRun first = CommandLineRun.of("solve", problem);
    JsonNode without = CommandLineRun.json(problem.resolve("solution").resolve("result.json"));
    assertThat(first.out()).doesNotContain("Further descents");
    assertThat(without.has("furtherDescents")).isFalse();
    assertThat(without.get("options").get("minima").asString()).isEqualTo("first");

    CommandLineRun lower = CommandLineRun.of("solve", problem, "--minima", "lower");
    assertThat(lower.code()).isZero();
    JsonNode result = CommandLineRun.json(problem.resolve("solution").resolve("result.json"));
    assertThat(result.get("options").get("minima").asString()).isEqualTo("lower");
    JsonNode further = result.get("furtherDescents");
    assertThat(further.get("count").asInt()).isEqualTo(3);
    assertThat(further.get("lower").asInt()).isBetween(0, 3);
    assertThat(further.get("firstLoss").asDouble()).isEqualTo(without.get("loss").asDouble());
    assertThat(further.get("seconds").asDouble()).isBetween(0.0, result.get("seconds").asDouble());
    int more = further.get("iterations").asInt();
    assertThat(result.get("iterations").asInt())
        .isEqualTo(without.get("iterations").asInt() + more);
    assertThat(lower.out()).contains("Further descents 3, " + more + " iterations, ");

    CommandLineRun wrong = CommandLineRun.of("solve", problem, "--minima", "global");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err()).contains("'--minima': 'global' is none of first, lower, auto");
  }

  @Test
  void theCoarseProblemIsShownAndKept() throws IOException {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    CommandLineRun with = CommandLineRun.of("solve", problem, "--coarse-rows", 90);
    assertThat(with.code()).isZero();
    JsonNode result = CommandLineRun.json(problem.resolve("solution").resolve("result.json"));
    assertThat(result.get("options").get("coarseRows").asString()).isEqualTo("90");
    JsonNode coarse = result.get("coarse");
    assertThat(coarse.get("rows").asInt()).isEqualTo(90);
    assertThat(coarse.get("method").asString()).isEqualTo("full");
    assertThat(coarse.get("status").asString()).isIn("step-small", "gradient-at-rounding");
    assertThat(coarse.get("taken").asBoolean()).isTrue();
    assertThat(coarse.get("loss").asDouble()).isLessThan(1e-20);
    assertThat(coarse.get("seconds").asDouble()).isBetween(0.0, result.get("seconds").asDouble());
    assertThat(result.get("phases").get("coarse").asDouble()).isPositive();
    int steps = coarse.get("iterations").asInt();
    assertThat(steps).isGreaterThan(2);
    assertThat(with.out())
        .containsPattern("Coarse   the 90 rows that b and f weigh most come first, \\d")
        .containsPattern("\n    0  +\\S+  +-  +-  +-  +-  ")
        .contains("Coarse problem: 90 rows, " + steps + " iterations, ")
        .contains("; its end was taken\n")
        .containsPattern("Time .*: coarse \\d+ %, evaluate ");
    String start =
        Files.readAllLines(problem.resolve("solution").resolve("trace.jsonl")).getFirst();
    assertThat(start).contains("\"gradientNorm\":null");

    CommandLineRun none = CommandLineRun.of("solve", problem, "--coarse-rows", "none");
    assertThat(none.out()).doesNotContainIgnoringCase("coarse");
    assertThat(
            CommandLineRun.json(problem.resolve("solution").resolve("result.json")).has("coarse"))
        .isFalse();

    CommandLineRun one = CommandLineRun.of("solve", problem, "--coarse-rows", 1);
    assertThat(one.out()).contains("1 rows, ").contains("; its end was no better than the start\n");
  }

  @Test
  void cNeedNotBeKept() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    CommandLineRun run = CommandLineRun.of("solve", problem, "--path", "streamed");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("Path     streamed, as asked for: a block of C takes 14.1 KiB\n");
    JsonNode result = CommandLineRun.json(problem.resolve("solution").resolve("result.json"));
    assertThat(result.get("path").asString()).isEqualTo("streamed");
    assertThat(result.get("options").get("path").asString()).isEqualTo("streamed");
    assertThat(result.get("distanceToPlanted").asDouble()).isLessThan(1e-8);
  }

  @ParameterizedTest
  @CsvSource({"sampled", "sketch-cg"})
  void stepsFromSampledRowsAreShownAndKept(String curvature) throws IOException {
    Path problem = tall();
    CommandLineRun run =
        CommandLineRun.of(
            "solve", problem, "--curvature", curvature, "--sample", 12, "--sampling-seed", 3);
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("Steps    " + (curvature.equals("sampled") ? "from rows of C" : "by conjugate"))
        .containsPattern("seconds +rows +ε +products\n");
    JsonNode result = CommandLineRun.json(problem.resolve("solution").resolve("result.json"));
    assertThat(result.get("method").asString()).isEqualTo(curvature);
    assertThat(result.get("distanceToPlanted").asDouble()).isLessThan(1e-8);
    JsonNode options = result.get("options");
    assertThat(options.get("curvature").asString()).isEqualTo(curvature);
    assertThat(options.get("sample").asDouble()).isEqualTo(12);
    assertThat(options.get("epsilon").isNull()).isTrue();
    assertThat(options.get("delta").asDouble()).isEqualTo(0.1);
    assertThat(options.get("samplingSeed").asLong()).isEqualTo(3);
    List<JsonNode> trace =
        CommandLineRun.jsonLines(problem.resolve("solution").resolve("trace.jsonl"));
    JsonNode step = trace.get(1);
    int rows = step.get("sampledRows").asInt();
    // At most 12 d = 72 are expected.
    assertThat(rows).isBetween(6, 72 + 50);
    assertThat(step.get("epsilon").asDouble()).isBetween(1e-6, 10.0);
    assertThat(step.get("products").asInt()).isPositive();
    String line =
        run.out().lines().filter(text -> text.startsWith("    1  ")).findFirst().orElseThrow();
    assertThat(line).containsPattern(" " + rows + " +\\S+ +" + step.get("products").asInt() + "$");
  }

  @ParameterizedTest
  @CsvSource({"full, full", "exact, full", "diagonal, diagonal", "auto, full"})
  void stepsFromAllRowsHaveNoColumnsForSamples(String curvature, String method) {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    CommandLineRun run =
        CommandLineRun.of("solve", problem, "--curvature", curvature, "--max-iterations", 2);
    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).containsPattern("seconds\n").doesNotContain("products");
    JsonNode result = CommandLineRun.json(problem.resolve("solution").resolve("result.json"));
    assertThat(result.get("method").asString()).isEqualTo(method);
    assertThat(result.get("options").get("curvature").asString()).isEqualTo(curvature);
    assertThat(result.get("options").get("sample").isNull()).isTrue();
  }

  @Test
  void aDemandedEpsilonIsKeptWithTheResult() throws IOException {
    Path problem = tall();
    CommandLineRun run =
        CommandLineRun.of(
            "solve",
            problem,
            "--curvature",
            "sampled",
            "--sample",
            8,
            "--epsilon",
            0.6,
            "--delta",
            0.05);
    assertThat(run.err()).isEmpty();
    JsonNode options =
        CommandLineRun.json(problem.resolve("solution").resolve("result.json")).get("options");
    assertThat(options.get("epsilon").asDouble()).isEqualTo(0.6);
    assertThat(options.get("delta").asDouble()).isEqualTo(0.05);
    assertThat(CommandLineRun.jsonLines(problem.resolve("solution").resolve("trace.jsonl")))
        .allMatch(step -> step.get("epsilon").asDouble() <= 0.6);
  }

  @ParameterizedTest
  @CsvSource({
    "--epsilon, full",
    "--epsilon, exact",
    "--epsilon, gauss-newton",
    "--sample, full",
    "--sample, diagonal"
  })
  void whatIsForSamplesDoesNotGoWithAllRows(String option, String curvature) {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    double value = option.equals("--sample") ? 4 : 0.1;
    CommandLineRun run =
        CommandLineRun.of("solve", problem, "--curvature", curvature, option, value);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "relumax: %s is for sampled rows and does not go with --curvature %s: take sampled or sketch-cg%n"
                .formatted(option, curvature));
  }

  @Test
  void anEpsilonThatNothingCameOfIsAnswered() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    assertThat(CommandLineRun.of("solve", problem, "--epsilon", 0.1).out())
        .contains("\nε = 0.1 was asked for: no rows were sampled\n");
    Path dead = temporary.resolve("dead.npy");
    NpyFile.writeVector(dead, new double[6]);
    assertThat(
            CommandLineRun.of(
                    "solve", problem, "--start", dead, "--curvature", "sampled", "--epsilon", 0.1)
                .out())
        .contains("\nε = 0.1 was asked for: there was no step\n");
  }

  @Test
  void jsonFormatPrintsTheResultAndNothingElse() throws IOException {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    CommandLineRun run = CommandLineRun.of("solve", problem, "--format", "json");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .isEqualTo(Files.readString(problem.resolve("solution").resolve("result.json")));
  }

  @Test
  void quietPrintsNothing() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    CommandLineRun run = CommandLineRun.of("solve", problem, "--quiet");
    assertThat(run).isEqualTo(new CommandLineRun(0, "", ""));
  }

  @Test
  void theIterationLimitIsCodeThreeWithResults() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    CommandLineRun run = CommandLineRun.of("solve", problem, "--max-iterations", 1);
    assertThat(run.code()).isEqualTo(3);
    Path results = problem.resolve("solution");
    assertThat(run.out())
        .contains("Not converged after 1 iteration: the iteration limit was reached")
        .contains("--start " + results.resolve("x.npy"));
    JsonNode result = CommandLineRun.json(results.resolve("result.json"));
    assertThat(result.get("status").asString()).isEqualTo("iteration-limit");
    assertThat(result.get("converged").asBoolean()).isFalse();

    CommandLineRun next = CommandLineRun.of("solve", problem, "--start", results.resolve("x.npy"));
    assertThat(next.code()).isZero();
  }

  @Test
  void anInterruptIsCode130WithResults() throws IOException {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    ByteArrayOutputStream interruptsAtFirstStep =
        new ByteArrayOutputStream() {
          @Override
          public synchronized void write(byte[] bytes, int offset, int length) {
            super.write(bytes, offset, length);
            if (toString(StandardCharsets.UTF_8).contains("\n    1  ")) {
              Thread.currentThread().interrupt();
            }
          }
        };
    CommandLineRun run = CommandLineRun.of(interruptsAtFirstStep, "solve", problem);
    assertThat(Thread.interrupted()).as("the test's own interrupt, once more").isTrue();
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isEqualTo(130);
    JsonNode result = CommandLineRun.json(problem.resolve("solution").resolve("result.json"));
    assertThat(result.get("status").asString()).isEqualTo("interrupted");
    assertThat(result.get("iterations").asInt()).isEqualTo(1);
    assertThat(NpyFile.readVector(problem.resolve("solution").resolve("x.npy"))).hasSize(6);
  }

  @Test
  void aSeedAsksForARandomStart() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    CommandLineRun run =
        CommandLineRun.of("solve", problem, "--seed", 7, "--max-iterations", 0, "--format", "json");
    assertThat(run.json().get("seed").asLong()).isEqualTo(7);
    assertThat(run.json().get("options").get("start").asString()).isEqualTo("random");
    assertThat(NpyFile.readVector(problem.resolve("solution").resolve("x.npy")))
        .containsExactly(PlantedProblem.randomStart(6, 7));
  }

  @Test
  void withoutX0TheStartIsRandomWithSeedOne() throws IOException {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    Files.delete(problem.resolve("x0.npy"));
    CommandLineRun run = CommandLineRun.of("solve", problem, "--max-iterations", 0);
    assertThat(run.out()).contains("Start    random, seed 1");
    assertThat(NpyFile.readVector(problem.resolve("solution").resolve("x.npy")))
        .containsExactly(PlantedProblem.randomStart(6, 1));
  }

  @Test
  void withoutAPlantedAnswerThereIsNoDistance() throws IOException {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    Files.delete(problem.resolve("x_star.npy"));
    CommandLineRun run = CommandLineRun.of("solve", problem, "--format", "json");
    assertThat(run.json().has("distanceToPlanted")).isFalse();
  }

  @Test
  void theWeightIsANumberOrAFile() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    double[] w = new double[300];
    Arrays.fill(w, -0.01);
    Path file = temporary.resolve("w.npy");
    NpyFile.writeVector(file, w);
    JsonNode byNumber =
        CommandLineRun.of(
                "solve", problem, "--weight", 0.01, "--max-iterations", 1, "--format", "json")
            .json();
    JsonNode byFile =
        CommandLineRun.of(
                "solve", problem, "--weight", file, "--max-iterations", 1, "--format", "json")
            .json();
    assertThat(byNumber.get("regularization").asDouble()).isPositive();
    assertThat(byFile.get("loss")).isEqualTo(byNumber.get("loss"));
    assertThat(byNumber.get("options").get("weight").asString()).isEqualTo("0.01");
    assertThat(byFile.get("options").get("weight").asString()).isEqualTo(file.toString());
  }

  @Test
  void theRadiusBoundsX() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    CommandLineRun run = CommandLineRun.of("solve", problem, "--radius", 0.5, "--format", "json");
    assertThat(run.json().get("options").get("radius").asDouble()).isEqualTo(0.5);
    double[] x = NpyFile.readVector(problem.resolve("solution").resolve("x.npy"));
    assertThat(distance(x, new double[6])).isLessThanOrEqualTo(0.5 * (1 + 1e-12));
  }

  @Test
  void numbersPrintTheSameInEveryLocale() throws IOException {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      CommandLineRun run = CommandLineRun.of("solve", problem);
      assertThat(run.code()).isZero();
      assertThat(run.out()).doesNotContainPattern("\\d,\\d{3}e").containsPattern("\\d\\.\\d{7}e-");
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      CommandLineRun arabic = CommandLineRun.of("solve", problem, "--max-iterations", 1);
      assertThat(arabic.out()).contains("m = 300").contains("after 1 iteration");
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void earlierResultsSurviveAFolderThatCannotBeWritten() throws IOException {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    assertThat(CommandLineRun.of("solve", problem).code()).isZero();
    Path results = problem.resolve("solution");
    byte[] before = Files.readAllBytes(results.resolve("x.npy"));
    Files.delete(results.resolve("trace.jsonl"));
    Files.createDirectory(results.resolve("trace.jsonl"));
    Files.createFile(results.resolve("trace.jsonl").resolve("inside"));

    CommandLineRun run = CommandLineRun.of("solve", problem, "--seed", 3, "--max-iterations", 1);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains("trace.jsonl: is a folder");
    assertThat(results.resolve("x.npy")).hasBinaryContent(before);
    assertThat(names(results)).containsExactly("result.json", "trace.jsonl", "x.npy");
  }

  @Test
  void aResultFolderThatIsAFileIsFoundBeforeTheSolve() throws IOException {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    Path file = Files.createFile(temporary.resolve("f"));
    CommandLineRun run = CommandLineRun.of("solve", problem, "--out", file);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains(file + ": is a file");
    CommandLineRun inside = CommandLineRun.of("solve", problem, "--out", file.resolve("x"));
    assertThat(inside.code()).isEqualTo(2);
    assertThat(inside.err().lines()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "--radius,-1,--radius -1.0: expected a number above 0",
    "--radius,0,--radius 0.0: expected",
    "--radius,NaN,--radius NaN: expected",
    "--weight,abc,--weight abc: no such file",
    "--weight,NaN,--weight NaN: expected a finite number",
    "--threads,0,--threads 0: expected 1 to 1024",
    "--threads,-1,--threads -1: expected 1 to 1024",
    "--threads,100000,--threads 100000: expected",
    "--backend,gpu,--backend gpu: there is no such backend",
    "--tolerance,0,expected between 0 and 1",
    "--tolerance,NaN,expected between 0 and 1",
    "--time-limit,0,expected seconds above 0",
    "--max-iterations,-1,expected 0 or more",
    "--max-iterations,1e3,'1e3' is no whole number",
    "--curvature,newton,'newton' is none of auto",
    "--sample,0.5,'sample: 0.5, expected 1 to 1e9 times d'",
    "--sample,NaN,'sample: NaN, expected 1 to 1e9 times d'",
    "--sample,many,'many'",
    "--epsilon,0,'epsilon: 0.0, expected between 0 and 1'",
    "--epsilon,1,'epsilon: 1.0, expected between 0 and 1'",
    "--delta,0,'delta: 0.0, expected between 0 and 1'",
    "--delta,NaN,'delta: NaN, expected between 0 and 1'",
    "--sampling-seed,1.5,'1.5'",
    "--coarse-rows,0,'coarse-rows: 0, expected 1 or more'",
    "--coarse-rows,few,'coarse-rows: ''few'', expected auto, none or a number of rows'",
    "--format,xml,'xml' is none of table",
    "--start,nowhere,--start nowhere: no such file",
    "--start,'',the name is empty",
    "--out,'',the name is empty",
  })
  void aBadValueIsOneLine(String option, String value, String message) {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    CommandLineRun run = CommandLineRun.of("solve", problem, option, value);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("relumax: ").contains(message).doesNotContain("Exception");
    assertThat(problem.resolve("solution")).doesNotExist();
  }

  @Test
  void aSeedDoesNotGoWithAStartFile() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    CommandLineRun run =
        CommandLineRun.of("solve", problem, "--seed", 2, "--start", problem.resolve("x0.npy"));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--seed is for a random start");
  }

  @Test
  void aBrokenProblemNamesItsFile() throws IOException {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    Files.delete(problem.resolve("b.npy"));
    CommandLineRun run = CommandLineRun.of("solve", problem);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains(problem.resolve("b.npy").toString());
  }

  /** A planted problem with rows enough to sample from. */
  private Path tall() {
    Path folder = temporary.resolve("tall");
    CommandLineRun run = CommandLineRun.of("generate", folder, "--m", 2000, "--n", 60, "--d", 6);
    assertThat(run.code()).isZero();
    return folder;
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static double distance(double[] u, double[] v) {
    double sum = 0;
    for (int k = 0; k < u.length; k++) {
      sum += (u[k] - v[k]) * (u[k] - v[k]);
    }
    return Math.sqrt(sum);
  }
}
