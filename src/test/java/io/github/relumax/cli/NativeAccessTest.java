package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.io.ProblemDirectory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A Java virtual machine that was told to refuse memory by address. */
@Timeout(120)
final class NativeAccessTest {
  private static final String HINT = "start java with --enable-native-access=ALL-UNNAMED";

  @TempDir private Path temporary;

  private record Run(int code, String output) {}

  @Test
  void infoSaysWhyTheCpuCannotBeUsed() throws IOException, InterruptedException {
    Run run = refused("info");
    assertThat(run.output())
        .containsPattern("cpu +cannot run here: it may not use memory by address; " + HINT)
        .doesNotContain("Exception");
    assertThat(run.code()).isEqualTo(ExitCode.OK);
  }

  @Test
  void solveSaysItInOneLine() throws IOException, InterruptedException {
    Path problem = temporary.resolve("p");
    assertThat(CommandLineRun.of("generate", problem, "--m", 30, "--n", 10, "--d", 4).code())
        .isZero();
    Run run = refused("solve", problem.toString());
    assertThat(run.output()).startsWith("relumax: ").contains(HINT).hasLineCount(1);
    assertThat(run.code()).isEqualTo(ExitCode.UNAVAILABLE);
  }

  @Test
  void theWarmUpLeavesTheMessageToTheSolve() throws IOException, InterruptedException {
    try (RandomAccessFile file =
        new RandomAccessFile(temporary.resolve(ProblemDirectory.A2).toFile(), "rw")) {
      file.setLength(128L << 20);
    }
    Run run = refused("solve", temporary.toString());
    assertThat(run.output())
        .startsWith("relumax: ")
        .contains("b.npy: no such file")
        .hasLineCount(1);
  }

  private static Run refused(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--illegal-native-access=deny",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .filter(line -> !line.contains("incubator modules"))
            .reduce("", (a, b) -> a.isEmpty() ? b : a + "\n" + b);
    return new Run(process.waitFor(), output);
  }
}
