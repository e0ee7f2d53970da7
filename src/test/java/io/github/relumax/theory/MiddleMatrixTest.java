package io.github.relumax.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.oracle.SoftmaxReluOracle;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Against dense matrices, whose eigenvalues EJML finds. */
final class MiddleMatrixTest {
  private static final double EPS = Math.ulp(1.0);

  /** Where f comes from. */
  enum Softmax {
    EQUAL,
    USUAL,
    PEAKED,
    /** One entry is 1 to many digits. */
    ONE_HOT,
    /** Few values, each of many entries. */
    TIES,
    /** Entries that have underflowed to 0. */
    ZEROS
  }

  enum Target {
    SOFTMAX,
    /** b = f, as at a planted solution. */
    SAME,
    NONE,
    ONE_HOT,
    /** Any sign and sum. */
    ANY,
    HUGE
  }

  enum Weight {
    NONE,
    UNIFORM,
    ROWS,
    TINY
  }

  @Property(tries = 2000, seed = "8358")
  void agreesWithADenseMatrix(
      @ForAll @IntRange(min = 1, max = 60) int m,
      @ForAll Softmax softmax,
      @ForAll Target target,
      @ForAll Weight weight,
      @ForAll @IntRange(min = 0, max = 1 << 20) int seed) {
    Random random = new Random(seed);
    double[] f = softmax(softmax, m, random);
    double[] b = target(target, f, random);
    double[] w2 = weights(weight, m, random);
    double[] expected = DenseEigenvalues.of(dense(f, b, w2));
    MiddleMatrix found = MiddleMatrix.of(f, b, w2);

    // EJML's own rounding, and that of the paper's form, whose terms may cancel.
    double rounding = 4 * (m + 8) * EPS * magnitude(f, b, w2);
    assertThat(found.least()).isCloseTo(expected[0], within(rounding));
    assertThat(found.greatest()).isCloseTo(expected[m - 1], within(rounding));
    for (int k = 0; k < 20; k++) {
      double s = expected[random.nextInt(m)] + 0.1 * random.nextGaussian() * magnitude(f, b, w2);
      if (Arrays.stream(expected).allMatch(value -> Math.abs(value - s) > rounding)) {
        long below = Arrays.stream(expected).filter(value -> value < s).count();
        assertThat(found.eigenvaluesBelow(s)).as("below %s", s).isEqualTo((int) below);
      }
    }
  }

  /** There is always an eigenvalue of 0 without W, and it is not below 0. */
  @Property(tries = 300, seed = "3")
  void theZeroOfBIsNotBelowZero(
      @ForAll @IntRange(min = 1, max = 20) int m,
      @ForAll @IntRange(min = 0, max = 1 << 20) int seed) {
    Random random = new Random(seed);
    double[] f = softmax(Softmax.USUAL, m, random);
    double[] b = target(Target.ANY, f, random);
    double[] w2 = new double[m];
    double[] expected = DenseEigenvalues.of(dense(f, b, w2));
    double rounding = 4 * (m + 8) * EPS * magnitude(f, b, w2);
    if (Arrays.stream(expected).filter(value -> Math.abs(value) <= rounding).count() == 1) {
      long below = Arrays.stream(expected).filter(value -> value < -rounding).count();
      assertThat(MiddleMatrix.of(f, b).eigenvaluesBelow(0)).isEqualTo((int) below);
    }
  }

  /**
   * f_i = 1/m and b the first unit vector: ⟨c,f⟩ = 0, and the vector that is 1 - m in its first
   * entry and 1 in the others belongs to λmin = (q_1 (m - 1) + q_2) / m.
   */
  @Test
  void manyRowsCostNoDigits() {
    int m = 300_001;
    double[] f = new double[m];
    Arrays.fill(f, 1.0 / m);
    double[] b = new double[m];
    b[0] = 1;
    double first = f[0] * (2 * f[0] - 1);
    double other = 2 * f[0] * f[0];
    double least = (first * (m - 1) + other) / m;
    assertThat(MiddleMatrix.of(f, b).least()).isCloseTo(least, within(8 * Math.ulp(least)));
  }

  /** Entries of B in exact arithmetic, so that nothing is lost where they are small beside q. */
  @Property(tries = 300, seed = "2308")
  void aPeakedSoftmaxCostsNoDigits(
      @ForAll @IntRange(min = 2, max = 20) int m,
      @ForAll @IntRange(min = 1, max = 12) int digits,
      @ForAll @IntRange(min = 0, max = 1 << 20) int seed) {
    Random random = new Random(seed);
    double[] z = random.doubles(m).toArray();
    z[0] += digits * Math.log(10);
    double[] f = SoftmaxReluOracle.softmax(z);
    // b_1 = 0: where it is near f_1, c_1 has lost what rounding took from f_1.
    double[] b = new double[m];
    b[1] = random.nextInt(2);
    double[] expected = DenseEigenvalues.of(denseExactly(f, b));
    MiddleMatrix found = MiddleMatrix.of(f, b);
    double largest = Math.max(-expected[0], expected[m - 1]);
    double rounding = 16 * m * EPS * largest;
    assertThat(found.least()).isCloseTo(expected[0], within(rounding));
    assertThat(found.greatest()).isCloseTo(expected[m - 1], within(rounding));
  }

