package io.github.relumax.cpu;

import static io.github.relumax.backend.Shapes.require;
import static io.github.relumax.backend.Shapes.requireEntries;
import static io.github.relumax.backend.Shapes.requireKeep;
import static io.github.relumax.backend.Shapes.requireOptional;
import static io.github.relumax.backend.Shapes.requireRows;
import static io.github.relumax.backend.Shapes.requireSize;
import static io.github.relumax.backend.Shapes.size;
import static io.github.relumax.matrix.Matrix.F32;
import static io.github.relumax.matrix.Matrix.F64;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendDescription;
import io.github.relumax.backend.BackendMemory;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Shapes;
import io.github.relumax.backend.SoftmaxSums;
import io.github.relumax.backend.Units;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.matrix.OffHeap;
import io.github.relumax.matrix.SystemMemory;
import io.github.relumax.random.Philox;
import io.github.relumax.random.SketchHash;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;

/**
 * The backend that runs everywhere: main memory, all cores, rows split over threads in a fixed way
 * so that results repeat bit for bit. Here shapes are checked; a class for each kind of primitive
 * does the work, which it splits by {@link Parallel} and leaves to {@link Kernels}.
 */
final class CpuBackend implements Backend {
  private static final double VECTOR_FLOPS_PER_BYTE = 3.5;
  private static final double SCALAR_FLOPS_PER_BYTE = 0.3;

  /** A matrix is kept as its non-zeros where these are at most this share of its entries. */
  private static final double DENSITY = 0.3;

  /** They may take so much of the machine's memory: a mapped file that is kept dense takes none. */
  private static final double COMPRESSED_SHARE = 0.25;

  /** They stay for another upload where they take no more: an idle backend is to hold little. */
  private static final long MOST_KEPT = 192L << 20;

  private final Kernels kernels;
  private final Parallel parallel;
  private final PackedProducts products;
  private final GramProduct grams;
  private final SparseProducts sparse;
  private final SparseUnitProducts sparseUnits;
  private final SparseUnitGram unitGrams;
  private final Cholesky cholesky;
  private final TriangularSolve triangular;
  private final MatrixVectorProduct vectorProduct;
  private final TransposedProduct transposed;
  private final CurvatureProduct curvature;
  private final RowSampling sampling;
  private final ColumnCache columns;
  private final KeptNonZeros nonZeros;
  private final Softmax softmax;
  private final SoftmaxCurvature softmaxCurvature;
  private final OffHeap.Keeping keeping;

  CpuBackend(Kernels kernels, int threads) {
    this(kernels, threads, MOST_KEPT);
  }

  private CpuBackend(Kernels kernels, int threads, long mostKept) {
    this.kernels = kernels;
    parallel = new Parallel(threads);
    products = new PackedProducts(kernels, parallel);
    grams = new GramProduct(kernels, parallel);
    sparse = new SparseProducts(kernels, parallel);
    sparseUnits = new SparseUnitProducts(kernels, parallel);
    unitGrams = new SparseUnitGram(kernels, parallel, grams);
    cholesky = new Cholesky(kernels, parallel);
    triangular = new TriangularSolve(kernels, parallel);
    vectorProduct = new MatrixVectorProduct(kernels, parallel);
    transposed = new TransposedProduct(kernels, parallel);
    curvature = new CurvatureProduct(kernels, parallel);
    sampling = new RowSampling(kernels, parallel);
    columns = new ColumnCache(parallel);
    nonZeros = new KeptNonZeros(kernels, parallel, mostKept);
    softmax = new Softmax(kernels, parallel);
    softmaxCurvature = new SoftmaxCurvature(parallel);
    keeping = OffHeap.keepFreed();
  }

  @Override
  public BackendDescription description() {
    int bits = kernels.vectorBits();
    int threads = parallel.threads();
    return new BackendDescription(
        "cpu",
        "%d %s, %s"
            .formatted(
                threads,
                threads == 1 ? "thread" : "threads",
                bits == 64 ? "scalar code" : bits + "-bit vectors"),
        threads,
        bits);
  }

  // Memory

  @Override
  public BackendMemory memory() {
    return new BackendMemory(SystemMemory.available(), false);
  }

  /**
   * The product packs the active rows of A1 once, the factor the rows of a block column; each
   * thread has its sum of a Gram matrix and the packed rows that go into it, a block of A2 or of
   * right-hand sides, and vectors of n; losses take exp(z), a sample of rows a bit for each;
   * columns of A2 are kept.
   */
  @Override
  public long workspaceBytes(long m, long n, long d) {
    double p = d + (double) Panels.width(kernels);
    double left = Math.max(PackedProducts.LEFT_SIZE, BlockSolve.size(kernels, (double) d));
    double eachThread = p * (p + GramSum.DEPTH) + left + 6.0 * n + 8_192;
    double packed = p * Math.max(n, Cholesky.DEPTH);
    double each = parallel.threads() * eachThread;
    return (long) (8 * (m + m / 64.0 + packed + each) + ColumnCache.bytes((double) m, (double) n));
  }

