package io.github.relumax.random;

/**
 * Which bucket and which sign each row has in a CountSketch (Charikar, Chen, Farach-Colton,
 * "Finding frequent items in data streams", 2002), as functions of (seed, stream, row) alone. For
 * row i = t K + j of K = 2^p buckets, with {@code bits} of {@link Philox},
 *
 * <pre>
 *     bucket h(i) = (odd_t j + shift_t) mod K      odd_t   = low half of bits(stream, 2t) | 1
 *                                                  shift_t = high half of bits(stream, 2t)
 *     sign   s(i) = bit (i mod 64) of bits(stream, 2 ⌊i/64⌋ + 1) set ? -1 : +1
 * </pre>
 *
 * Two rows fall into the same bucket with probability at most 1/K, and signs are independent, which
 * is all that the analysis of a CountSketch uses. But the K rows of chunk t fall into K different
 * buckets: every bucket gets the same number of rows, and the row that chunk t gives to a bucket is
 * known at once, j = odd_t⁻¹ (h - shift_t) mod K. So a bucket can gather its rows, in order, and
 * nothing need be scattered.
 */
public final class SketchHash {
  private final Philox philox;
  private final int stream;
  private final long buckets;

  /**
   * @param buckets a power of two up to 2³¹
   */
  public SketchHash(long seed, int stream, long buckets) {
    philox = new Philox(seed);
    this.stream = stream;
    this.buckets = buckets;
  }

  /** The order in which the rows of chunk t fall into the buckets. */
  public Turn turn(long t) {
    long random = philox.bits(stream, 2 * t);
    return new Turn(t * buckets, inverse((int) random | 1), (int) (random >>> 32), buckets - 1);
  }

  /** The signs of rows 64 word .. 64 word + 63: a bit is set where the sign is -1. */
  public long signs(long word) {
    return philox.bits(stream, 2 * word + 1);
  }

  /** i with odd i = 1 modulo 2³²: Newton's iteration doubles the bits that are right, from 3. */
  private static int inverse(int odd) {
    int i = odd;
    for (int right = 3; right < Integer.SIZE; right *= 2) {
      i *= 2 - odd * i;
    }
    return i;
  }

  /**
   * The rows of one chunk.
   *
   * @param first the first of them
   * @param inverse odd⁻¹
   * @param mask K - 1
   */
  public record Turn(long first, int inverse, int shift, long mask) {
    /** The row that falls into a bucket; beyond the last row in the last chunk, it may be. */
    public long row(long bucket) {
      return first + (inverse * ((int) bucket - shift) & mask);
    }
  }
}
