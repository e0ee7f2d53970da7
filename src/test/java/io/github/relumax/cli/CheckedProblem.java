package io.github.relumax.cli;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** A planted problem that {@link GpuCheck} solves on both backends. */
record CheckedProblem(String name, int m, int n, int d, Dtype dtype) {
  private static final Pattern SIZES = Pattern.compile("(\\d{1,9})x(\\d{1,9})x(\\d{1,9})");

  /** Every preset, and the smallest one stored as float32 too. */
  static final String DEFAULTS = "small,small:f32,medium,opt125m,wide,tall";

  /** A preset or MxNxD, and :f32 where A2 is to be stored in float32. */
  static CheckedProblem parse(String text) {
    String sizes = text.endsWith(":f32") ? text.substring(0, text.length() - 4) : text;
    Dtype dtype = sizes.equals(text) ? Dtype.F64 : Dtype.F32;
    Matcher matcher = SIZES.matcher(sizes);
    if (matcher.matches()) {
      return new CheckedProblem(
          text,
          Integer.parseInt(matcher.group(1)),
          Integer.parseInt(matcher.group(2)),
          Integer.parseInt(matcher.group(3)),
          dtype);
    }
    return Arrays.stream(Preset.values())
        .filter(preset -> preset.toString().equals(sizes))
        .findFirst()
        .map(preset -> new CheckedProblem(text, preset.m(), preset.n(), preset.d(), dtype))
        .orElseThrow(() ->
            new TypeConversionException(
                "'%s' is neither MxNxD nor one of %s"
                    .formatted(sizes, Arrays.toString(Preset.values()))));
  }

  List<String> sizes() {
    return List.of(
        "--m",
        String.valueOf(m),
        "--n",
        String.valueOf(n),
        "--d",
        String.valueOf(d),
        "--dtype",
        dtype.toString());
  }
}
