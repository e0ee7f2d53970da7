package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.SoftmaxReluObjective.Quantity;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Excursions, apart from the solves that try them. */
final class ExcursionTest {
  private static final CurvatureForm FORM = CurvatureForm.GAUSS_NEWTON;

  private final PlantedProblem planted =
      PlantedProblem.generate(300, 60, 8, 4, 0, ElementType.FLOAT64, 0.01, 1);

  private final PhaseClock clock = new PhaseClock(IterationListener.none());
  private final Backend backend = CpuBackends.VECTOR_2.open();
  private final Place place =
      new Place(
          backend,
          planted.problem(),
          NewtonOptions.DEFAULTS,
          CurvaturePath.KEPT,
          StepMethod.FULL,
          clock);
  private final Directions directions =
      new Directions(
          backend,
          planted.problem(),
          place,
          Curvature.AUTO,
          new Damping(),
          new FormChoice(Curvature.AUTO),
          clock,
          () -> false);
  private final Excursion excursion = new Excursion(backend, place, directions, clock, () -> false);

  @AfterEach
  void close() {
    excursion.close();
    directions.close();
    place.close();
    backend.close();
  }

  private double[] x() {
    return place.objective().read(Quantity.X);
  }

  @Test
  void itStaysWhereTheLossIsLower() {
    double loss = place.objective().startAt(planted.x0()).loss();
    assertThat(excursion.tryFrom(FORM, 10)).isEqualTo(1);
    assertThat(place.evaluation().loss()).isLessThan(loss);
    assertThat(x()).isNotEqualTo(planted.x0());
    assertThat(excursion.distance()).isCloseTo(directions.length(), within(1e-12));
  }

  /** Near the origin steps are longer than x, though this one would lower the loss as well. */
  @Test
  void itDoesNotBeginWithAStepLongerThanX() {
    double[] x = Arrays.stream(planted.x0()).map(v -> 0.1 * v).toArray();
    double loss = place.objective().startAt(x).loss();
    assertThat(excursion.tryFrom(FORM, 10)).isZero();
    assertThat(x()).isEqualTo(x);
    Buffer p = directions.p();
    assertThat(directions.length()).isGreaterThan(place.norm(place.objective().x()));
    assertThat(place.objective().tryPoints(p, NewtonRun.FULL_STEP)[0]).isLessThan(loss);
  }
}
