package io.github.relumax.newton;

import io.github.relumax.model.InvalidInputException;

/**
 * How many rows of A2 the coarse problem has that a solve begins with ({@link CoarseStart}).
 *
 * @param count rows; 0 for no coarse problem, below 0 for what suits the sizes
 */
public record CoarseRows(int count) {
  /** As many as suit the sizes, and none where they would stand for too little of the whole. */
  public static final CoarseRows AUTO = new CoarseRows(-1);

  /** No coarse problem. */
  public static final CoarseRows NONE = new CoarseRows(0);

  /**
   * So many; none where A2 has no more.
   *
   * @throws InvalidInputException if the count is below 1
   */
  public static CoarseRows of(int count) {
    if (count < 1) {
      throw new InvalidInputException("coarse-rows: " + count + ", expected 1 or more");
    }
    return new CoarseRows(count);
  }

  /**
   * What {@link #toString} writes.
   *
   * @throws InvalidInputException if it is neither auto nor none nor a number above 0
   */
  public static CoarseRows parse(String text) {
    return switch (text) {
      case "auto" -> AUTO;
      case "none" -> NONE;
      default -> {
        try {
          yield of(Integer.parseInt(text));
        } catch (NumberFormatException e) {
          throw new InvalidInputException(
              "coarse-rows: '" + text + "', expected auto, none or a number of rows", e);
        }
      }
    };
  }

  boolean isAuto() {
    return count < 0;
  }

  @Override
  public String toString() {
    return isAuto() ? "auto" : count == 0 ? "none" : Integer.toString(count);
  }
}
