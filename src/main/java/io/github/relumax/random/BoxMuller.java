package io.github.relumax.random;

/**
 * The logarithm, sine and cosine of the Box-Muller transform, to about 2 units in the last place.
 *
 * <p>Written out, instead of called from {@link Math}, so that a seed means the same numbers on
 * every machine: only IEEE additions, multiplications, divisions and square roots happen, in the
 * order they stand (no fused multiply-add), which a CUDA kernel can repeat bit by bit. It is also
 * faster than {@link StrictMath}: the arguments are known to be uniforms, so reduction is exact and
 * nothing branches.
 */
final class BoxMuller {
  private static final long SIGN = Long.MIN_VALUE;
  private static final double LN_2 = 0.6931471805599453;

  /** The bits of √(1/2): mantissas are taken from [√(1/2), √2), so that log is accurate near 1. */
  private static final long SQRT_HALF = Double.doubleToRawLongBits(0.7071067811865476);

  private BoxMuller() {}

  /** out[at] = √(-2 ln u) cos(2πv), out[at + 1] = √(-2 ln u) sin(2πv), for u and v in (0, 1). */
  static void transform(double u, double v, double[] out, int at) {
    double radius = Math.sqrt(-2 * log(u));

    // 2πv = quarter π/2 + θ with |θ| ≤ π/4; v - quarter/4 is exact.
    int quarter = (int) (4 * v + 0.5);
    double theta = 2 * Math.PI * (v - 0.25 * quarter);
    long sin = Double.doubleToRawLongBits(sin(theta));
    long cos = Double.doubleToRawLongBits(cos(theta));

    // Turn by quarter π/2: odd quarters swap sine and cosine, then signs follow the quadrant.
    long swap = (sin ^ cos) & -(quarter & 1L);
    long cosSign = (quarter + 1L) << 62 & SIGN;
    long sinSign = (long) quarter << 62 & SIGN;
    out[at] = radius * Double.longBitsToDouble(cos ^ swap ^ cosSign);
    out[at + 1] = radius * Double.longBitsToDouble(sin ^ swap ^ sinSign);
  }

  /**
   * ln u = exponent ln 2 + 2 artanh s, s = (f - 1)/(f + 1), for u = 2^exponent f, a normal number.
   */
  static double log(double u) {
    long bits = Double.doubleToRawLongBits(u);
    long exponent = (bits - SQRT_HALF) >> 52;
    double f = Double.longBitsToDouble(bits - (exponent << 52));
    double s = (f - 1) / (f + 1);
    double t = s * s; // at most 0.0295: the first term left out is below 2⁻⁶⁰ of the sum
    double series = 1.0 / 21;
    series = series * t + 1.0 / 19;
    series = series * t + 1.0 / 17;
    series = series * t + 1.0 / 15;
    series = series * t + 1.0 / 13;
    series = series * t + 1.0 / 11;
    series = series * t + 1.0 / 9;
    series = series * t + 1.0 / 7;
    series = series * t + 1.0 / 5;
    series = series * t + 1.0 / 3;
    return exponent * LN_2 + (2 * s + 2 * s * (t * series));
  }

  /** Taylor to θ¹⁵ for |θ| ≤ π/4. */
  static double sin(double theta) {
    double t = theta * theta;
    double series = -1.0 / 1307674368000.0;
    series = series * t + 1.0 / 6227020800.0;
    series = series * t - 1.0 / 39916800;
    series = series * t + 1.0 / 362880;
    series = series * t - 1.0 / 5040;
    series = series * t + 1.0 / 120;
    series = series * t - 1.0 / 6;
    return theta + theta * (t * series);
  }

  /** Taylor to θ¹⁶ for |θ| ≤ π/4. */
  static double cos(double theta) {
    double t = theta * theta;
    double series = 1.0 / 20922789888000.0;
    series = series * t - 1.0 / 87178291200.0;
    series = series * t + 1.0 / 479001600;
    series = series * t - 1.0 / 3628800;
    series = series * t + 1.0 / 40320;
    series = series * t - 1.0 / 720;
    series = series * t + 1.0 / 24;
    series = series * t - 1.0 / 2;
    return 1 + t * series;
  }
}
