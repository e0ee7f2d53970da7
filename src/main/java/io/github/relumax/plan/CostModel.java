package io.github.relumax.plan;

import io.github.relumax.newton.Phase;
import io.github.relumax.newton.StepMethod;
import io.github.relumax.objective.CurvaturePath;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Operations, memory traffic and seconds of a solve, from its sizes and the machine's rates. With a
 * active units, F flips in a step, k trial points and w bytes for an entry of A2:
 *
 * <pre>
 *                        C kept                               C streamed
 *   start    evaluate    2 m a d operations, fresh memory     2 passes over A2
 *                        of C, then 2 passes over C
 *            trial       1 pass over A2
 *   each     curvature   1 pass over C, m d (d+1) op.         2 passes over A2,
 *   step                                                      2 m a d + m d (d+1) operations
 *            step        d³/3 operations                      the same
 *            trial       1 pass over C, columns(F)            1 pass over A2, 2 k m n operations
 *            evaluate    columns(F), 2 m F d operations,      1 pass over A2
 *                        C read and written, 2 passes over C
 * </pre>
 *
 * Where a coarse problem comes first, its own solve and a pass over A2 do, and no trial points go
 * through A2; where no loss is left at its end, two passes over A2 that say so are all that
 * follows. Where rows are sampled, two passes for the scores, the Gram matrix of the sampled rows,
 * and some products with H of one pass each (two where C is streamed) take the place of the
 * curvature's sum, and no blocks of C are formed. Here columns(F) = min(64 F m, w m n) bytes are
 * the cache lines that gathering F columns of A2 brings in. Where the backend keeps the non-zeros
 * of A2 alone ({@link Workload#compressed}), their number takes the place of m n, w m n are their
 * bytes and columns(F) those of F columns. Products compute whole panels of columns, and a
 * factorisation also waits for one column after the other. The passes of softmax and losses over
 * logits come on top. One piece of work takes the longer of what its operations and its bytes take.
 * Every call of a primitive also takes a while to begin, which small problems consist of. A
 * regulariser is left out: it costs another pass over C.
 */
public final class CostModel {
  /** Bytes that reading one entry of a row brings in. */
  private static final double CACHE_LINE = 64;

  /**
   * Rate of gathering columns as a part of that of a pass over a matrix: cache lines apart are not
   * fetched ahead.
   */
  private static final double GATHER_EFFICIENCY = 0.4;

  /** Rate of forming C from a compressed A2 as a part of that of the dense product. */
  private static final double SPARSE_EFFICIENCY = 0.3;

  /** Trial points of an iteration: a ladder of three at first, then mostly the full step alone. */
  private static final double TRIALS = 1.5;

  /**
   * Calls of an iteration on more than vectors of d or n numbers, by phase. They are much the same
   * for all methods and both paths.
   */
  private static final Map<Phase, Integer> CALLS =
      Map.of(Phase.EVALUATE, 6, Phase.CURVATURE, 4, Phase.STEP, 3, Phase.TRIAL, 5);

  /** Units that flip at some trial point for each that flips at the one taken. */
  private static final double TRIAL_FLIPS = 1.3;

  /**
   * Curvature matrices of an iteration: another one where the exact Hessian is indefinite, or units
   * at their kink change sides.
   */
  private static final double MATRICES = 1.2;

  /** Factorisations of an iteration: one for each matrix, and another where a step was rejected. */
  private static final double FACTORISATIONS = 1.4;

  /**
   * Sketches and scores of an iteration, but for the first: old ones serve while f and the mask
   * have hardly moved.
   */
  private static final double SCORES = 0.45;

  /** Products with H for the step of an iteration, by conjugate gradients. */
  private static final double CG_PRODUCTS = 4;

  /** Those of the step that is so short that the solve ends. */
  private static final double LAST_PRODUCTS = 2;

  /**
   * Rate of products with H, and of a sketch, as a part of that of a pass over a matrix: a row is
   * centred, and has a number of its own.
   */
  private static final double CENTERED_EFFICIENCY = 0.6;

  /** Products with H that judge a sample. */
  private static final double JUDGING_PRODUCTS = 4;

  /** Rate of the factorisation as a part of that of the Gram matrix. */
  private static final double FACTOR_EFFICIENCY = 0.9;

  /** Seconds that a column of the factorisation waits for the one before it. */
  private static final double PIVOT_SECONDS = 0.8e-6;

  /** Products compute so many columns at a time; those beyond the last are for nothing. */
  private static final double PANEL = 24;

  /** Columns of the C that the rates of the Gram matrix and of the product are measured on. */
  private static final double MEASURED_COLUMNS = 256;

  /**
   * Traffic of softmax for each logit (maximum, exponentials, sums, gz), with the time of exp
   * expressed in bytes.
   */
  private static final double SOFTMAX_BYTES = 120;

  /**
   * Traffic that a byte of fresh memory is worth when it is first written: the system has to find
   * its page and to make it zeros.
   */
  private static final double FRESH = 5;

  /** The same for a row of A2 among which those of the coarse problem are chosen, by Java code. */
  private static final double CHOICE_BYTES = 400;

  /** The same for one trial point: its logits, their maximum, exponentials and loss. */
  private static final double LOSS_BYTES = 80;

  private final Workload load;
  private final StepMethod method;
  private final Rates rates;
  private final List<Step> steps = new ArrayList<>();

  private CostModel(Workload load, StepMethod method, Rates rates) {
    this.load = load;
    this.method = method;
    this.rates = rates;
  }

  /** Predicts a solve on one path by one method. */
  public static Prediction predict(
      Workload load, CurvaturePath path, StepMethod method, Rates rates) {
    CostModel model = new CostModel(load, method, rates);
    load.coarse().ifPresent(model::coarse);
    model.compress();
    return model.solve(path);
  }

  /** A solve whose A2, if it is to be kept as its non-zeros, is. */
  private Prediction solve(CurvaturePath path) {
    if (load.endsCoarsely()) {
      evaluateThroughA2();
    } else {
      switch (path) {
        case KEPT -> kept();
        case STREAMED -> streamed();
      }
      calls();
    }
    return new Prediction(path, load, steps);
  }

  /** f at the start, then the coarse problem's rows, copied and solved for. */
  private void coarse(Workload.Coarse coarse) {
    once(
        Phase.EVALUATE,
        "A2 relu(A1 x0), softmax",
        2 * load.a2Entries(),
        Double.POSITIVE_INFINITY,
        load.a2PassBytes() + SOFTMAX_BYTES * load.m());
    Workload own = load.coarseLoad(coarse);
    once(
        Phase.COARSE,
        "choose rows of A2, copy them",
        0,
        Double.POSITIVE_INFINITY,
        CHOICE_BYTES * load.m() + copiedBytes(own));
    Prediction solve = new CostModel(own, coarse.method(), rates).solve(CurvaturePath.KEPT);
    double flops = 0;
    double bytes = 0;
    for (Step step : solve.steps()) {
      flops += solve.times(step) * step.flops();
      bytes += solve.times(step) * step.bytes();
    }
    String name = "%d rows, %d iterations".formatted(coarse.rows(), coarse.iterations());
    steps.add(new Step(Phase.COARSE, name, true, flops, bytes, solve.seconds()));
  }

  /** Of all entries, or of non-zeros, which are written twice. */
  private static double copiedBytes(Workload rows) {
    return rows.compressed() ? (2 + FRESH) * rows.compressedBytes() : (3 + FRESH) * rows.a2Bytes();
  }

  private void kept() {
    double c = load.cBytes();
    double md = (double) load.m() * load.d();
    once(
        Phase.EVALUATE,
        "form C = A2 diag(mask) A1",
        perUnit() * load.activeUnits(),
        productRate(),
        load.a2PassBytes() + c);
    once(Phase.EVALUATE, "fresh memory of C", 0, Double.POSITIVE_INFINITY, FRESH * c);
    once(
        Phase.EVALUATE,
        "C x, softmax, Cᵀ gz",
        4 * md,
        Double.POSITIVE_INFINITY,
        2 * c + SOFTMAX_BYTES * load.m());
    if (load.coarse().isEmpty()) {
      once(
          Phase.TRIAL,
          "first trial points through A2",
          8 * load.a2Entries(),
          Double.POSITIVE_INFINITY,
          load.a2PassBytes());
    }
    each(Phase.CURVATURE, "Cᵀ f", 2 * md, c, MATRICES);
    if (method.samples()) {
      sampled(c, md);
    } else {
      gram(c);
    }
    factor();
    double trialFlips = TRIAL_FLIPS * load.flips();
    double share = load.a2Entries() / load.n();
    each(Phase.TRIAL, "C p", 2 * md, c, 1);
    columns(Phase.TRIAL, "columns of A2 that flip", 2 * TRIALS * share * trialFlips, trialFlips);
    losses();
    if (load.flips() > 0) {
      double gathered = columnSeconds(load.flips());
      double updated = seconds(perUnit() * load.flips(), productRate(), 2 * c);
      steps.add(
          new Step(
              Phase.EVALUATE,
              "update C",
              false,
              perUnit() * load.flips(),
              2 * c + columnBytes(load.flips()),
              gathered + updated));
    }
    each(Phase.EVALUATE, "C x, Cᵀ gz", 4 * md, 2 * c, 1);
    softmax();
  }

  private void streamed() {
    double a2 = load.a2PassBytes();
    double mn = load.a2Entries();
    evaluateThroughA2();
    each(Phase.CURVATURE, "A2ᵀ f", 2 * mn, a2, MATRICES);
    if (method.samples()) {
      sampled(2 * a2, 2 * mn);
    } else {
      iteration(
          Phase.CURVATURE,
          "blocks of C = A2 diag(mask) A1",
          MATRICES * perUnit() * load.activeUnits(),
          productRate(),
          MATRICES * a2);
      gram(0);
    }
    factor();
    each(Phase.TRIAL, "A2 relu(A1 x)", 2 * TRIALS * mn, a2, 1);
    losses();
    each(Phase.EVALUATE, "A2ᵀ gz", 2 * mn, a2, 1);
    softmax();
  }

  /** Loss and gradient of a point, without C. */
  private void evaluateThroughA2() {
    once(
        Phase.EVALUATE,
        "A2 relu(A1 x), softmax, A2ᵀ gz",
        4 * load.a2Entries(),
        Double.POSITIVE_INFINITY,
        2 * load.a2PassBytes() + SOFTMAX_BYTES * load.m());
  }

  /** The non-zeros of A2 are counted by rows, then copied. */
  private void compress() {
    if (load.compressed()) {
      double bytes = 2.0 * load.a2Bytes() + load.compressedBytes();
      once(Phase.EVALUATE, "non-zeros of A2", 0, Double.POSITIVE_INFINITY, bytes);
    }
  }

  /**
   * Sketch, scores, sampled rows, and products with H.
   *
   * @param bytes of a product with H
   * @param entries that it multiplies, and multiplies again
   */
  private void sampled(double bytes, double entries) {
    double d = load.d();
    double rows = load.sampledRows();
    double iterations = Math.max(1, load.iterations());
    double scores = Math.max(1, SCORES * iterations) / iterations;
    centered(Phase.CURVATURE, "sketch, scores", false, scores * 18 * entries, scores * 2 * bytes);
    iteration(
        Phase.CURVATURE,
        "Gram matrix of sampled rows",
        rows * d * (d + 1),
        gramRate(),
        24 * rows * d);
    if (method == StepMethod.SAMPLED) {
      products(Phase.CURVATURE, "products with H, for ε", false, JUDGING_PRODUCTS, entries, bytes);
    } else {
      products(Phase.STEP, "products with H", false, CG_PRODUCTS, entries, bytes);
      products(Phase.STEP, "products with H, last step", true, LAST_PRODUCTS, entries, bytes);
    }
  }

  private void products(
      Phase phase, String name, boolean once, double count, double entries, double bytes) {
    centered(phase, name, once, count * 4 * entries, count * bytes);
  }

  /** Passes over C or A2 that center each row. */
  private void centered(Phase phase, String name, boolean once, double flops, double bytes) {
    double seconds = 1e-9 * bytes / (CENTERED_EFFICIENCY * rates.memory());
    steps.add(new Step(phase, name, once, flops, bytes, seconds));
  }

  private void gram(double cBytes) {
    double d = load.d();
    iteration(
        Phase.CURVATURE,
        "Gram matrix of C",
        MATRICES * load.m() * d * (d + 1),
        gramRate(),
        MATRICES * cBytes);
  }

  private void factor() {
    double d = load.d();
    double seconds = d * d * d / 3 * 1e-9 / (FACTOR_EFFICIENCY * rates.gram()) + d * PIVOT_SECONDS;
    steps.add(
        new Step(
            Phase.STEP,
            "factorise, solve",
            false,
            FACTORISATIONS * d * d * d / 3,
            FACTORISATIONS * 24 * d * d,
            FACTORISATIONS * seconds));
  }

  /** Operations that a unit takes in forming C. */
  private double perUnit() {
    return 2.0 * load.d() * load.a2Entries() / load.n();
  }

  /** The rate of forming C, in operations that count. */
  private double productRate() {
    double d = load.d();
    double dense = rates.product() * d / padded(d) / (MEASURED_COLUMNS / padded(MEASURED_COLUMNS));
    return load.compressed() ? SPARSE_EFFICIENCY * dense : dense;
  }

  /** The rate of the Gram matrix, in operations that count. */
  private double gramRate() {
    return rates.gram() * triangleShare(load.d()) / triangleShare(MEASURED_COLUMNS);
  }

  /** What part of the computed panels, and of those on the diagonal, is in the triangle. */
  private static double triangleShare(double d) {
    return d * (d + 1) / (padded(d) * (padded(d) + PANEL));
  }

  private static double padded(double d) {
    return PANEL * Math.ceil(d / PANEL);
  }

  private void losses() {
    each(Phase.TRIAL, "losses", 0, LOSS_BYTES * load.m(), TRIALS);
  }

  private void softmax() {
    each(Phase.EVALUATE, "softmax", 0, SOFTMAX_BYTES * load.m(), 1);
  }

  /** Gathers columns of A2 in every iteration. */
  private void columns(Phase phase, String name, double flops, double count) {
    steps.add(new Step(phase, name, false, flops, columnBytes(count), columnSeconds(count)));
  }

  private double columnBytes(double count) {
    if (load.compressed()) {
      return load.a2PassBytes() * count / load.n();
    }
    return Math.min(CACHE_LINE * count * load.m(), (double) load.a2Bytes());
  }

  private double columnSeconds(double count) {
    double efficiency = load.compressed() ? 1 : GATHER_EFFICIENCY;
    return 1e-9 * columnBytes(count) / (efficiency * rates.memory());
  }

  private void calls() {
    for (Phase phase : Phase.values()) {
      if (CALLS.containsKey(phase)) {
        double seconds = CALLS.get(phase) * 1e-3 / rates.call();
        steps.add(new Step(phase, "calls", false, 0, 0, seconds));
      }
    }
  }

  /** Work of every iteration that memory alone limits. */
  private void each(Phase phase, String name, double flops, double bytes, double times) {
    iteration(phase, name, times * flops, Double.POSITIVE_INFINITY, times * bytes);
  }

  private void iteration(Phase phase, String name, double flops, double rate, double bytes) {
    steps.add(new Step(phase, name, false, flops, bytes, seconds(flops, rate, bytes)));
  }

  private void once(Phase phase, String name, double flops, double rate, double bytes) {
    steps.add(new Step(phase, name, true, flops, bytes, seconds(flops, rate, bytes)));
  }

  private double seconds(double flops, double rate, double bytes) {
    return 1e-9 * Math.max(flops / rate, bytes / rates.memory());
  }
}
