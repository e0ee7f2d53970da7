package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.Problem;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntToDoubleFunction;

/**
 * Solves the coarse problem: the rows S of A2 with the largest max(b_i, f_i), f at the start.
 * softmax over S is f_i / Σ_S f, so that
 *
 * <pre>  b_S / β,  w_S √(Σ w² / Σ_S w²) / β,   β = Σ_S b / Σ b</pre>
 *
 * in the place of b and w make its loss 1/β² times what S has of the whole problem's, if f weighs S
 * as b does. Where some x gives f = b, it solves both. Elsewhere the two minimisers are near each
 * other while S has most of b and f, and a step of the coarse problem costs |S| / m of a step of
 * the whole.
 */
final class CoarseStart {
  /** The least part of Σ max(b, f) that S is to have. */
  private static final double LEAST_SHARE = 0.5;

  /** Terms of a sum that are added one by one. */
  private static final int LONGEST_RUN = 64;

  /** The exponent and some of the mantissa. */
  private static final int FIRST_BITS = 16;

  private final Backend backend;
  private final Problem problem;
  private final NewtonOptions options;
  private final CoarseSize size;
  private final BooleanSupplier interrupted;

  CoarseStart(
      Backend backend,
      Problem problem,
      NewtonOptions options,
      CoarseSize size,
      BooleanSupplier interrupted) {
    this.backend = backend;
    this.problem = problem;
    this.options = options;
    this.size = size;
    this.interrupted = interrupted;
  }

  /**
   * S.
   *
   * @param rows their numbers, ascending
   * @param beta β, what S has of b
   */
  record Chosen(int[] rows, double beta) {}

  /**
   * Chooses S; empty where no rows can stand for all.
   *
   * @param f softmax at x0, which is lost: it is as long as b, and Java takes long to find room for
   *     another such
   */
  Optional<Chosen> choose(double[] f) {
    double[] weights = f;
    // Adding 0 makes a -0 one.
    Arrays.setAll(weights, i -> Math.max(problem.b(i), f[i]) + 0.0);
    int[] rows = heaviest(weights, size.rows());
    double share = sum(rows.length, k -> weights[rows[k]]) / sum(f.length, i -> weights[i]);
    double beta = sum(rows.length, k -> problem.b(rows[k])) / sum(f.length, problem::b);
    boolean none = !(beta > 0) || (size.conditional() && share < LEAST_SHARE);
    return none ? Optional.empty() : Optional.of(new Chosen(rows, beta));
  }

  /**
   * Solves it; empty where β is so small that b or w would overflow.
   *
   * @param seconds at most
   */
  Optional<CoarseDescents.End> solve(Chosen chosen, double[] x0, double seconds) {
    try (Arena arena = Arena.ofShared()) {
      return coarse(backend, problem, chosen.rows(), chosen.beta(), arena)
          .map(found -> descents(found, x0).lowest(seconds));
    }
  }

  /** The same for whoever reads the solution of the whole problem. */
  CoarseSolve told(CoarseDescents.End end, double seconds, double length) {
    return new CoarseSolve(
        size.rows(),
        size.method(),
        end.status(),
        end.iterations(),
        end.loss(),
        seconds,
        length,
        end.further());
  }

  private CoarseDescents descents(Problem coarse, double[] x0) {
    return new CoarseDescents(backend, coarse, options, size, x0, interrupted);
  }

  /**
   * The problem of these rows, which are copied, if at all, to the arena; empty where β is so small
   * that b or w would overflow.
   */
  static Optional<Problem> coarse(
      Backend backend, Problem problem, int[] rows, double beta, Arena arena) {
    double[] target = Arrays.stream(rows).mapToDouble(i -> problem.b(i) / beta).toArray();
    Optional<double[]> weights = problem.w().map(w -> weights(w, rows, beta));
    if (!isFinite(target) || !weights.map(CoarseStart::isFinite).orElse(true)) {
      return Optional.empty();
    }
    // Where the non-zeros of A2 are kept, those of the rows are known; else these are counted.
    Matrix a2 = problem.a2();
    Problem coarse =
        backend.compressedBytes(a2.rows(), a2.columns(), a2.nonZeros()) > 0
            ? problem.rows(rows, target, arena)
            : Problem.of(problem.a1(), a2.rows(rows, arena), target).withRadius(problem.radius());
    return Optional.of(weights.map(coarse::withWeights).orElse(coarse));
  }

  private static boolean isFinite(double[] values) {
    return Arrays.stream(values).allMatch(Double::isFinite);
  }

  private static double[] weights(double[] w, int[] rows, double beta) {
    double all = Arrays.stream(w).map(one -> one * one).sum();
    double part = Arrays.stream(rows).mapToDouble(i -> w[i] * w[i]).sum();
    double factor = part > 0 ? Math.sqrt(all / part) / beta : 0;
    return Arrays.stream(rows).mapToDouble(i -> factor * w[i]).toArray();
  }

  /**
   * The numbers of the largest entries, in ascending order; of equal ones the first. Entries are
   * above or equal to 0, so that they are ordered as their bits; the first bits of all are counted,
   * and only those with the bits of the last one chosen are sorted.
   */
  static int[] heaviest(double[] weights, int count) {
    int[] counts = new int[1 << FIRST_BITS];
    for (double weight : weights) {
      counts[firstBits(weight)]++;
    }
    int above = 0;
    int bits = counts.length - 1;
    while (above + counts[bits] < count) {
      above += counts[bits--];
    }
    int last = bits;
    double[] among =
        Arrays.stream(weights).filter(weight -> firstBits(weight) == last).sorted().toArray();
    double least = among[among.length - (count - above)];
    int equal = count - above;
    for (int k = among.length - 1; among[k] > least; k--) {
      equal--;
    }
    int[] chosen = new int[count];
    for (int i = 0, k = 0; k < count; i++) {
      if (weights[i] > least || (weights[i] == least && equal-- > 0)) {
        chosen[k++] = i;
      }
    }
    return chosen;
  }

  private static double sum(int count, IntToDoubleFunction values) {
    return sum(0, count, values);
  }

  /** By halves: an error of β, which grows with the terms of a running sum, moves all of b'. */
  private static double sum(int from, int to, IntToDoubleFunction values) {
    if (to - from > LONGEST_RUN) {
      int middle = (from + to) >>> 1;
      return sum(from, middle, values) + sum(middle, to, values);
    }
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += values.applyAsDouble(i);
    }
    return sum;
  }

  private static int firstBits(double weight) {
    return (int) (Double.doubleToRawLongBits(weight) >>> (Long.SIZE - 1 - FIRST_BITS));
  }
}
