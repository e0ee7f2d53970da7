package io.github.relumax.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.newton.Approximation;
import io.github.relumax.newton.Iteration;
import io.github.relumax.newton.StepMethod;
import io.github.relumax.theory.Weights;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

final class RenderingTest {
  private static final Iteration START =
      new Iteration(
          0,
          1e-3,
          1e-3,
          0,
          5e-3,
          0,
          0,
          Double.NaN,
          1e-3,
          null,
          276,
          0,
          0,
          0,
          Approximation.NONE,
          0.25);
  private static final Iteration STEP =
      new Iteration(
          12,
          3.25e-20,
          3e-20,
          0.25e-20,
          5e-3,
          0.5,
          1,
          0.75,
          1e-3,
          CurvatureForm.EXACT,
          1_234_567,
          45,
          6,
          0,
          new Approximation(0.125, 2345, 4),
          12345.6784);

  @Test
  void theTableIsAligned() {
    for (StepMethod method : StepMethod.values()) {
      IterationTable table = new IterationTable(method);
      for (Iteration iteration : new Iteration[] {START, STEP}) {
        assertThat(table.row(iteration)).hasSameSizeAs(table.header());
      }
    }
  }

  @Test
  void theTableShowsWhatIsThere() {
    IterationTable table = new IterationTable(StepMethod.FULL);
    assertThat(table.row(START).split(" +"))
        .containsExactly(
            "", "0", "1.0000000e-03", "5.000e-03", "-", "-", "-", "276", "-", "-", "0.250");
    assertThat(table.row(STEP).split(" +"))
        .containsExactly(
            "",
            "12",
            "3.2500000e-20",
            "5.000e-03",
            "5.000e-01",
            "0.750",
            "1.0e-03",
            "1234567",
            "45",
            "6",
            "12345.678");
    IterationTable sampled = new IterationTable(StepMethod.SAMPLED);
    assertThat(sampled.row(START)).endsWith("0.250         -         -         -");
    assertThat(sampled.row(STEP)).endsWith("12345.678      2345   1.3e-01         4");
  }

  @ParameterizedTest
  @CsvSource({"99.9994, 99.999", "100, 1e+02", "-851685758390435, -9e+14"})
  void aGainFitsItsColumn(double gain, String text) {
    Iteration step =
        new Iteration(
            1, 1, 1, 0, 1, 1, 1, gain, 1, CurvatureForm.EXACT, 1, 0, 0, 0, Approximation.NONE, 1);
    IterationTable table = new IterationTable(StepMethod.FULL);
    assertThat(table.row(step)).contains(" " + text + " ").hasSameSizeAs(table.header());
  }

  @ParameterizedTest
  @CsvSource({
    "0,0 bytes",
    "1023,1023 bytes",
    "1024,1.0 KiB",
    "1610612736,1.5 GiB",
    "9223372036854775807,8.0 EiB"
  })
  void bytesHaveUnits(long bytes, String text) {
    assertThat(Format.bytes(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "0.0123,0.012 s",
    "59.94,59.9 s",
    "125,2 min 05 s",
    "7200,2 h 00 min",
    "90061,25 h 01 min"
  })
  void secondsHaveUnits(double seconds, String text) {
    assertThat(Format.seconds(seconds)).isEqualTo(text);
  }

  @Test
  void theLineOfAWeightSaysWhereThereIsNoPublishedOne() {
    double[] rows = {0.25};
    assertThat(WeightsText.line(new Weights(1e-3, 0.5, 1, rows, Double.NaN)))
        .isEqualTo(
            "w = 5.000e-01, the smallest with Hess >= 1.000e-03 I; by B and σmin 1.000e+00,"
                + " published needs ‖b‖₁ <= 1");
    assertThat(WeightsText.line(new Weights(1e-3, 0.5, 1, rows, 2)))
        .endsWith("published 2.000e+00");
  }

  @Test
  void aNumberThatIsNotFiniteIsNullInJson() {
    ObjectNode json = JsonReport.object();
    JsonReport.put(json, "nan", Double.NaN);
    JsonReport.put(json, "infinity", Double.NEGATIVE_INFINITY);
    JsonReport.put(json, "number", 0.5);
    assertThat(JsonReport.text(json).replaceAll("\\s", ""))
        .isEqualTo("{\"nan\":null,\"infinity\":null,\"number\":0.5}");
  }

  @ParameterizedTest
  @CsvSource({"3,3,3,3", "4 1,1,2.5,4", "9 1 2,1,2,9", "8 1 2 4,1,3,8"})
  void theMedianIsInTheMiddle(String values, double least, double median, double greatest) {
    List<Double> numbers = Arrays.stream(values.split(" ")).map(Double::valueOf).toList();
    assertThat(Spread.of(numbers)).isEqualTo(new Spread(least, median, greatest));
  }

  @Test
  void noValuesHaveNoSpread() {
    assertThatThrownBy(() -> Spread.of(List.of())).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theDistanceIsRelative() {
    assertThat(SolveRecord.relativeDistance(new double[] {3, 8}, new double[] {3, 4}))
        .isEqualTo(0.8);
  }
}
