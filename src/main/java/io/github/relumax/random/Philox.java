package io.github.relumax.random;

import java.util.Objects;

/**
 * Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", 2011). A draw is a pure function of (seed, stream, index), so any
 * thread, device or partition that asks for the same draw gets the same number, in any order and
 * without shared state.
 *
 * <p>Layout, which every other implementation has to follow. With 32-bit words, lowest first,
 *
 * <pre>
 *     key     = (seed, seed >>> 32)
 *     counter = (block, block >>> 32, stream, 0)      block = index >>> 1
 *     (r0, r1, r2, r3) = Philox4x32-10(counter, key)
 *     bits(stream, index) = r0 + 2³² r1 for even index, r2 + 2³² r3 for odd index
 *     uniform = (bits >>> 12 + 1/2) 2⁻⁵²
 *     normal  = √(-2 ln u) cos(2πv) for even index, √(-2 ln u) sin(2πv) for odd index,
 *               u and v the uniforms of the block's even and odd index
 * </pre>
 *
 * An index may be any long, read as unsigned. Bits, uniforms and normals of one stream come from
 * the same blocks: draw one kind from a stream, and use another stream for another purpose.
 */
public final class Philox {
  private static final long MASK = 0xFFFFFFFFL;
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final long KEY_STEP_0 = 0x9E3779B9L;
  private static final long KEY_STEP_1 = 0xBB67AE85L;
  private static final int ROUNDS = 10;

  private final long seed;

  public Philox(long seed) {
    this.seed = seed;
  }

  /** 64 random bits. */
  public long bits(int stream, long index) {
    long[] block = new long[2];
    block(index >>> 1, counterHigh(stream), seed, block);
    return block[(int) (index & 1)];
  }

  /** Uniform on (0, 1): a multiple of 2⁻⁵³ between 2⁻⁵³ and 1 - 2⁻⁵³. */
  public double uniform(int stream, long index) {
    return uniform(bits(stream, index));
  }

  /**
   * Sets out[k] = uniform(stream, firstIndex + k) for k &lt; length, in half the time that single
   * draws take.
   */
  public void uniforms(int stream, long firstIndex, double[] out, int length) {
    Objects.checkFromIndexSize(0, length, out.length);
    long[] block = new long[2];
    long held = ~(firstIndex >>> 1);
    for (int k = 0; k < length; k++) {
      long index = firstIndex + k;
      if (index >>> 1 != held) {
        held = index >>> 1;
        block(held, counterHigh(stream), seed, block);
      }
      out[k] = uniform(block[(int) (index & 1)]);
    }
  }

  /** Normal with mean 0 and variance 1. Its absolute value is at most √(106 ln 2) ≈ 8.6. */
  public double normal(int stream, long index) {
    double[] pair = new double[2];
    normalPair(stream, index >>> 1, new long[2], pair, 0);
    return pair[(int) (index & 1)];
  }

  /** Sets out[k] = normal(stream, firstIndex + k), in half the time that single draws take. */
  public void normals(int stream, long firstIndex, double[] out) {
    normals(stream, firstIndex, out, out.length);
  }

  /** The same for the first {@code length} entries of {@code out}. */
  public void normals(int stream, long firstIndex, double[] out, int length) {
    Objects.checkFromIndexSize(0, length, out.length);
    int k = 0;
    if ((firstIndex & 1) == 1 && length > 0) {
      out[k++] = normal(stream, firstIndex);
    }
    long[] block = new long[2];
    for (; k + 1 < length; k += 2) {
      normalPair(stream, (firstIndex + k) >>> 1, block, out, k);
    }
    if (k < length) {
      out[k] = normal(stream, firstIndex + k);
    }
  }

  private void normalPair(int stream, long blockNumber, long[] block, double[] out, int at) {
    block(blockNumber, counterHigh(stream), seed, block);
    BoxMuller.transform(uniform(block[0]), uniform(block[1]), out, at);
  }

  private static double uniform(long bits) {
    return ((bits >>> 12) + 0.5) * 0x1p-52;
  }

  private static long counterHigh(int stream) {
    return stream & MASK;
  }

  /**
   * One block: the 128 bits of Philox4x32-10 for a 128-bit counter and a 64-bit key, low half
   * first.
   */
  static void block(long counterLow, long counterHigh, long key, long[] out) {
    long c0 = counterLow & MASK;
    long c1 = counterLow >>> 32;
    long c2 = counterHigh & MASK;
    long c3 = counterHigh >>> 32;
    long k0 = key & MASK;
    long k1 = key >>> 32;
    for (int round = 0; round < ROUNDS; round++) {
      long p0 = MULTIPLIER_0 * c0;
      long p1 = MULTIPLIER_1 * c2;
      c0 = (p1 >>> 32) ^ c1 ^ k0;
      c1 = p1 & MASK;
      c2 = (p0 >>> 32) ^ c3 ^ k1;
      c3 = p0 & MASK;
      k0 = (k0 + KEY_STEP_0) & MASK;
      k1 = (k1 + KEY_STEP_1) & MASK;
    }
    out[0] = c0 | (c1 << 32);
    out[1] = c2 | (c3 << 32);
  }
}
