package io.github.relumax.backend;

import io.github.relumax.matrix.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;

/**
 * Several pieces of work that read one large matrix, on one backend. Each is written as if it were
 * alone, has a thread of its own, and is called a lane. One lane runs at a time: it goes on until
 * it asks for a product with the matrix, or ends, and then it is the next one's turn. When every
 * lane that has not ended waits for such a product, these are done as one product with many rows,
 * so that the matrix is read once, and a new round of turns begins.
 *
 * <p>There are two kinds of products, A x and Aᵀ v; a round does the one that more lanes wait for.
 *
 * <p>Turns go by the number of a lane, and rows of a product too. Nothing depends on how threads
 * are scheduled: the same work gives the same bits. Since no two threads ever run at once, the work
 * may share what is not thread-safe, the backend first of all.
 *
 * <p>A lane hands its turn back exactly once, when it waits or when it ends, whatever ends it; so
 * the one that deals out turns, the caller's thread, never waits in vain. Once a lane or a product
 * has failed, every other lane that waits for a product gets an exception instead, which ends it.
 */
public final class Lanes {
  /** What a lane does. */
  @FunctionalInterface
  public interface Work {
    /**
     * The work of one lane.
     *
     * @param backend for this lane alone; to be used on the thread that calls
     */
    void run(int lane, Backend backend);
  }

  private final Backend backend;
  private final Matrix matrix;
  private final List<Lane> lanes = new ArrayList<>();

  /** Rows that are multiplied together, and their products; m and n numbers each. */
  private final Buffer high;

  private final Buffer wide;

  /** Released by the lane whose turn ends. */
  private final Semaphore turnEnded = new Semaphore(0);

  private final PatientWait patient;
  private boolean cancelled;

  private Lanes(Backend backend, Matrix matrix, Runnable onInterrupt, Buffer high, Buffer wide) {
    this.backend = backend;
    this.matrix = matrix;
    patient = new PatientWait(onInterrupt);
    this.high = high;
    this.wide = wide;
  }

  /**
   * Runs the work on so many lanes and returns when all have ended. What a lane throws ends the
   * others and is thrown here, as it is; of several, the first. The matrix and others that the
   * lanes upload are uploaded once where {@code backend} is {@link SharedUploads}.
   *
   * @param matrix whose products are done together
   * @param rows that a lane asks for at once, at most; products of more are done alone
   * @param onInterrupt called on the caller's thread when that is interrupted while lanes run, who
   *     are not told otherwise; the thread's interrupt is set again at the end
   */
  public static void run(
      Backend backend, Matrix matrix, int count, long rows, Runnable onInterrupt, Work work) {
    if (count == 1) {
      // Nothing to wait for.
      work.run(0, backend);
      return;
    }
    try (Buffer high = backend.allocate(count * rows, matrix.rows());
        Buffer wide = backend.allocate(count * rows, matrix.columns())) {
      new Lanes(backend, matrix, onInterrupt, high, wide).run(count, work);
    }
  }

  /** Bytes of what {@link #run} allocates for each lane, for an m x n matrix. */
  public static double bytes(double m, double n, double rows) {
    return 8 * rows * (m + n);
  }

  private void run(int count, Work work) {
    try {
      for (int number = 0; number < count; number++) {
        Lane lane = new Lane(number, work);
        lane.thread.start();
        lanes.add(lane);
      }
      while (lanes.stream().anyMatch(lane -> !lane.ended)) {
        lanes.forEach(this::giveTurn);
        multiplyTogether();
      }
    } catch (RuntimeException | Error e) {
      cancel();
      throw e;
    } finally {
      lanes.forEach(lane -> patient.until(lane.thread::join));
      patient.end();
    }
  }

