package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Units;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.objective.SoftmaxReluObjective.Quantity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The model that knows what relu does to a step. With v = A2ᵀ gz, unit i adds v_i max(0, z1_i +
 * a_iᵀp) to the loss, a_i being row i of A1. Where v_i &gt; 0 this is convex, and for the units K
 * that p brings to their kink it stands in the model as it is:
 *
 * <pre>  g_sᵀp + 1/2 pᵀ(H + σI)p + Σ_{i in K} v_i max(0, z1_i + a_iᵀp)</pre>
 *
 * with g_s the gradient without the units of K. Since v max(0, t) = max over 0 &lt;= μ &lt;= v of μ
 * t, the dual is a {@link BoxQuadratic} in one multiplier a unit:
 *
 * <pre>
 *   p = -(H + σI)⁻¹ (g_s + A_Kᵀ μ)
 *   min over 0 &lt;= μ &lt;= v of  1/2 μᵀQμ + rᵀμ,   Q = A_K (H + σI)⁻¹ A_Kᵀ,  r = A_K (H + σI)⁻¹ g_s - z1_K
 * </pre>
 *
 * A unit with μ_i = 0 ends inactive, one with μ_i = v_i active, and one between lands on its kink,
 * z1_i + a_iᵀp = 0: exactly, so that it is there when the next step begins. K begins with the
 * units that are at their kink and grows by those whose kink p would cross.
 *
 * <p>Where v_i &lt; 0 the kink is a ridge: the loss is lower on both sides than the model of either
 * says, so that it needs no care when p crosses it. A unit that sits on it counts as active, which is
 * the way down.
 */
final class KinkModel implements AutoCloseable {
  /** Rounds by which K grows. */
  private static final int MOST_ROUNDS = 8;

  /** Corrections of the landing; the first leaves rounding of its own size. */
  private static final int CORRECTIONS = 2;

  private final Backend backend;
  private final SoftmaxReluObjective objective;
  private final int n;
  private final int capacity;
  private final List<Runnable> owned = new ArrayList<>();

  /** A_K, and (H + σI)⁻¹ A_Kᵀ as rows. */
  private final Buffer rows;

  private final Buffer solved;
  private final Buffer products;
  private final Buffer multipliers;
  private final Buffer perUnit;
  private final Buffer gradient;
  private final Buffer right;
  private final Buffer free;
  private final Units units;
  private final BoxQuadratic dual;

  // At x.
  private boolean current;
  private double[] z1;
  private double[] v;
  private final boolean[] member;

  // K, in the order of its growth.
  private final int[] members;

  /** What the gradient holds of unit i of K: v_i where it is active, else 0. */
  private final double[] offset;

  /** A1 p, of the step without kinks and of the last one. */
  private double[] apFree;

  private final double[] ap;
  private final double[] answers;

