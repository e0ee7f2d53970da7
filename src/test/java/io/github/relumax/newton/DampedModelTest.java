package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.cpu.CpuBackends;
import java.util.Arrays;
import java.util.Random;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The step against an eigen-decomposition and bisection, which share no idea with the code. */
final class DampedModelTest {
  private final Backend backend = CpuBackends.SCALAR_2.open();
  private final Random random = new Random(8);

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 17, 65})
  void withoutABallTheStepSolvesTheDampedSystem(int d) {
    Model model = randomModel(d, 1);
    double[] p = minimise(model, 0.3, Double.POSITIVE_INFINITY);
    double[] g = model.residual(0.3, p);
    for (int i = 0; i < d; i++) {
      assertThat(g[i]).isCloseTo(0, within(1e-12 * norm(model.gradient)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 0.5",
    "1, 1",
    "2, 0.01",
    "2, 0.9",
    "3, 0.5",
    "17, 0.001",
    "17, 0.5",
    "17, 0.999",
    "65, 0.1",
    "65, 1"
  })
  void inABallTheStepIsTheMinimiserOfTheModelOverIt(int d, double start) {
    for (double condition : new double[] {1, 1e3, 1e6}) {
      Model model = randomModel(d, condition);
      double radius = 1.5;
      double size = norm(model.x);
      Arrays.setAll(model.x, k -> model.x[k] * radius * start / size);
      double[] expected = model.minimiser(0.01, radius);
      double[] p = minimise(model, 0.01, radius);
      double[] point = sum(model.x, p);
      assertThat(norm(point)).isLessThanOrEqualTo(radius * (1 + 1e-12));
      for (int k = 0; k < d; k++) {
        assertThat(p[k]).isCloseTo(expected[k], within(1e-9 * (norm(expected) + 1e-6 * radius)));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"2, 0.9", "3, 0.5", "17, 0.001", "17, 1", "65, 0.5"})
  void anIndefiniteModelHasItsMinimiserOnTheBall(int d, double start) {
    for (double shift : new double[] {1.5, 50, 2000}) {
      Model model = randomModel(d, 1e3);
      for (int i = 0; i < d; i++) {
        model.h[i][i] -= shift;
      }
      double radius = 1.5;
      double size = norm(model.x);
      Arrays.setAll(model.x, k -> model.x[k] * radius * start / size);
      double[] expected = model.minimiser(0.01, radius);
      double[] p = minimise(model, 0.01, radius);
      assertThat(norm(sum(model.x, p))).isCloseTo(radius, within(1e-12 * radius));
      for (int k = 0; k < d; k++) {
        assertThat(p[k]).isCloseTo(expected[k], within(1e-8 * radius));
      }
    }
  }

  /** The constraint leaves the gradient at the end of the step pointing straight at the centre. */
  @Test
  void whereTheBallBindsTheGradientPointsAtItsCentre() {
    Model model = randomModel(17, 1e4);
    Arrays.setAll(model.x, k -> 0.01 * model.x[k]);
    double radius = 0.3 * norm(sum(model.x, minimise(model, 1e-3, Double.POSITIVE_INFINITY)));
    double[] p = minimise(model, 1e-3, radius);
    double[] point = sum(model.x, p);
    double[] residual = model.residual(1e-3, p);
    double nu = -dot(residual, point) / dot(point, point);
    assertThat(norm(point)).isCloseTo(radius, within(1e-12 * radius));
    assertThat(nu).isPositive();
    for (int k = 0; k < residual.length; k++) {
      assertThat(residual[k] + nu * point[k]).isCloseTo(0, within(1e-10 * nu * radius));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 17})
  void aBallThatDoesNotBindChangesNoBit(int d) {
    Model model = randomModel(d, 10);
    double[] free = minimise(model, 0.1, Double.POSITIVE_INFINITY);
    double radius = 1.001 * norm(sum(model.x, free));
    assertThat(minimise(model, 0.1, radius)).containsExactly(free);
  }

  /** x at a minimiser on the sphere: the step is far shorter than x and must still be accurate. */
  @Test
  void aTinyStepKeepsItsRelativeAccuracy() {
    Model model = randomModel(5, 10);
    double size = norm(model.x);
    double[] tangent = {-model.x[1] / size, model.x[0] / size, 0, 0, 0};
    Arrays.setAll(model.gradient, k -> -model.x[k] + 1e-9 * tangent[k]);
    double[] p = minimise(model, 0.5, size);
    double[] expected = model.minimiser(0.5, size);
    for (int k = 0; k < 5; k++) {
      assertThat(p[k]).isCloseTo(expected[k], within(1e-5 * norm(expected)));
    }
    assertThat(norm(p)).isBetween(1e-11, 1e-8);
  }

  @Test
  void withoutABallAnIndefiniteModelHasNoMinimiser() {
    Model model = randomModel(9, 10);
    model.h[4][4] = -1;
    try (Buffer h = buffer(model.h);
        Buffer x = buffer(model.x);
        Buffer g = buffer(model.gradient);
        Buffer p = backend.allocate(1, 9);
        Buffer right = backend.allocate(1, 9);
        MatrixSystem system = new MatrixSystem(backend, 9);
        DampedModel damped = new DampedModel(backend, 9, Double.POSITIVE_INFINITY)) {
      assertThat(damped.minimise(smooth(system.of(h), x, g, right), 0, 1, x, p)).isFalse();
      assertThat(damped.minimise(smooth(system.of(h), x, g, right), 1e3, 1, x, p)).isTrue();
    }
  }

  /**
   * Loss times a power of two: gradient, H and damping scale alike, and the step has the same bits.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0.4, Double.POSITIVE_INFINITY})
  void scalingTheLossChangesNoBit(double radius) {
    Model model = randomModel(17, 100);
    Arrays.setAll(model.x, k -> 0.05 * model.x[k]);
    double[] p = minimise(model, 0.25, radius);
    double scale = 0x1p-90;
    Arrays.setAll(model.gradient, k -> scale * model.gradient[k]);
    for (double[] row : model.h) {
      Arrays.setAll(row, k -> scale * row[k]);
    }
    assertThat(minimise(model, scale * 0.25, radius)).containsExactly(p);
  }

  private double[] minimise(Model model, double lambda, double radius) {
    int d = model.x.length;
    double[] step = new double[d];
    try (Buffer h = buffer(model.h);
        Buffer x = buffer(model.x);
        Buffer g = buffer(model.gradient);
        Buffer p = backend.allocate(1, d);
        Buffer right = backend.allocate(1, d);
        MatrixSystem system = new MatrixSystem(backend, d);
        DampedModel damped = new DampedModel(backend, d, radius)) {
      assertThat(damped.minimise(smooth(system.of(h), x, g, right), lambda, 1, x, p)).isTrue();
      backend.read(p, step);
    }
    return step;
  }

  private StepModel smooth(ShiftedSystem h, Buffer x, Buffer g, Buffer right) {
    return new SmoothModel(backend, h, x, g, right);
  }

  /** gᵀp + 1/2 pᵀ(H + λI)p around x. */
  private record Model(double[][] h, double[] gradient, double[] x) {
    /** g + (H + λI) p. */
    double[] residual(double lambda, double[] p) {
      double[] residual = gradient.clone();
      Arrays.setAll(residual, i -> gradient[i] + dot(h[i], p) + lambda * p[i]);
      return residual;
    }

    /**
     * In the basis of the eigenvectors the point x + p is (e_i y_i) / (λ_i + ν), and its length
     * falls as ν grows: bisection for the ν at which it is the radius.
     */
    double[] minimiser(double lambda, double radius) {
      int d = x.length;
      EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(d, true, true);
      assertThat(eigen.decompose(new DMatrixRMaj(h))).isTrue();
      double[] values = new double[d];
      double[][] vectors = new double[d][];
      double[] along = new double[d];
      double[] away = new double[d];
      for (int i = 0; i < d; i++) {
        values[i] = eigen.getEigenvalue(i).getReal() + lambda;
        vectors[i] = eigen.getEigenVector(i).data.clone();
        along[i] = dot(vectors[i], x);
        away[i] = dot(vectors[i], gradient);
      }
      // Below this H + (λ+ν)I is indefinite.
      double low = Math.max(0, -Arrays.stream(values).min().getAsDouble());
      double high = 0;
      if (low > 0 || length(values, along, away, 0) > radius) {
        high = low + 1;
        while (length(values, along, away, high) > radius) {
          high = low + 2 * (high - low);
        }
        for (int step = 0; step < 200; step++) {
          double middle = 0.5 * (low + high);
          if (length(values, along, away, middle) > radius) {
            low = middle;
          } else {
            high = middle;
          }
        }
      }
      double[] p = new double[d];
      for (int i = 0; i < d; i++) {
        double coefficient = -(away[i] + high * along[i]) / (values[i] + high);
        for (int k = 0; k < d; k++) {
          p[k] += coefficient * vectors[i][k];
        }
      }
      return p;
    }

    private static double length(double[] values, double[] along, double[] away, double nu) {
      double squares = 0;
      for (int i = 0; i < values.length; i++) {
        squares += Math.pow((values[i] * along[i] - away[i]) / (values[i] + nu), 2);
      }
      return Math.sqrt(squares);
    }
  }

  /** Q diag(1..condition) Qᵀ with Q = I - 2 v vᵀ / ⟨v,v⟩, a reflection. */
  private Model randomModel(int d, double condition) {
    double[] values = new double[d];
    Arrays.setAll(values, i -> d == 1 ? condition : Math.pow(condition, (double) i / (d - 1)));
    double[] v = normals(d);
    double[][] q = new double[d][d];
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < d; j++) {
        q[i][j] = (i == j ? 1 : 0) - 2 * v[i] * v[j] / dot(v, v);
      }
    }
    double[][] h = new double[d][d];
    for (int i = 0; i < d; i++) {
      for (int j = 0; j <= i; j++) {
        for (int k = 0; k < d; k++) {
          h[i][j] += q[i][k] * values[k] * q[j][k];
        }
        h[j][i] = h[i][j];
      }
    }
    return new Model(h, normals(d), normals(d));
  }

  private double[] normals(int size) {
    double[] values = new double[size];
    Arrays.setAll(values, i -> random.nextGaussian());
    return values;
  }

  private Buffer buffer(double[]... rows) {
    Buffer buffer = backend.allocate(rows.length, rows[0].length);
    backend.write(Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray(), buffer);
    return buffer;
  }

  private static double[] sum(double[] u, double[] v) {
    double[] sum = new double[u.length];
    Arrays.setAll(sum, k -> u[k] + v[k]);
    return sum;
  }

  private static double dot(double[] u, double[] v) {
    double sum = 0;
    for (int k = 0; k < u.length; k++) {
      sum += u[k] * v[k];
    }
    return sum;
  }

  private static double norm(double[] v) {
    return Math.sqrt(dot(v, v));
  }
}
