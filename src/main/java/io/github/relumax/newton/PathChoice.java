package io.github.relumax.newton;

import io.github.relumax.objective.CurvaturePath;
import java.util.Locale;
import java.util.Optional;

/** Whether C = A2 diag(mask) A1 is kept. */
public enum PathChoice {
  /** {@link CurvaturePath#KEPT} where its memory is there, else streamed. */
  AUTO(null),
  KEPT(CurvaturePath.KEPT),
  STREAMED(CurvaturePath.STREAMED);

  private final CurvaturePath path;

  PathChoice(CurvaturePath path) {
    this.path = path;
  }

  /** The path asked for; empty for {@link #AUTO}. */
  public Optional<CurvaturePath> forced() {
    return Optional.ofNullable(path);
  }

  /** The choice of this path. */
  public static PathChoice of(CurvaturePath path) {
    return switch (path) {
      case KEPT -> KEPT;
      case STREAMED -> STREAMED;
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
