package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.newton.DescentCourse.Point;
import org.junit.jupiter.api.Test;

/** When one of two descents is given up for the other. */
final class DescentCourseTest {
  private static DescentCourse course(double... losses) {
    DescentCourse course = new DescentCourse();
    for (int k = 0; k < losses.length; k++) {
      course.onIteration(iteration(k, losses[k]));
    }
    return course;
  }

  private static DescentCourse converged(double... losses) {
    DescentCourse course = course(losses);
    course.converged();
    return course;
  }

  private static Iteration iteration(int number, double loss) {
    return new Iteration(
        number,
        loss,
        loss,
        0,
        1,
        1,
        1,
        1,
        1,
        CurvatureForm.GAUSS_NEWTON,
        1,
        0,
        0,
        0,
        Approximation.NONE,
        0);
  }

  @Test
  void nobodyIsGivenUpForOneThatGoesOn() {
    assertThat(course(9, 8, 7, 7, 7, 7).givenUp(course(9, 2, 1))).isEmpty();
  }

  /** 5 - (6 - 5) = 4 where the other one has ended at 3.9. */
  @Test
  void asMuchAgainAsThreeStepsGainedIsExpected() {
    DescentCourse other = converged(9, 5, 4.5, 4, 3.9);
    assertThat(course(9, 6, 5.6, 5.3, 5).givenUp(other)).contains(new Point(4, 5));
    assertThat(course(9, 6, 5.6, 5.3, 4.9).givenUp(other)).isEmpty();
    assertThat(course(9, 6.2, 5.6, 5.3, 5).givenUp(other)).isEmpty();
  }

  /** Of two with as many steps it is not known which one is the slower. */
  @Test
  void oneThatHasTakenFewerStepsGoesOn() {
    DescentCourse other = converged(9, 5, 4, 3, 2);
    assertThat(course(9, 9, 9, 9).givenUp(other)).isEmpty();
    assertThat(course(9, 9, 9, 9, 9).givenUp(other)).isPresent();
  }

  /** Whenever somebody asks: also where it has gone on meanwhile, and come below. */
  @Test
  void itIsGivenUpWhereItFirstIs() {
    DescentCourse other = converged(9, 5, 2);
    assertThat(course(9, 7, 5, 4, 4, 1).givenUp(other)).isEmpty();
    DescentCourse slower = course(9, 7, 5, 4.5, 4.5);
    assertThat(slower.givenUp(other)).isEmpty();
    slower.onIteration(iteration(5, 4.4));
    slower.onIteration(iteration(6, 1));
    assertThat(slower.givenUp(other)).contains(new Point(5, 4.4));
    slower.converged();
    assertThat(slower.givenUp(other)).contains(new Point(5, 4.4));
    assertThat(other.givenUp(slower)).isEmpty();
  }

  /** Several steps that were judged together count as so many. */
  @Test
  void stepsAreCountedByTheirNumbers() {
    DescentCourse jumps = course(9);
    jumps.onIteration(iteration(4, 9));
    assertThat(jumps.givenUp(converged(9, 5, 4, 3, 2))).contains(new Point(4, 9));
    assertThat(jumps.givenUp(converged(9, 5, 4, 3, 3, 2))).isEmpty();
  }
}
