package io.github.relumax.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProblemOutlineTest {
  @TempDir private Path dir;

  @BeforeEach
  void writeFolder() {
    NpyFile.write(dir.resolve("a1.npy"), Matrix.allocate(4, 2, ElementType.FLOAT64));
    Matrix a2 = Matrix.allocate(7, 4, ElementType.FLOAT32);
    a2.set(3, 1, Double.NaN);
    NpyFile.write(dir.resolve("a2.npy"), a2);
  }

  /** A NaN in A2 goes unnoticed: its entries are not checked. */
  @Test
  void saysWhatTheHeadersSay() {
    ProblemOutline outline = ProblemOutline.open(dir);
    assertThat(outline.m()).isEqualTo(7);
    assertThat(outline.n()).isEqualTo(4);
    assertThat(outline.d()).isEqualTo(2);
    assertThat(outline.a2Type()).isEqualTo(ElementType.FLOAT32);
    assertThat(outline.a2Mapped()).isTrue();
    assertThat(outline.a2NonZeros()).isEqualTo(1);
    assertThat(outline.x0()).isEmpty();
    NpyFile.writeVector(dir.resolve("x0.npy"), new double[] {3, 4});
    assertThat(ProblemOutline.open(dir).x0().orElseThrow()).containsExactly(3, 4);
  }

  @Test
  void aFileByColumnsCannotBeMapped() throws IOException {
    Path file = dir.resolve("a2.npy");
    byte[] bytes = Files.readAllBytes(file);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    String columns = text.replace("'fortran_order': False", "'fortran_order': True ");
    Files.write(file, columns.getBytes(StandardCharsets.ISO_8859_1));
    assertThat(ProblemOutline.open(dir).a2Mapped()).isFalse();
    assertThat(ProblemOutline.open(dir).a2NonZeros()).isEqualTo(28);
  }

  /** Of 3,000 x 1,000 entries two of three rows are looked at; every fourth is full. */
  @Test
  void nonZerosOfALargeMatrixAreJudgedBySomeRows() {
    NpyFile.write(dir.resolve("a1.npy"), Matrix.allocate(1000, 2, ElementType.FLOAT64));
    Matrix a2 = Matrix.allocate(3000, 1000, ElementType.FLOAT32);
    for (int i = 0; i < 3000; i += 4) {
      for (int j = 0; j < 1000; j++) {
        a2.set(i, j, 1);
      }
    }
    NpyFile.write(dir.resolve("a2.npy"), a2);
    assertThat(ProblemOutline.open(dir).a2NonZeros()).isBetween(740_000L, 760_000L);
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    NpyFile.writeVector(dir.resolve("x0.npy"), new double[3]);
    refused("x0.npy: 3 values, expected 2 because ");
    NpyFile.write(dir.resolve("a1.npy"), Matrix.allocate(5, 2, ElementType.FLOAT64));
    refused("a2.npy: 7 x 4, expected 7 x 5 because ");
    Files.write(dir.resolve("a2.npy"), new byte[0]);
    refused("a2.npy: is empty");
    Files.delete(dir.resolve("a2.npy"));
    refused("a2.npy: no such file, expected A2, an array of shape (m, n)");
  }

  private void refused(String message) {
    assertThatThrownBy(() -> ProblemOutline.open(dir))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }
}
