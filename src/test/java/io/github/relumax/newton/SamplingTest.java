package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.model.InvalidInputException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SamplingTest {
  private static final MathContext DIGITS = new MathContext(40);

  /**
   * The two tails d (e^-ε / (1-ε)^(1-ε))^(s/d) and d (e^ε / (1+ε)^(1+ε))^(s/d) at the size given:
   * below δ together, and near it, since the upper tail alone is δ/2.
   */
  @ParameterizedTest
  @CsvSource({
    "1, 0.5, 0.1",
    "2, 0.99, 0.5",
    "3, 0.1, 0.01",
    "103, 0.3, 1e-6",
    "1000, 0.01, 0.999",
    "40, 1e-3, 0.1",
    "40, 1.2e-4, 0.1"
  })
  void theBoundLetsBothTailsTogetherHaveProbabilityDelta(double d, double epsilon, double delta) {
    double power = Sampling.boundedSize(d, epsilon, delta) / d;
    double upper = d * Math.exp(-power * rate(epsilon));
    double lower = d * Math.exp(-power * rate(-epsilon));
    assertThat(upper).isCloseTo(delta / 2, within(1e-9 * delta));
    assertThat(lower).isLessThanOrEqualTo(upper);
  }

  /** Where the rate or 2 d / δ leave float64, the size is the largest there is. */
  @ParameterizedTest
  @CsvSource({"40, 1e-5, 0.1", "40, 1e-17, 0.1", "1, 1e-200, 0.5", "3, 0.5, 1e-323"})
  void aSizeIsNeverMoreThanAThousandMillionTimesD(double d, double epsilon, double delta) {
    assertThat(Sampling.boundedSize(d, epsilon, delta)).isEqualTo(1e9 * d);
  }

  /** (1 + e) ln(1 + e) - e = Σ_(k>=2) (-e)^k / (k (k-1)), in forty digits. */
  private static double rate(double e) {
    BigDecimal power = BigDecimal.ONE.negate().multiply(new BigDecimal(e));
    BigDecimal term = power;
    BigDecimal sum = BigDecimal.ZERO;
    for (int k = 2; k < 5000; k++) {
      term = term.multiply(power, DIGITS);
      sum = sum.add(term.divide(BigDecimal.valueOf((long) k * (k - 1)), DIGITS), DIGITS);
    }
    return sum.doubleValue();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.999, -3, 1.1e9, Double.NaN, Double.POSITIVE_INFINITY})
  void aMultipleIsFromOneToAThousandMillion(double multiple) {
    assertThatThrownBy(() -> sampling(OptionalDouble.of(multiple), OptionalDouble.empty(), 0.1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("sample: " + multiple + ", expected 1 to 1e9 times d");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -0.5, 2, Double.NaN})
  void epsilonAndDeltaAreBetweenZeroAndOne(double value) {
    assertThatThrownBy(() -> sampling(OptionalDouble.empty(), OptionalDouble.of(value), 0.1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("epsilon: " + value + ", expected between 0 and 1");
    assertThatThrownBy(() -> sampling(OptionalDouble.empty(), OptionalDouble.empty(), value))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("delta: " + value + ", expected between 0 and 1");
  }

  @Test
  void theEndsOfTheRangesAreTaken() {
    for (double multiple : new double[] {1, 1e9}) {
      OptionalDouble epsilon = OptionalDouble.of(Math.nextDown(1.0));
      Sampling sampling = sampling(OptionalDouble.of(multiple), epsilon, Double.MIN_VALUE);
      assertThat(NewtonOptions.DEFAULTS.withSampling(sampling).sampling()).isEqualTo(sampling);
    }
  }

  private static Sampling sampling(OptionalDouble multiple, OptionalDouble epsilon, double delta) {
    return new Sampling(multiple, epsilon, delta, 1);
  }
}
