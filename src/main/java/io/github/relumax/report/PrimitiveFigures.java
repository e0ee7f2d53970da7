package io.github.relumax.report;

import io.github.relumax.backend.Primitive;

/**
 * What a primitive took of the warm solves.
 *
 * @param calls of one solve
 * @param share of the median seconds of a solve
 * @param bound the ceiling that its floor comes from
 */
public record PrimitiveFigures(
    Primitive primitive, long calls, Figures figures, double share, Ceiling.Kind bound) {}