  @Override
  public List<Backend> singleThreads() {
    int threads = parallel.threads();
    return threads == 1
        ? List.of()
        // What one of them uploads is its own for once: A2 is this one's.
        : Stream.<Backend>generate(() -> new CpuBackend(kernels, 1, 0)).limit(threads).toList();
  }

  /** Nothing where there are too many, or where they would take too much of this machine. */
  @Override
  public long compressedBytes(long rows, long columns, long nonZeros) {
    if (nonZeros > DENSITY * rows * columns) {
      return 0;
    }
    double bytes = SparseMatrix.bytes((double) rows, (double) columns, (double) nonZeros);
    long most = Math.min(SystemMemory.total(), SystemMemory.matrixLimit());
    return bytes > COMPRESSED_SHARE * most ? 0 : (long) bytes;
  }

  @Override
  public long transposedBytes(long columns, long vectors) {
    int threads = parallel.threads();
    return (long) TransposedProduct.bytes(kernels, threads, (double) columns, (double) vectors);
  }

  /**
   * Measured on a few cores, which share one memory: 99 GFLOP/s beside 28 GB/s on two of a Xeon, 60
   * to 90 beside 15 to 30 elsewhere.
   */
  @Override
  public double flopsPerByte() {
    return kernels.vectorBits() == 64 ? SCALAR_FLOPS_PER_BYTE : VECTOR_FLOPS_PER_BYTE;
  }

  /** Scratch memory that is held now. */
  long scratchBytes() {
    return parallel.scratchBytes() + sampling.scratchBytes() + columns.bytes();
  }

  @Override
  public Buffer upload(Matrix matrix) {
    if (compressedBytes(matrix.rows(), matrix.columns(), matrix.nonZeros()) > 0) {
      return nonZeros.of(matrix);
    }
    nonZeros.makeRoomFor(matrix);
    return CpuBuffer.view(matrix);
  }

  @Override
  public Buffer uploadRows(Matrix rows, Buffer whole) {
    if (whole instanceof SparseMatrix kept) {
      int[] numbers = rows.chosen().orElseThrow().numbers();
      if (compressedBytes(rows.rows(), rows.columns(), kept.nonZeros(numbers)) > 0) {
        return SparseMatrix.rowsOf(kept, numbers, parallel);
      }
    }
    return upload(rows);
  }

  @Override
  public Buffer allocate(long rows, long columns) {
    return CpuBuffer.allocate(rows, columns);
  }

  @Override
  public Units units(int capacity) {
    return new CpuUnits(capacity);
  }

  @Override
  public void write(double[] values, Buffer to) {
    requireSize(to, values.length);
    MemorySegment.copy(values, 0, segment(to), F64, 0, values.length);
  }

  @Override
  public void read(Buffer from, double[] values) {
    requireSize(from, values.length);
    if (from.type() == ElementType.FLOAT64) {
      MemorySegment.copy(segment(from), F64, 0, values, 0, values.length);
    } else {
      MemorySegment s = segment(from);
      for (int i = 0; i < values.length; i++) {
        values[i] = s.get(F32, 4L * i);
      }
    }
  }

  @Override
  public void copy(Buffer from, Buffer to) {
    requireSize(to, size(from));
    segment(to).copyFrom(segment(from));
  }

  // Vectors

  @Override
  public double dot(Buffer u, Buffer v) {
    requireSize(v, size(u));
    CpuBuffer a = (CpuBuffer) u;
    CpuBuffer b = (CpuBuffer) v;
    parallel.run(
        size(u),
        Parallel.GRAIN,
        (part, low, high) ->
            parallel.add(
                part,
                0,
                kernels.dot(a.address() + 8 * low, b.address() + 8 * low, (int) (high - low))));
    return parallel.sum(0);
  }

  @Override
  public void combine(double alpha, Buffer u, double beta, Buffer v, Buffer out) {
    requireSize(v, size(u));
    requireSize(out, size(u));
    CpuBuffer a = (CpuBuffer) u;
    CpuBuffer b = (CpuBuffer) v;
    CpuBuffer o = (CpuBuffer) out;
    parallel.run(
        size(u),
        Parallel.GRAIN,
        (_, low, high) ->
            kernels.combine(
                alpha,
                a.address() + 8 * low,
                beta,
                b.address() + 8 * low,
                o.address() + 8 * low,
                (int) (high - low)));
  }

