package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.Slopes;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.objective.SoftmaxReluObjective.Quantity;
import io.github.relumax.oracle.AccurateSum;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The step against the piecewise model written out: few units by every way in which they can end on
 * a side of their kink or at it, many by the conditions of optimality.
 */
final class KinkStepTest {
  private static final double EPS = Math.ulp(1.0);

  private final Backend backend = CpuBackends.VECTOR_2.open();

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  /** n units of which two sit at their kink, so that there are 3^n ways. */
  @ParameterizedTest
  @CsvSource({"1, 3", "2, 4", "3, 5", "4, 6", "6, 7", "2, 7"})
  void theStepMinimisesThePiecewiseModel(int d, int n) {
    int held = 0;
    int known = 0;
    for (int seed = 1; seed <= 25; seed++) {
      for (double shift : new double[] {1e-6, 1e-3, 1}) {
        for (double nu : new double[] {0, 1e-3}) {
          try (Fixture fixture = new Fixture(d, n, Math.min(2, d - 1), seed)) {
            double sigma = shift * fixture.h.scale() + nu;
            double[] p = fixture.step(sigma, nu);
            double[] expected = fixture.expected(sigma, nu);
            // Of (H + σI)⁻¹ g, which kinks may shorten by much, the rounding stays.
            double[] free = fixture.model.minimiser(sigma, nu, new double[n]);
            assertThat(distance(p, expected))
                .as("d %s, n %s, seed %s, shift %s, nu %s", d, n, seed, shift, nu)
                .isLessThan(5e-8 * Math.max(norm(free), norm(expected)));
            held += fixture.set.held().length;
            known += fixture.set.size();
          }
        }
      }
    }
    assertThat(held).as("units that land").isGreaterThan(50);
    assertThat(known).as("units known").isGreaterThan(held);
  }

  /** A step that is given the slopes at its end is the minimiser with these, in one pass. */
  @ParameterizedTest
  @CsvSource({"2, 4", "3, 5", "6, 7"})
  void theSlopesAtTheEndMayBeKnown(int d, int n) {
    int differs = 0;
    for (int seed = 1; seed <= 25; seed++) {
      try (Fixture fixture = new Fixture(d, n, Math.min(2, d - 1), seed)) {
        double sigma = 1e-3 * fixture.h.scale();
        Slopes slopes = fixture.slopesAfterFirst(sigma);
        KinkStep step = fixture.stepOf(fixture.h, Stiffening.NONE, slopes);
        assertThat(step.minimise(sigma, 0, 1, fixture.p)).isTrue();
        double[] p = fixture.read(fixture.p);
        double[] expected = fixture.expected(sigma, 0);
        assertThat(distance(p, expected)).isLessThan(1e-7 * norm(expected));
        double[] first = fixture.model.minimiser(sigma, 0, fixture.model.v);
        differs += distance(first, expected) > 1e-3 * norm(expected) ? 1 : 0;
        assertThat(step.slopes()).isSameAs(slopes);
      }
    }
    assertThat(differs).as("steps that other slopes change").isPositive();
  }

  /** Those of the certificate, whose M is 1, have nothing to do with them. */
  @Test
  void multipliersBeginAsTheStepBeforeLeftThem() {
    int above = 0;
    for (int seed = 1; seed <= 10; seed++) {
      try (Fixture fixture = new Fixture(6, 7, 2, seed)) {
        fixture.step(1e-3 * fixture.h.scale(), 0);
        KinkSet set = fixture.set;
        double[] ended = new double[7];
        for (int k = 0; k < set.size(); k++) {
          ended[set.unit(k)] = set.dual().multiplier(k);
        }
        int[] units = IntStream.range(0, set.size()).map(set::unit).sorted().toArray();
        set.clear();
        set.add(units, fixture.step.slopes(), null);
        assertThat(units.length).isEqualTo(set.size());
        assertThat(IntStream.range(0, set.size()).mapToDouble(set.dual()::multiplier))
            .containsOnly(0.0);
        set.clear();
        set.add(units, fixture.step.slopes(), fixture.h);
        for (int k = 0; k < set.size(); k++) {
          assertThat(set.dual().multiplier(k)).isEqualTo(ended[set.unit(k)]);
          above += ended[set.unit(k)] > 0 ? 1 : 0;
        }
      }
    }
    assertThat(above).isPositive();
  }

