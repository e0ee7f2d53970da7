package io.github.relumax.io;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.InvalidInputException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the dict literal of an .npy header, for instance
 *
 * <pre>
 *     {'descr': '&lt;f8', 'fortran_order': False, 'shape': (3, 4), }
 * </pre>
 *
 * and nothing more of Python than NumPy writes there for plain arrays: exactly these three keys, in
 * any order. One pass, no recursion.
 */
final class NpyHeaderParser {
  /** NumPy's arrays have at most this many dimensions. */
  private static final int MAX_DIMENSIONS = 64;

  private final String text;
  private final String name;
  private int at;

  private NpyHeaderParser(String text, String name) {
    this.text = text;
    this.name = name;
  }

  static NpyHeader parse(String text, String name, long dataOffset) {
    return new NpyHeaderParser(text, name).header(dataOffset);
  }

  private NpyHeader header(long dataOffset) {
    String descr = null;
    Boolean fortranOrder = null;
    List<Long> shape = null;
    expect('{');
    while (!accept('}')) {
      String key = string();
      expect(':');
      switch (key) {
        case "descr" -> descr = once(key, descr, descr());
        case "fortran_order" -> fortranOrder = once(key, fortranOrder, bool());
        case "shape" -> shape = once(key, shape, shape());
        default ->
            throw malformed(
                "unknown key '%s', expected descr, fortran_order and shape"
                    .formatted(FileErrors.printable(key)));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skipSpace();
    if (at < text.length()) {
      throw unexpected("the end");
    }
    require("descr", descr);
    require("fortran_order", fortranOrder);
    require("shape", shape);
    if (shape.isEmpty() || shape.size() > 2) {
      throw new InvalidInputException(
          "%s: array with %d dimensions, expected 1 or 2".formatted(name, shape.size()));
    }
    return new NpyHeader(
        type(descr),
        descr.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
        fortranOrder,
        shape.stream().mapToLong(Long::longValue).toArray(),
        dataOffset);
  }

  private ElementType type(String descr) {
    return switch (descr) {
      case "<f8", ">f8" -> ElementType.FLOAT64;
      case "<f4", ">f4" -> ElementType.FLOAT32;
      default -> throw wrongType("'" + FileErrors.printable(descr) + "'" + meaning(descr));
    };
  }

  private static String meaning(String descr) {
    if (descr.length() < 2) {
      return "";
    }
    return switch (descr.charAt(1)) {
      case 'b' -> " (booleans)";
      case 'i', 'u' -> " (integers)";
      case 'f' -> " (floating point of another size or byte order)";
      case 'c' -> " (complex numbers)";
      case 'O' -> " (Python objects)";
      case 'S', 'U', 'a', 'T' -> " (text)";
      case 'M', 'm' -> " (times)";
      case 'V' -> " (raw bytes)";
      default -> "";
    };
  }

  private InvalidInputException wrongType(String dtype) {
    return new InvalidInputException(
        "%s: dtype %s, expected float64 or float32; convert it with np.save(..., a.astype('f8'))"
            .formatted(name, dtype));
  }

  private String descr() {
    skipSpace();
    if (at < text.length() && "[({".indexOf(text.charAt(at)) >= 0) {
      throw wrongType(FileErrors.printable(text.substring(at)) + " (structured)");
    }
    return string();
  }

  private boolean bool() {
    skipSpace();
    for (boolean value : new boolean[] {false, true}) {
      String literal = value ? "True" : "False";
      if (text.startsWith(literal, at)) {
        at += literal.length();
        return value;
      }
    }
    throw unexpected("True or False");
  }

  private List<Long> shape() {
    List<Long> shape = new ArrayList<>();
    expect('(');
    boolean comma = true;
    while (!accept(')')) {
      if (!comma) {
        throw unexpected("',' or ')'");
      }
      if (shape.size() == MAX_DIMENSIONS) {
        throw malformed("shape with more than " + MAX_DIMENSIONS + " dimensions");
      }
      shape.add(integer());
      comma = accept(',');
    }
    if (shape.size() == 1 && !comma) {
      throw malformed("shape (%d) is not a tuple, expected (%<d,)".formatted(shape.get(0)));
    }
    return shape;
  }

  /** A size: decimal digits, without sign, with the L that Python 2 wrote after some. */
  private long integer() {
    skipSpace();
    int start = at;
    long value = 0;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      int digit = text.charAt(at) - '0';
      if (value > (Long.MAX_VALUE - digit) / 10) {
        throw malformed("shape with a size of 2^63 or more");
      }
      value = 10 * value + digit;
      at++;
    }
    if (at == start) {
      throw unexpected("a size of 0 or more");
    }
    if (text.charAt(start) == '0' && at > start + 1) {
      throw malformed("shape with a size that begins with 0");
    }
    if (at < text.length() && text.charAt(at) == 'L') {
      at++;
    }
    return value;
  }

  private String string() {
    skipSpace();
    if (at == text.length() || (text.charAt(at) != '\'' && text.charAt(at) != '"')) {
      throw unexpected("a string");
    }
    int end = text.indexOf(text.charAt(at), at + 1);
    if (end < 0) {
      throw malformed("string without its end");
    }
    String string = text.substring(at + 1, end);
    at = end + 1;
    return string;
  }

  private void expect(char c) {
    if (!accept(c)) {
      throw unexpected("'" + c + "'");
    }
  }

  private boolean accept(char c) {
    skipSpace();
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  private void skipSpace() {
    while (at < text.length() && " \t\r\n\f".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private <T> T once(String key, T before, T value) {
    if (before != null) {
      throw malformed("key '" + key + "' twice");
    }
    return value;
  }

  private void require(String key, Object value) {
    if (value == null) {
      throw malformed("key '" + key + "' is missing");
    }
  }

  private InvalidInputException unexpected(String expected) {
    String found =
        at == text.length()
            ? "the end"
            : "'" + FileErrors.printable(text.substring(at, at + 1)) + "'";
    return malformed("%s at character %d, expected %s".formatted(found, at, expected));
  }

  private InvalidInputException malformed(String what) {
    return new InvalidInputException(
        "%s: bad .npy header: %s; write the file again with numpy.save".formatted(name, what));
  }
}
