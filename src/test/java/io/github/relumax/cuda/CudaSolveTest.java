package io.github.relumax.cuda;

/** Whole solves on the simulator. */
@SimulatedCuda
final class CudaSolveTest extends SolveContract {}