  KinkModel(Backend backend, SoftmaxReluObjective objective, int n) {
    this.backend = backend;
    this.objective = objective;
    this.n = n;
    int d = objective.d();
    capacity = capacity(n, d);
    try {
      rows = allocate(capacity, d);
      solved = allocate(capacity, d);
      products = allocate(capacity, capacity);
      multipliers = allocate(capacity, 1);
      perUnit = allocate(1, n);
      gradient = allocate(1, d);
      right = allocate(1, d);
      free = allocate(1, d);
      units = backend.units(n);
      owned.add(units::close);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    dual = new BoxQuadratic(capacity);
    member = new boolean[n];
    members = new int[capacity];
    offset = new double[capacity];
    ap = new double[n];
    answers = new double[capacity * capacity];
  }

  private static int capacity(int n, int d) {
    return Math.min(n, Math.max(d, 64));
  }

  private Buffer allocate(long rows, long columns) {
    Buffer buffer = backend.allocate(rows, columns);
    owned.add(buffer::close);
    return buffer;
  }

  /** The objective has moved. */
  void moved() {
    current = false;
  }

  /** The model with this H at the objective's x. */
  StepModel of(ShiftedSystem h) {
    stand();
    return new Step(h);
  }

  private void stand() {
    if (current) {
      return;
    }
    current = true;
    objective.refineGradient();
    z1 = objective.read(Quantity.PRE_ACTIVATION);
    v = objective.read(Quantity.SLOPES);
    backend.copy(objective.gradient(), gradient);
    double[] ridge = new double[n];
    boolean any = false;
    for (int i = 0; i < n; i++) {
      if (z1[i] == 0 && v[i] < 0) {
        ridge[i] = v[i];
        any = true;
      }
    }
    if (any) {
      backend.write(ridge, perUnit);
      backend.multiplyTransposed(objective.a1(), perUnit, right);
      backend.combine(1, gradient, 1, right, gradient);
    }
  }

  /** Units at their kink whose slope holds them there on one side at least. */
  private int[] atKink() {
    int[] found = new int[n];
    int count = 0;
    for (int i = 0; i < n; i++) {
      if (z1[i] == 0 && v[i] > 0) {
        found[count++] = i;
      }
    }
    return Arrays.copyOf(found, count);
  }

  /** Units outside K with a convex kink that p crosses, those that it matters most for first. */
  private int[] crossed() {
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      if (!member[i] && v[i] > 0) {
        double there = z1[i] + ap[i];
        if (z1[i] > 0 ? there < 0 : there > 0) {
          found.add(i);
        }
      }
    }
    int room = capacity - dual.size();
    if (found.size() > room) {
      found.sort((i, j) -> Double.compare(v[j] * Math.abs(z1[j] + ap[j]), v[i] * Math.abs(z1[i] + ap[i])));
      found = new ArrayList<>(found.subList(0, room));
      found.sort(null);
    }
    return found.stream().mapToInt(i -> i).toArray();
  }

  /** The model with one H. */
  private final class Step implements StepModel {
    private final ShiftedSystem h;

    Step(ShiftedSystem h) {
      this.h = h;
    }

    @Override
    public double scale() {
      return h.scale();
    }

    @Override
    public boolean minimise(double shift, double nu, double precision, Buffer p) {
      if (!h.factor(shift)) {
        return false;
      }
      backend.combine(-1, gradient, -nu, objective.x(), right);
      if (!h.solve(right, free, precision)) {
        return false;
      }
      applyToUnits(free);
      apFree = ap.clone();
      dual.clear();
      Arrays.fill(member, false);
      backend.copy(free, p);
      grow(atKink());
      for (int round = 0; round < MOST_ROUNDS; round++) {
        if (dual.size() > 0) {
          dual.minimise();
          combine(p);
          applyToUnits(p);
        }
        int[] crossed = crossed();
        if (crossed.length == 0) {
          break;
        }
        grow(crossed);
      }
      land(p);
      return true;
    }

    /** Adds units to K. */
    private void grow(int[] more) {
      int count = Math.min(more.length, capacity - dual.size());
      if (count == 0) {
        return;
      }
      int before = dual.size();
      double[] indicator = new double[n];
      for (int k = 0; k < count; k++) {
        int i = more[k];
        indicator[i] = 1;
        member[i] = true;
        members[before + k] = i;
        offset[before + k] = z1[i] > 0 ? v[i] : 0;
        dual.add(v[i], z1[i] > 0 ? v[i] : 0);
      }
      backend.write(indicator, perUnit);
      backend.activeUnits(perUnit, units);
      Buffer newRows = rows.rows(before, count);
      Buffer newSolved = solved.rows(before, count);
      backend.gatherRows(objective.a1(), units, 0, newRows);
      h.solveRows(newRows, newSolved);
      Buffer newProducts = products.rows(0, count);
      backend.multiply(rows, newSolved, newProducts);
      double[] values = new double[count * capacity];
      backend.read(newProducts, values);
      for (int k = 0; k < count; k++) {
        for (int j = 0; j <= before + k; j++) {
          dual.set(before + k, j, values[k * capacity + j]);
        }
      }
      for (int k = 0; k < dual.size(); k++) {
        double linear = -(z1[members[k]] + apFree[members[k]]);
        for (int j = 0; j < dual.size(); j++) {
          linear -= dual.get(k, j) * offset[j];
        }
        dual.linear(k, linear);
      }
    }

