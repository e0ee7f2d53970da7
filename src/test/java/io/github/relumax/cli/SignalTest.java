package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.io.NpyFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A real process, asked to end while it solves. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "has no signals")
final class SignalTest {
  @TempDir private Path temporary;

  @Test
  @Timeout(120)
  void aRequestToEndKeepsTheBestIterate() throws IOException, InterruptedException {
    Path problem = temporary.resolve("p");
    assertThat(CommandLineRun.of("generate", problem, "--m", 20_000, "--n", 400, "--d", 120).code())
        .isZero();
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--add-modules=jdk.incubator.vector",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Main.class.getName(),
                    "solve",
                    problem.toString()))
            .redirectErrorStream(true)
            .start();
    StringBuilder output = new StringBuilder();
    try (BufferedReader reader = process.inputReader()) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        output.append(line).append('\n');
        if (line.startsWith("    0  ")) {
          process.toHandle().destroy();
        }
      }
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(output.toString()).isEqualTo(130);
    assertThat(output.toString()).contains("Interrupted: ").contains("Written to ");
    Path results = problem.resolve("solution");
    assertThat(CommandLineRun.json(results.resolve("result.json")).get("status").asString())
        .isEqualTo("interrupted");
    assertThat(NpyFile.readVector(results.resolve("x.npy"))).hasSize(120);
  }
}
