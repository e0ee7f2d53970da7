package io.github.relumax.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.newton.Phase;
import io.github.relumax.newton.StepMethod;
import io.github.relumax.objective.CurvaturePath;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The model against numbers worked out by hand. */
final class CostModelTest {
  private static final Workload LOAD =
      new Workload(10_000, 1_000, 100, ElementType.FLOAT32, 400, 5, 8, 900);

  /** 1 ns an operation of a product, 2 of a Gram matrix, 4 a byte; 0.1 ms a call. */
  private static final Rates RATES = new Rates(1, 0.5, 0.25, 10);

  private final Prediction kept =
      CostModel.predict(LOAD, CurvaturePath.KEPT, StepMethod.FULL, RATES);
  private final Prediction streamed =
      CostModel.predict(LOAD, CurvaturePath.STREAMED, StepMethod.FULL, RATES);

  /** A solve of its own, with the rows of A2 copied first, and a pass over A2 for f. */
  @Test
  void aCoarseProblemTakesWhatASolveOfItsSizeDoes() {
    Workload.Coarse coarse = new Workload.Coarse(500, StepMethod.FULL, 6, false);
    Workload load = LOAD.after(coarse, 1, 0);
    Prediction whole = CostModel.predict(load, CurvaturePath.KEPT, StepMethod.FULL, RATES);
    Workload own = Workload.usual(500, 1_000, 100, ElementType.FLOAT32, 400, 6, 500);
    Prediction part = CostModel.predict(own, CurvaturePath.KEPT, StepMethod.FULL, RATES);
    double copied = 1e-9 * (400 * 10_000 + 8 * 4 * 500 * 1_000) / 0.25;
    assertThat(whole.seconds(Phase.COARSE)).isCloseTo(part.seconds() + copied, within(1e-12));
    assertThat(step(whole, "A2 relu(A1 x0), softmax").bytes())
        .isEqualTo(4.0 * 10_000 * 1_000 + 120 * 10_000);
    assertThat(whole.steps())
        .extracting(Step::name)
        .doesNotContain("first trial points through A2");
    assertThat(whole.times(step(whole, "C p"))).isEqualTo(1);
    assertThat(step(whole, "columns of A2 that flip").seconds()).isZero();
    assertThat(whole.steps()).extracting(Step::name).doesNotContain("update C");
  }

  /** Its loss and gradient are asked for, and C is not formed. */
  @Test
  void aCoarseProblemThatLeavesNoLossEndsTheSolve() {
    Workload.Coarse coarse = new Workload.Coarse(500, StepMethod.FULL, 6, false);
    Workload load = LOAD.after(coarse, 8, 0);
    for (CurvaturePath path : CurvaturePath.values()) {
      Prediction whole = CostModel.predict(load, path, StepMethod.FULL, RATES);
      Prediction lossless = CostModel.predict(load.lossless(), path, StepMethod.FULL, RATES);
      assertThat(lossless.seconds(Phase.COARSE)).isEqualTo(whole.seconds(Phase.COARSE));
      double passes = 1e-9 * (3 * 4e7 + 2 * 120 * 10_000) / 0.25;
      assertThat(lossless.seconds())
          .isCloseTo(lossless.seconds(Phase.COARSE) + passes, within(1e-12))
          .isEqualTo(lossless.startSeconds());
    }
  }

  /** Where the first look is the last, no step is taken. */
  @Test
  void aSolveWithoutIterationsIsItsStart() {
    Workload none = new Workload(10_000, 1_000, 100, ElementType.FLOAT32, 400, 5, 0, 900);
    for (StepMethod method : StepMethod.values()) {
      Prediction prediction = CostModel.predict(none, CurvaturePath.KEPT, method, RATES);
      assertThat(prediction.seconds()).isEqualTo(prediction.startSeconds()).isPositive();
    }
  }

  /** Its rows' non-zeros come from those of A2, and are not looked for again. */
  @Test
  void aCoarseProblemTakesNonZerosThatAreThere() {
    Workload.Coarse coarse = new Workload.Coarse(500, StepMethod.FULL, 6, false);
    Workload load = LOAD.withNonZeros(600_000, 14_400_000).after(coarse, 1, 0);
    Prediction whole = CostModel.predict(load, CurvaturePath.KEPT, StepMethod.FULL, RATES);
    assertThat(step(whole, "choose rows of A2, copy them").bytes())
        .isEqualTo(400.0 * 10_000 + 7 * 24 * 30_000);
    assertThat(step(whole, "non-zeros of A2").bytes())
        .isEqualTo(2.0 * 4 * 10_000 * 1_000 + 14_400_000);
    Workload own =
        Workload.usual(500, 1_000, 100, ElementType.FLOAT32, 400, 6, 500)
            .withNonZeros(30_000, 720_000);
    Prediction part = CostModel.predict(own, CurvaturePath.KEPT, StepMethod.FULL, RATES);
    assertThat(step(whole, "500 rows, 6 iterations").seconds())
        .isCloseTo(part.seconds() - step(part, "non-zeros of A2").seconds(), within(1e-12));
  }

