package io.github.relumax.cuda;

import static io.github.relumax.backend.Shapes.require;
import static io.github.relumax.backend.Shapes.requireEntries;
import static io.github.relumax.backend.Shapes.requireKeep;
import static io.github.relumax.backend.Shapes.requireOptional;
import static io.github.relumax.backend.Shapes.requireRows;
import static io.github.relumax.backend.Shapes.requireSize;
import static io.github.relumax.backend.Shapes.size;
import static io.github.relumax.cuda.DeviceBuffer.address;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendDescription;
import io.github.relumax.backend.BackendMemory;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Shapes;
import io.github.relumax.backend.SoftmaxSums;
import io.github.relumax.backend.Units;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.InsufficientMemoryException;
import io.github.relumax.matrix.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The backend on an NVIDIA GPU. Every buffer lives in device memory; primitives start kernels, or
 * products and factorisations of NVIDIA's libraries, on one stream and return, and only those with
 * a scalar for an answer wait. Here shapes are checked; what takes more than one kernel is in a
 * class for each kind of primitive. cuda-kernels/README.md lists the kernels and their arguments.
 */
final class CudaBackend implements Backend {
  /** Steps that one kernel takes. */
  private static final int STEPS = 4;

  /** Units whose columns are gathered for one product. */
  private static final int UNITS_TOGETHER = 8192;

  /** Entries of gathered columns, or of weighted rows, about: 128 MiB. */
  private static final long BLOCK_ENTRIES = 16L << 20;

  /** What NVIDIA's libraries take for themselves, about. */
  private static final long LIBRARY_BYTES = 128L << 20;

  private final CudaContext gpu;
  private final Kernels kernels;
  private final DeviceSums sums;
  private final HiddenUnits hiddenUnits;
  private final Softmax softmax;
  private final SoftmaxCurvature softmaxCurvature;
  private final MatrixVectorProducts products;
  private final UnitProducts unitProducts;
  private final GramProduct grams;
  private final Cholesky cholesky;
  private final RowSampling sampling;

  /** Where kernels leave scalars for the host to read, at most as many as softmax has. */
  private final long results;

  private final BackendDescription description;

  CudaBackend(CudaContext gpu, Kernels kernels) {
    this(gpu, kernels, UNITS_TOGETHER, BLOCK_ENTRIES);
  }

  /**
   * With blocks of other sizes.
   *
   * @param unitsTogether units whose columns are gathered for one product
   * @param blockEntries entries of gathered columns, or of weighted rows
   */
  CudaBackend(CudaContext gpu, Kernels kernels, int unitsTogether, long blockEntries) {
    this.gpu = gpu;
    this.kernels = kernels;
    Workspaces workspaces = new Workspaces(gpu);
    results = gpu.allocate(8L * Softmax.RESULTS, "scalar results");
    sums = new DeviceSums(gpu, kernels, workspaces);
    DeviceLists lists = new DeviceLists(gpu, kernels, workspaces);
    hiddenUnits = new HiddenUnits(kernels, lists);
    softmax = new Softmax(gpu, kernels, sums, results);
    softmaxCurvature = new SoftmaxCurvature(kernels, sums, results);
    products = new MatrixVectorProducts(kernels, sums);
    unitProducts = new UnitProducts(gpu, kernels, workspaces, unitsTogether, blockEntries);
    grams = new GramProduct(gpu, kernels, workspaces, lists, blockEntries, results);
    cholesky = new Cholesky(gpu, kernels, workspaces, results);
    sampling = new RowSampling(kernels, sums, lists);
    description = new BackendDescription("cuda", gpu.device().toString(), 1, 64);
  }

  @Override
  public BackendDescription description() {
    return description;
  }

  /** The device in use, for what tests count. */
  CudaContext context() {
    return gpu;
  }

  // Memory

  @Override
  public BackendMemory memory() {
    return new BackendMemory(gpu.freeBytes(), true);
  }

