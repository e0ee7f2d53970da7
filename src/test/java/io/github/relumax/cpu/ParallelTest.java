package io.github.relumax.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ParallelTest {
  /** Rows low..high-1, and their weight. */
  private record Part(int number, long low, long high, long weight) {}

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 1", "3, 2", "3, 101", "4, 997", "7, 1000"})
  void partsOfUnequalRowsWeighAboutTheSame(int threads, int rows) {
    long[] before = new long[rows + 1];
    long heaviest = 0;
    RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
    for (int i = 0; i < rows; i++) {
      // The first rows have most of the weight, and many have none.
      long weight = random.nextInt(1 + 5_000 / (i + 1));
      heaviest = Math.max(heaviest, weight);
      before[i + 1] = before[i] + weight;
    }
    List<Part> parts = run(threads, before, 1);
    assertThat(parts.getFirst().low()).isZero();
    assertThat(parts.getLast().high()).isEqualTo(rows);
    for (int k = 0; k < parts.size(); k++) {
      Part part = parts.get(k);
      assertThat(part.number()).isEqualTo(k);
      if (k > 0) {
        assertThat(part.low()).isEqualTo(parts.get(k - 1).high());
      }
      assertThat((double) part.weight())
          .isLessThanOrEqualTo((double) before[rows] / parts.size() + heaviest + threads);
    }
  }

  @Test
  void thereAreNoMorePartsThanThereIsWorkFor() {
    long[] before = {0, 10, 20, 30, 39};
    assertThat(run(4, before, 10)).hasSize(3);
    assertThat(run(4, before, 40)).hasSize(1);
    assertThat(run(4, new long[] {0}, 10)).hasSize(1);
    assertThat(run(4, new long[] {0, 0, 0}, 1)).hasSize(1);
  }

  private static List<Part> run(int threads, long[] before, long grain) {
    List<Part> parts = Collections.synchronizedList(new ArrayList<>());
    try (Parallel parallel = new Parallel(threads)) {
      int count =
          parallel.run(
              before.length - 1,
              i -> before[(int) i],
              grain,
              (part, low, high) ->
                  parts.add(new Part(part, low, high, before[(int) high] - before[(int) low])));
      assertThat(parts).hasSize(count);
    }
    Part[] sorted = parts.toArray(Part[]::new);
    Arrays.sort(sorted, (a, b) -> Integer.compare(a.number(), b.number()));
    return List.of(sorted);
  }
}
