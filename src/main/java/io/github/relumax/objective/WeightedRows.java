package io.github.relumax.objective;

import io.github.relumax.backend.Buffer;

/**
 * The rows √D_i (C_i - center), of which Σ_i D_i (C_i - center)(C_i - center)ᵀ is the matrix.
 *
 * @param weights D, m x 1
 * @param center 1 x d
 */
public record WeightedRows(Buffer weights, Buffer center) {}