  /** Units on a ridge that count as active meet their kink from there, should the ridge turn. */
  @ParameterizedTest
  @CsvSource({"2, 4", "3, 5", "4, 6", "6, 7"})
  void unitsOnARidgeAreInTheModelOnce(int d, int n) {
    int turned = 0;
    for (int seed = 1; seed <= 40; seed++) {
      try (Fixture fixture = new Fixture(d, n, d - 1, seed, false, true)) {
        double sigma = 1e-3 * fixture.h.scale();
        double[] p = fixture.step(sigma, 0);
        double[] expected = fixture.expected(sigma, 0);
        assertThat(distance(p, expected))
            .as("d %s, n %s, seed %s", d, n, seed)
            .isLessThan(1e-7 * norm(expected));
        double[] slopes = fixture.secondSlopes(sigma, 0);
        for (int i = 0; i < n; i++) {
          turned += fixture.onRidge(i) && slopes[i] > 0 ? 1 : 0;
        }
      }
    }
    assertThat(turned).as("ridges that turn").isPositive();
  }

  /**
   * Curvature across kinks changes nothing while these hold, with the slopes at x and with those at
   * the end: neither the step nor its forecast.
   */
  @ParameterizedTest
  @CsvSource({"2, 4", "3, 5", "4, 6", "6, 7"})
  void stiffeningChangesNothingWhileKinksHold(int d, int n) {
    int compared = 0;
    for (int seed = 1; seed <= 100; seed++) {
      try (Fixture fixture = new Fixture(d, n, Math.min(d - 1, 4), seed);
          DampedModel damped = new DampedModel(backend, d, Double.POSITIVE_INFINITY)) {
        double lambda = 1e-3 * fixture.h.scale();
        assertThat(damped.minimise(fixture.step, lambda, 1, fixture.objective.x(), fixture.p))
            .isTrue();
        double[] p = fixture.read(fixture.p);
        double decrease = fixture.step.forecast(fixture.p, damped.curvatureAlong()).decrease(0.5);
        int[] held =
            Arrays.stream(fixture.set.held())
                .map(fixture.set::unit)
                .filter(i -> fixture.model.z1[i] == 0)
                .toArray();
        double[] first = fixture.model.minimiser(lambda, 0, fixture.model.v);
        if (held.length == 0
            || Arrays.stream(held).anyMatch(i -> Math.abs(dot(fixture.a1[i], first)) > 1e-9)) {
          continue;
        }
        compared++;
        KinkStep stiff = fixture.stiffened(100 * fixture.h.scale(), held);
        assertThat(damped.minimise(stiff, lambda, 1, fixture.objective.x(), fixture.p)).isTrue();
        assertThat(distance(fixture.read(fixture.p), p)).isLessThan(1e-7 * norm(p));
        assertThat(stiff.forecast(fixture.p, damped.curvatureAlong()).decrease(0.5))
            .isCloseTo(decrease, within(1e-7 * norm(fixture.model.gradient) * norm(p)));
      }
    }
    assertThat(compared).isGreaterThan(5);
  }

  /** Where they do not hold it is forecast without: the loss has no such curvature. */
  @Test
  void theForecastIsThatOfTheLossWhereStiffenedKinksGive() {
    int given = 0;
    for (int seed = 1; seed <= 30; seed++) {
      try (Fixture fixture = new Fixture(6, 31, 4, seed);
          DampedModel damped = new DampedModel(backend, 6, Double.POSITIVE_INFINITY)) {
        double lambda = 1e-3 * fixture.h.scale();
        double rho = fixture.h.scale();
        int[] units = {0, 1, 2, 3};
        KinkStep stiff = fixture.stiffened(rho, units);
        assertThat(damped.minimise(stiff, lambda, 1, fixture.objective.x(), fixture.p)).isTrue();
        double[] p = fixture.read(fixture.p);
        double[] hp = SoftmaxReluOracle.times(fixture.model.h, p);
        given += IntStream.of(units).anyMatch(i -> Math.abs(dot(fixture.a1[i], p)) > 1e-3) ? 1 : 0;
        double less = 0;
        for (int i : units) {
          less += rho * Math.pow(dot(fixture.a1[i], p), 2);
        }
        assertThat(stiff.forecast(fixture.p, damped.curvatureAlong()).curvature())
            .isCloseTo(dot(p, hp) - less, within(1e-9 * norm(p) * norm(hp)));
      }
    }
    assertThat(given).isPositive();
  }

