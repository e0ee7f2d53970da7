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
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two descents of a coarse problem, for a lower minimum. */
@Timeout(120)
final class CoarseDescentsTest {
  private static final int M = 400;
  private static final int N = 40;
  private static final int D = 20;

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

  /** The same with a b that softmax is near x0. */
  private Problem planted(long seed) {
    Problem problem = sparse(seed);
    double[] x = x0.clone();
    Random random = new Random(seed);
    Arrays.setAll(x, j -> x0[j] + 0.01 * random.nextGaussian());
    return Problem.of(problem.a1(), problem.a2(), new SoftmaxReluOracle(problem).at(x).f);
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
      assertThat(made).isEmpty();
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
    int givenUp = 0;
    for (int seed = 1; seed <= 8; seed++) {
      Problem problem = sparse(seed);
      try (Threads two = new Threads(CpuBackends.VECTOR_2.open(), _ -> {});
          Backend one = CpuBackends.VECTOR_1.open()) {
        Solution atOnce = solve(two, Minima.LOWER, problem);
        Solution inTurn = solve(one, Minima.LOWER, problem);
        Solution first = solve(one, Minima.FIRST, problem);
        assertThat(two.made).hasSize(2);
        assertThat(two.closed).isEqualTo(2);
        assertThat(atOnce.converged()).isTrue();
        CoarseSolve expected = inTurn.coarse().orElseThrow();
        CoarseSolve coarse = atOnce.coarse().orElseThrow();
        assertThat(coarse.loss()).isEqualTo(expected.loss());
        assertThat(coarse.iterations()).isEqualTo(expected.iterations());
        assertThat(coarse.status()).isEqualTo(expected.status());
        FurtherDescents further = coarse.further().orElseThrow();
        assertThat(further.firstLoss()).isEqualTo(expected.further().orElseThrow().firstLoss());
        assertThat(further.iterations()).isEqualTo(expected.further().orElseThrow().iterations());
        CoarseSolve whole = first.coarse().orElseThrow();
        if (coarse.iterations() - further.iterations() == whole.iterations()) {
          assertThat(further.firstLoss()).isEqualTo(whole.loss());
        } else {
          assertThat(coarse.iterations() - further.iterations()).isLessThan(whole.iterations());
          assertThat(further.firstLoss()).isGreaterThan(whole.loss());
          assertThat(further.lower()).isEqualTo(1);
          givenUp++;
        }
        assertThat(coarse.loss() < further.firstLoss()).isEqualTo(further.lower() == 1);
        assertThat(atOnce.loss())
            .isCloseTo(new SoftmaxReluOracle(problem).at(atOnce.x()).loss(), within(1e-13));
        lower += further.lower();
      }
    }
    assertThat(lower).isBetween(1, 7);
    assertThat(givenUp).isBetween(1, 7);
  }

  /** Also where the one that is to be given up has long ended when the other one does. */
  @ParameterizedTest
  @CsvSource({"0, LOWER", "1, LOWER", "0, AUTO", "1, AUTO"})
  void whicheverIsFasterItIsTheSame(int slow, Minima minima) {
    for (int seed = 1; seed <= 8; seed++) {
      Problem problem = seed % 2 == 0 ? sparse(seed) : planted(seed);
      try (Threads two = new Threads(CpuBackends.VECTOR_2.open(), slowed(slow));
          Backend one = CpuBackends.VECTOR_1.open()) {
        CoarseSolve atOnce = solve(two, minima, problem).coarse().orElseThrow();
        CoarseSolve inTurn = solve(one, minima, problem).coarse().orElseThrow();
        assertThat(atOnce.loss()).isEqualTo(inTurn.loss());
        assertThat(atOnce.iterations()).isEqualTo(inTurn.iterations());
        assertThat(atOnce.status()).isEqualTo(inTurn.status());
        assertThat(atOnce.further().map(FurtherDescents::lower))
            .isEqualTo(inTurn.further().map(FurtherDescents::lower));
        assertThat(atOnce.further().map(FurtherDescents::iterations))
            .isEqualTo(inTurn.further().map(FurtherDescents::iterations));
        assertThat(atOnce.further().map(FurtherDescents::firstLoss))
            .isEqualTo(inTurn.further().map(FurtherDescents::firstLoss));
      }
    }
  }

  /** Rather than going on to an end that nobody wants. */
  @Test
  void oneThatIsGivenUpStops() {
    int stopped = 0;
    for (int seed = 1; seed <= 8; seed++) {
      long whole = productsOfTheSecond(sparse(seed), 0);
      long slower = productsOfTheSecond(sparse(seed), 1);
      assertThat(slower).isLessThanOrEqualTo(whole);
      stopped += slower < whole ? 1 : 0;
    }
    assertThat(stopped).isPositive();
  }

  private long productsOfTheSecond(Problem problem, int slow) {
    AtomicInteger products = new AtomicInteger();
    Consumer<Buffer> counted =
        _ -> {
          if (isWorker(1)) {
            products.incrementAndGet();
          }
        };
    try (Threads two = new Threads(CpuBackends.VECTOR_2.open(), counted.andThen(slowed(slow)))) {
      solve(two, Minima.LOWER, problem);
    }
    return products.get();
  }

  /** Makes every product of this descent wait. */
  private static Consumer<Buffer> slowed(int number) {
    return _ -> {
      if (isWorker(number)) {
        LockSupport.parkNanos(1_000_000);
      }
    };
  }

  private static boolean isWorker(int number) {
    return Thread.currentThread().getName().equals("relumax-worker-" + number);
  }

