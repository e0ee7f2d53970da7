package io.github.relumax.theory;

/**
 * An eigenvalue of a symmetric matrix, and how well it is known.
 *
 * @param value vᵀ A v for a vector v of length 1
 * @param error for the least eigenvalue: it lies between {@code value - error}, above which A - s I
 *     has a Cholesky factor, and {@code value}; for another one ‖A v - value v‖, within which an
 *     eigenvalue lies
 * @param rounding what cannot be told from 0 in such a matrix: d eps max |λ|
 */
public record Eigenvalue(double value, double error, double rounding) {}
