package io.github.relumax.theory;

import io.github.relumax.backend.Buffer;

/** A symmetric d x d operator A, known by its products with vectors. */
@FunctionalInterface
interface SymmetricProduct {
  /** out = A v. v, out: 1 x d, never the same. */
  void apply(Buffer v, Buffer out);
}