    /** p = free - Σ (μ_k - offset_k) (H + σI)⁻¹ a_k. */
    private void combine(Buffer p) {
      int size = dual.size();
      double[] weights = new double[size];
      for (int k = 0; k < size; k++) {
        weights[k] = dual.multiplier(k) - offset[k];
      }
      backend.write(weights, multipliers.rows(0, size));
      backend.multiplyTransposed(solved.rows(0, size), multipliers.rows(0, size), right);
      backend.combine(1, free, -1, right, p);
    }

    /** Corrects p so that the units that land do so to rounding. */
    private void land(Buffer p) {
      int size = dual.size();
      int[] held = held();
      if (held.length == 0) {
        return;
      }
      for (int k = 0; k < CORRECTIONS; k++) {
        double[] off = new double[held.length];
        for (int j = 0; j < held.length; j++) {
          int i = members[held[j]];
          off[j] = z1[i] + ap[i];
        }
        if (!dual.solve(held, held.length, off)) {
          return;
        }
        double[] weights = new double[size];
        for (int j = 0; j < held.length; j++) {
          weights[held[j]] = off[j];
        }
        backend.write(weights, multipliers.rows(0, size));
        backend.multiplyTransposed(solved.rows(0, size), multipliers.rows(0, size), right);
        backend.combine(1, p, -1, right, p);
        applyToUnits(p);
      }
    }

    private int[] held() {
      int[] held = new int[dual.size()];
      int count = 0;
      for (int k = 0; k < dual.size(); k++) {
        if (dual.isFree(k)) {
          held[count++] = k;
        }
      }
      return Arrays.copyOf(held, count);
    }

    @Override
    public boolean turn(Buffer point, double precision, Buffer out) {
      // -dp/dν = (H + σI)⁻¹ (x + p), without what moves the held units from their kinks.
      if (!h.solve(point, out, precision)) {
        return false;
      }
      int[] held = held();
      if (held.length == 0) {
        return true;
      }
      double[] along = new double[n];
      backend.multiply(objective.a1(), out, perUnit);
      backend.read(perUnit, along);
      double[] off = new double[held.length];
      for (int j = 0; j < held.length; j++) {
        off[j] = along[members[held[j]]];
      }
      if (dual.solve(held, held.length, off)) {
        double[] weights = new double[dual.size()];
        for (int j = 0; j < held.length; j++) {
          weights[held[j]] = off[j];
        }
        Buffer all = multipliers.rows(0, dual.size());
        backend.write(weights, all);
        backend.multiplyTransposed(solved.rows(0, dual.size()), all, right);
        backend.combine(1, out, -1, right, out);
      }
      return true;
    }

    @Override
    public double slope(Buffer p) {
      double slope = backend.dot(gradient, p);
      for (int k = 0; k < dual.size(); k++) {
        slope += (dual.multiplier(k) - offset[k]) * ap[members[k]];
      }
      return slope;
    }

    @Override
    public Forecast forecast(Buffer p, double curvature) {
      int size = dual.size();
      double[] slopes = new double[size];
      double[] z = new double[size];
      double[] change = new double[size];
      double smooth = backend.dot(gradient, p);
      for (int k = 0; k < size; k++) {
        int i = members[k];
        slopes[k] = v[i];
        z[k] = z1[i];
        change[k] = ap[i];
        smooth -= offset[k] * ap[i];
      }
      return new Forecast(smooth, curvature, slopes, z, change);
    }
  }

  private void applyToUnits(Buffer p) {
    backend.multiply(objective.a1(), p, perUnit);
    backend.read(perUnit, ap);
  }

  @Override
  public void close() {
    owned.forEach(Runnable::run);
  }
}
