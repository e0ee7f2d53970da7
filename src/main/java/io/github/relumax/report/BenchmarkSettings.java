package io.github.relumax.report;

import io.github.relumax.matrix.ElementType;

/**
 * Which planted problem a benchmark solves, and how often.
 *
 * @param name of the preset, or the sizes as m x n x d without spaces
 * @param m rows of A2
 * @param n hidden units
 * @param d unknowns
 * @param scale of A2
 * @param startDistance of x0 from x*
 * @param seed of the problem
 * @param type storage of A2
 * @param repeat warm solves
 */
public record BenchmarkSettings(
    String name,
    int m,
    int n,
    int d,
    double scale,
    double startDistance,
    long seed,
    ElementType type,
    int repeat) {}
