package io.github.relumax.report;

import java.util.Locale;

/** Numbers as text, the same in every locale. */
public final class Format {
  private static final String[] BINARY_UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private Format() {}

  /** Digits after the point as given: 0.29 for 2. */
  public static String fixed(double value, int digits) {
    return format("%." + digits + "f", value);
  }

  /** Such as 1.234e-05. */
  public static String scientific(double value) {
    return scientific(value, 3);
  }

  /** The same with another number of digits after the point. */
  public static String scientific(double value, int digits) {
    return format("%." + digits + "e", value);
  }

  /** Digits in groups of three: 12,345. */
  public static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** Such as 512 bytes or 1.5 GiB. */
  public static String bytes(long bytes) {
    if (bytes < 1024) {
      return bytes + " bytes";
    }
    double value = bytes / 1024.0;
    int unit = 0;
    while (value >= 1024 && unit < BINARY_UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return fixed(value, 1) + " " + BINARY_UNITS[unit];
  }

  /** Such as 1 iteration or 12 iterations. */
  public static String iterations(int count) {
    return count == 1 ? "1 iteration" : count + " iterations";
  }

  /** Such as 0.123 s, 12.3 s or 2 h 03 min. */
  public static String seconds(double seconds) {
    if (seconds < 10) {
      return fixed(seconds, 3) + " s";
    }
    if (seconds < 120) {
      return fixed(seconds, 1) + " s";
    }
    long whole = Math.round(seconds);
    return whole < 7200
        ? String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60)
        : String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole % 3600 / 60);
  }

  private static String format(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
