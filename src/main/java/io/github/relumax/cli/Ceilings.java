package io.github.relumax.cli;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Owned;
import io.github.relumax.backend.Units;
import io.github.relumax.backend.Work;
import io.github.relumax.plan.Rates;
import io.github.relumax.random.Philox;
import io.github.relumax.report.Ceiling;
import io.github.relumax.report.Ceiling.Kind;
import io.github.relumax.report.Spread;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Rates that the backend reaches on work of one kind: reading memory, a matrix product, a weighted
 * Gram matrix, calls that do hardly anything. Measured between solves, so that they share the state
 * of the machine.
 */
final class Ceilings implements AutoCloseable {
  /** A matrix of 512 MiB, more than caches hold. */
  private static final int STREAM_ROWS = 131_072;

  private static final int UNITS = 512;

  /** The tall shape of C in the products: long enough to keep every thread busy. */
  private static final int ROWS = 16_384;

  private static final int COLUMNS = 256;
  private static final int CALLS = 3;

  /** Rows of a matrix that is in cache, and just large enough for several threads. */
  private static final int SHORT_ROWS = 128;

  /** Long enough for threads to fall asleep. */
  private static final long IDLE_NANOS = 1_000_000;

  private static final double GIGA = 1e9;

  private final Backend backend;
  private final Owned owned;
  private final Buffer stream;
  private final Buffer vector;
  private final Buffer product;
  private final Buffer a1;
  private final Units units;
  private final Buffer c;
  private final Buffer weights;
  private final Buffer center;
  private final Buffer h;
  private final Buffer one;
  private final Buffer shortProduct;

  private final List<Double> streamRates = new ArrayList<>();
  private final List<Double> productRates = new ArrayList<>();
  private final List<Double> gramRates = new ArrayList<>();
  private final List<Double> callRates = new ArrayList<>();

  /** The bytes that the buffers take. */
  static long bytes() {
    long forStream = (long) STREAM_ROWS * UNITS + STREAM_ROWS + UNITS;
    long forProduct = (long) ROWS * COLUMNS + (long) UNITS * COLUMNS + UNITS;
    long forGram = ROWS + COLUMNS + (long) COLUMNS * COLUMNS;
    return 8 * (forStream + forProduct + forGram + 1 + SHORT_ROWS);
  }

  /**
   * Allocates and fills the buffers.
   *
   * @throws io.github.relumax.matrix.InsufficientMemoryException if they do not fit
   */
  Ceilings(Backend backend) {
    this.backend = backend;
    owned = new Owned(backend);
    try {
      stream = random(STREAM_ROWS, UNITS);
      vector = random(1, UNITS);
      product = owned.allocate(1, STREAM_ROWS);
      a1 = random(UNITS, COLUMNS);
      units = owned.units(UNITS);
      c = owned.allocate(ROWS, COLUMNS);
      weights = random(1, ROWS);
      center = random(1, COLUMNS);
      h = owned.allocate(COLUMNS, COLUMNS);
      one = owned.allocate(1, 1);
      shortProduct = owned.allocate(1, SHORT_ROWS);
      try (Buffer active = backend.allocate(1, UNITS)) {
        double[] ones = new double[UNITS];
        Arrays.fill(ones, 1);
        backend.write(ones, active);
        backend.activeUnits(active, units);
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Works without keeping the rates: the first calls are slower. */
  void warmUp() {
    for (int call = 0; call < CALLS; call++) {
      stream();
      product();
      gram();
      call();
    }
  }

  /** Measures each kind of work a few times. */
  void measure() {
    for (int call = 0; call < CALLS; call++) {
      streamRates.add(stream());
      productRates.add(product());
      gramRates.add(gram());
      callRates.add(call());
    }
  }

  /** What was measured so far. */
  List<Ceiling> results() {
    return List.of(
        new Ceiling(
            Kind.MEMORY,
            "A2 x with A2 %s x %s in float64".formatted(STREAM_ROWS, UNITS),
            streamRates),
        new Ceiling(
            Kind.PRODUCT,
            "C = A2 A1 with A2 %s x %s, A1 %s x %s".formatted(ROWS, UNITS, UNITS, COLUMNS),
            productRates),
        new Ceiling(
            Kind.GRAM,
            "Cᵀ diag(a) C, one triangle, with C %s x %s".formatted(ROWS, COLUMNS),
            gramRates),
        new Ceiling(
            Kind.CALL,
            "A2 x with A2 %s x %s, threads asleep before".formatted(SHORT_ROWS, UNITS),
            callRates));
  }

  /** The medians of what was measured so far. */
  Rates rates() {
    return new Rates(
        Spread.of(productRates).median(),
        Spread.of(gramRates).median(),
        Spread.of(streamRates).median(),
        Spread.of(callRates).median());
  }

  private double stream() {
    long bytes = Work.multiply(stream, vector, product).bytes();
    return rate(bytes, () -> backend.multiply(stream, vector, product));
  }

  private double product() {
    Buffer a2 = stream.rows(0, ROWS);
    long flops = Work.accumulateNew(a2, units.count(), a1, c).flops();
    return rate(flops, () -> backend.accumulate(a2, units, a1, 0, c));
  }

  private double gram() {
    long flops = Work.gram(c, center, weights, 0, h).flops();
    return rate(flops, () -> backend.gram(c, center, weights, 0, h));
  }

  /** Calls a millisecond. */
  private double call() {
    Buffer few = stream.rows(0, SHORT_ROWS);
    LockSupport.parkNanos(IDLE_NANOS);
    return 1e-3 / seconds(() -> backend.multiply(few, vector, shortProduct));
  }

  /** Giga-units of work a second. */
  private double rate(long amount, Runnable work) {
    return amount / GIGA / seconds(work);
  }

  private double seconds(Runnable work) {
    long began = System.nanoTime();
    work.run();
    // A backend may return before its work is done; reading waits for it.
    backend.read(one, new double[1]);
    return 1e-9 * (System.nanoTime() - began);
  }

  /** Numbers of usual size; every row is the same, which costs less to draw. */
  private Buffer random(int rows, int columns) {
    Buffer buffer = owned.allocate(rows, columns);
    double[] row = new double[columns];
    new Philox(1).normals(0, 0, row);
    for (int i = 0; i < rows; i++) {
      backend.write(row, buffer.row(i));
    }
    return buffer;
  }

  @Override
  public void close() {
    owned.close();
  }
}
