package io.github.relumax.plan;

/**
 * How fast the machine does work of one kind.
 *
 * @param product GFLOP/s of C = A2 A1 from chosen units
 * @param gram GFLOP/s of Cᵀ diag(a) C, one triangle
 * @param memory GB/s of one pass over a matrix
 * @param call calls a millisecond of a primitive with next to no work, on threads that sleep
 */
public record Rates(double product, double gram, double memory, double call) {}
