package io.github.relumax.objective;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Owned;
import io.github.relumax.backend.SoftmaxSums;
import io.github.relumax.backend.Units;
import io.github.relumax.model.Problem;
import io.github.relumax.random.Philox;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Everything about one iterate x, in the paper's order (arXiv 2308.08358; docs/math.md):
 *
 * <pre>
 *   z1 = A1 x, mask = 1[z1 &gt; 0], h = mask ∘ z1, z = A2 h, f = softmax(z), c = f - b
 *   Lreg = 1/2 ‖c‖² + 1/2 ‖W z‖²
 *   gz   = f∘c - ⟨f,c⟩ f + w²∘z
 *   grad = A1ᵀ (mask ∘ (A2ᵀ gz))
 *   C    = A2 diag(mask) A1,  C̄ = Cᵀ f
 *   H    = Σ_i a_i (C_i - C̄)(C_i - C̄)ᵀ + Cᵀ W² C
 * </pre>
 *
 * with a from {@link CurvatureForm}. The objective stands at one x at a time; vectors and matrices
 * stay on the backend, the caller sees scalars. Whether C is kept whole is the {@link
 * CurvaturePath}. All workspaces are allocated by the constructor, except C and the d x d matrices,
 * which are allocated when first needed.
 */
public final class SoftmaxReluObjective implements AutoCloseable {
  /** Reading one entry of a row of A2 brings in a cache line of this many. */
  private static final long ENTRIES_PER_READ = 8;

  /** A streamed block of C has rows enough to take about this many bytes... */
  private static final long BLOCK_BYTES = 16L << 20;

  /**
   * ...and no fewer than this: every block packs the active rows of A1 and sums d x d entries anew,
   * which is to be little beside the 2 n d operations of each of its rows.
   */
  private static final long LEAST_BLOCK_ROWS = 4096;

  private static final double EPS = Math.ulp(1.0);

  /** Entries of b. */
  private static final int UPLOADED_AT_ONCE = 1 << 16;

  /** Vectors that C, or A2, is multiplied by at every x, at most. */
  public static final int MOST_PRODUCTS = 3;

  /** z1_i is at its kink where |z1_i| is at most this times eps √d ‖row i of A1‖ ‖x‖. */
  private static final double KINK_ROUNDING = 8;

  /** ‖f - b‖ is rounding where it is at most this times eps max |z| ‖f‖. */
  private static final double LOSS_ROUNDING = 4;

  /** What rounding more than that might explain is not called so: it may be all of f. */
  private static final double LARGEST_LOGIT = 1e3;

  /** z1_i of a unit at its kink that counts as active: lost in every sum. */
  private static final double JUST_ACTIVE = Double.MIN_NORMAL;

  /**
   * Where what is taken off leaves less than one in so many of H, what is left has its rounding.
   */
  static final double MOST_FALL = 1e3;

  private final Backend backend;
  private final int m;
  private final int n;
  private final int d;
  private final Owned owned;

  // The problem.
  private final Buffer a1;
  private final Buffer a2;
  private final Buffer b;

  /** w∘w, null when there is no regulariser. */
  private final Buffer w2;

  /** ‖row i of A1‖ for every unit. */
  private final Buffer unitNorms;

  private final double[] norms;

  // The iterate.
  private final Buffer x;
  private final Buffer z1;
  private final Buffer z;
  private final Buffer f;
  private final Buffer gz;
  private final Buffer gradient;

  /**
   * gz, f and, where there is a regulariser, w²: rows whose products with C are wanted at every x.
   */
  private final Buffer logitRows;

  /** Their products: the gradient, C̄ and Cᵀ w². */
  private final Buffer products;

  /** v = A2ᵀ gz, where the gradient is refined. */
  private final Slopes slopes;

  /** Those of {@link #slopesAfter}, with {@link #directionZ} as what gz is expected to be. */
  private final Slopes slopesAfter;

