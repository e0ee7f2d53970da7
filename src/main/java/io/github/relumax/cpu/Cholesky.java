package io.github.relumax.cpu;

import static io.github.relumax.cpu.Kernels.TILE_ROWS;
import static io.github.relumax.cpu.RawMemory.get;
import static io.github.relumax.cpu.RawMemory.set;

/**
 * Cholesky factorisation and triangular solves, row-major, blocked right-looking. The rows below a
 * diagonal block are copied, transposed, into panels as {@link PackedProducts} has them: there the
 * tile kernel solves for them and, without another copy, updates what remains.
 */
final class Cholesky {
  /** A multiple of TILE_ROWS, so that only the last block has less than whole strips. */
  private static final int BLOCK = 96;

  private final Kernels kernels;
  private final Parallel parallel;
  private final int tileColumns;
  private final int width;
  private final long step;

  Cholesky(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
    tileColumns = kernels.tileColumns();
    width = PackedProducts.width(kernels);
    step = 8L * width;
  }

  /** l lᵀ = h + shift I; false if a pivot is not above the rounding of its diagonal entry. */
  boolean factor(CpuBuffer h, double shift, CpuBuffer l) {
    int d = (int) h.rows();
    for (int i = 0; i < d; i++) {
      RawMemory.copy(h.address(i), l.address(i), 8L * (i + 1));
      set(at(l, i, i), get(at(h, i, i)) + shift);
    }
    for (int first = 0; first < d; first += BLOCK) {
      int end = Math.min(first + BLOCK, d);
      if (!factorDiagonal(l, first, end, h, shift)) {
        return false;
      }
      if (end < d) {
        eliminate(l, first, end);
      }
    }
    for (int i = 0; i < d; i++) {
      RawMemory.clear(at(l, i, i) + 8, 8L * (d - 1 - i));
    }
    return true;
  }

  private boolean factorDiagonal(CpuBuffer l, int first, int end, CpuBuffer h, double shift) {
    int d = (int) l.rows();
    for (int j = first; j < end; j++) {
      int left = j - first;
      long row = at(l, j, first);
      double pivot = get(at(l, j, j)) - kernels.dot(row, row, left);
      double rounding = d * Math.ulp(1.0) * Math.abs(get(at(h, j, j)) + shift);
      if (!(pivot > rounding) || pivot == Double.POSITIVE_INFINITY) {
        return false;
      }
      double root = Math.sqrt(pivot);
      set(at(l, j, j), root);
      for (int i = j + 1; i < end; i++) {
        double dot = kernels.dot(at(l, i, first), row, left);
        set(at(l, i, j), (get(at(l, i, j)) - dot) / root);
      }
    }
    return true;
  }

  /**
   * Solves for the rows below the block of columns first..end-1, and takes their products off the
   * rest of the lower triangle.
   */
  private void eliminate(CpuBuffer l, int first, int end) {
    int below = (int) l.rows() - end;
    int panels = (below + width - 1) / width;
    CpuBuffer strips = parallel.scratch(0, Parallel.LEFT, (long) BLOCK * BLOCK);
    CpuBuffer rows = parallel.scratch(0, Parallel.RIGHT, (long) panels * width * BLOCK);
    packStrips(l, first, strips.address());
    parallel.each(
        panels,
        (part, panel) -> {
          long packed = rows.address() + step * BLOCK * panel;
          int from = end + panel * width;
          int count = Math.min(width, (int) l.rows() - from);
          transpose(l, from, count, first, packed);
          solvePanel(part, strips.address(), packed);
          transposeBack(packed, l, from, count, first);
        });
    parallel.each(panels, (part, panel) -> update(part, l, end, rows.address(), panel));
  }

