package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.io.NpyFile;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

final class PlanCommandTest {
  @TempDir private Path temporary;

  @Test
  void plansForAFolder() throws IOException {
    Path problem = CommandLineRun.planted(temporary.resolve("p"), "--dtype", "f32");
    // The values of A2 are not looked at, and b is not needed.
    Files.delete(problem.resolve("b.npy"));
    Path file = temporary.resolve("plan.json");
    CommandLineRun run =
        CommandLineRun.of("plan", problem, "--json", file, "--threads", 2, "--iterations", 5);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("p: m = 300, n = 60, d = 6, A2 float32\n")
        .contains("(counted at the start)")
        .contains(" 5 iterations\n")
        .containsPattern("C, or a block of it +14.1 KiB +14.1 KiB\n")
        .contains("A2 takes 70.3 KiB as a mapped file")
        .contains("Path     kept: C takes 14.1 KiB\n")
        .containsPattern("kept: start .*, an iteration .*, in all .*\n +streamed: start ")
        .containsPattern("evaluate +form C = A2 diag\\(mask\\) A1 +1 ")
        .containsPattern("trial +C p +5 ")
        .containsPattern("in all +\\d.* s\n")
        .endsWith("Written to " + file + "\n");

    JsonNode json = CommandLineRun.json(file);
    assertThat(json.get("m").asInt()).isEqualTo(300);
    assertThat(json.get("a2").asString()).isEqualTo("float32");
    assertThat(json.get("activeUnits").asInt()).isEqualTo(activeAtStart(problem));
    assertThat(json.get("activeCounted").asBoolean()).isTrue();
    assertThat(json.get("path").asString()).isEqualTo("kept");
    assertThat(json.get("fits").asBoolean()).isTrue();
    assertThat(json.get("a2Bytes").asLong()).isEqualTo(4 * 300 * 60);
    assertThat(json.get("rates").get("memory").asDouble()).isPositive();
    assertThat(json.get("rates").get("call").asDouble()).isPositive();
    for (String path : List.of("kept", "streamed")) {
      JsonNode one = json.get("paths").get(path);
      long bytes =
          one.get("memory").valueStream().mapToLong(part -> part.get("bytes").asLong()).sum();
      assertThat(one.get("bytes").asLong()).isEqualTo(bytes);
      double seconds = 0;
      for (JsonNode step : one.get("steps")) {
        seconds += step.get("times").asInt() * step.get("seconds").asDouble();
      }
      assertThat(one.get("seconds").asDouble()).isCloseTo(seconds, within(1e-12));
    }
  }

  @Test
  void theCoarseProblemIsPlannedFor() {
    Path file = temporary.resolve("plan.json");
    CommandLineRun run =
        CommandLineRun.of("plan", "--m", 20_000, "--n", 100, "--d", 20, "--json", file);
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains(", 8 iterations of the coarse problem, then 8 iterations\n")
        .contains(
            "Coarse   the 1,250 rows that b and f weigh most come first if they have half of both,"
                + " ")
        .containsPattern("coarse +1250 rows, 8 iterations +1 ")
        .doesNotContain("first trial points through A2");
    JsonNode json = CommandLineRun.json(file);
    assertThat(json.get("coarse").get("rows").asInt()).isEqualTo(1250);
    assertThat(json.get("coarse").get("method").asString()).isEqualTo("full");
    // The rows of A2 at least.
    assertThat(json.get("coarse").get("bytes").asLong()).isGreaterThan(1250 * 100 * 8);
    assertThat(json.get("iterations").asInt()).isEqualTo(8);
    String lossless = "where some x gives b the solve ends with them: in all ";
    assertThat(run.out()).contains(lossless);
    assertThat(json.get("losslessSeconds").asDouble())
        .isPositive()
        .isLessThan(json.get("paths").get("kept").get("seconds").asDouble());

    // What float32 does to x is asked of the curvature of all rows.
    CommandLineRun single =
        CommandLineRun.of(
            "plan", "--m", 20_000, "--n", 100, "--d", 20, "--dtype", "f32", "--json", file);
    assertThat(single.out()).contains("Coarse   ").doesNotContain(lossless);
    assertThat(CommandLineRun.json(file).has("losslessSeconds")).isFalse();

    CommandLineRun none =
        CommandLineRun.of(
            "plan", "--m", 20_000, "--n", 100, "--d", 20, "--coarse-rows", "none", "--json", file);
    assertThat(none.out()).contains(" 8 iterations\n").doesNotContainIgnoringCase("coarse");
    assertThat(CommandLineRun.json(file).has("coarse")).isFalse();
  }