  /** None: a GPU is one. */
  @Override
  public List<Backend> singleThreads() {
    return List.of();
  }

  /** All entries are kept. */
  @Override
  public long compressedBytes(long rows, long columns, long nonZeros) {
    return 0;
  }

  @Override
  public long workspaceBytes(long m, long n, long d) {
    double partials = DeviceSums.VECTOR_PARTIALS + MatrixVectorProducts.workspace(n, d);
    double product = unitProducts.workspace(m, n, d);
    double gram = grams.workspace(m, d);
    return (long) (8 * (partials + product + gram + (double) d * d) + LIBRARY_BYTES);
  }

  @Override
  public long transposedBytes(long columns, long vectors) {
    return (long) (8 * MatrixVectorProducts.transposedWorkspace(columns, vectors));
  }

  /** By data sheets, not measured: float64 units of data-centre devices, a few of others. */
  @Override
  public double flopsPerByte() {
    return 16;
  }

  @Override
  public Buffer upload(Matrix matrix) {
    DeviceBuffer buffer = take(matrix.rows(), matrix.columns(), matrix.type(), matrix.name());
    try {
      gpu.write(matrix.segment(), buffer.address());
      products.reserveTransposed(buffer);
      return buffer;
    } catch (RuntimeException | Error e) {
      buffer.close();
      throw e;
    }
  }

  @Override
  public Buffer allocate(long rows, long columns) {
    DeviceBuffer buffer = take(rows, columns, ElementType.FLOAT64, "workspace");
    gpu.clear(buffer.address(), buffer.bytes());
    return buffer;
  }

  private DeviceBuffer take(long rows, long columns, ElementType type, String name) {
    long bytes;
    try {
      bytes = Matrix.bytes(rows, columns, type);
    } catch (IllegalArgumentException e) {
      throw new InsufficientMemoryException(
          "not enough memory: " + name + ": " + e.getMessage(), e);
    }
    String what = "%s, a %d x %d %s matrix,".formatted(name, rows, columns, type);
    return new DeviceBuffer(gpu, rows, columns, type, gpu.allocate(bytes, what));
  }

  @Override
  public Units units(int capacity) {
    hiddenUnits.reserve(capacity);
    return new DeviceUnits(gpu, capacity);
  }

  @Override
  public void write(double[] values, Buffer to) {
    requireSize(to, values.length);
    gpu.write(MemorySegment.ofArray(values), address(to));
  }

  @Override
  public void read(Buffer from, double[] values) {
    requireSize(from, values.length);
    if (from.type() == ElementType.FLOAT64) {
      gpu.read(address(from), MemorySegment.ofArray(values));
    } else {
      float[] stored = new float[values.length];
      gpu.read(address(from), MemorySegment.ofArray(stored));
      for (int i = 0; i < values.length; i++) {
        values[i] = stored[i];
      }
    }
  }

  @Override
  public void copy(Buffer from, Buffer to) {
    requireSize(to, size(from));
    gpu.copy(address(from), address(to), 8 * size(from));
  }

  // Vectors

  @Override
  public double dot(Buffer u, Buffer v) {
    requireSize(v, size(u));
    sums.dot(u, v, results);
    return sums.scalar(results);
  }

  @Override
  public void combine(double alpha, Buffer u, double beta, Buffer v, Buffer out) {
    requireSize(v, size(u));
    requireSize(out, size(u));
    kernels.along("combine", size(u), alpha, address(u), beta, address(v), size(u), address(out));
  }

  @Override
  public void steps(Buffer x, Buffer p, double[] t, Buffer out) {
    Shapes.requireSteps(x, p, t.length, out);
    double[] four = new double[STEPS];
    for (int first = 0; first < t.length; first += STEPS) {
      int count = Math.min(STEPS, t.length - first);
      System.arraycopy(t, first, four, 0, count);
      kernels.along(
          "steps",
          size(x),
          address(x),
          address(p),
          size(x),
          count,
          four[0],
          four[1],
          four[2],
          four[3],
          address(out, first));
    }
  }

