package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.Owned;
import io.github.relumax.backend.Units;
import io.github.relumax.objective.Slopes;
import java.util.Arrays;

/**
 * The units K whose kinks a step knows: rows A_K of A1, for a matrix M = L Lᵀ the rows L⁻¹ a_k, and
 * the {@link BoxQuadratic} in one multiplier a unit with Q = A_K M⁻¹ A_Kᵀ, the products of these
 * rows with each other.
 */
final class KinkSet implements AutoCloseable {
  /** Units that there is room for: d can be held at their kinks at once; more may be met. */
  private static final int LEAST_CAPACITY = 64;

  private final Backend backend;
  private final Buffer a1;
  private final int n;
  private final int capacity;
  private final Owned owned;
  private final Buffer rows;
  private final Buffer halves;
  private final Buffer products;
  private final Buffer weights;
  private final Buffer indicator;
  private final Buffer scratch;
  private final Units units;
  private final BoxQuadratic dual;
  private final int[] members;
  private final boolean[] member;

  /** The multiplier that each unit had in a step when it was in K last. */
  private final double[] last;

  /** M where K is that of a step; null for the identity. */
  private MatrixSystem m;

  KinkSet(Backend backend, Buffer a1, int n, int d) {
    this.backend = backend;
    this.a1 = a1;
    this.n = n;
    capacity = capacity(n, d);
    owned = new Owned(backend);
    try {
      rows = owned.allocate(capacity, d);
      halves = owned.allocate(capacity, d);
      products = owned.allocate(capacity, capacity);
      weights = owned.allocate(capacity, 1);
      indicator = owned.allocate(1, n);
      scratch = owned.allocate(1, d);
      units = owned.units(n);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    dual = new BoxQuadratic(capacity);
    members = new int[capacity];
    member = new boolean[n];
    last = new double[n];
  }

  private static int capacity(int n, int d) {
    return Math.min(n, Math.max(d, LEAST_CAPACITY));
  }

  /** Bytes of its buffers. */
  static double bytes(double n, double d) {
    double most = Math.min(n, Math.max(d, LEAST_CAPACITY));
    return 8 * (most * (2 * d + most + 1) + n + d);
  }

  /** Bytes of its Java arrays, at most, those of the dual included. */
  static double javaBytes(double n, double d) {
    double most = Math.min(n, Math.max(d, LEAST_CAPACITY));
    return 8 * (most * (2 * most + 11) + 3 * n);
  }

  /** The convex kinks that x sits at: units with z1_i = 0 and v_i &gt; 0. */
  static int[] at(KinkPoint x) {
    double[] z1 = x.z1();
    int[] found = new int[z1.length];
    int count = 0;
    for (int i = 0; i < z1.length; i++) {
      if (z1[i] == 0 && x.v().of(i) > 0) {
        found[count++] = i;
      }
    }
    return Arrays.copyOf(found, count);
  }

  void clear() {
    for (int k = 0; m != null && k < size(); k++) {
      last[members[k]] = dual.multiplier(k);
    }
    dual.clear();
    Arrays.fill(member, false);
  }

  int size() {
    return dual.size();
  }

  int room() {
    return capacity - size();
  }

  /** The unit that is number k. */
  int unit(int k) {
    return members[k];
  }

  boolean contains(int unit) {
    return member[unit];
  }

  BoxQuadratic dual() {
    return dual;
  }

  /**
   * Adds units, as many as there is room for.
   *
   * @param more in ascending order
   * @param v the slopes, whose pull bounds the multipliers
   * @param with the matrix M, the same for all that are added; null for the identity
   */
  void add(int[] more, Slopes v, MatrixSystem with) {
    int count = Math.min(more.length, room());
    if (count == 0) {
      return;
    }
    int before = size();
    m = with;
    v.find(more);
    double[] chosen = new double[n];
    for (int k = 0; k < count; k++) {
      int i = more[k];
      chosen[i] = 1;
      member[i] = true;
      members[before + k] = i;
      dual.add(v.pull(i), m == null ? 0 : last[i]);
    }
    backend.write(chosen, indicator);
    backend.activeUnits(indicator, units);
    Buffer newRows = rows.rows(before, count);
    Buffer newHalves = halves.rows(before, count);
    backend.gatherRows(a1, units, 0, newRows);
    if (m == null) {
      backend.copy(newRows, newHalves);
    } else {
      m.solveForward(newRows, newHalves);
    }
    int size = before + count;
    double[] values = products(halves, newHalves);
    for (int k = 0; k < count; k++) {
      for (int j = 0; j <= before + k; j++) {
        dual.set(before + k, j, values[k * size + j]);
      }
    }
  }

  /** The multipliers of K have these bounds from now on. */
  void bound(Slopes v) {
    v.find(Arrays.copyOf(members, size()));
    for (int k = 0; k < size(); k++) {
      dual.bound(k, v.pull(members[k]));
    }
  }

  /** o_k: the pull of unit k of K where that counts as active, else 0. */
  double[] offsets(KinkPoint at, Slopes v) {
    double[] o = new double[size()];
    for (int k = 0; k < o.length; k++) {
      o[k] = at.active()[members[k]] ? v.pull(members[k]) : 0;
    }
    return o;
  }

  /** μ - o. */
  double[] multipliersBeyond(double[] o) {
    double[] beyond = new double[size()];
    Arrays.setAll(beyond, k -> dual.multiplier(k) - o[k]);
    return beyond;
  }

  /** ⟨a_k, u⟩ for every unit of K. u: 1 x d. */
  double[] products(Buffer u) {
    return size() == 0 ? new double[0] : products(rows, u);
  }

  /** The product of each row u with those of the units of K, which lie beside each other. */
  private double[] products(Buffer of, Buffer us) {
    Buffer result = products.reshaped(us.rows(), size());
    backend.multiply(of.rows(0, size()), us, result);
    double[] values = new double[(int) (us.rows() * size())];
    backend.read(result, values);
    return values;
  }

  /** out = out + Σ_k w_k a_k. */
  void addRows(double[] w, Buffer out) {
    if (size() > 0) {
      combine(rows, w);
      backend.combine(1, out, 1, scratch, out);
    }
  }

  /** out = out - Σ_k w_k M⁻¹ a_k. */
  void subtractSolved(double[] w, Buffer out) {
    if (size() > 0) {
      combine(halves, w);
      m.solveTransposed(scratch, scratch);
      backend.combine(1, out, -1, scratch, out);
    }
  }

  /** h = h + ρ Σ a_k a_kᵀ over the units of K with these numbers. */
  void addSquares(int[] numbers, double rho, Buffer h) {
    double[] w = new double[size()];
    for (int k : numbers) {
      w[k] = rho;
    }
    Buffer column = weights.rows(0, size());
    backend.write(w, column);
    backend.write(new double[(int) scratch.columns()], scratch);
    backend.gram(rows.rows(0, size()), scratch, column, 1, h);
  }

  /** {@link #scratch} = the sum of the rows of the units of K with these weights. */
  private void combine(Buffer of, double[] w) {
    Buffer column = weights.rows(0, size());
    backend.write(w, column);
    backend.multiplyTransposed(of.rows(0, size()), column, scratch);
  }

  /** The numbers of the units whose multiplier is at neither bound: those that land on a kink. */
  int[] held() {
    int[] held = new int[size()];
    int count = 0;
    for (int k = 0; k < held.length; k++) {
      if (dual.isFree(k)) {
        held[count++] = k;
      }
    }
    return Arrays.copyOf(held, count);
  }

  /**
   * out = out - M⁻¹ A_Pᵀ (A_P M⁻¹ A_Pᵀ)⁻¹ off: the change, least in the norm of M, that takes off_k
   * away from ⟨a_k, out⟩ for the units P held.
   *
   * @return false if there is none: nothing is held, or more than out can satisfy
   */
  boolean shift(int[] held, double[] off, Buffer out) {
    if (held.length == 0 || !dual.solve(held, held.length, off)) {
      return false;
    }
    double[] w = new double[size()];
    for (int j = 0; j < held.length; j++) {
      w[held[j]] = off[j];
    }
    subtractSolved(w, out);
    return true;
  }

  @Override
  public void close() {
    owned.close();
  }
}
