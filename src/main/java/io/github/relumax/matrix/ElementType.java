package io.github.relumax.matrix;

/** How one matrix entry is stored. Arithmetic is float64 whatever the storage. */
public enum ElementType {
  FLOAT64(8, "float64"),
  FLOAT32(4, "float32");

  private final int bytes;
  private final String label;

  ElementType(int bytes, String label) {
    this.bytes = bytes;
    this.label = label;
  }

  /** Bytes of one entry. */
  public int bytes() {
    return bytes;
  }

  /** Relative rounding of one stored entry: 2⁻⁵³ for float64, 2⁻²⁴ for float32. */
  public double unitRoundoff() {
    return this == FLOAT64 ? 0x1p-53 : 0x1p-24;
  }

  @Override
  public String toString() {
    return label;
  }
}
