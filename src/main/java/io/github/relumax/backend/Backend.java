package io.github.relumax.backend;

import io.github.relumax.matrix.Matrix;
import java.util.List;

/**
 * Where the arithmetic happens: the primitives that softmax-ReLU regression needs, each fused as
 * far as the paper's formulas allow, and no more. All arithmetic and all results are float64; A1
 * and A2 may be stored as float32. The same inputs on the same backend with the same thread count
 * give the same bits.
 *
 * <p>Vectors are rows: x is 1 x d, z is 1 x m, and k trial points are k x d. Shapes are the
 * caller's duty; a wrong one throws IllegalArgumentException. Nothing here decides convergence.
 *
 * <p>Everything that touches the long side m is a sum over rows of A2 or C, so a backend may split
 * m as it likes.
 *
 * <p>Not thread-safe: one solve at a time.
 */
public interface Backend extends AutoCloseable {
  /** Units that {@link #gramOfUnits} takes: its scratch memory grows with their square. */
  int MOST_GRAM_UNITS = 256;

  /** What ran, for results and messages. */
  BackendDescription description();

  // Memory

  /** The memory that buffers lie in, and how much of it is free now. */
  BackendMemory memory();

  /**
   * The memory that the primitives take for themselves, at most, when they work on an m x n x d
   * problem: scratch, packed operands. Sizes beyond counting give the largest long.
   */
  long workspaceBytes(long m, long n, long d);

  /**
   * The same for {@link #multiplyTransposed} of so many vectors with a matrix of so many columns,
   * where there is more than one.
   */
  long transposedBytes(long columns, long vectors);

  /**
   * How many operations of {@link #gram} take about as long as reading a byte of memory: a constant
   * of the kind of backend, so that what is decided by it does not vary from run to run.
   */
  double flopsPerByte();

  /**
   * The memory that {@link #upload} takes for the non-zeros of a matrix that has so many; 0 where
   * it keeps all entries.
   */
  long compressedBytes(long rows, long columns, long nonZeros);

  /**
   * As many backends as this one has threads, of one thread each, that take this one's buffers and
   * each other's: for many pieces of work at once, each on a thread of its own. The caller closes
   * them. None where this one has a single thread, or is no such backend.
   */
  List<Backend> singleThreads();

  /**
   * The matrix where the backend can read it; a view, not a copy, where that is possible, so it
   * must not change while the buffer is in use. Where few entries are not zero ({@link
   * #compressedBytes}, {@link Matrix#nonZeros}) the backend may keep these alone, and until it
   * closes, for other uploads of the same matrix. Only {@link #multiply}, {@link
   * #multiplyTransposed}, {@link #addColumns}, {@link #accumulate} and {@link #gramOfUnits} (as
   * a2), {@link #uploadRows} (as the whole), {@link #countSketch} and {@link #gatherRows} take such
   * a buffer; what is not kept then takes no part in them, not even times infinity.
   *
   * @throws io.github.relumax.matrix.InsufficientMemoryException if the memory is not there
   */
  Buffer upload(Matrix matrix);

  /**
   * The same for rows of a matrix that was uploaded ({@link Matrix#chosen}). Where the whole is
   * kept as its non-zeros those of the rows may come from there, and no entry of theirs is read.
   *
   * @param whole what {@link #upload} made of the matrix whose rows they are
   * @throws io.github.relumax.matrix.InsufficientMemoryException if the memory is not there
   */
  default Buffer uploadRows(Matrix rows, Buffer whole) {
    return upload(rows);
  }

  /**
   * A float64 buffer of zeros.
   *
   * @throws io.github.relumax.matrix.InsufficientMemoryException if the memory is not there
   */
  Buffer allocate(long rows, long columns);

  /** An empty list with room for {@code capacity} indices of units or of rows. */
  Units units(int capacity);

  /** to = values, whose length is to.rows() * to.columns(). */
  void write(double[] values, Buffer to);

  /** values = from, whose size is values.length. */
  void read(Buffer from, double[] values);

  /** to = from. */
  void copy(Buffer from, Buffer to);

  // Vectors

  /** ⟨u, v⟩, of as many entries each. */
  double dot(Buffer u, Buffer v);

  /** out = alpha u + beta v, of as many entries each; out may be u or v. */
  void combine(double alpha, Buffer u, double beta, Buffer v, Buffer out);

  /**
   * Row k of out = x + t_k p, for k &lt; t.length. x, p: 1 x d, out: t.length rows of d, or more.
   */
  void steps(Buffer x, Buffer p, double[] t, Buffer out);

  // Products with A1, A2 and C

  /**
   * Row k of y = a times row k of x, for all rows at once: a is read once. a: r x c, x: k x c, y: k
   * x r.
   */
  void multiply(Buffer a, Buffer x, Buffer y);

  /**
   * Row k of y = aᵀ times row k of v, for all rows at once. a: r x c, v: k x r, y: k x c. A single
   * vector may be a column, r x 1. a is read once, up to some tens of vectors.
   */
  void multiplyTransposed(Buffer a, Buffer v, Buffer y);

