package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.oracle.AccurateSum;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** By the residual Q_FF x - b in accurate sums. */
final class FaceFactorTest {
  private static final double EPS = Math.ulp(1.0);

  private final FaceFactor factor = new FaceFactor();

  /** The same F again, a smaller and a larger one, and another Q. */
  @Property(tries = 100, seed = "6")
  void solvesWithWhatIsChosen(@ForAll @IntRange(min = 1, max = 60) int size, @ForAll long seed) {
    Random random = new Random(seed);
    double[][] q = squares(size, random);
    int[] all = IntStream.range(0, size).toArray();
    int[] some = IntStream.range(0, size).filter(i -> random.nextBoolean()).toArray();
    for (int[] f : new int[][] {some, some, all, some}) {
      assertSolves(q, f, random);
    }
    double[][] other = squares(size, random);
    factor.forget();
    assertSolves(other, some, random);
  }

  private void assertSolves(double[][] q, int[] f, Random random) {
    double[] b = random.doubles(f.length, -1, 1).toArray();
    double[] x = b.clone();
    // F lies in the first entries.
    assertThat(factor.solve(q, Arrays.copyOf(f, q.length), f.length, x)).isTrue();
    for (int i = 0; i < f.length; i++) {
      double[] row = q[f[i]];
      AccurateSum residual = new AccurateSum();
      residual.add(-b[i]);
      double sizes = Math.abs(b[i]);
      for (int j = 0; j < f.length; j++) {
        residual.addProduct(row[f[j]], x[j]);
        sizes += Math.sqrt(row[f[i]] * q[f[j]][f[j]]) * Math.abs(x[j]);
      }
      assertThat(Math.abs(residual.value())).isLessThanOrEqualTo(4 * (f.length + 1) * EPS * sizes);
    }
  }

  /** Singular matrices take a ridge, those that rounding cannot explain do not. */
  @Example
  void aRidgeMakesUpForRoundingAlone() {
    double[] x = {1, 1};
    int[] f = {0, 1};
    assertThat(factor.solve(new double[][] {{1, 1}, {1, 1}}, f, 2, x)).isTrue();
    assertThat(x[0] + x[1]).isCloseTo(1, within(1e-6));
    factor.forget();
    double[] kept = {3, 4};
    assertThat(factor.solve(new double[][] {{1, 2}, {2, 1}}, f, 2, kept)).isFalse();
    assertThat(kept).containsExactly(3, 4);
    assertThat(factor.solve(new double[][] {{1, 2}, {2, 1}}, f, 2, kept)).isFalse();
  }

  /** Q = B Bᵀ with B of twice as many columns. */
  private static double[][] squares(int size, Random random) {
    double[][] b = new double[size][];
    Arrays.setAll(b, i -> random.doubles(2L * size, -1, 1).toArray());
    double[][] q = new double[size][size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j <= i; j++) {
        for (int k = 0; k < 2 * size; k++) {
          q[i][j] += b[i][k] * b[j][k];
        }
        q[j][i] = q[i][j];
      }
    }
    return q;
  }
}
