package io.github.relumax.sketch;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Owned;
import io.github.relumax.backend.Units;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.CurvatureRows;
import io.github.relumax.objective.WeightedRows;
import java.util.Arrays;
import java.util.List;

/**
 * H̃ by any {@link SamplingMethod}, to compare them: an estimate of H⁺, which is H for Gauss-Newton
 * and for the Hessian H less what the a_i &lt; 0 put into it. With M the rows of H⁺ = MᵀM one below
 * the other, the methods that draw rows give the H̃ of {@link RowSampler} with scores of their own,
 * and the others
 *
 * <pre>
 *   COUNT_SKETCH   H̃ = (S M)ᵀ (S M)          S: K x rows of M, one ±1 in every column
 *   GAUSSIAN       H̃ = 1/k (G M)ᵀ (G M)      G: k x rows of M, independent N(0, 1)
 * </pre>
 *
 * Nothing is kept from draw to draw: each counts its scores anew, and has random numbers of its own
 * that are a function of (seed, draw) alone.
 */
public final class MethodSampler implements AutoCloseable {
  /** Trial points that the objective needs to have room for. */
  public static final int TRIALS = LeverageScores.DIRECTIONS;

  // Streams of random numbers for one draw; the first ones are those of the scores.
  private static final int ROWS_STREAM = LeverageScores.STREAMS;
  private static final int STREAMS = ROWS_STREAM + 1;

  private final Backend backend;
  private final int m;
  private final long seed;
  private final long block;
  private final Owned owned;
  private final PositiveRows positive;
  private final LeverageScores leverage;
  private final RowDraw draw;
  private final Buffer scores;

  /** Sketches of as many rows as are wanted. */
  private final Buffer sketch;

  private final Buffer part;
  private final Buffer zero;
  private final Buffer weights;

  /** G for a block of rows, and the list of all rows of the block. */
  private final Buffer normals;

  private final Units all;
  private int draws;

  /**
   * A sampler for an m x d C.
   *
   * @param mostRows rows that H̃ is made from at most
   */
  public MethodSampler(Backend backend, int m, int d, long mostRows, long seed) {
    this.backend = backend;
    this.m = m;
    this.seed = seed;
    block = (long) LeverageScores.sketchRows(d);
    long rows = sketchRows(mostRows);
    owned = new Owned(backend);
    try {
      positive = owned.add(new PositiveRows(backend, m, d), PositiveRows::close);
      leverage = owned.add(new LeverageScores(backend, m, d), LeverageScores::close);
      draw = owned.add(new RowDraw(backend, m, leverage.room()), RowDraw::close);
      scores = owned.allocate(1, m);
      sketch = owned.allocate(rows, d);
      part = owned.allocate(rows, d);
      zero = owned.allocate(1, d);
      weights = owned.allocate(rows, 1);
      normals = owned.allocate(rows, block);
      all = owned.units((int) block);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    Buffer ones = normals.row(0);
    double[] values = new double[(int) block];
    Arrays.fill(values, 1);
    backend.write(values, ones);
    backend.activeUnits(ones, all);
  }

  /** Rows of a CountSketch for so many rows: the next power of two. */
  private static long sketchRows(long rows) {
    return Long.highestOneBit(2 * rows - 1);
  }

  /** Bytes that a sampler and its rows allocate, in float64, where nothing can overflow. */
  public static double bytes(double m, double n, double d, double mostRows, CurvaturePath path) {
    double rows = 2 * mostRows;
    double block = LeverageScores.sketchRows(d);
    double shared = PositiveRows.entries(m, d) + LeverageScores.entries(d) + block + 2.5 * m;
    double sketches = rows * (2 * d + 1 + block) + d + block;
    double streamed = path == CurvaturePath.STREAMED ? rows * (n + 1) + m + d + 1 : 0;
    return 8 * (2 * d * d + shared + sketches + streamed);
  }

  /** Rows of a sketch, and of a block of gathered rows, at most. */
  public long rowsAtATime() {
    return Math.max(sketch.rows(), block);
  }

  /** h = H⁺. */
  public void sum(CurvatureRows of, Buffer h) {
    double keep = 0;
    for (WeightedRows rows : positive.of(of)) {
      of.gram(rows, keep, h);
      keep = 1;
    }
  }

  /**
   * h = H̃ from a new draw.
   *
   * @param rows how many H̃ is made from: expected at most where rows are drawn; the next power of
   *     two for a CountSketch
   * @return how many there are; where there are none h is 0
   */
  public int sample(CurvatureRows of, SamplingMethod method, long rows, Buffer h) {
    int stream = STREAMS * draws++;
    List<WeightedRows> parts = positive.of(of);
    return switch (method) {
      case LEVERAGE ->
          drawRows(of, parts, stream, leverage.estimate(of, parts, seed, stream, scores), rows, h);
      case EXACT_LEVERAGE ->
          drawRows(of, parts, stream, leverage.exact(of, parts, scores), rows, h);
      case ROW_NORM -> drawRows(of, parts, stream, leverage.rowNorms(of, parts, scores), rows, h);
      case UNIFORM -> drawRows(of, parts, stream, equalScores(), rows, h);
      case COUNT_SKETCH -> countSketch(of, parts, stream, sketchRows(rows), h);
      case GAUSSIAN -> gaussian(of, parts, stream, rows, h);
    };
  }

  private double equalScores() {
    double[] values = new double[m];
    Arrays.fill(values, 1);
    backend.write(values, scores);
    return m;
  }

  private int drawRows(
      CurvatureRows of, List<WeightedRows> parts, int stream, double total, long rows, Buffer h) {
    int count = draw.sum(of, parts, seed, stream + ROWS_STREAM, scores, total, (double) rows, h);
    if (count == 0) {
      backend.combine(0, h, 0, h, h);
    }
    return count;
  }

  private int countSketch(
      CurvatureRows of, List<WeightedRows> parts, int stream, long rows, Buffer h) {
    Buffer sum = sketch.rows(0, rows);
    for (int k = 0; k < parts.size(); k++) {
      Buffer one = k == 0 ? sum : part.rows(0, rows);
      of.sketch(seed, stream + k, parts.get(k), 0, m, one);
      if (k > 0) {
        backend.combine(1, sum, 1, one, sum);
      }
    }
    return gram(sum, 1, h);
  }

  private int gaussian(
      CurvatureRows of, List<WeightedRows> parts, int stream, long rows, Buffer h) {
    Buffer sum = sketch.rows(0, rows);
    Buffer g = normals.rows(0, rows);
    Buffer scaled = leverage.room();
    double keep = 0;
    for (int k = 0; k < parts.size(); k++) {
      for (long first = 0; first < m; first += block) {
        // No two of so few rows meet in one bucket: the sketch is the rows, in another order and
        // with other signs, and G times them is as Gaussian.
        long count = Math.min(block, m - first);
        of.sketch(seed, stream, parts.get(k), first, count, scaled);
        backend.normals(seed, stream + 1 + k, first * rows, g);
        backend.accumulate(g, all, scaled, keep, sum);
        keep = 1;
      }
    }
    return gram(sum, 1.0 / rows, h);
  }

  /** h = weight sᵀ s. */
  private int gram(Buffer s, double weight, Buffer h) {
    int rows = (int) s.rows();
    double[] values = new double[rows];
    Arrays.fill(values, weight);
    Buffer same = weights.rows(0, rows);
    backend.write(values, same);
    backend.gram(s, zero, same, 0, h);
    return rows;
  }

  @Override
  public void close() {
    owned.close();
  }
}
