package io.github.relumax.io;

import io.github.relumax.model.Problem;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

public final class ProblemDirectory {
  public static final String A1 = "a1.npy";
  public static final String A2 = "a2.npy";
  public static final String B = "b.npy";
  public static final String W = "w.npy";
  public static final String X0 = "x0.npy";
  public static final String X_STAR = "x_star.npy";

  private ProblemDirectory() {}

  public static ProblemDirectory open(Path dir) {
    throw new UnsupportedOperationException();
  }

  public Problem problem() {
    throw new UnsupportedOperationException();
  }

  public Optional<double[]> x0() {
    throw new UnsupportedOperationException();
  }

  public Optional<double[]> xStar() {
    throw new UnsupportedOperationException();
  }

  public static void create(
      Path dir, Problem problem, Optional<double[]> x0, Optional<double[]> xStar) {
    create(dir, problem, x0, xStar, Map.of());
  }

  public static void create(
      Path dir,
      Problem problem,
      Optional<double[]> x0,
      Optional<double[]> xStar,
      Map<String, List<String>> textFiles) {
    throw new UnsupportedOperationException();
  }
}