  /**
   * The same for the columns of these units, signs ignored: y[k,u] = ⟨a[:,u], v_k⟩. What y has
   * elsewhere stays, or becomes that too.
   */
  void multiplyTransposed(Buffer a, Units units, Buffer v, Buffer y);

  // Hidden units

  /** h = max(z1, 0), for any number of rows. z1, h: k x n. */
  void relu(Buffer z1, Buffer h);

  /** out = 1[z1 &gt; 0] ∘ v; out may be v. z1, v, out: 1 x n. */
  void mask(Buffer z1, Buffer v, Buffer out);

  /**
   * z1_i = 0 where |z1_i| &lt;= tolerance norms_i: what rounding leaves of a unit that sits at its
   * kink. NaN stays NaN. z1, norms: 1 x n.
   */
  void settle(Buffer z1, Buffer norms, double tolerance);

  /**
   * The units with z1 &gt; 0, each with sign +1. z1: 1 x n.
   *
   * @param out with room for n units; here and below
   */
  void activeUnits(Buffer z1, Units out);

  /**
   * The units whose activity differs: +1 where only {@code to} is positive, -1 where only {@code
   * from} is. from, to: 1 x n.
   */
  void flippedUnits(Buffer from, Buffer to, Units out);

  /**
   * What the flipped units add to the logits of trial points that were computed with the mask of
   * z1: h[k,u] = |trials[k,u]| where unit u is active in z1 or in row k of trials but not in both,
   * else 0. z1: 1 x n, trials and h: k x n.
   *
   * @param out the units that flip in some row, in ascending order; signs mean nothing
   */
  void flipCorrections(Buffer z1, Buffer trials, Buffer h, Units out);

  /**
   * Row k of y = keep row k of y + Σ_{u in units} x[k,u] a[:,u], signs ignored. Only the columns
   * named are read. a: r x c, x: k x c, y: k x r. keep is 0 or 1.
   */
  void addColumns(Buffer a, Units units, Buffer x, double keep, Buffer y);

  /**
   * c = keep c + Σ_{(u, s) in units} s a2[:,u] a1[u,:]. With keep = 0 and the active units this
   * forms C = A2 diag(mask) A1; with keep = 1 and the flipped units it brings C up to date. a2: m x
   * n, a1: n x d, c: m x d. keep is 0 or 1.
   */
  void accumulate(Buffer a2, Units units, Buffer a1, double keep, Buffer c);

  // Softmax

  /**
   * f = softmax(z) (with the maximum subtracted) and gz = f∘c - ⟨f,c⟩ f + w²∘z with c = f - b, the
   * gradient with respect to z. z, b, f, gz: 1 x m.
   *
   * @param w2 w∘w, 1 x m, or null when there is no regulariser; here and below
   */
  SoftmaxSums softmax(Buffer z, Buffer b, Buffer w2, Buffer f, Buffer gz);

  /**
   * For each row k of z: dataLoss[k] = 1/2 ‖softmax(z_k) - b‖² and regularization[k] = 1/2 ‖W
   * z_k‖². A row that overflows gives NaN, never a finite number. z: k x m, b: 1 x m, the arrays:
   * k.
   */
  void losses(Buffer z, Buffer b, Buffer w2, double[] dataLoss, double[] regularization);

  /**
   * The diagonal a of {@link CurvatureForm}. f, b, a: 1 x m.
   *
   * @param fc ⟨f, c⟩, from {@link SoftmaxSums}
   */
  void curvatureWeights(CurvatureForm form, Buffer f, Buffer b, double fc, Buffer a);

  /** out = (I - f 1ᵀ) diag(a) (I - 1 fᵀ) u + w²∘u. a, f, u, out: 1 x m. out may be u. */
  void applyCurvature(Buffer a, Buffer f, Buffer w2, Buffer u, Buffer out);

  // The d x d system

  /**
   * h = keep h + Σ_i a_i (c_i - center)(c_i - center)ᵀ over the rows of c, both triangles. c: r x
   * d, center: 1 x d, a: r entries of any sign, as a row or as a column. keep is 0 or 1; with keep
   * = 1 h must be symmetric. Blocks of rows of one C, keep = 0 for the first, give the sum over all
   * of them.
   */
  void gram(Buffer c, Buffer center, Buffer a, double keep, Buffer h);

  /**
   * The matrix of {@link #gram} for C = Σ_{(u, s) in units} s a2[:,u] a1[u,:], which is not formed:
   * where the units have few non-zeros in a row, products of these are far fewer than those of the
   * rows of C. a2: m x n, of which only the non-zeros are kept, a1: n x d, center: 1 x d, a: m
   * entries of any sign, h: d x d.
   *
   * @param units at most d, and at most {@link #MOST_GRAM_UNITS}
   * @return mean of |h_jj| before the center was subtracted, that is, with center = 0: what is far
   *     less than that has its rounding
   * @throws IllegalArgumentException if all entries of a2 are kept
   */
  double gramOfUnits(Buffer a2, Units units, Buffer a1, Buffer center, Buffer a, Buffer h);

