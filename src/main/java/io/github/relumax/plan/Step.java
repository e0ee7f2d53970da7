package io.github.relumax.plan;

import io.github.relumax.newton.Phase;

/**
 * One kind of work of a solve.
 *
 * @param phase where its time is counted
 * @param name what is done, in the paper's symbols
 * @param once whether it is done at the start only, not in every iteration
 * @param flops floating-point operations, each time
 * @param bytes memory traffic, each time
 * @param seconds predicted, each time
 */
public record Step(
    Phase phase, String name, boolean once, double flops, double bytes, double seconds) {}
