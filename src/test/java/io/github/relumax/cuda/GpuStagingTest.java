package io.github.relumax.cuda;

import io.github.relumax.GpuTest;

/** Large copies on a GPU. */
@GpuTest
final class GpuStagingTest extends StagingContract {}
