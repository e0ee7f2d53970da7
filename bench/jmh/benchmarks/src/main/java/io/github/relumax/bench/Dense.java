package io.github.relumax.bench;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A matrix as every library can take it over, and the plain loops that check what they make of it.
 *
 * @param entries row by row
 */
record Dense(int rows, int columns, double[] entries) {
  /** Entries uniform in [-1, 1), the same for the same seed. */
  static Dense random(int rows, int columns, long seed) {
    return new Dense(rows, columns, randomVector(Math.multiplyExact(rows, columns), seed));
  }

  static double[] randomVector(int size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[size];
    Arrays.setAll(values, i -> random.nextDouble(-1, 1));
    return values;
  }

  /**
   * A symmetric matrix with condition number about 4: a random one, whose eigenvalues lie within
   * 1.16 √d of zero, plus 2 √d I.
   */
  static Dense positiveDefinite(int d, long seed) {
    double[] h = randomVector(d * d, seed);
    for (int i = 0; i < d; i++) {
      h[i * d + i] += 2 * Math.sqrt(d);
    }
    return new Dense(d, d, h).symmetric();
  }

  /** A lower triangular matrix with condition number about 2: 2 √d I plus a random one. */
  static Dense lowerTriangular(int d, long seed) {
    double[] l = randomVector(d * d, seed);
    for (int i = 0; i < d; i++) {
      l[i * d + i] += 2 * Math.sqrt(d);
    }
    return new Dense(d, d, l).lower();
  }

  /** This lower triangle and its mirror image. */
  Dense symmetric() {
    double[] full = entries.clone();
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < i; j++) {
        full[j * columns + i] = full[i * columns + j];
      }
    }
    return new Dense(rows, columns, full);
  }

  /** This lower triangle and zeros. */
  Dense lower() {
    double[] lower = entries.clone();
    for (int i = 0; i < rows; i++) {
      Arrays.fill(lower, i * columns + i + 1, (i + 1) * columns, 0);
    }
    return new Dense(rows, columns, lower);
  }

  Dense transposed() {
    double[] turned = new double[entries.length];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        turned[j * rows + i] = entries[i * columns + j];
      }
    }
    return new Dense(columns, rows, turned);
  }

  /** This matrix times x. */
  double[] times(double[] x) {
    double[] y = new double[rows];
    for (int i = 0; i < rows; i++) {
      int row = i * columns;
      double sum = 0;
      for (int j = 0; j < columns; j++) {
        sum += entries[row + j] * x[j];
      }
      y[i] = sum;
    }
    return y;
  }

  /** The transpose of this matrix times v. */
  double[] transposedTimes(double[] v) {
    double[] y = new double[columns];
    for (int i = 0; i < rows; i++) {
      int row = i * columns;
      for (int j = 0; j < columns; j++) {
        y[j] += entries[row + j] * v[i];
      }
    }
    return y;
  }
}