  @ParameterizedTest
  @CsvSource({"1, 3", "2, 4", "3, 5", "6, 7"})
  void theForecastIsTheModel(int d, int n) {
    for (int seed = 1; seed <= 25; seed++) {
      try (Fixture fixture = new Fixture(d, n, Math.min(2, d - 1), seed);
          DampedModel damped = new DampedModel(backend, d, Double.POSITIVE_INFINITY)) {
        double lambda = 1e-2 * fixture.h.scale();
        assertThat(damped.minimise(fixture.step, lambda, 1, fixture.objective.x(), fixture.p))
            .isTrue();
        double[] p = fixture.read(fixture.p);
        double[] v = fixture.secondSlopes(lambda, 0);
        Forecast forecast = fixture.step.forecast(fixture.p, damped.curvatureAlong());
        for (double t : new double[] {0.3, 1, 2}) {
          double[] along = Arrays.stream(p).map(value -> t * value).toArray();
          double change = fixture.model.value(along, 0, fixture.known(v));
          double magnitude = t * norm(fixture.model.gradient) * norm(p);
          assertThat(forecast.decrease(t))
              .as("seed %s, t %s", seed, t)
              .isCloseTo(-change, within(1e-7 * magnitude));
        }
      }
    }
  }

  /** At sizes that no pattern can be counted for. */
  @ParameterizedTest
  @CsvSource({"2, 103", "3, 103", "17, 103", "17, 31", "40, 257", "65, 60"})
  void theConditionsOfOptimalityHold(int d, int n) {
    for (double shift : new double[] {1e-10, 1e-3}) {
      try (Fixture fixture = new Fixture(d, n, Math.min(d - 1, 5), n + d)) {
        double sigma = shift * fixture.h.scale();
        double[] p = fixture.step(sigma, 0);
        assertThat(fixture.set.size()).isPositive();
        fixture.assertOptimal(p, sigma, 0);
      }
    }
  }

  /** Units that are held end where rounding is all that keeps them from their kink. */
  @ParameterizedTest
  @CsvSource({"1, 103", "2, 103", "3, 103", "17, 103", "40, 257", "65, 60"})
  void unitsThatAreHeldAreAtTheirKinkOnceTheStepIsTaken(int d, int n) {
    for (double shift : new double[] {1e-10, 1e-3, 1}) {
      try (Fixture fixture = new Fixture(d, n, Math.min(d - 1, 5), n + 2 * d)) {
        double[] p = fixture.step(shift * fixture.h.scale(), 0);
        int[] held = fixture.set.held();
        double size = norm(sum(fixture.x, p));
        // What p takes from x leaves its rounding: with d units held x + p is the origin.
        boolean shrinks = size < 0.25 * norm(fixture.x);
        for (int k : held) {
          int i = fixture.set.unit(k);
          AccurateSum end = AccurateSum.dot(fixture.a1[i], fixture.x);
          for (int j = 0; j < d; j++) {
            end.addProduct(fixture.a1[i][j], p[j]);
          }
          double longest = Math.max(norm(fixture.x), size);
          assertThat(end.value())
              .isCloseTo(0, within(4 * EPS * Math.sqrt(d) * norm(fixture.a1[i]) * longest));
        }
        fixture.objective.tryPoints(fixture.p, new double[] {1});
        fixture.objective.accept(0);
        double[] z1 = fixture.objective.read(Quantity.PRE_ACTIVATION);
        for (int k : held) {
          assertThat(shrinks ? 0 : z1[fixture.set.unit(k)])
              .as("unit %s of %s", k, held.length)
              .isZero();
        }
      }
    }
  }

