package io.github.relumax.backend;

import io.github.relumax.matrix.Matrix;
import java.util.List;

/** Passes every call on to another backend; what extends it changes some. */
class ForwardingBackend implements Backend {
  private final Backend backend;

  ForwardingBackend(Backend backend) {
    this.backend = backend;
  }

  @Override
  public BackendDescription description() {
    return backend.description();
  }

  @Override
  public BackendMemory memory() {
    return backend.memory();
  }

  @Override
  public void finish() {
    backend.finish();
  }

  @Override
  public long workspaceBytes(long m, long n, long d) {
    return backend.workspaceBytes(m, n, d);
  }

  @Override
  public List<Backend> singleThreads() {
    return backend.singleThreads();
  }

  @Override
  public long compressedBytes(long rows, long columns, long nonZeros) {
    return backend.compressedBytes(rows, columns, nonZeros);
  }

  @Override
  public long transposedBytes(long columns, long vectors) {
    return backend.transposedBytes(columns, vectors);
  }

  @Override
  public double flopsPerByte() {
    return backend.flopsPerByte();
  }

  @Override
  public Buffer upload(Matrix matrix) {
    return backend.upload(matrix);
  }

  @Override
  public Buffer uploadRows(Matrix rows, Buffer whole) {
    return backend.uploadRows(rows, whole);
  }

  @Override
  public Buffer allocate(long rows, long columns) {
    return backend.allocate(rows, columns);
  }

  @Override
  public Units units(int capacity) {
    return backend.units(capacity);
  }

  @Override
  public void write(double[] values, Buffer to) {
    backend.write(values, to);
  }

  @Override
  public void read(Buffer from, double[] values) {
    backend.read(from, values);
  }

  @Override
  public void copy(Buffer from, Buffer to) {
    backend.copy(from, to);
  }

  @Override
  public double dot(Buffer u, Buffer v) {
    return backend.dot(u, v);
  }

  @Override
  public void combine(double alpha, Buffer u, double beta, Buffer v, Buffer out) {
    backend.combine(alpha, u, beta, v, out);
  }

  @Override
  public void steps(Buffer x, Buffer p, double[] t, Buffer out) {
    backend.steps(x, p, t, out);
  }

  @Override
  public void multiply(Buffer a, Buffer x, Buffer y) {
    backend.multiply(a, x, y);
  }

  @Override
  public void multiplyTransposed(Buffer a, Buffer v, Buffer y) {
    backend.multiplyTransposed(a, v, y);
  }

  @Override
  public void relu(Buffer z1, Buffer h) {
    backend.relu(z1, h);
  }

  @Override
  public void mask(Buffer z1, Buffer v, Buffer out) {
    backend.mask(z1, v, out);
  }

  @Override
  public void settle(Buffer z1, Buffer norms, double tolerance) {
    backend.settle(z1, norms, tolerance);
  }

  @Override
  public void activeUnits(Buffer z1, Units out) {
    backend.activeUnits(z1, out);
  }

  @Override
  public void flippedUnits(Buffer from, Buffer to, Units out) {
    backend.flippedUnits(from, to, out);
  }

  @Override
  public void flipCorrections(Buffer z1, Buffer trials, Buffer h, Units out) {
    backend.flipCorrections(z1, trials, h, out);
  }

  @Override
  public void addColumns(Buffer a, Units units, Buffer x, double keep, Buffer y) {
    backend.addColumns(a, units, x, keep, y);
  }

  @Override
  public double gramOfUnits(Buffer a2, Units units, Buffer a1, Buffer center, Buffer a, Buffer h) {
    return backend.gramOfUnits(a2, units, a1, center, a, h);
  }

  @Override
  public void multiplyTransposed(Buffer a, Units units, Buffer v, Buffer y) {
    backend.multiplyTransposed(a, units, v, y);
  }

  @Override
  public void accumulate(Buffer a2, Units units, Buffer a1, double keep, Buffer c) {
    backend.accumulate(a2, units, a1, keep, c);
  }

  @Override
  public SoftmaxSums softmax(Buffer z, Buffer b, Buffer w2, Buffer f, Buffer gz) {
    return backend.softmax(z, b, w2, f, gz);
  }

  @Override
  public void losses(Buffer z, Buffer b, Buffer w2, double[] dataLoss, double[] regularization) {
    backend.losses(z, b, w2, dataLoss, regularization);
  }

  @Override
  public void curvatureWeights(CurvatureForm form, Buffer f, Buffer b, double fc, Buffer a) {
    backend.curvatureWeights(form, f, b, fc, a);
  }

  @Override
  public void applyCurvature(Buffer a, Buffer f, Buffer w2, Buffer u, Buffer out) {
    backend.applyCurvature(a, f, w2, u, out);
  }

  @Override
  public void gram(Buffer c, Buffer center, Buffer a, double keep, Buffer h) {
    backend.gram(c, center, a, keep, h);
  }

  @Override
  public void reserveGram(long rows, long columns) {
    backend.reserveGram(rows, columns);
  }

  @Override
  public void rankTwo(Buffer h, Buffer u, Buffer v, double t) {
    backend.rankTwo(h, u, v, t);
  }

  @Override
  public double scale(Buffer h) {
    return backend.scale(h);
  }

  @Override
  public boolean factor(Buffer h, double shift, Buffer l) {
    return backend.factor(h, shift, l);
  }

  @Override
  public void solve(Buffer l, Buffer r, Buffer out) {
    backend.solve(l, r, out);
  }

  @Override
  public void solveForward(Buffer l, Buffer r, Buffer out) {
    backend.solveForward(l, r, out);
  }

  @Override
  public void solveTransposed(Buffer l, Buffer r, Buffer out) {
    backend.solveTransposed(l, r, out);
  }

  @Override
  public void curvatureTimes(Buffer c, Buffer center, Buffer a, Buffer v, Buffer out) {
    backend.curvatureTimes(c, center, a, v, out);
  }

  @Override
  public void normals(long seed, int stream, long first, Buffer out) {
    backend.normals(seed, stream, first, out);
  }

  @Override
  public void countSketch(long seed, int stream, Buffer c, Buffer center, Buffer a, Buffer out) {
    backend.countSketch(seed, stream, c, center, a, out);
  }

  @Override
  public double rowScores(Buffer y, Buffer shift, Buffer a, double keep, Buffer scores) {
    return backend.rowScores(y, shift, a, keep, scores);
  }

  @Override
  public void sampleRows(
      long seed, int stream, Buffer scores, double total, double size, Units out) {
    backend.sampleRows(seed, stream, scores, total, size, out);
  }

  @Override
  public void sampleWeights(
      Units rows, long first, Buffer scores, double total, double size, Buffer a, Buffer out) {
    backend.sampleWeights(rows, first, scores, total, size, a, out);
  }

  @Override
  public void gatherRows(Buffer a, Units rows, long first, Buffer out) {
    backend.gatherRows(a, rows, first, out);
  }

  @Override
  public void close() {
    backend.close();
  }
}
