package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.io.NpyFile;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.PlantedProblem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GenerateCommandTest {
  @TempDir private Path temporary;

  @Test
  void writesWhatTheOptionsSay() {
    Path folder = temporary.resolve("p");
    CommandLineRun run =
        CommandLineRun.of(
            "generate",
            folder,
            "--m",
            30,
            "--n",
            7,
            "--d",
            3,
            "--scale",
            2,
            "--noise",
            0.1,
            "--dtype",
            "f32",
            "--start-distance",
            0.5,
            "--seed",
            9);
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("m = 30, n = 7, d = 3, A2 float32");
    PlantedProblem expected =
        PlantedProblem.generate(30, 7, 3, 2, 0.1, ElementType.FLOAT32, 0.5, 9);
    ProblemDirectory written = ProblemDirectory.open(folder);
    assertThat(written.problem().a1().toArray()).containsExactly(expected.problem().a1().toArray());
    assertThat(written.problem().a2().toArray()).containsExactly(expected.problem().a2().toArray());
    assertThat(written.problem().a2().type()).isEqualTo(ElementType.FLOAT32);
    assertThat(written.problem().b()).containsExactly(expected.problem().b());
    assertThat(written.x0()).hasValue(expected.x0());
    assertThat(written.xStar()).hasValue(expected.xStar());
  }

  @Test
  void theDefaultsAreThoseOfTheHelp() {
    Path folder = CommandLineRun.planted(temporary.resolve("p"));
    PlantedProblem expected =
        PlantedProblem.generate(300, 60, 6, 4, 0, ElementType.FLOAT64, 0.3, 1);
    assertThat(NpyFile.read(folder.resolve("a2.npy")).toArray())
        .containsExactly(expected.problem().a2().toArray());
    assertThat(NpyFile.readVector(folder.resolve("x0.npy"))).containsExactly(expected.x0());
  }

  @Test
  void aFolderWithFilesIsLeftAlone() throws IOException {
    Path file = Files.writeString(temporary.resolve("mine"), "mine");
    CommandLineRun run = CommandLineRun.of("generate", temporary, "--m", 3, "--n", 3, "--d", 3);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("already exists and is not empty");
    assertThat(file).hasContent("mine");
  }

  @Test
  void whatDoesNotFitTheMemoryIsRefusedAtOnce() {
    Path folder = temporary.resolve("p");
    CommandLineRun run =
        CommandLineRun.of("generate", folder, "--m", 2_000_000_000, "--n", 2_000_000_000, "--d", 1);
    assertThat(run.code()).isEqualTo(4);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains("not enough memory").contains("available are");
    assertThat(folder).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "--m,0,--m 0: expected 1 or more",
    "--n,-4,--n -4: expected 1 or more",
    "--d,0,--d 0: expected 1 or more",
    "--m,x,'x' is no whole number",
    "--m,3000000000,'3000000000' is no whole number below 2147483648",
    "--scale,0,scale: 0.0",
    "--scale,NaN,scale: NaN",
    "--noise,-1,noise: -1.0",
    "--dtype,f16,'f16' is none of f64",
    "--start-distance,-1,start distance: -1.0",
    "--seed,1.5,'1.5' is no whole number",
  })
  void aBadValueIsOneLine(String option, String value, String message) {
    Path folder = temporary.resolve("p");
    Object[] args = {"generate", folder, "--m", 30, "--n", 7, "--d", 3, "--scale", 4};
    Object[] all = Arrays.copyOf(args, args.length + 2);
    boolean replaced = false;
    for (int k = 2; k < args.length; k += 2) {
      if (args[k].equals(option)) {
        all[k + 1] = value;
        replaced = true;
      }
    }
    all[args.length] = replaced ? "--seed" : option;
    all[args.length + 1] = replaced ? 1 : value;
    CommandLineRun run = CommandLineRun.of(all);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).startsWith("relumax: ").contains(message);
    assertThat(folder).doesNotExist();
  }
}
