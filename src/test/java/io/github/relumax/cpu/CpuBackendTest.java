package io.github.relumax.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendContract;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The contract, for every kind of CPU backend. */
@ParameterizedClass
@EnumSource
final class CpuBackendTest extends BackendContract {
  @Parameter CpuBackends which;

  @Override
  protected Backend open() {
    return which.open();
  }

  @Override
  protected int mostBuckets() {
    return 1 << 25;
  }

  @Test
  void descriptionSaysWhatRuns() {
    try (Backend backend = open()) {
      assertThat(backend.description().name()).isEqualTo("cpu");
      assertThat(which.name())
          .endsWith("_" + backend.description().threads())
          .startsWith(backend.description().vectorBits() == 64 ? "SCALAR" : "VECTOR");
      assertThat(backend.description().device())
          .startsWith(backend.description().threads() + " thread");
    }
  }
}