  @Test
  void formingCTakesItsOperations() {
    Step form = step(kept, "form C = A2 diag(mask) A1");
    assertThat(form.phase()).isEqualTo(Phase.EVALUATE);
    assertThat(form.once()).isTrue();
    assertThat(form.flops()).isEqualTo(2.0 * 10_000 * 100 * 400);
    assertThat(form.bytes()).isEqualTo(4.0 * 10_000 * 1_000 + 8.0 * 10_000 * 100);
    // 100 columns fill 120 of the panels', the 256 of the measured rate 264.
    assertThat(form.seconds()).isCloseTo(0.8 * (120 / 100.0) * (256 / 264.0), within(1e-12));
    assertThat(kept.times(form)).isEqualTo(1);
  }

  /** Those of C, read and written, and the cache lines of five columns at 0.4 of the rate. */
  @Test
  void updatingCByFewUnitsTakesItsBytes() {
    Step update = step(kept, "update C");
    assertThat(update.flops()).isEqualTo(2.0 * 10_000 * 100 * 5);
    assertThat(update.bytes()).isEqualTo(2.0 * 8 * 10_000 * 100 + 64 * 5 * 10_000);
    assertThat(update.seconds()).isCloseTo(0.064 + 0.0128 / 0.4, within(1e-12));
    assertThat(kept.times(update)).isEqualTo(8);
  }

  /** A cache line for each entry of 1.3 times the flips, until that is more than all of A2. */
  @ParameterizedTest
  @CsvSource({"5, 4_160_000", "48, 39_936_000", "49, 40_000_000", "400, 40_000_000"})
  void gatheringColumnsReadsA2AtMostOnce(double flips, double bytes) {
    Workload load = new Workload(10_000, 1_000, 100, ElementType.FLOAT32, 400, flips, 8, 900);
    Prediction prediction = CostModel.predict(load, CurvaturePath.KEPT, StepMethod.FULL, RATES);
    assertThat(step(prediction, "columns of A2 that flip").bytes()).isEqualTo(bytes);
  }

  @Test
  void aPassOverCOrA2TakesItsBytes() {
    assertThat(step(kept, "C p").seconds()).isCloseTo(0.032, within(1e-12));
    assertThat(step(kept, "C x, Cᵀ gz").seconds()).isCloseTo(0.064, within(1e-12));
    assertThat(step(streamed, "A2ᵀ gz").seconds()).isCloseTo(0.16, within(1e-12));
    assertThat(step(streamed, "A2 relu(A1 x)").bytes()).isEqualTo(4e7);
  }

  @Test
  void aStreamedCIsFormedForEveryMatrix() {
    Step blocks = step(streamed, "blocks of C = A2 diag(mask) A1");
    Step gram = step(streamed, "Gram matrix of C");
    assertThat(blocks.once()).isFalse();
    assertThat(blocks.flops() / gram.flops()).isCloseTo(2.0 * 400 / 101, within(1e-12));
    // MATRICES of them in an iteration.
    assertThat(gram.flops()).isCloseTo(1.2 * 10_000 * 100 * 101, within(1.0));
    double computed = 120 * 144 / (100 * 101.0);
    double computedWhereMeasured = 264 * 288 / (256 * 257.0);
    assertThat(gram.seconds())
        .isCloseTo(2e-9 * gram.flops() * computed / computedWhereMeasured, within(1e-12));
  }

  @Test
  void aSolveIsItsStartAndItsIterations() {
    for (Prediction prediction : new Prediction[] {kept, streamed}) {
      double phases = 0;
      for (Phase phase : Phase.values()) {
        phases += prediction.seconds(phase);
      }
      assertThat(prediction.seconds()).isCloseTo(phases, within(1e-12 * phases));
      assertThat(prediction.seconds())
          .isEqualTo(prediction.startSeconds() + 8 * prediction.iterationSeconds());
    }
    assertThat(kept.iterationSeconds()).isLessThan(streamed.iterationSeconds());
    assertThat(kept.startSeconds()).isGreaterThan(streamed.startSeconds());
  }