  @Override
  public void steps(Buffer x, Buffer p, double[] t, Buffer out) {
    Shapes.requireSteps(x, p, t.length, out);
    for (int k = 0; k < t.length; k++) {
      combine(1, x, t[k], p, out.row(k));
    }
  }

  // Products

  @Override
  public void multiply(Buffer a, Buffer x, Buffer y) {
    Shapes.requireMultiply("multiply", a, x, y);
    if (a instanceof SparseMatrix matrix) {
      sparse.multiply(matrix, (CpuBuffer) x, (CpuBuffer) y);
      return;
    }
    vectorProduct.multiply((CpuBuffer) a, (CpuBuffer) x, (CpuBuffer) y);
  }

  @Override
  public void multiplyTransposed(Buffer a, Buffer v, Buffer y) {
    long vectors = Shapes.requireTransposed(a, v, y);
    if (a instanceof SparseMatrix matrix) {
      sparse.multiplyTransposed(matrix, (int) vectors, (CpuBuffer) v, (CpuBuffer) y);
      return;
    }
    transposed.multiply((CpuBuffer) a, (CpuBuffer) v, (CpuBuffer) y);
  }

  @Override
  public void multiplyTransposed(Buffer a, Units units, Buffer v, Buffer y) {
    if (a instanceof SparseMatrix matrix) {
      long vectors = Shapes.requireTransposed(a, v, y);
      sparse.multiplyTransposed(
          matrix, (CpuUnits) units, (int) vectors, (CpuBuffer) v, (CpuBuffer) y);
    } else {
      multiplyTransposed(a, v, y);
    }
  }

  // Hidden units

  @Override
  public void relu(Buffer z1, Buffer h) {
    requireSize(h, size(z1));
    HiddenUnits.relu((CpuBuffer) z1, (CpuBuffer) h);
  }

  @Override
  public void mask(Buffer z1, Buffer v, Buffer out) {
    requireSize(v, size(z1));
    requireSize(out, size(z1));
    HiddenUnits.mask((CpuBuffer) z1, (CpuBuffer) v, (CpuBuffer) out);
  }

  @Override
  public void settle(Buffer z1, Buffer norms, double tolerance) {
    requireSize(norms, size(z1));
    HiddenUnits.settle((CpuBuffer) z1, (CpuBuffer) norms, tolerance);
  }

  @Override
  public void activeUnits(Buffer z1, Units out) {
    HiddenUnits.active((CpuBuffer) z1, (CpuUnits) out);
  }

  @Override
  public void flippedUnits(Buffer from, Buffer to, Units out) {
    requireSize(to, size(from));
    HiddenUnits.flipped((CpuBuffer) from, (CpuBuffer) to, (CpuUnits) out);
  }

  @Override
  public void flipCorrections(Buffer z1, Buffer trials, Buffer h, Units out) {
    require(trials.columns() == z1.columns(), "flipCorrections", z1, trials);
    requireSize(h, size(trials));
    HiddenUnits.flipCorrections((CpuBuffer) z1, (CpuBuffer) trials, (CpuBuffer) h, (CpuUnits) out);
  }

  @Override
  public void addColumns(Buffer a, Units units, Buffer x, double keep, Buffer y) {
    require(x.columns() == a.columns(), "addColumns", a, x);
    require(y.rows() == x.rows() && y.columns() == a.rows(), "addColumns", a, y);
    requireKeep(keep);
    if (keep == 0) {
      RawMemory.clear(((CpuBuffer) y).address(), 8 * size(y));
    }
    CpuUnits chosen = (CpuUnits) units;
    if (chosen.count() == 0) {
      return;
    }
    if (a instanceof SparseMatrix matrix) {
      sparseUnits.addColumns(matrix, chosen, (CpuBuffer) x, (CpuBuffer) y);
      return;
    }
    CpuBuffer to = (CpuBuffer) y;
    MemorySegment xs = segment(x);
    int count = chosen.count();
    int vectors = (int) x.rows();
    // The coefficients of one vector side by side, as they are used for every row.
    CpuBuffer packed = parallel.scratch(0, Parallel.RIGHT, (long) vectors * count);
    for (int k = 0; k < vectors; k++) {
      for (int j = 0; j < count; j++) {
        double value = xs.get(F64, 8 * (k * a.columns() + chosen.index[j]));
        RawMemory.set(packed.address() + 8L * (k * (long) count + j), value);
      }
    }
    columns.each(
        (CpuBuffer) a,
        chosen,
        Parallel.grain(count * (vectors + 8)),
        (part, low, high, named) -> {
          long rows = parallel.scratch(part, Parallel.ROWS, 4L * count).address();
          for (long first = low; first < high; first += 4) {
            named.gatherFour(first, high - 1, 0, count, rows, 8, 8L * count);
            for (long i = first; i < Math.min(first + 4, high); i++) {
              long row = rows + 8 * (i - first) * count;
              for (int k = 0; k < vectors; k++) {
                long at = to.address(k) + 8 * i;
                double sum = kernels.dot(packed.address() + 8L * k * count, row, count);
                RawMemory.set(at, RawMemory.get(at) + sum);
              }
            }
          }
        });
  }