  /** Where the ball binds: the length is R, and for some ν p minimises the model with it. */
  @ParameterizedTest
  @CsvSource({"2, 5, 0.9", "3, 5, 0.5", "3, 5, 0.99", "4, 6, 0.8"})
  void inABallTheStepIsTheMinimiserOverIt(int d, int n, double part) {
    int held = 0;
    int bound = 0;
    for (int seed = 1; seed <= 8; seed++) {
      try (Fixture fixture = new Fixture(d, n, d - 1, seed)) {
        double lambda = 1e-3 * fixture.h.scale();
        double free = norm(sum(fixture.x, fixture.step(lambda, 0)));
        if (free < 0.01 * norm(fixture.x)) {
          // d units are held: x + p is the origin, in every ball.
          continue;
        }
        bound++;
        double radius = part * free;
        double[] p;
        double curvature;
        try (DampedModel damped = new DampedModel(backend, d, radius)) {
          assertThat(damped.minimise(fixture.step, lambda, 1, fixture.objective.x(), fixture.p))
              .as("seed %s", seed)
              .isTrue();
          p = fixture.read(fixture.p);
          curvature = damped.curvatureAlong();
        }
        held += fixture.set.held().length;
        // No further out than R, and no further in than the rounding of a long p takes it.
        assertThat(norm(sum(fixture.x, p))).isBetween(radius * (1 - 1e-9), radius * (1 + 1e-12));
        double low = 0;
        double high = 1e6 * fixture.h.scale();
        for (int halving = 0; halving < 70; halving++) {
          double nu = Math.sqrt(Math.max(low, 1e-12 * high) * high);
          if (norm(sum(fixture.x, fixture.expected(lambda + nu, nu))) > radius) {
            low = nu;
          } else {
            high = nu;
          }
        }
        double[] expected = fixture.expected(lambda + high, high);
        assertThat(distance(p, expected)).as("seed %s", seed).isLessThan(1e-6 * norm(expected));
        double[] hp = SoftmaxReluOracle.times(fixture.model.h, p);
        assertThat(curvature).isCloseTo(dot(p, hp), within(1e-7 * norm(p) * norm(hp)));
      }
    }
    assertThat(bound).isGreaterThanOrEqualTo(4);
    assertThat(held).isPositive();
  }

  /** The same units twice: what the one does not carry the other may. */
  @Test
  void duplicatesOfUnitsLandTogether() {
    int landed = 0;
    for (int seed = 1; seed <= 20; seed++) {
      try (Fixture fixture = new Fixture(4, 24, 3, seed, true)) {
        double sigma = 1e-3 * fixture.h.scale();
        double[] p = fixture.step(sigma, 0);
        fixture.assertOptimal(p, sigma, 0);
        landed += fixture.set.held().length;
      }
    }
    assertThat(landed).isPositive();
  }

  /** Where no unit switches the step is that of the quadratic model, to the bit. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 17})
  void awayFromKinksNothingChanges(int d) {
    try (Fixture fixture = new Fixture(d, 31, 0, 5);
        Buffer smooth = backend.allocate(1, d)) {
      double sigma = 1e6 * fixture.h.scale();
      double[] p = fixture.step(sigma, 0);
      SmoothModel model =
          new SmoothModel(
              backend, fixture.h, fixture.objective.x(), fixture.objective.gradient(), fixture.p);
      assertThat(model.minimise(sigma, 0, 1, smooth)).isTrue();
      assertThat(fixture.set.size()).isZero();
      assertThat(p).containsExactly(fixture.read(smooth));
    }
  }

  /** A problem, an x at which units sit exactly at their kink, and the model there. */
  private final class Fixture implements AutoCloseable {
    private final int d;
    private final int n;
    private final double[] x;
    private final double[][] a1;
    private final double[][] a2;
    private final Problem problem;
    private final SoftmaxReluObjective objective;
    private final MatrixSystem h;
    private final KinkSet set;
    private final KinkPoint units;
    private final Buffer gradient;
    private final KinkStep step;
    private final Buffer p;
    private final Model model;
    private final SoftmaxReluOracle.At at;
    private final List<Buffer> owned = new ArrayList<>();

    Fixture(int d, int n, int atKink, int seed) {
      this(d, n, atKink, seed, false);
    }

    Fixture(int d, int n, int atKink, int seed, boolean twice) {
      this(d, n, atKink, seed, twice, false);
    }

