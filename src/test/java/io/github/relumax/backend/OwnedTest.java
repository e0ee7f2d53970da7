package io.github.relumax.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.cpu.CpuBackends;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class OwnedTest {
  @Test
  void allIsClosedInTheOrderInWhichItWasTaken() {
    List<String> closed = new ArrayList<>();
    try (Backend backend = CpuBackends.SCALAR_2.open()) {
      Buffer buffer;
      try (Owned owned = new Owned(backend)) {
        buffer = owned.allocate(2, 3);
        assertThat(owned.add("first", closed::add)).isEqualTo("first");
        owned.add("second", closed::add);
        backend.read(buffer, new double[6]);
        assertThat(closed).isEmpty();
      }
      assertThatThrownBy(() -> backend.read(buffer, new double[6]))
          .isInstanceOf(IllegalStateException.class);
    }
    assertThat(closed).containsExactly("first", "second");
  }
}
