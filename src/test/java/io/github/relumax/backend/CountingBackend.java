package io.github.relumax.backend;

/** Passes every call on to another backend and counts those that a test is interested in. */
public class CountingBackend extends ForwardingBackend {
  private int buffers;
  private int formed;
  private long largestFormed;
  private int updated;
  private int grams;

  public CountingBackend(Backend backend) {
    super(backend);
  }

  /** Buffers allocated. */
  public int buffers() {
    return buffers;
  }

  /** How often C was formed from the active units. */
  public int formed() {
    return formed;
  }

  /** Rows of the largest C that was formed, or of the largest block of one. */
  public long largestFormed() {
    return largestFormed;
  }

  /** How often C was brought up to date by flipped units. */
  public int updated() {
    return updated;
  }

  /** How often a Gram matrix was formed, or a block of one. */
  public int grams() {
    return grams;
  }

  @Override
  public void gram(Buffer c, Buffer center, Buffer a, double keep, Buffer h) {
    grams++;
    super.gram(c, center, a, keep, h);
  }

  @Override
  public Buffer allocate(long rows, long columns) {
    buffers++;
    return super.allocate(rows, columns);
  }

  @Override
  public Units units(int capacity) {
    buffers++;
    return super.units(capacity);
  }

  @Override
  public void accumulate(Buffer a2, Units units, Buffer a1, double keep, Buffer c) {
    if (keep == 0) {
      formed++;
      largestFormed = Math.max(largestFormed, c.rows());
    } else {
      updated++;
    }
    super.accumulate(a2, units, a1, keep, c);
  }
}
