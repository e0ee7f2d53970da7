package io.github.relumax.backend;

import io.github.relumax.matrix.Matrix;
import java.util.IdentityHashMap;

/**
 * A backend on which each matrix is uploaded once, however many callers ask for it, on whatever
 * threads. What they get are views, which they may close; the matrices go when this is closed, and
 * the backend stays open.
 */
public final class SharedUploads extends ForwardingBackend {
  private final Backend backend;
  private final IdentityHashMap<Matrix, Buffer> uploads = new IdentityHashMap<>();

  public SharedUploads(Backend backend) {
    super(backend);
    this.backend = backend;
  }

  @Override
  public synchronized Buffer upload(Matrix matrix) {
    Buffer whole = uploads.computeIfAbsent(matrix, backend::upload);
    return whole.rows(0, whole.rows());
  }

  /** The other backend with these uploads; closing it closes the other one. */
  public Backend with(Backend other) {
    return new ForwardingBackend(other) {
      @Override
      public Buffer upload(Matrix matrix) {
        return SharedUploads.this.upload(matrix);
      }
    };
  }

  @Override
  public void close() {
    uploads.values().forEach(Buffer::close);
    uploads.clear();
  }
}
