package io.github.relumax.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import io.github.relumax.backend.Backend;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.newton.Curvature;
import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.newton.NewtonSolver;
import io.github.relumax.newton.PathChoice;
import io.github.relumax.newton.Solution;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.oracle.SoftmaxReluOracle;
import io.github.relumax.theory.LipschitzEstimate.Direction;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A certificate against the oracle, which knows nothing of how it is computed. */
final class CertifierTest {
  private static final PlantedProblem PLANTED =
      PlantedProblem.generate(300, 60, 6, 4, 0, ElementType.FLOAT64, 0.3, 1);

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.03})
  void everyFigureOfThePointIsTheOracles(double w) {
    Problem problem = PLANTED.problem().withWeight(w);
    double[] x = PLANTED.x0();
    SoftmaxReluOracle.At at = new SoftmaxReluOracle(problem).at(x);
    double[] hessian = DenseEigenvalues.of(at.hessian());
    Certificate certificate = certify(problem, x, Optional.empty(), Optional.empty());
    assertThat(certificate.norm()).isCloseTo(Vectors.norm(x), withPercentage(1e-12));
    assertThat(certificate.evaluation().loss()).isCloseTo(at.loss(), withPercentage(1e-9));
    assertThat(certificate.least().value()).isCloseTo(hessian[0], within(1e-13 * hessian[5]));
    assertThat(certificate.greatest().value()).isCloseTo(hessian[5], withPercentage(1e-9));
    assertThat(certificate.middle().least())
        .isEqualTo(MiddleMatrix.of(at.f, problem.b()).least(), within(1e-16));
    if (w == 0) {
      assertThat(certificate.weighted()).isEmpty();
    } else {
      MiddleMatrix weighted = certificate.weighted().orElseThrow();
      assertThat(weighted.least())
          .isCloseTo(certificate.middle().least() + w * w, withPercentage(1e-9));
    }
    assertThat(certificate.claimedLeast()).isLessThanOrEqualTo(hessian[0]);
    assertThat(certificate.weights()).isPresent();
    assertThat(certificate.holds()).isEmpty();
    assertThat(certificate.contraction()).isEmpty();
    assertThat(certificate.starDistance()).isEmpty();
  }

  /** λmin(B + W²) >= 0: the bound by B and C is positive, and near where W outweighs B. */
  @Test
  void aLargeWeightMakesTheBoundByBAndCTight() {
    Certificate certificate =
        certify(PLANTED.problem().withWeight(3), PLANTED.x0(), Optional.empty(), Optional.empty());
    assertThat(certificate.claimedLeast())
        .isLessThanOrEqualTo(certificate.least().value() * (1 + 1e-12))
        .isGreaterThan(0.99 * certificate.least().value());
  }

  /**
   * In two dimensions all directions can be tried: M is at least the change at x along the worst of
   * them, and no more than the largest seen within the steps allowed.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void theLipschitzConstantIsTheLargestChangeOfAllDirections(long seed) {
    PlantedProblem planted =
        PlantedProblem.generate(40, 8, 2, 3, 0, ElementType.FLOAT64, 0.5, seed);
    double[] x = planted.x0();
    SoftmaxReluOracle oracle = new SoftmaxReluOracle(planted.problem());
    double[][] here = oracle.at(x).hessian();
    double[][] a1 = SoftmaxReluOracle.entries(planted.problem().a1());
    double[] z1 = SoftmaxReluOracle.times(a1, x);
    double atX = 0;
    double within = 0;
    for (int degree = 0; degree < 360; degree++) {
      double[] u = {Math.cos(Math.toRadians(degree)), Math.sin(Math.toRadians(degree))};
      double[] change = SoftmaxReluOracle.times(a1, u);
      double room = Vectors.norm(x);
      for (int i = 0; i < z1.length; i++) {
        if (z1[i] * change[i] < 0) {
          room = Math.min(room, -z1[i] / change[i]);
        }
      }
      for (double share : new double[] {0.5, 0.5 / 16, 0.5 / 256, 1e-5}) {
        double t = share * room;
        double[] there = {x[0] + t * u[0], x[1] + t * u[1]};
        double quotient = DenseEigenvalues.distance(oracle.at(there).hessian(), here) / t;
        within = Math.max(within, quotient);
        if (share == 1e-5) {
          atX = Math.max(atX, quotient);
        }
      }
    }
    LipschitzEstimate found =
        certify(planted.problem(), x, Optional.empty(), Optional.empty()).lipschitz();
    assertThat(found.isKnown()).isTrue();
    assertThat(found.value()).isBetween(0.98 * atX, 1.001 * within);
    assertThat(found.randomDirections()).isEqualTo(8);
  }

  /** Two units turn within 1e-13 of x, one on either side: a shorter step would be rounding. */
  @Test
  void aKinkAtRoundingLeavesTheLipschitzConstantUnknown() {
    double[][] a1 = {{1, 1}, {2, 1}, {1, -1 + 1e-13}, {1, -1 - 1e-13}};
    double[][] a2 = {{1, 0, 0.5, 1}, {0, 1, 1, 0}, {-1, 0.3, 0, 2}};
    Problem problem = Problem.of(Matrix.of(a1), Matrix.of(a2), new double[] {0.2, 0.3, 0.5});
    Certificate certificate =
        certify(problem, new double[] {1, 1}, Optional.empty(), Optional.empty());
    assertThat(certificate.kinkDistance()).isBetween(5e-14, 1e-13);
    assertThat(certificate.lipschitz().isKnown()).isFalse();
    assertThat(certificate.greatest().value()).isPositive();
  }

  /** Where all directions are alike to random ones, the eigenvectors of changes lead on. */
  @Test
  void theSearchClimbsBeyondRandomDirections() {
    PlantedProblem planted =
        PlantedProblem.generate(500, 150, 24, 4, 0, ElementType.FLOAT64, 0.3, 2);
    LipschitzEstimate found =
        certify(planted.problem(), planted.xStar(), Optional.empty(), Optional.empty()).lipschitz();
    assertThat(found.direction()).isEqualTo(Direction.ASCENT);
    assertThat(found.ascentSteps()).isPositive();
  }

  @ParameterizedTest
  @EnumSource
  void distancesAreThoseOfTheSolversIterates(Curvature curvature) {
    Certificate certificate =
        certify(
            PLANTED.problem(),
            PLANTED.xStar(),
            Optional.of(PLANTED.x0()),
            Optional.of(PLANTED.xStar()),
            NewtonOptions.DEFAULTS.withCurvature(curvature));
    Contraction contraction = certificate.contraction().orElseThrow();
    NewtonOptions options =
        NewtonOptions.DEFAULTS.withCurvature(curvature).withPath(PathChoice.KEPT);
    double worst = 0;
    try (Backend backend = CpuBackends.VECTOR_2.open()) {
      for (int t = 0; t <= contraction.steps(); t++) {
        Solution solution =
            new NewtonSolver(backend, options.withMaxIterations(t))
                .solve(PLANTED.problem(), PLANTED.x0());
        double distance = Vectors.distance(solution.x(), PLANTED.xStar());
        assertThat(contraction.distances().get(t)).isEqualTo(distance);
        if (t > 0) {
          double before = contraction.distances().get(t - 1);
          assertThat(contraction.ratio(t - 1)).isEqualTo(distance / before);
          worst = Math.max(worst, before > 1e-13 ? distance / before : 0);
        }
      }
    }
    assertThat(contraction.status().converged()).isTrue();
    assertThat(contraction.worst()).hasValue(worst);
    assertThat(contraction.precision()).isBetween(1e-17, 1e-14);
    assertThat(certificate.curvature()).isEqualTo(curvature);
    assertThat(certificate.starDistance()).hasValue(0);
  }

  /** A planted x* is no minimiser once there is a W, and the steps do not count against it. */
  @Test
  void anXStarThatIsNotStationaryIsFoundOut() {
    Problem problem = PLANTED.problem().withWeight(1e-3);
    SoftmaxReluOracle.At at = new SoftmaxReluOracle(problem).at(PLANTED.xStar());
    DMatrixRMaj step = new DMatrixRMaj(6, 1);
    assertThat(
            CommonOps_DDRM.solve(
                new DMatrixRMaj(at.hessian()), new DMatrixRMaj(6, 1, true, at.gradient), step))
        .isTrue();
    Certificate certificate =
        certify(problem, PLANTED.xStar(), Optional.of(PLANTED.x0()), Optional.of(PLANTED.xStar()));
    Contraction contraction = certificate.contraction().orElseThrow();
    assertThat(contraction.precision()).isCloseTo(Vectors.norm(step.data), withPercentage(1e-6));
    assertThat(contraction.counts(contraction.steps() - 1)).isFalse();
  }

  @Test
  void theConditionComparesTheDistanceWithTheRadius() {
    double[] x = PLANTED.xStar();
    double[] near = x.clone();
    near[0] += 1e-9;
    Certificate holds = certify(PLANTED.problem(), x, Optional.of(near), Optional.of(x));
    assertThat(holds.holds()).contains(true);
    assertThat(holds.radius())
        .isCloseTo(0.1 * holds.least().value() / holds.lipschitz().value(), withPercentage(1e-12));
    assertThat(holds.startDistance().orElseThrow()).isCloseTo(1e-9, withPercentage(1e-4));
    Certificate fails = certify(PLANTED.problem(), x, Optional.of(PLANTED.x0()), Optional.of(x));
    assertThat(fails.holds()).contains(false);
  }

  @Test
  void aPointWithNothingToSayIsRefused() {
    assertThatThrownBy(
            () -> certify(PLANTED.problem(), new double[6], Optional.empty(), Optional.empty()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no unit is active");
    double[] huge = Arrays.stream(PLANTED.x0()).map(value -> 1e308 * value).toArray();
    assertThatThrownBy(() -> certify(PLANTED.problem(), huge, Optional.empty(), Optional.empty()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("overflow");
  }

  /** The Hessian is 0: so is l, M cannot be seen, and no weight has a scale. */
  @Test
  void aSaturatedSoftmaxLeavesOnlyC() {
    double[] far = Arrays.stream(PLANTED.x0()).map(value -> 1e6 * value).toArray();
    Certificate certificate =
        certify(PLANTED.problem(), far, Optional.of(PLANTED.x0()), Optional.of(PLANTED.xStar()));
    assertThat(certificate.least().value()).isZero();
    assertThat(certificate.lipschitz().isKnown()).isFalse();
    assertThat(certificate.radius()).isNaN();
    assertThat(certificate.holds()).isEmpty();
    assertThat(certificate.weights()).isEmpty();
    assertThat(certificate.noWeights()).contains("saturated");
    assertThat(certificate.sigma().fullRank()).isTrue();
  }

  private static Certificate certify(
      Problem problem, double[] x, Optional<double[]> x0, Optional<double[]> xStar) {
    return certify(problem, x, x0, xStar, NewtonOptions.DEFAULTS);
  }

  private static Certificate certify(
      Problem problem,
      double[] x,
      Optional<double[]> x0,
      Optional<double[]> xStar,
      NewtonOptions options) {
    try (Backend backend = CpuBackends.VECTOR_2.open()) {
      return new Certifier(
              backend, problem, CurvaturePath.KEPT, new Certifier.Points(x, x0, xStar), options, 1)
          .certify(OptionalDouble.empty());
    }
  }
}
