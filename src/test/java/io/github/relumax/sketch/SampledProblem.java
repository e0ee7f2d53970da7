package io.github.relumax.sketch;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.CurvatureRows;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/**
 * A planted problem at its start point on a backend, and what its samples stand for, written out
 * from the paper's formulas.
 */
public final class SampledProblem implements AutoCloseable {
  private final Backend backend;
  private final Problem problem;
  private final double[] x;
  private final SoftmaxReluObjective objective;

  /** Entries of d x d matrices that are drawn into. */
  private final Buffer h;

  /** The problem kept on the backend. */
  public SampledProblem(Backend backend, PlantedProblem planted, double weight) {
    this(backend, planted.problem().withWeights(weights(planted, weight)), planted.x0(), false);
  }

  SampledProblem(Backend backend, Problem problem, double[] x, boolean streamed) {
    this.backend = backend;
    this.problem = problem;
    this.x = x;
    CurvaturePath path = streamed ? CurvaturePath.STREAMED : CurvaturePath.KEPT;
    objective = new SoftmaxReluObjective(backend, problem, MethodSampler.TRIALS, path);
    objective.reserveRows(1024);
    objective.moveTo(x);
    h = backend.allocate(problem.d(), problem.d());
  }

  /** A problem with softmax as peaked as usual. */
  public static PlantedProblem planted(int m, int n, int d) {
    return PlantedProblem.generate(m, n, d, 4, 0, ElementType.FLOAT64, 0.1, m + n + d);
  }

  /** w that differs from row to row, some of it 0. */
  static double[] weights(PlantedProblem planted, double weight) {
    double[] w = new double[planted.problem().m()];
    Arrays.setAll(w, i -> weight * (i % 4 - 1));
    return w;
  }

  CurvatureRows rows(CurvatureForm form) {
    return objective.curvatureRows(form);
  }

  Buffer buffer(double[][] entries) {
    Buffer buffer = backend.allocate(entries.length, entries[0].length);
    backend.write(Arrays.stream(entries).flatMapToDouble(Arrays::stream).toArray(), buffer);
    return buffer;
  }

  /** The last H̃ drawn. */
  public double[] drawn() {
    double[] entries = new double[problem.d() * problem.d()];
    backend.read(h, entries);
    return entries;
  }

  /** Draws H̃ and returns its rows. */
  public int draw(MethodSampler sampler, SamplingMethod method, CurvatureForm form, long rows) {
    return sampler.sample(rows(form), method, rows, h);
  }

  int draw(RowSampler sampler, CurvatureForm form, double size) {
    return sampler.sample(rows(form), form, size, h);
  }

  SpectralComparison.Extremes extremes(SpectralComparison comparison) {
    return comparison.of(h);
  }

  SpectralComparison against(double[][] matrix) {
    try (Buffer buffer = buffer(matrix)) {
      return new SpectralComparison(backend, buffer);
    }
  }

  /** The rows √D_i (C_i - C̄) and w_i C_i: a term of H⁺ is the outer products of two of them. */
  double[][][] terms(CurvatureForm form) {
    SoftmaxReluOracle.At at = new SoftmaxReluOracle(problem).at(x);
    int m = problem.m();
    int d = problem.d();
    double[] b = problem.b();
    double[] w = problem.w().orElseGet(() -> new double[m]);
    double[] mean = SoftmaxReluOracle.transposedTimes(at.c, at.f);
    double fc = 0;
    for (int i = 0; i < m; i++) {
      fc += at.f[i] * (at.f[i] - b[i]);
    }
    double[][][] terms = new double[m][2][d];
    for (int i = 0; i < m; i++) {
      double f = at.f[i];
      double a =
          switch (form) {
            case GAUSS_NEWTON -> f * f;
            case EXACT -> (2 * f - b[i]) * f - fc * f;
          };
      double root = Math.sqrt(Math.max(a, 0));
      double[] c = at.c[i];
      Arrays.setAll(terms[i][0], scaledDifference(root, c, mean));
      double wi = w[i];
      Arrays.setAll(terms[i][1], j -> wi * c[j]);
    }
    return terms;
  }

  private static IntToDoubleFunction scaledDifference(double factor, double[] u, double[] v) {
    return j -> factor * (u[j] - v[j]);
  }

  /** H⁺, summed over its terms. */
  static double[][] sum(double[][][] terms) {
    int d = terms[0][0].length;
    double[][] sum = new double[d][d];
    for (double[][] term : terms) {
      for (double[] row : term) {
        for (int j = 0; j < d; j++) {
          for (int k = 0; k < d; k++) {
            sum[j][k] += row[j] * row[k];
          }
        }
      }
    }
    return sum;
  }

  /** The Gauss-Newton matrix by the paper's formula. */
  double[][] gaussNewton() {
    return new SoftmaxReluOracle(problem).at(x).gaussNewton();
  }

  SoftmaxReluObjective objective() {
    return objective;
  }

  @Override
  public void close() {
    h.close();
    objective.close();
  }
}
