package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.io.NpyFile;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A real process, asked to end while it solves. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "has no signals")
final class SignalTest {
  @TempDir private Path temporary;

  @Test
  @Timeout(120)
  void aRequestToEndKeepsTheBestIterate() throws IOException, InterruptedException {
    Path problem = generated();
    assertThat(endedAt("    0  ", "solve", problem.toString())).contains("Written to ");
    Path results = problem.resolve("solution");
    assertThat(CommandLineRun.json(results.resolve("result.json")).get("status").asString())
        .isEqualTo("interrupted");
    assertThat(NpyFile.readVector(results.resolve("x.npy"))).hasSize(120);
  }

  /** Those that have ended, those under way, and those that have not begun. */
  @Test
  @Timeout(120)
  void aRequestToEndKeepsTheTargets() throws IOException, InterruptedException {
    Path problem = generated();
    double[] b = NpyFile.readVector(problem.resolve("b.npy"));
    int count = 40;
    Matrix targets = Matrix.allocate(b.length, count, ElementType.FLOAT64);
    for (int i = 0; i < b.length; i++) {
      for (int k = 0; k < count; k++) {
        targets.set(i, k, b[i] * (1 + 0.01 * k));
      }
    }
    Path file = temporary.resolve("targets.npy");
    NpyFile.write(file, targets);
    String output =
        endedAt(
            "     0  ",
            "solve",
            problem.toString(),
            "--targets",
            file.toString(),
            "--at-once",
            "2");
    assertThat(output).contains("Written to ");
    Path results = problem.resolve("solution");
    JsonNode ends = CommandLineRun.json(results.resolve("result.json")).get("results");
    assertThat(ends).hasSize(count);
    assertThat(ends.get(0).get("converged").asBoolean()).isTrue();
    assertThat(ends.get(count - 1).get("status").asString()).isEqualTo("interrupted");
    assertThat(ends.get(count - 1).get("loss").isNull()).isTrue();
    Matrix x = NpyFile.read(results.resolve("x.npy"));
    assertThat(x.rows()).isEqualTo(count);
    assertThat(x.row(count - 1)).isEqualTo(NpyFile.readVector(problem.resolve("x0.npy")));
  }

  @Test
  @Timeout(120)
  void aRequestToEndLeavesNothingUnfinished() throws IOException, InterruptedException {
    Path folder = Files.createDirectory(temporary.resolve("empty"));
    String problem = folder.resolve("p").toString();
    Process process = start("generate", problem, "--m", "400000", "--n", "200", "--d", "50");
    try {
      while (process.isAlive() && isEmpty(folder)) {
        Thread.sleep(1);
      }
      process.toHandle().destroy();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(output).isEqualTo(130);
      assertThat(output).contains("Interrupted: what was not complete is not written.\n");
      assertThat(isEmpty(folder)).isTrue();
    } finally {
      process.destroyForcibly();
    }
  }

  /** Nor does the line need anything that the process has not used before. */
  @Test
  @Timeout(120)
  void aRequestToEndBeforeAnythingIsWrittenIsOneLine() throws IOException, InterruptedException {
    assertThat(endedAt("Problem", "sampling", generated().toString()))
        .endsWith("Interrupted: what was not complete is not written.\n")
        .doesNotContain("\tat ");
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.findAny().isEmpty();
    }
  }

  private Path generated() {
    Path problem = temporary.resolve("p");
    assertThat(CommandLineRun.of("generate", problem, "--m", 20_000, "--n", 400, "--d", 120).code())
        .isZero();
    return problem;
  }

  /** Runs a command, asks it to end at a line that begins so, and waits for that. */
  private static String endedAt(String beginning, String... command)
      throws IOException, InterruptedException {
    Process process = start(command);
    StringBuilder output = new StringBuilder();
    try (BufferedReader reader = process.inputReader()) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        output.append(line).append('\n');
        if (line.startsWith(beginning)) {
          process.toHandle().destroy();
        }
      }
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(output.toString()).isEqualTo(130);
    assertThat(output.toString()).contains("Interrupted: ");
    return output.toString();
  }

  /** The command line in a Java virtual machine of its own, with one stream for all it prints. */
  private static Process start(String... command) throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("--add-modules=jdk.incubator.vector", "-cp"));
    words.addAll(List.of(System.getProperty("java.class.path"), Main.class.getName()));
    words.addAll(List.of(command));
    return new ProcessBuilder(words).redirectErrorStream(true).start();
  }
}
