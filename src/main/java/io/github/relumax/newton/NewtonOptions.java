package io.github.relumax.newton;

import io.github.relumax.model.InvalidInputException;

/**
 * How to solve.
 *
 * @param curvature which matrix the steps use
 * @param path whether C is kept
 * @param sampling how rows are sampled, where they are
 * @param tolerance the solve has converged when the next Newton step is at most this times ‖x‖
 * @param maxIterations accepted steps of a descent at most
 * @param timeLimit seconds at most, checked between steps; +infinity for none
 * @param minima whether to look for a lower minimum
 * @param coarseRows rows of the coarse problem that is solved first
 */
public record NewtonOptions(
    Curvature curvature,
    PathChoice path,
    Sampling sampling,
    double tolerance,
    int maxIterations,
    double timeLimit,
    Minima minima,
    CoarseRows coarseRows) {
  public static final NewtonOptions DEFAULTS =
      new NewtonOptions(
          Curvature.AUTO,
          PathChoice.AUTO,
          Sampling.DEFAULTS,
          1e-8,
          200,
          Double.POSITIVE_INFINITY,
          Minima.FIRST,
          CoarseRows.AUTO);

  /**
   * Checks every value.
   *
   * @throws InvalidInputException if tolerance is not in (0, 1), maxIterations is negative, or
   *     timeLimit is not above 0
   */
  public NewtonOptions {
    if (!(tolerance > 0 && tolerance < 1)) {
      throw new InvalidInputException("tolerance: " + tolerance + ", expected between 0 and 1");
    }
    if (maxIterations < 0) {
      throw new InvalidInputException("max-iterations: " + maxIterations + ", expected 0 or more");
    }
    if (!(timeLimit > 0)) {
      throw new InvalidInputException("time-limit: " + timeLimit + ", expected seconds above 0");
    }
  }

  public NewtonOptions withCurvature(Curvature newCurvature) {
    return new NewtonOptions(
        newCurvature, path, sampling, tolerance, maxIterations, timeLimit, minima, coarseRows);
  }

  public NewtonOptions withPath(PathChoice newPath) {
    return new NewtonOptions(
        curvature, newPath, sampling, tolerance, maxIterations, timeLimit, minima, coarseRows);
  }

  public NewtonOptions withSampling(Sampling newSampling) {
    return new NewtonOptions(
        curvature, path, newSampling, tolerance, maxIterations, timeLimit, minima, coarseRows);
  }

  public NewtonOptions withTolerance(double newTolerance) {
    return new NewtonOptions(
        curvature, path, sampling, newTolerance, maxIterations, timeLimit, minima, coarseRows);
  }

  public NewtonOptions withMaxIterations(int newMaxIterations) {
    return new NewtonOptions(
        curvature, path, sampling, tolerance, newMaxIterations, timeLimit, minima, coarseRows);
  }

  public NewtonOptions withTimeLimit(double seconds) {
    return new NewtonOptions(
        curvature, path, sampling, tolerance, maxIterations, seconds, minima, coarseRows);
  }

  public NewtonOptions withMinima(Minima newMinima) {
    return new NewtonOptions(
        curvature, path, sampling, tolerance, maxIterations, timeLimit, newMinima, coarseRows);
  }

  public NewtonOptions withCoarseRows(CoarseRows newRows) {
    return new NewtonOptions(
        curvature, path, sampling, tolerance, maxIterations, timeLimit, minima, newRows);
  }
}