  /** Lets a lane that has its product go on until it waits or ends. */
  private void giveTurn(Lane lane) {
    if (lane.ended || lane.wanted != null) {
      return;
    }
    lane.turn.release();
    patient.until(turnEnded::acquire);
    switch (lane.failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  /** Lets every lane end. */
  private void cancel() {
    cancelled = true;
    for (Lane lane : lanes) {
      // A lane that goes on regardless meets the exception again.
      while (!lane.ended) {
        lane.turn.release();
        patient.until(turnEnded::acquire);
      }
    }
  }

  // Products

  /** A product that a lane waits for. */
  private record Product(boolean transposed, Buffer a, Buffer from, Buffer to, long rows) {}

  /**
   * Does the products of one kind, that which more lanes wait for. The others wait on, so that
   * those that come to the same place later find them there.
   */
  private void multiplyTogether() {
    List<Lane> waiting = lanes.stream().filter(lane -> lane.wanted != null).toList();
    long transposed = waiting.stream().filter(lane -> lane.wanted.transposed).count();
    boolean kind = 2 * transposed > waiting.size();
    List<Product> group = new ArrayList<>();
    long rows = 0;
    for (Lane lane : waiting) {
      Product product = lane.wanted;
      if (product.transposed != kind) {
        continue;
      }
      if (rows + product.rows > wide.rows()) {
        multiply(group);
        group.clear();
        rows = 0;
      }
      group.add(product);
      rows += product.rows;
      lane.wanted = null;
    }
    multiply(group);
  }

  private void multiply(List<Product> group) {
    if (group.isEmpty()) {
      return;
    }
    Product first = group.getFirst();
    if (group.size() == 1) {
      multiply(first.transposed, first.a, first.from, first.to);
      return;
    }
    Buffer from = first.transposed ? high : wide;
    Buffer to = first.transposed ? wide : high;
    long rows = 0;
    for (Product product : group) {
      backend.copy(product.from, from.rows(rows, product.rows));
      rows += product.rows;
    }
    multiply(first.transposed, first.a, from.rows(0, rows), to.rows(0, rows));
    rows = 0;
    for (Product product : group) {
      backend.copy(to.rows(rows, product.rows), product.to);
      rows += product.rows;
    }
  }

  private void multiply(boolean transposed, Buffer a, Buffer from, Buffer to) {
    if (transposed) {
      backend.multiplyTransposed(a, from, to);
    } else {
      backend.multiply(a, from, to);
    }
  }

  /** The backend of a lane, and its thread. */
  private final class Lane extends ForwardingBackend {
    private final Thread thread;
    private final Semaphore turn = new Semaphore(0);

    // What one thread writes here the other reads after a turn has passed between them.
    private Product wanted;
    private boolean ended;
    private Throwable failure;

    /** The matrix, once this lane has uploaded it. */
    private Buffer uploaded;

    Lane(int number, Work work) {
      super(backend);
      thread = new Thread(() -> live(number, work), "relumax-lane-" + number);
      thread.setDaemon(true);
    }

    private void live(int number, Work work) {
      turn.acquireUninterruptibly();
      try {
        if (!cancelled) {
          work.run(number, this);
        }
      } catch (Throwable t) {
        failure = t;
      } finally {
        ended = true;
        turnEnded.release();
      }
    }

    /** Ends the turn; the next one begins with the product there. */
    private void await(Product product) {
      if (!cancelled) {
        wanted = product;
        turnEnded.release();
        turn.acquireUninterruptibly();
      }
      if (cancelled) {
        throw new CancellationException("another lane has failed");
      }
    }

    @Override
    public Buffer upload(Matrix other) {
      Buffer buffer = super.upload(other);
      if (other == matrix) {
        uploaded = buffer;
      }
      return buffer;
    }

    @Override
    public void multiply(Buffer a, Buffer x, Buffer y) {
      if (a.equals(uploaded)) {
        await(new Product(false, a, x, y, x.rows()));
      } else {
        super.multiply(a, x, y);
      }
    }

    @Override
    public void multiplyTransposed(Buffer a, Buffer v, Buffer y) {
      if (a.equals(uploaded)) {
        await(new Product(true, a, v, y, Shapes.requireTransposed(a, v, y)));
      } else {
        super.multiplyTransposed(a, v, y);
      }
    }

    /** The backend is not the lane's. */
    @Override
    public void close() {}
  }
}
