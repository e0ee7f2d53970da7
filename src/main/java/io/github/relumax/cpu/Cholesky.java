package io.github.relumax.cpu;

import static io.github.relumax.cpu.RawMemory.get;
import static io.github.relumax.cpu.RawMemory.set;

import java.lang.ref.Reference;

/**
 * Cholesky factorisation and triangular solves, row-major. Columns are factored in blocks of
 * blocks: once a block is done, the columns after it in the block around it are brought up to date,
 * so that far columns are touched seldom, by deep products. Finished columns are also kept,
 * transposed, in {@link Panels}, which are both operands of those products.
 */
final class Cholesky {
  /** Columns of the outermost block, and rows of the panels. */
  static final int DEPTH = 384;

  /** Columns of the blocks inside it; those inside these are as wide as a panel. */
  private static final int INNER = 192;

  /**
   * Columns up to which one thread that packs nothing is faster ({@link SmallCholesky}): with more,
   * threads share the blocks.
   */
  private static final int SMALL = 288;

  /** Multiplications that are worth waking a thread for. */
  static final long GRAIN = 1_000_000;

  /** Entries of a matrix to copy that are worth waking a thread for. */
  private static final int COPIED = 65_536;

  /**
   * Blocks of panels to eliminate that are worth waking a thread for: moving them takes longer than
   * their multiplications.
   */
  private static final int ELIMINATED = 2;

  private final Kernels kernels;
  private final Parallel parallel;
  private final int width;
  private final int tileRows;
  private final SmallCholesky small;

  Cholesky(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
    width = Panels.width(kernels);
    tileRows = kernels.tileRows();
    small = new SmallCholesky(kernels, parallel);
  }

  /** l lᵀ = h + shift I; false if a pivot is not above the rounding of its diagonal entry. */
  boolean factor(CpuBuffer h, double shift, CpuBuffer l) {
    int d = (int) h.rows();
    if (d <= SMALL) {
      return small.factor(h, shift, l);
    }
    copyLower(h, shift, l);
    long packed = parallel.scratch(0, Parallel.RIGHT, Panels.size(kernels, d, DEPTH)).address();
    Job job = new Job(h, shift, l, new Panels(kernels, packed, DEPTH));
    try {
      return factorColumns(job, 0, d);
    } finally {
      // Diagonal blocks are factored by address, outside of what Parallel runs.
      Reference.reachabilityFence(job);
    }
  }

  /** l = the lower triangle of h + shift I. */
  private void copyLower(CpuBuffer h, double shift, CpuBuffer l) {
    long d = h.rows();
    parallel.run(
        d,
        COPIED / d + 1,
        (_, low, high) -> {
          for (long i = low; i < high; i++) {
            RawMemory.copy(h.address(i), l.address(i), 8L * (i + 1));
            RawMemory.clear(l.address(i, i) + 8, 8 * (d - 1 - i));
            set(l.address(i, i), get(h.address(i, i)) + shift);
          }
        });
  }

  /**
   * One factorisation. Row k of the panels is column k of l, counted from the outermost block it is
   * in.
   */
  private record Job(CpuBuffer h, double shift, CpuBuffer l, Panels panels) {
    int d() {
      return (int) l.rows();
    }
  }

  /** Factors columns first..end-1, whose entries are up to date with the columns before first. */
  private boolean factorColumns(Job job, int first, int end) {
    int columns = end - first;
    if (columns <= INNER) {
      return factorInner(job, first, end);
    }
    int block = columns > DEPTH ? DEPTH : INNER;
    for (int from = first; from < end; from += block) {
      int to = Math.min(from + block, end);
      if (!factorColumns(job, from, to)) {
        return false;
      }
      if (to < end) {
        update(job, from, to, end);
      }
    }
    return true;
  }

  /** The same, a panel's width at a time, which is brought up to date just before. */
  private boolean factorInner(Job job, int from, int end) {
    for (int first = from; first < end; first += width) {
      int to = Math.min(first + width, end);
      int panel = first / width;
      addProduct(job, 0, panel, panel + 1, from, first, first, to);
      if (!factorDiagonal(job, first, to)) {
        return false;
      }
      clearBeside(job.l(), first, to);
      eliminate(job, from, first, to);
    }
    return true;
  }

  /** Zeros above the diagonal, where tiles that it goes through have written. */
  private void clearBeside(CpuBuffer l, int first, int end) {
    int most = tileRows + kernels.tileColumns();
    for (int i = first; i < end; i++) {
      RawMemory.clear(l.address(i, i) + 8, 8 * Math.min(most, l.rows() - 1 - i));
    }
  }

  private boolean factorDiagonal(Job job, int first, int end) {
    CpuBuffer l = job.l();
    for (int j = first; j < end; j++) {
      int left = j - first;
      long row = l.address(j, first);
      double pivot = get(l.address(j, j)) - kernels.dot(row, row, left);
      double entry = Math.abs(get(job.h().address(j, j)) + job.shift());
      if (!(pivot > job.d() * Math.ulp(1.0) * entry) || pivot == Double.POSITIVE_INFINITY) {
        return false;
      }
      double root = Math.sqrt(pivot);
      set(l.address(j, j), root);
      for (int i = j + 1; i < end; i++) {
        double dot = kernels.dot(l.address(i, first), row, left);
        set(l.address(i, j), (get(l.address(i, j)) - dot) / root);
      }
    }
    return true;
  }

