package io.github.relumax.cli;

import java.util.Locale;

/** The sizes that are measured everywhere, so that figures can be compared. */
enum Preset {
  SMALL(10_000, 1_024, 128),
  MEDIUM(40_000, 3_072, 256),
  /** The vocabulary and the last layer of a language model. */
  OPT125M(50_272, 3_072, 768),
  WIDE(20_000, 16_384, 512),
  TALL(2_000_000, 64, 32);

  private final int m;
  private final int n;
  private final int d;

  Preset(int m, int n, int d) {
    this.m = m;
    this.n = n;
    this.d = d;
  }

  int m() {
    return m;
  }

  int n() {
    return n;
  }

  int d() {
    return d;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
