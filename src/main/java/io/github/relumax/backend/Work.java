package io.github.relumax.backend;

import static java.lang.Double.BYTES;

/**
 * What a call of a primitive takes at least, whatever the implementation.
 *
 * <p>An operation is an addition, multiplication, division, square root, comparison or exponential
 * in float64.
 *
 * <p>Bytes are compulsory traffic: every operand read once and every result written once, in its
 * storage type, as if caches were large enough for all else and empty before. Of a matrix of which
 * only some columns are named, the cache lines that they touch count. Lists of units do not count.
 * What is in cache from an earlier call comes from there, so that bytes over time may be more than
 * memory can give.
 *
 * @param flops operations
 * @param bytes bytes read and written
 */
public record Work(long flops, long bytes) {
  public static final Work NONE = new Work(0, 0);

  private static final int CACHE_LINE = 64;

  /** Both together. */
  public Work plus(Work other) {
    return new Work(flops + other.flops, bytes + other.bytes);
  }

  // Memory

  /** A new buffer: its zeros are written. */
  public static Work allocate(Buffer made) {
    return new Work(0, bytes(made));
  }

  /** Between a buffer and an array of as many numbers: 8 bytes each in the array. */
  public static Work transfer(Buffer buffer) {
    return new Work(0, bytes(buffer) + BYTES * size(buffer));
  }

  /** to = from. */
  public static Work copy(Buffer from, Buffer to) {
    return new Work(0, bytes(from) + bytes(to));
  }

  // Vectors of k entries

  /** ⟨u, v⟩: 2 k operations; u and v are read, once where they are the same. */
  public static Work dot(Buffer u, Buffer v) {
    return new Work(2 * size(u), u.equals(v) ? bytes(u) : bytes(u) + bytes(v));
  }

  /** alpha u + beta v: 3 k operations. */
  public static Work combine(Buffer u, Buffer v, Buffer out) {
    return new Work(3 * size(out), bytes(u) + bytes(v) + bytes(out));
  }

  /** x + t p for T lengths t: 2 T k operations; T vectors are written. */
  public static Work steps(Buffer x, Buffer p, int lengths) {
    return new Work(2L * lengths * size(x), bytes(x) + bytes(p) + lengths * bytes(x));
  }

  // Products

  /** y = a times each of k rows of x, a: r x c: 2 r c k operations; a is read once. */
  public static Work multiply(Buffer a, Buffer x, Buffer y) {
    return new Work(2 * a.storedEntries() * x.rows(), a.passBytes() + bytes(x) + bytes(y));
  }

  /** y = aᵀ times each of k rows of v, a: r x c: 2 r c k operations; a is read once. */
  public static Work multiplyTransposed(Buffer a, Buffer v, Buffer y) {
    long vectors = size(v) / a.rows();
    return new Work(2 * a.storedEntries() * vectors, a.passBytes() + bytes(v) + bytes(y));
  }

  /** The same for |F| columns: their share of it, where only non-zeros are kept. */
  public static Work multiplyTransposed(Buffer a, int units, Buffer v, Buffer y) {
    if (isDense(a)) {
      return multiplyTransposed(a, v, y);
    }
    long vectors = size(v) / a.rows();
    long written = vectors * units * BYTES;
    return new Work(
        2 * columnEntries(a, units * vectors), columnBytes(a, units) + bytes(v) + written);
  }

  /**
   * y += |F| columns of a, r x c, times k rows of coefficients: 2 r |F| k operations, or as many as
   * the non-zeros that they have on average where only these are kept. Read are the columns' cache
   * lines, or non-zeros, and the coefficients named, and y is written, and read where it is kept;
   * nothing where it is kept and F is empty.
   */
  public static Work addColumns(Buffer a, int units, Buffer x, double keep, Buffer y) {
    if (units == 0 && keep != 0) {
      return NONE;
    }
    long coefficients = units * x.rows();
    long yBytes = keep == 0 ? bytes(y) : 2 * bytes(y);
    return new Work(
        2 * columnEntries(a, coefficients), columnBytes(a, units) + BYTES * coefficients + yBytes);
  }

  /**
   * c = Σ over |F| units of a column of a2 (r x n) times a row of a1 (n x d): 2 r |F| d operations.
   * Read are the columns' cache lines and |F| rows of a1; c is written. Non-zeros count as above.
   */
  public static Work accumulateNew(Buffer a2, int units, Buffer a1, Buffer c) {
    return new Work(
        2 * columnEntries(a2, units * a1.columns()),
        columnBytes(a2, units) + units * a1.columns() * a1.type().bytes() + bytes(c));
  }

  /** The same on top of what c holds, so c is read too; nothing where F is empty. */
  public static Work accumulateMore(Buffer a2, int units, Buffer a1, Buffer c) {
    return units == 0 ? NONE : accumulateNew(a2, units, a1, c).plus(new Work(0, bytes(c)));
  }

  // Hidden units, n of them