  /** A job for the panels [low, high). */
  @FunctionalInterface
  private interface BlockJob {
    void run(int part, int low, int high);
  }

  /** Runs {@code job} for the panels from first on, a block at a time, the same on every call. */
  private void eachBlock(Job job, int first, int grain, BlockJob blockJob) {
    int end = Panels.count(kernels, job.d());
    parallel.each(
        first / Panels.BLOCK,
        Math.ceilDiv(end, Panels.BLOCK),
        grain,
        (part, block) -> {
          int low = block * Panels.BLOCK;
          blockJob.run(part, Math.max(first, low), Math.min(low + Panels.BLOCK, end));
        });
  }

  /**
   * Brings the rows below a diagonal block as wide as a panel up to date with the columns
   * from..first-1 and solves for them, in panels.
   */
  private void eliminate(Job job, int from, int first, int end) {
    if (end == job.d()) {
      return;
    }
    long strips = parallel.scratch(0, Parallel.LEFT, (long) width * width).address();
    packStrips(job.l(), first, strips);
    eachBlock(
        job,
        end / width,
        ELIMINATED,
        (part, low, high) -> {
          for (int panel = low; panel < high; panel++) {
            eliminatePanel(job, part, from, first, panel * width, strips);
          }
        });
  }

  private void eliminatePanel(Job job, int part, int from, int first, int row, long strips) {
    int count = Math.min(width, job.d() - row);
    long packed = job.panels().at(first % DEPTH, row);
    long step = job.panels().step();
    long in = job.l().address(row, first);
    if (count < width) {
      RawMemory.clear(packed, width * step);
    }
    RawMemory.transpose(in, job.l().stride(), count, width, packed, step);
    subtract(part, job.panels(), from, first, row, packed);
    solvePanel(part, strips, packed);
    RawMemory.transpose(packed, step, width, count, in, job.l().stride());
  }

  /**
   * Rows of the diagonal block D in strips: tileRows entries of one column side by side, with -D
   * beside the diagonal.
   */
  private void packStrips(CpuBuffer l, int first, long strips) {
    for (int j = 0; j < width; j++) {
      long from = l.address(first + j, first);
      long strip = strips + 8L * (j / tileRows) * tileRows * width;
      for (int k = 0; k < j; k++) {
        set(entry(strip, j % tileRows, k), -get(from + 8L * k));
      }
      set(entry(strip, j % tileRows, j), get(from + 8L * j));
    }
  }

  private long entry(long strip, int row, int column) {
    return strip + 8L * (tileRows * column + row);
  }

  /**
   * Takes what columns from..first-1 contribute off the panel of a row and columns from first on.
   */
  private void subtract(int part, Panels panels, int from, int first, int row, long packed) {
    int depth = first - from;
    if (depth == 0) {
      return;
    }
    long tile = parallel.tile(part);
    long step = panels.step();
    for (int j = 0; j < width; j += tileRows) {
      long left = panels.at(from % DEPTH, first + j);
      for (int column = 0; column < width; column += kernels.tileColumns()) {
        long right = panels.at(from % DEPTH, row + column);
        kernels.tile(depth, left, step, right, step, kernels.tileColumns(), tile);
        long to = packed + step * j + 8L * column;
        kernels.addTile(-1, tile, to, step, tileRows, kernels.tileColumns());
      }
    }
  }

  /** packed = D⁻¹ packed with D the diagonal block, forward, tileRows rows of D at a time. */
  private void solvePanel(int part, long strips, long packed) {
    long tile = parallel.tile(part);
    int tileColumns = kernels.tileColumns();
    long step = 8L * width;
    for (int j = 0; j < width; j += tileRows) {
      long strip = strips + 8L * j * width;
      for (int column = 0; j > 0 && column < width; column += tileColumns) {
        kernels.tile(j, strip, 8L * tileRows, packed + 8L * column, step, tileColumns, tile);
        kernels.addTile(1, tile, packed + step * j + 8L * column, step, tileRows, tileColumns);
      }
      for (int r = j; r < j + tileRows; r++) {
        long row = packed + step * r;
        int k = j;
        for (; k + 4 <= r; k += 4) {
          long four = entry(strip, r - j, k);
          kernels.addRows(four, 8L * tileRows, packed + step * k, step, row, width);
        }
        for (; k < r; k++) {
          kernels.addRow(get(entry(strip, r - j, k)), packed + step * k, row, width);
        }
        kernels.combine(1 / get(entry(strip, r - j, r)), row, 0, row, row, width);
      }
    }
  }

  /** Takes what columns from..to-1 contribute off the columns from there up to end. */
  private void update(Job job, int from, int to, int end) {
    eachBlock(
        job,
        to / width,
        grain(Panels.BLOCK * (to - from), end - to),
        (part, low, high) -> addProduct(job, part, low, high, from, to, to, end));
  }

  /** Takes what columns from..to-1 contribute off columns first..end-1 of some panels of rows. */
  private void addProduct(
      Job job, int part, int low, int high, int from, int to, int first, int end) {
    int rows = from % DEPTH;
    job.panels()
        .addLowerProduct(
            low,
            high,
            rows,
            rows + to - from,
            first,
            end,
            -1,
            false,
            parallel.tile(part),
            job.l().address(),
            job.l().stride(),
            job.d());
  }

  /** Panels that are worth a thread, when the product for each is so deep and so wide. */
  private int grain(int depth, int columns) {
    return (int) (GRAIN / ((long) width * depth * columns)) + 1;
  }
}
