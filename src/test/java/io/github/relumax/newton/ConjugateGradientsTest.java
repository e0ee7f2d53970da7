package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.cpu.CpuBackends;
import java.util.Arrays;
import java.util.Random;
import java.util.function.BiConsumer;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.CholeskyDecomposition_F64;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against dense solves and dense generalized eigenvalues, which EJML computes. */
final class ConjugateGradientsTest {
  private static final double SHIFT = 0.02;

  private final Backend backend = CpuBackends.SCALAR_2.open();
  private final Random random = new Random(15);

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "2, 0", "3, 0.02", "17, 0", "17, 0.02", "65, 0.02"})
  void solvesTheShiftedSystem(int d, double shift) {
    DMatrixRMaj h = definite(d);
    double[] r = normals(d);
    Run run = run(h, near(h, 0.3), shift, r, 1e-13, 200);
    assertThat(run.solved).isTrue();
    double[] expected = new double[d];
    DMatrixRMaj y = new DMatrixRMaj(d, 1);
    CommonOps_DDRM.solve(shifted(h, shift), new DMatrixRMaj(d, 1, true, r), y);
    Arrays.setAll(expected, i -> y.get(i));
    for (int i = 0; i < d; i++) {
      assertThat(run.y[i]).isCloseTo(expected[i], within(1e-11 * norm(expected)));
    }
  }

  /** In the norm of (H̃ + σI)⁻¹, which is not that of the entries. */
  @ParameterizedTest
  @ValueSource(doubles = {0.5, 1e-2, 1e-6, 1e-10})
  void theResidualIsWhatWasAskedForAndNotFarBetter(double precision) {
    int d = 65;
    DMatrixRMaj h = definite(d);
    DMatrixRMaj preconditioner = near(h, 0.6);
    double[] r = normals(d);
    Run run = run(h, preconditioner, SHIFT, r, precision, 200);
    assertThat(run.solved).isTrue();
    double reached = residual(h, preconditioner, r, run.y);
    assertThat(reached).isLessThanOrEqualTo(precision * (1 + 1e-4));
    Run shorter = run(h, preconditioner, SHIFT, r, precision, run.products - 1);
    assertThat(residual(h, preconditioner, r, shorter.y)).isGreaterThan(precision);
    assertThat(Math.abs(dot(run.y, residualVector(h, r, run.y))))
        .isLessThan(1e-12 * norm(run.y) * norm(r));
  }

  private static double residual(
      DMatrixRMaj h, DMatrixRMaj preconditioner, double[] r, double[] y) {
    DMatrixRMaj m = shifted(preconditioner, SHIFT);
    return normByInverse(m, residualVector(h, r, y)) / normByInverse(m, r);
  }

  private static double[] residualVector(DMatrixRMaj h, double[] r, double[] y) {
    double[] hy = times(shifted(h, SHIFT), y);
    Arrays.setAll(hy, i -> r[i] - hy[i]);
    return hy;
  }

  private static double normByInverse(DMatrixRMaj m, double[] v) {
    DMatrixRMaj solution = new DMatrixRMaj(v.length, 1);
    CommonOps_DDRM.solve(m, new DMatrixRMaj(v.length, 1, true, v.clone()), solution);
    return Math.sqrt(dot(v, solution.data));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 17, 65})
  void anExactPreconditionerNeedsOneStep(int d) {
    DMatrixRMaj h = definite(d);
    Run run = run(h, h, SHIFT, normals(d), 1e-9, 200);
    assertThat(run.solved).isTrue();
    assertThat(run.products).isEqualTo(1);
    assertThat(run.epsilon).isLessThan(1e-12);
  }

  @Test
  void nothingIsDoneForAResidualOfZero() {
    DMatrixRMaj h = definite(3);
    Run run = run(h, h, 0, new double[3], 1e-6, 200);
    assertThat(run.solved).isTrue();
    assertThat(run.y).containsOnly(0);
    assertThat(run.products).isZero();
    assertThat(run.ritz).containsExactly(1, 1);
    assertThat(run.epsilon).isNaN();
  }

  // Ritz values

  /** Never outside of what they estimate, and its ends once there are as many as dimensions. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 9, 17})
  void ritzValuesLieWithinTheGeneralizedSpectrumAndEndAtItsEnds(int d) {
    DMatrixRMaj h = definite(d);
    DMatrixRMaj preconditioner = near(h, 0.6);
    double[] exact = generalized(shifted(h, SHIFT), shifted(preconditioner, SHIFT));
    double least = exact[0];
    double greatest = exact[d - 1];
    double[] r = normals(d);
    double before = 0;
    for (int steps = 1; steps <= d; steps++) {
      Run run = run(h, preconditioner, SHIFT, r, 0, steps);
      assertThat(run.products).isEqualTo(steps);
      assertThat(run.ritz[0]).isBetween(least * (1 - 1e-9), run.ritz[1]);
      assertThat(run.ritz[1]).isLessThanOrEqualTo(greatest * (1 + 1e-9));
      assertThat(run.epsilon)
          .isEqualTo(Math.max(1 - run.ritz[0], run.ritz[1] - 1))
          .isGreaterThanOrEqualTo(before - 1e-9);
      before = run.epsilon;
    }
    Run last = run(h, preconditioner, SHIFT, r, 0, d);
    assertThat(last.ritz[0]).isCloseTo(least, within(1e-6 * greatest));
    assertThat(last.ritz[1]).isCloseTo(greatest, within(1e-6 * greatest));
  }

  /** Steps beyond d go on with rounding errors, whose Ritz values are in the spectrum as well. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void moreStepsThanDimensionsInventNothing(int d) {
    DMatrixRMaj h = definite(d);
    DMatrixRMaj preconditioner = near(h, 0.6);
    double[] exact = generalized(shifted(h, SHIFT), shifted(preconditioner, SHIFT));
    Run run = run(h, preconditioner, SHIFT, normals(d), 0, 9);
    assertThat(run.ritz[0]).isGreaterThanOrEqualTo(exact[0] * (1 - 1e-9));
    assertThat(run.ritz[1]).isLessThanOrEqualTo(exact[d - 1] * (1 + 1e-9));
  }

  // What cannot be solved

  /** −H at once; H with one negative eigenvalue after some steps. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 17, 65})
  void negativeCurvatureIsNoSolution(int d) {
    DMatrixRMaj h = definite(d);
    DMatrixRMaj negative = h.copy();
    CommonOps_DDRM.scale(-1, negative);
    Run run = run(negative, h, 0, normals(d), 1e-6, 200);
    assertThat(run.solved).isFalse();
    assertThat(run.products).as("the product that showed it").isEqualTo(1);
    assertThat(run.epsilon).as("eigenvalues of 0 and less").isEqualTo(1);

    DMatrixRMaj saddle = h.copy();
    saddle.add(d / 2, d / 2, -40);
    Run late = run(saddle, h, 0, normals(d), 1e-12, 200);
    assertThat(late.solved).isFalse();
    double[] exact = generalized(saddle, h);
    assertThat(exact[0]).isNegative();
    assertThat(late.epsilon).isBetween(1.0, Math.max(1 - exact[0], exact[d - 1] - 1) + 1e-9);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
  void numbersThatAreNotFiniteAreNoSolution(double number) {
    DMatrixRMaj h = definite(3);
    double[] r = normals(3);
    double[] bad = r.clone();
    bad[1] = number;
    assertThat(run(h, h, 0, bad, 1e-6, 200).solved).isFalse();
    DMatrixRMaj broken = h.copy();
    broken.set(1, 1, number);
    Run run = run(broken, h, 0, r, 1e-6, 200);
    assertThat(run.solved).isFalse();
    assertThat(run.epsilon).isNaN();
  }

  // Scale

  /** H, H̃ and σ times a power of two, r times another: every bit follows. */
  @ParameterizedTest
  @ValueSource(doubles = {0x1p-60, 0x1p-30, 0x1p40})
  void unitsChangeNoBit(double unit) {
    int d = 17;
    DMatrixRMaj h = definite(d);
    DMatrixRMaj preconditioner = near(h, 0.6);
    double[] r = normals(d);
    Run run = run(h, preconditioner, SHIFT, r, 1e-6, 200);
    double[] scaledR = r.clone();
    Arrays.setAll(scaledR, i -> 8 * r[i]);
    // The factor is of a scaled H̃: an even power, so that its square root is one too.
    Run scaled =
        run(scaled(unit, h), scaled(unit, preconditioner), unit * SHIFT, scaledR, 1e-6, 200);
    double[] expected = run.y.clone();
    Arrays.setAll(expected, i -> 8 / unit * run.y[i]);
    assertThat(scaled.y).containsExactly(expected);
    assertThat(scaled.products).isEqualTo(run.products);
    assertThat(scaled.ritz).containsExactly(run.ritz);
  }

  // Fixtures and arithmetic

  /** What a solve gave. */
  private record Run(boolean solved, double[] y, int products, double[] ritz, double epsilon) {}

  private Run run(
      DMatrixRMaj h, DMatrixRMaj near, double shift, double[] r, double precision, int mostSteps) {
    int d = r.length;
    try (ConjugateGradients gradients = new ConjugateGradients(backend, d);
        Buffer matrix = backend.allocate(d, d);
        Buffer factor = backend.allocate(d, d);
        Buffer right = backend.allocate(1, d);
        Buffer out = backend.allocate(1, d)) {
      backend.write(near.data, matrix);
      assertThat(backend.factor(matrix, shift, factor)).isTrue();
      backend.write(r, right);
      double[] y = new double[d];
      boolean solved = gradients.solve(product(h), shift, factor, right, precision, mostSteps, out);
      backend.read(out, y);
      return new Run(solved, y, gradients.products(), gradients.ritzValues(), gradients.epsilon());
    }
  }

  private BiConsumer<Buffer, Buffer> product(DMatrixRMaj h) {
    return (v, out) -> {
      double[] values = new double[h.numRows];
      backend.read(v, values);
      backend.write(times(h, values), out);
    };
  }

  /** GGᵀ / d + I / 10. */
  private DMatrixRMaj definite(int d) {
    DMatrixRMaj g = new DMatrixRMaj(d, d, true, normals(d * d));
    DMatrixRMaj h = new DMatrixRMaj(d, d);
    CommonOps_DDRM.multTransB(1.0 / d, g, g, h);
    return shifted(h, 0.1);
  }

  /** L (I + E) Lᵀ with H = L Lᵀ and a symmetric E of about this norm: near H in its own measure. */
  private DMatrixRMaj near(DMatrixRMaj h, double size) {
    int d = h.numRows;
    DMatrixRMaj middle = new DMatrixRMaj(d, d, true, normals(d * d));
    DMatrixRMaj symmetric = new DMatrixRMaj(d, d);
    CommonOps_DDRM.multTransB(middle, middle, symmetric);
    CommonOps_DDRM.scale(size / (4 * d), symmetric);
    CommonOps_DDRM.addEquals(symmetric, CommonOps_DDRM.identity(d));
    CholeskyDecomposition_F64<DMatrixRMaj> cholesky = DecompositionFactory_DDRM.chol(d, true);
    assertThat(cholesky.decompose(h.copy())).isTrue();
    DMatrixRMaj l = cholesky.getT(null);
    DMatrixRMaj half = new DMatrixRMaj(d, d);
    CommonOps_DDRM.mult(l, symmetric, half);
    DMatrixRMaj near = new DMatrixRMaj(d, d);
    CommonOps_DDRM.multTransB(half, l, near);
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < i; j++) {
        near.set(j, i, near.get(i, j));
      }
    }
    return near;
  }

  private static DMatrixRMaj shifted(DMatrixRMaj h, double shift) {
    DMatrixRMaj shifted = h.copy();
    for (int i = 0; i < h.numRows; i++) {
      shifted.add(i, i, shift);
    }
    return shifted;
  }

  private static DMatrixRMaj scaled(double factor, DMatrixRMaj h) {
    DMatrixRMaj scaled = h.copy();
    CommonOps_DDRM.scale(factor, scaled);
    return scaled;
  }

  /** The eigenvalues of m⁻¹h, ascending. */
  static double[] generalized(DMatrixRMaj h, DMatrixRMaj m) {
    int d = h.numRows;
    CholeskyDecomposition_F64<DMatrixRMaj> cholesky = DecompositionFactory_DDRM.chol(d, true);
    assertThat(cholesky.decompose(m.copy())).isTrue();
    DMatrixRMaj inverse = cholesky.getT(null);
    CommonOps_DDRM.invert(inverse);
    DMatrixRMaj left = new DMatrixRMaj(d, d);
    CommonOps_DDRM.mult(inverse, h, left);
    DMatrixRMaj both = new DMatrixRMaj(d, d);
    CommonOps_DDRM.multTransB(left, inverse, both);
    EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(d, false, true);
    assertThat(eigen.decompose(both)).isTrue();
    double[] values = new double[d];
    Arrays.setAll(values, k -> eigen.getEigenvalue(k).getReal());
    Arrays.sort(values);
    return values;
  }

  private static double[] times(DMatrixRMaj h, double[] v) {
    double[] product = new double[v.length];
    for (int i = 0; i < v.length; i++) {
      for (int j = 0; j < v.length; j++) {
        product[i] += h.get(i, j) * v[j];
      }
    }
    return product;
  }

  private double[] normals(int size) {
    double[] values = new double[size];
    Arrays.setAll(values, i -> random.nextGaussian());
    return values;
  }

  private static double dot(double[] u, double[] v) {
    double sum = 0;
    for (int i = 0; i < u.length; i++) {
      sum += u[i] * v[i];
    }
    return sum;
  }

  private static double norm(double[] v) {
    return Math.sqrt(dot(v, v));
  }
}
