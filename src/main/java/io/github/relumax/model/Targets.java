package io.github.relumax.model;

import io.github.relumax.matrix.Matrix;

/**
 * Many problems that differ in b alone: the same A1, A2, W and radius, and k targets b, the columns
 * of an m x k matrix B. Immutable, and checked once, here; the matrix is not copied.
 */
public final class Targets {
  private final Problem problem;
  private final Matrix b;

  private Targets(Problem problem, Matrix b) {
    this.problem = problem;
    this.b = b;
  }

  /**
   * The targets in the columns of B.
   *
   * @param problem whose A1, A2, W and radius are meant; its own b is not among the targets
   * @param b m x k; messages name it by {@link Matrix#name}
   * @throws InvalidInputException if B does not have m rows and a column at least, or a value is
   *     not finite
   */
  public static Targets of(Problem problem, Matrix b) {
    check(b, problem.a2());
    return new Targets(problem, b);
  }

  /**
   * Checks that the columns of B can be targets for this A2.
   *
   * @throws InvalidInputException if B does not have as many rows as A2 and a column at least, or a
   *     value is not finite
   */
  public static void check(Matrix b, Matrix a2) {
    String shape = "%s: %d x %d".formatted(b.name(), b.rows(), b.columns());
    if (b.rows() != a2.rows()) {
      throw new InvalidInputException(
          "%s, expected %d x k, a column for each target, because %s has %d rows (m)%s"
              .formatted(
                  shape,
                  a2.rows(),
                  a2.name(),
                  a2.rows(),
                  b.columns() == a2.rows() ? "; transpose it" : ""));
    }
    if (b.columns() < 1 || b.columns() > Problem.MAX_SIZE) {
      throw new InvalidInputException(
          "%s, expected 1 to %d columns, one for each target".formatted(shape, Problem.MAX_SIZE));
    }
    FiniteCheck.require(b);
  }

  /** How many targets there are. */
  public int count() {
    return (int) b.columns();
  }

  /** The problem that all have in common, but for b. */
  public Problem common() {
    return problem;
  }

  /** The same targets with another W or radius: those of this problem. */
  public Targets with(Problem changed) {
    return new Targets(changed, b);
  }

  /**
   * The problem with one target.
   *
   * @param target from 0 on
   */
  public Problem problem(int target) {
    return problem.withTarget(b.column(target));
  }
}
