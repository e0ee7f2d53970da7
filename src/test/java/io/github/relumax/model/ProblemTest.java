package io.github.relumax.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.lang.foreign.Arena;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProblemTest {
  private static final Matrix A1 = matrix(3, 2, ElementType.FLOAT64).named("a1.npy");
  private static final Matrix A2 = matrix(5, 3, ElementType.FLOAT64).named("a2.npy");
  private static final double[] B = {2, -1, 0, 0.5, 1e300};

  private final Problem problem = Problem.of(A1, A2, B);

  @Test
  void keepsWhatItWasGiven() {
    assertThat(problem.a1()).isSameAs(A1);
    assertThat(problem.a2().segment()).isSameAs(A2.segment());
    assertThat(problem.a2().toString()).isEqualTo(A2.toString());
    assertThat(problem.b()).isEqualTo(B);
    assertThat(problem.m()).isEqualTo(5);
    assertThat(problem.n()).isEqualTo(3);
    assertThat(problem.d()).isEqualTo(2);
    assertThat(problem.w()).isEmpty();
    assertThat(problem.radius()).isEqualTo(Double.POSITIVE_INFINITY);
  }

  @Test
  void tellsPartsOfB() {
    assertThat(problem.b(3)).isEqualTo(0.5);
    assertThat(problem.b(1, 4)).containsExactly(-1, 0, 0.5);
    assertThat(problem.b(5, 5)).isEmpty();
    assertThatThrownBy(() -> problem.b(1, 6)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> problem.b(5)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  /** Zeros of either sign, and the smallest number that is not zero. */
  @Test
  void countsTheNonZerosOfA2() {
    for (ElementType type : ElementType.values()) {
      Matrix a1 = matrix(300, 2, type);
      Matrix a2 = Matrix.allocate(1000, 300, type);
      for (int i = 0; i < 1000; i++) {
        a2.set(i, i % 300, i % 3 == 0 ? -0.0 : i % 3 == 1 ? Float.MIN_VALUE : -Float.MAX_VALUE);
      }
      assertThat(a2.nonZeros()).isEqualTo(300_000);
      assertThat(Problem.of(a1, a2, new double[1000]).a2().nonZeros()).isEqualTo(666);
    }
  }

  @Test
  void changesReturnNewProblems() {
    Problem changed = problem.withWeight(-0.5).withRadius(3);
    assertThat(changed.w().orElseThrow()).containsOnly(-0.5).hasSize(5);
    assertThat(changed.radius()).isEqualTo(3);
    assertThat(changed.withWeights(new double[] {0, 1, 0, 0, -2}).w().orElseThrow())
        .containsExactly(0, 1, 0, 0, -2);
    assertThat(changed.withWeight(0).radius()).isEqualTo(3);
    assertThat(problem.w()).isEmpty();
    assertThat(problem.radius()).isEqualTo(Double.POSITIVE_INFINITY);
  }

  @Test
  void zeroWeightsAreNone() {
    Problem weighted = problem.withWeight(1);
    assertThat(weighted.withWeight(0).w()).isEmpty();
    assertThat(weighted.withWeight(-0.0).w()).isEmpty();
    assertThat(weighted.withWeights(new double[] {0, -0.0, 0, 0, 0}).w()).isEmpty();
  }

  @Test
  void doesNotShareArrays() {
    double[] b = B.clone();
    double[] w = {1, 2, 3, 4, 5};
    Problem own = Problem.of(A1, A2, b).withWeights(w);
    b[0] = 99;
    w[0] = 99;
    own.b()[1] = 99;
    own.b(0, 5)[1] = 99;
    own.w().orElseThrow()[1] = 99;
    assertThat(own.b()).isEqualTo(B);
    assertThat(own.w().orElseThrow()).containsExactly(1, 2, 3, 4, 5);
  }

  @Test
  void namesTheMatrixWithTheWrongShape() {
    Matrix a1 = matrix(300, 2, ElementType.FLOAT64).named("a1.npy");
    Matrix a2 = matrix(2000, 299, ElementType.FLOAT64).named("a2.npy");
    assertInvalid(
        () -> Problem.of(a1, a2, new double[2000]),
        "a2.npy: 2000 x 299, expected 2000 x 300 because a1.npy has 300 rows (n)");
    assertInvalid(
        () -> Problem.of(A1, A2, new double[4]),
        "b: 4 values, expected 5 because a2.npy has 5 rows (m)");
    assertInvalid(
        () -> Problem.of(A1, A2, new double[6], "dir/b.npy"),
        "dir/b.npy: 6 values, expected 5 because a2.npy has 5 rows (m)");
    assertInvalid(
        () -> problem.withWeights(new double[0]),
        "w: 0 values, expected 5 because a2.npy has 5 rows (m)");
  }

  @Test
  void refusesEmptyAndOverlongMatrices() {
    assertInvalid(
        () -> Problem.of(empty(0, 2), A2, B),
        "0 x 2 matrix: 0 x 2, expected between 1 and 2147483639 rows (n)");
    assertInvalid(
        () -> Problem.of(empty(3, 0), A2, B),
        "3 x 0 matrix: 3 x 0, expected between 1 and 2147483639 columns (d)");
    assertInvalid(
        () -> Problem.of(A1, empty(0, 3), new double[0]),
        "0 x 3 matrix: 0 x 3, expected between 1 and 2147483639 rows (m)");
    assertInvalid(
        () -> Problem.of(empty(Integer.MAX_VALUE - 7L, 0), A2, B),
        "2147483640 x 0 matrix: 2147483640 x 0, expected between 1 and 2147483639 rows (n)");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void refusesVectorsThatAreNotFinite(double bad) {
    double[] values = {0, 0, 0, bad, Double.NaN};
    String what = ": entry 3 is " + bad + ", expected finite numbers only";
    assertInvalid(() -> Problem.of(A1, A2, values), "b" + what);
    assertInvalid(() -> problem.withWeights(values, "w.npy"), "w.npy" + what);
    assertInvalid(() -> problem.withWeight(bad), "weight: " + bad + ", expected a finite number");
    assertInvalid(
        () -> problem.checkStart(new double[] {0, bad}, "x0.npy"),
        "x0.npy: entry 1 is " + bad + ", expected finite numbers only");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.0, -1, Double.NaN, Double.NEGATIVE_INFINITY})
  void refusesRadiiThatAreNotPositive(double bad) {
    assertInvalid(() -> problem.withRadius(bad), "radius: " + bad + ", expected a number above 0");
  }

  @Test
  void checksStarts() {
    assertThatNoException().isThrownBy(() -> problem.checkStart(new double[] {1, 2}, "x"));
    assertInvalid(
        () -> problem.checkStart(new double[3], "start.npy"),
        "start.npy: 3 values, expected 2 because a1.npy has 2 columns (d)");
  }

  /** Long enough for several blocks of the scan, with a last one that is short. */
  @ParameterizedTest
  @EnumSource(ElementType.class)
  void findsTheFirstBadEntryWhereverItIs(ElementType type) {
    int rows = 2611;
    int columns = 103;
    Matrix a2 = matrix(rows, columns, type).named("a2.npy");
    Matrix a1 = matrix(columns, 1, ElementType.FLOAT64);
    for (long k : new long[] {(long) rows * columns - 1, (1 << 17), (1 << 17) - 1, 104, 0}) {
      for (double bad :
          new double[] {Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, Double.NaN}) {
        a2.set(k / columns, k % columns, bad);
        assertInvalid(
            () -> Problem.of(a1, a2, new double[rows]),
            "a2.npy: entry at row %d, column %d is %s, expected finite numbers only"
                .formatted(k / columns, k % columns, bad));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void acceptsEveryFiniteNumber(ElementType type) {
    double max = type == ElementType.FLOAT64 ? Double.MAX_VALUE : Float.MAX_VALUE;
    double min = type == ElementType.FLOAT64 ? Double.MIN_VALUE : Float.MIN_VALUE;
    Matrix a2 = matrix(5, 3, type);
    double[] extremes = {max, -max, min, -min, -0.0};
    for (int i = 0; i < 5; i++) {
      a2.set(i, 1, extremes[i]);
    }
    assertThatNoException().isThrownBy(() -> Problem.of(A1, a2, B));
  }

  private static void assertInvalid(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(InvalidInputException.class).hasMessage(message);
  }

  private static Matrix empty(long rows, long columns) {
    return Matrix.allocate(rows, columns, ElementType.FLOAT64, Arena.global());
  }

  private static Matrix matrix(int rows, int columns, ElementType type) {
    Matrix matrix = Matrix.allocate(rows, columns, type);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        matrix.set(i, j, i - 0.5 * j);
      }
    }
    return matrix;
  }

  @Test
  void aPointOutsideTheBallIsBroughtToItsBoundary() {
    Problem problem =
        Problem.of(
                Matrix.of(new double[][] {{1, 1}}),
                Matrix.of(new double[][] {{1}}),
                new double[] {1})
            .withRadius(5);
    double[] inside = {3, -4};
    assertThat(problem.intoBall(inside)).isNotSameAs(inside).containsExactly(3, -4);
    assertThat(problem.intoBall(new double[] {6, -8})).containsExactly(3, -4);
    assertThat(problem.intoBall(new double[] {6e200, -8e200}))
        .containsExactly(new double[] {3, -4}, within(1e-15));
  }
}
