package io.github.relumax.bench;

import java.util.function.Supplier;

/**
 * One operation of one library, its operands already where that library wants them.
 *
 * @param run computes the result again
 * @param result a copy of it; where it is symmetric or triangular, only the lower triangle counts
 */
record Kernel(Runnable run, Supplier<Dense> result) {}
