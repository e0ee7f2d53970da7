package io.github.relumax.cpu;

/**
 * The inner loops of the CPU backend, single-threaded, over float64 in {@link RawMemory}. Operands
 * are addresses; strides are in bytes, lengths in entries. Two implementations: {@link
 * VectorKernels} where the vector module is present, {@link ScalarKernels} elsewhere.
 */
interface Kernels {
  /** Rows of one product tile: a multiple of 4. */
  int tileRows();

  /** Columns of one product tile: a multiple of the vector length. */
  int tileColumns();

  /** Width of the vectors in use, 64 for scalar code. */
  int vectorBits();

  /** out[i] = (double) in[i]: float32 storage read as float64. */
  void widen(long in, long out, int n);

  /** Σ a_i b_i. */
  double dot(long a, long b, int n);

  /** Four dot products at once: out[r] = ⟨row r of a, x⟩ for r &lt; 4. */
  void dots(long a, long aStride, long x, int n, long out, long outStride);

  /** How many vectors {@link #dotBlock} and {@link #addBlock} take. */
  int vectorsAtOnce();

  /**
   * Dot products of four rows with several vectors: out[r][k] = Σ_j a[r][j] x[j][k] for r &lt; 4
   * and k &lt; vectorsAtOnce(), x and out row after row without gaps.
   */
  void dotBlock(long a, long aStride, long x, int n, long out);

  /** y += s0 a_0 + s1 a_1 + s2 a_2 + s3 a_3 for four rows of a. */
  void addRows(long s, long sStride, long a, long aStride, long y, int n);

  /**
   * Four rows added to the sums of several vectors: y[j][k] += Σ_r s[r][k] a[r][j] for r &lt; 4 and
   * k &lt; vectorsAtOnce(), s and y row after row without gaps.
   */
  void addBlock(long s, long a, long aStride, long y, int n);

  /** y += s a. */
  void addRow(double s, long a, long y, int n);

  /**
   * sum += Σ_r s[r] (last_r - center) and dots[r] = ⟨next_r - center, v⟩, r &lt; 4: the rows that
   * are still in cache are added up while the next ones come from memory.
   *
   * @param stride bytes between the rows of last, and between those of next
   * @param dots may be s
   */
  void addCenteredThenDots(
      long s, long last, long next, long stride, long center, long v, int n, long sum, long dots);

  /** y += Σ_r s[r] (row r - center) for the four rows at these addresses. */
  void addCentered(double[] s, long[] rows, long center, long y, int n);

  /** out = alpha u + beta v; out may be u or v. */
  void combine(double alpha, long u, double beta, long v, long out, int n);

  /**
   * The product tile: out[i][j] = Σ_k left[k][i] right[k][j], i &lt; tileRows(), j &lt;
   * tileColumns(), out row after row without gaps.
   *
   * @param columns that are wanted: what stands in the others may be anything
   */
  void tile(
      int depth, long left, long leftStride, long right, long rightStride, int columns, long out);

  /** c[i][j] += s tile[i][j] for i &lt; rows and j &lt; columns. */
  void addTile(double s, long tile, long c, long cStride, int rows, int columns);

  /** c[i][j] = s tile[i][j], likewise. */
  void storeTile(double s, long tile, long c, long cStride, int rows, int columns);

  /** How many of so many columns {@link #sumRows} takes at a time. */
  int sumWidth(int columns);

  /**
   * out[j] = Σ_p s[p] rows[index[p]][j] for j &lt; width, a sum that stays in registers. The rows
   * lie one after another without gaps.
   *
   * @param index 32-bit numbers
   * @param width a result of {@link #sumWidth}
   */
  void sumRows(long s, long index, int count, long rows, int width, long out);

  /**
   * A scaled row less center, into panels: x[j] = s (row[j] - center[j]) for j &lt; columns, and
   * zeros up to the width of the last panel.
   *
   * @param x where the row begins in the first panel
   * @param panelStride bytes from there to where it goes on in the next panel
   * @param width columns of a panel
   */
  void packCentered(
      long row, double s, long center, int columns, long x, long panelStride, int width);

  /** out[0] = max z_i and out[1] = min z_i; NaN if one is NaN. */
  void range(long z, int n, double[] out);

  /** f_i = exp(z_i - shift); returns Σ f_i. */
  double exp(long z, double shift, long f, int n);

  /**
   * From unnormalised f: f = scale f, c = f - b, gz = f∘c, and out = {Σ c², Σ fc, Σ f², Σ (fc)²}.
   */
  void residual(long f, double scale, long b, long gz, int n, double[] out);

  /** Σ (scale f_i - b_i)². */
  double squaredError(long f, double scale, long b, int n);

  /** Σ w_i z_i². */
  double weightedSquares(long w, long z, int n);
}
