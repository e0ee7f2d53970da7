package io.github.relumax.newton;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.objective.CurvatureRows;
import io.github.relumax.objective.Evaluation;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.sketch.RowSampler;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** H by products alone, solved by conjugate gradients with a sampled H̃ as preconditioner. */
final class SketchedModel implements CurvatureModel {
  /** Beyond this many steps a larger sample is cheaper. */
  private static final int MANY_STEPS = 10;

  /** With this few steps a smaller one would do. */
  private static final int FEW_STEPS = 4;

  private static final int MOST_STEPS = 200;

  private final Backend backend;
  private final SoftmaxReluObjective objective;
  private final int m;
  private final int d;
  private final List<Runnable> owned = new ArrayList<>();
  private final RowSampler sampler;
  private final ConjugateGradients gradients;
  private final Buffer factor;
  private final Map<CurvatureForm, Sampled> sampled = new EnumMap<>(CurvatureForm.class);
  private double size;

  /** H̃ of one form, and what its solves told. */
  private static final class Sampled {
    final Buffer h;
    boolean current;
    int rows;
    double epsilon;
    int products;

    Sampled(Buffer h) {
      this.h = h;
    }
  }

  SketchedModel(
      Backend backend,
      SoftmaxReluObjective objective,
      int m,
      Collection<CurvatureForm> forms,
      double multiple,
      long seed) {
    this.backend = backend;
    this.objective = objective;
    this.m = m;
    d = objective.d();
    size = multiple * d;
    try {
      sampler = new RowSampler(backend, m, d, forms, seed);
      owned.add(sampler::close);
      gradients = new ConjugateGradients(backend, d);
      owned.add(gradients::close);
      factor = backend.allocate(d, d);
      owned.add(factor::close);
      for (CurvatureForm form : forms) {
        Buffer h = backend.allocate(d, d);
        owned.add(h::close);
        sampled.put(form, new Sampled(h));
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  @Override
  public ShiftedSystem at(CurvatureForm form) {
    CurvatureRows rows = objective.curvatureRows(form);
    Sampled s = sampled.get(form);
    if (!s.current) {
      sampler.reserve(rows);
      s.rows = sampler.sample(rows, form, size, s.h);
      s.epsilon = 0;
      s.products = 0;
      s.current = true;
    }
    return new PreconditionedSystem(rows, s);
  }

  private final class PreconditionedSystem implements ShiftedSystem {
    private final CurvatureRows rows;
    private final Sampled s;
    private double shift;

    PreconditionedSystem(CurvatureRows rows, Sampled s) {
      this.rows = rows;
      this.s = s;
    }

    @Override
    public double scale() {
      return backend.scale(s.h);
    }

    @Override
    public boolean factor(double newShift) {
      shift = newShift;
      return s.rows > 0 && backend.factor(s.h, shift, factor);
    }

    @Override
    public boolean solve(Buffer r, Buffer out, double precision) {
      if (Boolean.getBoolean("sampled")) {
        backend.solve(factor, r, out);
        return true;
      }
      boolean solved = gradients.solve(rows::times, shift, factor, r, precision, MOST_STEPS, out);
      s.products += gradients.products();
      double[] ritz = gradients.ritzValues();
      s.epsilon = Math.max(s.epsilon, Math.max(1 - ritz[0], ritz[1] - 1));
      if (gradients.products() > MANY_STEPS) {
        size = Math.min(2 * size, m);
      } else if (gradients.products() < FEW_STEPS) {
        size = size + 0;
      }
      return solved;
    }
  }

  @Override
  public void moved() {
    Evaluation at = objective.evaluation();
    sampler.moved((double) at.flips() / Math.max(1, at.activeUnits()));
    sampled.values().forEach(s -> s.current = false);
  }

  @Override
  public Approximation approximation(CurvatureForm form) {
    Sampled s = sampled.get(form);
    return new Approximation(s.epsilon, s.rows, s.products);
  }

  @Override
  public void close() {
    owned.forEach(Runnable::run);
  }
}
