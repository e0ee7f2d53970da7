package io.github.relumax.newton;

/**
 * What descending again, for a lower minimum, took and brought.
 *
 * @param count descents after the first
 * @param lower how many of them ended lower than all before
 * @param iterations their steps, which those of the solve, or of the coarse problem, hold too
 * @param seconds their time, which that of the solve holds too, unless they ran beside the first
 * @param firstLoss Lreg where the first descent ended
 */
public record FurtherDescents(
    int count, int lower, int iterations, double seconds, double firstLoss) {}