  private SoftmaxSums sums;
  private Evaluation evaluation;
  private boolean gradientRefined;

  // Trial points, one a row.
  private final Buffer trialX;
  private final Buffer trialZ1;
  private final Buffer trialH;
  private final Buffer trialZ;
  private final double[] trialDataLoss;
  private final double[] trialRegularization;

  /** What moving by one direction adds to z while no unit flips: C p. */
  private final Buffer directionZ;

  /** Whether the last trial points were computed from z and C. */
  private boolean trialsThroughC;

  // Curvature.
  private final Units units;
  private final ActiveColumns columns;
  private final MaskedProduct c;
  private final CurvatureRows rows;

  private final CurvatureUpdate changes;
  private final Map<CurvatureForm, Buffer> hessians = new EnumMap<>(CurvatureForm.class);
  private final Set<CurvatureForm> hCurrent = EnumSet.noneOf(CurvatureForm.class);

  /** Opens the problem on the backend, keeping C. */
  public SoftmaxReluObjective(Backend backend, Problem problem, int mostTrials) {
    this(backend, problem, mostTrials, CurvaturePath.KEPT);
  }

  /**
   * Opens the problem on the backend.
   *
   * @param mostTrials how many points {@link #tryPoints} may be given at once, and rows that {@link
   *     CurvatureRows#scratch} has
   * @throws io.github.relumax.matrix.InsufficientMemoryException if the workspaces do not fit
   */
  public SoftmaxReluObjective(
      Backend backend, Problem problem, int mostTrials, CurvaturePath path) {
    this(backend, problem, mostTrials, blockRows(problem.m(), problem.d(), path));
  }

