package io.github.relumax.newton;

/**
 * What descending again, for a lower minimum, took and brought.
 *
 * @param count descents after the first
 * @param lower how many of them ended lower than all before
 * @param iterations their steps, which {@link Solution#iterations} counts too
 * @param seconds their time, which {@link Solution#seconds} counts too
 * @param firstLoss Lreg where the first descent ended
 */
public record FurtherDescents(
    int count, int lower, int iterations, double seconds, double firstLoss) {}