    /**
     * @param ridges whether units on ridges count as active
     */
    Fixture(int d, int n, int atKink, int seed, boolean twice, boolean ridges) {
      this.d = d;
      this.n = n;
      int m = 3 * d + 7;
      Random random = new Random(seed);
      x = KinkProblem.integers(random, d);
      a1 = new double[n][];
      for (int i = 0; i < n; i++) {
        a1[i] =
            twice && i % 2 == 1
                ? a1[i - 1].clone()
                : i < atKink ? KinkProblem.orthogonal(random, x) : KinkProblem.normals(random, d);
        // Every second unit is active, so that there is a curvature.
        if (i >= atKink && (dot(a1[i], x) > 0) != (i % 4 < 2)) {
          a1[i] = scaled(-1, a1[i]);
        }
      }
      a2 = new double[m][];
      Arrays.setAll(a2, i -> scaled(3 / Math.sqrt(n), KinkProblem.normals(random, n)));
      double[] b = SoftmaxReluOracle.softmax(KinkProblem.normals(random, m));
      problem = Problem.of(Matrix.of(a1), Matrix.of(a2), b).withWeight(1e-3);
      objective = new SoftmaxReluObjective(backend, problem, 1);
      objective.startAt(x);
      objective.refineGradient();
      h = new MatrixSystem(backend, d).of(objective.curvature(CurvatureForm.GAUSS_NEWTON));
      set = new KinkSet(backend, objective.a1(), n, d);
      p = allocate(d);
      double[] z1 = objective.read(Quantity.PRE_ACTIVATION);
      at = new SoftmaxReluOracle(problem).at(x);
      double[] v = SoftmaxReluOracle.transposedTimes(a2, at.gz);
      boolean[] active = new boolean[n];
      double[] slope = at.gradient.clone();
      gradient = allocate(d);
      backend.copy(objective.gradient(), gradient);
      for (int i = 0; i < n; i++) {
        boolean ridge = ridges && z1[i] == 0 && v[i] < 0;
        active[i] = z1[i] > 0 || ridge;
        if (ridge) {
          double[] row = scaled(v[i], a1[i]);
          Arrays.setAll(slope, k -> slope[k] + row[k]);
          backend.write(slope, gradient);
        }
      }
      units = new KinkPoint(z1, active, objective.slopes());
      step = stepOf(h, Stiffening.NONE, null);
      model = new Model(at.gaussNewton(), slope, x, z1, active, a1, v);
      for (int i = 0; i < atKink; i++) {
        assertThat(z1[i]).isZero();
      }
    }

    private KinkStep stepOf(MatrixSystem system, Stiffening stiffening, Slopes slopes) {
      return new KinkStep(
          backend,
          objective,
          CurvatureForm.GAUSS_NEWTON,
          system,
          stiffening,
          set,
          units,
          gradient,
          allocate(d),
          allocate(d),
          allocate(n),
          slopes);
    }

    /** With H - ρ Σ a_i a_iᵀ, which is to be indefinite, and with H + ρ Σ a_i a_iᵀ for it. */
    KinkStep stiffened(double rho, int... stiffUnits) {
      Buffer indefinite = plus(-rho, stiffUnits);
      Buffer stiff = plus(rho, stiffUnits);
      assertThat(h.of(indefinite).factor(0)).isFalse();
      return stepOf(h.orStiffened(stiff), new Stiffening(2 * rho, stiffUnits), null);
    }

    private Buffer plus(double rho, int[] stiffUnits) {
      double[] sum = Arrays.stream(model.h).flatMapToDouble(Arrays::stream).toArray();
      for (int i : stiffUnits) {
        for (int k = 0; k < d * d; k++) {
          sum[k] += rho * a1[i][k / d] * a1[i][k % d];
        }
      }
      Buffer matrix = backend.allocate(d, d);
      owned.add(matrix);
      backend.write(sum, matrix);
      return matrix;
    }

    Slopes slopesAfterFirst(double shift) {
      backend.write(model.minimiser(shift, 0, model.v), p);
      return objective.slopesAfter(CurvatureForm.GAUSS_NEWTON, p);
    }

    boolean onRidge(int i) {
      return model.z1[i] == 0 && model.v[i] < 0;
    }

    private Buffer allocate(int length) {
      Buffer buffer = backend.allocate(1, length);
      owned.add(buffer);
      return buffer;
    }

    double[] read(Buffer buffer) {
      double[] values = new double[d];
      backend.read(buffer, values);
      return values;
    }

    double[] step(double shift, double nu) {
      assertThat(step.minimise(shift, nu, 1, p)).isTrue();
      return read(p);
    }

    /** The minimiser with the slopes at x, then with those that the model has at its end. */
    double[] expected(double shift, double nu) {
      return model.minimiser(shift, nu, secondSlopes(shift, nu));
    }

