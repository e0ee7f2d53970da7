package io.github.relumax.cli;

import io.github.relumax.matrix.ElementType;
import java.util.Locale;

/** How A2 is stored, as NumPy's users spell it. */
enum Dtype {
  F64(ElementType.FLOAT64),
  F32(ElementType.FLOAT32);

  private final ElementType type;

  Dtype(ElementType type) {
    this.type = type;
  }

  ElementType type() {
    return type;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
