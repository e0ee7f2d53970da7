package io.github.relumax.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** JCublas2 on stand-ins for libcublas.so.13, through the library of native/. */
@Timeout(120)
final class CublasForwarderTest {
  private static final Path STANDIN = Path.of("target/native/standin/libcublas.so.13");
  private static final Path NUMBERED = Path.of("target/native/numbered/libcublas.so.13");

  @TempDir private Path temporary;

  @BeforeAll
  static void makeLibraries() throws IOException, InterruptedException {
    boolean here =
        System.getProperty("os.name").equals("Linux")
            && System.getProperty("os.arch").equals("amd64");
    assumeTrue(here, "the forwarder is for Linux on x86-64");
    assumeTrue(onPath("gcc") && onPath("make"), "the forwarder is made with gcc and make");
    Run make = Run.of(List.of("make", "-s", "-C", "native", "standin"));
    assertThat(make.code).as(make.output).isZero();
  }

  private static boolean onPath(String program) {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  @Test
  void argumentsAndResultsPassThrough() throws IOException, InterruptedException {
    assertThat(run("calls", STANDIN).lines())
        .containsExactly(
            "opened = calls of cuBLAS 12 are passed on to " + STANDIN,
            "again = calls of cuBLAS 12 are passed on to " + STANDIN,
            "cublasCreate",
            "cublasCreate = 0",
            "cublasGetVersion = 0",
            "version = 130987",
            "cublasGetCudartVersion = 13000000000321",
            "cublasSetMathMode = 8",
            "cublasGetStatusName = name of status 8",
            "cublasDgemm 1 0 1 m 23 n 29 k 31 alpha 2 a+2 5 lda 37 b+3 7 ldb 41 beta+5 13 c+7 19"
                + " ldc 43",
            "cublasDgemm = 0",
            "c = " + (2.0 * 5 * 7 + 13 * 19),
            "cublasDgemm_64 1 1 0 m 1099511627777 n 1099511627778 k 1099511627779 alpha 2 a+2 5"
                + " lda 1099511627780 b+3 7 ldb 1099511627781 beta+5 13 c+7 317"
                + " ldc 1099511627782",
            "cublasDgemm_64 = 13",
            "relumax: " + STANDIN + " has no function cublasDdot_v2",
            "cublasDdot = 15",
            "c = 317.0",
            "cublasDestroy",
            "cublasDestroy = 0");
  }

  @Test
  void everyFunctionLeadsToTheOneOfItsName() throws IOException, InterruptedException {
    List<String> names = listedSymbols();
    assertThat(run("numbers", NUMBERED, names.toArray(String[]::new)).lines().skip(2))
        .hasSize(494)
        .containsExactlyElementsOf(
            IntStream.range(0, names.size())
                .mapToObj(i -> names.get(i) + " = " + (1000 + i))
                .toList());
  }

  @Test
  void theListHoldsWhatJCublas2Imports() throws IOException {
    String library = "/lib/libJCublas2-12.6.0-linux-x86_64.so";
    try (InputStream in = CublasForwarderTest.class.getResourceAsStream(library)) {
      List<String> imported = ElfImports.of(in.readAllBytes(), "libcublas.so.12");
      assertThat(listedSymbols()).isSorted().containsExactlyInAnyOrderElementsOf(imported);
    }
  }

  @Test
  void saysThatTheLibraryIsNotThere() throws IOException, InterruptedException {
    Path absent = temporary.resolve("libcublas.so.13");
    assertThat(run("open", absent).lines())
        .containsExactly(
            "refused = cannot load cuBLAS 13: %s: cannot open shared object file: No such file or directory"
                .formatted(absent));
  }

  @Test
  void saysThatTheFileIsNoLibrary() throws IOException, InterruptedException {
    Path text = Files.writeString(temporary.resolve("libcublas.so.13"), "text");
    assertThat(run("open", text).lines())
        .containsExactly("refused = cannot load cuBLAS 13: %s: file too short".formatted(text));
  }

  @Test
  void callsAreRefusedWhileThereIsNoLibrary() throws IOException, InterruptedException {
    Path other = Path.of(System.getProperty("java.home"), "lib", "libzip.so");
    assertThat(run("too-early", other).lines())
        .containsExactly(
            "refused = cannot load cuBLAS 13: %s is no cuBLAS: it has no function cublasCreate_v2"
                .formatted(other),
            "relumax: cublasCreate_v2 was called before a libcublas.so.13 was opened",
            "cublasCreate = 1",
            "relumax: cublasGetStatusName was called before a libcublas.so.13 was opened",
            "cublasGetStatusName = unknown",
            "relumax: cublasGetCudartVersion was called before a libcublas.so.13 was opened",
            "cublasGetCudartVersion = 0");
  }

  @Test
  void leavesNoFileBehind() throws IOException, InterruptedException {
    Run run = run("open", STANDIN);
    assertThat(run.lines()).hasSize(2);
    try (Stream<Path> files = Files.list(temporary)) {
      assertThat(files).isEmpty();
    }
  }

  /** The folder for its temporary files is ours, and libraries of JCuda are unpacked there too. */
  private Run run(String task, Path library, String... more)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                System.getProperty("java.class.path"),
                CublasForwarderProgram.class.getName(),
                task,
                library.toString()));
    command.addAll(List.of(more));
    Run run = Run.of(command);
    assertThat(run.code).as(run.output).isZero();
    return run;
  }

  private static List<String> listedSymbols() throws IOException {
    return Files.readAllLines(Path.of("native/cublas-symbols.h")).stream()
        .filter(line -> line.startsWith("FORWARD("))
        .map(line -> line.substring("FORWARD(".length(), line.length() - 1))
        .toList();
  }

  private record Run(int code, String output) {
    static Run of(List<String> command) throws IOException, InterruptedException {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      try (InputStream in = process.getInputStream()) {
        String output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), output);
      } finally {
        process.destroyForcibly();
      }
    }

    Stream<String> lines() {
      return output.lines();
    }
  }
}
