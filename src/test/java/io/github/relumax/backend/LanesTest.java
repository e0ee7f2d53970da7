package io.github.relumax.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A lane that never comes back fails by the time limit. */
@Timeout(60)
final class LanesTest {
  private static final Matrix A = Matrix.of(3, 2, new double[] {1, 2, 3, 4, 5, 6});

  /** The rows of every product with A: above 0 for A x, below 0 for Aᵀ v. */
  private final List<Long> products = new ArrayList<>();

  private Backend cpu;
  private Backend backend;

  @BeforeEach
  void open() {
    cpu = CpuBackends.VECTOR_2.open();
    backend =
        new CountingBackend(cpu) {
          @Override
          public void multiply(Buffer a, Buffer x, Buffer y) {
            products.add(x.rows());
            super.multiply(a, x, y);
          }

          @Override
          public void multiplyTransposed(Buffer a, Buffer v, Buffer y) {
            products.add(-v.rows());
            super.multiplyTransposed(a, v, y);
          }
        };
  }

  @AfterEach
  void close() {
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("relumax-lane-"));
    cpu.close();
  }

  private static void noInterrupt() {}

  /** A x for x = (value, 1), then the sum of its entries. */
  private static double product(Backend lane, Buffer a, double value) {
    try (Buffer x = lane.allocate(1, 2);
        Buffer y = lane.allocate(1, 3)) {
      lane.write(new double[] {value, 1}, x);
      lane.multiply(a, x, y);
      double[] values = new double[3];
      lane.read(y, values);
      return Arrays.stream(values).sum();
    }
  }

  private static double transposed(Backend lane, Buffer a, double value) {
    // One of the two forms that a vector may have.
    try (Buffer v = lane.allocate(3, 1);
        Buffer y = lane.allocate(1, 2)) {
      lane.write(new double[] {value, 1, 1}, v);
      lane.multiplyTransposed(a, v, y);
      double[] values = new double[2];
      lane.read(y, values);
      return values[0] + values[1];
    }
  }

  @Test
  void productsOfAllLanesAreOne() {
    double[] results = new double[3];
    Lanes.run(
        backend,
        A,
        3,
        2,
        LanesTest::noInterrupt,
        (lane, on) -> {
          Buffer a = on.upload(A);
          results[lane] = product(on, a, lane);
        });
    assertThat(results).containsExactly(12, 21, 30);
    assertThat(products).containsExactly(3L);
  }

  /** Lane k asks for k products; those that have ended are waited for no more. */
  @Test
  void lanesEndWhenTheyLike() {
    double[] sums = new double[4];
    Lanes.run(
        backend,
        A,
        4,
        2,
        LanesTest::noInterrupt,
        (lane, on) -> {
          Buffer a = on.upload(A);
          for (int k = 0; k < lane; k++) {
            sums[lane] += product(on, a, 0);
          }
        });
    assertThat(sums).containsExactly(0, 12, 24, 36);
    assertThat(products).containsExactly(3L, 2L, 1L);
  }

  /** Lanes that come to the same places, some behind the others, fall into step. */
  @Test
  void theFewerWaitForTheOthers() {
    Lanes.run(
        backend,
        A,
        3,
        2,
        LanesTest::noInterrupt,
        (lane, on) -> {
          Buffer a = on.upload(A);
          if (lane > 0) {
            product(on, a, 0);
          }
          for (int k = 0; k < 2; k++) {
            transposed(on, a, 0);
            product(on, a, 0);
          }
        });
    assertThat(products).containsExactly(2L, -3L, 3L, -3L, 3L);
  }

  /** Products of the one kind and of the other, at the same time. */
  @Test
  void bothKindsOfProductsAreDone() {
    double[] results = new double[4];
    Lanes.run(
        backend,
        A,
        4,
        2,
        LanesTest::noInterrupt,
        (lane, on) -> {
          Buffer a = on.upload(A);
          results[lane] = lane % 2 == 0 ? product(on, a, lane) : transposed(on, a, lane);
        });
    assertThat(results).containsExactly(12, 21, 30, 27);
    assertThat(products).containsExactly(2L, -2L);
  }

  /** More rows than were announced, and products with other matrices and views. */
  @Test
  void otherProductsAreDoneAtOnce() {
    Matrix other = Matrix.of(3, 2, new double[6]);
    Lanes.run(
        backend,
        A,
        2,
        1,
        LanesTest::noInterrupt,
        (_, on) -> {
          Buffer a = on.upload(A);
          assertThat(product(on, on.upload(other), 1)).isZero();
          try (Buffer x = on.allocate(3, 2);
              Buffer y = on.allocate(3, 3)) {
            on.write(new double[] {1, 0, 0, 1, 0, 0}, x);
            on.multiply(a, x, y);
            double[] values = new double[9];
            on.read(y, values);
            assertThat(values).containsExactly(1, 3, 5, 2, 4, 6, 0, 0, 0);
          }
        });
    // Room for two rows; three go alone.
    assertThat(products).containsExactly(1L, 1L, 3L, 3L);
  }

  @Test
  void turnsGoByNumber() {
    List<Integer> turns = new ArrayList<>();
    Lanes.run(
        backend,
        A,
        3,
        1,
        LanesTest::noInterrupt,
        (lane, on) -> {
          Buffer a = on.upload(A);
          turns.add(lane);
          product(on, a, 0);
          turns.add(lane);
        });
    assertThat(turns).containsExactly(0, 1, 2, 0, 1, 2);
  }

  /** Before others have begun, and while others wait. */
  @Test
  void whatALaneThrowsEndsTheOthers() {
    for (int failing = 0; failing < 4; failing++) {
      for (int after = 0; after < 3; after++) {
        int number = failing;
        int products = after;
        Error failure = new Error("lane");
        List<Throwable> seen = new ArrayList<>();
        assertThatThrownBy(() ->
                Lanes.run(
                    backend,
                    A,
                    4,
                    1,
                    LanesTest::noInterrupt,
                    (lane, on) -> {
                      Buffer a = on.upload(A);
                      try {
                        for (int k = 0; k < 5; k++) {
                          if (lane == number && k == products) {
                            throw failure;
                          }
                          product(on, a, 0);
                        }
                      } catch (CancellationException e) {
                        seen.add(e);
                        throw e;
                      }
                    }))
            .isSameAs(failure);
        // Those that had begun wait for a product, the others never begin.
        assertThat(seen).hasSize(after == 0 ? failing : 3);
        close();
        open();
      }
    }
  }

  /** A lane that asks again after it was told to end is told again. */
  @Test
  void aLaneCannotGoOnRegardless() {
    List<Integer> told = new ArrayList<>();
    assertThatThrownBy(() ->
            Lanes.run(
                backend,
                A,
                2,
                1,
                LanesTest::noInterrupt,
                (lane, on) -> {
                  Buffer a = on.upload(A);
                  for (int k = 0; k < 3; k++) {
                    if (lane == 1) {
                      throw new IllegalStateException("lane");
                    }
                    try {
                      product(on, a, 0);
                    } catch (CancellationException e) {
                      told.add(k);
                    }
                  }
                }))
        .hasMessage("lane");
    assertThat(told).containsExactly(0, 1, 2);
  }

  @Test
  void aProductThatFailsEndsAll() {
    List<Integer> told = new ArrayList<>();
    assertThatThrownBy(() ->
            Lanes.run(
                backend,
                A,
                3,
                1,
                LanesTest::noInterrupt,
                (lane, on) -> {
                  Buffer a = on.upload(A);
                  try (Buffer two = on.allocate(1, 2)) {
                    // y does not fit.
                    on.multiply(a, two, two);
                  } catch (CancellationException e) {
                    told.add(lane);
                    throw e;
                  }
                }))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(told).containsExactly(0, 1, 2);
  }

  /** Before lanes begin, and while one runs. */
  @Test
  void anInterruptOfTheCallerIsToldOnceAndStays() {
    Thread caller = Thread.currentThread();
    for (boolean before : new boolean[] {true, false}) {
      Semaphore told = new Semaphore(0);
      if (before) {
        caller.interrupt();
      }
      Lanes.run(
          backend,
          A,
          2,
          1,
          () -> {
            assertThat(Thread.currentThread()).isSameAs(caller);
            told.release();
          },
          (lane, on) -> {
            Buffer a = on.upload(A);
            product(on, a, 0);
            if (lane == 1) {
              if (!before) {
                caller.interrupt();
              }
              told.acquireUninterruptibly();
            }
            product(on, a, 0);
          });
      assertThat(Thread.interrupted()).isTrue();
      assertThat(told.availablePermits()).isZero();
    }
    assertThat(products).containsExactly(2L, 2L, 2L, 2L);
  }

  /** It has nothing to wait for. */
  @Test
  void oneLaneIsTheCaller() {
    Thread caller = Thread.currentThread();
    Lanes.run(
        backend,
        A,
        1,
        1,
        LanesTest::noInterrupt,
        (_, _) -> assertThat(Thread.currentThread()).isSameAs(caller));
  }

  @Test
  void sharedUploadsAreMadeOnceAndStay() {
    int[] uploads = new int[1];
    Backend counting =
        new CountingBackend(cpu) {
          @Override
          public Buffer upload(Matrix matrix) {
            uploads[0]++;
            return super.upload(matrix);
          }
        };
    Matrix other = Matrix.of(1, 1, new double[] {7});
    try (SharedUploads shared = new SharedUploads(counting, List.of(A, other))) {
      shared.upload(A).close();
      shared.upload(other);
      Buffer again = shared.upload(A);
      double[] values = new double[6];
      shared.read(again, values);
      assertThat(values).containsExactly(1, 2, 3, 4, 5, 6);
      assertThat(uploads[0]).isEqualTo(2);
      // So that what this backend keeps of a matrix serves all who ask for it.
      assertThat(shared.upload(A)).isSameAs(again);
    }
    // The backend was not its own.
    cpu.allocate(1, 1).close();
  }

  /** Also where another backend asks for them; of a matrix that is not shared all are uploaded. */
  @Test
  void rowsOfSharedUploadsAreMadeFromThem() {
    List<Buffer> wholes = new ArrayList<>();
    Backend noting =
        new CountingBackend(cpu) {
          @Override
          public Buffer uploadRows(Matrix rows, Buffer whole) {
            wholes.add(whole);
            return super.uploadRows(rows, whole);
          }
        };
    int[] numbers = {1};
    Matrix other = Matrix.of(2, 1, new double[] {7, 8});
    try (SharedUploads shared = new SharedUploads(cpu, List.of(A));
        SharedUploads noted = new SharedUploads(noting, List.of(A))) {
      for (Backend one : List.of(noted, shared.with(noting))) {
        double[] ofA = new double[(int) A.columns()];
        one.read(one.upload(A.rows(numbers, Arena.ofAuto())), ofA);
        assertThat(ofA).isEqualTo(A.row(1));
        double[] ofOther = new double[1];
        one.read(one.upload(other.rows(numbers, Arena.ofAuto())), ofOther);
        assertThat(ofOther).containsExactly(8);
      }
      assertThat(wholes).containsExactly(noted.upload(A), shared.upload(A));
    }
  }
}
