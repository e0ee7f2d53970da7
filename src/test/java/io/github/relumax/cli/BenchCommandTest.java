package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.github.relumax.Version;
import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendOptions;
import io.github.relumax.backend.Backends;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.newton.Minima;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.newton.Solution;
import io.github.relumax.report.Format;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

final class BenchCommandTest {
  @TempDir private Path temporary;

  @Test
  void printsAndWritesWhatItMeasured() throws IOException {
    Path file = temporary.resolve("figures.json");
    CommandLineRun run = tiny(file, "--dtype", "f32", "--seed", 7);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("200x60x6: m = 200, n = 60, d = 6, A2 float32, scale 4.0, start distance 0.3")
        .contains("Path     kept: C takes 9.4 KiB\n")
        .containsPattern("2 warm solves +median s +min..max s +GFLOP/s +GB/s +of ceilings\n")
        .containsPattern(
            "evaluate +\\d+\\.\\d{4} +\\d+\\.\\d{4}\\.\\.\\d+\\.\\d{4}( +\\d+\\.\\d){2} +\\d+ %\n")
        .containsPattern("primitive +calls +median s +share +GFLOP/s +GB/s +of ceiling\n")
        .containsPattern(
            "\ngram +\\d+ +\\d+\\.\\d{4} +\\d+ %( +\\d+\\.\\d){2} +\\d+ % of (gram|memory)\n")
        .containsPattern("curvature +\\d.*\nstep +\\d.*\ntrial +\\d.*\nother +\\d.*\n")
        .containsPattern("whole solve +\\d.*\ncold solve +\\d+\\.\\d{4}\n")
        .containsPattern("memory +\\d.* GB/s, .*\nproduct +\\d.* GFLOP/s, .*\ngram .* GFLOP/s, ")
        .containsPattern("cost model +predicted +measured +ratio\nevaluate +\\d.* +\\d.* +\\d")
        .containsPattern("all phases +\\d.* +\\d.* +\\d")
        .containsPattern("Iterations +\\d+\n")
        .containsPattern("Status +(step-small|gradient-at-rounding)")
        .contains("3 of 3 solves converged within 1e-08")
        .endsWith("Written to   " + file + "\n");

    JsonNode json = CommandLineRun.json(file);
    JsonNode problem = json.get("problem");
    assertThat(problem.get("name").asString()).isEqualTo("200x60x6");
    assertThat(problem.get("m").asInt()).isEqualTo(200);
    assertThat(problem.get("n").asInt()).isEqualTo(60);
    assertThat(problem.get("d").asInt()).isEqualTo(6);
    assertThat(problem.get("scale").asDouble()).isEqualTo(4);
    assertThat(problem.get("startDistance").asDouble()).isEqualTo(0.3);
    assertThat(problem.get("seed").asLong()).isEqualTo(7);
    assertThat(problem.get("a2").asString()).isEqualTo("float32");
    assertThat(json.get("device").get("cores").asInt()).isPositive();
    assertThat(json.get("device").has("processor")).isTrue();
    assertThat(json.get("java").asString()).contains(Runtime.version().toString());
    assertThat(json.get("version").asString()).isEqualTo(Version.current());
    assertThat(json.get("backend").get("threads").asInt()).isEqualTo(2);
    assertThat(json.get("path").asString()).isEqualTo("kept");
    assertThat(json.get("minima").asString()).isEqualTo("first");
    assertThat(json.get("boundBytes").asLong())
        .isEqualTo(Math.round(1.15 * (8 * 60 * 6 + 4 * 200 * 60 + 8 * 200 * 6) + 300e6));
    assertThat(json.get("found").asBoolean()).isTrue();
    assertThat(json.get("generateSeconds").asDouble()).isPositive();
    assertThat(names(temporary)).containsExactly("figures.json");

    JsonNode predicted = json.get("predicted");
    assertThat(predicted.get("iterations").asInt())
        .isEqualTo(json.get("solves").get(0).get("iterations").asInt());
    assertThat(list(predicted.get("phases")).stream().mapToDouble(JsonNode::asDouble).sum())
        .isCloseTo(predicted.get("seconds").asDouble(), within(1e-12))
        .isPositive();

    // The figures of all solves, summed up from the file itself.
    List<JsonNode> solves = list(json.get("solves"));
    assertThat(solves)
        .extracting(s -> s.get("warm").asBoolean())
        .containsExactly(false, true, true);
    for (JsonNode solve : solves) {
      double sum = list(solve.get("phases")).stream().mapToDouble(JsonNode::asDouble).sum();
      assertThat(sum).isCloseTo(solve.get("seconds").asDouble(), within(1e-6));
      assertThat(solve.get("secondsToNear").asDouble())
          .isPositive()
          .isLessThan(solve.get("seconds").asDouble());
    }
    double second = solves.get(1).get("seconds").asDouble();
    double third = solves.get(2).get("seconds").asDouble();
    assertSpread(json.get("seconds"), second, third);
    for (String phase : List.of("evaluate", "curvature", "step", "trial", "other")) {
      assertSpread(
          json.get("phases").get(phase),
          solves.get(1).get("phases").get(phase).asDouble(),
          solves.get(2).get("phases").get(phase).asDouble());
    }
    assertWorkAddsUp(json);
    assertCFormedOnce(json);
    Map<String, String> units =
        Map.of("memory", "GB/s", "product", "GFLOP/s", "gram", "GFLOP/s", "call", "calls/ms");
    assertThat(json.get("ceilings").propertyNames())
        .containsExactlyInAnyOrderElementsOf(units.keySet());
    units.forEach((name, unit) -> {
      JsonNode ceiling = json.get("ceilings").get(name);
      assertThat(list(ceiling.get("rates"))).hasSize(6).allMatch(rate -> rate.asDouble() > 0);
      assertThat(ceiling.get("unit").asString()).isEqualTo(unit);
    });
  }

