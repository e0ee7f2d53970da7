package io.github.relumax.cpu;

import static io.github.relumax.cpu.Kernels.TILE_ROWS;
import static io.github.relumax.matrix.Matrix.F64;

import java.lang.foreign.MemorySegment;

/**
 * The two matrix products: C from selected units, and the weighted Gram matrix. Both copy their
 * operands into panels that the tile kernel reads in order (left: TILE_ROWS entries per step,
 * right: tileColumns() entries per step), DEPTH steps at a time so that panels stay in cache.
 * Panels are padded with zeros at the edges.
 */
final class PackedProducts {
  private static final int DEPTH = 192;

  /** Rows of C that one thread treats at a time. */
  private static final int BLOCK_ROWS = 64;

  private final Kernels kernels;
  private final Parallel parallel;
  private final int tileColumns;

  PackedProducts(Kernels kernels, Parallel parallel) {
    this.kernels = kernels;
    this.parallel = parallel;
    tileColumns = kernels.tileColumns();
  }

  /** c = (clear ? 0 : c) + Σ_units sign a2[:,u] a1[u,:]. */
  void accumulate(CpuBuffer a2, CpuUnits units, CpuBuffer a1, boolean clear, CpuBuffer c) {
    int d = (int) a1.columns();
    int count = units.count();
    int panels = panels(d);
    long padded = (long) panels * tileColumns;
    MemorySegment right = parallel.scratch(0, Parallel.RIGHT, padded * count).segment();
    RowBlocks a1Rows = new RowBlocks(kernels, parallel, a1);
    parallel.run(
        count,
        64,
        (part, low, high) -> {
          for (long k = low; k < high; k++) {
            packUnit(a1Rows, part, units, (int) k, d, right);
          }
        });
    RowBlocks a2Rows = new RowBlocks(kernels, parallel, a2);
    parallel.run(
        c.rows(),
        TILE_ROWS,
        (part, low, high) -> {
          MemorySegment left =
              parallel.scratch(part, Parallel.LEFT, (long) BLOCK_ROWS * DEPTH).segment();
          for (long row = low; row < high; row += BLOCK_ROWS) {
            int rows = (int) Math.min(BLOCK_ROWS, high - row);
            if (clear) {
              c.segment().asSlice(c.offset(row), rows * c.stride()).fill((byte) 0);
            }
            for (int first = 0; first < count; first += DEPTH) {
              int depth = Math.min(DEPTH, count - first);
              packColumns(a2Rows, part, row, rows, units, first, depth, left);
              for (int panel = 0; panel < panels; panel++) {
                long rightOffset = 8L * (first * padded + (long) panel * tileColumns * depth);
                for (int r = 0; r < rows; r += TILE_ROWS) {
                  addTile(
                      part,
                      depth,
                      left,
                      8L * r * depth,
                      right,
                      rightOffset,
                      c,
                      row + r,
                      Math.min(TILE_ROWS, rows - r),
                      panel * tileColumns);
                }
              }
            }
          }
        });
  }

  /** Row u_k of a1 with its sign, into the panels of its group of DEPTH units. */
  private void packUnit(RowBlocks a1, int part, CpuUnits units, int k, int d, MemorySegment right) {
    int first = k / DEPTH * DEPTH;
    int depth = Math.min(DEPTH, units.count() - first);
    int panels = panels(d);
    double sign = units.sign[k];
    long from = a1.load(part, units.index[k], 1);
    MemorySegment source = a1.segment(part);
    long group = 8L * first * panels * tileColumns;
    for (int panel = 0; panel < panels; panel++) {
      long to = group + 8L * tileColumns * ((long) panel * depth + (k - first));
      for (int j = 0; j < tileColumns; j++) {
        int column = panel * tileColumns + j;
        double value = column < d ? sign * source.get(F64, from + 8L * column) : 0;
        right.set(F64, to + 8L * j, value);
      }
    }
  }

  /** Columns u of rows row..row+rows-1 of a2, panels of TILE_ROWS rows. */
  private static void packColumns(
      RowBlocks a2,
      int part,
      long row,
      int rows,
      CpuUnits units,
      int first,
      int depth,
      MemorySegment left) {
    int[] index = units.index;
    for (int r = 0; r < rows + (-rows & (TILE_ROWS - 1)); r++) {
      long to = 8L * (r / TILE_ROWS * TILE_ROWS * depth + r % TILE_ROWS);
      if (r >= rows) {
        for (int k = 0; k < depth; k++) {
          left.set(F64, to + 8L * TILE_ROWS * k, 0);
        }
        continue;
      }
      long from = a2.load(part, row + r, 1);
      MemorySegment source = a2.segment(part);
      for (int k = 0; k < depth; k++) {
        left.set(F64, to + 8L * TILE_ROWS * k, source.get(F64, from + 8L * index[first + k]));
      }
    }
  }

