package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.backend.Owned;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.objective.CurvatureRows;
import io.github.relumax.objective.Evaluation;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.sketch.RowSampler;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;

/**
 * H̃ of each form at the objective's x, and how many rows it is made from. Where that would be half
 * of them and more it is H itself.
 */
final class SampledCurvature implements AutoCloseable {
  /** Rows at least, for each of the d columns, where nothing was asked for. */
  private static final double LEAST_ROWS = 4;

  /** The size that first draws LEAST_ROWS, about: the p_i of rows with large scores end at 1. */
  private static final double FIRST_MULTIPLE = 32;

  /** The least multiple of d that samples shrink to. */
  private static final double LEAST_MULTIPLE = 2;

  private static final double MOST_PART = 0.5;

  /** A size grows towards the rows wanted by no more than this from draw to draw. */
  private static final double MOST_GROWTH = 4;

  private final SoftmaxReluObjective objective;
  private final int m;
  private final int d;
  private final Sampling options;
  private final RowSampler sampler;
  private final Owned owned;
  private final Map<CurvatureForm, Drawn> drawn = new EnumMap<>(CurvatureForm.class);

  /** Rows that cost about as much as one product with H. */
  private final double cheapRows;

  /** H̃ of one form at x. */
  static final class Drawn {
    private final Buffer h;

    /** s of p_i = min(1, s τ_i / Σ τ), for the next draw. */
    private double size;

    /** Rows of the last draw, and about those of the next one. */
    private int rowsDrawn;

    private boolean current;
    private int rows;
    private boolean judged;
    private double epsilon;
    private int products;

    private Drawn(Buffer h, double size) {
      this.h = h;
      this.size = size;
    }

    /** H̃, d x d. */
    Buffer h() {
      return h;
    }

    boolean isExact(int m) {
      return rows == m;
    }

    /** Whether an estimate of ε was tried since the draw. */
    boolean isJudged() {
      return judged;
    }

    /** Notes an estimate of ε, NaN where it failed; the largest of all counts. */
    void judge(double estimate) {
      judged = true;
      if (Double.isNaN(epsilon) || estimate > epsilon) {
        epsilon = estimate;
      }
    }

    /** Notes that many products with H. */
    void count(int more) {
      products += more;
    }

    private void forget() {
      judged = false;
      epsilon = Double.NaN;
    }

    Approximation approximation(int m) {
      return rows == m
          ? new Approximation(0, 0, products)
          : new Approximation(epsilon, rows, products);
    }
  }

