package io.github.relumax.cuda;

/** Random numbers and row sampling on the simulator. */
@SimulatedCuda
final class SamplingKernelsTest extends SamplingKernelsContract {}
