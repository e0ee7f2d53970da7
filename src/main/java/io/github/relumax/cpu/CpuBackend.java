package io.github.relumax.cpu;

import static io.github.relumax.matrix.Matrix.F32;
import static io.github.relumax.matrix.Matrix.F64;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendDescription;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.SoftmaxSums;
import io.github.relumax.backend.Units;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import java.lang.foreign.MemorySegment;

/**
 * The backend that runs everywhere: main memory, all cores, rows split over threads in a fixed way
 * so that results repeat bit for bit.
 */
final class CpuBackend implements Backend {
  /** Entries of an element-wise job that are worth a thread. */
  private static final long GRAIN = 16_384;

  private final Kernels kernels;
  private final Parallel parallel;
  private final PackedProducts products;
  private final Cholesky cholesky;

  CpuBackend(Kernels kernels, int threads) {
    this.kernels = kernels;
    parallel = new Parallel(threads);
    products = new PackedProducts(kernels, parallel);
    cholesky = new Cholesky(kernels, parallel);
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
  public Buffer upload(Matrix matrix) {
    return CpuBuffer.view(matrix);
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
    MemorySegment a = segment(u);
    MemorySegment b = segment(v);
    parallel.run(
        size(u),
        GRAIN,
        (part, low, high) ->
            parallel.add(part, 0, kernels.dot(a, 8 * low, b, 8 * low, (int) (high - low))));
    return parallel.sum(0);
  }

  @Override
  public void combine(double alpha, Buffer u, double beta, Buffer v, Buffer out) {
    requireSize(v, size(u));
    requireSize(out, size(u));
    MemorySegment a = segment(u);
    MemorySegment b = segment(v);
    MemorySegment o = segment(out);
    parallel.run(
        size(u),
        GRAIN,
        (part, low, high) -> {
          for (long at = 8 * low; at < 8 * high; at += 8) {
            o.set(F64, at, alpha * a.get(F64, at) + beta * b.get(F64, at));
          }
        });
  }

  @Override
  public void steps(Buffer x, Buffer p, double[] t, Buffer out) {
    requireSize(p, size(x));
    require(out.rows() >= t.length && out.columns() == x.columns(), "steps", x, out);
    for (int k = 0; k < t.length; k++) {
      combine(1, x, t[k], p, out.row(k));
    }
  }

  // Products

  @Override
  public void multiply(Buffer a, Buffer x, Buffer y) {
    require(x.columns() == a.columns(), "multiply", a, x);
    require(y.rows() == x.rows() && y.columns() == a.rows(), "multiply", a, y);
    RowBlocks rows = new RowBlocks(kernels, parallel, (CpuBuffer) a);
    MemorySegment from = segment(x);
    MemorySegment to = segment(y);
    int count = (int) x.rows();
    int n = (int) a.columns();
    long xStride = 8L * n;
    long yStride = 8L * a.rows();
    parallel.run(
        a.rows(),
        grain(n),
        (part, low, high) -> {
          double[] tile = parallel.tile(part);
          for (long i = low; i < high; i += 2) {
            int block = (int) Math.min(2, high - i);
            long at = rows.load(part, i, block);
            int k = 0;
            for (; block == 2 && k + 4 <= count; k += 4) {
              kernels.dotTile(
                  rows.segment(part), at, rows.stride(), from, k * xStride, xStride, n, tile);
              for (int j = 0; j < 4; j++) {
                to.set(F64, (k + j) * yStride + 8 * i, tile[j]);
                to.set(F64, (k + j) * yStride + 8 * i + 8, tile[4 + j]);
              }
            }
            for (; k < count; k++) {
              for (int r = 0; r < block; r++) {
                double dot =
                    kernels.dot(rows.segment(part), at + r * rows.stride(), from, k * xStride, n);
                to.set(F64, k * yStride + 8 * (i + r), dot);
              }
            }
          }
        });
  }

  @Override
  public void multiplyTransposed(Buffer a, Buffer v, Buffer y) {
    require(size(v) == a.rows(), "multiplyTransposed", a, v);
    require(size(y) == a.columns(), "multiplyTransposed", a, y);
    RowBlocks rows = new RowBlocks(kernels, parallel, (CpuBuffer) a);
    MemorySegment weights = segment(v);
    MemorySegment out = segment(y);
    int n = (int) a.columns();
    int parts =
        parallel.run(
            a.rows(),
            grain(n),
            (part, low, high) -> {
              MemorySegment sum = parallel.scratch(part, Parallel.RESULT, n).segment();
              sum.asSlice(0, 8L * n).fill((byte) 0);
              for (long i = low; i < high; i += 4) {
                int block = (int) Math.min(4, high - i);
                long at = rows.load(part, i, block);
                if (block == 4) {
                  kernels.addRows(
                      weights.get(F64, 8 * i),
                      weights.get(F64, 8 * i + 8),
                      weights.get(F64, 8 * i + 16),
                      weights.get(F64, 8 * i + 24),
                      rows.segment(part),
                      at,
                      rows.stride(),
                      sum,
                      0,
                      n);
                } else {
                  for (int r = 0; r < block; r++) {
                    kernels.addRow(
                        weights.get(F64, 8 * (i + r)),
                        rows.segment(part),
                        at + r * rows.stride(),
                        sum,
                        0,
                        n);
                  }
                }
              }
            });
    out.fill((byte) 0);
    for (int part = 0; part < parts; part++) {
      kernels.addRow(1, parallel.scratch(part, Parallel.RESULT, n).segment(), 0, out, 0, n);
    }
  }

  /** Rows of length n that are worth a thread. */
  private static long grain(int n) {
    return Math.max(4, GRAIN / n);
  }

  // Hidden units

  @Override
  public void relu(Buffer z1, Buffer h) {
    requireSize(h, size(z1));
    MemorySegment z = segment(z1);
    MemorySegment o = segment(h);
    for (long at = 0; at < z.byteSize(); at += 8) {
      o.set(F64, at, Math.max(z.get(F64, at), 0.0));
    }
  }

  @Override
  public void mask(Buffer z1, Buffer v, Buffer out) {
    requireSize(v, size(z1));
    requireSize(out, size(z1));
    MemorySegment z = segment(z1);
    MemorySegment a = segment(v);
    MemorySegment o = segment(out);
    for (long at = 0; at < z.byteSize(); at += 8) {
      o.set(F64, at, z.get(F64, at) > 0 ? a.get(F64, at) : 0);
    }
  }

  @Override
  public void activeUnits(Buffer z1, Units out) {
    MemorySegment z = segment(z1);
    CpuUnits units = (CpuUnits) out;
    units.clear();
    for (int u = 0; u < z1.columns(); u++) {
      if (z.get(F64, 8L * u) > 0) {
        units.add(u, 1);
      }
    }
  }

  @Override
  public void flippedUnits(Buffer from, Buffer to, Units out) {
    requireSize(to, size(from));
    MemorySegment a = segment(from);
    MemorySegment b = segment(to);
    CpuUnits units = (CpuUnits) out;
    units.clear();
    for (int u = 0; u < from.columns(); u++) {
      boolean was = a.get(F64, 8L * u) > 0;
      boolean is = b.get(F64, 8L * u) > 0;
      if (was != is) {
        units.add(u, is ? 1 : -1);
      }
    }
  }

  @Override
  public void flipCorrections(Buffer z1, Buffer trials, Buffer h, Units out) {
    int n = (int) z1.columns();
    require(trials.columns() == n, "flipCorrections", z1, trials);
    requireSize(h, size(trials));
    MemorySegment a = segment(z1);
    MemorySegment b = segment(trials);
    MemorySegment o = segment(h);
    CpuUnits units = (CpuUnits) out;
    units.clear();
    for (int u = 0; u < n; u++) {
      boolean was = a.get(F64, 8L * u) > 0;
      boolean flips = false;
      for (long at = 8L * u; at < b.byteSize(); at += 8L * n) {
        double value = b.get(F64, at);
        boolean flipped = was != value > 0;
        o.set(F64, at, flipped ? Math.abs(value) : 0);
        flips |= flipped;
      }
      if (flips) {
        units.add(u, 1);
      }
    }
  }

  @Override
  public void addColumns(Buffer a, Units units, Buffer x, Buffer y) {
    require(x.columns() == a.columns(), "addColumns", a, x);
    require(y.rows() == x.rows() && y.columns() == a.rows(), "addColumns", a, y);
    CpuUnits chosen = (CpuUnits) units;
    if (chosen.count() == 0) {
      return;
    }
    CpuBuffer matrix = (CpuBuffer) a;
    MemorySegment from = matrix.segment();
    MemorySegment xs = segment(x);
    MemorySegment ys = segment(y);
    int count = chosen.count();
    int[] index = chosen.index;
    int vectors = (int) x.rows();
    long xStride = 8 * a.columns();
    long yStride = 8 * a.rows();
    boolean wide = a.type() == ElementType.FLOAT64;
    // The coefficients of one vector side by side, as they are used for every row.
    MemorySegment packed = parallel.scratch(0, Parallel.RIGHT, (long) vectors * count).segment();
    for (int k = 0; k < vectors; k++) {
      for (int j = 0; j < count; j++) {
        packed.set(F64, 8L * (k * (long) count + j), xs.get(F64, k * xStride + 8L * index[j]));
      }
    }
    parallel.run(
        a.rows(),
        grain(count * (vectors + 8)),
        (part, low, high) -> {
          MemorySegment row = parallel.scratch(part, Parallel.ROWS, count).segment();
          for (long i = low; i < high; i++) {
            long at = matrix.offset(i);
            for (int j = 0; j < count; j++) {
              double entry =
                  wide ? from.get(F64, at + 8L * index[j]) : from.get(F32, at + 4L * index[j]);
              row.set(F64, 8L * j, entry);
            }
            for (int k = 0; k < vectors; k++) {
              long to = k * yStride + 8 * i;
              double sum = kernels.dot(packed, 8L * k * count, row, 0, count);
              ys.set(F64, to, ys.get(F64, to) + sum);
            }
          }
        });
  }

  @Override
  public void accumulate(Buffer a2, Units units, Buffer a1, double keep, Buffer c) {
    require(a2.columns() == a1.rows(), "accumulate", a2, a1);
    require(c.rows() == a2.rows() && c.columns() == a1.columns(), "accumulate", a2, c);
    if (keep != 0 && keep != 1) {
      throw new IllegalArgumentException("keep is " + keep + ", expected 0 or 1");
    }
    products.accumulate((CpuBuffer) a2, (CpuUnits) units, (CpuBuffer) a1, keep == 0, (CpuBuffer) c);
  }

  // Softmax

  @Override
  public SoftmaxSums softmax(Buffer z, Buffer b, Buffer w2, Buffer f, Buffer gz) {
    int m = (int) size(z);
    requireSize(b, m);
    requireWeights(w2, m);
    requireSize(f, m);
    requireSize(gz, m);
    MemorySegment zs = segment(z);
    MemorySegment bs = segment(b);
    MemorySegment fs = segment(f);
    MemorySegment gs = segment(gz);
    MemorySegment ws = w2 == null ? null : segment(w2);
    double[] range = {Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY};
    range(zs, 0, m, range);
    double max = range[0];
    parallel.run(
        m,
        GRAIN,
        (part, low, high) ->
            parallel.add(part, 0, kernels.exp(zs, 8 * low, max, fs, 8 * low, (int) (high - low))));
    double inverse = finite(range) ? 1 / parallel.sum(0) : Double.NaN;
    parallel.run(
        m,
        GRAIN,
        (part, low, high) -> {
          double cc = 0;
          double fc = 0;
          double ff = 0;
          double noise = 0;
          double ww = 0;
          for (long at = 8 * low; at < 8 * high; at += 8) {
            double fi = fs.get(F64, at) * inverse;
            double ci = fi - bs.get(F64, at);
            fs.set(F64, at, fi);
            gs.set(F64, at, fi * ci);
            cc += ci * ci;
            fc += fi * ci;
            ff += fi * fi;
            noise += fi * fi * ci * ci;
            if (ws != null) {
              double zi = zs.get(F64, at);
              ww += ws.get(F64, at) * zi * zi;
            }
          }
          parallel.add(part, 0, cc);
          parallel.add(part, 1, fc);
          parallel.add(part, 2, ff);
          parallel.add(part, 3, noise);
          parallel.add(part, 4, ww);
        });
    double fc = parallel.sum(1);
    SoftmaxSums sums =
        new SoftmaxSums(
            0.5 * parallel.sum(0),
            0.5 * parallel.sum(4),
            fc,
            parallel.sum(2),
            Math.sqrt(parallel.sum(3)),
            Math.max(Math.abs(range[0]), Math.abs(range[1])));
    parallel.run(
        m,
        GRAIN,
        (part, low, high) -> {
          for (long at = 8 * low; at < 8 * high; at += 8) {
            double g = gs.get(F64, at) - fc * fs.get(F64, at);
            if (ws != null) {
              g += ws.get(F64, at) * zs.get(F64, at);
            }
            gs.set(F64, at, g);
          }
        });
    return sums;
  }

  @Override
  public void losses(Buffer z, Buffer b, Buffer w2, double[] dataLoss, double[] regularization) {
    int m = (int) z.columns();
    requireSize(b, m);
    requireWeights(w2, m);
    MemorySegment zs = segment(z);
    MemorySegment bs = segment(b);
    MemorySegment ws = w2 == null ? null : segment(w2);
    MemorySegment es = parallel.scratch(0, Parallel.RESULT, m).segment();
    double[] range = new double[2];
    for (int k = 0; k < z.rows(); k++) {
      long row = 8L * m * k;
      range(zs, row, m, range);
      double max = range[0];
      parallel.run(
          m,
          GRAIN,
          (part, low, high) ->
              parallel.add(
                  part, 0, kernels.exp(zs, row + 8 * low, max, es, 8 * low, (int) (high - low))));
      double inverse = finite(range) ? 1 / parallel.sum(0) : Double.NaN;
      parallel.run(
          m,
          GRAIN,
          (part, low, high) -> {
            double cc = 0;
            double ww = 0;
            for (long at = 8 * low; at < 8 * high; at += 8) {
              double ci = es.get(F64, at) * inverse - bs.get(F64, at);
              cc += ci * ci;
              if (ws != null) {
                double zi = zs.get(F64, row + at);
                ww += ws.get(F64, at) * zi * zi;
              }
            }
            parallel.add(part, 0, cc);
            parallel.add(part, 1, ww);
          });
      dataLoss[k] = 0.5 * parallel.sum(0);
      regularization[k] = 0.5 * parallel.sum(1);
    }
  }

  private void range(MemorySegment z, long offset, int m, double[] range) {
    int parts =
        parallel.run(
            m,
            GRAIN,
            (part, low, high) ->
                kernels.range(z, offset + 8 * low, (int) (high - low), parallel.tile(part)));
    range[0] = Double.NEGATIVE_INFINITY;
    range[1] = Double.POSITIVE_INFINITY;
    for (int part = 0; part < parts; part++) {
      range[0] = Math.max(range[0], parallel.tile(part)[0]);
      range[1] = Math.min(range[1], parallel.tile(part)[1]);
    }
  }

  private static boolean finite(double[] range) {
    return Double.isFinite(range[0]) && Double.isFinite(range[1]);
  }

  @Override
  public void curvatureWeights(CurvatureForm form, Buffer f, Buffer b, double fc, Buffer a) {
    long m = size(f);
    requireSize(b, m);
    requireSize(a, m);
    MemorySegment fs = segment(f);
    MemorySegment bs = segment(b);
    MemorySegment as = segment(a);
    boolean exact = form == CurvatureForm.EXACT;
    parallel.run(
        m,
        GRAIN,
        (part, low, high) -> {
          for (long at = 8 * low; at < 8 * high; at += 8) {
            double fi = fs.get(F64, at);
            as.set(F64, at, exact ? (2 * fi - bs.get(F64, at) - fc) * fi : fi * fi);
          }
        });
  }

  @Override
  public void applyCurvature(Buffer a, Buffer f, Buffer w2, Buffer u, Buffer out) {
    long m = size(u);
    requireSize(a, m);
    requireSize(f, m);
    requireWeights(w2, m);
    requireSize(out, m);
    double mean = dot(f, u);
    MemorySegment as = segment(a);
    MemorySegment fs = segment(f);
    MemorySegment us = segment(u);
    MemorySegment os = segment(out);
    MemorySegment ws = w2 == null ? null : segment(w2);
    parallel.run(
        m,
        GRAIN,
        (part, low, high) -> {
          double sum = 0;
          for (long at = 8 * low; at < 8 * high; at += 8) {
            sum += as.get(F64, at) * (us.get(F64, at) - mean);
          }
          parallel.add(part, 0, sum);
        });
    double sum = parallel.sum(0);
    parallel.run(
        m,
        GRAIN,
        (part, low, high) -> {
          for (long at = 8 * low; at < 8 * high; at += 8) {
            double ui = us.get(F64, at);
            double value = as.get(F64, at) * (ui - mean) - sum * fs.get(F64, at);
            os.set(F64, at, ws == null ? value : value + ws.get(F64, at) * ui);
          }
        });
  }

  // The d x d system

  @Override
  public void gram(Buffer c, Buffer center, Buffer a, Buffer h) {
    require(size(a) == c.rows(), "gram", c, a);
    require(size(center) == c.columns(), "gram", c, center);
    require(h.rows() == c.columns() && h.columns() == c.columns(), "gram", c, h);
    products.gram((CpuBuffer) c, segment(center), segment(a), (CpuBuffer) h);
  }

  @Override
  public void rankTwo(Buffer h, Buffer u, Buffer v, double t) {
    int d = (int) h.rows();
    requireSize(u, d);
    requireSize(v, d);
    MemorySegment us = segment(u);
    MemorySegment vs = segment(v);
    MemorySegment hs = segment(h);
    parallel.run(
        d,
        grain(d),
        (part, low, high) -> {
          for (long i = low; i < high; i++) {
            double ui = us.get(F64, 8 * i);
            double vi = vs.get(F64, 8 * i);
            kernels.addRow(t * vi + ui, vs, 0, hs, 8 * i * d, d);
            kernels.addRow(vi, us, 0, hs, 8 * i * d, d);
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
    return cholesky.factor(segment(h), shift, segment(l), (int) h.rows());
  }

  @Override
  public void solve(Buffer l, Buffer r, Buffer out) {
    requireSize(r, l.rows());
    copy(r, out);
    cholesky.solve(segment(l), segment(out), (int) l.rows());
  }

  @Override
  public void close() {
    parallel.close();
  }

  private static MemorySegment segment(Buffer buffer) {
    return ((CpuBuffer) buffer).segment();
  }

  private static long size(Buffer buffer) {
    return buffer.rows() * buffer.columns();
  }

  private static void requireSize(Buffer buffer, long size) {
    if (size(buffer) != size) {
      throw new IllegalArgumentException(
          "a buffer of %d x %d where %d entries are expected"
              .formatted(buffer.rows(), buffer.columns(), size));
    }
  }

  private static void requireWeights(Buffer w2, long size) {
    if (w2 != null) {
      requireSize(w2, size);
    }
  }

  private static void require(boolean fits, String what, Buffer left, Buffer right) {
    if (!fits) {
      throw new IllegalArgumentException(
          "%s: a buffer of %d x %d does not fit one of %d x %d"
              .formatted(what, right.rows(), right.columns(), left.rows(), left.columns()));
    }
  }
}
