package io.github.relumax.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files in resources/npy were written by NumPy: src/test/python/make_fixtures.py. */
class NpyFileTest {
  @TempDir Path dir;

  static Stream<String> everyLayout() {
    return Stream.of("le8", "be8", "le4", "be4")
        .flatMap(type -> Stream.of("C", "F").map(order -> type + "-" + order))
        .flatMap(name -> Stream.of(1, 2, 3).map(version -> name + "-v" + version));
  }

  @ParameterizedTest
  @MethodSource("everyLayout")
  void readsEveryVersionTypeAndOrder(String name) {
    Matrix matrix = NpyFile.read(fixture(name + ".npy"));
    assertThat(matrix.type())
        .isEqualTo(name.contains("8") ? ElementType.FLOAT64 : ElementType.FLOAT32);
    assertThat(matrix.segment().isReadOnly())
        .isEqualTo(name.startsWith("le") && name.contains("C"));
    assertHoldsPattern(matrix, 19, 13);
  }

  @ParameterizedTest
  @MethodSource("everyLayout")
  void loadsEveryVersionTypeAndOrderIntoMemory(String name) {
    Path file = fixture(name + ".npy");
    Matrix matrix = NpyFile.load(file);
    assertThat(matrix.type()).isEqualTo(NpyFile.read(file).type());
    assertThat(matrix.name()).isEqualTo(file.toString());
    assertThat(matrix.segment().isMapped()).isFalse();
    assertHoldsPattern(matrix, 19, 13);
  }

  /** More than is read at a time, and no multiple of it. */
  @Test
  void loadsLongFilesAndLetsGoOfThem() throws IOException {
    double[] values = IntStream.range(0, (1 << 21) + 103).mapToDouble(k -> k + 0.5).toArray();
    Path file = dir.resolve("long.npy");
    NpyFile.writeVector(file, values);
    Matrix matrix = NpyFile.load(file);
    Files.write(file, new byte[3]);
    assertThat(matrix.toArray()).isEqualTo(values);
    assertThatThrownBy(() -> NpyFile.load(file))
        .isExactlyInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(file + ": ");
  }

