package io.github.relumax.backend;

import io.github.relumax.matrix.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What its owner holds on a backend, closed together, in the order in which it was taken. */
public final class Owned implements AutoCloseable {
  private final Backend backend;
  private final List<Runnable> closes = new ArrayList<>();

  public Owned(Backend backend) {
    this.backend = backend;
  }

  /** {@link Backend#allocate}. */
  public Buffer allocate(long rows, long columns) {
    return add(backend.allocate(rows, columns), Buffer::close);
  }

  /** {@link Backend#upload}. */
  public Buffer upload(Matrix matrix) {
    return add(backend.upload(matrix), Buffer::close);
  }

  /** {@link Backend#units}. */
  public Units units(int capacity) {
    return add(backend.units(capacity), Units::close);
  }

  /** Something else, and what closes it. */
  public <T> T add(T thing, Consumer<? super T> close) {
    closes.add(() -> close.accept(thing));
    return thing;
  }

  /** Closing it again does nothing. */
  @Override
  public void close() {
    closes.forEach(Runnable::run);
    closes.clear();
  }
}