  private void addTile(
      int part,
      int depth,
      MemorySegment left,
      long leftOffset,
      MemorySegment right,
      long rightOffset,
      CpuBuffer c,
      long row,
      int rows,
      int column) {
    int columns = (int) Math.min(tileColumns, c.columns() - column);
    if (rows == TILE_ROWS && columns == tileColumns) {
      kernels.tile(
          depth,
          left,
          leftOffset,
          right,
          rightOffset,
          c.segment(),
          c.offset(row) + 8L * column,
          c.stride());
      return;
    }
    // At an edge the whole tile is computed aside and the part that exists is added.
    CpuBuffer aside = parallel.scratch(part, Parallel.RESULT, (long) TILE_ROWS * tileColumns);
    MemorySegment tile = aside.segment();
    tile.asSlice(0, 8L * TILE_ROWS * tileColumns).fill((byte) 0);
    kernels.tile(depth, left, leftOffset, right, rightOffset, tile, 0, 8L * tileColumns);
    for (int r = 0; r < rows; r++) {
      kernels.addRow(
          1, tile, 8L * r * tileColumns, c.segment(), c.offset(row + r) + 8L * column, columns);
    }
  }

  /**
   * h = Σ_i a_i (c_i - center)(c_i - center)ᵀ. Each thread sums its rows into a matrix of its own;
   * only tiles that touch the lower triangle.
   */
  void gram(CpuBuffer c, MemorySegment center, MemorySegment a, CpuBuffer h) {
    int d = (int) c.columns();
    int panels = panels(d);
    int strips = (d + TILE_ROWS - 1) / TILE_ROWS;
    long width = (long) panels * tileColumns;
    long entries = (long) strips * TILE_ROWS * width;
    int parts =
        parallel.run(
            c.rows(),
            Math.max(64, d / 4),
            (part, low, high) -> {
              MemorySegment sum = parallel.scratch(part, Parallel.RESULT, entries).segment();
              MemorySegment left =
                  parallel
                      .scratch(part, Parallel.LEFT, (long) strips * TILE_ROWS * DEPTH)
                      .segment();
              MemorySegment right = parallel.scratch(part, Parallel.RIGHT, width * DEPTH).segment();
              sum.asSlice(0, 8 * entries).fill((byte) 0);
              for (long row = low; row < high; row += DEPTH) {
                int depth = (int) Math.min(DEPTH, high - row);
                packRows(c, row, depth, center, a, left, right);
                for (int panel = 0; panel < panels; panel++) {
                  int column = panel * tileColumns;
                  for (int strip = column / TILE_ROWS; strip < strips; strip++) {
                    kernels.tile(
                        depth,
                        left,
                        8L * strip * TILE_ROWS * depth,
                        right,
                        8L * column * depth,
                        sum,
                        8L * (strip * (long) TILE_ROWS * width + column),
                        8L * width);
                  }
                }
              }
            });
    MemorySegment out = h.segment();
    out.fill((byte) 0);
    for (int part = 0; part < parts; part++) {
      MemorySegment sum = parallel.scratch(part, Parallel.RESULT, entries).segment();
      for (int i = 0; i < d; i++) {
        kernels.addRow(1, sum, 8L * i * width, out, h.offset(i), i + 1);
      }
    }
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < i; j++) {
        out.set(F64, h.offset(j) + 8L * i, out.get(F64, h.offset(i) + 8L * j));
      }
    }
  }

  /** Rows row..row+depth-1 of c less center into right panels, and times a into left strips. */
  private void packRows(
      CpuBuffer c,
      long row,
      int depth,
      MemorySegment center,
      MemorySegment a,
      MemorySegment left,
      MemorySegment right) {
    int d = (int) c.columns();
    MemorySegment source = c.segment();
    int rightEnd = panels(d) * tileColumns;
    int leftEnd = (d + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
    for (int k = 0; k < depth; k++) {
      double weight = a.get(F64, 8 * (row + k));
      long from = c.offset(row + k);
      for (int j = 0; j < rightEnd; j += tileColumns) {
        long to = 8L * ((long) j * depth + (long) k * tileColumns);
        for (int i = 0; i < tileColumns; i++) {
          double value =
              j + i < d ? source.get(F64, from + 8L * (j + i)) - center.get(F64, 8L * (j + i)) : 0;
          right.set(F64, to + 8L * i, value);
        }
      }
      for (int j = 0; j < leftEnd; j += TILE_ROWS) {
        long to = 8L * ((long) j * depth + (long) k * TILE_ROWS);
        for (int i = 0; i < TILE_ROWS; i++) {
          double value =
              j + i < d
                  ? weight * (source.get(F64, from + 8L * (j + i)) - center.get(F64, 8L * (j + i)))
                  : 0;
          left.set(F64, to + 8L * i, value);
        }
      }
    }
  }

  private int panels(int d) {
    return (d + tileColumns - 1) / tileColumns;
  }
}
