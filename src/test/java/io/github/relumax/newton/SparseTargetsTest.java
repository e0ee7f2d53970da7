package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CountingBackend;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.model.Targets;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many targets with an A2 that is mostly zeros: each has a thread of its own. */
@Timeout(120)
final class SparseTargetsTest {
  private static final int M = 151;
  private static final int N = 43;
  private static final int D = 7;
  private static final int COUNT = 9;

  private final double[] x0 = PlantedProblem.randomStart(D, 5);
  private final Targets targets = targets();

  @AfterEach
  void noThreadIsLeft() {
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("relumax-worker-"));
  }

  /** Each b is softmax near x0; every seventh entry of A2 is not zero. */
  private Targets targets() {
    Random random = new Random(7);
    Matrix a1 = Matrix.allocate(N, D, ElementType.FLOAT64);
    Matrix a2 = Matrix.allocate(M, N, ElementType.FLOAT64);
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < D; j++) {
        a1.set(i, j, random.nextGaussian());
      }
    }
    for (int i = 0; i < M; i++) {
      for (int j = i % 7; j < N; j += 7) {
        a2.set(i, j, random.nextGaussian());
      }
    }
    Problem problem = Problem.of(a1, a2, new double[M]);
    SoftmaxReluOracle oracle = new SoftmaxReluOracle(problem);
    double[][] b = new double[M][COUNT];
    for (int k = 0; k < COUNT; k++) {
      double[] x = x0.clone();
      for (int j = 0; j < D; j++) {
        x[j] += 0.05 * random.nextGaussian();
      }
      double[] f = oracle.at(x).f;
      for (int i = 0; i < M; i++) {
        b[i][k] = f[i];
      }
    }
    return Targets.of(problem, Matrix.of(b));
  }

  /** With a coarse problem, whose descents come one after the other, and without. */
  @ParameterizedTest
  @CsvSource({"0, FIRST", "60, FIRST", "60, LOWER", "60, AUTO"})
  void eachIsSolvedToTheBitAsOnOneThread(int coarse, Minima minima) {
    CoarseRows rows = coarse == 0 ? CoarseRows.NONE : CoarseRows.of(coarse);
    NewtonOptions options = NewtonOptions.DEFAULTS.withCoarseRows(rows).withMinima(minima);
    try (Backend two = CpuBackends.VECTOR_2.open();
        Backend one = CpuBackends.VECTOR_1.open()) {
      List<Solution> together = new NewtonSolver(two, options).solve(targets, x0);
      NewtonSolver alone = new NewtonSolver(one, options);
      assertThat(together).hasSize(COUNT).allMatch(Solution::converged);
      for (int k = 0; k < COUNT; k++) {
        Solution expected = alone.solve(targets.problem(k), x0);
        assertThat(together.get(k).x()).isEqualTo(expected.x());
        assertThat(together.get(k).coarse().isPresent()).isEqualTo(coarse > 0);
        assertThat(together.get(k).iterations()).isEqualTo(expected.iterations());
        assertThat(together.get(k).backend()).isEqualTo(expected.backend());
      }
    }
  }

  /** The listener may think that it is alone. */
  @Test
  void theListenerHearsOneAtATime() {
    AtomicInteger inside = new AtomicInteger();
    List<Integer> ended = new ArrayList<>();
    int[] most = new int[1];
    TargetListener listener =
        new TargetListener() {
          @Override
          public void onBegin(int atOnce) {
            most[0] = atOnce;
          }

          @Override
          public void onIteration(int target, Iteration iteration) {
            assertThat(inside.incrementAndGet()).isEqualTo(1);
            inside.decrementAndGet();
          }

          @Override
          public void onSolution(int target, Solution solution) {
            assertThat(inside.incrementAndGet()).isEqualTo(1);
            ended.add(target);
            inside.decrementAndGet();
          }
        };
    try (Backend backend = CpuBackends.VECTOR_2.open()) {
      new NewtonSolver(backend, NewtonOptions.DEFAULTS)
          .solve(targets, new double[][] {x0}, 16, listener);
    }
    assertThat(most[0]).isEqualTo(2);
    assertThat(ended).hasSize(COUNT).doesNotHaveDuplicates();
  }

  @Test
  void whatOneThrowsEndsAllAndReachesTheCaller() {
    IllegalStateException failure = new IllegalStateException("x");
    List<Integer> ended = new ArrayList<>();
    TargetListener listener =
        new TargetListener() {
          @Override
          public void onIteration(int target, Iteration iteration) {
            if (target == 1 && iteration.number() == 1) {
              throw failure;
            }
          }

          @Override
          public void onSolution(int target, Solution solution) {
            ended.add(target);
          }
        };
    try (Backend backend = CpuBackends.VECTOR_2.open()) {
      NewtonSolver solver = new NewtonSolver(backend, NewtonOptions.DEFAULTS);
      assertThatThrownBy(() -> solver.solve(targets, new double[][] {x0}, 16, listener))
          .isSameAs(failure);
      noThreadIsLeft();
      assertThat(ended).hasSizeLessThan(COUNT);
      assertThat(solver.solve(targets.problem(0), x0).converged()).isTrue();
    }
  }

  /** The first solve of each thread is whole; then one thread's backend fails in the middle. */
  @Test
  void whatHasEndedOutlivesAFailure() {
    IllegalStateException failure = new IllegalStateException("the device is lost");
    List<Integer> ended = new ArrayList<>();
    List<Solution> kept = new ArrayList<>();
    Map<Integer, Iteration> last = new HashMap<>();
    AtomicBoolean lost = new AtomicBoolean();
    TargetListener listener =
        new TargetListener() {
          @Override
          public void onIteration(int target, Iteration iteration) {
            last.put(target, iteration);
            lost.compareAndSet(false, ended.size() >= 3 && iteration.number() == 2);
          }

          @Override
          public void onSolution(int target, Solution solution) {
            ended.add(target);
          }

          @Override
          public void onFailure(List<Solution> solutions) {
            kept.addAll(solutions);
          }
        };
    try (Backend real = CpuBackends.VECTOR_2.open();
        Backend failing =
            new CountingBackend(real) {
              @Override
              public List<Backend> singleThreads() {
                return super.singleThreads().stream().<Backend>map(this::losing).toList();
              }

              private Backend losing(Backend one) {
                return new CountingBackend(one) {
                  @Override
                  public void multiply(Buffer a, Buffer x, Buffer y) {
                    if (lost.get()) {
                      throw failure;
                    }
                    super.multiply(a, x, y);
                  }
                };
              }
            }) {
      assertThatThrownBy(() ->
              new NewtonSolver(failing, NewtonOptions.DEFAULTS)
                  .solve(targets, new double[][] {x0}, 16, listener))
          .isSameAs(failure);
      List<Solution> whole = new NewtonSolver(real, NewtonOptions.DEFAULTS).solve(targets, x0);
      assertThat(kept).hasSize(COUNT);
      assertThat(ended).hasSizeBetween(3, COUNT - 1);
      assertThat(kept).extracting(Solution::status).contains(Status.FAILED);
      for (int k = 0; k < COUNT; k++) {
        Solution solution = kept.get(k);
        if (solution.converged()) {
          assertThat(ended).contains(k);
          assertThat(solution.x()).isEqualTo(whole.get(k).x());
        } else if (last.containsKey(k)) {
          assertThat(solution.status()).isIn(Status.FAILED, Status.INTERRUPTED);
          assertThat(solution.iterations()).isEqualTo(last.get(k).number());
          assertThat(new SoftmaxReluOracle(targets.problem(k)).at(solution.x()).loss())
              .isCloseTo(last.get(k).loss(), within(1e-10 * last.get(k).loss() + 1e-16));
        } else {
          assertThat(solution.status()).isEqualTo(Status.INTERRUPTED);
          assertThat(solution.x()).isEqualTo(x0);
          assertThat(solution.loss()).isNaN();
        }
      }
    }
  }

  @Test
  void anInterruptedThreadIsHeard() {
    try (Backend backend = CpuBackends.VECTOR_2.open()) {
      Thread.currentThread().interrupt();
      List<Solution> solutions =
          new NewtonSolver(backend, NewtonOptions.DEFAULTS).solve(targets, x0);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(solutions)
          .hasSize(COUNT)
          .allMatch(solution -> solution.status() == Status.INTERRUPTED);
    }
  }
}