  /** At once, too, auto comes to what it comes to on one thread. */
  @Test
  void autoIsTheSameForAnyNumberOfThreads() {
    int again = 0;
    for (int seed = 1; seed <= 8; seed++) {
      Problem problem = seed % 2 == 0 ? sparse(seed) : planted(seed);
      try (Threads two = new Threads(CpuBackends.VECTOR_2.open(), _ -> {});
          Backend one = CpuBackends.VECTOR_1.open()) {
        CoarseSolve atOnce = solve(two, Minima.AUTO, problem).coarse().orElseThrow();
        CoarseSolve inTurn = solve(one, Minima.AUTO, problem).coarse().orElseThrow();
        assertThat(two.made).hasSize(2);
        assertThat(atOnce.loss()).isEqualTo(inTurn.loss());
        assertThat(atOnce.iterations()).isEqualTo(inTurn.iterations());
        assertThat(atOnce.further().isPresent()).isEqualTo(inTurn.further().isPresent());
        again += atOnce.further().isPresent() ? 1 : 0;
      }
    }
    assertThat(again).isBetween(1, 7);
  }

  private Solution solve(Backend backend, Minima minima, Problem problem) {
    return new NewtonSolver(backend, options(minima)).solve(problem, x0);
  }

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
  void twoAtOnceTakeTwiceTheMemoryButForA2() {
    try (Backend backend = CpuBackends.VECTOR_2.open();
        Backend one = CpuBackends.VECTOR_1.open()) {
      CoarseSize first = size(backend, M * N / 7, Minima.FIRST, Long.MAX_VALUE);
      CoarseSize lower = size(backend, M * N / 7, Minima.LOWER, Long.MAX_VALUE);
      long a2 = 8 * 90 * N + backend.compressedBytes(90, N, 0);
      long own = SolveMemory.scratchBytes(backend, 90, N, D) + SolveMemory.javaBytes(90, N, D);
      assertThat(first.apart()).isFalse();
      assertThat(lower.apart()).isTrue();
      assertThat(first.rivals()).isFalse();
      assertThat(lower.rivals()).isTrue();
      assertThat(lower.bytes()).isEqualTo(2 * (first.bytes() + own) - a2);
      assertThat(size(backend, M * N / 7, Minima.LOWER, lower.bytes())).isEqualTo(lower);
      // Where it is not there, one comes after the other.
      CoarseSize inTurn = size(backend, M * N / 7, Minima.LOWER, lower.bytes() - 1);
      assertThat(inTurn.apart()).isFalse();
      assertThat(inTurn.bytes()).isEqualTo(first.bytes());
      assertThat(size(backend, (long) M * N, Minima.LOWER, Long.MAX_VALUE).rivals()).isFalse();
      assertThat(size(one, M * N / 7, Minima.LOWER, Long.MAX_VALUE).apart()).isFalse();
      assertThat(size(one, M * N / 7, Minima.LOWER, Long.MAX_VALUE).rivals()).isTrue();
    }
  }

  /** 10⁸ operations for the Gram matrix of a step. */
  @Test
  void longStepsHaveAllThreads() {
    try (Backend backend = CpuBackends.VECTOR_2.open()) {
      for (int rows : new int[] {2500, 2501}) {
        NewtonOptions options =
            NewtonOptions.DEFAULTS.withCoarseRows(CoarseRows.of(rows)).withMinima(Minima.LOWER);
        CoarseSize size =
            CoarseSize.of(
                    backend, 40_000, 800, 200, ElementType.FLOAT64, 1, options, Long.MAX_VALUE)
                .orElseThrow();
        assertThat(size.apart()).isEqualTo(rows == 2500);
      }
    }
  }

  private static CoarseSize size(Backend backend, long nonZeros, Minima minima, long available) {
    return CoarseSize.of(
            backend, M, N, D, ElementType.FLOAT64, nonZeros, options(minima), available)
        .orElseThrow();
  }

  @Test
  void anInterruptEndsBoth() {
    Thread caller = Thread.currentThread();
    try (Threads backend = new Threads(CpuBackends.VECTOR_2.open(), _ -> caller.interrupt())) {
      Solution solution = solve(backend, Minima.LOWER, sparse(1));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(solution.status()).isEqualTo(Status.INTERRUPTED);
      assertThat(backend.closed).isEqualTo(2);
      CoarseSolve coarse = solution.coarse().orElseThrow();
      assertThat(coarse.status()).isEqualTo(Status.INTERRUPTED);
    }
  }

  /** From the first product on: the first descent may have ended, or not begun. */
  @Test
  void soDoesTheSolvers() {
    NewtonSolver[] solver = new NewtonSolver[1];
    try (Threads backend = new Threads(CpuBackends.VECTOR_2.open(), _ -> solver[0].interrupt())) {
      solver[0] = new NewtonSolver(backend, options(Minima.LOWER));
      Solution solution = solver[0].solve(sparse(1), x0);
      assertThat(solution.status()).isEqualTo(Status.INTERRUPTED);
      assertThat(solution.coarse().orElseThrow().status()).isEqualTo(Status.INTERRUPTED);
    }
  }

  /** Whichever it is, in the middle of its descent. */
  @Test
  void whatOneThrowsReachesTheCaller() {
    IllegalStateException failure = new IllegalStateException("the device is lost");
    AtomicInteger products = new AtomicInteger();
    Consumer<Buffer> twentieth =
        _ -> {
          if (products.incrementAndGet() == 20) {
            throw failure;
          }
        };
    try (Threads backend = new Threads(CpuBackends.VECTOR_2.open(), twentieth)) {
      assertThatThrownBy(() -> solve(backend, Minima.LOWER, sparse(1))).isSameAs(failure);
      assertThat(backend.closed).isEqualTo(2);
      backend.made.clear();
      assertThat(solve(backend, Minima.LOWER, sparse(1)).converged()).isTrue();
    }
  }
}
