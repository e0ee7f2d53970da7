package io.github.relumax.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.InsufficientMemoryException;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.random.Philox;
import java.util.Arrays;
import java.util.concurrent.ForkJoinPool;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PlantedProblemTest {
  @ParameterizedTest
  @CsvSource({
    "103, 17, 5, FLOAT64",
    "103, 17, 5, FLOAT32",
    "1, 1, 1, FLOAT64",
    "2, 8195, 3, FLOAT32",
    "7, 3, 4099, FLOAT64"
  })
  void plantsItsSolution(int m, int n, int d, ElementType type) {
    PlantedProblem planted = PlantedProblem.generate(m, n, d, 4, 0, type, 0.3, 11);
    Problem problem = planted.problem();
    assertThat(problem.m()).isEqualTo(m);
    assertThat(problem.n()).isEqualTo(n);
    assertThat(problem.d()).isEqualTo(d);
    assertThat(problem.a1().type()).isEqualTo(ElementType.FLOAT64);
    assertThat(problem.a2().type()).isEqualTo(type);
    assertThat(problem.w()).isEmpty();
    double[] f = softmax(problem, planted.xStar());
    double[] b = problem.b();
    for (int i = 0; i < m; i++) {
      assertThat(b[i]).isCloseTo(f[i], within(1e-13 * f[i]));
    }
  }

  /** Entry (i, j) is draw i n + j of its stream, also where a row is drawn in several parts. */
  @Test
  void numbersItsDrawsRowByRow() {
    Problem problem =
        PlantedProblem.generate(2, 8195, 3, 4, 0, ElementType.FLOAT64, 0, 11).problem();
    Philox random = new Philox(11);
    for (long j : new long[] {0, 1, 4095, 4096, 8192, 8194}) {
      for (int i = 0; i < 2; i++) {
        assertThat(problem.a2().get(i, j))
            .isEqualTo(4 / Math.sqrt(8195) * random.normal(2, i * 8195L + j));
      }
      assertThat(problem.a1().get(j, 2)).isEqualTo(1 / Math.sqrt(3) * random.normal(1, 3 * j + 2));
    }
  }

  @Test
  void hasTheStatedMoments() {
    PlantedProblem planted =
        PlantedProblem.generate(500, 400, 300, 3, 0, ElementType.FLOAT64, 0.25, 1);
    // Five standard errors, √(2 / count), of a mean square of normals.
    assertThat(meanSquare(planted.problem().a1().toArray()) * 300)
        .isCloseTo(1, within(5 * Math.sqrt(2.0 / (400 * 300))));
    assertThat(meanSquare(planted.problem().a2().toArray()) * 400 / 9)
        .isCloseTo(1, within(5 * Math.sqrt(2.0 / (500 * 400))));
    assertThat(meanSquare(planted.xStar())).isCloseTo(1, within(5 * Math.sqrt(2.0 / 300)));
    double[] offset = planted.x0().clone();
    for (int k = 0; k < 300; k++) {
      offset[k] = (offset[k] - planted.xStar()[k]) / 0.25;
    }
    assertThat(meanSquare(offset)).isCloseTo(1, within(5 * Math.sqrt(2.0 / 300)));
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void dependsOnTheSeedAlone(ElementType type) {
    PlantedProblem one = generateWith(1, type, 5);
    PlantedProblem four = generateWith(4, type, 5);
    assertThat(four.problem().a1().toArray()).isEqualTo(one.problem().a1().toArray());
    assertThat(four.problem().a2().toArray()).isEqualTo(one.problem().a2().toArray());
    assertThat(four.problem().b()).isEqualTo(one.problem().b());
    assertThat(four.xStar()).isEqualTo(one.xStar());
    assertThat(four.x0()).isEqualTo(one.x0());
    assertThat(generateWith(4, type, 6).problem().b()).isNotEqualTo(one.problem().b());
  }

  @Test
  void storesTheSameNumbersInBothTypes() {
    Matrix wide = generateWith(2, ElementType.FLOAT64, 5).problem().a2();
    Matrix narrow = generateWith(2, ElementType.FLOAT32, 5).problem().a2();
    double[] rounded = Arrays.stream(wide.toArray()).map(value -> (float) value).toArray();
    assertThat(narrow.toArray()).isEqualTo(rounded);
  }

  @Test
  void noiseMultipliesAndKeepsTheSum() {
    int m = 20_000;
    double[] clean =
        PlantedProblem.generate(m, 3, 2, 1, 0, ElementType.FLOAT64, 0, 8).problem().b();
    double[] noisy =
        PlantedProblem.generate(m, 3, 2, 1, 0.1, ElementType.FLOAT64, 0, 8).problem().b();
    assertThat(Arrays.stream(noisy).sum()).isCloseTo(1, within(1e-12));
    double[] logs = new double[m];
    for (int i = 0; i < m; i++) {
      logs[i] = Math.log(noisy[i] / clean[i]);
    }
    double mean = Arrays.stream(logs).average().orElseThrow();
    double[] centred = Arrays.stream(logs).map(value -> value - mean).toArray();
    assertThat(Math.sqrt(meanSquare(centred))).isCloseTo(0.1, within(5 * 0.1 / Math.sqrt(2.0 * m)));
  }

  @Test
  void startsAtTheSolutionWhenAskedTo() {
    PlantedProblem planted = PlantedProblem.generate(4, 3, 2, 1, 0, ElementType.FLOAT64, 0, 1);
    assertThat(planted.x0()).isEqualTo(planted.xStar()).isNotSameAs(planted.xStar());
  }

  @Test
  void randomStartIsSeededAndUnrelatedToThePlantedPoint() {
    double[] start = PlantedProblem.randomStart(1000, 3);
    assertThat(start).isEqualTo(PlantedProblem.randomStart(1000, 3));
    assertThat(start).isNotEqualTo(PlantedProblem.randomStart(1000, 4));
    assertThat(meanSquare(start)).isCloseTo(1, within(5 * Math.sqrt(2.0 / 1000)));
    PlantedProblem planted = PlantedProblem.generate(1, 1, 1000, 1, 0, ElementType.FLOAT64, 1, 3);
    double dot = 0;
    for (int k = 0; k < 1000; k++) {
      dot += start[k] * planted.xStar()[k];
    }
    assertThat(dot / 1000).isCloseTo(0, within(5 / Math.sqrt(1000)));
  }

  @Test
  void refusesArgumentsOutOfRange() {
    assertInvalid(() -> generate(0, 1, 1, 1, 0, 0), "m: 0, expected");
    assertInvalid(() -> generate(1, -1, 1, 1, 0, 0), "n: -1, expected");
    assertInvalid(() -> generate(1, 1, Integer.MAX_VALUE, 1, 0, 0), "d: 2147483647, expected");
    assertInvalid(() -> generate(1, 1, 1, 0, 0, 0), "scale: 0.0, expected");
    assertInvalid(() -> generate(1, 1, 1, Double.NaN, 0, 0), "scale: NaN, expected");
    assertInvalid(() -> generate(1, 1, 1, 1, -1, 0), "noise: -1.0, expected");
    assertInvalid(() -> generate(1, 1, 1, 1, 0, Double.POSITIVE_INFINITY), "start distance: Inf");
    assertInvalid(() -> PlantedProblem.randomStart(0, 1), "d: 0, expected");
  }

  @Test
  void refusesWhatNoMachineHolds() {
    assertThatThrownBy(() -> generate(Problem.MAX_SIZE, 1_000_000, 1, 1, 0, 0))
        .isInstanceOf(InsufficientMemoryException.class)
        .hasMessageContaining(
            "A2: a 2147483639 x 1000000 float64 matrix needs 17179869112000000 bytes");
  }

  private static PlantedProblem generateWith(int threads, ElementType type, long seed) {
    try (ForkJoinPool pool = new ForkJoinPool(threads)) {
      return pool.submit(() -> PlantedProblem.generate(203, 57, 6, 4, 0.01, type, 0.3, seed))
          .join();
    }
  }

  private static void generate(
      int m, int n, int d, double scale, double noise, double startDistance) {
    PlantedProblem.generate(m, n, d, scale, noise, ElementType.FLOAT64, startDistance, 1);
  }

  private static void assertInvalid(ThrowingCallable call, String begin) {
    assertThatThrownBy(call)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(begin)
        .hasMessageNotContaining("\n");
  }

  private static double meanSquare(double[] values) {
    return Arrays.stream(values).map(value -> value * value).average().orElseThrow();
  }

  /** softmax(A2 relu(A1 x)), as plainly as it can be written. */
  private static double[] softmax(Problem problem, double[] x) {
    double[] h = multiply(problem.a1(), x);
    double[] z = multiply(problem.a2(), Arrays.stream(h).map(v -> Math.max(v, 0)).toArray());
    double max = Arrays.stream(z).max().orElseThrow();
    double[] e = Arrays.stream(z).map(v -> Math.exp(v - max)).toArray();
    double sum = Arrays.stream(e).sum();
    return Arrays.stream(e).map(v -> v / sum).toArray();
  }

  private static double[] multiply(Matrix matrix, double[] v) {
    double[] product = new double[(int) matrix.rows()];
    for (int i = 0; i < product.length; i++) {
      for (int j = 0; j < v.length; j++) {
        product[i] += matrix.get(i, j) * v[j];
      }
    }
    return product;
  }
}