  @Override
  public void accumulate(Buffer a2, Units units, Buffer a1, double keep, Buffer c) {
    require(a2.columns() == a1.rows(), "accumulate", a2, a1);
    require(c.rows() == a2.rows() && c.columns() == a1.columns(), "accumulate", a2, c);
    requireKeep(keep);
    if (a2 instanceof SparseMatrix matrix) {
      sparseUnits.accumulate(matrix, (CpuUnits) units, (CpuBuffer) a1, keep == 0, (CpuBuffer) c);
      return;
    }
    CpuUnits chosen = (CpuUnits) units;
    // All active units would be too many.
    Columns named =
        keep == 0 ? columns.direct((CpuBuffer) a2, chosen) : columns.find((CpuBuffer) a2, chosen);
    products.accumulate(named, chosen, (CpuBuffer) a1, keep == 0, (CpuBuffer) c);
  }

  // Softmax

  @Override
  public SoftmaxSums softmax(Buffer z, Buffer b, Buffer w2, Buffer f, Buffer gz) {
    Shapes.requireSoftmax(z, b, w2, f, gz);
    int m = (int) size(z);
    return softmax.evaluate(
        m, (CpuBuffer) z, (CpuBuffer) b, (CpuBuffer) w2, (CpuBuffer) f, (CpuBuffer) gz);
  }

  @Override
  public void losses(Buffer z, Buffer b, Buffer w2, double[] dataLoss, double[] regularization) {
    int m = (int) z.columns();
    requireSize(b, m);
    requireOptional(w2, m);
    CpuBuffer scratch = parallel.scratch(0, Parallel.RESULT, m);
    for (int k = 0; k < z.rows(); k++) {
      CpuBuffer row = (CpuBuffer) z.row(k);
      dataLoss[k] = softmax.loss(m, row, (CpuBuffer) b, (CpuBuffer) w2, scratch);
      regularization[k] = softmax.regularization(m);
    }
  }

  @Override
  public void curvatureWeights(CurvatureForm form, Buffer f, Buffer b, double fc, Buffer a) {
    long m = size(f);
    requireSize(b, m);
    requireSize(a, m);
    softmaxCurvature.weights(form, m, (CpuBuffer) f, (CpuBuffer) b, fc, (CpuBuffer) a);
  }

  @Override
  public void applyCurvature(Buffer a, Buffer f, Buffer w2, Buffer u, Buffer out) {
    Shapes.requireApplyCurvature(a, f, w2, u, out);
    softmaxCurvature.apply(
        size(u),
        (CpuBuffer) a,
        (CpuBuffer) f,
        (CpuBuffer) w2,
        (CpuBuffer) u,
        dot(f, u),
        (CpuBuffer) out);
  }

  // The d x d system

  @Override
  public void gram(Buffer c, Buffer center, Buffer a, double keep, Buffer h) {
    Shapes.requireGram(c, center, a, keep, h);
    grams.add((CpuBuffer) c, (CpuBuffer) center, (CpuBuffer) a, keep == 0, (CpuBuffer) h);
  }

  @Override
  public double gramOfUnits(Buffer a2, Units units, Buffer a1, Buffer center, Buffer a, Buffer h) {
    Shapes.requireGramOfUnits(a2, units, a1, center, a, h);
    return unitGrams.gram(
        (SparseMatrix) a2,
        (CpuUnits) units,
        (CpuBuffer) a1,
        (CpuBuffer) center,
        (CpuBuffer) a,
        (CpuBuffer) h);
  }

  /** Nothing: each thread keeps panels and a sum, of sizes that do not depend on the rows. */
  @Override
  public void reserveGram(long rows, long columns) {}