  // Products

  @Override
  public void multiply(Buffer a, Buffer x, Buffer y) {
    Shapes.requireMultiply("multiply", a, x, y);
    products.multiply(a, x, y);
  }

  @Override
  public void multiplyTransposed(Buffer a, Buffer v, Buffer y) {
    long vectors = Shapes.requireTransposed(a, v, y);
    products.multiplyTransposed(a, vectors, v, y);
  }

  // Hidden units

  @Override
  public void relu(Buffer z1, Buffer h) {
    requireSize(h, size(z1));
    kernels.along("relu", size(z1), address(z1), size(z1), address(h));
  }

  @Override
  public void mask(Buffer z1, Buffer v, Buffer out) {
    requireSize(v, size(z1));
    requireSize(out, size(z1));
    kernels.along("mask", size(z1), address(z1), address(v), size(z1), address(out));
  }

  @Override
  public void settle(Buffer z1, Buffer norms, double tolerance) {
    requireSize(norms, size(z1));
    kernels.along("settle", size(z1), address(norms), tolerance, size(z1), address(z1));
  }

  @Override
  public void activeUnits(Buffer z1, Units out) {
    hiddenUnits.active(z1, out);
  }

  @Override
  public void flippedUnits(Buffer from, Buffer to, Units out) {
    requireSize(to, size(from));
    hiddenUnits.flipped(from, to, out);
  }

  @Override
  public void flipCorrections(Buffer z1, Buffer trials, Buffer h, Units out) {
    require(trials.columns() == size(z1), "flipCorrections", z1, trials);
    requireSize(h, size(trials));
    hiddenUnits.flipCorrections(z1, trials, h, out);
  }

  @Override
  public void addColumns(Buffer a, Units units, Buffer x, double keep, Buffer y) {
    Shapes.requireMultiply("addColumns", a, x, y);
    requireKeep(keep);
    unitProducts.addColumns(a, (DeviceUnits) units, x, keep != 0, y);
  }

  @Override
  public double gramOfUnits(Buffer a2, Units units, Buffer a1, Buffer center, Buffer a, Buffer h) {
    // Which no buffer of this backend is fit for.
    Shapes.requireGramOfUnits(a2, units, a1, center, a, h);
    throw new AssertionError("a matrix of which the non-zeros alone are kept");
  }

  @Override
  public void multiplyTransposed(Buffer a, Units units, Buffer v, Buffer y) {
    multiplyTransposed(a, v, y);
  }

  @Override
  public void accumulate(Buffer a2, Units units, Buffer a1, double keep, Buffer c) {
    require(a2.columns() == a1.rows(), "accumulate", a2, a1);
    require(c.rows() == a2.rows() && c.columns() == a1.columns(), "accumulate", a2, c);
    requireKeep(keep);
    unitProducts.accumulate(a2, (DeviceUnits) units, a1, keep != 0, c);
  }

  // Softmax

  @Override
  public SoftmaxSums softmax(Buffer z, Buffer b, Buffer w2, Buffer f, Buffer gz) {
    Shapes.requireSoftmax(z, b, w2, f, gz);
    return softmax.evaluate(z, b, w2, f, gz);
  }

  @Override
  public void losses(Buffer z, Buffer b, Buffer w2, double[] dataLoss, double[] regularization) {
    long m = z.columns();
    requireSize(b, m);
    requireOptional(w2, m);
    softmax.losses(z, b, w2, dataLoss, regularization);
  }

  @Override
  public void curvatureWeights(CurvatureForm form, Buffer f, Buffer b, double fc, Buffer a) {
    long m = size(f);
    requireSize(b, m);
    requireSize(a, m);
    softmaxCurvature.weights(form, f, b, fc, a);
  }

  @Override
  public void applyCurvature(Buffer a, Buffer f, Buffer w2, Buffer u, Buffer out) {
    Shapes.requireApplyCurvature(a, f, w2, u, out);
    softmaxCurvature.apply(a, f, w2, u, out);
  }

