package io.github.relumax.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The symbols that a shared library imports, read from the file itself: an oracle for lists made
 * with binutils. Format: System V ABI, "Object Files", and the Linux Standard Base, "Symbol
 * Versioning"; 64 bits, little-endian.
 */
final class ElfImports {
  private static final int DYNAMIC_SYMBOLS = 11;
  private static final int VERSION_NUMBERS = 0x6fffffff;
  private static final int VERSIONS_NEEDED = 0x6ffffffe;

  private final ByteBuffer file;
  private final int sections;

  private ElfImports(byte[] bytes) {
    file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (file.getInt(0) != 0x464c457f) {
      throw new IllegalArgumentException("not an ELF file");
    }
    sections = (int) file.getLong(40);
  }

  /** The undefined symbols that {@code library} asks for in {@code version}, in their order. */
  static List<String> of(byte[] library, String version) {
    return new ElfImports(library).imports(version);
  }

  private List<String> imports(String version) {
    int symbols = section(DYNAMIC_SYMBOLS);
    int numbers = offset(section(VERSION_NUMBERS));
    int names = offset(linked(symbols));
    int wanted = numberOf(version);
    List<String> found = new ArrayList<>();
    for (int i = 0; i < size(symbols) / 24; i++) {
      int symbol = offset(symbols) + 24 * i;
      boolean undefined = file.getShort(symbol + 6) == 0;
      if (undefined && (file.getShort(numbers + 2 * i) & 0x7fff) == wanted) {
        found.add(string(names + file.getInt(symbol)));
      }
    }
    return found;
  }

  private int numberOf(String version) {
    int needed = section(VERSIONS_NEEDED);
    int names = offset(linked(needed));
    int entry = offset(needed);
    while (true) {
      int one = entry + file.getInt(entry + 8);
      for (int left = file.getShort(entry + 2); left > 0; left--) {
        if (string(names + file.getInt(one + 8)).equals(version)) {
          return file.getShort(one + 6);
        }
        one += file.getInt(one + 12);
      }
      int next = file.getInt(entry + 12);
      if (next == 0) {
        throw new IllegalArgumentException("no version " + version);
      }
      entry += next;
    }
  }

  /** Where the header of the first section of this type is. */
  private int section(int type) {
    for (int i = 0; i < file.getShort(60); i++) {
      int header = sections + 64 * i;
      if (file.getInt(header + 4) == type) {
        return header;
      }
    }
    throw new IllegalArgumentException("no section of type " + type);
  }

  private int offset(int section) {
    return (int) file.getLong(section + 24);
  }

  private int size(int section) {
    return (int) file.getLong(section + 32);
  }

  private int linked(int section) {
    return sections + 64 * file.getInt(section + 40);
  }

  private String string(int offset) {
    int end = offset;
    while (file.get(end) != 0) {
      end++;
    }
    return new String(file.array(), offset, end - offset, StandardCharsets.US_ASCII);
  }
}
