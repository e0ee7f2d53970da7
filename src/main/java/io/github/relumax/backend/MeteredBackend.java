package io.github.relumax.backend;

import io.github.relumax.matrix.Matrix;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Passes every call on to another backend, and adds up by primitive how often it was called, how
 * long it took and what it had to do at least ({@link Work}). Results are the other backend's, bit
 * for bit. The cost is two looks at the clock and a few small objects a call.
 *
 * <p>Every call is waited for, so that the work of one does not count as the time of the next: a
 * backend that works while its caller goes on is slower this way. A call that throws is not
 * counted, and neither is making or closing lists and buffers' views. Seconds of calls that ran at
 * once on several threads ({@link #singleThreads}) add up to more than passed.
 */
public final class MeteredBackend extends ForwardingBackend {
  private final Backend backend;

  /** Whose tallies are added to. */
  private final MeteredBackend counter;

  private Map<Primitive, Tally> tallies = new EnumMap<>(Primitive.class);

  public MeteredBackend(Backend backend) {
    super(backend);
    this.backend = backend;
    counter = this;
  }

  /** One of its threads. */
  private MeteredBackend(Backend backend, MeteredBackend counter) {
    super(backend);
    this.backend = backend;
    this.counter = counter;
  }

  /** From now on, calls are added to these tallies. */
  public synchronized void countInto(Map<Primitive, Tally> others) {
    tallies = others;
  }

  private void count(Primitive primitive, long began, Work work) {
    backend.finish();
    double seconds = 1e-9 * (System.nanoTime() - began);
    counter.add(primitive, new Tally(1, seconds, work));
  }

  private synchronized void add(Primitive primitive, Tally tally) {
    tallies.merge(primitive, tally, Tally::plus);
  }

  // Memory

  /** Those of the other backend, whose calls are counted here. */
  @Override
  public List<Backend> singleThreads() {
    return backend.singleThreads().stream()
        .<Backend>map(thread -> new MeteredBackend(thread, counter))
        .toList();
  }

  @Override
  public Buffer upload(Matrix matrix) {
    long began = System.nanoTime();
    Buffer result = backend.upload(matrix);
    count(Primitive.UPLOAD, began, Work.NONE);
    return result;
  }

  @Override
  public Buffer uploadRows(Matrix rows, Buffer whole) {
    long began = System.nanoTime();
    Buffer result = backend.uploadRows(rows, whole);
    count(Primitive.UPLOAD_ROWS, began, Work.NONE);
    return result;
  }

  @Override
  public Buffer allocate(long rows, long columns) {
    long began = System.nanoTime();
    Buffer result = backend.allocate(rows, columns);
    count(Primitive.ALLOCATE, began, Work.allocate(result));
    return result;
  }

  @Override
  public void write(double[] values, Buffer to) {
    long began = System.nanoTime();
    backend.write(values, to);
    count(Primitive.WRITE, began, Work.transfer(to));
  }

  @Override
  public void read(Buffer from, double[] values) {
    long began = System.nanoTime();
    backend.read(from, values);
    count(Primitive.READ, began, Work.transfer(from));
  }

  @Override
  public void copy(Buffer from, Buffer to) {
    long began = System.nanoTime();
    backend.copy(from, to);
    count(Primitive.COPY, began, Work.copy(from, to));
  }

  // Vectors

  @Override
  public double dot(Buffer u, Buffer v) {
    long began = System.nanoTime();
    double result = backend.dot(u, v);
    count(Primitive.DOT, began, Work.dot(u, v));
    return result;
  }

  @Override
  public void combine(double alpha, Buffer u, double beta, Buffer v, Buffer out) {
    long began = System.nanoTime();
    backend.combine(alpha, u, beta, v, out);
    count(Primitive.COMBINE, began, Work.combine(u, v, out));
  }

  @Override
  public void steps(Buffer x, Buffer p, double[] t, Buffer out) {
    long began = System.nanoTime();
    backend.steps(x, p, t, out);
    count(Primitive.STEPS, began, Work.steps(x, p, t.length));
  }

  // Products with A1, A2 and C

  @Override
  public void multiply(Buffer a, Buffer x, Buffer y) {
    long began = System.nanoTime();
    backend.multiply(a, x, y);
    count(Primitive.MULTIPLY, began, Work.multiply(a, x, y));
  }

  @Override
  public void multiplyTransposed(Buffer a, Buffer v, Buffer y) {
    long began = System.nanoTime();
    backend.multiplyTransposed(a, v, y);
    count(Primitive.MULTIPLY_TRANSPOSED, began, Work.multiplyTransposed(a, v, y));
  }

  // Hidden units

  @Override
  public void relu(Buffer z1, Buffer h) {
    long began = System.nanoTime();
    backend.relu(z1, h);
    count(Primitive.RELU, began, Work.relu(z1, h));
  }

  @Override
  public void mask(Buffer z1, Buffer v, Buffer out) {
    long began = System.nanoTime();
    backend.mask(z1, v, out);
    count(Primitive.MASK, began, Work.mask(z1, v, out));
  }

  @Override
  public void settle(Buffer z1, Buffer norms, double tolerance) {
    long began = System.nanoTime();
    backend.settle(z1, norms, tolerance);
    count(Primitive.SETTLE, began, Work.settle(z1, norms));
  }

  @Override
  public void activeUnits(Buffer z1, Units out) {
    long began = System.nanoTime();
    backend.activeUnits(z1, out);
    count(Primitive.ACTIVE_UNITS, began, Work.activeUnits(z1));
  }

  @Override
  public void flippedUnits(Buffer from, Buffer to, Units out) {
    long began = System.nanoTime();
    backend.flippedUnits(from, to, out);
    count(Primitive.FLIPPED_UNITS, began, Work.flippedUnits(from, to));
  }

  @Override
  public void flipCorrections(Buffer z1, Buffer trials, Buffer h, Units out) {
    long began = System.nanoTime();
    backend.flipCorrections(z1, trials, h, out);
    count(Primitive.FLIP_CORRECTIONS, began, Work.flipCorrections(z1, trials, h));
  }

  @Override
  public void addColumns(Buffer a, Units units, Buffer x, double keep, Buffer y) {
    long began = System.nanoTime();
    backend.addColumns(a, units, x, keep, y);
    count(Primitive.ADD_COLUMNS, began, Work.addColumns(a, units.count(), x, keep, y));
  }

  @Override
  public void accumulate(Buffer a2, Units units, Buffer a1, double keep, Buffer c) {
    long began = System.nanoTime();
    backend.accumulate(a2, units, a1, keep, c);
    if (keep == 0) {
      count(Primitive.ACCUMULATE_NEW, began, Work.accumulateNew(a2, units.count(), a1, c));
    } else {
      count(Primitive.ACCUMULATE_MORE, began, Work.accumulateMore(a2, units.count(), a1, c));
    }
  }

  @Override
  public void multiplyTransposed(Buffer a, Units units, Buffer v, Buffer y) {
    long began = System.nanoTime();
    backend.multiplyTransposed(a, units, v, y);
    count(Primitive.MULTIPLY_TRANSPOSED, began, Work.multiplyTransposed(a, units.count(), v, y));
  }

  // Softmax

  @Override
  public SoftmaxSums softmax(Buffer z, Buffer b, Buffer w2, Buffer f, Buffer gz) {
    long began = System.nanoTime();
    SoftmaxSums result = backend.softmax(z, b, w2, f, gz);
    count(Primitive.SOFTMAX, began, Work.softmax(z, b, w2, f, gz));
    return result;
  }

  @Override
  public void losses(Buffer z, Buffer b, Buffer w2, double[] dataLoss, double[] regularization) {
    long began = System.nanoTime();
    backend.losses(z, b, w2, dataLoss, regularization);
    count(Primitive.LOSSES, began, Work.losses(z, b, w2));
  }

  @Override
  public void curvatureWeights(CurvatureForm form, Buffer f, Buffer b, double fc, Buffer a) {
    long began = System.nanoTime();
    backend.curvatureWeights(form, f, b, fc, a);
    count(Primitive.CURVATURE_WEIGHTS, began, Work.curvatureWeights(form, f, b, a));
  }

  @Override
  public void applyCurvature(Buffer a, Buffer f, Buffer w2, Buffer u, Buffer out) {
    long began = System.nanoTime();
    backend.applyCurvature(a, f, w2, u, out);
    count(Primitive.APPLY_CURVATURE, began, Work.applyCurvature(a, f, w2, u, out));
  }

  // The d x d system

  @Override
  public void gram(Buffer c, Buffer center, Buffer a, double keep, Buffer h) {
    long began = System.nanoTime();
    backend.gram(c, center, a, keep, h);
    count(Primitive.GRAM, began, Work.gram(c, center, a, keep, h));
  }

  @Override
  public double gramOfUnits(Buffer a2, Units units, Buffer a1, Buffer center, Buffer a, Buffer h) {
    long began = System.nanoTime();
    double scale = backend.gramOfUnits(a2, units, a1, center, a, h);
    count(Primitive.GRAM_OF_UNITS, began, Work.gramOfUnits(a2, units.count(), a1, center, a, h));
    return scale;
  }

  @Override
  public void rankTwo(Buffer h, Buffer u, Buffer v, double t) {
    long began = System.nanoTime();
    backend.rankTwo(h, u, v, t);
    count(Primitive.RANK_TWO, began, Work.rankTwo(h, u, v));
  }

  @Override
  public double scale(Buffer h) {
    long began = System.nanoTime();
    double result = backend.scale(h);
    count(Primitive.SCALE, began, Work.scale(h));
    return result;
  }

  @Override
  public boolean factor(Buffer h, double shift, Buffer l) {
    long began = System.nanoTime();
    boolean result = backend.factor(h, shift, l);
    count(Primitive.FACTOR, began, Work.factor(h, result));
    return result;
  }

  @Override
  public void solve(Buffer l, Buffer r, Buffer out) {
    long began = System.nanoTime();
    backend.solve(l, r, out);
    count(Primitive.SOLVE, began, Work.solve(l, r, out));
  }

  @Override
  public void solveForward(Buffer l, Buffer r, Buffer out) {
    long began = System.nanoTime();
    backend.solveForward(l, r, out);
    count(Primitive.SOLVE_FORWARD, began, Work.solveTriangular(l, r, out));
  }

  @Override
  public void solveTransposed(Buffer l, Buffer r, Buffer out) {
    long began = System.nanoTime();
    backend.solveTransposed(l, r, out);
    count(Primitive.SOLVE_TRANSPOSED, began, Work.solveTriangular(l, r, out));
  }

  @Override
  public void curvatureTimes(Buffer c, Buffer center, Buffer a, Buffer v, Buffer out) {
    long began = System.nanoTime();
    backend.curvatureTimes(c, center, a, v, out);
    count(Primitive.CURVATURE_TIMES, began, Work.curvatureTimes(c, center, a, v, out));
  }

  // Row sampling

  @Override
  public void normals(long seed, int stream, long first, Buffer out) {
    long began = System.nanoTime();
    backend.normals(seed, stream, first, out);
    count(Primitive.NORMALS, began, Work.normals(out));
  }

  @Override
  public void countSketch(long seed, int stream, Buffer c, Buffer center, Buffer a, Buffer out) {
    long began = System.nanoTime();
    backend.countSketch(seed, stream, c, center, a, out);
    count(Primitive.COUNT_SKETCH, began, Work.countSketch(c, center, a, out));
  }

  @Override
  public double rowScores(Buffer y, Buffer shift, Buffer a, double keep, Buffer scores) {
    long began = System.nanoTime();
    double result = backend.rowScores(y, shift, a, keep, scores);
    count(Primitive.ROW_SCORES, began, Work.rowScores(y, shift, a, keep, scores));
    return result;
  }

  @Override
  public void sampleRows(
      long seed, int stream, Buffer scores, double total, double size, Units out) {
    long began = System.nanoTime();
    backend.sampleRows(seed, stream, scores, total, size, out);
    count(Primitive.SAMPLE_ROWS, began, Work.sampleRows(scores));
  }

  @Override
  public void sampleWeights(
      Units rows, long first, Buffer scores, double total, double size, Buffer a, Buffer out) {
    long began = System.nanoTime();
    backend.sampleWeights(rows, first, scores, total, size, a, out);
    count(Primitive.SAMPLE_WEIGHTS, began, Work.sampleWeights(scores, a, out));
  }

  @Override
  public void gatherRows(Buffer a, Units rows, long first, Buffer out) {
    long began = System.nanoTime();
    backend.gatherRows(a, rows, first, out);
    count(Primitive.GATHER_ROWS, began, Work.gatherRows(a, out));
  }
}
