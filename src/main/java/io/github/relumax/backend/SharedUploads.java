package io.github.relumax.backend;

import io.github.relumax.matrix.ChosenRows;
import io.github.relumax.matrix.Matrix;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;

/**
 * A backend on which some matrices are uploaded once each, however many callers ask for them, on
 * whatever threads. What they get are views, which they may close; the matrices go when this is
 * closed, and the backend stays open. Other matrices are their callers' own; rows of these are made
 * from what was uploaded.
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
    return upload(matrix, backend);
  }

  /** A view of what is shared; what is not is uploaded by the backend given. */
  private Buffer upload(Matrix matrix, Backend by) {
    if (isShared(matrix)) {
      return view(matrix);
    }
    Optional<Matrix> whole = matrix.chosen().map(ChosenRows::whole).filter(this::isShared);
    return whole.map(of -> by.uploadRows(matrix, view(of))).orElseGet(() -> by.upload(matrix));
  }

  private synchronized Buffer view(Matrix matrix) {
    Buffer whole = uploads.computeIfAbsent(matrix, backend::upload);
    return whole.rows(0, whole.rows());
  }

  /** The backend's, with these uploads. */
  @Override
  public List<Backend> singleThreads() {
    return backend.singleThreads().stream().map(this::with).toList();
  }

  /** The other backend with these uploads; closing it closes the other one. */
  public Backend with(Backend other) {
    return new ForwardingBackend(other) {
      @Override
      public Buffer upload(Matrix matrix) {
        return SharedUploads.this.upload(matrix, other);
      }
    };
  }

  @Override
  public void close() {
    uploads.values().forEach(Buffer::close);
    uploads.clear();
  }
}
