package io.github.relumax.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The non-zeros that stay with a backend: they are the same memory for who asks again. */
final class KeptNonZerosTest {
  private static final long ROOM = 10_000;

  private final Parallel parallel = new Parallel(2);
  private final KeptNonZeros kept = new KeptNonZeros(new VectorKernels(), parallel, ROOM);

  @AfterEach
  void close() {
    kept.close();
    parallel.close();
  }

  /** 2 i + 1 at (i, 1). */
  private static Matrix matrix(int rows) {
    Matrix matrix = Matrix.allocate(rows, 5, ElementType.FLOAT64);
    for (int i = 0; i < rows; i++) {
      matrix.set(i, 1, 2 * i + 1);
    }
    return matrix.withNonZeros(rows);
  }

  private SparseMatrix upload(Matrix matrix) {
    SparseMatrix found = (SparseMatrix) kept.of(matrix);
    long last = matrix.rows() - 1;
    found.requireOpen();
    assertThat(found.storedEntries()).isEqualTo(matrix.nonZeros());
    assertThat(RawMemory.get(found.values(last))).isEqualTo(2.0 * last + 1);
    return found;
  }

  @Test
  void theyAreThereForTheSameMatrixAlone() {
    Matrix matrix = matrix(20);
    SparseMatrix first = upload(matrix);
    SparseMatrix second = upload(matrix);
    long place = first.values(0);
    assertThat(second.values(0)).isEqualTo(place);
    first.close();
    first.close();
    assertThatIllegalStateException().isThrownBy(first::requireOpen);
    second.requireOpen();
    second.close();
    SparseMatrix third = upload(matrix);
    assertThat(third.values(0)).isEqualTo(place);
    SparseMatrix other = upload(matrix.withNonZeros(20));
    assertThat(other.values(0)).isNotEqualTo(place);
    other.close();
    third.close();
  }

  @Test
  void smallerMatricesLeaveThemAndLargerOnesTakeTheirPlace() {
    Matrix matrix = matrix(20);
    SparseMatrix whole = upload(matrix);
    long place = whole.values(0);
    upload(matrix(9)).close();
    SparseMatrix larger = upload(matrix(30));
    assertThat(upload(matrix).values(0)).isEqualTo(place);
    larger.close();
    whole.close();
    // One view is open still.
    kept.makeRoomFor(matrix(20));
    assertThat(upload(matrix).values(0)).isEqualTo(place);
  }

  @Test
  void unusedOnesGoWhenAMatrixOfTheirSizeComes() {
    Matrix matrix = matrix(20);
    SparseMatrix view = upload(matrix);
    long bytes = view.bytes();
    kept.makeRoomFor(matrix(21));
    assertThat(kept.bytes()).isEqualTo(bytes);
    view.close();
    kept.makeRoomFor(matrix(19));
    assertThat(kept.bytes()).isEqualTo(bytes);
    kept.makeRoomFor(matrix(20));
    assertThat(kept.bytes()).isZero();
    upload(matrix).close();
    assertThat(kept.bytes()).isPositive();
    upload(matrix(21)).close();
    assertThat(kept.bytes()).isGreaterThan(bytes);
  }

  @Test
  void moreThanThereIsRoomForIsTheCallersOwn() {
    try (SparseMatrix large = upload(matrix(500))) {
      assertThat(large.bytes()).isGreaterThan(ROOM);
      assertThat(kept.bytes()).isZero();
    }
  }

  @Test
  void viewsOutliveTheBackend() {
    SparseMatrix view = upload(matrix(20));
    kept.close();
    assertThat(kept.bytes()).isPositive();
    assertThat(RawMemory.get(view.values(19))).isEqualTo(39);
    view.close();
    assertThat(kept.bytes()).isZero();
    upload(matrix(20)).close();
    assertThat(kept.bytes()).isZero();
  }
}
