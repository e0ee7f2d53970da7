package io.github.relumax.sketch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.sketch.SpectralComparison.Extremes;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Sampled curvature on any backend: edges of its sizes, and the same numbers by every way. */
public abstract class SamplersContract {
  private static final double ROUNDING = 1e-9;

  private Backend backend;

  /** The backend under test. */
  protected abstract Backend open();

  @BeforeEach
  void openBackend() {
    backend = open();
  }

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  /** With p = 1 for every row H̃ is H, whatever the scores. */
  @ParameterizedTest
  @CsvSource({
    "1, 9, 1, 0.5",
    "2, 7, 1, 0.1",
    "3, 9, 2, 0",
    "9, 17, 3, 0.1",
    "15, 30, 8, 0",
    "31, 40, 9, 0.01",
    "103, 31, 7, 0",
    "103, 31, 15, 1"
  })
  void allRowsGiveTheMatrixItself(int m, int n, int d, double weight) {
    for (CurvatureForm form : CurvatureForm.values()) {
      try (SampledProblem problem = problem(m, n, d, weight);
          RowSampler solvers = new RowSampler(backend, m, d, List.of(form), 3);
          MethodSampler sampler = new MethodSampler(backend, m, d, 4L * d, 3)) {
        double[][] expected = SampledProblem.sum(problem.terms(form));
        long size = 1L << 40;
        assertThat(problem.draw(solvers, form, (double) size)).isPositive();
        assertNear(problem.drawn(), flat(expected));
        for (SamplingMethod method :
            List.of(
                SamplingMethod.LEVERAGE,
                SamplingMethod.EXACT_LEVERAGE,
                SamplingMethod.ROW_NORM,
                SamplingMethod.UNIFORM)) {
          assertThat(problem.draw(sampler, method, form, size)).isPositive();
          assertNear(problem.drawn(), flat(expected));
        }
      }
    }
  }

  /** Fewer rows than a sketch has, and fewer than are asked for: still about H. */
  @ParameterizedTest
  @CsvSource({"1, 9, 1, 0.5", "7, 20, 2, 0", "20, 40, 8, 0.1", "103, 40, 7, 0"})
  void sketchesKeepAllDirections(int m, int n, int d, double weight) {
    CurvatureForm form = CurvatureForm.GAUSS_NEWTON;
    int rows = 64 * d;
    try (SampledProblem problem = problem(m, n, d, weight);
        MethodSampler sampler = new MethodSampler(backend, m, d, rows, 3)) {
      SpectralComparison comparison = problem.against(SampledProblem.sum(problem.terms(form)));
      assertThat(comparison.rank()).isEqualTo(Math.min(d, weight > 0 ? m : m - 1));
      for (SamplingMethod method : List.of(SamplingMethod.COUNT_SKETCH, SamplingMethod.GAUSSIAN)) {
        int count = problem.draw(sampler, method, form, rows);
        assertThat(count).isBetween(rows, 2 * rows - 1);
        Extremes extremes = problem.extremes(comparison);
        assertThat(extremes.epsilon()).as("%s", method).isLessThan(0.75);
      }
    }
  }

  /** Where no more units are active than C has directions, the others do not count. */
  @Test
  void fewerActiveUnitsThanColumns() {
    int m = 200;
    int d = 6;
    int n = 9;
    double[][] a1 = new double[n][d];
    PlantedProblem planted = SampledProblem.planted(m, n, d);
    for (int u = 0; u < n; u++) {
      // x = e_0 makes units 0 to 3 active.
      int unit = u;
      Arrays.setAll(a1[u], j -> planted.problem().a1().get(unit, j));
      a1[u][0] = u < 4 ? 1 + u : -1;
    }
    double[] x = new double[d];
    x[0] = 1;
    Problem problem = Problem.of(Matrix.of(a1), planted.problem().a2(), planted.problem().b());
    CurvatureForm form = CurvatureForm.GAUSS_NEWTON;
    try (SampledProblem sampled = new SampledProblem(backend, problem, x, false);
        RowSampler solvers = new RowSampler(backend, m, d, List.of(form), 3);
        MethodSampler sampler = new MethodSampler(backend, m, d, 16L * d, 3)) {
      SpectralComparison comparison = sampled.against(SampledProblem.sum(sampled.terms(form)));
      assertThat(comparison.rank()).isEqualTo(4);
      assertThat(sampled.draw(solvers, form, 16 * d)).isBetween(4, 16 * d);
      assertThat(sampled.extremes(comparison).epsilon()).isLessThan(1);
      sampled.draw(sampler, SamplingMethod.EXACT_LEVERAGE, form, 16L * d);
      assertThat(sampled.extremes(comparison).epsilon()).isLessThan(1);
    }
  }