  // The d x d system

  @Override
  public void gram(Buffer c, Buffer center, Buffer a, double keep, Buffer h) {
    Shapes.requireGram(c, center, a, keep, h);
    grams.add(c, center, a, keep != 0, h);
  }

  @Override
  public void reserveGram(long rows, long columns) {
    grams.reserve(rows, columns);
  }

  @Override
  public void rankTwo(Buffer h, Buffer u, Buffer v, double t) {
    long d = h.rows();
    requireSize(u, d);
    requireSize(v, d);
    kernels.square("rankTwo", d, address(h), address(u), address(v), t, d);
  }

  @Override
  public double scale(Buffer h) {
    kernels.launchRow("diagonalMean", 1, address(h), h.rows(), results);
    return sums.scalar(results);
  }

  @Override
  public boolean factor(Buffer h, double shift, Buffer l) {
    requireSize(l, size(h));
    return cholesky.factor(h, shift, l);
  }

  /** out = r, which it may be. */
  private void moveTo(Buffer r, Buffer out) {
    if (address(r) != address(out)) {
      copy(r, out);
    }
  }

  @Override
  public void solve(Buffer l, Buffer r, Buffer out) {
    Shapes.requireSolve("solve", l, r, out);
    moveTo(r, out);
    cholesky.solve(l, out);
  }

  @Override
  public void solveForward(Buffer l, Buffer r, Buffer out) {
    Shapes.requireSolve("solveForward", l, r, out);
    moveTo(r, out);
    cholesky.solveForward(l, out);
  }

  @Override
  public void solveTransposed(Buffer l, Buffer r, Buffer out) {
    Shapes.requireSolve("solveTransposed", l, r, out);
    moveTo(r, out);
    cholesky.solveTransposed(l, out);
  }

  @Override
  public void curvatureTimes(Buffer c, Buffer center, Buffer a, Buffer v, Buffer out) {
    Shapes.requireCurvatureTimes(c, center, a, v, out);
    products.curvatureTimes(c, center, a, v, out);
  }

  // Row sampling

  @Override
  public void normals(long seed, int stream, long first, Buffer out) {
    sampling.normals(seed, stream, first, out);
  }

  @Override
  public void countSketch(long seed, int stream, Buffer c, Buffer center, Buffer a, Buffer out) {
    Shapes.requireCountSketch(c, center, a, out);
    sampling.countSketch(seed, stream, c, center, a, out);
  }

  @Override
  public double rowScores(Buffer y, Buffer shift, Buffer a, double keep, Buffer scores) {
    Shapes.requireRowScores(y, shift, a, keep, scores);
    sampling.rowScores(y, shift, a, keep != 0, scores, results);
    return sums.scalar(results);
  }

  @Override
  public void sampleRows(
      long seed, int stream, Buffer scores, double total, double size, Units out) {
    sampling.sampleRows(seed, stream, scores, total, size, (DeviceUnits) out);
  }

  @Override
  public void sampleWeights(
      Units rows, long first, Buffer scores, double total, double size, Buffer a, Buffer out) {
    DeviceUnits chosen = (DeviceUnits) rows;
    requireEntries(rows, first, size(out));
    requireSize(scores, chosen.of());
    requireSize(a, chosen.of());
    if (size(out) > 0) {
      sampling.sampleWeights(chosen, first, scores, total, size, a, out);
    }
  }

  @Override
  public void gatherRows(Buffer a, Units rows, long first, Buffer out) {
    DeviceUnits chosen = (DeviceUnits) rows;
    require(out.columns() == a.columns(), "gatherRows", a, out);
    requireEntries(rows, first, out.rows());
    requireRows(a, 0, chosen.of());
    if (out.rows() > 0) {
      sampling.gatherRows(a, chosen, first, out);
    }
  }

  @Override
  public void finish() {
    gpu.finish();
  }

  @Override
  public void close() {
    gpu.close();
  }
}
