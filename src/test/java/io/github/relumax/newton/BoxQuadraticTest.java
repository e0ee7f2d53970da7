package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.oracle.AccurateSum;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/** Against all patterns of bounds where they can be counted, and the optimality conditions. */
final class BoxQuadraticTest {
  private static final double EPS = Math.ulp(1.0);

  /** What Q = B Bᵀ is like. */
  enum Shape {
    USUAL,
    /** Condition number 1e12. */
    ILL_CONDITIONED,
    /** Rank a third of the size. */
    SINGULAR,
    /** Every second variable is the one before it once more. */
    DUPLICATES,
    /** Some rows of Q are 0. */
    ZERO_ROWS
  }

  /** What the upper bounds are like. */
  enum Bounds {
    USUAL,
    /** Some are 0. */
    SOME_ZERO,
    /** From 1e-9 to 1e9. */
    WIDE,
    /** None of them binds. */
    HUGE
  }

  @Property(tries = 1500, seed = "6")
  void noPatternOfBoundsIsLower(
      @ForAll @IntRange(min = 1, max = 6) int size,
      @ForAll Shape shape,
      @ForAll Bounds bounds,
      @ForAll long seed) {
    Programme programme = Programme.random(size, shape, bounds, new Random(seed));
    double[] mu = multipliers(solved(programme));
    double rounding = 0;
    for (int i = 0; i < size; i++) {
      rounding += programme.u[i] * programme.rounding(i, mu);
    }
    assertThat(programme.value(mu)).isLessThanOrEqualTo(programme.lowest() + rounding);
    programme.assertOptimal(mu);
  }

  @Property(tries = 60, seed = "66")
  void theOptimalityConditionsHold(
      @ForAll @IntRange(min = 7, max = 150) int size,
      @ForAll Shape shape,
      @ForAll Bounds bounds,
      @ForAll long seed) {
    Programme programme = Programme.random(size, shape, bounds, new Random(seed));
    BoxQuadratic dual = solved(programme);
    double[] mu = multipliers(dual);
    programme.assertOptimal(mu);
    for (int i = 0; i < size; i++) {
      assertThat(dual.isFree(i)).isEqualTo(mu[i] > 0 && mu[i] < programme.u[i]);
    }
  }

  /** Q times a power of four, whose root is exact, and the bounds times one of two. */
  @Property(tries = 100, seed = "666")
  void scalingChangesNoBit(
      @ForAll @IntRange(min = 1, max = 40) int size,
      @ForAll Shape shape,
      @ForAll Bounds bounds,
      @ForAll @IntRange(min = -100, max = 100) int power,
      @ForAll @IntRange(min = -200, max = 200) int unit,
      @ForAll long seed) {
    Programme programme = Programme.random(size, shape, bounds, new Random(seed));
    double[] expected = multipliers(solved(programme));
    Arrays.setAll(expected, i -> Math.scalb(expected[i], unit));
    double[] scaled = multipliers(solved(programme.scaled(unit + 2 * power, unit)));
    assertThat(scaled).containsExactly(expected);
  }

  /** Bounds and linear terms move, as they do from pass to pass, and variables are added. */
  @Property(tries = 100, seed = "6666")
  void whatIsThereIsAStart(
      @ForAll @IntRange(min = 2, max = 40) int size,
      @ForAll Shape shape,
      @ForAll Bounds bounds,
      @ForAll Bounds later,
      @ForAll long seed) {
    Random random = new Random(seed);
    Programme whole = Programme.random(size, shape, bounds, random);
    int half = size / 2;
    BoxQuadratic dual = new BoxQuadratic(size);
    add(dual, whole, 0, half);
    dual.minimise();
    whole.first(half).assertOptimal(multipliers(dual));
    add(dual, whole, half, size);
    dual.minimise();
    whole.assertOptimal(multipliers(dual));
    Programme moved =
        new Programme(whole.q, normals(random, size), Programme.bounds(later, size, random));
    for (int i = 0; i < size; i++) {
      dual.bound(i, moved.u[i]);
      dual.linear(i, moved.r[i]);
      assertThat(dual.multiplier(i)).isBetween(0.0, moved.u[i]);
    }
    dual.minimise();
    moved.assertOptimal(multipliers(dual));
    dual.clear();
    assertThat(dual.size()).isZero();
    add(dual, moved, 0, half);
    dual.minimise();
    moved.first(half).assertOptimal(multipliers(dual));
  }

