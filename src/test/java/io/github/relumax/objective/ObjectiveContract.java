package io.github.relumax.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CountingBackend;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Units;
import io.github.relumax.io.NpyFile;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.SoftmaxReluObjective.Quantity;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The objective, over any backend, against the paper's formulas written out. */
public abstract class ObjectiveContract {
  private static final double RELATIVE = 1e-10;

  private CountingBackend backend;

  /** The backend under test. */
  protected abstract Backend open();

  @BeforeEach
  void openBackend() {
    backend = new CountingBackend(open());
  }

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  // Against the oracle

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, FLOAT64, 0",
    "1, 3, 2, FLOAT64, 0.1",
    "2, 1, 1, FLOAT64, 0",
    "3, 5, 2, FLOAT32, 0",
    "9, 17, 8, FLOAT64, 0.03",
    "17, 9, 7, FLOAT32, 0.03",
    "103, 31, 15, FLOAT64, 0",
    "103, 31, 15, FLOAT64, 1",
    "129, 103, 17, FLOAT32, 0",
    "129, 103, 17, FLOAT64, 0.01"
  })
  void agreesWithTheOracle(int m, int n, int d, ElementType type, double weight) {
    PlantedProblem planted = PlantedProblem.generate(m, n, d, 4, 0.3, type, 0.3, m + n + d);
    double[] w = new double[m];
    Arrays.setAll(w, i -> weight * (i % 4 - 1));
    Problem problem = planted.problem().withWeights(w);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1)) {
      Evaluation evaluation = objective.moveTo(planted.x0());
      assertThat(evaluation.flips()).isZero();
      assertAgrees(objective, problem, planted.x0());
    }
  }

  @Test
  void takesAnyVectorForB() {
    PlantedProblem planted = planted(40, 12, 5);
    double[] b = new double[40];
    Arrays.setAll(b, i -> Math.sin(i));
    Problem problem = Problem.of(planted.problem().a1(), planted.problem().a2(), b);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1)) {
      objective.moveTo(planted.x0());
      assertAgrees(objective, problem, planted.x0());
    }
  }

  /** One that is uploaded in pieces, the last of them short. */
  @Test
  void aLongBIsAllThere() {
    PlantedProblem planted = planted(70_001, 3, 2);
    double[] b = new double[70_001];
    Arrays.setAll(b, i -> Math.sin(i));
    Problem problem = Problem.of(planted.problem().a1(), planted.problem().a2(), b);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1)) {
      double loss = objective.moveTo(planted.x0()).loss();
      double[] f = objective.read(Quantity.SOFTMAX);
      double expected = 0;
      for (int i = 0; i < b.length; i++) {
        expected += (f[i] - b[i]) * (f[i] - b[i]) / 2;
      }
      assertThat(loss).isCloseTo(expected, within(RELATIVE * expected));
    }
  }

  @Test
  void atZeroNoUnitIsActiveAndTheGradientIsExactlyZero() {
    PlantedProblem planted = planted(40, 12, 5);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, planted.problem(), 1)) {
      Evaluation evaluation = objective.moveTo(new double[5]);
      assertThat(evaluation.activeUnits()).isZero();
      assertThat(evaluation.gradientNorm()).isZero();
      assertThat(objective.read(Quantity.SOFTMAX)).containsOnly(1.0 / 40);
      assertThat(matrix(objective, CurvatureForm.EXACT)).isDeepEqualTo(new double[5][5]);
    }
  }

  @Test
  void anOverflowIsNotFinite() {
    PlantedProblem planted = PlantedProblem.generate(9, 5, 3, 1e300, 0, ElementType.FLOAT64, 0, 1);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, planted.problem(), 1)) {
      double[] x = new double[3];
      Arrays.fill(x, 1e30);
      assertThat(objective.moveTo(x).isFinite()).isFalse();
      assertThat(objective.moveTo(new double[3]).isFinite()).isTrue();
    }
  }

  /** Problem folders with results that src/test/python/make_fixtures.py computed with NumPy. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "1x1x1",
        "37x12x3-any-b",
        "64x9x8-w",
        "103x17x5",
        "150x31x7-f32",
        "200x30x8-w0.03"
      })
  void agreesWithNumPy(String folder) {
    Path dir = Path.of("src/test/resources/oracle", folder);
    ProblemDirectory files = ProblemDirectory.open(dir);
    Path expected = dir.resolve("expected");
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, files.problem(), 1)) {
      Evaluation evaluation = objective.moveTo(files.x0().orElseThrow());
      double loss = NpyFile.readVector(expected.resolve("loss.npy"))[0];
      assertThat(evaluation.loss()).isCloseTo(loss, within(RELATIVE * loss));
      assertSame(expected, "z", objective.read(Quantity.LOGITS));
      assertSame(expected, "f", objective.read(Quantity.SOFTMAX));
      assertSame(expected, "gradient", objective.read(Quantity.GRADIENT));
      assertSame(expected, "hessian", flat(matrix(objective, CurvatureForm.EXACT)));
      assertSame(expected, "gauss_newton", flat(matrix(objective, CurvatureForm.GAUSS_NEWTON)));
    }
  }

  private static void assertSame(Path expected, String name, double[] actual) {
    double[] values = NpyFile.read(expected.resolve(name + ".npy")).toArray();
    assertClose(actual, values, norm(values));
  }

  private void assertAgrees(SoftmaxReluObjective objective, Problem problem, double[] x) {
    SoftmaxReluOracle.At oracle = new SoftmaxReluOracle(problem).at(x);
    Evaluation evaluation = objective.evaluation();
    assertThat(objective.read(Quantity.X)).containsExactly(x);
    assertClose(objective.read(Quantity.PRE_ACTIVATION), oracle.z1, norm(oracle.z1));
    assertClose(objective.read(Quantity.LOGITS), oracle.z, norm(oracle.z));
    assertClose(objective.read(Quantity.SOFTMAX), oracle.f, norm(oracle.f));
    assertThat(evaluation.dataLoss())
        .isCloseTo(oracle.dataLoss, within(RELATIVE * oracle.dataLoss));
    assertThat(evaluation.regularization())
        .isCloseTo(oracle.regularization, within(RELATIVE * oracle.regularization));
    assertThat(evaluation.loss()).isEqualTo(evaluation.dataLoss() + evaluation.regularization());
    assertThat(evaluation.activeUnits()).isEqualTo(oracle.activeUnits());
    assertThat(evaluation.largestLogit())
        .isCloseTo(largest(oracle.z), within(RELATIVE * largest(oracle.z)));
    assertThat(evaluation.isFinite()).isTrue();

    double gradientNorm = norm(oracle.gradient);
    // With one output the gradient of the data loss is exactly 0, which rounding need not be.
    double gradientRounding = 1e-15 / RELATIVE * norm(oracle.gradientMagnitude);
    double gradientScale = Math.max(gradientNorm, gradientRounding);
    assertClose(objective.read(Quantity.GRADIENT), oracle.gradient, gradientScale);
    assertThat(evaluation.gradientNorm()).isCloseTo(gradientNorm, within(RELATIVE * gradientScale));

    assertCurvature(objective, CurvatureForm.EXACT, oracle.hessian(), oracle);
    assertCurvature(objective, CurvatureForm.GAUSS_NEWTON, oracle.gaussNewton(), oracle);
  }

  private void assertCurvature(
      SoftmaxReluObjective objective,
      CurvatureForm form,
      double[][] expected,
      SoftmaxReluOracle.At oracle) {
    int d = expected.length;
    // With one output B is exactly 0; then the oracle's own rounding is what is left.
    double entries = 0;
    for (double[] row : oracle.c) {
      entries += Math.pow(norm(row), 2);
    }
    double scale = Math.max(norm(flat(expected)), 1e-15 / RELATIVE * entries);
    double[][] h = matrix(objective, form);
    for (int i = 0; i < d; i++) {
      assertClose(h[i], expected[i], scale);
    }
    double[] v = new double[d];
    Arrays.setAll(v, k -> Math.cos(k));
    try (Buffer in = backend.allocate(1, d);
        Buffer out = backend.allocate(1, d)) {
      backend.write(v, in);
      objective.curvatureTimes(form, in, out);
      double[] product = new double[d];
      backend.read(out, product);
      assertClose(product, SoftmaxReluOracle.times(expected, v), scale);
    }
  }

  // Columns of active units

  /**
   * Where A2 is mostly zeros and few units are active, with C or without it: at one point, at trial
   * points, after steps to where many are active and back.
   */
  @ParameterizedTest
  @CsvSource({
    "30, 41, 9, FLOAT64, 0",
    "600, 90, 40, FLOAT64, 0",
    "601, 90, 41, FLOAT32, 0.03",
    "2003, 130, 33, FLOAT64, 1"
  })
  void columnsOfActiveUnitsAreAsGoodAsC(int m, int n, int d, ElementType type, double weight) {
    int few = d / 4;
    double[] x = cosines(d);
    double[] many = Arrays.stream(x).map(value -> -value).toArray();
    double[] w = new double[m];
    Arrays.setAll(w, i -> weight * (i % 4 - 1));
    Problem problem = withFewActive(m, n, few, x, type).withWeights(w);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 4);
        Buffer p = direction(d, 3);
        Buffer home = backend.allocate(1, d)) {
      backend.write(x, home);
      objective.startAt(x);
      assertThat(objective.evaluation().activeUnits()).isEqualTo(few);
      assertAgrees(objective, problem, x);
      boolean without = backend.formed() == 0;
      if (m > 100) {
        boolean nonZerosAlone = backend.compressedBytes(m, n, problem.a2().nonZeros()) > 0;
        assertThat(without).isEqualTo(nonZerosAlone);
      }
      objective.refineGradient();
      assertAgrees(objective, problem, x);
      double[] along = new double[d];
      backend.read(p, along);
      double[] lengths = {1e-3, 0.1};
      assertTrialLosses(objective, problem, x, home, x, lengths);
      assertTrialLosses(objective, problem, x, p, along, lengths);
      objective.accept(1);
      double[] there = objective.read(Quantity.X);
      assertAgrees(objective, problem, there);
      assertThat(backend.formed() == 0).isEqualTo(without);
      assertRows(objective, new SoftmaxReluOracle(problem).at(there));
      assertAgrees(objective, problem, there);
      objective.jumpTo(many);
      assertThat(objective.evaluation().activeUnits()).isEqualTo(n - few);
      assertAgrees(objective, problem, many);
      int formed = backend.formed();
      int grams = backend.grams();
      assertThat(formed).isPositive();
      objective.returnTo(home);
      assertAgrees(objective, problem, x);
      assertThat(backend.formed() == formed && backend.grams() == grams).isEqualTo(without);
    }
  }

  private static double[] cosines(int d) {
    double[] x = new double[d];
    Arrays.setAll(x, k -> Math.cos(2 * k));
    return x;
  }

  /** A2 with 3 % of non-zeros and a full column; that many units are active at x. */
  private static Problem withFewActive(int m, int n, int few, double[] x, ElementType type) {
    Random random = new Random(m + n);
    Matrix a1 = Matrix.allocate(n, x.length, type);
    for (int i = 0; i < n; i++) {
      double[] row = random.doubles(x.length, -1, 1).toArray();
      double along = 0;
      for (int k = 0; k < row.length; k++) {
        along += row[k] * x[k];
      }
      boolean active = i % (n / few) == 0 && i < few * (n / few);
      for (int k = 0; k < row.length; k++) {
        a1.set(i, k, along > 0 == active ? row[k] : -row[k]);
      }
    }
    Matrix a2 = Matrix.allocate(m, n, type);
    for (int entry = 0; entry < 0.03 * m * n; entry++) {
      a2.set(random.nextInt(m), random.nextInt(n), random.nextGaussian());
    }
    for (int i = 0; i < m; i++) {
      a2.set(i, n / 2, 1);
    }
    return Problem.of(a1, a2, SoftmaxReluOracle.softmax(random.doubles(m).toArray()));
  }

  /**
   * Nearly all of f on one row: what little there is of H is not left to the rounding of Σ a_i C_i
   * C_iᵀ, from which most is subtracted.
   */
  @Test
  void aPeakOfTheSoftmaxIsNotLeftToRounding() {
    int d = 24;
    double[] x = cosines(d);
    Problem problem = withFewActive(500, 60, 6, x, ElementType.FLOAT64);
    double[] z = new SoftmaxReluOracle(problem).at(x).z;
    double largest = Arrays.stream(z).max().orElseThrow();
    double second = Arrays.stream(z).filter(value -> value < largest).max().orElseThrow();
    double[] far = Arrays.stream(x).map(value -> 15 / (largest - second) * value).toArray();
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1)) {
      objective.startAt(far);
      SoftmaxReluOracle.At there = new SoftmaxReluOracle(problem).at(far);
      assertThat(Arrays.stream(there.f).max().orElseThrow()).isGreaterThan(1 - 1e-5);
      double[] expected = gaussNewtonOfDifferences(there);
      double[] difference = flat(matrix(objective, CurvatureForm.GAUSS_NEWTON));
      Arrays.setAll(difference, k -> difference[k] - expected[k]);
      assertThat(norm(difference)).isLessThan(1e-7 * norm(expected));
      assertThat(backend.formed()).isPositive();
    }
  }

  /** All of f on one row: C̄ is that row of the C that it is subtracted from, to the bit. */
  @Test
  void aSoftmaxOfOneRowHasNoCurvature() {
    int d = 24;
    double[] x = cosines(d);
    Problem few = withFewActive(500, 60, 20, x, ElementType.FLOAT64);
    for (int j = 0; j < 60; j++) {
      few.a2().set(7, j, 3 + Math.cos(j));
    }
    Problem problem = Problem.of(few.a1(), few.a2(), few.b());
    double[] far = Arrays.stream(x).map(value -> 1e6 * value).toArray();
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1)) {
      objective.startAt(far);
      assertThat(objective.read(Quantity.SOFTMAX)).contains(1.0);
      assertThat(matrix(objective, CurvatureForm.GAUSS_NEWTON)).isDeepEqualTo(new double[d][d]);
    }
  }

  /** Σ_i f_i² r_i r_iᵀ, r_i = Σ_k f_k (C_i - C_k): nothing that nearly cancels is added up. */
  private static double[] gaussNewtonOfDifferences(SoftmaxReluOracle.At at) {
    int d = at.c[0].length;
    double[] h = new double[d * d];
    for (int i = 0; i < at.f.length; i++) {
      double[] r = new double[d];
      for (int k = 0; k < at.f.length; k++) {
        for (int j = 0; j < d; j++) {
          r[j] += at.f[k] * (at.c[i][j] - at.c[k][j]);
        }
      }
      for (int j = 0; j < d * d; j++) {
        h[j] += at.f[i] * at.f[i] * r[j / d] * r[j % d];
      }
    }
    return h;
  }

  @Test
  void anOverflowOfFewActiveUnitsIsNotFinite() {
    double[] x = cosines(8);
    Problem problem = withFewActive(300, 60, 4, x, ElementType.FLOAT64);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 3);
        Buffer p = direction(8, 1)) {
      objective.startAt(x);
      double loss = objective.evaluation().loss();
      for (double length : new double[] {1e308, Double.POSITIVE_INFINITY}) {
        double[] losses = objective.tryPoints(p, new double[] {length, 0});
        assertThat(losses[0]).as("at length %s", length).isNaN();
        assertThat(losses[1]).isCloseTo(loss, within(RELATIVE * loss));
      }
    }
  }

  /** Slopes that were not asked for, or not in time, are not made up. */
  @Test
  void slopesAreThoseThatWereAskedFor() {
    double[] x = cosines(8);
    Problem problem = withFewActive(300, 60, 4, x, ElementType.FLOAT64);
    double[] expected =
        SoftmaxReluOracle.transposedTimes(
            SoftmaxReluOracle.entries(problem.a2()), new SoftmaxReluOracle(problem).at(x).gz);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 3);
        Buffer p = direction(8, 1)) {
      objective.startAt(x);
      objective.refineGradient();
      Slopes slopes = objective.slopes();
      slopes.find(7, 31);
      slopes.find(31, 2);
      for (int i : new int[] {2, 7, 31}) {
        assertThat(slopes.of(i)).isCloseTo(expected[i], within(1e-12));
        assertThat(slopes.pull(i)).isEqualTo(Math.max(0, slopes.of(i)));
      }
      Slopes after = objective.slopesAfter(CurvatureForm.GAUSS_NEWTON, p);
      assertThatThrownBy(() -> after.of(3))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("unit 3 was not asked for");
      after.find(3);
      double known = after.of(3);
      boolean all = isKnown(after, 5);
      objective.tryPoints(p, new double[] {0.1});
      assertThat(after.of(3)).isEqualTo(known);
      if (!all) {
        assertThatThrownBy(() -> after.find(3, 5))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("has left");
      }
    }
  }

  private static boolean isKnown(Slopes slopes, int unit) {
    try {
      slopes.of(unit);
      return true;
    } catch (IllegalStateException notAskedFor) {
      return false;
    }
  }

  // Streaming C

  /** H is the same through blocks of C, whatever their number, and so is all else. */
  @ParameterizedTest
  @CsvSource({
    "7, 5, 2, FLOAT64, 0, 2",
    "103, 31, 15, FLOAT64, 0, 1",
    "103, 31, 15, FLOAT32, 0.03, 10",
    "103, 31, 15, FLOAT64, 1, 102",
    "103, 31, 15, FLOAT64, 0, 103",
    "1031, 40, 9, FLOAT32, 0, 64",
    "1031, 40, 25, FLOAT64, 0.03, 500"
  })
  void streamedBlocksOfCGiveWhatAKeptCGives(
      int m, int n, int d, ElementType type, double weight, long blockRows) {
    PlantedProblem planted = PlantedProblem.generate(m, n, d, 4, 0.3, type, 0.3, m + n + d);
    Problem problem = planted.problem().withWeight(weight);
    try (SoftmaxReluObjective kept = new SoftmaxReluObjective(backend, problem, 1);
        SoftmaxReluObjective streamed = new SoftmaxReluObjective(backend, problem, 1, blockRows);
        Buffer p = direction(d, 1)) {
      kept.moveTo(planted.x0());
      streamed.moveTo(planted.x0());
      for (int step = 0; step < 3; step++) {
        for (CurvatureForm form : CurvatureForm.values()) {
          double[] expected = flat(matrix(kept, form));
          double[] actual = flat(matrix(streamed, form));
          for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], within(1e-13 * norm(expected)));
          }
        }
        assertAgrees(streamed, problem, streamed.read(Quantity.X));
        double[] lengths = {0.1};
        double loss = kept.tryPoints(p, lengths)[0];
        assertThat(streamed.tryPoints(p, lengths)[0]).isCloseTo(loss, within(1e-12 * loss));
        assertThat(streamed.accept(0).flips()).isEqualTo(kept.accept(0).flips());
      }
    }
  }

  // Rows

  /** H v, products with rows, sketches and rows themselves, through C, blocks of it, and A2. */
  @ParameterizedTest
  @CsvSource({
    "2, 3, 1, FLOAT64, 0, 1",
    "7, 5, 3, FLOAT64, 0.1, 2",
    "103, 31, 9, FLOAT64, 0, 103",
    "103, 31, 17, FLOAT32, 0.03, 103",
    "103, 31, 17, FLOAT64, 1, 10",
    "103, 31, 9, FLOAT32, 0, 102"
  })
  void theRowsAreThoseOfTheCurvature(
      int m, int n, int d, ElementType type, double weight, long blockRows) {
    PlantedProblem planted = PlantedProblem.generate(m, n, d, 4, 0.3, type, 0.3, m + n + d);
    double[] w = new double[m];
    Arrays.setAll(w, i -> weight * (i % 4 - 1));
    Problem problem = planted.problem().withWeights(w);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 4, blockRows);
        Buffer p = direction(d, 1)) {
      objective.reserveRows(8);
      objective.moveTo(planted.x0());
      for (int step = 0; step < 2; step++) {
        SoftmaxReluOracle.At oracle = new SoftmaxReluOracle(problem).at(objective.read(Quantity.X));
        // Every form twice: what one has left must not be taken for the other.
        for (int turn = 0; turn < 2; turn++) {
          assertTimes(objective, CurvatureForm.EXACT, oracle.hessian(), oracle);
          assertTimes(objective, CurvatureForm.GAUSS_NEWTON, oracle.gaussNewton(), oracle);
        }
        assertRows(objective, oracle);
        objective.tryPoints(p, new double[] {0.1});
        objective.accept(0);
      }
    }
  }

  private void assertTimes(
      SoftmaxReluObjective objective,
      CurvatureForm form,
      double[][] expected,
      SoftmaxReluOracle.At oracle) {
    int d = expected.length;
    double entries = Arrays.stream(oracle.c).mapToDouble(row -> Math.pow(norm(row), 2)).sum();
    double scale = Math.max(norm(flat(expected)), 1e-15 / RELATIVE * entries);
    CurvatureRows rows = objective.curvatureRows(form);
    try (Buffer v = backend.allocate(1, d);
        Buffer out = backend.allocate(1, d);
        Buffer h = backend.allocate(d, d)) {
      double[] values = new double[d];
      Arrays.setAll(values, k -> Math.cos(3 * k));
      backend.write(values, v);
      rows.times(v, out);
      backend.read(out, values);
      double[] unchanged = new double[d];
      backend.read(v, unchanged);
      assertClose(values, SoftmaxReluOracle.times(expected, unchanged), scale);
      rows.sum(h);
      double[] matrix = new double[d * d];
      backend.read(h, matrix);
      assertClose(matrix, flat(expected), scale);
    }
  }

  private void assertRows(SoftmaxReluObjective objective, SoftmaxReluOracle.At oracle) {
    int m = oracle.c.length;
    int d = oracle.c[0].length;
    double size = norm(flat(oracle.c));
    CurvatureRows rows = objective.curvatureRows(CurvatureForm.GAUSS_NEWTON);
    double[] a = new double[m];
    backend.read(rows.weights(), a);
    double[] center = SoftmaxReluOracle.transposedTimes(oracle.c, oracle.f);
    assertThat(center).hasSize(d);
    try (Buffer g = backend.allocate(3, d);
        Buffer weighted = backend.allocate(m, d);
        Buffer expectedSketch = backend.allocate(8, d);
        Buffer sketch = backend.allocate(8, d);
        Buffer gathered = backend.allocate(Math.min(m, 3), d);
        Buffer scores = backend.allocate(1, m);
        Units list = backend.units(m)) {
      double[] directions = new double[3 * d];
      Arrays.setAll(directions, k -> Math.sin(k + 1));
      backend.write(directions, g);
      Buffer products = rows.scratch().rows(0, 3);
      rows.products(g, products);
      double[] y = new double[3 * m];
      backend.read(products, y);
      for (int k = 0; k < 3; k++) {
        double[] gk = Arrays.copyOfRange(directions, k * d, (k + 1) * d);
        assertClose(
            Arrays.copyOfRange(y, k * m, (k + 1) * m),
            SoftmaxReluOracle.times(oracle.c, gk),
            size * norm(gk));
      }

      double[] scaled = new double[m * d];
      Arrays.setAll(
          scaled, k -> Math.sqrt(Math.abs(a[k / d])) * (oracle.c[k / d][k % d] - center[k % d]));
      backend.write(scaled, weighted);
      backend.countSketch(7, 5, weighted, null, null, expectedSketch);
      rows.sketch(7, 5, new WeightedRows(rows.weights(), rows.center()), 0, m, sketch);
      double[] expected = new double[8 * d];
      backend.read(expectedSketch, expected);
      double[] actual = new double[8 * d];
      backend.read(sketch, actual);
      // Relative to what √a C is, of which the center may be nearly all.
      assertClose(actual, expected, Math.sqrt(largest(a)) * size);

      double[] every = new double[m];
      Arrays.fill(every, 1);
      backend.write(every, scores);
      backend.sampleRows(1, 2, scores, m, m, list);
      assertThat(list.count()).isEqualTo(m);
      int first = m - (int) gathered.rows();
      rows.gather(list, first, gathered);
      double[] some = new double[(int) gathered.rows() * d];
      backend.read(gathered, some);
      assertClose(some, flat(Arrays.copyOfRange(oracle.c, first, m)), norm(flat(oracle.c)));
    }
  }

  private static void assertTrialLosses(
      SoftmaxReluObjective objective,
      Problem problem,
      double[] x,
      Buffer p,
      double[] direction,
      double[] lengths) {
    double[] losses = objective.tryPoints(p, lengths);
    for (int k = 0; k < lengths.length; k++) {
      double t = lengths[k];
      double[] there = new double[x.length];
      Arrays.setAll(there, j -> x[j] + t * direction[j]);
      SoftmaxReluOracle.At at = new SoftmaxReluOracle(problem).at(there);
      double loss = at.dataLoss + at.regularization;
      assertThat(losses[k]).isCloseTo(loss, within(RELATIVE * loss));
    }
  }

  // Moving by trial points

  @Test
  void lossesOfTrialPointsAreThoseOfMovingThere() {
    PlantedProblem planted = planted(103, 31, 7);
    Problem problem = planted.problem().withWeight(0.02);
    double[] lengths = {2, 1, 0.5, 0.25};
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 8);
        Buffer p = direction(7, 1);
        Buffer q = direction(7, 2)) {
      objective.moveTo(planted.x0());
      for (Buffer along : List.of(p, q)) {
        double[] losses = objective.tryPoints(along, lengths);
        assertThat(losses).hasSize(4);
        for (int k = 0; k < losses.length; k++) {
          double[] x = stepped(planted.x0(), along, lengths[k]);
          double expected = new SoftmaxReluOracle(problem).at(x).loss();
          assertThat(losses[k]).isCloseTo(expected, within(1e-12 * expected));
        }
      }
    }
  }

  @Test
  void fewerTrialPointsThanThereIsRoomFor() {
    PlantedProblem planted = planted(40, 12, 5);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, planted.problem(), 8);
        Buffer p = direction(5, 1)) {
      objective.moveTo(planted.x0());
      double[] losses = objective.tryPoints(p, new double[] {0});
      assertThat(losses).hasSize(1);
      assertThat(losses[0])
          .isCloseTo(objective.evaluation().loss(), within(objective.evaluation().lossRounding()));
    }
  }

  @Test
  void moreTrialPointsThanThereIsRoomForAreRefused() {
    PlantedProblem planted = planted(40, 12, 5);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, planted.problem(), 3);
        Buffer p = direction(5, 1)) {
      objective.moveTo(planted.x0());
      assertThatThrownBy(() -> objective.tryPoints(p, new double[4]))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aTrialPointThatOverflowsHasNoFiniteLoss() {
    PlantedProblem planted = PlantedProblem.generate(9, 5, 3, 1e300, 0, ElementType.FLOAT64, 0, 1);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, planted.problem(), 2);
        Buffer p = backend.allocate(1, 3)) {
      backend.write(new double[] {1e300, 1e300, 1e300}, p);
      objective.moveTo(new double[3]);
      double[] losses = objective.tryPoints(p, new double[] {1, 0});
      assertThat(losses[0]).isNotFinite();
      assertThat(losses[1]).isFinite();
    }
  }

  /** C is brought up to date by the flipped units; a solve of many steps must not drift from it. */
  @ParameterizedTest
  @EnumSource
  void curvatureFollowsTheFlipsOfManySteps(ElementType type) {
    PlantedProblem planted = PlantedProblem.generate(103, 211, 7, 4, 0.3, type, 0.3, 3);
    Problem problem = planted.problem();
    int flips = 0;
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 2)) {
      objective.moveTo(planted.x0());
      objective.curvature(CurvatureForm.EXACT);
      for (int step = 0; step < 12; step++) {
        double[] from = objective.read(Quantity.X);
        try (Buffer p = direction(7, step)) {
          objective.tryPoints(p, new double[] {0.5, 0.05});
          int expected = flips(problem, from, stepped(from, p, 0.05));
          assertThat(objective.flipsAt(1)).isEqualTo(expected);
          Evaluation evaluation = objective.accept(1);
          assertThat(evaluation.flips()).isEqualTo(expected);
          assertThat(objective.evaluation()).isSameAs(evaluation);
          flips += expected;
        }
        double[] x = objective.read(Quantity.X);
        assertAgrees(objective, problem, x);
        for (CurvatureForm form : CurvatureForm.values()) {
          double[] updated = flat(matrix(objective, form));
          double[] anew = flat(rebuilt(problem, x, form));
          for (int i = 0; i < anew.length; i++) {
            assertThat(updated[i]).isCloseTo(anew[i], within(1e-13 * norm(anew)));
          }
        }
      }
    }
    assertThat(flips).isPositive();
    assertThat(backend.updated()).as("updates of C by flipped units").isGreaterThan(5);
  }

  /** C is updated and formed anew as the rules say; what it accumulates stays rounding. */
  @Test
  void nothingDriftsOverThousandsOfSteps() {
    PlantedProblem planted = planted(103, 211, 7);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, planted.problem(), 1);
        SoftmaxReluObjective anew = new SoftmaxReluObjective(backend, planted.problem(), 1)) {
      objective.moveTo(planted.x0());
      double[] length = {0.05};
      for (int step = 0; step < 4000; step++) {
        objective.curvature(CurvatureForm.GAUSS_NEWTON);
        // To and fro, so that x stays where it was in size.
        length[0] = -length[0];
        try (Buffer p = direction(7, step / 2 % 2 == 0 ? step / 2 : -step)) {
          objective.tryPoints(p, length);
          objective.accept(0);
        }
      }
      double[] x = objective.read(Quantity.X);
      double expected = anew.moveTo(x).loss();
      assertThat(objective.evaluation().loss()).isCloseTo(expected, within(1e-12 * expected));
      assertCloseTogether(objective.read(Quantity.LOGITS), anew.read(Quantity.LOGITS));
      assertCloseTogether(objective.read(Quantity.GRADIENT), anew.read(Quantity.GRADIENT));
      assertCloseTogether(
          flat(matrix(objective, CurvatureForm.GAUSS_NEWTON)),
          flat(matrix(anew, CurvatureForm.GAUSS_NEWTON)));
    }
    assertThat(backend.updated()).as("updates of C by flipped units").isGreaterThan(2000);
  }

  private static void assertCloseTogether(double[] actual, double[] expected) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(1e-12 * norm(expected)));
    }
  }

  @Test
  void aStepThatFlipsMostUnitsFormsCAnew() {
    PlantedProblem planted = planted(40, 31, 5);
    double[] x = planted.x0();
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, planted.problem(), 1);
        Buffer p = backend.allocate(1, 5)) {
      objective.moveTo(x);
      objective.curvature(CurvatureForm.GAUSS_NEWTON);
      backend.write(Arrays.stream(x).map(v -> -2 * v).toArray(), p);
      objective.tryPoints(p, new double[] {1});
      assertThat(objective.accept(0).flips()).isEqualTo(31);
      assertAgrees(objective, planted.problem(), Arrays.stream(x).map(v -> -v).toArray());
    }
    assertThat(backend.updated()).isZero();
    assertThat(backend.formed()).isEqualTo(2);
  }

  @Test
  void movingBackAndForthChangesNothing() {
    PlantedProblem planted = planted(103, 31, 7);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, planted.problem(), 1)) {
      objective.moveTo(planted.x0());
      double[][] first = matrix(objective, CurvatureForm.EXACT);
      objective.moveTo(planted.xStar());
      matrix(objective, CurvatureForm.EXACT);
      objective.moveTo(planted.x0());
      assertThat(matrix(objective, CurvatureForm.EXACT)).isDeepEqualTo(first);
    }
  }

  /** The loss and f without a gradient; then any jump is as moving there. */
  @ParameterizedTest
  @ValueSource(longs = {103, 10})
  void looksAndJumps(long blockRows) {
    PlantedProblem planted =
        PlantedProblem.generate(103, 211, 7, 4, 0.3, ElementType.FLOAT64, 0.3, 3);
    Problem problem = planted.problem().withWeight(0.02);
    double[] x = planted.x0();
    try (SoftmaxReluObjective objective =
        new SoftmaxReluObjective(backend, problem, 1, blockRows)) {
      SoftmaxReluOracle.At at = new SoftmaxReluOracle(problem).at(x);
      Evaluation seen = objective.lookAt(x);
      assertThat(seen.loss()).isCloseTo(at.loss(), within(1e-13 * at.loss()));
      assertThat(seen.gradientNorm()).isNaN();
      assertThat(seen.activeUnits()).isEqualTo(at.activeUnits());
      assertThat(objective.read(Quantity.SOFTMAX)).containsExactly(at.f, within(1e-14));
      for (double[] to : new double[][] {planted.xStar(), x, x}) {
        int flips = flips(problem, objective.read(Quantity.X), to);
        assertThat(objective.jumpTo(to).flips()).isEqualTo(flips);
        assertAgrees(objective, problem, to);
      }
      objective.lookAt(x);
      SoftmaxReluOracle.At ahead = new SoftmaxReluOracle(problem).at(planted.xStar());
      Evaluation further = objective.lookAhead(planted.xStar());
      assertThat(further.loss()).isCloseTo(ahead.loss(), within(1e-13 * ahead.loss()));
      assertThat(further.gradientNorm()).isNaN();
      assertThat(further.activeUnits()).isEqualTo(ahead.activeUnits());
      assertThat(further.flips()).isEqualTo(flips(problem, x, planted.xStar())).isPositive();
      objective.refineGradient();
      assertClose(objective.read(Quantity.GRADIENT), ahead.gradient, norm(ahead.gradientMagnitude));
    }
  }

  /** At x* nothing is left but what float64 makes of it, and a little further on something is. */
  @Test
  void lossIsRoundingWhereFIsB() {
    PlantedProblem planted =
        PlantedProblem.generate(103, 211, 7, 4, 0, ElementType.FLOAT64, 0.3, 3);
    Problem problem = planted.problem();
    double[] near = Arrays.stream(planted.xStar()).map(v -> v * (1 + 1e-13)).toArray();
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1)) {
      objective.lookAt(planted.xStar());
      assertThat(objective.lossIsRounding()).isTrue();
      objective.lookAt(near);
      assertThat(objective.evaluation().loss()).isPositive().isLessThan(1e-26);
      assertThat(objective.lossIsRounding()).isFalse();
      objective.lookAt(planted.x0());
      assertThat(objective.lossIsRounding()).isFalse();
    }
    // A regulariser's share counts.
    try (SoftmaxReluObjective objective =
        new SoftmaxReluObjective(backend, problem.withWeight(1e-12), 1)) {
      objective.lookAt(planted.xStar());
      assertThat(objective.lossIsRounding()).isFalse();
    }
    // Logits of 1e15 have rounding of ulp(1e15), which tells nothing of an f that is wrong.
    double[] steep = problem.a2().toArray();
    Arrays.setAll(steep, i -> 1e15 * steep[i]);
    double[] b = problem.b();
    Problem huge = Problem.of(problem.a1(), Matrix.of(103, 211, steep), b);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, huge, 1)) {
      objective.lookAt(planted.xStar());
      assertThat(objective.lossIsRounding()).isFalse();
    }
  }

  /** x to the bit and all else to rounding, after steps that flip a few units and most of them. */
  @ParameterizedTest
  @CsvSource({"103, false", "103, true", "10, false", "10, true"})
  void returnToBringsBack(long blockRows, boolean refined) {
    PlantedProblem planted =
        PlantedProblem.generate(103, 211, 7, 4, 0.3, ElementType.FLOAT64, 0.3, 3);
    Problem problem = planted.problem().withWeight(0.02);
    double[] x = planted.x0();
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 2, blockRows);
        Buffer home = backend.allocate(1, 7)) {
      objective.startAt(x);
      if (refined) {
        objective.refineGradient();
      }
      backend.copy(objective.x(), home);
      double loss = objective.evaluation().loss();
      double[] z1 = objective.read(Quantity.PRE_ACTIVATION);
      for (double length : new double[] {0, 0.02, 0.3, 2}) {
        objective.curvature(CurvatureForm.GAUSS_NEWTON);
        for (int step = 0; step < 3; step++) {
          try (Buffer p = direction(7, step)) {
            objective.tryPoints(p, new double[] {length, 0.5});
            objective.accept(0);
          }
        }
        int flips = flips(problem, objective.read(Quantity.X), x);
        Evaluation back = objective.returnTo(home);
        assertThat(back.flips()).isEqualTo(flips);
        assertThat(back.loss()).isCloseTo(loss, within(1e-13 * loss));
        assertThat(objective.read(Quantity.PRE_ACTIVATION)).isEqualTo(z1);
        assertAgrees(objective, problem, x);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 3, 2, 0, 1",
    "7, 5, 2, 0.1, 7",
    "103, 31, 15, 0, 103",
    "103, 31, 15, 0.03, 103",
    "103, 31, 15, 0.03, 10"
  })
  void slopesAfterAreThoseOfTheModel(int m, int n, int d, double weight, long blockRows) {
    PlantedProblem planted = PlantedProblem.generate(m, n, d, 4, 0.3, ElementType.FLOAT64, 0.3, m);
    double[] w = new double[m];
    Arrays.setAll(w, i -> weight * (i % 4 - 1));
    Problem problem = planted.problem().withWeights(w);
    SoftmaxReluOracle.At at = new SoftmaxReluOracle(problem).at(planted.x0());
    double[][] a2 = SoftmaxReluOracle.entries(problem.a2());
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1, blockRows);
        Buffer p = direction(d, 1)) {
      objective.startAt(planted.x0());
      double[] step = new double[d];
      backend.read(p, step);
      double[] u = SoftmaxReluOracle.times(at.c, step);
      for (CurvatureForm form : CurvatureForm.values()) {
        double[] moved = middleTimes(form, at.f, problem.b(), u);
        Arrays.setAll(moved, i -> at.gz[i] + moved[i] + w[i] * w[i] * u[i]);
        double[] expected = SoftmaxReluOracle.transposedTimes(a2, moved);
        // What moves gz is as small as the rounding of its terms where there is one output.
        double scale = Math.max(norm(expected), norm(u) * norm(flat(a2)) * 1e-5);
        assertClose(all(objective.slopesAfter(form, p), n), expected, scale);
        // The curvature is not disturbed.
        assertAgrees(objective, problem, planted.x0());
      }
      objective.refineGradient();
      assertClose(
          all(objective.slopes(), n),
          SoftmaxReluOracle.transposedTimes(a2, at.gz),
          Math.max(norm(at.gz), 1e-5) * norm(flat(a2)));
    }
  }

  private static double[] all(Slopes slopes, int n) {
    slopes.find(IntStream.range(0, n).toArray());
    return IntStream.range(0, n).mapToDouble(slopes::of).toArray();
  }

  /** J² u, or B u of the paper. */
  private static double[] middleTimes(CurvatureForm form, double[] f, double[] b, double[] u) {
    double[] product = new double[f.length];
    if (form == CurvatureForm.GAUSS_NEWTON) {
      double[] ju = softmaxDerivative(f, u);
      return softmaxDerivative(f, ju);
    }
    double cf = 0;
    double t = 0;
    double fu = 0;
    double pu = 0;
    for (int i = 0; i < f.length; i++) {
      cf += (f[i] - b[i]) * f[i];
      t += (3 * f[i] - 2 * b[i]) * f[i];
      fu += f[i] * u[i];
      pu += (2 * f[i] - b[i]) * f[i] * u[i];
    }
    for (int i = 0; i < f.length; i++) {
      double p = (2 * f[i] - b[i]) * f[i];
      product[i] = (p - cf * f[i]) * u[i] - p * fu - f[i] * pu + t * f[i] * fu;
    }
    return product;
  }

  /** f∘u - ⟨f,u⟩ f. */
  private static double[] softmaxDerivative(double[] f, double[] u) {
    double fu = 0;
    for (int i = 0; i < f.length; i++) {
      fu += f[i] * u[i];
    }
    double mean = fu;
    double[] product = new double[f.length];
    Arrays.setAll(product, i -> f[i] * (u[i] - mean));
    return product;
  }

  /**
   * Units that rounding alone keeps from their kink are at it, however x got there: rows u - ⟨u,x⟩
   * x / ⟨x,x⟩, of sizes from 1e-6 to 1e6. A unit a thousand times as far away is not.
   */
  @Test
  void unitsAtTheirKinkButForRoundingAreSettled() {
    int d = 7;
    PlantedProblem planted = planted(40, 31, d);
    double[] x = planted.x0();
    double[] a1 = planted.problem().a1().toArray();
    double xx = norm(x) * norm(x);
    for (int i = 0; i < 12; i++) {
      double along = 0;
      for (int k = 0; k < d; k++) {
        along += a1[i * d + k] * x[k];
      }
      double off = i < 8 ? 0 : (i % 2 == 0 ? 1 : -1) * 1e-11;
      for (int k = 0; k < d; k++) {
        a1[i * d + k] = Math.pow(10, 3 * (i % 5) - 6) * (a1[i * d + k] - (along / xx + off) * x[k]);
      }
    }
    Problem problem =
        Problem.of(Matrix.of(31, d, a1), planted.problem().a2(), planted.problem().b());
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 2);
        Buffer home = backend.allocate(1, d);
        Buffer p = direction(d, 1);
        Buffer back = backend.allocate(1, d)) {
      objective.moveTo(x);
      assertSettled(objective);
      objective.startAt(x);
      assertSettled(objective);
      backend.copy(objective.x(), home);
      objective.tryPoints(p, new double[] {1});
      objective.accept(0);
      assertThat(objective.read(Quantity.PRE_ACTIVATION)).doesNotContain(0.0);
      objective.returnTo(home);
      assertSettled(objective);
      objective.tryPoints(p, new double[] {1});
      objective.accept(0);
      backend.combine(1, home, -1, objective.x(), back);
      objective.tryPoints(back, new double[] {0.5, 1});
      objective.accept(1);
      assertSettled(objective);
    }
  }

  private static void assertSettled(SoftmaxReluObjective objective) {
    double[] z1 = objective.read(Quantity.PRE_ACTIVATION);
    assertThat(Arrays.copyOf(z1, 8)).containsOnly(0.0);
    assertThat(Arrays.copyOfRange(z1, 8, 31)).doesNotContain(0.0);
    assertThat(objective.evaluation().activeUnits())
        .isEqualTo((int) Arrays.stream(z1).filter(value -> value > 0).count());
  }

  /** All is as just beside the kink, until the objective moves. */
  @ParameterizedTest
  @CsvSource({"60, false", "60, true", "11, false", "11, true"})
  void aUnitAtItsKinkCountsAsItIsTold(long blockRows, boolean refined) {
    int d = 5;
    PlantedProblem planted = planted(60, 23, d);
    double[][] a1 = SoftmaxReluOracle.entries(planted.problem().a1());
    Arrays.fill(a1[3], 0);
    a1[3][0] = 1;
    Problem problem =
        Problem.of(Matrix.of(a1), planted.problem().a2(), planted.problem().b()).withWeight(0.02);
    double[] x = planted.x0();
    x[0] = 0;
    double[] beside = x.clone();
    beside[0] = 1e-13;
    SoftmaxReluOracle.At off = new SoftmaxReluOracle(problem).at(x);
    SoftmaxReluOracle.At on = new SoftmaxReluOracle(problem).at(beside);
    assertThat(Math.abs(off.gradient[0] - on.gradient[0])).isGreaterThan(1e-2 * norm(on.gradient));
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 2, blockRows);
        Buffer home = backend.allocate(1, d);
        Buffer p = direction(d, 1)) {
      objective.startAt(x);
      backend.copy(objective.x(), home);
      objective.curvature(CurvatureForm.EXACT);
      if (refined) {
        objective.refineGradient();
      }
      double loss = objective.evaluation().loss();
      int active = objective.evaluation().activeUnits();
      boolean[] sides = new boolean[23];
      for (boolean side : new boolean[] {true, false, true}) {
        sides[3] = side;
        Evaluation evaluation = objective.takeSides(sides);
        assertThat(evaluation.loss()).isEqualTo(loss);
        assertThat(evaluation.activeUnits()).isEqualTo(active + (side ? 1 : 0));
        assertThat(objective.read(Quantity.PRE_ACTIVATION)[3]).isZero();
        SoftmaxReluOracle.At at = side ? on : off;
        assertClose(objective.read(Quantity.GRADIENT), at.gradient, norm(at.gradient));
        assertClose(
            flat(matrix(objective, CurvatureForm.EXACT)),
            flat(at.hessian()),
            norm(flat(at.hessian())));
        double[] losses = objective.tryPoints(p, new double[] {1, -1});
        for (int k = 0; k < 2; k++) {
          double expected = new SoftmaxReluOracle(problem).at(stepped(x, p, 1 - 2 * k)).loss();
          assertThat(losses[k]).isCloseTo(expected, within(RELATIVE * expected));
        }
      }
      objective.returnTo(home);
      assertAgrees(objective, problem, x);
    }
  }

  /** H follows a few units that take another side, and is formed anew for many. */
  @ParameterizedTest
  @CsvSource({
    "7, 9, 4, 0, 7, false",
    "61, 23, 5, 0, 61, true",
    "61, 23, 5, 0.02, 61, false",
    "61, 23, 5, 0.02, 11, true",
    "203, 31, 17, 0, 60, false",
    "203, 31, 17, 0.03, 203, true"
  })
  void theCurvatureFollowsUnitsThatTakeASide(
      int m, int n, int d, double weight, long blockRows, boolean refined) {
    double[] x = PlantedProblem.randomStart(d, 3);
    Arrays.fill(x, 0, 3, 0);
    Problem problem = atKinks(planted(m, n, d), 6).withWeight(weight);
    try (SoftmaxReluObjective objective =
        new SoftmaxReluObjective(backend, problem, 8, blockRows)) {
      objective.startAt(x);
      if (refined) {
        objective.refineGradient();
      }
      List.of(CurvatureForm.values()).forEach(objective::curvature);
      boolean[] last = new boolean[n];
      for (Set<Integer> on :
          List.of(
              Set.of(1),
              Set.of(1, 2, 4),
              Set.of(0, 1, 4),
              Set.of(5),
              Set.<Integer>of(),
              Set.of(0, 2, 3, 5),
              Set.of(0, 2, 3, 5))) {
        boolean[] sides = new boolean[n];
        on.forEach(i -> sides[i] = true);
        int before = backend.grams();
        objective.takeSides(sides);
        SoftmaxReluOracle.At at = new SoftmaxReluOracle(justActive(problem, on, x)).at(x);
        double[] gradient = objective.read(Quantity.GRADIENT);
        assertClose(gradient, at.gradient, norm(at.gradientMagnitude));
        assertCurvature(objective, CurvatureForm.EXACT, at.hessian(), at);
        assertCurvature(objective, CurvatureForm.GAUSS_NEWTON, at.gaussNewton(), at);
        int changed = 0;
        for (int i = 0; i < 6; i++) {
          changed += sides[i] == last[i] ? 0 : 1;
        }
        assertThat(backend.grams() > before).isEqualTo(changed > 3);
        last = sides;
      }
    }
  }

  /** What is left of H when nearly all of it goes is no rounding of what went. */
  @ParameterizedTest
  @ValueSource(longs = {60, 11})
  void littleIsLeftOfTheCurvatureToItsOwnRounding(long blockRows) {
    int d = 5;
    double[] x = PlantedProblem.randomStart(d, 3);
    Arrays.fill(x, 0, 3, 0);
    Problem small = atKinks(planted(60, 23, d), 1);
    double[][] a2 = SoftmaxReluOracle.entries(small.a2());
    for (double[] row : a2) {
      row[0] *= 1e6;
    }
    Problem problem = Problem.of(small.a1(), Matrix.of(a2), small.b());
    try (SoftmaxReluObjective objective =
        new SoftmaxReluObjective(backend, problem, 8, blockRows)) {
      objective.startAt(x);
      double alone = norm(flat(matrix(objective, CurvatureForm.EXACT)));
      boolean[] sides = new boolean[23];
      sides[0] = true;
      objective.takeSides(sides);
      double both = norm(flat(matrix(objective, CurvatureForm.EXACT)));
      assertThat(both).isGreaterThan(1e9 * alone);
      objective.takeSides(new boolean[23]);
      assertAgrees(objective, problem, x);
    }
  }

  /** The same with the first units at their kink wherever the first three entries of x are 0. */
  private static Problem atKinks(PlantedProblem planted, int count) {
    double[][] a1 = SoftmaxReluOracle.entries(planted.problem().a1());
    for (int i = 0; i < count; i++) {
      Arrays.fill(a1[i], 3, a1[i].length, 0);
    }
    return Problem.of(Matrix.of(a1), planted.problem().a2(), planted.problem().b());
  }

  /** The same with these units hardly beyond their kink. */
  private static Problem justActive(Problem problem, Set<Integer> units, double[] x) {
    double[][] a1 = SoftmaxReluOracle.entries(problem.a1());
    for (int i : units) {
      a1[i][3] = 1e-15 * Math.signum(x[3]);
    }
    Problem with = Problem.of(Matrix.of(a1), problem.a2(), problem.b());
    return problem.w().isPresent() ? with.withWeights(problem.w().get()) : with;
  }

  @Test
  void normsOfUnits() {
    Problem problem =
        Problem.of(
            Matrix.of(new double[][] {{3, 4}, {0, 0}, {3e-300, -4e-300}, {3e300, 4e300}}),
            Matrix.of(new double[][] {{1, 1, 1, 1}}),
            new double[] {1});
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1)) {
      double[] expected = {5, 0, 5e-300, 5e300};
      for (int i = 0; i < 4; i++) {
        assertThat(objective.unitNorm(i)).isCloseTo(expected[i], within(1e-15 * expected[i]));
      }
    }
  }

  // Memory

  @Test
  void everythingIsAllocatedOnce() {
    PlantedProblem planted = planted(103, 31, 7);
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, planted.problem(), 2);
        Buffer p = direction(7, 1);
        Buffer product = direction(7, 2)) {
      objective.moveTo(planted.x0());
      for (CurvatureForm form : CurvatureForm.values()) {
        objective.curvature(form);
      }
      int before = backend.buffers();
      for (int step = 0; step < 3; step++) {
        objective.tryPoints(p, new double[] {0.1, 0.2});
        objective.accept(0);
        for (CurvatureForm form : CurvatureForm.values()) {
          objective.curvature(form);
          objective.curvatureTimes(form, p, product);
        }
      }
      assertThat(backend.buffers()).isEqualTo(before);
    }
  }

  /** What is announced is what is allocated. */
  @ParameterizedTest
  @EnumSource
  void workspaceIsWhatIsAllocated(CurvaturePath path) {
    int m = 5000;
    int n = 31;
    int d = 600;
    PlantedProblem planted = planted(m, n, d);
    long[] entries = new long[1];
    CountingBackend counting =
        new CountingBackend(open()) {
          @Override
          public Buffer allocate(long rows, long columns) {
            entries[0] += rows * columns;
            return super.allocate(rows, columns);
          }
        };
    try (Backend closed = counting;
        SoftmaxReluObjective objective =
            new SoftmaxReluObjective(closed, planted.problem().withWeight(0.1), 8, path)) {
      objective.moveTo(planted.x0());
      objective.curvature(CurvatureForm.EXACT);
      objective.curvature(CurvatureForm.GAUSS_NEWTON);
    }
    SoftmaxReluObjective.Workspace bytes = SoftmaxReluObjective.workspace(m, n, d, 8, path);
    assertThat(bytes.c() + bytes.matrices() + bytes.vectors()).isEqualTo(8 * entries[0]);
    assertThat(bytes.c()).isEqualTo(8L * d * (path == CurvaturePath.KEPT ? m : 4096));
  }

  @ParameterizedTest
  @CsvSource({"100, 5, 100", "5000, 600, 4096", "100_000_000, 32, 65536", "9000, 10_000_000, 4096"})
  void blocksHaveRowsEnough(long m, long d, long rows) {
    assertThat(SoftmaxReluObjective.blockRows(m, d, CurvaturePath.KEPT)).isEqualTo(m);
    assertThat(SoftmaxReluObjective.blockRows(m, d, CurvaturePath.STREAMED)).isEqualTo(rows);
  }

  @Test
  void workspaceOfAnAbsurdSizeIsNotSmall() {
    long most = Integer.MAX_VALUE;
    SoftmaxReluObjective.Workspace bytes =
        SoftmaxReluObjective.workspace(most, most, most, 8, CurvaturePath.KEPT);
    assertThat(bytes.c()).isEqualTo(Long.MAX_VALUE);
    assertThat(bytes.matrices()).isEqualTo(Long.MAX_VALUE);
    assertThat(bytes.vectors()).isEqualTo(8 * (16 + 8 * 4) * most);
  }

  // Fixtures and arithmetic

  private static PlantedProblem planted(int m, int n, int d) {
    return PlantedProblem.generate(m, n, d, 4, 0.3, ElementType.FLOAT64, 0.3, 5);
  }

  private Buffer direction(int d, int seed) {
    Buffer p = backend.allocate(1, d);
    backend.write(PlantedProblem.randomStart(d, seed), p);
    return p;
  }

  private double[] stepped(double[] x, Buffer p, double t) {
    double[] step = new double[x.length];
    backend.read(p, step);
    Arrays.setAll(step, k -> x[k] + t * step[k]);
    return step;
  }

  private static int flips(Problem problem, double[] from, double[] to) {
    double[][] a1 = SoftmaxReluOracle.entries(problem.a1());
    double[] before = SoftmaxReluOracle.times(a1, from);
    double[] after = SoftmaxReluOracle.times(a1, to);
    int flips = 0;
    for (int u = 0; u < before.length; u++) {
      flips += before[u] > 0 == after[u] > 0 ? 0 : 1;
    }
    return flips;
  }

  private double[][] rebuilt(Problem problem, double[] x, CurvatureForm form) {
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1)) {
      objective.moveTo(x);
      return matrix(objective, form);
    }
  }

  private double[][] matrix(SoftmaxReluObjective objective, CurvatureForm form) {
    int d = objective.d();
    double[] flat = new double[d * d];
    backend.read(objective.curvature(form), flat);
    return SoftmaxReluOracle.entries(Matrix.of(d, d, flat));
  }

  private static double[] flat(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
  }

  private static double norm(double[] v) {
    return Math.sqrt(Arrays.stream(v).map(value -> value * value).sum());
  }

  private static double largest(double[] v) {
    return Arrays.stream(v).map(Math::abs).max().orElseThrow();
  }

  private static void assertClose(double[] actual, double[] expected, double scale) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(RELATIVE * scale));
    }
  }
}