  /** Both by phase and by primitive, rates follow from work, seconds and ceilings in the file. */
  private static void assertWorkAddsUp(JsonNode json) {
    JsonNode whole = json.get("seconds");
    assertThat(json.get("primitives").propertyNames())
        .contains("gram", "accumulateNew", "multiply", "multiplyTransposed", "softmax", "factor");
    for (String part : List.of("phases", "primitives")) {
      for (String field : List.of("flops", "bytes")) {
        long sum = list(json.get(part)).stream().mapToLong(p -> p.get(field).asLong()).sum();
        assertThat(sum).isEqualTo(whole.get(field).asLong()).isPositive();
      }
      double floor =
          list(json.get(part)).stream().mapToDouble(p -> p.get("floorSeconds").asDouble()).sum();
      assertThat(floor).isCloseTo(whole.get("floorSeconds").asDouble(), withinPercentage(1e-9));
    }
    List<JsonNode> parts = new ArrayList<>(list(json.get("phases")));
    parts.addAll(list(json.get("primitives")));
    parts.add(whole);
    for (JsonNode part : parts) {
      double seconds = part.get("median").asDouble();
      if (seconds == 0) {
        // A phase that the solve had no use for.
        assertThat(part.get("flops").asLong()).isZero();
        assertThat(part.get("gflopsPerSecond").isNull()).isTrue();
        continue;
      }
      assertThat(part.get("gflopsPerSecond").asDouble())
          .isCloseTo(1e-9 * part.get("flops").asLong() / seconds, withinPercentage(1e-9));
      assertThat(part.get("gbPerSecond").asDouble())
          .isCloseTo(1e-9 * part.get("bytes").asLong() / seconds, withinPercentage(1e-9));
      assertThat(part.get("ofCeiling").asDouble())
          .isCloseTo(part.get("floorSeconds").asDouble() / seconds, withinPercentage(1e-9));
    }
  }

  /** C is formed once from the units active at the start: 2 m |active| d operations. */
  private static void assertCFormedOnce(JsonNode json) {
    JsonNode whole = json.get("seconds");
    JsonNode formed = json.get("primitives").get("accumulateNew");
    assertThat(formed.get("calls").asLong()).isEqualTo(1);
    assertThat(formed.get("flops").asLong() % (2 * 200 * 6)).isZero();
    assertThat(formed.get("flops").asLong()).isBetween(1L, 2L * 200 * 60 * 6);
    assertThat(formed.get("share").asDouble())
        .isEqualTo(formed.get("median").asDouble() / whole.get("median").asDouble());
    JsonNode ceilings = json.get("ceilings");
    double bytes =
        1e-9 * formed.get("bytes").asLong() / ceilings.get("memory").get("median").asDouble();
    double flops =
        1e-9 * formed.get("flops").asLong() / ceilings.get("product").get("median").asDouble();
    assertThat(formed.get("floorSeconds").asDouble())
        .isCloseTo(Math.max(bytes, flops), withinPercentage(1e-9));
    assertThat(formed.get("ceiling").asString()).isEqualTo(bytes < flops ? "product" : "memory");
  }

