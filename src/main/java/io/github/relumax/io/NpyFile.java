package io.github.relumax.io;

import io.github.relumax.matrix.Matrix;
import java.nio.file.Path;

public final class NpyFile {
  private NpyFile() {}

  public static Matrix read(Path file) {
    throw new UnsupportedOperationException();
  }

  public static double[] readVector(Path file) {
    throw new UnsupportedOperationException();
  }

  public static void write(Path file, Matrix matrix) {
    throw new UnsupportedOperationException();
  }

  public static void writeVector(Path file, double[] values) {
    throw new UnsupportedOperationException();
  }
}
