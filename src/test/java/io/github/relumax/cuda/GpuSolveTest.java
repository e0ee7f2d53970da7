package io.github.relumax.cuda;

import io.github.relumax.GpuTest;

/** Whole solves on a GPU. */
@GpuTest
final class GpuSolveTest extends SolveContract {}
