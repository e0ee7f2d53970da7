package io.github.relumax.backend;

import io.github.relumax.matrix.Matrix;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * A backend on which some matrices are uploaded once each, however many callers ask for them, on
 * whatever threads. What they get are views, which they may close; the matrices go when this is
 * closed, and the backend stays open. Other matrices are their callers' own.
 */
public final class SharedUploads extends ForwardingBackend {
  private final Backend backend;
  private final List<Matrix> shared;
  private final IdentityHashMap<Matrix, Buffer> uploads = new IdentityHashMap<>();

  public SharedUploads(Backend backend, List<Matrix> shared) {
    super(backend);
    this.backend = backend;
    this.shared = List.copyOf(shared);
  }

  private boolean isShared(Matrix matrix) {
    return shared.stream().anyMatch(one -> one == matrix);
  }

  @Override
  public synchronized Buffer upload(Matrix matrix) {
    if (!isShared(matrix)) {
      return backend.upload(matrix);
    }
    Buffer whole = uploads.computeIfAbsent(matrix, backend::upload);
    return whole.rows(0, whole.rows());
  }

  /** The other backend with these uploads; closing it closes the other one. */
  public Backend with(Backend other) {
    return new ForwardingBackend(other) {
      @Override
      public Buffer upload(Matrix matrix) {
        return isShared(matrix) ? SharedUploads.this.upload(matrix) : super.upload(matrix);
      }
    };
  }

  @Override
  public void close() {
    uploads.values().forEach(Buffer::close);
    uploads.clear();
  }
}