  /** A tenth of the entries, 12 bytes each by rows and 12 by columns. */
  @Test
  void ofACompressedA2TheNonZerosCount() {
    Workload load = LOAD.withNonZeros(1_000_000, 24_000_000);
    Prediction sparse = CostModel.predict(load, CurvaturePath.KEPT, StepMethod.FULL, RATES);
    Step form = step(sparse, "form C = A2 diag(mask) A1");
    assertThat(form.flops()).isCloseTo(2.0 * 1_000_000 * 100 * 0.4, within(1e-3));
    assertThat(form.bytes()).isEqualTo(1.2e7 + 8.0 * 10_000 * 100);
    assertThat(step(sparse, "first trial points through A2").flops()).isEqualTo(8e6);
    Step columns = step(sparse, "columns of A2 that flip");
    assertThat(columns.bytes()).isEqualTo(1.2e7 * 6.5 / 1000);
    assertThat(columns.seconds()).isCloseTo(4e-9 * 1.2e7 * 6.5 / 1000, within(1e-12));
    Prediction blocks = CostModel.predict(load, CurvaturePath.STREAMED, StepMethod.FULL, RATES);
    assertThat(step(blocks, "A2ᵀ gz").bytes()).isEqualTo(1.2e7);
    assertThat(step(blocks, "A2ᵀ gz").flops()).isEqualTo(2e6);
    assertThat(sparse.seconds()).isLessThan(kept.seconds());
  }

  /** A first ladder of four points, before steps are trusted. */
  @Test
  void theFirstTrialPointsReadA2Once() {
    Step first = step(kept, "first trial points through A2");
    assertThat(first.once()).isTrue();
    assertThat(first.flops()).isEqualTo(4 * 2.0 * 10_000 * 1_000);
    assertThat(first.bytes()).isEqualTo(4e7);
  }

  @Test
  void everyCallTakesAWhileToBegin() {
    for (Prediction prediction : new Prediction[] {kept, streamed}) {
      Rates slow = new Rates(1, 0.5, 0.25, 1);
      Prediction slower = CostModel.predict(LOAD, prediction.path(), StepMethod.FULL, slow);
      // 18 of them in each of 8 iterations, 0.9 ms more each.
      assertThat(slower.seconds() - prediction.seconds()).isCloseTo(8 * 0.0162, within(1e-12));
      assertThat(slower.seconds(Phase.TRIAL) - prediction.seconds(Phase.TRIAL))
          .isCloseTo(8 * 5 * 0.0009, within(1e-12));
    }
  }

  /** Passes over C of 8 MB at 0.6 of the rate of plain ones. */
  @Test
  void sampledRowsAreScoredOnceAtLeast() {
    double pass = 0.032 / 0.6;
    Prediction cg = CostModel.predict(LOAD, CurvaturePath.KEPT, StepMethod.SKETCH_CG, RATES);
    assertThat(step(cg, "sketch, scores").seconds()).isCloseTo(0.45 * 2 * pass, within(1e-12));
    assertThat(step(cg, "Gram matrix of sampled rows").flops()).isEqualTo(900.0 * 100 * 101);
    assertThat(step(cg, "products with H").seconds()).isCloseTo(4 * pass, within(1e-12));
    Step last = step(cg, "products with H, last step");
    assertThat(last.seconds()).isCloseTo(2 * pass, within(1e-12));
    assertThat(last.flops()).isEqualTo(2 * 4.0 * 10_000 * 100);
    assertThat(cg.times(last)).isEqualTo(1);
    Workload two = new Workload(10_000, 1_000, 100, ElementType.FLOAT32, 400, 5, 2, 900);
    Prediction few = CostModel.predict(two, CurvaturePath.KEPT, StepMethod.SAMPLED, RATES);
    assertThat(step(few, "sketch, scores").bytes()).isEqualTo(0.5 * 2 * 8e6);
    assertThat(step(few, "products with H, for ε").seconds()).isCloseTo(4 * pass, within(1e-12));
  }

  /** Twice the iterations, twice their time; twice the rates, half the time but for waiting. */
  @Test
  void timeGoesWithIterationsAndRates() {
    Workload longer = new Workload(10_000, 1_000, 100, ElementType.FLOAT32, 400, 5, 16, 900);
    double extra =
        CostModel.predict(longer, CurvaturePath.KEPT, StepMethod.FULL, RATES).seconds()
            - kept.seconds();
    assertThat(extra).isCloseTo(8 * kept.iterationSeconds(), within(1e-9));
    double pivots = 8 * 1.4 * 100 * 0.8e-6;
    Rates twice = new Rates(2, 1, 0.5, 20);
    assertThat(CostModel.predict(LOAD, CurvaturePath.KEPT, StepMethod.FULL, twice).seconds())
        .isCloseTo(kept.seconds() / 2 + pivots / 2, within(1e-9));
  }

  private static Step step(Prediction prediction, String name) {
    return prediction.steps().stream()
        .filter(step -> step.name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
