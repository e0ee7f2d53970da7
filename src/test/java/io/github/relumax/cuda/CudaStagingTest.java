package io.github.relumax.cuda;

/** Large copies on the simulator. */
@SimulatedCuda
final class CudaStagingTest extends StagingContract {}