    /** A2ᵀ (gz + (J² + W²) C p). */
    private double[] after(double[] q) {
      double[] u = SoftmaxReluOracle.times(at.c, q);
      double[] ju = softmaxDerivative(at.f, softmaxDerivative(at.f, u));
      double weight = 1e-3 * 1e-3;
      Arrays.setAll(ju, i -> at.gz[i] + ju[i] + weight * u[i]);
      return SoftmaxReluOracle.transposedTimes(a2, ju);
    }

    double[] secondSlopes(double shift, double nu) {
      return after(model.minimiser(shift, nu, model.v));
    }

    /** The same slopes, 0 for units that the step does not know. */
    double[] known(double[] slopes) {
      double[] known = new double[n];
      Arrays.setAll(known, i -> set.contains(i) ? slopes[i] : 0);
      return known;
    }

    /** 0 is in H p + σ p + g + ν x + Σ s_i v_i (∓a_i), s_i as its unit ends. */
    void assertOptimal(double[] q, double sigma, double nu) {
      double[] slopes = step.forecast(p, 0).v();
      double[] rest = SoftmaxReluOracle.times(model.h, q);
      Arrays.setAll(rest, k -> rest[k] + sigma * q[k] + model.gradient[k] + nu * x[k]);
      double scale = norm(model.gradient);
      List<Integer> held = new ArrayList<>();
      for (int k = 0; k < set.size(); k++) {
        int i = set.unit(k);
        double sign = model.z1[i] > 0 ? -1 : 1;
        double beyond = sign * (model.z1[i] + dot(a1[i], q));
        scale += slopes[k] * norm(a1[i]);
        double rounding = 16 * EPS * Math.sqrt(d) * norm(a1[i]) * (norm(x) + norm(q));
        if (Math.abs(beyond) <= rounding) {
          held.add(k);
        } else if (beyond > 0) {
          double weight = sign * slopes[k];
          Arrays.setAll(rest, j -> rest[j] + weight * a1[i][j]);
        }
      }
      for (int i = 0; i < n; i++) {
        double there = model.z1[i] + dot(a1[i], q);
        boolean crossed = model.z1[i] > 0 ? there < 0 : there > 0;
        double after = after(q)[i];
        // The slopes that count are those of the pass before, near to these where they matter.
        if (crossed && !set.contains(i) && after > 0.1 * norm(model.v)) {
          assertThat(set.size()).as("room for unit %s", i).isEqualTo(Math.min(n, Math.max(d, 64)));
        }
      }
      double[] weights = leastSquares(held, rest);
      for (int j = 0; j < held.size(); j++) {
        int k = held.get(j);
        double sign = model.z1[set.unit(k)] > 0 ? -1 : 1;
        int i = set.unit(k);
        double weight = weights[j];
        Arrays.setAll(rest, c -> rest[c] + weight * a1[i][c]);
        if (held.size() <= d && !isTwice(held, i)) {
          assertThat(sign * weight)
              .isBetween(-1e-8 * scale / norm(a1[i]), slopes[k] + 1e-8 * scale / norm(a1[i]));
        }
      }
      assertThat(norm(rest)).isLessThan(1e-9 * scale);
    }

    private boolean isTwice(List<Integer> held, int unit) {
      return held.stream().filter(k -> Arrays.equals(a1[set.unit(k)], a1[unit])).count() > 1;
    }

    /** w with least ‖rest + Σ w_k a_k‖. */
    private double[] leastSquares(List<Integer> held, double[] rest) {
      int count = held.size();
      if (count == 0) {
        return new double[0];
      }
      DMatrixRMaj matrix = new DMatrixRMaj(d, count);
      DMatrixRMaj right = new DMatrixRMaj(d, 1);
      DMatrixRMaj solution = new DMatrixRMaj(count, 1);
      for (int c = 0; c < d; c++) {
        right.set(c, 0, -rest[c]);
        for (int j = 0; j < count; j++) {
          matrix.set(c, j, a1[set.unit(held.get(j))][c]);
        }
      }
      LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.pseudoInverse(true);
      assertThat(solver.setA(matrix)).isTrue();
      solver.solve(right, solution);
      return solution.data.clone();
    }

    @Override
    public void close() {
      owned.forEach(Buffer::close);
      set.close();
      h.close();
      objective.close();
    }
  }

