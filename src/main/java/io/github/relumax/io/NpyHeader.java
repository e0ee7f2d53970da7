package io.github.relumax.io;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the first bytes of an .npy file say: magic, version, header length, then a Python dict
 * literal. Everything in it is checked against the file's size before anyone relies on it.
 *
 * @param shape one or two sizes
 * @param dataOffset where the entries begin; they fill the rest of the file exactly
 */
record NpyHeader(
    ElementType type, ByteOrder order, boolean fortranOrder, long[] shape, long dataOffset) {

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /** NumPy's own headers of plain arrays are far below 1 KiB. */
  private static final int MAX_LENGTH = 1 << 20;

  long rows() {
    return shape[0];
  }

  long columns() {
    return shape.length == 1 ? 1 : shape[1];
  }

  /** Whether the entries lie column by column, where that makes a difference. */
  boolean transposed() {
    return fortranOrder && rows() > 1 && columns() > 1;
  }

  /** Whether the entries can be used as they lie in the file. */
  boolean mappable() {
    return !transposed() && order == ByteOrder.LITTLE_ENDIAN;
  }

  /** The header NumPy writes, version 1.0, for a little-endian array in C order. */
  static byte[] bytes(ElementType type, long... shape) {
    String sizes = shape.length == 1 ? shape[0] + "," : shape[0] + ", " + shape[1];
    String text =
        "{'descr': '<f%d', 'fortran_order': False, 'shape': (%s), }".formatted(type.bytes(), sizes);
    int prefix = MAGIC.length + 4;
    int total = Math.ceilDiv(prefix + text.length() + 1, 64) * 64;
    byte[] bytes = new byte[total];
    Arrays.fill(bytes, (byte) ' ');
    ByteBuffer.wrap(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(MAGIC)
        .put((byte) 1)
        .put((byte) 0)
        .putShort((short) (total - prefix))
        .put(text.getBytes(StandardCharsets.US_ASCII));
    bytes[total - 1] = '\n';
    return bytes;
  }

  /**
   * @param name what messages call the file
   * @throws InvalidInputException if this is not an array of float64 or float32 with one or two
   *     dimensions, or the file is shorter or longer than its header says
   */
  static NpyHeader read(FileChannel channel, String name) throws IOException {
    long size = channel.size();
    ByteBuffer start = readAt(channel, 0, (int) Math.min(size, 12));
    requireMagic(start, name);
    if (size < 10) {
      throw truncated(name, size);
    }
    int version = start.get(6);
    if (version < 1 || version > 3 || start.get(7) != 0) {
      throw new InvalidInputException(
          "%s: .npy version %d.%d, expected 1.0, 2.0 or 3.0"
              .formatted(name, version & 0xFF, start.get(7) & 0xFF));
    }
    int prefix = version == 1 ? 10 : 12;
    if (size < prefix) {
      throw truncated(name, size);
    }
    long length = version == 1 ? start.getShort(8) & 0xFFFFL : start.getInt(8) & 0xFFFFFFFFL;
    if (length > MAX_LENGTH) {
      throw new InvalidInputException(
          "%s: header of %d bytes, expected at most %d; write the file again with numpy.save"
              .formatted(name, length, MAX_LENGTH));
    }
    long dataOffset = prefix + length;
    if (size < dataOffset) {
      throw truncated(name, size);
    }
    ByteBuffer text = readAt(channel, prefix, (int) length);
    NpyHeader header =
        NpyHeaderParser.parse(
            StandardCharsets.ISO_8859_1.decode(text).toString(), name, dataOffset);
    header.requireSize(size, name);
    return header;
  }

  private void requireSize(long size, String name) {
    long promised;
    try {
      promised = Math.addExact(dataOffset, Matrix.bytes(rows(), columns(), type));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new InvalidInputException(
          "%s: has %d bytes, header promises more than 2^63 (shape %s)"
              .formatted(name, size, shapeText()),
          e);
    }
    if (size != promised) {
      throw new InvalidInputException(
          "%s: has %d bytes, header promises %d (shape %s of %s); the file is %s"
              .formatted(
                  name,
                  size,
                  promised,
                  shapeText(),
                  type,
                  size < promised ? "truncated" : "longer than its array"));
    }
  }

  private String shapeText() {
    return shape.length == 1 ? "(" + shape[0] + ",)" : "(" + shape[0] + ", " + shape[1] + ")";
  }

  private static void requireMagic(ByteBuffer start, String name) {
    byte[] found = new byte[Math.min(start.limit(), MAGIC.length)];
    start.get(0, found);
    if (found.length == 0) {
      throw new InvalidInputException(name + ": is empty, expected an .npy file");
    }
    if (Arrays.equals(found, Arrays.copyOf(MAGIC, found.length))) {
      return;
    }
    String looksLike = "";
    if (found.length >= 2 && found[0] == 'P' && found[1] == 'K') {
      looksLike = " (it looks like an .npz archive: save each array by itself)";
    } else if (found[0] == (byte) 0x80) {
      looksLike = " (it looks like a Python pickle)";
    }
    throw new InvalidInputException(
        "%s: not an .npy file%s; write one with numpy.save".formatted(name, looksLike));
  }

  private static InvalidInputException truncated(String name, long size) {
    return new InvalidInputException(
        "%s: has %d bytes and ends inside its header; the file is truncated".formatted(name, size));
  }

  private static ByteBuffer readAt(FileChannel channel, long position, int length)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new IOException("the file became shorter while it was read");
      }
    }
    return buffer.flip();
  }
}
