package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendOptions;
import io.github.relumax.backend.Backends;
import io.github.relumax.backend.Buffer;
import io.github.relumax.backend.CountingBackend;
import io.github.relumax.report.Ceiling;
import org.junit.jupiter.api.Test;

final class CeilingsTest {
  /** What is announced is what is allocated, and the warm-up leaves no rates. */
  @Test
  void takesTheMemoryItSaysAndKeepsOnlyWhatItMeasures() {
    long[] entries = new long[1];
    CountingBackend counting =
        new CountingBackend(Backends.open("cpu", new BackendOptions(2))) {
          @Override
          public Buffer allocate(long rows, long columns) {
            entries[0] += rows * columns;
            return super.allocate(rows, columns);
          }
        };
    try (Backend closed = counting;
        Ceilings ceilings = new Ceilings(closed)) {
      assertThat(8 * entries[0]).isEqualTo(Ceilings.bytes());
      ceilings.warmUp();
      assertThat(ceilings.results()).allMatch(ceiling -> ceiling.rates().isEmpty());
      ceilings.measure();
      assertThat(ceilings.results())
          .extracting(Ceiling::kind)
          .containsExactly(
              Ceiling.Kind.MEMORY, Ceiling.Kind.PRODUCT, Ceiling.Kind.GRAM, Ceiling.Kind.CALL);
      assertThat(ceilings.results()).allMatch(ceiling -> ceiling.rates().size() == 3);
      // The products were formed in full, from all units.
      assertThat(counting.formed()).isEqualTo(6);
      assertThat(8 * entries[0]).isEqualTo(Ceilings.bytes());
    }
  }
}