  /** A start beyond the bound is at the bound. */
  @Property(tries = 100, seed = "66666")
  void everyStartLeadsThere(
      @ForAll @IntRange(min = 1, max = 40) int size,
      @ForAll Shape shape,
      @ForAll Bounds bounds,
      @ForAll long seed) {
    Random random = new Random(seed);
    Programme programme = Programme.random(size, shape, bounds, random);
    double[] starts = new double[size];
    Arrays.setAll(starts, i -> 1.5 * random.nextDouble() * programme.u[i]);
    BoxQuadratic dual = new BoxQuadratic(size);
    add(dual, programme, starts, 0, size);
    for (int i = 0; i < size; i++) {
      assertThat(dual.multiplier(i)).isEqualTo(Math.min(starts[i], programme.u[i]));
    }
    dual.minimise();
    programme.assertOptimal(multipliers(dual));
  }

  /** 1/2 · 2 μ² - 3 μ: 1.5 where the bound allows it. */
  @Example
  void oneVariable() {
    for (double bound : new double[] {0, 1e-300, 1, 1.5, 2, 1e300}) {
      BoxQuadratic dual =
          solved(new Programme(new double[][] {{2}}, new double[] {-3}, new double[] {bound}));
      assertThat(dual.multiplier(0)).isEqualTo(Math.min(bound, 1.5));
      assertThat(dual.isFree(0)).isEqualTo(bound > 1.5);
    }
  }

  @Example
  void nothingToMinimise() {
    BoxQuadratic dual = new BoxQuadratic(3);
    dual.minimise();
    assertThat(dual.size()).isZero();
  }

  /** A variable of tiny bound beside one of huge bound is as optimal as if it stood alone. */
  @Example
  void aHugeBoundHidesNoTinyOne() {
    double[][] q = {{1, 0.5, 0}, {0.5, 1, 0.5}, {0, 0.5, 1}};
    Programme programme =
        new Programme(q, new double[] {-1e9, 3e8, -1e9}, new double[] {1e12, 1e-8, 1e12});
    programme.assertOptimal(multipliers(solved(programme)));
  }

  /** (Q_FF)⁻¹ r by residuals, and what no rounding of Q's diagonal makes definite. */
  @Example
  void solvesForTheVariablesNamed() {
    Random random = new Random(3);
    Programme programme = Programme.random(17, Shape.USUAL, Bounds.USUAL, random);
    BoxQuadratic dual = solved(programme);
    int[] chosen = {1, 2, 5, 16};
    double[] right = normals(random, 4);
    double[] solution = right.clone();
    assertThat(dual.solve(chosen, 4, solution)).isTrue();
    for (int k = 0; k < 4; k++) {
      AccurateSum sum = new AccurateSum();
      for (int l = 0; l < 4; l++) {
        sum.addProduct(programme.q[chosen[k]][chosen[l]], solution[l]);
      }
      assertThat(sum.value()).isCloseTo(right[k], within(1e-12 * sum.magnitude()));
    }
    BoxQuadratic indefinite = new BoxQuadratic(2);
    add(
        indefinite,
        new Programme(new double[][] {{1, 2}, {2, 1}}, new double[2], new double[] {1, 1}),
        0,
        2);
    assertThat(indefinite.solve(new int[] {0, 1}, 2, new double[] {1, 1})).isFalse();
  }

  private static BoxQuadratic solved(Programme programme) {
    BoxQuadratic dual = new BoxQuadratic(programme.u.length);
    add(dual, programme, 0, programme.u.length);
    dual.minimise();
    return dual;
  }

  private static void add(BoxQuadratic dual, Programme programme, int from, int to) {
    add(dual, programme, new double[to], from, to);
  }

  private static void add(
      BoxQuadratic dual, Programme programme, double[] starts, int from, int to) {
    for (int i = from; i < to; i++) {
      dual.add(programme.u[i], starts[i]);
      dual.linear(i, programme.r[i]);
      for (int j = 0; j <= i; j++) {
        dual.set(i, j, programme.q[i][j]);
      }
    }
  }

  private static double[] multipliers(BoxQuadratic dual) {
    double[] mu = new double[dual.size()];
    Arrays.setAll(mu, dual::multiplier);
    return mu;
  }

  private static double[] normals(Random random, int size) {
    double[] values = new double[size];
    Arrays.setAll(values, i -> random.nextGaussian());
    return values;
  }

