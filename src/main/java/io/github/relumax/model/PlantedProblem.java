package io.github.relumax.model;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.matrix.OffHeap;
import io.github.relumax.random.Philox;
import java.lang.foreign.Arena;
import java.util.stream.IntStream;

/**
 * A random problem whose answer is known.
 *
 * @param problem A1, A2 and b, without regulariser and constraint
 * @param xStar the planted x* (d): a global minimum with loss 0 (up to rounding) when there is no
 *     noise
 * @param x0 a start near it (d)
 */
public record PlantedProblem(Problem problem, double[] xStar, double[] x0) {
  // What each stream of the seed is for. Changing one changes every generated problem.
  private static final int A1_STREAM = 1;
  private static final int A2_STREAM = 2;
  private static final int X_STAR_STREAM = 3;
  private static final int START_OFFSET_STREAM = 4;
  private static final int NOISE_STREAM = 5;
  private static final int RANDOM_START_STREAM = 6;

  /** Entries drawn at a time: 32 KiB, so that they are still in cache when they are used. */
  private static final int CHUNK = 4096;

  /**
   * Draws a problem. With all N independent normals,
   *
   * <pre>
   *     A1 ~ N(0, 1/d)   stored as float64          A2 ~ scale² N(0, 1/n)   stored as {@code type}
   *     x* ~ N(0, I)                                 x0 = x* + startDistance N(0, I)
   *     b = softmax(A2 relu(A1 x*))                  then, for noise > 0: b_i ← b_i exp(noise N), rescaled to sum 1
   * </pre>
   *
   * b is computed in float64 from A2 as it is stored, so without noise x* solves a float32 problem
   * just as well. With noise it does not minimise the loss, but stays near a minimiser while the
   * noise is small. The result depends on the arguments alone, not on the number of threads.
   *
   * @throws InvalidInputException if a size is below 1, scale is not positive, noise or
   *     startDistance is negative, one of them is not finite, or the matrices do not fit the memory
   */
  public static PlantedProblem generate(
      int m,
      int n,
      int d,
      double scale,
      double noise,
      ElementType type,
      double startDistance,
      long seed) {
    requireSize("m", m);
    requireSize("n", n);
    requireSize("d", d);
    require(scale > 0 && Double.isFinite(scale), "scale", scale, "above 0");
    require(noise >= 0 && Double.isFinite(noise), "noise", noise, "of 0 or more");
    require(
        startDistance >= 0 && Double.isFinite(startDistance),
        "start distance",
        startDistance,
        "of 0 or more");

    Philox random = new Philox(seed);
    double[] xStar = new double[d];
    random.normals(X_STAR_STREAM, 0, xStar);
    double[] x0 = new double[d];
    random.normals(START_OFFSET_STREAM, 0, x0);
    for (int k = 0; k < d; k++) {
      x0[k] = xStar[k] + startDistance * x0[k];
    }

    Matrix a1 = OffHeap.allocate(n, d, ElementType.FLOAT64, Arena.ofAuto(), "A1");
    double[] h = fillAndMultiply(a1, random, A1_STREAM, 1 / Math.sqrt(d), xStar);
    for (int j = 0; j < n; j++) {
      h[j] = Math.max(h[j], 0);
    }
    Matrix a2 = OffHeap.allocate(m, n, type, Arena.ofAuto(), "A2");
    double[] b = fillAndMultiply(a2, random, A2_STREAM, scale / Math.sqrt(n), h);
    softmax(b);
    if (noise > 0) {
      perturb(b, noise, random);
    }
    return new PlantedProblem(Problem.of(a1, a2, b), xStar, x0);
  }

  /**
   * A start that knows nothing of the solution: x ~ N(0, I).
   *
   * @throws InvalidInputException if d is below 1
   */
  public static double[] randomStart(int d, long seed) {
    requireSize("d", d);
    double[] x = new double[d];
    new Philox(seed).normals(RANDOM_START_STREAM, 0, x);
    return x;
  }

  /**
   * Fills the matrix with scale N(0, 1) and returns its product with v, from the entries as stored.
   */
  private static double[] fillAndMultiply(
      Matrix matrix, Philox random, int stream, double scale, double[] v) {
    double[] product = new double[(int) matrix.rows()];
    IntStream.range(0, product.length)
        .parallel()
        .forEach(i -> product[i] = fillRow(matrix, i, random, stream, scale, v));
    return product;
  }

  private static double fillRow(
      Matrix matrix, int i, Philox random, int stream, double scale, double[] v) {
    double[] normals = new double[Math.min(CHUNK, v.length)];
    double dot = 0;
    for (int from = 0; from < v.length; from += CHUNK) {
      int length = Math.min(CHUNK, v.length - from);
      random.normals(stream, (long) i * v.length + from, normals, length);
      long offset = matrix.offset(i, from);
      if (matrix.type() == ElementType.FLOAT64) {
        for (int k = 0; k < length; k++) {
          double entry = scale * normals[k];
          matrix.segment().set(Matrix.F64, offset + 8L * k, entry);
          dot += entry * v[from + k];
        }
      } else {
        for (int k = 0; k < length; k++) {
          float entry = (float) (scale * normals[k]);
          matrix.segment().set(Matrix.F32, offset + 4L * k, entry);
          dot += entry * v[from + k];
        }
      }
    }
    return dot;
  }

  /** z ← exp(z) / Σ exp(z), with the maximum subtracted first. */
  private static void softmax(double[] z) {
    double max = Double.NEGATIVE_INFINITY;
    for (double value : z) {
      max = Math.max(max, value);
    }
    for (int i = 0; i < z.length; i++) {
      z[i] = StrictMath.exp(z[i] - max);
    }
    normalise(z);
  }

  private static void perturb(double[] b, double noise, Philox random) {
    double[] normals = new double[b.length];
    random.normals(NOISE_STREAM, 0, normals);
    for (int i = 0; i < b.length; i++) {
      b[i] *= StrictMath.exp(noise * normals[i]);
    }
    normalise(b);
  }

  private static void normalise(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] /= sum;
    }
  }

  private static void requireSize(String name, int size) {
    require(size >= 1 && size <= Problem.MAX_SIZE, name, size, "between 1 and " + Problem.MAX_SIZE);
  }

  private static void require(boolean holds, String name, Number value, String expected) {
    if (!holds) {
      throw new InvalidInputException(
          "%s: %s, expected a finite number %s".formatted(name, value, expected));
    }
  }
}
