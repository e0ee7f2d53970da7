package io.github.relumax.report;

import io.github.relumax.backend.Primitive;
import io.github.relumax.backend.Work;
import io.github.relumax.report.Ceiling.Kind;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The least time that work can take at the ceilings: its operations at the arithmetic ceiling or
 * its bytes at the memory ceiling, whichever takes longer. Arithmetic is that of gram for the Gram
 * matrix and that of a product for all else.
 */
final class Roofline {
  private static final double GIGA = 1e9;

  private final Map<Kind, Double> rates = new EnumMap<>(Kind.class);

  /** With the median rate of each ceiling, of which there must be one of every kind. */
  Roofline(List<Ceiling> ceilings) {
    ceilings.forEach(ceiling -> rates.put(ceiling.kind(), Spread.of(ceiling.rates()).median()));
  }

  /** Seconds. */
  double floor(Primitive primitive, Work work) {
    return seconds(bound(primitive, work), work);
  }

  /** Which ceiling the floor comes from. */
  Kind bound(Primitive primitive, Work work) {
    Kind arithmetic = primitive == Primitive.GRAM ? Kind.GRAM : Kind.PRODUCT;
    return seconds(arithmetic, work) > seconds(Kind.MEMORY, work) ? arithmetic : Kind.MEMORY;
  }

  private double seconds(Kind kind, Work work) {
    long amount = kind == Kind.MEMORY ? work.bytes() : work.flops();
    return amount / GIGA / rates.get(kind);
  }
}