  SampledCurvature(
      Backend backend,
      SoftmaxReluObjective objective,
      int m,
      Collection<CurvatureForm> forms,
      Sampling options) {
    this.objective = objective;
    this.options = options;
    this.m = m;
    d = objective.d();
    cheapRows = cheapRows(backend.flopsPerByte(), m, d);
    owned = new Owned(backend);
    try {
      sampler = owned.add(new RowSampler(backend, m, d, forms, options.seed()), RowSampler::close);
      for (CurvatureForm form : forms) {
        Buffer h = owned.allocate(d, d);
        drawn.put(form, new Drawn(h, firstSize()));
      }
      objective.reserveRows(sampler.rowsAtATime());
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Bytes of what a method that samples allocates.
   *
   * @param matrices of d x d matrices
   * @param rows of scores, sketches and gathered rows
   */
  record Bytes(long matrices, long rows) {}

  /** In float64, where nothing can overflow; the conversions stop at the largest long. */
  static Bytes bytes(double m, double n, double d, CurvaturePath path, StepMethod method) {
    boolean both = method == StepMethod.SAMPLED;
    int forms = both ? CurvatureForm.values().length : 1;
    RowSampler.Entries sampler = RowSampler.entries(m, n, d, forms, path);
    // A factor of H̃, and the vectors of conjugate gradients, beside what NewtonRun counts.
    double factors = both ? d * d : 0;
    double vectors = (both ? 6 : 4) * d;
    return new Bytes(
        (long) (8 * (forms * d * d + factors + sampler.matrices())),
        (long) (8 * (vectors + sampler.rows())));
  }

  /** Rows whose Gram matrix takes as long as a pass over C, and LEAST_ROWS d at least. */
  static double cheapRows(double flopsPerByte, double m, double d) {
    return Math.max(LEAST_ROWS * d, 8 * flopsPerByte * m / d);
  }

  private double firstSize() {
    if (options.multiple().isPresent()) {
      return options.multiple().getAsDouble() * d;
    }
    return options.epsilon().isPresent()
        ? Sampling.boundedSize(d, options.epsilon().getAsDouble(), options.delta())
        : FIRST_MULTIPLE * d;
  }

  /** H̃ of this form at x; drawn once, until x moves. */
  Drawn at(CurvatureForm form) {
    Drawn at = drawn.get(form);
    if (!at.current) {
      at.products = 0;
      draw(form, at);
      at.current = true;
    }
    return at;
  }

  /** H itself at x. */
  Drawn complete(CurvatureForm form) {
    Drawn at = drawn.get(form);
    if (!at.current || at.rows < m) {
      complete(objective.curvatureRows(form), at);
      at.current = true;
    }
    return at;
  }

  private void complete(CurvatureRows rows, Drawn at) {
    rows.sum(at.h);
    at.rows = m;
  }

  /**
   * Draws H̃ of this form anew, with more rows; takes H itself where there are no more. Rows
   * without positive weight are in no sample, so that growth may come to an end far below all rows.
   */
  void enlarge(CurvatureForm form) {
    Drawn at = drawn.get(form);
    int before = at.rowsDrawn;
    grow(at);
    draw(form, at);
    if (at.rowsDrawn <= before) {
      complete(objective.curvatureRows(form), at);
    }
  }

  private void draw(CurvatureForm form, Drawn at) {
    CurvatureRows rows = objective.curvatureRows(form);
    at.forget();
    at.rows = canGrow(at) ? sampler.sample(rows, form, at.size, at.h) : m;
    at.rowsDrawn = at.rows;
    if (at.rows == 0 || !canGrow(at)) {
      // Nothing to sample from (all scores are 0, or not finite), or half of all rows.
      complete(rows, at);
    } else if (isFree()) {
      resize(at, at.size * Math.clamp(cheapRows / at.rows, 1, MOST_GROWTH));
    }
  }

  /** Whether nothing was asked for, so that the size is ours to choose. */
  private boolean isFree() {
    return options.multiple().isEmpty() && options.epsilon().isEmpty();
  }

  /** Whether the size is that of {@link Sampling#multiple}, and stays. */
  private boolean isFixed() {
    return options.multiple().isPresent() && options.epsilon().isEmpty();
  }

  /** The next draw of this form is to have more rows. */
  void grow(Drawn at) {
    if (!isFixed()) {
      resize(at, 2 * at.size);
    }
  }

  private void resize(Drawn at, double size) {
    at.size = Math.min(size, Sampling.MOST_MULTIPLE * d);
  }

  /** The next draw of this form may have fewer rows. */
  void shrink(Drawn at) {
    if (!isFixed() && (!isFree() || at.rowsDrawn > 2 * cheapRows)) {
      at.size = Math.min(at.size, Math.max(at.size / 2, LEAST_MULTIPLE * d));
      // About what the next draw has: where it was all rows, sampling is tried again.
      at.rowsDrawn /= 2;
    }
  }

  /** Whether samples of this form can still grow: not once they have half of all rows. */
  boolean canGrow(Drawn at) {
    return at.rowsDrawn < MOST_PART * m;
  }

  /** out = random numbers of their own for the last draw. */
  void randomVector(Buffer out) {
    sampler.randomVector(out);
  }

  void moved() {
    Evaluation at = objective.evaluation();
    sampler.moved((double) at.flips() / Math.max(1, at.activeUnits()));
    drawn.values().forEach(one -> one.current = false);
  }

  Approximation approximation(CurvatureForm form) {
    return drawn.get(form).approximation(m);
  }

  @Override
  public void close() {
    owned.close();
  }
}
