package io.github.relumax.backend;

/** A primitive of {@link Backend}, for figures. Its text is the name of the method. */
public enum Primitive {
  UPLOAD("upload"),
  UPLOAD_ROWS("uploadRows"),
  ALLOCATE("allocate"),
  WRITE("write"),
  READ("read"),
  COPY("copy"),
  DOT("dot"),
  COMBINE("combine"),
  STEPS("steps"),
  MULTIPLY("multiply"),
  MULTIPLY_TRANSPOSED("multiplyTransposed"),
  RELU("relu"),
  MASK("mask"),
  SETTLE("settle"),
  ACTIVE_UNITS("activeUnits"),
  FLIPPED_UNITS("flippedUnits"),
  FLIP_CORRECTIONS("flipCorrections"),
  ADD_COLUMNS("addColumns"),
  /** {@link Backend#accumulate} with keep = 0: C from all active units, bound by arithmetic. */
  ACCUMULATE_NEW("accumulateNew"),
  /** {@link Backend#accumulate} with keep = 1: a few units, bound by reading and writing C. */
  ACCUMULATE_MORE("accumulateMore"),
  SOFTMAX("softmax"),
  LOSSES("losses"),
  CURVATURE_WEIGHTS("curvatureWeights"),
  APPLY_CURVATURE("applyCurvature"),
  GRAM("gram"),
  GRAM_OF_UNITS("gramOfUnits"),
  RANK_TWO("rankTwo"),
  SCALE("scale"),
  FACTOR("factor"),
  SOLVE("solve"),
  SOLVE_FORWARD("solveForward"),
  SOLVE_TRANSPOSED("solveTransposed"),
  CURVATURE_TIMES("curvatureTimes"),
  NORMALS("normals"),
  COUNT_SKETCH("countSketch"),
  ROW_SCORES("rowScores"),
  SAMPLE_ROWS("sampleRows"),
  SAMPLE_WEIGHTS("sampleWeights"),
  GATHER_ROWS("gatherRows");

  private final String label;

  Primitive(String label) {
    this.label = label;
  }

  @Override
  public String toString() {
    return label;
  }
}
