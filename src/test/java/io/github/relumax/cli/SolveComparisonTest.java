package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.io.NpyFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SolveComparisonTest {
  @TempDir private Path temporary;
  private Path one;
  private Path other;

  @BeforeEach
  void twoSolves() throws IOException {
    one = solved("one", "{\"converged\":true}", line(8e-6, 1, 5), line(2e-12, 1e-6, 4));
    other = solved("other", "{\"converged\":true}", line(8e-6, 1, 5), line(2e-12, 1e-6, 4));
  }

  @Test
  void equalSolvesAgree() throws IOException {
    SolveComparison same = SolveComparison.of(one, other);
    assertThat(same).isEqualTo(new SolveComparison(1, true, true, 0, 0, 0));
    assertThat(same.agrees()).isTrue();
  }

  /** √(2 · 8e-6) = 4e-3 at the start; √(2 · 2e-12) = 2e-6 and √(2 · 8e-12) = 4e-6 after a step. */
  @Test
  void differencesAreRelativeToTheStart() throws IOException {
    write(other, "trace.jsonl", line(8e-6, 1, 5) + line(8e-12, 3e-6, 4));
    SolveComparison comparison = SolveComparison.of(one, other);
    assertThat(comparison.residual()).isCloseTo(2e-6 / 4e-3, within(1e-15));
    assertThat(comparison.gradient()).isCloseTo(2e-6, within(1e-18));
    assertThat(comparison.agrees()).isFalse();
  }

  @Test
  void anotherEndDiffers() throws IOException {
    NpyFile.writeVector(other.resolve("x.npy"), new double[] {3, 4.0001});
    SolveComparison comparison = SolveComparison.of(one, other);
    assertThat(comparison.x()).isCloseTo(1e-4 / 5, within(1e-15));
    assertThat(comparison.agrees()).isFalse();
  }

  @Test
  void anotherNumberOfActiveUnitsDiffers() throws IOException {
    write(other, "trace.jsonl", line(8e-6, 1, 5) + line(2e-12, 1e-6, 3));
    assertThat(SolveComparison.of(one, other).agrees()).isFalse();
  }

  @Test
  void aSolveThatDidNotConvergeDoesNotAgree() throws IOException {
    write(other, "result.json", "{\"converged\":false}");
    assertThat(SolveComparison.of(one, other).agrees()).isFalse();
  }

  @Test
  void anIterateThatIsNotFiniteDoesNotAgree() throws IOException {
    write(other, "trace.jsonl", line(8e-6, 1, 5) + line(2e-12, 1e-6, 4).replace("1.0E-6", "null"));
    assertThat(SolveComparison.of(one, other).gradient()).isNaN();
    assertThat(SolveComparison.of(one, other).agrees()).isFalse();
  }

  @Test
  void anEndThatIsNotFiniteDoesNotAgree() throws IOException {
    NpyFile.writeVector(other.resolve("x.npy"), new double[] {3, Double.NaN});
    assertThat(SolveComparison.of(one, other).agrees()).isFalse();
  }

  private Path solved(String name, String result, String... lines) throws IOException {
    Path folder = Files.createDirectory(temporary.resolve(name));
    write(folder, "result.json", result);
    write(folder, "trace.jsonl", String.join("", lines));
    NpyFile.writeVector(folder.resolve("x.npy"), new double[] {3, 4});
    return folder;
  }

  private static void write(Path folder, String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private static String line(double dataLoss, double gradientNorm, int activeUnits) {
    return "{\"dataLoss\":%s,\"gradientNorm\":%s,\"activeUnits\":%d}\n"
        .formatted(dataLoss, gradientNorm, activeUnits);
  }
}
