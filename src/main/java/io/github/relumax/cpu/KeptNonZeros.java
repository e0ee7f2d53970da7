package io.github.relumax.cpu;

import io.github.relumax.backend.Buffer;
import io.github.relumax.matrix.Matrix;
import java.lang.ref.WeakReference;

/**
 * The non-zeros of a matrix that was uploaded, for who uploads it again: finding them takes longer
 * than several steps of a solve. Of one matrix, if they are few, until another one of that size or
 * more is uploaded or the backend closes. What callers get are views, which they close.
 */
final class KeptNonZeros implements AutoCloseable {
  private final Kernels kernels;
  private final Parallel parallel;
  private final long mostBytes;
  private WeakReference<Matrix> matrix = new WeakReference<>(null);

  /** Null where none are kept. */
  private SparseMatrix kept;

  /** Views of them that are not closed yet. */
  private int views;

  private boolean closed;

  /**
   * @param mostBytes that are kept
   */
  KeptNonZeros(Kernels kernels, Parallel parallel, long mostBytes) {
    this.kernels = kernels;
    this.parallel = parallel;
    this.mostBytes = mostBytes;
  }

  /** The non-zeros of a matrix. */
  synchronized Buffer of(Matrix wanted) {
    if (kept != null && matrix.refersTo(wanted)) {
      return view();
    }
    makeRoomFor(wanted);
    SparseMatrix found = SparseMatrix.of(wanted, kernels, parallel);
    if (kept != null || closed || found.bytes() > mostBytes) {
      return found;
    }
    kept = found;
    matrix = new WeakReference<>(wanted);
    return view();
  }

  /** Gives back what is kept where nobody uses it and a matrix of that size or more is uploaded. */
  synchronized void makeRoomFor(Matrix other) {
    if (kept != null && other.rows() * other.columns() >= kept.rows() * kept.columns()) {
      giveBackUnused();
    }
  }

  /** Bytes that are kept. */
  synchronized long bytes() {
    return kept == null ? 0 : kept.bytes();
  }

  private void giveBackUnused() {
    if (kept != null && views == 0) {
      kept.close();
      kept = null;
    }
  }

  private Buffer view() {
    views++;
    return kept.view(this::viewClosed);
  }

  private synchronized void viewClosed() {
    views--;
    if (closed) {
      giveBackUnused();
    }
  }

  /** What views are of stays until they are closed. */
  @Override
  public synchronized void close() {
    closed = true;
    giveBackUnused();
  }
}
