package io.github.relumax.newton;

import static io.github.relumax.backend.CurvatureForm.EXACT;
import static io.github.relumax.backend.CurvatureForm.GAUSS_NEWTON;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.CurvatureForm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FormChoiceTest {
  private static final double FAIR = 0.9;

  private final FormChoice choice = new FormChoice(Curvature.AUTO);

  /** Steps of the form that is chosen. */
  private void step(double... gainRatios) {
    for (double gainRatio : gainRatios) {
      choice.accepted(choice.form(), gainRatio);
    }
  }

  @Test
  void theExactHessianTakesOverAfterThreeStepsThatWereNotGood() {
    step(FAIR, 1.1);
    assertThat(choice.form()).isEqualTo(GAUSS_NEWTON);
    step(0.25);
    assertThat(choice.form()).isEqualTo(EXACT);
  }

  /** A good one needs no other curvature, and after a poor one the model is another one anyway. */
  @ParameterizedTest
  @ValueSource(doubles = {1, 1.049, 0.951, 0.249, -1})
  void oneStepThatIsGoodOrPoorPutsItOff(double gainRatio) {
    step(FAIR, FAIR, gainRatio, FAIR, FAIR);
    assertThat(choice.form()).isEqualTo(GAUSS_NEWTON);
    step(FAIR);
    assertThat(choice.form()).isEqualTo(EXACT);
  }

  @Test
  void itStaysWhateverItsStepsGainUntilItFails() {
    step(FAIR, FAIR, FAIR, 0.01, 1, FAIR);
    assertThat(choice.form()).isEqualTo(EXACT);
    choice.restart();
    step(FAIR, FAIR);
    assertThat(choice.form()).isEqualTo(GAUSS_NEWTON);
    step(FAIR);
    assertThat(choice.form()).isEqualTo(EXACT);
  }

  @ParameterizedTest
  @EnumSource(
      value = Curvature.class,
      names = {"EXACT", "GAUSS_NEWTON", "DIAGONAL"})
  void whereThereIsOneFormItIsThat(Curvature curvature) {
    FormChoice only = new FormChoice(curvature);
    CurvatureForm form = only.form();
    assertThat(form).isEqualTo(curvature == Curvature.EXACT ? EXACT : GAUSS_NEWTON);
    for (int k = 0; k < 9; k++) {
      only.accepted(form, FAIR);
      assertThat(only.form()).isEqualTo(form);
    }
  }
}