  @ParameterizedTest
  @CsvSource({"wide-F.npy, 3, 700", "tall-F.npy, 1100, 3", "tall-F-be4.npy, 1100, 3"})
  void transposesBeyondOneTile(String name, int rows, int columns) {
    assertHoldsPattern(NpyFile.read(fixture(name)), rows, columns);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector.npy", "vector-be4.npy", "column.npy", "row.npy", "row-F.npy"})
  void readsVectors(String name) {
    double[] expected = IntStream.range(0, 11).mapToDouble(k -> k + 0.5).toArray();
    assertThat(NpyFile.readVector(fixture(name))).isEqualTo(expected);
  }

  @Test
  void namesTheMatrixAfterTheFileAsGiven() {
    Path file = fixture("vector.npy");
    assertThat(NpyFile.read(file).name()).isEqualTo(file.toString());
    assertThat(NpyFile.read(fixture("le4-F-v1.npy")).name())
        .isEqualTo(fixture("le4-F-v1.npy").toString());
  }

  @Test
  void oneDimensionBecomesOneColumn() {
    Matrix matrix = NpyFile.read(fixture("vector.npy"));
    assertThat(matrix.rows()).isEqualTo(11);
    assertThat(matrix.columns()).isEqualTo(1);
  }

  @Test
  void aSingleRowOrColumnInFortranOrderIsMapped() throws IOException {
    for (String shape : List.of("(1, 3)", "(3, 1)", "(3,)")) {
      Path file = npy("{'descr': '<f8', 'fortran_order': True, 'shape': %s}".formatted(shape), 24);
      assertThat(NpyFile.read(file).segment().isReadOnly()).isTrue();
      assertThat(NpyFile.readVector(file)).hasSize(3);
    }
  }

  @Test
  void readsEmptyArrays() {
    assertThat(NpyFile.read(fixture("no-rows.npy")).toString()).endsWith("(0 x 4 float64)");
    assertThat(NpyFile.read(fixture("no-columns.npy")).toString()).endsWith("(4 x 0 float64)");
    assertThat(NpyFile.readVector(fixture("no-values.npy"))).isEmpty();
  }

  @Test
  void keepsSpecialValues() {
    Matrix matrix = NpyFile.read(fixture("special.npy"));
    assertThat(matrix.toArray())
        .containsExactly(
            Double.NaN,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            -0.0,
            Double.MIN_VALUE,
            Double.MAX_VALUE);
  }

  @Test
  void memoryEndsWithItsArena() {
    for (String name : List.of("le8-C-v1.npy", "be8-C-v1.npy", "le8-F-v1.npy", "no-rows.npy")) {
      Matrix matrix;
      try (Arena arena = Arena.ofConfined()) {
        matrix = NpyFile.read(fixture(name), arena);
      }
      assertThat(matrix.segment().scope().isAlive()).as(name).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "dtype-i8.npy, dtype '<i8' (integers)",
    "dtype-i4.npy, dtype '<i4' (integers)",
    "dtype-u1.npy, dtype '|u1' (integers)",
    "dtype-bool.npy, dtype '|b1' (booleans)",
    "dtype-f2.npy, dtype '<f2' (floating point of another size or byte order)",
    "dtype-c16.npy, dtype '<c16' (complex numbers)",
    "dtype-U3.npy, dtype '<U3' (text)",
    "dtype-S3.npy, dtype '|S3' (text)",
    "dtype-M8.npy, dtype '<M8[s]' (times)",
    "dtype-V4.npy, dtype '|V4' (raw bytes)",
    "dtype-objects.npy, dtype '|O' (Python objects)",
    "dtype-structured.npy, \"dtype [('a', '<f8'), ('b', '<i4', (2, 2))]\"",
    "dtype-structured-v3.npy, \"dtype [('??', '<f8')]\"",
  })
  void namesOtherTypesAndTheFix(String name, String dtype) {
    // The CSV reader leaves double quotes in place.
    assertInvalid(fixture(name), dtype.replace("\"", ""), "np.save(..., a.astype('f8'))");
  }

  @Test
  void refusesOtherDimensionsAndOtherFiles() throws IOException {
    assertInvalid(fixture("scalar.npy"), "array with 0 dimensions, expected 1 or 2");
    assertInvalid(fixture("cube.npy"), "array with 3 dimensions, expected 1 or 2");
    assertInvalid(fixture("archive.npz"), "not an .npy file", ".npz archive");
    assertInvalid(fixture("pickle.npy"), "not an .npy file", "Python pickle");
    assertInvalid(write("1 2 3\n".getBytes(StandardCharsets.US_ASCII)), "not an .npy file");
    assertInvalid(write(new byte[0]), "is empty, expected an .npy file");
    assertInvalid(dir, "is a folder, expected an .npy file");
    assertInvalid(dir.resolve("none.npy"), "cannot read: no such file");
    assertInvalid(Path.of("/dev/zero"), "is not a regular file");
  }

  @Test
  @Timeout(value = 10, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void doesNotWaitForAPipe() throws IOException, InterruptedException {
    Path pipe = dir.resolve("pipe.npy");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertInvalid(pipe, "is not a regular file");
  }

  @Test
  void readVectorRefusesMatrices() {
    Path file = fixture("le8-C-v1.npy");
    assertThatThrownBy(() -> NpyFile.readVector(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(file + ": 19 x 13, expected a vector");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 1), }",
        "{'shape': (3, 1), 'fortran_order': False, 'descr': '<f8'}",
        "{\"shape\":(3L,1L,),\"descr\":\"<f8\",\"fortran_order\":False,}\n\n",
        " \t{ 'descr' : '<f8' , 'fortran_order' : True , 'shape' : ( 3 , ) } \r\n\f "
      })
  void acceptsEveryWayToWriteTheSameHeader(String header) throws IOException {
    assertThat(NpyFile.readVector(npy(header, 24))).hasSize(3);
  }

  static Stream<String> brokenHeaders() {
    String descr = "'descr': '<f8', ";
    String order = "'fortran_order': False, ";
    String shape = "'shape': (3,), ";
    String rest = "{" + descr + order + "'shape': ";
    return Stream.of(
        "",
        " ",
        "\n",
        "{",
        "{}",
        "{,}",
        "}",
        "[]",
        "None",
        "'descr'",
        "{" + descr + order + "}",
        "{" + descr + shape + "}",
        "{" + order + shape + "}",
        "{" + descr + descr + order + shape + "}",
        "{" + descr + order + order + shape + "}",
        "{" + descr + order + shape + shape + "}",
        "{" + descr + order + shape + "'more': 1}",
        "{" + descr + order + shape + "} x",
        "{" + descr + order + shape + "}}",
        "{" + descr + order + shape + "}\0",
        "{" + descr + order + shape + ",}",
        "{" + descr + order + "'shape': (3,)",
        "{" + descr + order + "'shape': (3,) 'x'}",
        "{" + descr + order + "'shape' (3,)}",
        "{'descr': '<f8' 'fortran_order': False, " + shape + "}",
        "{'descr: '<f8', " + order + shape + "}",
        "{'descr': '<f8, 'fortran_order': False, 'shape': (3,)}",
        "{'descr': \"<f8', " + order + shape + "}",
        "{'descr': <f8, " + order + shape + "}",
        "{'descr': None, " + order + shape + "}",
        "{'descr': 'f8', " + order + shape + "}",
        "{'descr': '=f8', " + order + shape + "}",
        "{'descr': '|f8', " + order + shape + "}",
        "{'descr': '<f8 ', " + order + shape + "}",
        "{'descr': '<F8', " + order + shape + "}",
        "{'descr': '\\x3cf8', " + order + shape + "}",
        "{'descr': '', " + order + shape + "}",
        "{'descr': 'é', " + order + shape + "}",
        "{'descr': '\u001b[31m', " + order + shape + "}",
        "{'descr': " + "[".repeat(60_000) + ", " + order + shape + "}",
        "{'descr': '" + "<".repeat(60_000) + "', " + order + shape + "}",
        "{'é': 1, " + descr + order + shape + "}",
        "{" + descr + "'fortran_order': 0, " + shape + "}",
        "{" + descr + "'fortran_order': false, " + shape + "}",
        "{" + descr + "'fortran_order': Falsey, " + shape + "}",
        "{" + descr + "'fortran_order': 'False', " + shape + "}",
        rest + "3}",
        rest + "(3)}",
        rest + "[3]}",
        rest + "(,)}",
        rest + "(3,,)}",
        rest + "(3 1)}",
        rest + "(3,}",
        rest + "(-3,)}",
        rest + "(+3,)}",
        rest + "(3.0,)}",
        rest + "(03,)}",
        rest + "(0x3,)}",
        rest + "(3LL,)}",
        rest + "(3l,)}",
        rest + "(L,)}",
        rest + "(None,)}",
        rest + "('3',)}",
        rest + "(9223372036854775807,)}",
        rest + "(9223372036854775808,)}",
        rest + "(18446744073709551619,)}",
        rest + "(" + "9".repeat(60_000) + ",)}",
        rest + "(4294967296, 4294967296)}",
        rest + "(2305843009213693952, 1)}",
        rest + "(3074457345618258603, 3)}",
        rest + "(6148914691236517205, 3)}",
        rest + "(" + "(".repeat(60_000) + "}",
        rest + "(" + "1,".repeat(30_000) + ")}");
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("brokenHeaders")
  void refusesBrokenHeaders(String header) throws IOException {
    assertInvalid(npy(header, 24));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 8, 23, 25, 32})
  void refusesFilesShorterOrLongerThanTheirArray(int bytes) throws IOException {
    String header = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}";
    Path file = npy(header, bytes);
    assertInvalid(
        file,
        "has %d bytes, header promises %d (shape (3,) of float64)"
            .formatted(10 + header.length() + bytes, 10 + header.length() + 24),
        bytes < 24 ? "truncated" : "longer");
  }

