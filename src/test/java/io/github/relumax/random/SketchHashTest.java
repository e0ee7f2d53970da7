package io.github.relumax.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SketchHashTest {
  private static final long SEED = 0x9123_4567_89AB_CDEFL;
  private static final int STREAM = -3;

  /** The row that a chunk gives to a bucket is the one whose bucket it is, by the definition. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 64, 1L << 20, 1L << 31})
  void rowsAndBucketsAreInverse(long buckets) {
    Philox philox = new Philox(SEED);
    SketchHash hash = new SketchHash(SEED, STREAM, buckets);
    for (long t : new long[] {0, 1, 5, 1L << 33}) {
      long turn = philox.bits(STREAM, 2 * t);
      long odd = turn & 0xFFFFFFFFL | 1;
      long shift = turn >>> 32;
      for (long bucket : new long[] {0, buckets / 3, buckets - 1}) {
        long row = hash.turn(t).row(bucket);
        long j = row - t * buckets;
        assertThat(j).isBetween(0L, buckets - 1);
        assertThat((odd * j + shift) % buckets).isEqualTo(bucket);
      }
    }
  }

  @Test
  void everyChunkFillsEveryBucketOnce() {
    SketchHash hash = new SketchHash(SEED, STREAM, 64);
    assertThat(LongStream.range(0, 64).map(hash.turn(7)::row).sorted().toArray())
        .isEqualTo(LongStream.range(7 * 64, 8 * 64).toArray());
  }

  /** Any two rows of different chunks meet in about a share of 1/K of seeds. */
  @Test
  void rowsMeetAsOftenAsBucketsAllow() {
    int meetings = 0;
    for (int seed = 0; seed < 20_000; seed++) {
      SketchHash hash = new SketchHash(seed, STREAM, 16);
      long first =
          LongStream.range(0, 16).filter(h -> rowOf(hash, 0, h) == 5).findFirst().orElseThrow();
      meetings += rowOf(hash, 3, first) == 3 * 16 + 11 ? 1 : 0;
    }
    // 1250 are expected, with a standard deviation of 34. Five of them.
    assertThat(meetings).isBetween(1250 - 170, 1250 + 170);
  }

  private static long rowOf(SketchHash hash, long chunk, long bucket) {
    return hash.turn(chunk).row(bucket);
  }

  @Test
  void signsAreBitsOfPhilox() {
    long signs = new SketchHash(SEED, STREAM, 64).signs(9);
    assertThat(signs).isEqualTo(new Philox(SEED).bits(STREAM, 19));
    assertThat(Long.bitCount(signs)).isBetween(12, 52);
  }
}