  /** The paper's bounds for ‖b‖₁ &lt;= 1, and 0, which is always an eigenvalue. */
  @Property(tries = 1000, seed = "1")
  void staysWithinThePublishedBounds(
      @ForAll @IntRange(min = 1, max = 103) int m,
      @ForAll Softmax softmax,
      @ForAll @IntRange(min = 0, max = 1 << 20) int seed) {
    Random random = new Random(seed);
    double[] f = softmax(softmax, m, random);
    double[] b = target(Target.ANY, f, random);
    double norm = Arrays.stream(b).map(Math::abs).sum();
    b = Arrays.stream(b).map(value -> value / norm).toArray();
    MiddleMatrix found = MiddleMatrix.of(f, b);
    assertThat(found.least()).isBetween(-4.0, 0.0);
    assertThat(found.greatest()).isBetween(0.0, 8.0);
  }

  @Property(tries = 50, seed = "2")
  void scalingTheMatrixScalesTheEigenvalues(@ForAll @IntRange(min = 0, max = 1 << 20) int seed) {
    Random random = new Random(seed);
    double[] f = softmax(Softmax.USUAL, 17, random);
    double[] b = target(Target.HUGE, f, random);
    MiddleMatrix found = MiddleMatrix.of(f, b);
    double[] expected = DenseEigenvalues.of(dense(f, b, new double[17]));
    assertThat(found.least() / expected[0]).isCloseTo(1, within(1e-12));
    assertThat(found.greatest() / expected[16]).isCloseTo(1, within(1e-12));
  }

  private static double[] softmax(Softmax kind, int m, Random random) {
    double[] z = new double[m];
    for (int i = 0; i < m; i++) {
      z[i] =
          switch (kind) {
            case EQUAL -> 0;
            case USUAL -> random.nextGaussian();
            case PEAKED -> 12 * random.nextGaussian();
            case ONE_HOT -> i == 0 ? 30 : random.nextGaussian();
            case TIES -> random.nextInt(3);
            case ZEROS -> random.nextInt(3) == 0 && i > 0 ? -1e4 : random.nextGaussian();
          };
    }
    return SoftmaxReluOracle.softmax(z);
  }

  private static double[] target(Target kind, double[] f, Random random) {
    int m = f.length;
    double[] b = new double[m];
    switch (kind) {
      case SOFTMAX -> b = softmax(Softmax.USUAL, m, random);
      case SAME -> b = f.clone();
      case NONE -> {}
      case ONE_HOT -> b[random.nextInt(m)] = 1;
      case ANY -> b = random.doubles(m, -2, 3).toArray();
      case HUGE -> b = random.doubles(m, -1e150, 1e150).toArray();
    }
    return b;
  }

  private static double[] weights(Weight kind, int m, Random random) {
    double[] w2 = new double[m];
    double uniform = random.nextDouble();
    for (int i = 0; i < m; i++) {
      w2[i] =
          switch (kind) {
            case NONE -> 0;
            case UNIFORM -> uniform;
            case ROWS -> random.nextInt(3) * random.nextDouble();
            case TINY -> 1e-12 * random.nextDouble();
          };
    }
    return w2;
  }

  /** diag(q + w²) - p fᵀ - f pᵀ + t f fᵀ. */
  private static double[][] dense(double[] f, double[] b, double[] w2) {
    int m = f.length;
    double cf = 0;
    double t = 0;
    for (int i = 0; i < m; i++) {
      cf += (f[i] - b[i]) * f[i];
      t += (3 * f[i] - 2 * b[i]) * f[i];
    }
    double[][] matrix = new double[m][m];
    for (int i = 0; i < m; i++) {
      double pi = (2 * f[i] - b[i]) * f[i];
      for (int j = 0; j < m; j++) {
        double pj = (2 * f[j] - b[j]) * f[j];
        matrix[i][j] = t * f[i] * f[j] - pi * f[j] - f[i] * pj;
      }
      matrix[i][i] += pi - cf * f[i] + w2[i];
    }
    return matrix;
  }

  /** The sizes of what {@link #dense} adds up. */
  private static double magnitude(double[] f, double[] b, double[] w2) {
    double magnitude = 0;
    for (int i = 0; i < f.length; i++) {
      double b1 = Arrays.stream(b).map(Math::abs).max().orElseThrow();
      magnitude = Math.max(magnitude, f[i] * (12 * f[i] + 6 * b1) + f[i] * b1 + w2[i]);
    }
    return magnitude;
  }

  /** B with f rescaled to sum exactly 1. */
  private static double[][] denseExactly(double[] f, double[] b) {
    MathContext digits = new MathContext(60);
    int m = f.length;
    BigDecimal sum = BigDecimal.ZERO;
    for (double value : f) {
      sum = sum.add(new BigDecimal(value));
    }
    BigDecimal[] fs = new BigDecimal[m];
    BigDecimal[] p = new BigDecimal[m];
    BigDecimal cf = BigDecimal.ZERO;
    BigDecimal t = BigDecimal.ZERO;
    for (int i = 0; i < m; i++) {
      fs[i] = new BigDecimal(f[i]).divide(sum, digits);
      BigDecimal bi = new BigDecimal(b[i]);
      p[i] = fs[i].add(fs[i]).subtract(bi).multiply(fs[i], digits);
      cf = cf.add(fs[i].subtract(bi).multiply(fs[i], digits));
      BigDecimal three = fs[i].multiply(new BigDecimal(3));
      t = t.add(three.subtract(bi).subtract(bi).multiply(fs[i], digits));
    }
    double[][] matrix = new double[m][m];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < m; j++) {
        BigDecimal entry =
            t.multiply(fs[i])
                .multiply(fs[j])
                .subtract(p[i].multiply(fs[j]))
                .subtract(fs[i].multiply(p[j]));
        if (i == j) {
          entry = entry.add(p[i]).subtract(cf.multiply(fs[i]));
        }
        matrix[i][j] = entry.doubleValue();
      }
    }
    return matrix;
  }
}