  @Override
  public void rankTwo(Buffer h, Buffer u, Buffer v, double t) {
    int d = (int) h.rows();
    requireSize(u, d);
    requireSize(v, d);
    CpuBuffer us = (CpuBuffer) u;
    CpuBuffer vs = (CpuBuffer) v;
    CpuBuffer hs = (CpuBuffer) h;
    parallel.run(
        d,
        Parallel.grain(d),
        (_, low, high) -> {
          for (long i = low; i < high; i++) {
            double ui = RawMemory.get(us.address() + 8 * i);
            double vi = RawMemory.get(vs.address() + 8 * i);
            kernels.addRow(t * vi + ui, vs.address(), hs.address(i), d);
            kernels.addRow(vi, us.address(), hs.address(i), d);
          }
        });
  }

  @Override
  public double scale(Buffer h) {
    long d = h.rows();
    MemorySegment hs = segment(h);
    double sum = 0;
    for (long j = 0; j < d; j++) {
      sum += Math.abs(hs.get(F64, 8 * (j * d + j)));
    }
    return sum / d;
  }

  @Override
  public boolean factor(Buffer h, double shift, Buffer l) {
    requireSize(l, size(h));
    return cholesky.factor((CpuBuffer) h, shift, (CpuBuffer) l);
  }

  @Override
  public void solve(Buffer l, Buffer r, Buffer out) {
    Shapes.requireSolve("solve", l, r, out);
    copy(r, out);
    triangular.solve((CpuBuffer) l, (CpuBuffer) out);
  }

  @Override
  public void solveForward(Buffer l, Buffer r, Buffer out) {
    Shapes.requireSolve("solveForward", l, r, out);
    copy(r, out);
    triangular.solveForward((CpuBuffer) l, (CpuBuffer) out);
  }

  @Override
  public void solveTransposed(Buffer l, Buffer r, Buffer out) {
    Shapes.requireSolve("solveTransposed", l, r, out);
    copy(r, out);
    triangular.solveTransposed((CpuBuffer) l, (CpuBuffer) out);
  }

  @Override
  public void curvatureTimes(Buffer c, Buffer center, Buffer a, Buffer v, Buffer out) {
    Shapes.requireCurvatureTimes(c, center, a, v, out);
    curvature.times(
        (CpuBuffer) c,
        (CpuBuffer) center,
        (CpuBuffer) a,
        (CpuBuffer) v,
        Parallel.grain((int) c.columns()),
        (CpuBuffer) out);
  }

  // Row sampling

  @Override
  public void normals(long seed, int stream, long first, Buffer out) {
    sampling.normals(new Philox(seed), stream, first, (CpuBuffer) out);
  }

  @Override
  public void countSketch(long seed, int stream, Buffer c, Buffer center, Buffer a, Buffer out) {
    Shapes.requireCountSketch(c, center, a, out);
    SketchHash hash = new SketchHash(seed, stream, out.rows());
    sampling.countSketch(hash, (CpuBuffer) c, (CpuBuffer) center, (CpuBuffer) a, (CpuBuffer) out);
  }

  @Override
  public double rowScores(Buffer y, Buffer shift, Buffer a, double keep, Buffer scores) {
    Shapes.requireRowScores(y, shift, a, keep, scores);
    return sampling.rowScores(
        (CpuBuffer) y, (CpuBuffer) shift, (CpuBuffer) a, keep != 0, (CpuBuffer) scores);
  }

  @Override
  public void sampleRows(
      long seed, int stream, Buffer scores, double total, double size, Units out) {
    sampling.sampleRows(new Philox(seed), stream, (CpuBuffer) scores, total, size, (CpuUnits) out);
  }

  @Override
  public void sampleWeights(
      Units rows, long first, Buffer scores, double total, double size, Buffer a, Buffer out) {
    CpuUnits chosen = (CpuUnits) rows;
    requireEntries(rows, first, size(out));
    requireSize(scores, chosen.of());
    requireSize(a, chosen.of());
    sampling.sampleWeights(
        chosen, (int) first, (CpuBuffer) scores, total, size, (CpuBuffer) a, (CpuBuffer) out);
  }

  @Override
  public void gatherRows(Buffer a, Units rows, long first, Buffer out) {
    CpuUnits chosen = (CpuUnits) rows;
    require(out.columns() == a.columns(), "gatherRows", a, out);
    requireEntries(rows, first, out.rows());
    requireRows(a, 0, chosen.of());
    sampling.gatherRows((CpuBuffer) a, chosen, (int) first, (CpuBuffer) out);
  }

  /** Every call has done its work when it returns. */
  @Override
  public void finish() {}

  @Override
  public void close() {
    columns.close();
    nonZeros.close();
    parallel.close();
    keeping.close();
  }

  private static MemorySegment segment(Buffer buffer) {
    return ((CpuBuffer) buffer).segment();
  }
}