  @ParameterizedTest
  @ValueSource(strings = {"le8-C-v1.npy", "be4-F-v2.npy", "le4-C-v3.npy"})
  void refusesAFileCutAnywhere(String name) throws IOException {
    byte[] whole = Files.readAllBytes(fixture(name));
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertInvalid(write(cut));
    }
  }

  /**
   * Each byte of the header in turn becomes something else: a clear error, or an array that fits
   * the file.
   */
  @Test
  void survivesEveryDamagedByte() throws IOException {
    byte[] whole = Files.readAllBytes(fixture("vector.npy"));
    int header = whole.length - 11 * 8;
    for (int at = 0; at < header; at++) {
      for (int change : new int[] {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
        byte[] damaged = whole.clone();
        damaged[at] ^= (byte) change;
        Path file = write(damaged);
        try {
          Matrix matrix = NpyFile.read(file);
          assertThat(matrix.segment().byteSize()).isEqualTo(88);
        } catch (InvalidInputException e) {
          assertThat(e.getMessage()).startsWith(file.toString()).matches("[ -~]{1,400}");
        }
      }
    }
  }

  @Test
  void boundsTheHeaderLength() throws IOException {
    for (int version : new int[] {2, 3}) {
      assertInvalid(
          write(start(version, 0xFFFFFFFF)),
          "header of 4294967295 bytes, expected at most 1048576");
      assertInvalid(write(start(version, 1 << 20)), "ends inside its header");
    }
    assertInvalid(write(start(1, 0xFFFF)), "ends inside its header");
    assertInvalid(write(start(4, 0)), ".npy version 4.0, expected 1.0, 2.0 or 3.0");
    assertInvalid(write(start(0, 0)), ".npy version 0.0");
    byte[] minor = start(1, 0);
    minor[7] = (byte) 200;
    assertInvalid(write(minor), ".npy version 1.200");
  }

  /** Files of holes: the last entries lie beyond 2³¹ bytes, and beyond 2³¹ entries. */
  @ParameterizedTest
  @CsvSource({"<f8, 402653184", "<f4, 2200000000"})
  void mapsFilesBeyondTwoGibibytes(String descr, long rows) throws IOException {
    long columns = 1;
    int size = descr.charAt(2) - '0';
    Path file =
        npy(
            "{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d)}"
                .formatted(descr, rows, columns),
            0);
    long length = Files.size(file) + rows * columns * size;
    ByteBuffer last = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    if (size == 8) {
      last.putDouble(0, 2.5);
    } else {
      last.putFloat(0, 2.5f);
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        Arena arena = Arena.ofConfined()) {
      channel.write(last, length - size);
      Matrix matrix = NpyFile.read(file, arena);
      assertThat(matrix.segment().byteSize()).isGreaterThan(1L << 31);
      assertThat(matrix.get(rows - 1, 0)).isEqualTo(2.5);
      assertThat(matrix.get(rows - 2, 0)).isZero();
    }
    Files.delete(file);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, FLOAT64",
    "1, 1, FLOAT32",
    "103, 17, FLOAT64",
    "17, 103, FLOAT32",
    "0, 5, FLOAT64",
    "5, 0, FLOAT32",
    "2100, 1003, FLOAT64",
    "1003, 4201, FLOAT32"
  })
  void readsWhatItWrote(int rows, int columns, ElementType type) {
    Matrix matrix = Matrix.allocate(rows, columns, type);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        matrix.set(i, j, Math.sin(i) / (1 + j));
      }
    }
    Path file = dir.resolve("matrix.npy");
    NpyFile.write(file, matrix);
    Matrix back = NpyFile.read(file);
    assertThat(back.rows()).isEqualTo(rows);
    assertThat(back.columns()).isEqualTo(columns);
    assertThat(back.type()).isEqualTo(type);
    assertThat(back.segment().mismatch(matrix.segment())).isEqualTo(-1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 11, 8192, 8193, 20_000})
  void readsTheVectorItWrote(int length) {
    double[] values = IntStream.range(0, length).mapToDouble(Math::cos).toArray();
    Path file = dir.resolve("vector.npy");
    NpyFile.writeVector(file, values);
    assertThat(NpyFile.readVector(file)).isEqualTo(values);
  }

  @Test
  void writesTheBytesThatNumpyWrites() throws IOException {
    Path file = dir.resolve("copy.npy");
    for (String name : List.of("le8-C-v1.npy", "le4-C-v1.npy", "column.npy", "one.npy")) {
      NpyFile.write(file, NpyFile.read(fixture(name)));
      assertThat(normalised(file)).isEqualTo(normalised(fixture(name)));
    }
    NpyFile.writeVector(file, NpyFile.readVector(fixture("vector.npy")));
    assertThat(normalised(file)).isEqualTo(normalised(fixture("vector.npy")));
  }

  @Test
  void alignsItsDataAndStatesItsSize() throws IOException {
    for (long rows : new long[] {1, 12345678901L, Long.MAX_VALUE / 16}) {
      byte[] header = NpyHeader.bytes(ElementType.FLOAT64, rows, 2);
      assertThat(header.length % 64).isZero();
      assertThat(header[header.length - 1]).isEqualTo((byte) '\n');
    }
    Matrix matrix = Matrix.of(new double[][] {{1, 2, 3}});
    Path file = dir.resolve("m.npy");
    NpyFile.write(file, matrix);
    assertThat(Files.size(file)).isEqualTo(NpyFile.fileSize(matrix)).isEqualTo(128 + 24);
    NpyFile.writeVector(file, new double[5]);
    assertThat(Files.size(file)).isEqualTo(NpyFile.fileSize(new double[5])).isEqualTo(128 + 40);
  }

  @Test
  void aMappedFileCanBeReplaced() {
    Path file = dir.resolve("m.npy");
    NpyFile.write(file, Matrix.of(new double[][] {{1, 2}}));
    Matrix before = NpyFile.read(file);
    NpyFile.write(file, Matrix.of(new double[][] {{3, 4}, {5, 6}}));
    assertThat(before.toArray()).containsExactly(1, 2);
    assertThat(NpyFile.read(file).toArray()).containsExactly(3, 4, 5, 6);
  }

  /** The header's dict and the data: NumPy pads a little more, to leave room for growing arrays. */
  private static List<Object> normalised(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int data = 10 + (bytes[8] & 0xFF) + ((bytes[9] & 0xFF) << 8);
    String header = new String(bytes, 0, data, StandardCharsets.ISO_8859_1);
    return List.of(
        header.substring(0, 8) + header.substring(10).strip(),
        List.of(ByteBuffer.wrap(bytes, data, bytes.length - data).slice()));
  }

  private static void assertHoldsPattern(Matrix matrix, int rows, int columns) {
    assertThat(matrix.rows()).isEqualTo(rows);
    assertThat(matrix.columns()).isEqualTo(columns);
    double[] expected = new double[rows * columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        expected[i * columns + j] = i + j / 8.0;
      }
    }
    assertThat(matrix.toArray()).isEqualTo(expected);
  }

  /** One line in printable characters that begins with the file's name. */
  private static void assertInvalid(Path file, String... parts) {
    ThrowingCallable read = () -> NpyFile.read(file);
    assertThatThrownBy(read)
        .isExactlyInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(file + ": ")
        .message()
        .matches("[ -~]{1,400}")
        .satisfies(message -> assertThat(List.of(parts)).allMatch(message::contains));
  }

  private static Path fixture(String name) {
    try {
      return Path.of(NpyFileTest.class.getResource("/npy/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** Magic, version and header length. */
  private static byte[] start(int version, int headerLength) {
    ByteBuffer start = ByteBuffer.allocate(version == 1 ? 10 : 12).order(ByteOrder.LITTLE_ENDIAN);
    start.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
    start.put((byte) version).put((byte) 0);
    if (version == 1) {
      start.putShort((short) headerLength);
    } else {
      start.putInt(headerLength);
    }
    return start.array();
  }

  /** A version 1 file with this header, exactly as it stands, and zeros behind. */
  private Path npy(String header, int dataBytes) throws IOException {
    byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
    ByteBuffer file = ByteBuffer.allocate(10 + text.length + dataBytes);
    return write(file.put(start(1, text.length)).put(text).array());
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(dir.resolve("file.npy"), bytes);
  }
}
