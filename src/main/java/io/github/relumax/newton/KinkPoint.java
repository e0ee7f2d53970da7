package io.github.relumax.newton;

import io.github.relumax.objective.Slopes;
import java.util.Arrays;

/**
 * The units at x, as a step sees them.
 *
 * @param z1 A1 x
 * @param active the units whose rows are in the gradient and in H: those with z1_i &gt; 0, and
 *     those at their kink that count as active
 * @param v A2ᵀ gz, the slope of the loss in the activation of each unit, those of units with z1_i =
 *     0 at least; 0 where a_i = 0, so that z1_i = 0 everywhere
 */
record KinkPoint(double[] z1, boolean[] active, Slopes v) {
  /** Whether unit i sits at its kink, and it matters on which side of it x is. */
  boolean isAtKink(int i) {
    return z1[i] == 0 && v.of(i) != 0;
  }

  /** Whether unit i sits on a ridge. */
  boolean isOnRidge(int i) {
    return z1[i] == 0 && v.of(i) < 0;
  }

  /** The units that are on the other side of their kink once A1 x has changed by this. */
  int[] switched(double[] change) {
    int[] found = new int[z1.length];
    int count = 0;
    for (int i = 0; i < found.length; i++) {
      double there = z1[i] + change[i];
      // Chosen, not branched on: which units are active follows no pattern. Few switch.
      if ((active[i] ? -there : there) > 0) {
        found[count++] = i;
      }
    }
    return Arrays.copyOf(found, count);
  }
}