  /** The same problem, solved without the command. */
  @Test
  void everySolveIsTheSolversOwn() {
    Path file = temporary.resolve("figures.json");
    assertThat(tiny(file).code()).isZero();
    PlantedProblem planted = PlantedProblem.generate(200, 60, 6, 4, 0, ElementType.FLOAT64, 0.3, 1);
    try (Backend backend = Backends.open("cpu", new BackendOptions(2))) {
      Solution expected =
          new NewtonSolver(backend, NewtonOptions.DEFAULTS).solve(planted.problem(), planted.x0());
      for (JsonNode solve : CommandLineRun.json(file).get("solves")) {
        assertThat(solve.get("iterations").asInt()).isEqualTo(expected.iterations());
        assertThat(solve.get("loss").asDouble()).isEqualTo(expected.loss());
        assertThat(solve.get("converged").asBoolean()).isTrue();
        assertThat(solve.get("distanceToPlanted").asDouble()).isLessThan(1e-8);
      }
    }
  }

  @Test
  void solvesAProblemFolder() throws IOException {
    Path p = CommandLineRun.planted(temporary.resolve("p"), "--dtype", "f32");
    Path file = temporary.resolve("figures.json");
    CommandLineRun run = folder(p, file);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .startsWith("Problem  p: m = 300, n = 60, d = 6, A2 float32, from " + p + "\n")
        .contains("2 warm solves ")
        .contains("3 of 3 solves converged within 1e-08\nRead in ");
    JsonNode json = CommandLineRun.json(file);
    JsonNode problem = json.get("problem");
    assertThat(problem.propertyNames())
        .containsExactlyInAnyOrder("name", "m", "n", "d", "folder", "a2");
    assertThat(problem.get("name").asString()).isEqualTo("p");
    assertThat(problem.get("m").asInt()).isEqualTo(300);
    assertThat(problem.get("n").asInt()).isEqualTo(60);
    assertThat(problem.get("d").asInt()).isEqualTo(6);
    assertThat(problem.get("folder").asString()).isEqualTo(p.toString());
    assertThat(problem.get("a2").asString()).isEqualTo("float32");
    assertThat(json.get("readSeconds").asDouble()).isPositive();
    assertThat(json.has("generateSeconds")).isFalse();
    assertThat(json.get("found").asBoolean()).isTrue();

    // The same as the solve command's, bit for bit, from the same x0.
    assertThat(CommandLineRun.of("solve", p, "--threads", 2, "--quiet").code()).isZero();
    JsonNode expected = CommandLineRun.json(p.resolve("solution").resolve("result.json"));
    for (JsonNode solve : json.get("solves")) {
      for (String field : List.of("loss", "iterations", "status", "distanceToPlanted")) {
        assertThat(solve.get(field)).isEqualTo(expected.get(field));
      }
    }
  }

  @Test
  void aFolderNeedsNoKnownAnswer() throws IOException {
    Path p = CommandLineRun.planted(temporary.resolve("p"));
    Files.delete(p.resolve("x_star.npy"));
    Path file = temporary.resolve("figures.json");
    CommandLineRun run = folder(p, file);
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("Distance     not known, there is no x*; 3 of 3 solves converged\n");
    JsonNode json = CommandLineRun.json(file);
    assertThat(json.get("found").asBoolean()).isTrue();
    assertThat(list(json.get("solves")))
        .noneMatch(solve -> solve.has("distanceToPlanted") || solve.has("secondsToNear"));
  }

