package io.github.relumax.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** StrictMath is the oracle. */
class BoxMullerTest {
  private static final double ULP = 0x1p-52;

  @Test
  void logIsAccurateRelatively() {
    for (double u : samples()) {
      double expected = StrictMath.log(u);
      assertThat(BoxMuller.log(u)).isCloseTo(expected, within(-3 * ULP * expected));
    }
  }

  @Test
  void sineAndCosineAreAccurate() {
    for (double u : samples()) {
      double theta = (u - 0.5) * Math.PI / 2;
      double sine = StrictMath.sin(theta);
      assertThat(BoxMuller.sin(theta)).isCloseTo(sine, within(2 * ULP * Math.abs(sine)));
      assertThat(BoxMuller.cos(theta)).isCloseTo(StrictMath.cos(theta), within(ULP));
    }
  }

  @Test
  void transformFollowsItsFormulaAllAroundTheCircle() {
    double[] pair = new double[4];
    for (double v : samples()) {
      BoxMuller.transform(0.3, v, pair, 1);
      double radius = Math.sqrt(-2 * StrictMath.log(0.3));
      // 2πv is rounded in the oracle, which moves its sine and cosine by up to 2⁻⁵¹.
      assertThat(pair[1]).isCloseTo(radius * StrictMath.cos(2 * Math.PI * v), within(8 * ULP));
      assertThat(pair[2]).isCloseTo(radius * StrictMath.sin(2 * Math.PI * v), within(8 * ULP));
    }
    assertThat(pair[0]).isZero();
    assertThat(pair[3]).isZero();
  }

  @Test
  void theLastUniformsGiveTheLargestNormal() {
    double[] pair = new double[2];
    BoxMuller.transform(0x1p-53, 0x1p-53, pair, 0);
    assertThat(pair[0]).isCloseTo(Math.sqrt(106 * Math.log(2)), within(1e-14));
    BoxMuller.transform(1 - 0x1p-53, 1 - 0x1p-53, pair, 0);
    assertThat(pair[0]).isCloseTo(0x1p-26, within(1e-22));
  }

  /** Uniforms: a fine grid, its neighbours of every eighth, and both ends. */
  private static double[] samples() {
    DoubleStream grid = DoubleStream.iterate(0x1p-14, u -> u < 1, u -> u + 0.97e-4);
    DoubleStream eighths =
        DoubleStream.iterate(0.125, u -> u < 1, u -> u + 0.125)
            .flatMap(u -> DoubleStream.of(Math.nextDown(u), u, Math.nextUp(u)));
    DoubleStream ends =
        DoubleStream.of(0x1p-53, 3 * 0x1p-53, 1 - 0x1p-53, 1 - 3 * 0x1p-53, Math.sqrt(0.5));
    return DoubleStream.concat(grid, DoubleStream.concat(eighths, ends)).toArray();
  }
}
