package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.io.NpyFile;
import io.github.relumax.sketch.SamplingMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

final class SamplingCommandTest {
  @TempDir private Path temporary;

  @Test
  void everyMethodAndSizeIsMeasured() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    Path file = temporary.resolve("s.json");
    CommandLineRun run =
        CommandLineRun.of("sampling", problem, "--multiples", "3,20", "--draws", 4, "--json", file);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    JsonNode json = CommandLineRun.json(file);
    assertThat(json.get("at").asString()).isEqualTo("x_star.npy");
    assertThat(json.get("form").asString()).isEqualTo("gauss-newton");
    assertThat(json.get("rank").asInt()).isEqualTo(6);
    List<String> runs = new ArrayList<>();
    for (JsonNode one : json.get("runs")) {
      runs.add(one.get("method").asString() + " " + one.get("multiple").asInt());
      assertThat(one.get("draws")).hasSize(4);
      for (JsonNode draw : one.get("draws")) {
        double least = draw.get("least").asDouble();
        double greatest = draw.get("greatest").asDouble();
        assertThat(least).isBetween(0.0, greatest);
        assertThat(draw.get("epsilon").asDouble()).isEqualTo(Math.max(1 - least, greatest - 1));
        assertThat(draw.get("seconds").asDouble()).isPositive();
      }
    }
    List<String> expected = new ArrayList<>();
    for (SamplingMethod method : SamplingMethod.values()) {
      expected.add(method + " 3");
      expected.add(method + " 20");
      assertThat(run.out()).containsPattern(method + " +3 d +\\d+ ").contains(method + " ");
    }
    assertThat(runs).isEqualTo(expected);
    assertThat(rows(json, "count-sketch", 3)).isEqualTo(32);
    assertThat(rows(json, "gaussian", 3)).isEqualTo(18);
    assertThat(rows(json, "leverage", 20)).isLessThan(150);
    assertThat(worst(json, "exact-leverage", 20)).isLessThan(worst(json, "uniform", 3));
  }

  private static int rows(JsonNode json, String method, int multiple) {
    return run(json, method, multiple).get("draws").get(0).get("rows").asInt();
  }

  private static double worst(JsonNode json, String method, int multiple) {
    double worst = 0;
    for (JsonNode draw : run(json, method, multiple).get("draws")) {
      worst = Math.max(worst, draw.get("epsilon").asDouble());
    }
    return worst;
  }

  private static JsonNode run(JsonNode json, String method, int multiple) {
    for (JsonNode run : json.get("runs")) {
      if (run.get("method").asString().equals(method) && run.get("multiple").asInt() == multiple) {
        return run;
      }
    }
    throw new AssertionError(method + " " + multiple);
  }

  /** Kept and streamed, the same draws; another seed, others. */
  @Test
  void theSeedDecides() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"), "--noise", 0.5);
    List<JsonNode> drawn = new ArrayList<>();
    for (int seed : new int[] {1, 1, 2}) {
      Path file = temporary.resolve(drawn.size() + ".json");
      CommandLineRun run =
          CommandLineRun.of(
              "sampling",
              problem,
              "--draws",
              1,
              "--multiples",
              4,
              "--form",
              "exact",
              "--weight",
              0.01,
              "--at",
              problem.resolve("x0.npy"),
              "--seed",
              seed,
              "--json",
              file);
      assertThat(run.code()).as(run.err()).isZero();
      JsonNode json = CommandLineRun.json(file);
      assertThat(json.get("weight").asString()).isEqualTo("0.01");
      assertThat(json.get("form").asString()).isEqualTo("exact");
      drawn.add(run(json, "leverage", 4).get("draws").get(0).get("epsilon"));
    }
    assertThat(drawn.get(1)).isEqualTo(drawn.get(0));
    assertThat(drawn.get(2)).isNotEqualTo(drawn.get(0));
  }

  @Test
  void thePointIsTheKnownAnswerElseTheStart() throws IOException {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    Files.delete(problem.resolve("x_star.npy"));
    CommandLineRun run = CommandLineRun.of("sampling", problem, "--draws", 1, "--multiples", 2);
    assertThat(run.out()).contains("gauss-newton at x0.npy, ").contains("medians of 1 draw ");
    Files.delete(problem.resolve("x0.npy"));
    CommandLineRun none = CommandLineRun.of("sampling", problem);
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.err()).contains("has no x_star.npy and no x0.npy; name a point by --at");
  }

  @Test
  void directionsThatAreNotThereAreLeftOut() {
    Path problem = temporary.resolve("p");
    assertThat(CommandLineRun.of("generate", problem, "--m", 5, "--n", 60, "--d", 6).code())
        .isZero();
    CommandLineRun run = CommandLineRun.of("sampling", problem, "--draws", 1);
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("It has 4 of 6 directions here");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--multiples 0 | --multiples 0: expected 1 or more | 2",
        "--multiples , | --multiples: expected one or more whole numbers | 2",
        "--multiples 4,x | 'x' is no whole number | 2",
        "--multiples 2000000000 | samples of 12000000000 rows take | 4",
        "--draws 0 | --draws 0: expected 1 or more | 2",
        "--form full | 'full' is none of gauss-newton, exact | 2",
        "--at nowhere.npy | --at nowhere.npy: no such file | 2",
        "--json nowhere/s.json | nowhere | 2"
      })
  void refusals(String options, String message, int code) {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    int space = options.indexOf(' ');
    CommandLineRun run =
        CommandLineRun.of(
            "sampling", problem, options.substring(0, space), options.substring(space + 1));
    assertThat(run.err()).contains(message);
    assertThat(run.code()).isEqualTo(code);
  }

  /** With one word softmax is 1 whatever x is. */
  @Test
  void aPointWithoutCurvatureIsRefused() {
    Path problem = temporary.resolve("p");
    assertThat(CommandLineRun.of("generate", problem, "--m", 1, "--n", 60, "--d", 6).code())
        .isZero();
    CommandLineRun run = CommandLineRun.of("sampling", problem);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("x_star.npy: H is 0 at this x, there is nothing to sample from");
    assertThat(CommandLineRun.of("sampling", problem, "--weight", 1, "--draws", 1).code()).isZero();
  }

  @Test
  void aDeadPointIsRefused() {
    Path problem = CommandLineRun.planted(temporary.resolve("p"));
    Path zero = temporary.resolve("zero.npy");
    NpyFile.writeVector(zero, new double[6]);
    CommandLineRun run = CommandLineRun.of("sampling", problem, "--at", zero);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("no unit is active at this x");
    double[] huge = new double[6];
    Arrays.fill(huge, 1e308);
    NpyFile.writeVector(zero, huge);
    assertThat(CommandLineRun.of("sampling", problem, "--at", zero).err())
        .contains("the loss overflows at this x");
  }
}
