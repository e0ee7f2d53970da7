package io.github.relumax.cuda;

import io.github.relumax.GpuTest;

/** Random numbers and row sampling on a GPU. */
@GpuTest
final class GpuSamplingKernelsTest extends SamplingKernelsContract {}