  /** No unit is active, softmax is saturated, or there is one row and no regulariser: H is 0. */
  @Test
  void nothingToSampleFromGivesNoRows() {
    PlantedProblem planted = SampledProblem.planted(60, 20, 5);
    PlantedProblem peaked = PlantedProblem.generate(60, 20, 5, 1e6, 0, ElementType.FLOAT64, 0, 1);
    PlantedProblem single = SampledProblem.planted(1, 20, 5);
    assertNoRows(planted.problem(), new double[5]);
    assertNoRows(peaked.problem(), peaked.x0());
    assertNoRows(single.problem(), single.x0());
  }

  private void assertNoRows(Problem problem, double[] x) {
    int m = problem.m();
    for (CurvatureForm form : CurvatureForm.values()) {
      try (SampledProblem sampled = new SampledProblem(backend, problem, x, false);
          RowSampler solvers = new RowSampler(backend, m, 5, List.of(form), 3);
          MethodSampler sampler = new MethodSampler(backend, m, 5, 20, 3)) {
        assertThat(sampled.draw(solvers, form, 20)).isZero();
        for (SamplingMethod method : SamplingMethod.values()) {
          sampled.draw(sampler, method, form, 20);
          assertThat(sampled.drawn()).as("%s", method).containsOnly(0);
        }
      }
    }
  }

  /** What is streamed in blocks is what is kept, row for row. */
  @ParameterizedTest
  @CsvSource({"GAUSS_NEWTON, 0", "EXACT, 0", "GAUSS_NEWTON, 0.01", "EXACT, 0.01"})
  void keptAndStreamedAreTheSame(CurvatureForm form, double weight) {
    // Blocks have 4,096 rows.
    int m = 4200;
    int d = 3;
    PlantedProblem planted = SampledProblem.planted(m, 7, d);
    Problem problem = planted.problem().withWeights(SampledProblem.weights(planted, weight));
    try (SampledProblem kept = new SampledProblem(backend, problem, planted.x0(), false);
        SampledProblem streamed = new SampledProblem(backend, problem, planted.x0(), true);
        MethodSampler first = new MethodSampler(backend, m, d, 8L * d, 9);
        MethodSampler second = new MethodSampler(backend, m, d, 8L * d, 9);
        RowSampler one = new RowSampler(backend, m, d, List.of(form), 9);
        RowSampler other = new RowSampler(backend, m, d, List.of(form), 9)) {
      for (SamplingMethod method : SamplingMethod.values()) {
        int rows = kept.draw(first, method, form, 8L * d);
        assertThat(streamed.draw(second, method, form, 8L * d)).isEqualTo(rows);
        assertNear(streamed.drawn(), kept.drawn());
      }
      int rows = kept.draw(one, form, 8 * d);
      assertThat(streamed.draw(other, form, 8 * d)).isEqualTo(rows);
      assertNear(streamed.drawn(), kept.drawn());
    }
  }

  /** A seed means its draws: the same again to the bit, and each draw another one. */
  @ParameterizedTest
  @EnumSource
  void aSeedMeansItsDraws(SamplingMethod method) {
    CurvatureForm form = CurvatureForm.GAUSS_NEWTON;
    try (SampledProblem problem = problem(200, 30, 4, 0.01);
        MethodSampler sampler = new MethodSampler(backend, 200, 4, 16, 11);
        MethodSampler same = new MethodSampler(backend, 200, 4, 16, 11);
        MethodSampler other = new MethodSampler(backend, 200, 4, 16, 12)) {
      problem.draw(sampler, method, form, 16);
      double[] first = problem.drawn();
      problem.draw(sampler, method, form, 16);
      double[] second = problem.drawn();
      problem.draw(same, method, form, 16);
      assertThat(problem.drawn()).isEqualTo(first);
      problem.draw(same, method, form, 16);
      assertThat(problem.drawn()).isEqualTo(second).isNotEqualTo(first);
      problem.draw(other, method, form, 16);
      assertThat(problem.drawn()).isNotEqualTo(first).isNotEqualTo(second);
    }
  }

  private SampledProblem problem(int m, int n, int d, double weight) {
    return new SampledProblem(backend, SampledProblem.planted(m, n, d), weight);
  }

  private static double[] flat(double[][] matrix) {
    return Arrays.stream(matrix).flatMapToDouble(Arrays::stream).toArray();
  }

  private static void assertNear(double[] actual, double[] expected) {
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    for (int k = 0; k < expected.length; k++) {
      assertThat(actual[k]).isCloseTo(expected[k], within(ROUNDING * largest));
    }
  }
}
