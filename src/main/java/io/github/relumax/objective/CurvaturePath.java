package io.github.relumax.objective;

import java.util.Locale;

/** How the d x d matrix comes from C = A2 diag(mask) A1 (m x d). */
public enum CurvaturePath {
  /**
   * C is kept whole, and follows x by the units that flip. The fastest path, for 8 m d bytes of
   * memory. Where A2's non-zeros alone are kept and the columns of the active units take less, it
   * is not formed.
   */
  KEPT,
  /**
   * C is never whole: blocks of its rows are formed one after the other, added to the matrix, and
   * forgotten. Everything else goes through A1 and A2, which are read in the order of their rows. A
   * C of a single block stays.
   */
  STREAMED;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