  @Test
  void aFolderNeedsAStart() throws IOException {
    Path p = CommandLineRun.planted(temporary.resolve("p"));
    Files.delete(p.resolve("x0.npy"));
    CommandLineRun run = folder(p, temporary.resolve("f.json"));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "relumax: %s: no such file, expected the point that every solve begins at%n"
                .formatted(p.resolve("x0.npy")));
    assertThat(names(temporary)).containsExactly("p");
  }

  @ParameterizedTest
  @CsvSource({
    "--preset,small",
    "--m,5",
    "--n,5",
    "--d,5",
    "--scale,4",
    "--start-distance,0.3",
    "--seed,1",
    "--dtype,f64"
  })
  void aFolderDoesNotGoWithWhatIsDrawn(String option, String value) throws IOException {
    Path p = CommandLineRun.planted(temporary.resolve("p"));
    CommandLineRun run = folder(p, temporary.resolve("f.json"), option, value);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "relumax: --problem %s does not go with %s: the folder says what is solved%n"
                .formatted(p, option));
    assertThat(names(temporary)).containsExactly("p");
  }

  /** Fewer rows than unknowns: it converges, but not to x*. */
  @Test
  void anotherMinimiserIsCodeThreeWithAFile() {
    Path file = temporary.resolve("figures.json");
    CommandLineRun run =
        CommandLineRun.of(
            "bench", "--m", 3, "--n", 20, "--d", 10, "--repeat", 1, "--threads", 2, "--out", file);
    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out()).contains("1 warm solve ").contains("0 of 2 solves converged");
    JsonNode json = CommandLineRun.json(file);
    assertThat(json.get("found").asBoolean()).isFalse();
    JsonNode solve = json.get("solves").get(0);
    assertThat(solve.get("converged").asBoolean()).isTrue();
    assertThat(solve.get("distanceToPlanted").asDouble()).isGreaterThan(1e-8);
  }

  @Test
  void aTimeLimitEndsEverySolve() {
    Path file = temporary.resolve("figures.json");
    assertThat(tiny(file, "--time-limit", "1e-9").code()).isEqualTo(3);
    JsonNode json = CommandLineRun.json(file);
    assertThat(json.get("found").asBoolean()).isFalse();
    assertThat(list(json.get("solves")))
        .hasSize(3)
        .allMatch(solve -> solve.get("status").asString().equals("time-limit"));
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void theHelpGivesThePresetsTheirSizes(Preset preset) {
    String help = CommandLineRun.of("bench", "--help").out().replaceAll("\\s+", " ");
    assertThat(help)
        .contains(
            "%s: %s x %s x %s"
                .formatted(
                    preset,
                    Format.count(preset.m()),
                    Format.count(preset.n()),
                    Format.count(preset.d())));
  }

  @ParameterizedTest
  @CsvSource({
    "--preset huge,'huge' is none of small",
    "--m 5,'--m, --n and --d: expected all three sizes, or a --preset'",
    "--preset small --m 5 --n 5 --d 5,--preset small does not go with --m",
    "--m 0 --n 5 --d 5,--m 0: expected 1 or more",
    "--m 5 --n 0 --d 5,--n 0: expected 1 or more",
    "--m 5 --n 5 --d 0,--d 0: expected 1 or more",
    "--repeat 0,--repeat 0: expected 1 or more",
    "--repeat often,'often' is no whole number",
    "--warm-up -1,--warm-up -1: expected 0 or more",
    "--time-limit 0,'expected seconds above 0'",
    "--epsilon 0.1 --curvature full,--epsilon is for sampled rows",
    "--scale 0,scale: 0.0",
    "--start-distance -1,start distance: -1.0",
    "--dtype f16,'f16' is none of f64",
    "--seed 1.5,'1.5' is no whole number",
    "--threads 0,--threads 0: expected 1 to 1024",
    "--problem nowhere,'nowhere: no such folder, expected a folder with a1.npy'",
    "--backend tpu,--backend tpu: there is no such backend",
  })
  void aBadOptionIsOneLineAndNoFile(String options, String message) throws IOException {
    List<Object> args = new ArrayList<>(List.of("bench", "--out", temporary.resolve("f.json")));
    args.addAll(Arrays.asList(options.split(" ")));
    CommandLineRun run = CommandLineRun.of(args.toArray());
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).startsWith("relumax: ").contains(message);
    assertThat(names(temporary)).isEmpty();
  }

  @Test
  void aFileThatCannotBeWrittenIsRefusedBeforeTheWork() {
    Path nowhere = temporary.resolve("no").resolve("f.json");
    CommandLineRun run = tiny(nowhere);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains(nowhere + ": cannot write, there is no folder");
    assertThat(tiny(temporary).err()).contains(temporary + ": is a folder, expected a file");
  }

  @Test
  void whatDoesNotFitTheMemoryIsRefusedBeforeTheWork() throws IOException {
    Path file = temporary.resolve("f.json");
    for (List<Integer> sizes :
        List.of(List.of(2_000_000_000, 1_000_000, 1), List.of(100_000_000, 1, 100_000))) {
      CommandLineRun run =
          CommandLineRun.of(
              "bench",
              "--m",
              sizes.get(0),
              "--n",
              sizes.get(1),
              "--d",
              sizes.get(2),
              "--out",
              file);
      assertThat(run.code()).isEqualTo(4);
      assertThat(run.out()).isEmpty();
      assertThat(run.err().lines()).hasSize(1);
      assertThat(run.err()).contains("not enough memory").contains("available are");
    }
    assertThat(names(temporary)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"FIRST", "LOWER"})
  void looksForTheMinimaAskedFor(Minima minima) throws IOException {
    Path dir = temporary.resolve("problem");
    PlantedProblem noisy = PlantedProblem.generate(200, 60, 12, 4, 1, ElementType.FLOAT64, 1, 5);
    ProblemDirectory.create(dir, noisy.problem(), Optional.of(noisy.x0()), Optional.empty());
    NewtonOptions options = NewtonOptions.DEFAULTS.withMinima(minima);
    Solution expected;
    try (Backend backend = Backends.open("cpu", new BackendOptions(2))) {
      expected = new NewtonSolver(backend, options).solve(noisy.problem(), noisy.x0());
    }

    Path file = temporary.resolve("figures.json");
    CommandLineRun run = folder(dir, file, "--minima", minima);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    JsonNode json = CommandLineRun.json(file);
    assertThat(json.get("minima").asString()).isEqualTo(minima.toString());
    for (JsonNode solve : list(json.get("solves"))) {
      assertThat(solve.get("iterations").asInt()).isEqualTo(expected.iterations());
      assertThat(solve.get("loss").asDouble()).isEqualTo(expected.loss());
    }
  }

  @Test
  void theCoarseProblemHasAPhase() {
    Path file = temporary.resolve("figures.json");
    CommandLineRun run = tiny(file, "--coarse-rows", 70);
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("Coarse   the 70 rows that b and f weigh most come first, ")
        .containsPattern("of ceilings\ncoarse +\\d.*\nevaluate ")
        .containsPattern("ratio\ncoarse +\\d.*\nevaluate ")
        .containsPattern("\nCoarse +70 rows, \\d+ iterations\n");
    JsonNode json = CommandLineRun.json(file);
    assertThat(json.get("coarseRows").asString()).isEqualTo("70");
    assertThat(json.get("phases").get("coarse").get("median").asDouble()).isPositive();
    assertThat(json.get("predicted").get("phases").get("coarse").asDouble()).isPositive();
    for (JsonNode solve : json.get("solves")) {
      assertThat(solve.get("coarse").get("rows").asInt()).isEqualTo(70);
      // The jump is one.
      assertThat(json.get("predicted").get("iterations").asInt())
          .isEqualTo(solve.get("iterations").asInt() - 1);
    }
    assertWorkAddsUp(json);
    assertThat(json.get("solves").get(0).get("status").asString()).isEqualTo("loss-at-rounding");
    assertThat(json.get("predicted").get("phases").get("curvature").asDouble()).isZero();
  }

  /** They are in the file, and in no figure. */
  @Test
  void solvesOfTheWarmUpDoNotCount() throws IOException {
    Path file = temporary.resolve("figures.json");
    CommandLineRun run = tiny(file, "--warm-up", 3);
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("2 warm solves ").contains("6 of 6 solves converged");
    JsonNode json = CommandLineRun.json(file);
    List<JsonNode> solves = list(json.get("solves"));
    assertThat(solves)
        .extracting(solve -> solve.get("warm").asBoolean())
        .containsExactly(false, false, false, false, true, true);
    double fifth = solves.get(4).get("seconds").asDouble();
    assertSpread(json.get("seconds"), fifth, solves.get(5).get("seconds").asDouble());
    assertThat(list(json.get("ceilings").get("memory").get("rates"))).hasSize(6);
  }

  private static CommandLineRun tiny(Path file, Object... more) {
    List<Object> args =
        new ArrayList<>(List.of("bench", "--m", 200, "--n", 60, "--d", 6, "--repeat", 2));
    args.addAll(List.of("--threads", 2, "--out", file));
    args.addAll(Arrays.asList(more));
    return CommandLineRun.of(args.toArray());
  }

  private static CommandLineRun folder(Path dir, Path file, Object... more) {
    List<Object> args = new ArrayList<>(List.of("bench", "--problem", dir, "--repeat", 2));
    args.addAll(List.of("--threads", 2, "--out", file));
    args.addAll(Arrays.asList(more));
    return CommandLineRun.of(args.toArray());
  }

  private static void assertSpread(JsonNode spread, double one, double other) {
    assertThat(spread.get("least").asDouble()).isEqualTo(Math.min(one, other));
    assertThat(spread.get("median").asDouble()).isEqualTo((one + other) / 2);
    assertThat(spread.get("greatest").asDouble()).isEqualTo(Math.max(one, other));
  }

  private static List<JsonNode> list(JsonNode node) {
    return node.valueStream().toList();
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