  /**
   * Takes the memory that {@link #gram} of an r x d matrix needs beside its operands and keeps, so
   * that a first call that comes late takes none.
   */
  void reserveGram(long rows, long columns);

  /** h = h + u vᵀ + v uᵀ + t v vᵀ. h: d x d, u, v: 1 x d. */
  void rankTwo(Buffer h, Buffer u, Buffer v, double t);

  /** Mean of |h_jj|: the natural unit of the damping. h: d x d. */
  double scale(Buffer h);

  /**
   * l lᵀ = h + shift I, l lower triangular. h, l: d x d, of h the lower triangle counts.
   *
   * @return false if the matrix is not numerically positive definite; l is then of no use
   */
  boolean factor(Buffer h, double shift, Buffer l);

  /** out = (l lᵀ)⁻¹ r for every row of r. l: d x d, r and out: k x d. out may be r. */
  void solve(Buffer l, Buffer r, Buffer out);

  /**
   * out = l⁻¹ r for every row of r: with the rows of any A, those whose products with each other
   * make up A (l lᵀ)⁻¹ Aᵀ. l: d x d as {@link #factor} leaves it, r and out: k x d. out may be r.
   */
  void solveForward(Buffer l, Buffer r, Buffer out);

  /**
   * out = l⁻ᵀ r for every row of r: with Gaussian rows r, vectors of covariance (l lᵀ)⁻¹; with the
   * rows of the identity, those whose products with c make up ‖l⁻¹ c‖². l: d x d as {@link #factor}
   * leaves it, r and out: k x d. out may be r.
   */
  void solveTransposed(Buffer l, Buffer r, Buffer out);

  /**
   * out = Σ_i a_i ⟨c_i - center, v⟩ (c_i - center) over the rows of c: the matrix of {@link #gram}
   * times v, without forming it. c: r x d, center, v and out: 1 x d, a: r entries of any sign. c is
   * read once where the backend can. out may be v.
   */
  void curvatureTimes(Buffer c, Buffer center, Buffer a, Buffer v, Buffer out);

  // Row sampling

  /**
   * out[k] = normal(stream, first + k) of {@link io.github.relumax.random.Philox} with that seed,
   * to the bit, out read row after row.
   */
  void normals(long seed, int stream, long first, Buffer out);

  /**
   * A CountSketch of the rows r_i = √|a_i| (c_i - center): out[h(i),:] = Σ s(i) r_i, with the
   * buckets h and the signs s of {@link io.github.relumax.random.SketchHash}. outᵀ out is the
   * matrix of {@link #gram} for |a| on average. c: r x d, out: K x d, K a power of two up to 2³¹.
   *
   * @param center 1 x d, or null for 0
   * @param a r entries, or null for 1
   */
  void countSketch(long seed, int stream, Buffer c, Buffer center, Buffer a, Buffer out);

  /**
   * scores_i = keep scores_i + max(a_i, 0) Σ_k (y[k,i] - shift_k)²: with products y[k,i] = ⟨c_i,
   * g_k⟩ and shift_k = ⟨center, g_k⟩ what the vectors g_k say of the leverage of row i of √a (C -
   * center). y: k x m, shift: k entries, scores: m entries. keep is 0 or 1; 0 does not read scores.
   *
   * @param a m entries, or null for 1
   * @return Σ_i scores_i; NaN if an entry is NaN
   */
  double rowScores(Buffer y, Buffer shift, Buffer a, double keep, Buffer scores);

  /**
   * Draws every row i on its own with the probability p_i = min(1, size scores_i / total), computed
   * from left to right: the rows with uniform(stream, i) &lt; p_i, of {@link
   * io.github.relumax.random.Philox} with that seed. The same scores give the same rows on every
   * backend. A score that is not above 0 is never drawn, and none is where total is NaN.
   *
   * @param size the rows that are expected, where no p_i is 1
   * @param out the rows in ascending order; signs mean nothing
   * @throws IllegalArgumentException if there are more rows than {@code out} has room for, which is
   *     then empty
   */
  void sampleRows(long seed, int stream, Buffer scores, double total, double size, Units out);

  /**
   * out_j = a_i / p_i for row i, the entry first + j of a list that {@link #sampleRows} drew with
   * the same scores, total and size: weights with which the rows drawn give the matrix of {@link
   * #gram} on average. out: as many entries as are wanted, up to what the list has from first on.
   */
  void sampleWeights(
      Units rows, long first, Buffer scores, double total, double size, Buffer a, Buffer out);

  /**
   * out[j,:] = a[i,:] for row i, the entry first + j of the list. out: as many rows as are wanted,
   * up to what the list has from first on.
   */
  void gatherRows(Buffer a, Units rows, long first, Buffer out);

  /** Waits until everything that was called for is done. */
  void finish();

  /** Frees threads and scratch memory; buffers are closed by whoever made them. */
  @Override
  void close();
}