  /** max(z1, 0): an operation an entry. */
  public static Work relu(Buffer z1, Buffer h) {
    return new Work(size(z1), bytes(z1) + bytes(h));
  }

  /** 1[z1 > 0] ∘ v: a comparison an entry. */
  public static Work mask(Buffer z1, Buffer v, Buffer out) {
    return new Work(size(z1), bytes(z1) + bytes(v) + bytes(out));
  }

  /** A product and a comparison an entry; writing is the exception. */
  public static Work settle(Buffer z1, Buffer norms) {
    return new Work(2 * size(z1), bytes(z1) + bytes(norms));
  }

  /** z1 > 0: a comparison an entry. */
  public static Work activeUnits(Buffer z1) {
    return new Work(size(z1), bytes(z1));
  }

  /** Two comparisons an entry. */
  public static Work flippedUnits(Buffer from, Buffer to) {
    return new Work(2 * size(from), bytes(from) + bytes(to));
  }

  /** A comparison for each unit of z1, and one for each entry of the trials. */
  public static Work flipCorrections(Buffer z1, Buffer trials, Buffer h) {
    return new Work(size(z1) + size(trials), bytes(z1) + bytes(trials) + bytes(h));
  }

  // Softmax over m logits

  /**
   * 16 m operations: maximum, z - max, exp, its sum, f (5); c = f - b, f∘c, the sums of c², f∘c, f²
   * and (f∘c)² (9); gz (2). A regulariser adds 4 m: w²∘z, the sum of w²∘z², gz.
   */
  public static Work softmax(Buffer z, Buffer b, Buffer w2, Buffer f, Buffer gz) {
    return new Work(
        (w2 == null ? 16 : 20) * size(z),
        bytes(z) + bytes(b) + optional(w2) + bytes(f) + bytes(gz));
  }

  /**
   * For each of k rows of logits 8 m operations: f as in softmax (5), f - b and its square's sum
   * (3); a regulariser adds 3 m.
   */
  public static Work losses(Buffer z, Buffer b, Buffer w2) {
    return new Work((w2 == null ? 8 : 11) * size(z), bytes(z) + bytes(b) + optional(w2));
  }

  /** f² (1 operation an entry) or (2f - b - ⟨f,c⟩)∘f (4, and b is read). */
  public static Work curvatureWeights(CurvatureForm form, Buffer f, Buffer b, Buffer a) {
    return switch (form) {
      case GAUSS_NEWTON -> new Work(size(f), bytes(f) + bytes(a));
      case EXACT -> new Work(4 * size(f), bytes(f) + bytes(b) + bytes(a));
    };
  }

  /** ⟨f,u⟩ (2 operations an entry), v = a∘(u - ⟨f,u⟩) and its sum (3), v - Σv f (2); w² adds 2. */
  public static Work applyCurvature(Buffer a, Buffer f, Buffer w2, Buffer u, Buffer out) {
    return new Work(
        (w2 == null ? 7 : 9) * size(u), bytes(a) + bytes(f) + optional(w2) + bytes(u) + bytes(out));
  }

  // The d x d system

  /**
   * Σ_i a_i (c_i - center)(c_i - center)ᵀ over r rows: 2 r for each of the d (d + 1) / 2 entries of
   * one triangle, so r d (d + 1) operations; centring and weighting are of lower order. All of h is
   * written, and read where it is kept.
   */
  public static Work gram(Buffer c, Buffer center, Buffer a, double keep, Buffer h) {
    long d = c.columns();
    long hBytes = keep == 0 ? bytes(h) : 2 * bytes(h);
    return new Work(c.rows() * d * (d + 1), bytes(c) + bytes(center) + bytes(a) + hBytes);
  }

  /**
   * The same for C = A2 diag(mask) A1 with k units, by G = Sᵀ diag(a) S (k x k): with e non-zeros a
   * row, were they spread evenly, 2 e² for each of the m rows, then 2 k² d and k d (d + 1)
   * operations. Read are the non-zeros and the units' rows of A1.
   */
  public static Work gramOfUnits(
      Buffer a2, int units, Buffer a1, Buffer center, Buffer a, Buffer h) {
    long m = a2.rows();
    long d = a1.columns();
    double entries = (double) columnEntries(a2, units) / m;
    long pairs = Math.round(2 * entries * entries * m);
    return new Work(
        pairs + 2L * units * units * d + units * d * (d + 1),
        columnBytes(a2, units)
            + units * d * a1.type().bytes()
            + bytes(center)
            + bytes(a)
            + bytes(h));
  }

  /** h += u vᵀ + v uᵀ + t v vᵀ: 4 d² operations; h is read and written. */
  public static Work rankTwo(Buffer h, Buffer u, Buffer v) {
    return new Work(4 * size(h), 2 * bytes(h) + bytes(u) + bytes(v));
  }

  /** Mean of |h_jj|: 2 d operations; the d entries are read. */
  public static Work scale(Buffer h) {
    return new Work(2 * h.rows(), BYTES * h.rows());
  }

