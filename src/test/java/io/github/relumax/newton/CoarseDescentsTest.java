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
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two descents of a coarse problem, for a lower minimum. */
@Timeout(120)
final class CoarseDescentsTest {
  private static final int M = 400;
  private static final int N = 60;
  private static final int D = 12;

  private final double[] x0 = PlantedProblem.randomStart(D, 5);

  @AfterEach
  void noThreadIsLeft() {
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("relumax-worker-"));
  }

  private static NewtonOptions options(Minima minima) {
    return NewtonOptions.DEFAULTS.withCoarseRows(CoarseRows.of(90)).withMinima(minima);
  }

  /** Every seventh entry of A2 is not zero; b is far from anything that softmax can be. */
  private static Problem sparse(long seed) {
    Random random = new Random(seed);
    Matrix a1 = Matrix.allocate(N, D, ElementType.FLOAT64);
    Matrix a2 = Matrix.allocate(M, N, ElementType.FLOAT64);
    double[] b = new double[M];
    double sum = 0;
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < D; j++) {
        a1.set(i, j, random.nextGaussian() / 2);
      }
    }
    for (int i = 0; i < M; i++) {
      for (int j = i % 7; j < N; j += 7) {
        a2.set(i, j, random.nextGaussian());
      }
      b[i] = Math.exp(2 * random.nextGaussian());
      sum += b[i];
    }
    for (int i = 0; i < M; i++) {
      b[i] /= sum;
    }
    return Problem.of(a1, a2, b);
  }

  /** A backend whose threads are others. */
  private static final class Threads extends CountingBackend {
    private final Consumer<Buffer> onProduct;
    private final List<Backend> made = new ArrayList<>();
    private int closed;

    Threads(Backend backend, Consumer<Buffer> onProduct) {
      super(backend);
      this.onProduct = onProduct;
    }

    @Override
    public List<Backend> singleThreads() {
      super.singleThreads().forEach(one -> made.add(watched(one)));
      return List.copyOf(made);
    }

    private Backend watched(Backend one) {
      return new CountingBackend(one) {
        @Override
        public void multiply(Buffer a, Buffer x, Buffer y) {
          onProduct.accept(x);
          super.multiply(a, x, y);
        }

        @Override
        public void close() {
          closed++;
          super.close();
        }
      };
    }
  }

  /** At once or one after the other, the two descents are the same to the bit. */
  @Test
  void eachHasAThreadWhereOnlyNonZerosAreKept() {
    int lower = 0;
    for (int seed = 1; seed <= 8; seed++) {
      Problem problem = sparse(seed);
      try (Threads two = new Threads(CpuBackends.VECTOR_2.open(), _ -> {});
          Backend one = CpuBackends.VECTOR_1.open()) {
        Solution atOnce = new NewtonSolver(two, options(Minima.LOWER)).solve(problem, x0);
        Solution inTurn = new NewtonSolver(one, options(Minima.LOWER)).solve(problem, x0);
        Solution first = new NewtonSolver(one, options(Minima.FIRST)).solve(problem, x0);
        assertThat(two.made).hasSize(2);
        assertThat(two.closed).isEqualTo(2);
        assertThat(atOnce.converged()).isTrue();
        CoarseSolve expected = inTurn.coarse().orElseThrow();
        CoarseSolve coarse = atOnce.coarse().orElseThrow();
        assertThat(coarse.loss()).isEqualTo(expected.loss());
        assertThat(coarse.iterations()).isEqualTo(expected.iterations());
        assertThat(coarse.status()).isEqualTo(expected.status());
        FurtherDescents further = coarse.further().orElseThrow();
        assertThat(further.firstLoss()).isEqualTo(first.coarse().orElseThrow().loss());
        assertThat(further.iterations()).isEqualTo(expected.further().orElseThrow().iterations());
        assertThat(coarse.loss() < further.firstLoss()).isEqualTo(further.lower() == 1);
        assertThat(atOnce.loss())
            .isCloseTo(new SoftmaxReluOracle(problem).at(atOnce.x()).loss(), within(1e-13));
        lower += further.lower();
      }
    }
    assertThat(lower).isBetween(1, 7);
  }

  /** Where they would be one after the other, auto descends again only where that may pay. */
  @Test
  void autoDescendsAgainWhereItMayPay() {
    int again = 0;
    int not = 0;
    try (Backend backend = CpuBackends.VECTOR_2.open()) {
      for (int seed = 1; seed <= 6; seed++) {
        for (double noise : new double[] {0, 1}) {
          PlantedProblem planted =
              PlantedProblem.generate(700, 40, 20, 4, noise, ElementType.FLOAT64, 1, seed);
          Problem problem = planted.problem();
          Solution auto =
              new NewtonSolver(backend, options(Minima.AUTO)).solve(problem, planted.x0());
          CoarseSolve coarse = auto.coarse().orElseThrow();
          boolean descended = coarse.further().isPresent();
          Minima same = descended ? Minima.LOWER : Minima.FIRST;
          CoarseSolve expected =
              new NewtonSolver(backend, options(same))
                  .solve(problem, planted.x0())
                  .coarse()
                  .orElseThrow();
          assertThat(coarse.loss()).isEqualTo(expected.loss());
          assertThat(coarse.iterations()).isEqualTo(expected.iterations());
          again += descended ? 1 : 0;
          not += descended ? 0 : 1;
        }
      }
    }
    assertThat(again).isPositive();
    assertThat(not).isPositive();
  }

  @Test
  void twoAtOnceTakeTwiceTheMemory() {
    try (Backend backend = CpuBackends.VECTOR_2.open();
        Backend one = CpuBackends.VECTOR_1.open()) {
      CoarseSize first = size(backend, M * N / 7, Minima.FIRST);
      CoarseSize lower = size(backend, M * N / 7, Minima.LOWER);
      assertThat(first.apart()).isFalse();
      assertThat(lower.apart()).isTrue();
      assertThat(lower.bytes()).isEqualTo(2 * first.bytes());
      assertThat(size(backend, (long) M * N, Minima.LOWER).apart()).isFalse();
      assertThat(size(one, M * N / 7, Minima.LOWER).apart()).isFalse();
    }
  }

  private static CoarseSize size(Backend backend, long nonZeros, Minima minima) {
    return CoarseSize.of(
            backend, M, N, D, ElementType.FLOAT64, nonZeros, options(minima), Long.MAX_VALUE)
        .orElseThrow();
  }

  @Test
  void anInterruptEndsBoth() {
    Thread caller = Thread.currentThread();
    try (Threads backend = new Threads(CpuBackends.VECTOR_2.open(), _ -> caller.interrupt())) {
      Solution solution = new NewtonSolver(backend, options(Minima.LOWER)).solve(sparse(1), x0);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(solution.status()).isEqualTo(Status.INTERRUPTED);
      assertThat(backend.closed).isEqualTo(2);
      CoarseSolve coarse = solution.coarse().orElseThrow();
      assertThat(coarse.status()).isEqualTo(Status.INTERRUPTED);
    }
  }

  @Test
  void whatOneThrowsReachesTheCaller() {
    IllegalStateException failure = new IllegalStateException("the device is lost");
    try (Threads backend =
        new Threads(
            CpuBackends.VECTOR_2.open(),
            _ -> {
              throw failure;
            })) {
      NewtonSolver solver = new NewtonSolver(backend, options(Minima.LOWER));
      assertThatThrownBy(() -> solver.solve(sparse(1), x0)).isSameAs(failure);
      assertThat(backend.closed).isEqualTo(2);
      // Those that are closed are not used again.
      backend.made.clear();
      assertThat(new NewtonSolver(backend, options(Minima.FIRST)).solve(sparse(1), x0).converged())
          .isTrue();
    }
  }
}
