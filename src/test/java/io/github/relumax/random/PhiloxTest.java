package io.github.relumax.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PhiloxTest {
  /**
   * The known answers that Random123 publishes for philox4x32 with 10 rounds: counter, key, result.
   */
  @ParameterizedTest
  @CsvSource({
    "00000000 00000000 00000000 00000000, 00000000 00000000, 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    "ffffffff ffffffff ffffffff ffffffff, ffffffff ffffffff, 408f276d 41c83b0e a20bc7c6 6d5451fd",
    "243f6a88 85a308d3 13198a2e 03707344, a4093822 299f31d0, d16cfe09 94fdcceb 5001e420 24126ea1"
  })
  void matchesTheKnownAnswers(String counter, String key, String expected) {
    long[] c = longs(counter);
    long[] found = new long[2];
    Philox.block(c[0], c[1], longs(key)[0], found);
    assertThat(found).isEqualTo(longs(expected));
  }

  @Test
  void laysOutSeedStreamAndIndexAsDocumented() {
    Philox random = new Philox(0x299f31d0_a4093822L);
    long block = 0x75a308d3_243f6a88L;
    long[] expected = new long[2];
    Philox.block(block, 0x00000000_93198a2eL, 0x299f31d0_a4093822L, expected);
    assertThat(random.bits(0x93198a2e, 2 * block)).isEqualTo(expected[0]);
    assertThat(random.bits(0x93198a2e, 2 * block + 1)).isEqualTo(expected[1]);
    assertThat(random.uniform(0x93198a2e, 2 * block))
        .isEqualTo(((expected[0] >>> 12) + 0.5) / (1L << 52));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 7, (1L << 33) - 3, Long.MAX_VALUE - 2, -5})
  void bulkNormalsAreTheSingleOnes(long first) {
    Philox random = new Philox(42);
    for (int length = 0; length < 6; length++) {
      double[] bulk = new double[length];
      random.normals(3, first, bulk);
      double[] single =
          IntStream.range(0, length).mapToDouble(k -> random.normal(3, first + k)).toArray();
      assertThat(bulk).isEqualTo(single);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 7, (1L << 33) - 3, Long.MAX_VALUE - 2, -5})
  void bulkUniformsAreTheSingleOnes(long first) {
    Philox random = new Philox(42);
    for (int length = 0; length < 6; length++) {
      double[] bulk = new double[length];
      random.uniforms(3, first, bulk, length);
      double[] single =
          IntStream.range(0, length).mapToDouble(k -> random.uniform(3, first + k)).toArray();
      assertThat(bulk).isEqualTo(single);
    }
  }

  @Test
  void bulkDrawsFillOnlyTheLengthAsked() {
    double[] normals = new double[5];
    new Philox(1).normals(0, 4, normals, 3);
    assertThat(normals[2]).isNotZero();
    assertThat(normals[3]).isZero();
    double[] uniforms = new double[5];
    new Philox(1).uniforms(0, 4, uniforms, 3);
    assertThat(uniforms[2]).isNotZero();
    assertThat(uniforms[3]).isZero();
  }

  @Test
  void streamsAndSeedsDiffer() {
    assertThat(new Philox(1).bits(0, 0)).isNotEqualTo(new Philox(2).bits(0, 0));
    assertThat(new Philox(1).bits(0, 0)).isNotEqualTo(new Philox(1L << 32 | 1).bits(0, 0));
    assertThat(new Philox(1).bits(0, 0)).isNotEqualTo(new Philox(1).bits(1, 0));
    assertThat(new Philox(1).bits(0, 0)).isNotEqualTo(new Philox(1).bits(0, 1L << 33));
  }

  @Test
  void uniformsHaveTheMomentsOfTheUniformDistribution() {
    Philox random = new Philox(5);
    int count = 1 << 18;
    double[] u = IntStream.range(0, count).mapToDouble(k -> random.uniform(0, k)).toArray();
    assertThat(Arrays.stream(u)).allMatch(value -> value > 0 && value < 1);
    // Standard errors: √(1/12/count) = 5.6e-4 and √(1/180/count) = 1.5e-4. Five of them.
    assertThat(moment(u, 0.5, 1)).isCloseTo(0, within(2.8e-3));
    assertThat(moment(u, 0.5, 2)).isCloseTo(1 / 12.0, within(7.3e-4));
  }

  @Test
  void normalsHaveTheMomentsOfTheNormalDistribution() {
    int count = 1 << 18;
    double[] g = new double[count];
    new Philox(6).normals(0, 0, g);
    // Standard errors of the moments are √(Var g^k / count), Var g^k = 1, 2, 15, 96. Five of them.
    assertThat(moment(g, 0, 1)).isCloseTo(0, within(5 * Math.sqrt(1.0 / count)));
    assertThat(moment(g, 0, 2)).isCloseTo(1, within(5 * Math.sqrt(2.0 / count)));
    assertThat(moment(g, 0, 3)).isCloseTo(0, within(5 * Math.sqrt(15.0 / count)));
    assertThat(moment(g, 0, 4)).isCloseTo(3, within(5 * Math.sqrt(96.0 / count)));
    double covariance =
        IntStream.range(0, count / 2).mapToDouble(k -> g[2 * k] * g[2 * k + 1]).sum();
    assertThat(covariance / (count / 2.0)).isCloseTo(0, within(5 * Math.sqrt(2.0 / count)));
  }

  private static double moment(double[] values, double centre, int power) {
    double sum = 0;
    for (double value : values) {
      sum += Math.pow(value - centre, power);
    }
    return sum / values.length;
  }

  /** Pairs of 32-bit words in hexadecimal, lowest word first. */
  private static long[] longs(String words) {
    String[] hex = words.split(" ", -1);
    return IntStream.range(0, hex.length / 2)
        .mapToLong(k ->
            HexFormat.fromHexDigitsToLong(hex[2 * k])
                | HexFormat.fromHexDigitsToLong(hex[2 * k + 1]) << 32)
        .toArray();
  }
}