  /**
   * (g + ν x)ᵀp + 1/2 pᵀ(H + σI)p + Σ v_i max(0, ∓(z1_i + a_iᵀp)), - for active units, over all
   * units with v_i &gt; 0.
   */
  private record Model(
      double[][] h,
      double[] gradient,
      double[] x,
      double[] z1,
      boolean[] active,
      double[][] a1,
      double[] v) {
    private double beyond(int i, double[] p) {
      return (active[i] ? -1 : 1) * (z1[i] + dot(a1[i], p));
    }

    double value(double[] p, double sigma, double[] slopes) {
      double value = dot(gradient, p) + 0.5 * dot(p, SoftmaxReluOracle.times(h, p));
      value += 0.5 * sigma * dot(p, p);
      for (int i = 0; i < z1.length; i++) {
        value += Math.max(0, slopes[i]) * Math.max(0, beyond(i, p));
      }
      return value;
    }

    double[] minimiser(double sigma, double nu, double[] slopes) {
      int[] convex = IntStream.range(0, z1.length).filter(i -> slopes[i] > 0).toArray();
      double lowest = Double.POSITIVE_INFINITY;
      double[] best = null;
      for (int pattern = 0; pattern < Math.pow(3, convex.length); pattern++) {
        double[] p = candidate(sigma, nu, slopes, convex, pattern);
        if (p != null) {
          double value = value(p, sigma, slopes) + nu * dot(x, p);
          if (value < lowest) {
            lowest = value;
            best = p;
          }
        }
      }
      return best;
    }

    /** The point where this part of the model is stationary; null where the kinks do not meet. */
    private double[] candidate(
        double sigma, double nu, double[] slopes, int[] convex, int pattern) {
      int d = x.length;
      List<Integer> on = new ArrayList<>();
      double[] linear = new double[d];
      Arrays.setAll(linear, k -> gradient[k] + nu * x[k]);
      int rest = pattern;
      for (int i : convex) {
        if (rest % 3 == 1) {
          double weight = (active[i] ? -1 : 1) * slopes[i];
          Arrays.setAll(linear, k -> linear[k] + weight * a1[i][k]);
        } else if (rest % 3 == 2) {
          on.add(i);
        }
        rest /= 3;
      }
      if (on.size() > d) {
        return null;
      }
      int size = d + on.size();
      DMatrixRMaj matrix = new DMatrixRMaj(size, size);
      DMatrixRMaj right = new DMatrixRMaj(size, 1);
      DMatrixRMaj solution = new DMatrixRMaj(size, 1);
      for (int k = 0; k < d; k++) {
        right.set(k, 0, -linear[k]);
        for (int l = 0; l < d; l++) {
          matrix.set(k, l, h[k][l] + (k == l ? sigma : 0));
        }
        for (int j = 0; j < on.size(); j++) {
          matrix.set(k, d + j, a1[on.get(j)][k]);
          matrix.set(d + j, k, a1[on.get(j)][k]);
        }
      }
      for (int j = 0; j < on.size(); j++) {
        right.set(d + j, 0, -z1[on.get(j)]);
      }
      LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.lu(size);
      if (!solver.setA(matrix)) {
        return null;
      }
      solver.solve(right, solution);
      double[] p = Arrays.copyOf(solution.data, d);
      return Double.isFinite(norm(p)) ? p : null;
    }
  }

  /** f∘u - ⟨f,u⟩ f. */
  private static double[] softmaxDerivative(double[] f, double[] u) {
    double mean = dot(f, u);
    double[] product = new double[f.length];
    Arrays.setAll(product, i -> f[i] * (u[i] - mean));
    return product;
  }

  private static double[] scaled(double factor, double[] values) {
    return Arrays.stream(values).map(value -> factor * value).toArray();
  }

  private static double[] sum(double[] u, double[] v) {
    double[] sum = new double[u.length];
    Arrays.setAll(sum, k -> u[k] + v[k]);
    return sum;
  }

  private static double distance(double[] u, double[] v) {
    double[] difference = new double[u.length];
    Arrays.setAll(difference, k -> u[k] - v[k]);
    return norm(difference);
  }

  private static double dot(double[] u, double[] v) {
    return AccurateSum.dot(u, v).value();
  }

  private static double norm(double[] v) {
    return Math.sqrt(dot(v, v));
  }
}
