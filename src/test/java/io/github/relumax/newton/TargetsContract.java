package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CountingBackend;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.InsufficientMemoryException;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.model.Targets;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many targets at once, beside the same ones alone. */
@Timeout(300)
public abstract class TargetsContract {
  private static final int M = 151;
  private static final int N = 43;
  private static final int D = 7;

  /** More than are under way at once. */
  private static final int MANY = NewtonSolver.USUALLY_AT_ONCE + 5;

  private static final NewtonOptions PRECISE = NewtonOptions.DEFAULTS.withTolerance(1e-11);

  /** Of ‖x‖. */
  private static final double X = 1e-8;

  protected abstract Backend open();

  @AfterEach
  void noThreadIsLeft() {
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("relumax-lane-"));
  }

  private static PlantedProblem planted() {
    return PlantedProblem.generate(M, N, D, 4, 0, ElementType.FLOAT64, 0.3, 1);
  }

  /**
   * Targets of which the even ones can be reached from near x0, and the odd ones cannot be reached
   * at all, so that units come to rest at their kinks.
   */
  private static Targets targets(PlantedProblem planted, int count) {
    Random random = new Random(3);
    SoftmaxReluOracle oracle = new SoftmaxReluOracle(planted.problem());
    double[][] b = new double[M][count];
    for (int k = 0; k < count; k++) {
      double[] x = planted.xStar().clone();
      for (int j = 0; j < D; j++) {
        x[j] += 0.05 * random.nextGaussian();
      }
      double[] f = oracle.at(x).f;
      for (int i = 0; i < M; i++) {
        b[i][k] = k % 2 == 0 ? f[i] : f[i] * Math.exp(0.1 * random.nextGaussian());
      }
    }
    return Targets.of(planted.problem(), Matrix.of(b));
  }

  private static Targets with(Targets targets, int target, double[] b) {
    double[][] all = new double[M][targets.count()];
    for (int k = 0; k < targets.count(); k++) {
      double[] column = k == target ? b : targets.problem(k).b();
      for (int i = 0; i < M; i++) {
        all[i][k] = column[i];
      }
    }
    return Targets.of(targets.common(), Matrix.of(all));
  }

  private static void assertSame(Solution actual, Solution expected) {
    assertThat(actual.status()).isEqualTo(expected.status());
    double size = 0;
    for (double value : expected.x()) {
      size = Math.hypot(size, value);
    }
    for (int j = 0; j < D; j++) {
      assertThat(actual.x()[j]).isCloseTo(expected.x()[j], within(X * size));
    }
    assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-10 * expected.loss() + 1e-16));
  }

  @ParameterizedTest
  @CsvSource({
    "FULL, KEPT, 0, 0",
    "FULL, STREAMED, 0, 0",
    "SKETCH_CG, KEPT, 1e-3, 0",
    "SAMPLED, STREAMED, 0, 0",
    "FULL, KEPT, 1e-3, 2"
  })
  void everyTargetIsSolvedAsIfItWereAlone(
      Curvature curvature, PathChoice path, double weight, double radius) {
    PlantedProblem planted = planted();
    Problem changed = planted.problem().withWeight(weight);
    Targets targets =
        targets(planted, MANY).with(radius > 0 ? changed.withRadius(radius) : changed);
    NewtonOptions options = PRECISE.withCurvature(curvature).withPath(path);
    try (Backend backend = open()) {
      NewtonSolver solver = new NewtonSolver(backend, options);
      List<Solution> together = solver.solve(targets, planted.x0());
      assertThat(together).hasSize(MANY);
      int converged = 0;
      for (int k = 0; k < MANY; k++) {
        Solution alone = solver.solve(targets.problem(k), planted.x0());
        assertSame(together.get(k), alone);
        converged += alone.converged() ? 1 : 0;
      }
      assertThat(converged).isGreaterThan(MANY - 3);
    }
  }

  @Test
  void eachMayHaveAStartOfItsOwn() {
    PlantedProblem planted = planted();
    Targets targets = targets(planted, 5);
    double[][] starts = new double[5][];
    Arrays.setAll(starts, k -> PlantedProblem.randomStart(D, k + 1));
    try (Backend backend = open()) {
      NewtonSolver solver = new NewtonSolver(backend, PRECISE);
      List<Solution> together = solver.solve(targets, starts, 3, TargetListener.none());
      for (int k = 0; k < 5; k++) {
        assertSame(together.get(k), solver.solve(targets.problem(k), starts[k]));
      }
    }
  }

  /** One at a time is a single solve after the other. */
  @Test
  void oneAtATimeGivesTheBitsOfSingleSolves() {
    PlantedProblem planted = planted();
    Targets targets = targets(planted, 4);
    try (Backend backend = open()) {
      NewtonSolver solver = new NewtonSolver(backend, NewtonOptions.DEFAULTS);
      List<Solution> solutions =
          solver.solve(targets, new double[][] {planted.x0()}, 1, TargetListener.none());
      for (int k = 0; k < 4; k++) {
        assertThat(solutions.get(k).x())
            .isEqualTo(solver.solve(targets.problem(k), planted.x0()).x());
      }
    }
  }

  @Test
  void aSingleTargetIsAProblem() {
    PlantedProblem planted = planted();
    Targets targets = targets(planted, 1);
    try (Backend backend = open()) {
      NewtonSolver solver = new NewtonSolver(backend, NewtonOptions.DEFAULTS);
      List<Solution> solutions = solver.solve(targets, planted.x0());
      assertThat(solutions).hasSize(1);
      Solution alone = solver.solve(targets.problem(0), planted.x0());
      assertThat(solutions.getFirst().x()).isEqualTo(alone.x());
      assertThat(solutions.getFirst().iterations()).isEqualTo(alone.iterations());
    }
  }

  @Test
  void theSameTargetsGiveTheSameBits() {
    PlantedProblem planted = planted();
    Targets targets = targets(planted, MANY);
    try (Backend first = open();
        Backend second = open()) {
      List<Solution> expected = solve(first, targets, planted.x0());
      for (Backend backend : List.of(first, second)) {
        List<Solution> again = solve(backend, targets, planted.x0());
        for (int k = 0; k < MANY; k++) {
          assertThat(again.get(k).x()).isEqualTo(expected.get(k).x());
          assertThat(again.get(k).iterations()).isEqualTo(expected.get(k).iterations());
        }
      }
    }
  }

  private static List<Solution> solve(Backend backend, Targets targets, double[] x0) {
    return new NewtonSolver(backend, NewtonOptions.DEFAULTS).solve(targets, x0);
  }

  /** A loss that overflows at the start, one that cannot be had in time, and good ones. */
  @Test
  void aTargetThatFailsHurtsNoOther() {
    PlantedProblem planted = planted();
    double[] huge = new double[M];
    Arrays.fill(huge, 1e200);
    Targets targets = with(targets(planted, 6), 2, huge);
    try (Backend backend = open()) {
      NewtonSolver solver = new NewtonSolver(backend, PRECISE);
      List<Solution> together = solver.solve(targets, planted.x0());
      assertThat(together.get(2).status()).isEqualTo(Status.NON_FINITE);
      for (int k : new int[] {0, 1, 3, 4, 5}) {
        assertSame(together.get(k), solver.solve(targets.problem(k), planted.x0()));
        assertThat(together.get(k).converged()).isTrue();
      }
      NewtonSolver hurried = new NewtonSolver(backend, NewtonOptions.DEFAULTS.withMaxIterations(2));
      assertThat(hurried.solve(targets, planted.x0()))
          .extracting(Solution::status)
          .contains(Status.NON_FINITE, Status.ITERATION_LIMIT);
    }
  }

  /** No unit is active there: every target ends before it has asked for a product. */
  @Test
  void targetsMayEndAtOnce() {
    PlantedProblem planted = planted();
    try (Backend backend = open()) {
      assertThat(solve(backend, targets(planted, MANY), new double[D]))
          .hasSize(MANY)
          .allMatch(solution -> solution.status() == Status.NO_ACTIVE_UNIT);
    }
  }

  @Test
  void anInterruptedSolveKeepsWhatItHas() {
    PlantedProblem planted = planted();
    Targets targets = targets(planted, MANY + 20);
    try (Backend backend = open()) {
      NewtonSolver solver = new NewtonSolver(backend, NewtonOptions.DEFAULTS);
      List<Integer> ended = new ArrayList<>();
      TargetListener listener =
          new TargetListener() {
            @Override
            public void onSolution(int target, Solution solution) {
              ended.add(target);
              if (ended.size() == 3) {
                solver.interrupt();
              }
            }
          };
      List<Solution> solutions = solver.solve(targets, new double[][] {planted.x0()}, 8, listener);
      assertThat(solutions).hasSize(MANY + 20);
      for (int target : ended.subList(0, 3)) {
        assertThat(solutions.get(target).converged()).isTrue();
      }
      assertThat(solutions.getLast().status()).isEqualTo(Status.INTERRUPTED);
      assertThat(solutions.getLast().x()).isEqualTo(planted.x0());
      assertThat(solutions.getLast().loss()).isNaN();
      int underWay = 0;
      for (Solution solution : solutions) {
        if (solution.status() == Status.INTERRUPTED && solution.iterations() > 0) {
          assertThat(solution.loss()).isFinite();
          underWay++;
        }
      }
      assertThat(underWay).isPositive();
      // And the solver goes on to serve.
      assertThat(solver.solve(targets.problem(0), planted.x0()).converged()).isTrue();
    }
  }

  @Test
  void anInterruptedThreadIsHeard() {
    PlantedProblem planted = planted();
    try (Backend backend = open()) {
      Thread.currentThread().interrupt();
      List<Solution> solutions = solve(backend, targets(planted, 3), planted.x0());
      assertThat(Thread.interrupted()).isTrue();
      assertThat(solutions).allMatch(solution -> solution.status() == Status.INTERRUPTED);
    }
  }

  @Test
  void theTimeLimitIsForAll() {
    PlantedProblem planted = planted();
    try (Backend backend = open()) {
      NewtonOptions hurry = NewtonOptions.DEFAULTS.withTimeLimit(1e-9);
      assertThat(new NewtonSolver(backend, hurry).solve(targets(planted, 3), planted.x0()))
          .hasSize(3)
          .allMatch(solution -> solution.status() == Status.TIME_LIMIT)
          .allMatch(solution -> Arrays.equals(solution.x(), planted.x0()));
    }
  }

  /** Whatever it is, and while others wait for a product. */
  @Test
  void whatALaneThrowsReachesTheCaller() {
    PlantedProblem planted = planted();
    Targets targets = targets(planted, MANY);
    for (Throwable failure : List.of(new IllegalStateException("x"), new AssertionError("x"))) {
      TargetListener listener =
          new TargetListener() {
            @Override
            public void onIteration(int target, Iteration iteration) {
              if (target == 3 && iteration.number() == 2) {
                TargetsContract.<RuntimeException>sneak(failure);
              }
            }
          };
      try (Backend backend = open()) {
        NewtonSolver solver = new NewtonSolver(backend, NewtonOptions.DEFAULTS);
        assertThatThrownBy(() -> solver.solve(targets, new double[][] {planted.x0()}, 8, listener))
            .isSameAs(failure);
        noThreadIsLeft();
        assertThat(solver.solve(targets.problem(0), planted.x0()).converged()).isTrue();
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable failure) throws T {
    throw (T) failure;
  }

  /** Memory runs out in the second of three solves that a lane would do. */
  @Test
  void whatHasEndedOutlivesAFailure() {
    PlantedProblem planted = planted();
    Targets targets = targets(planted, MANY);
    AtomicBoolean full = new AtomicBoolean();
    List<Integer> ended = new ArrayList<>();
    List<Solution> kept = new ArrayList<>();
    List<List<Iteration>> paths = new ArrayList<>();
    TargetListener listener =
        new TargetListener() {
          @Override
          public void onIteration(int target, Iteration iteration) {
            while (paths.size() <= target) {
              paths.add(new ArrayList<>());
            }
            paths.get(target).add(iteration);
          }

          @Override
          public void onSolution(int target, Solution solution) {
            ended.add(target);
            full.set(ended.size() == 3);
          }

          @Override
          public void onFailure(List<Solution> solutions) {
            kept.addAll(solutions);
          }
        };
    InsufficientMemoryException failure = new InsufficientMemoryException("no room");
    try (Backend real = open()) {
      Backend failing =
          new CountingBackend(real) {
            @Override
            public Buffer allocate(long rows, long columns) {
              if (full.get()) {
                throw failure;
              }
              return super.allocate(rows, columns);
            }
          };
      NewtonSolver solver = new NewtonSolver(failing, NewtonOptions.DEFAULTS);
      assertThatThrownBy(() -> solver.solve(targets, new double[][] {planted.x0()}, 8, listener))
          .isSameAs(failure);
      assertThat(kept).hasSize(MANY);
      assertThat(ended).hasSize(3);
      // The targets that were begun when one had ended: one failed at once, others at their best.
      int underWay = 0;
      int failed = 0;
      for (int k = 0; k < MANY; k++) {
        Solution solution = kept.get(k);
        if (ended.contains(k)) {
          Solution whole =
              new NewtonSolver(real, NewtonOptions.DEFAULTS)
                  .solve(targets.problem(k), planted.x0());
          assertThat(solution.status()).isEqualTo(whole.status());
          assertThat(solution.loss()).isCloseTo(whole.loss(), within(1e-8 * whole.loss() + 1e-16));
        } else if (k < paths.size() && !paths.get(k).isEmpty()) {
          Iteration last = paths.get(k).getLast();
          assertThat(solution.status()).isEqualTo(Status.INTERRUPTED);
          assertThat(solution.iterations()).isEqualTo(last.number());
          assertThat(solution.loss()).isEqualTo(last.loss());
          assertThat(new SoftmaxReluOracle(targets.problem(k)).at(solution.x()).loss())
              .isCloseTo(last.loss(), within(1e-10 * last.loss() + 1e-16));
          underWay++;
        } else {
          failed += solution.status() == Status.FAILED ? 1 : 0;
          assertThat(solution.status()).isIn(Status.FAILED, Status.INTERRUPTED);
          assertThat(solution.x()).isEqualTo(planted.x0());
          assertThat(solution.loss()).isNaN();
        }
      }
      assertThat(underWay).isPositive();
      assertThat(failed).isEqualTo(1);
    }
  }

  /** The product of several rows fails for all that wait for it. */
  @Test
  void aProductThatFailsReachesTheCaller() {
    PlantedProblem planted = planted();
    try (Backend real = open()) {
      CountingBackend failing =
          new CountingBackend(real) {
            @Override
            public void multiplyTransposed(Buffer a, Buffer v, Buffer y) {
              if (v.rows() > 1 && a.rows() == M) {
                throw new IllegalStateException("the device is lost");
              }
              super.multiplyTransposed(a, v, y);
            }
          };
      assertThatThrownBy(() -> solve(failing, targets(planted, 6), planted.x0()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the device is lost");
    }
  }

  /** A1 and A2 are brought over once, C at the start is formed once, and A2 is read less often. */
  @Test
  void whatCanBeSharedIsShared() {
    PlantedProblem planted = planted();
    int count = NewtonSolver.USUALLY_AT_ONCE;
    Targets targets = targets(planted, count);
    try (Backend real = open()) {
      Reads alone = new Reads(real);
      NewtonSolver one =
          new NewtonSolver(alone, NewtonOptions.DEFAULTS.withCurvature(Curvature.FULL));
      for (int k = 0; k < count; k++) {
        one.solve(targets.problem(k), planted.x0());
      }
      Reads together = new Reads(real);
      new NewtonSolver(together, NewtonOptions.DEFAULTS.withCurvature(Curvature.FULL))
          .solve(targets, planted.x0());
      assertThat(alone.uploads).isEqualTo(2 * count);
      assertThat(together.uploads).isEqualTo(2);
      assertThat(together.formed()).isEqualTo(alone.formed() - count + 1);
      assertThat(alone.most).isBetween(2L, (long) NewtonRun.MOST_TRIALS);
      assertThat(together.most).isGreaterThan(2 * alone.most);
      // Solves end at different times, and the last ones are alone.
      assertThat(together.reads).isLessThan(alone.reads / 2);
    }
  }

  /** Counts uploads, and the products that read A2. */
  private static final class Reads extends CountingBackend {
    private int uploads;
    private int reads;
    private long most;

    Reads(Backend backend) {
      super(backend);
    }

    @Override
    public Buffer upload(Matrix matrix) {
      uploads++;
      return super.upload(matrix);
    }

    @Override
    public void multiply(Buffer a, Buffer x, Buffer y) {
      count(a, x);
      super.multiply(a, x, y);
    }

    @Override
    public void multiplyTransposed(Buffer a, Buffer v, Buffer y) {
      count(a, v);
      super.multiplyTransposed(a, v, y);
    }

    private void count(Buffer a, Buffer rows) {
      if (a.rows() == M && a.columns() == N) {
        reads++;
        most = Math.max(most, rows.rows());
      }
    }
  }

  @Test
  void startsAreChecked() {
    PlantedProblem planted = planted();
    Targets targets = targets(planted, 3);
    try (Backend backend = open()) {
      NewtonSolver solver = new NewtonSolver(backend, NewtonOptions.DEFAULTS);
      assertThatThrownBy(() -> solver.solve(targets, new double[2][D], 9, TargetListener.none()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage("2 starts, expected 1 or 3, one for each target");
      assertThatThrownBy(() -> solver.solve(targets, new double[3][D], 0, TargetListener.none()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage("at once: 0, expected 1 or more");
      assertThatThrownBy(() -> solver.solve(targets, new double[] {1, Double.NaN}))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("start: 2 values, expected 7");
    }
  }
}