  @Test
  void saysHowASparseA2IsKept() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    Matrix a2 = Matrix.allocate(300, 60, ElementType.FLOAT64);
    for (int i = 0; i < 300; i++) {
      a2.set(i, i % 60, 1);
      a2.set(i, (i + 7) % 60, -1);
      a2.set(i, (i + 20) % 60, 2);
    }
    NpyFile.write(problem.resolve("a2.npy"), a2);
    Path file = temporary.resolve("plan.json");
    CommandLineRun run = CommandLineRun.of("plan", problem, "--backend", "cpu", "--json", file);
    assertThat(run.out())
        .contains("A2 is about 5.0 % non-zero: kept compressed, 23.9 KiB\n")
        .containsPattern("non-zeros of A2 +23.9 KiB +23.9 KiB\n");
    JsonNode json = CommandLineRun.json(file);
    assertThat(json.get("a2NonZeros").asLong()).isEqualTo(900);
    assertThat(json.get("a2CompressedBytes").asLong()).isEqualTo(8 * (301 + 61) + 24 * 900);
  }

  private static int activeAtStart(Path problem) {
    Matrix a1 = NpyFile.read(problem.resolve("a1.npy"));
    double[] x0 = NpyFile.readVector(problem.resolve("x0.npy"));
    int active = 0;
    for (int u = 0; u < 60; u++) {
      double z1 = 0;
      for (int k = 0; k < 6; k++) {
        z1 += a1.get(u, k) * x0[k];
      }
      active += z1 > 0 ? 1 : 0;
    }
    return active;
  }

  /** Nothing of these sizes is allocated. */
  @Test
  void plansForSizesThatDoNotFit() {
    CommandLineRun streams =
        CommandLineRun.of("plan", "--m", 10_000_000, "--n", 100, "--d", 5_000, "--threads", 2);
    assertThat(streams.out())
        .contains("Assumed  50 units active (half of them), 2 flips in a step (4 % of them)")
        .contains("C, or a block of it           372.5 GiB    156.3 MiB\n")
        .containsPattern("Path     streamed: with C kept it takes .* GiB, available are .*\n");
    CommandLineRun never =
        CommandLineRun.of("plan", "--m", 2_000_000_000, "--n", 4, "--d", 2_000_000_000);
    assertThat(never.code()).isEqualTo(4);
    assertThat(never.out()).contains("Path     streamed takes 8.0 EiB, available are ");
  }

  @ParameterizedTest
  @CsvSource({
    "--m 5,'plan: expected a problem folder, or --m, --n and --d'",
    "p --m 5 --n 5 --d 5,'plan: expected a problem folder, or --m, --n and --d'",
    "p --dtype f32,'plan: expected a problem folder, or --m, --n and --d'",
    "nowhere,'nowhere: no such folder, expected a folder with a1.npy'",
    "--m 0 --n 5 --d 5,'--m 0: expected 1 or more'",
    "--m 5 --n 5 --d 5 --iterations 0,'--iterations 0: expected 1 or more'",
    "--m 5 --n 5 --d 5 --path fast,is none of auto"
  })
  void aBadOptionIsOneLine(String options, String message) {
    List<Object> args = new ArrayList<>(List.of("plan"));
    args.addAll(Arrays.asList(options.split(" ")));
    CommandLineRun run = CommandLineRun.of(args.toArray());
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("relumax: ").contains(message);
  }
}