  /**
   * @param blockRows rows of C to hold at a time; m and more keeps C
   */
  SoftmaxReluObjective(Backend backend, Problem problem, int mostTrials, long blockRows) {
    this.backend = backend;
    m = problem.m();
    n = problem.n();
    d = problem.d();
    trialDataLoss = new double[mostTrials];
    trialRegularization = new double[mostTrials];
    owned = new Owned(backend);
    try {
      a1 = owned.upload(problem.a1());
      a2 = owned.upload(problem.a2());
      b = target(problem);
      double[] squares = problem.w().map(SoftmaxReluObjective::squares).orElse(null);
      int rowsOfC = squares == null ? MOST_PRODUCTS - 1 : MOST_PRODUCTS;
      logitRows = owned.allocate(rowsOfC, m);
      gz = logitRows.row(0);
      f = logitRows.row(1);
      w2 = squares == null ? null : logitRows.row(2);
      if (squares != null) {
        backend.write(squares, w2);
      }
      products = owned.allocate(MOST_PRODUCTS, d);
      gradient = products.row(0);
      x = owned.allocate(1, d);
      z1 = owned.allocate(1, n);
      z = owned.allocate(1, m);
      norms = new double[n];
      Arrays.setAll(norms, problem.a1()::rowNorm);
      unitNorms = vector(norms);
      trialX = owned.allocate(mostTrials, d);
      trialZ1 = owned.allocate(mostTrials, n);
      trialH = owned.allocate(Math.max(mostTrials, MOST_PRODUCTS), n);
      trialZ = owned.allocate(mostTrials, m);
      directionZ = owned.allocate(1, m);
      units = owned.units(n);
      Units listed = owned.units(n);
      columns = new ActiveColumns(backend, a2, listed, owned.allocate(1, n));
      slopes = new Slopes(backend, columns, gz, owned.allocate(1, n), norms);
      slopesAfter = new Slopes(backend, columns, directionZ, owned.allocate(1, n), norms);
      c =
          owned.add(
              new MaskedProduct(
                  backend, a1, a2, columns, z1, trialH, units, Math.min(blockRows, m)),
              MaskedProduct::close);
      changes = new CurvatureUpdate(backend, a1, a2, trialH, trialX, trialZ);
      double w2Sum = squares == null ? 0 : sum(squares);
      rows =
          new CurvatureRows(
              backend,
              c,
              f,
              b,
              w2,
              w2Sum,
              trialZ,
              owned.allocate(m, 1),
              products.row(1),
              products.row(2));
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Rows of C that are there at a time: m, or those of a block. */
  public static long blockRows(long m, long d, CurvaturePath path) {
    return switch (path) {
      case KEPT -> m;
      case STREAMED -> Math.min(Math.max(BLOCK_BYTES / (8 * d), LEAST_BLOCK_ROWS), m);
    };
  }

  /**
   * Bytes of the buffers for an m x n x d problem, A1 and A2 not counted: C or a block of it, the d
   * x d matrices, vectors.
   */
  public static Workspace workspace(long m, long n, long d, int mostTrials, CurvaturePath path) {
    // In float64, where nothing can overflow; the conversion stops at the largest long.
    double vectors =
        7.0 * m
            + 5.0 * n
            + 4.0 * d
            + mostTrials * (m + n + d + 0.0)
            + Math.max(mostTrials, MOST_PRODUCTS) * (double) n;
    return new Workspace(
        (long) (8.0 * blockRows(m, d, path) * d),
        (long) (8.0 * CurvatureForm.values().length * d * d),
        (long) (8 * vectors));
  }

  /**
   * Bytes of the buffers of an objective.
   *
   * @param c C, or a block of it
   * @param matrices the d x d matrices
   * @param vectors all else
   */
  public record Workspace(long c, long matrices, long vectors) {}

  public int d() {
    return d;
  }

  // Standing at a point

  /**
   * Goes to x and evaluates loss and gradient there.
   *
   * @param values x, of length d
   */
  public Evaluation moveTo(double[] values) {
    moveX(values);
    evaluateLogits(z1, trialH.row(0), z);
    return evaluate(0);
  }

  /**
   * {@link #moveTo} for a caller that wants the curvature next: where C is kept, forms it at once
   * and takes the logits and the gradient from it, so that A2 is read once, or does without C.
   */
  public Evaluation startAt(double[] values) {
    if (!c.isKept()) {
      return moveTo(values);
    }
    moveX(values);
    c.prepare();
    c.times(x, z);
    return evaluate(0);
  }

  /**
   * {@link #startAt} where an objective with the same A1 and A2 and any b stands, on the same
   * backend: copies its logits and C, and evaluates.
   */
  public Evaluation startWhere(SoftmaxReluObjective other) {
    backend.copy(other.x, x);
    backend.copy(other.z1, z1);
    backend.copy(other.z, z);
    c.copy(other.c);
    return evaluate(0);
  }

  /**
   * Goes to x and evaluates the loss and f there, in one pass over A2: what a choice of rows needs.
   * There is no gradient until the objective moves; its norm is NaN.
   */
  public Evaluation lookAt(double[] values) {
    moveX(values);
    evaluateLogits(z1, trialH.row(0), z);
    normalize();
    return describe(0, Double.NaN);
  }

  /** {@link #lookAt} from where the objective stands, or has looked; flips are from there. */
  public Evaluation lookAhead(double[] values) {
    backend.write(values, x);
    int flips = arriveAtX();
    evaluateLogits(z1, trialH.row(0), z);
    normalize();
    return describe(flips, Double.NaN);
  }

  /** {@link #startAt} from where the objective stands. */
  public Evaluation jumpTo(double[] values) {
    backend.write(values, x);
    return arriveAtX(true);
  }

  private void moveX(double[] values) {
    backend.write(values, x);
    c.invalidate();
    backend.multiply(a1, x, z1);
    settle(z1);
  }

  /**
   * Units whose pre-activation is rounding are at their kink. Otherwise the sign of rounding would
   * decide whether they are active.
   */
  private void settle(Buffer preActivations) {
    double width = kinkWidth();
    if (Double.isFinite(width)) {
      backend.settle(preActivations, unitNorms, width);
    }
  }

  /** How far from its kink a unit counts as at it, relative to its {@link #unitNorm}. */
  public double kinkWidth() {
    return KINK_ROUNDING * EPS * Math.sqrt(d) * Math.sqrt(backend.dot(x, x));
  }

  /**
   * Counts units at their kink as active, or not, until the objective moves. Their activation is 0
   * in either case, but gradient and curvature become those on that side.
   *
   * @param active for each unit; of those away from their kink it says what is so
   */
  public Evaluation takeSides(boolean[] active) {
    double[] values = new double[n];
    double[] signs = new double[n];
    backend.read(z1, values);
    for (int i = 0; i < n; i++) {
      double side = active[i] ? JUST_ACTIVE : 0;
      if (isAtKink(values[i]) && values[i] != side) {
        values[i] = side;
        signs[i] = active[i] ? 1 : -1;
      }
    }
    Buffer there = trialZ1.row(0);
    backend.write(values, there);
    backend.flippedUnits(z1, there, units);
    if (changes.suits(units.count())) {
      follow(signs);
    } else {
      hCurrent.clear();
    }
    rows.invalidate();
    backend.copy(there, z1);
    c.follow(units, evaluation.activeUnits());
    if (!hCurrent.isEmpty()) {
      c.prepare();
    }
    if (gradientRefined) {
      c.transposedTimesThroughUnits(slopes.values(), gradient);
    } else {
      differentiate();
    }
    return describe(evaluation.flips());
  }

  /** The curvature that is there follows the units in the list, which are switched. */
  private void follow(double[] signs) {
    if (units.count() > 0 && !hCurrent.isEmpty()) {
      changes.choose(units, signs);
      hCurrent.removeIf(form -> !follows(form));
    }
  }

  /** Whether H of this form, which follows, is as good as formed anew. */
  private boolean follows(CurvatureForm form) {
    Buffer h = hessians.get(form);
    double before = backend.scale(h);
    changes.addTo(h, c, u -> applyCurvature(form, u));
    return before <= MOST_FALL * backend.scale(h);
  }

  private static boolean isAtKink(double preActivation) {
    return preActivation == 0 || preActivation == JUST_ACTIVE;
  }

  /** The evaluation at the current x. */
  public Evaluation evaluation() {
    return evaluation;
  }

  /**
   * The losses Lreg at x + t p for every length t, in one pass over C and one over the columns of
   * A2 whose units flip, or in one over A2 where that reads less. A point that overflows has loss
   * NaN.
   */
  public double[] tryPoints(Buffer p, double[] lengths) {
    int points = lengths.length;
    slopesAfter.expire();
    backend.steps(x, p, lengths, trialX.rows(0, points));
    Buffer z1s = trialZ1.rows(0, points);
    Buffer hs = trialH.rows(0, points);
    Buffer zs = trialZ.rows(0, points);
    backend.multiply(a1, trialX.rows(0, points), z1s);
    trialsThroughC = c.isCurrent() && flipsReadLess(z1s, hs);
    if (trialsThroughC) {
      // A2 relu(A1 (x + t p)) = z + t C p + A2[:,F] |z1[F]|, F the units whose activity is not that
      // of C's mask.
      c.times(p, directionZ);
      backend.steps(z, directionZ, lengths, zs);
      backend.addColumns(a2, units, hs, 1, zs);
    } else {
      evaluateLogits(z1s, hs, zs);
    }
    backend.losses(zs, b, w2, trialDataLoss, trialRegularization);
    double[] losses = new double[points];
    for (int k = 0; k < points; k++) {
      losses[k] = trialDataLoss[k] + trialRegularization[k];
    }
    return losses;
  }

  /**
   * Whether Lreg is the rounding of f: no x has less, and 0 is the least that it can be. An error
   * eps |z_i| of a logit moves f_i by eps |z_i| f_i.
   */
  public boolean lossIsRounding() {
    double logit = Math.clamp(evaluation.largestLogit(), 1, LARGEST_LOGIT);
    double rounding = LOSS_ROUNDING * EPS * logit * Math.sqrt(backend.dot(f, f));
    return 2 * evaluation.loss() <= rounding * rounding;
  }

  /** How many units trial point k would switch on or off. */
  public int flipsAt(int k) {
    backend.flippedUnits(z1, trialZ1.row(k), units);
    return units.count();
  }

  /**
   * Moves to trial point k of the last {@link #tryPoints}. C follows by the flipped units where
   * that is cheaper.
   */
  public Evaluation accept(int k) {
    backend.copy(trialX.row(k), x);
    int flips = arrive(trialZ1.row(k));
    if (trialsThroughC) {
      // Not the trial's z: it has the rounding of the z before, which may have been far larger.
      c.times(x, z);
    } else {
      backend.copy(trialZ.row(k), z);
    }
    return evaluate(flips);
  }

  /** Moves to a point near the present one, at which it may have been before. */
  public Evaluation returnTo(Buffer point) {
    backend.copy(point, x);
    return arriveAtX(false);
  }

  /**
   * x has moved by any step.
   *
   * @param form whether to form C for it, where it is kept
   */
  private Evaluation arriveAtX(boolean form) {
    int flips = arriveAtX();
    if (form) {
      c.prepare();
    }
    if (c.isCurrent()) {
      c.times(x, z);
    } else {
      evaluateLogits(z1, trialH.row(0), z);
    }
    return evaluate(flips);
  }

  private int arriveAtX() {
    Buffer there = trialZ1.row(0);
    backend.multiply(a1, x, there);
    return arrive(there);
  }

  /**
   * Goes on to these pre-activations, those of the new x; C follows.
   *
   * @return how many units flip
   */
  private int arrive(Buffer preActivations) {
    settle(preActivations);
    backend.flippedUnits(z1, preActivations, units);
    int flips = units.count();
    backend.copy(preActivations, z1);
    c.follow(units, evaluation.activeUnits());
    return flips;
  }

  /** z = A2 relu(z1), for any number of rows. h: as z1. */
  private void evaluateLogits(Buffer preActivations, Buffer h, Buffer logits) {
    columns.multiplyRelu(preActivations, h, logits);
  }

  /**
   * Finds what flips at the trial points, and whether C and those columns are less to read than A2.
   * Where flips are many, several share a read.
   */
  private boolean flipsReadLess(Buffer z1s, Buffer hs) {
    backend.flipCorrections(z1, z1s, hs, units);
    double flips = (double) units.count() / n;
    return d + n * (1 - Math.pow(1 - flips, ENTRIES_PER_READ)) < n;
  }

  private Evaluation evaluate(int flips) {
    normalize();
    if (gradientRefined) {
      refine();
    } else {
      differentiate();
    }
    return describe(flips);
  }

  /** f, gz and the loss from the logits; what was known of the curvature is that elsewhere. */
  private void normalize() {
    hCurrent.clear();
    rows.invalidate();
    slopes.restart();
    sums = backend.softmax(z, b, w2, f, gz);
  }

  /** grad = Cᵀ gz, and what else needs the same pass. */
  private void differentiate() {
    if (c.isCurrent() || !c.isKept() || c.worksByUnits()) {
      c.transposedTimes(logitRows, products.rows(0, logitRows.rows()));
      rows.productsAreThere();
    } else {
      // C̄ is to come from the C that it will be subtracted from: where they agree, to the bit.
      c.transposedTimes(gz, gradient);
    }
  }

  /**
   * Computes the gradient through A2 and A1, here and at every later x. Cᵀ gz reads less, but its
   * rounding is relative to gz, and does not lie in the range of Cᵀ; that of A1ᵀ v is relative to v
   * = mask ∘ (A2ᵀ gz), which vanishes at a stationary point even where gz does not.
   */
  public Evaluation refineGradient() {
    if (!gradientRefined) {
      gradientRefined = true;
      refine();
      describe(evaluation.flips());
    }
    return evaluation;
  }

  /** v = A2ᵀ gz for units that are active or at their kink, grad = A1ᵀ (mask ∘ v). */
  private void refine() {
    double[] preActivations = new double[n];
    backend.read(z1, preActivations);
    slopes.find(IntStream.range(0, n).filter(i -> preActivations[i] >= 0).toArray());
    c.transposedTimesThroughUnits(slopes.values(), gradient);
  }

  private Evaluation describe(int flips) {
    return describe(flips, Math.sqrt(backend.dot(gradient, gradient)));
  }

  private Evaluation describe(int flips, double gradientNorm) {
    backend.activeUnits(z1, units);
    double lossRounding = EPS * (Math.max(1, sums.largestLogit()) * sums.fcNorm() + sums.loss());
    evaluation =
        new Evaluation(
            sums.dataLoss(),
            sums.regularization(),
            gradientNorm,
            units.count(),
            flips,
            sums.largestLogit(),
            lossRounding);
    return evaluation;
  }

  // Curvature

  /**
   * Allocates the matrix that {@link #curvature} fills, and C or a block of it, so that a solve
   * allocates nothing once it runs; but C not where columns of A2 may do without it.
   *
   * @throws io.github.relumax.matrix.InsufficientMemoryException if it does not fit
   */
  public void reserve(CurvatureForm form) {
    hessians.computeIfAbsent(form, absent -> owned.allocate(d, d));
    if (!columns.areNonZerosAlone()) {
      c.reserve();
    }
  }

  /**
   * Allocates C, or a block of it, and what {@link CurvatureRows} needs to hand out rows.
   *
   * @param count rows of a sketch, and rows that are gathered at a time, at most
   */
  public void reserveRows(long count) {
    c.reserve();
    c.reserveRows(count);
  }

  /**
   * h = Cᵀ W² C, or Cᵀ diag(f²) C where there is no regulariser: the diagonal part alone of the
   * Gauss-Newton matrix, which is most of it where w² is large (claim 3 of arXiv 2308.08358).
   */
  public void diagonalCurvature(Buffer h) {
    c.reserve();
    c.form();
    Buffer diagonal = rows.borrowWeights();
    if (w2 == null) {
      backend.curvatureWeights(CurvatureForm.GAUSS_NEWTON, f, b, sums.fc(), diagonal);
    } else {
      backend.copy(w2, diagonal);
    }
    Buffer zero = rows.borrowCenter();
    backend.combine(0, x, 0, x, zero);
    c.gram(zero, diagonal, 0, h);
  }

  /** H at the current x, d x d, symmetric. Valid until the objective moves. */
  public Buffer curvature(CurvatureForm form) {
    reserve(form);
    Buffer h = hessians.get(form);
    if (hCurrent.add(form)) {
      c.prepare();
      rows.select(form, sums.fc());
      rows.sum(h);
    }
    return h;
  }

  /**
   * H at the current x as a sum over rows. Valid until the objective moves, or another form is
   * asked for.
   */
  public CurvatureRows curvatureRows(CurvatureForm form) {
    rows.form();
    rows.select(form, sums.fc());
    return rows;
  }

  /**
   * out = H v by products with A1 and A2 alone, C not needed. v, out: 1 x d. Overwrites the trial
   * points.
   */
  public void curvatureTimes(CurvatureForm form, Buffer v, Buffer out) {
    Buffer cv = trialZ.row(0);
    c.timesThroughFactors(v, cv);
    logitCurvatureTimes(form, cv, out);
  }

  /**
   * out = the change of the gradient, to first order and by the Gauss-Newton matrix, when every
   * logit moves by an independent N(0, (relative rms(z))²): what rounding each entry of A2, or of
   * A1, by {@code relative} does to it. Overwrites the trial points.
   */
  public void perturbLogits(double relative, long seed, Buffer out) {
    double[] noise = new double[m];
    new Philox(seed).normals(0, 0, noise);
    double size = relative * Math.sqrt(backend.dot(z, z) / m);
    for (int i = 0; i < m; i++) {
      noise[i] *= size;
    }
    Buffer row = trialZ.row(0);
    backend.write(noise, row);
    logitCurvatureTimes(CurvatureForm.GAUSS_NEWTON, row, out);
  }

  /**
   * v = A2ᵀ (gz + M C p): the slopes that the quadratic model of this form, with middle matrix M,
   * expects at x + p. p: 1 x d. They are to be found before points are tried, and until this is
   * asked for again.
   */
  public Slopes slopesAfter(CurvatureForm form, Buffer p) {
    c.times(p, directionZ);
    applyCurvature(form, directionZ);
    backend.combine(1, gz, 1, directionZ, directionZ);
    slopesAfter.restart();
    return slopesAfter;
  }

  /**
   * v = A2ᵀ gz at x; once the gradient is refined, those of units that are active or at their kink
   * are there. They are to be found before the objective moves.
   */
  public Slopes slopes() {
    return slopes;
  }

  /** out = Cᵀ (middle matrix + W²) u; u is overwritten. */
  private void logitCurvatureTimes(CurvatureForm form, Buffer u, Buffer out) {
    applyCurvature(form, u);
    c.transposedTimesThroughFactors(u, out);
  }

  /** u = (middle matrix + W²) u. */
  private void applyCurvature(CurvatureForm form, Buffer u) {
    Buffer weights = rows.borrowWeights();
    backend.curvatureWeights(form, f, b, sums.fc(), weights);
    backend.applyCurvature(weights, f, w2, u, u);
  }

  // Reading

  /** The current x on the backend. */
  public Buffer x() {
    return x;
  }

  /** The gradient at the current x on the backend. */
  public Buffer gradient() {
    return gradient;
  }

  /** ‖row i of A1‖. */
  public double unitNorm(int i) {
    return norms[i];
  }

  /** A1 on the backend. */
  public Buffer a1() {
    return a1;
  }

  /** x, gradient, z1 (pre-activations), z (logits) or f (softmax) as a Java array. */
  public double[] read(Quantity quantity) {
    Buffer from =
        switch (quantity) {
          case X -> x;
          case GRADIENT -> gradient;
          case PRE_ACTIVATION -> z1;
          case LOGITS -> z;
          case SOFTMAX -> f;
        };
    double[] values = new double[(int) from.columns()];
    backend.read(from, values);
    if (quantity == Quantity.PRE_ACTIVATION) {
      Arrays.setAll(values, i -> isAtKink(values[i]) ? 0 : values[i]);
    }
    return values;
  }

  /** A vector that {@link #read} returns. */
  public enum Quantity {
    X,
    GRADIENT,
    PRE_ACTIVATION,
    LOGITS,
    SOFTMAX
  }

  // Memory

  /** b, piece by piece: Java would spend longer on making room for a copy of a long one. */
  private Buffer target(Problem problem) {
    Buffer buffer = owned.allocate(1, m);
    Buffer column = buffer.reshaped(m, 1);
    int end;
    for (int first = 0; first < m; first = end) {
      end = first + Math.min(UPLOADED_AT_ONCE, m - first);
      backend.write(problem.b(first, end), column.rows(first, end - first));
    }
    return buffer;
  }

  private Buffer vector(double[] values) {
    Buffer buffer = owned.allocate(1, values.length);
    backend.write(values, buffer);
    return buffer;
  }

  private static double[] squares(double[] w) {
    double[] squares = new double[w.length];
    for (int i = 0; i < w.length; i++) {
      squares[i] = w[i] * w[i];
    }
    return squares;
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  @Override
  public void close() {
    owned.close();
  }
}