  /** Rows of the diagonal block in strips: TILE_ROWS entries of one column side by side. */
  private static void packStrips(CpuBuffer l, int first, long strips) {
    for (int j = 0; j < BLOCK; j++) {
      long from = at(l, first + j, first);
      long to = strips + 8L * (j / TILE_ROWS * TILE_ROWS * BLOCK + j % TILE_ROWS);
      for (int k = 0; k <= j; k++) {
        set(to + 8L * TILE_ROWS * k, get(from + 8L * k));
      }
    }
  }

  private void transpose(CpuBuffer l, int row, int count, int column, long packed) {
    for (int i = 0; i < width; i++) {
      long from = i < count ? at(l, row + i, column) : 0;
      for (int k = 0; k < BLOCK; k++) {
        set(packed + step * k + 8L * i, i < count ? get(from + 8L * k) : 0);
      }
    }
  }

  private void transposeBack(long packed, CpuBuffer l, int row, int count, int column) {
    for (int i = 0; i < count; i++) {
      long to = at(l, row + i, column);
      for (int k = 0; k < BLOCK; k++) {
        set(to + 8L * k, get(packed + step * k + 8L * i));
      }
    }
  }

  /** packed = D⁻¹ packed with D the diagonal block, forward, TILE_ROWS rows of D at a time. */
  private void solvePanel(int part, long strips, long packed) {
    long tile = parallel.scratch(part, Parallel.TILE, (long) TILE_ROWS * tileColumns).address();
    for (int j = 0; j < BLOCK; j += TILE_ROWS) {
      long strip = strips + 8L * j * BLOCK;
      for (int column = 0; column < width; column += tileColumns) {
        kernels.tile(j, strip, 8 * TILE_ROWS, packed + 8L * column, step, tile);
        kernels.addTile(-1, tile, packed + step * j + 8L * column, step, TILE_ROWS, tileColumns);
      }
      for (int r = j; r < j + TILE_ROWS; r++) {
        long row = packed + step * r;
        for (int k = j; k < r; k++) {
          kernels.addRow(-get(entry(strip, r - j, k)), packed + step * k, row, width);
        }
        kernels.combine(1 / get(entry(strip, r - j, r)), row, 0, row, row, width);
      }
    }
  }

  private static long entry(long strip, int row, int column) {
    return strip + 8L * (TILE_ROWS * column + row);
  }

  /** l[i,j] -= ⟨packed i, packed j⟩ for the columns j of one panel and the rows from them on. */
  private void update(int part, CpuBuffer l, int end, long rows, int panel) {
    int d = (int) l.rows();
    long tile = parallel.scratch(part, Parallel.TILE, (long) TILE_ROWS * tileColumns).address();
    for (int j = panel * width; j < Math.min((panel + 1) * width, d - end); j += tileColumns) {
      long right = packedRow(rows, j);
      int columns = Math.min(tileColumns, d - end - j);
      for (int i = j / TILE_ROWS * TILE_ROWS; i < d - end; i += TILE_ROWS) {
        kernels.tile(BLOCK, packedRow(rows, i), step, right, step, tile);
        int count = Math.min(TILE_ROWS, d - end - i);
        kernels.addTile(-1, tile, at(l, end + i, end + j), l.stride(), count, columns);
      }
    }
  }

  private long packedRow(long rows, int i) {
    return rows + step * BLOCK * (i / width) + 8L * (i % width);
  }

  /** x = (l lᵀ)⁻¹ x. */
  void solve(CpuBuffer l, CpuBuffer vector) {
    int d = (int) l.rows();
    long x = vector.address();
    for (int i = 0; i < d; i++) {
      double dot = kernels.dot(l.address(i), x, i);
      set(x + 8L * i, (get(x + 8L * i) - dot) / get(at(l, i, i)));
    }
    for (int i = d - 1; i >= 0; i--) {
      double xi = get(x + 8L * i) / get(at(l, i, i));
      set(x + 8L * i, xi);
      kernels.addRow(-xi, l.address(i), x, i);
    }
  }

  private static long at(CpuBuffer l, long i, long j) {
    return l.address(i) + 8 * j;
  }
}