  /**
   * Cholesky: d³/3 + d²/2 + d/6 operations; one triangle is read and one written. A factorisation
   * that fails ends somewhere on the way and counts as nothing.
   */
  public static Work factor(Buffer h, boolean definite) {
    long d = h.rows();
    return definite ? new Work(d * (d + 1) * (2 * d + 1) / 6, 2 * triangle(d)) : NONE;
  }

  /** Two triangular solves for each of k rows: 2 k d² operations; the triangle is read once. */
  public static Work solve(Buffer l, Buffer r, Buffer out) {
    return new Work(2 * size(l) * r.rows(), triangle(l.rows()) + bytes(r) + bytes(out));
  }

  /** One triangular solve for each of k rows: k d² operations; the triangle is read once. */
  public static Work solveTriangular(Buffer l, Buffer r, Buffer out) {
    return new Work(size(l) * r.rows(), triangle(l.rows()) + bytes(r) + bytes(out));
  }

  /** A product and a sum of r rows: 4 r d operations; centring and weighting are of lower order. */
  public static Work curvatureTimes(Buffer c, Buffer center, Buffer a, Buffer v, Buffer out) {
    return new Work(4 * size(c), bytes(c) + bytes(center) + bytes(a) + bytes(v) + bytes(out));
  }

  // Row sampling

  /** 75 operations for two numbers: two uniforms, a logarithm, a root, a sine and a cosine. */
  public static Work normals(Buffer out) {
    return new Work(75 * size(out) / 2, bytes(out));
  }

  /**
   * Sign times row onto its bucket: 2 r d operations, and r d for a centre; weighting is of lower
   * order. Non-zeros are added alone where only these are kept and there is no centre.
   */
  public static Work countSketch(Buffer c, Buffer center, Buffer a, Buffer out) {
    return new Work(
        center == null ? 2 * c.storedEntries() : 3 * size(c),
        c.passBytes() + optional(center) + optional(a) + bytes(out));
  }

  /**
   * Shift, square, add: 3 k m operations; times max(a, 0) 2 m; Σ m; where scores are kept they are
   * read and added to, m.
   */
  public static Work rowScores(Buffer y, Buffer shift, Buffer a, double keep, Buffer scores) {
    long each = (a == null ? 1L : 3L) + (keep == 0 ? 0 : 1);
    long scoreBytes = keep == 0 ? bytes(scores) : 2 * bytes(scores);
    return new Work(
        3 * size(y) + each * size(scores), bytes(y) + bytes(shift) + optional(a) + scoreBytes);
  }

  /** A uniform (2 operations), its probability (3) and their comparison for each row. */
  public static Work sampleRows(Buffer scores) {
    return new Work(6 * size(scores), bytes(scores));
  }

  /** A probability (3 operations) and a quotient for k rows, whose cache lines are read. */
  public static Work sampleWeights(Buffer scores, Buffer a, Buffer out) {
    long lines = lineBytes(size(out), scores) + lineBytes(size(out), a);
    return new Work(4 * size(out), lines + bytes(out));
  }

  /** The rows that are named are read, and written as float64. */
  public static Work gatherRows(Buffer a, Buffer out) {
    return new Work(0, size(out) * a.type().bytes() + bytes(out));
  }

  private static long triangle(long d) {
    return BYTES * d * (d + 1) / 2;
  }

  /** The entries of so many columns, a column counted as often as it is taken. */
  private static long columnEntries(Buffer a, long columns) {
    return isDense(a)
        ? a.rows() * columns
        : Math.round((double) a.storedEntries() / a.columns() * columns);
  }

  private static boolean isDense(Buffer a) {
    return a.storedEntries() == size(a);
  }

  /** The bytes of the cache lines that |F| columns touch in all rows, or of their non-zeros. */
  private static long columnBytes(Buffer a, int units) {
    if (!isDense(a)) {
      return Math.round((double) a.passBytes() / a.columns() * units);
    }
    return Math.round(touched(units, a.columns(), a.type().bytes()) * bytes(a));
  }

  /** The bytes of the cache lines that so many entries of a vector touch. */
  private static long lineBytes(long count, Buffer vector) {
    return Math.round(touched(count, size(vector), BYTES) * bytes(vector));
  }

  /**
   * The share of the cache lines of n neighbours that {@code count} of them touch, were they drawn
   * at random: a line of L entries stays untouched with a chance of about (1 - count/n)^L. That is
   * a line an entry for few, and all lines for all.
   */
  private static double touched(long count, long n, int entryBytes) {
    double perLine = (double) CACHE_LINE / entryBytes;
    return 1 - Math.pow(1 - (double) count / n, perLine);
  }

  private static long optional(Buffer w2) {
    return w2 == null ? 0 : bytes(w2);
  }

  private static long size(Buffer buffer) {
    return buffer.rows() * buffer.columns();
  }

  private static long bytes(Buffer buffer) {
    return size(buffer) * buffer.type().bytes();
  }
}