  private record Programme(double[][] q, double[] r, double[] u) {
    static Programme random(int size, Shape shape, Bounds bounds, Random random) {
      int rank = shape == Shape.SINGULAR ? Math.max(1, size / 3) : size + 2;
      double[][] b = new double[size][];
      for (int i = 0; i < size; i++) {
        b[i] = normals(random, rank);
        if (shape == Shape.ILL_CONDITIONED) {
          double[] row = b[i];
          Arrays.setAll(row, k -> row[k] * Math.pow(1e-6, (double) k / (rank - 1)));
        } else if (shape == Shape.DUPLICATES && i % 2 == 1) {
          b[i] = b[i - 1];
        } else if (shape == Shape.ZERO_ROWS && i % 3 == 0) {
          b[i] = new double[rank];
        }
      }
      double[][] q = new double[size][size];
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          q[i][j] = AccurateSum.dot(b[i], b[j]).value();
        }
      }
      return new Programme(q, normals(random, size), bounds(bounds, size, random));
    }

    static double[] bounds(Bounds bounds, int size, Random random) {
      double[] u = new double[size];
      Arrays.setAll(
          u,
          i ->
              switch (bounds) {
                case USUAL -> random.nextDouble();
                case SOME_ZERO -> random.nextBoolean() ? 0 : random.nextDouble();
                case WIDE -> Math.pow(10, 18 * random.nextDouble() - 9);
                case HUGE -> 1e6;
              });
      return u;
    }

    Programme first(int count) {
      return new Programme(q, Arrays.copyOf(r, count), Arrays.copyOf(u, count));
    }

    Programme scaled(int power, int unit) {
      double[][] scaledQ = new double[q.length][];
      Arrays.setAll(scaledQ, i -> scaled(q[i], power - unit));
      return new Programme(scaledQ, scaled(r, power), scaled(u, unit));
    }

    private static double[] scaled(double[] values, int power) {
      return Arrays.stream(values).map(value -> Math.scalb(value, power)).toArray();
    }

    double value(double[] mu) {
      AccurateSum value = new AccurateSum();
      for (int i = 0; i < mu.length; i++) {
        value.addProduct(mu[i], 0.5 * (r[i] - primal(i, mu)));
      }
      return value.value();
    }

    /** -(Qμ + r)_i. */
    double primal(int i, double[] mu) {
      AccurateSum sum = new AccurateSum();
      for (int j = 0; j < mu.length; j++) {
        sum.addProduct(-q[i][j], mu[j]);
      }
      sum.add(-r[i]);
      return sum.value();
    }

    /**
     * Of entry i of Qμ + r where Q is known to rounding, whose entries are at most √(q_ii q_jj).
     */
    double rounding(int i, double[] mu) {
      double sum = Math.abs(r[i]);
      for (int j = 0; j < mu.length; j++) {
        sum += Math.sqrt(q[i][i] * q[j][j]) * mu[j];
      }
      return 32 * EPS * sum;
    }

    void assertOptimal(double[] mu) {
      for (int i = 0; i < mu.length; i++) {
        double t = primal(i, mu);
        double rounding = rounding(i, mu);
        assertThat(mu[i]).as("μ_%s", i).isBetween(0.0, u[i]);
        if (mu[i] < u[i]) {
          assertThat(t).as("t_%s, μ_%s = %s", i, i, mu[i]).isLessThanOrEqualTo(rounding);
        }
        if (mu[i] > 0) {
          assertThat(t).as("t_%s, μ_%s = %s", i, i, mu[i]).isGreaterThanOrEqualTo(-rounding);
        }
      }
    }

    /**
     * The lowest value over all patterns of 0, bound and free. A minimiser has one whose free part
     * of Q is regular: along what that part does not see it can be moved to a bound.
     */
    double lowest() {
      int size = u.length;
      double lowest = 0;
      for (int pattern = 0; pattern < Math.pow(3, size); pattern++) {
        double[] mu = new double[size];
        int[] free = new int[size];
        int count = 0;
        for (int i = 0, rest = pattern; i < size; i++, rest /= 3) {
          if (rest % 3 == 2) {
            free[count++] = i;
          } else {
            mu[i] = rest % 3 * u[i];
          }
        }
        if (count > 0) {
          DMatrixRMaj matrix = new DMatrixRMaj(count, count);
          DMatrixRMaj inverse = new DMatrixRMaj(count, count);
          DMatrixRMaj right = new DMatrixRMaj(count, 1);
          DMatrixRMaj solution = new DMatrixRMaj(count, 1);
          for (int k = 0; k < count; k++) {
            right.set(k, 0, primal(free[k], mu));
            for (int l = 0; l < count; l++) {
              matrix.set(k, l, q[free[k]][free[l]]);
            }
          }
          CommonOps_DDRM.pinv(matrix, inverse);
          CommonOps_DDRM.mult(inverse, right, solution);
          for (int k = 0; k < count; k++) {
            mu[free[k]] = Math.clamp(solution.get(k, 0), 0, u[free[k]]);
          }
        }
        lowest = Math.min(lowest, value(mu));
      }
      return lowest;
    }
  }
}
