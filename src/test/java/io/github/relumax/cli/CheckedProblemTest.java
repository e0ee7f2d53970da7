package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

final class CheckedProblemTest {
  @Test
  void aPresetAndSizesAreRead() {
    assertThat(CheckedProblem.parse("medium"))
        .isEqualTo(new CheckedProblem("medium", 40_000, 3_072, 256, Dtype.F64));
    assertThat(CheckedProblem.parse("300x60x6:f32"))
        .isEqualTo(new CheckedProblem("300x60x6:f32", 300, 60, 6, Dtype.F32));
  }

  @Test
  void everyPresetIsChecked() {
    assertThat(CheckedProblem.DEFAULTS.split(","))
        .contains("small:f32")
        .containsAll(Arrays.stream(Preset.values()).map(Preset::toString).toList())
        .allSatisfy(CheckedProblem::parse);
  }

  @Test
  void anythingElseIsRefused() {
    assertThatThrownBy(() -> CheckedProblem.parse("3x4"))
        .isInstanceOf(TypeConversionException.class)
        .hasMessage("'3x4' is neither MxNxD nor one of [small, medium, opt125m, wide, tall]");
  }
}
