package io.github.relumax.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ProblemDirectoryTest {
  private static final Optional<double[]> NONE = Optional.empty();

  @TempDir Path temp;

  /** Written by bench/oracle/oracle.py. */
  @ParameterizedTest
  @CsvSource({
    "103x17x5, 103, 17, 5, false, true, FLOAT64",
    "1x1x1, 1, 1, 1, true, false, FLOAT64",
    "64x9x8-w, 64, 9, 8, true, false, FLOAT64",
    "150x31x7-f32, 150, 31, 7, false, true, FLOAT32"
  })
  void opensProblemsWrittenByNumpy(
      String name, int m, int n, int d, boolean weighted, boolean planted, ElementType type)
      throws Exception {
    Path dir = Path.of(getClass().getResource("/oracle/" + name).toURI());
    ProblemDirectory directory = ProblemDirectory.open(dir);
    Problem problem = directory.problem();
    assertThat(problem.m()).isEqualTo(m);
    assertThat(problem.n()).isEqualTo(n);
    assertThat(problem.d()).isEqualTo(d);
    assertThat(problem.a2().type()).isEqualTo(type);
    assertThat(problem.a2().name()).isEqualTo(dir.resolve("a2.npy").toString());
    assertThat(problem.w().isPresent()).isEqualTo(weighted);
    assertThat(problem.radius()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(directory.x0().orElseThrow()).hasSize(d);
    assertThat(directory.xStar().isPresent()).isEqualTo(planted);
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void opensWhatItCreated(ElementType type) {
    PlantedProblem planted = PlantedProblem.generate(103, 17, 5, 4, 0, type, 0.3, 1);
    Problem problem = planted.problem().withWeight(0.25);
    Path dir = temp.resolve("problem");
    ProblemDirectory.create(
        dir,
        problem,
        Optional.of(planted.x0()),
        Optional.of(planted.xStar()),
        Map.of("words.txt", List.of("ä", "b"), "anchors.txt", List.of()));
    ProblemDirectory directory = ProblemDirectory.open(dir);
    assertThat(bytes(directory.problem().a1())).isEqualTo(bytes(problem.a1()));
    assertThat(bytes(directory.problem().a2())).isEqualTo(bytes(problem.a2()));
    assertThat(directory.problem().a2().type()).isEqualTo(type);
    assertThat(directory.problem().b()).isEqualTo(problem.b());
    assertThat(directory.problem().w().orElseThrow()).containsOnly(0.25);
    assertThat(directory.x0()).contains(planted.x0());
    assertThat(directory.xStar()).contains(planted.xStar());
    assertThat(dir.resolve("words.txt")).content().isEqualTo("ä\nb\n");
    assertThat(dir.resolve("anchors.txt")).isEmptyFile();
  }

  @Test
  void loadsWhatItOpensIntoMemory() throws Exception {
    Path dir = Path.of(getClass().getResource("/oracle/150x31x7-f32").toURI());
    ProblemDirectory loaded = ProblemDirectory.load(dir);
    ProblemDirectory opened = ProblemDirectory.open(dir);
    assertThat(opened.problem().a2().segment().isMapped()).isTrue();
    assertThat(loaded.problem().a1().segment().isMapped()).isFalse();
    assertThat(loaded.problem().a2().segment().isMapped()).isFalse();
    assertThat(bytes(loaded.problem().a1())).isEqualTo(bytes(opened.problem().a1()));
    assertThat(bytes(loaded.problem().a2())).isEqualTo(bytes(opened.problem().a2()));
    assertThat(loaded.problem().b()).isEqualTo(opened.problem().b());
    assertThat(loaded.x0().orElseThrow()).isEqualTo(opened.x0().orElseThrow());
    assertThat(loaded.xStar().orElseThrow()).isEqualTo(opened.xStar().orElseThrow());
    assertThatThrownBy(() -> ProblemDirectory.load(temp))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("b.npy: no such file");
  }

  @Test
  void writesOnlyWhatThereIs() {
    Path dir = temp.resolve("problem");
    ProblemDirectory.create(dir, small(), NONE, NONE);
    assertThat(dir.toFile().list()).containsExactlyInAnyOrder("a1.npy", "a2.npy", "b.npy");
    ProblemDirectory directory = ProblemDirectory.open(dir);
    assertThat(directory.x0()).isEmpty();
    assertThat(directory.xStar()).isEmpty();
    assertThat(directory.problem().w()).isEmpty();
  }

  @Test
  void refusesToCreateOverAFolderWithFiles() throws IOException {
    Files.writeString(temp.resolve("mine.txt"), "mine");
    assertInvalid(
        () -> ProblemDirectory.create(temp, small(), NONE, NONE),
        temp + ": already exists and is not empty; choose another folder or delete it");
  }

  @Test
  void refusesPointsThatDoNotFit() {
    Path dir = temp.resolve("problem");
    assertInvalid(
        () -> ProblemDirectory.create(dir, small(), Optional.of(new double[3]), NONE),
        "x0.npy: 3 values, expected 2 because A1 has 2 columns (d)");
    assertInvalid(
        () ->
            ProblemDirectory.create(dir, small(), NONE, Optional.of(new double[] {1, Double.NaN})),
        "x_star.npy: entry 1 is NaN, expected finite numbers only");
    assertThat(dir).doesNotExist();
  }

  @Test
  void saysWhenTheDiskIsTooSmall() {
    Path dir = temp.resolve("problem");
    assertThatThrownBy(() -> AtomicFiles.requireSpace(dir, Long.MAX_VALUE, 1000))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageMatching(
            "\\Q%s\\E: needs %d bytes, the disk has \\d+ bytes free"
                .formatted(dir, Long.MAX_VALUE));
  }

  @Test
  void saysWhatAFolderShouldBe() throws IOException {
    Path none = temp.resolve("none");
    assertInvalid(
        () -> ProblemDirectory.open(none),
        none
            + ": no such folder, expected a folder with a1.npy (n x d), a2.npy (m x n) and b.npy"
            + " (m)");
    Path file = Files.writeString(temp.resolve("file"), "");
    assertInvalid(
        () -> ProblemDirectory.open(file),
        file
            + ": not a folder, expected a folder with a1.npy (n x d), a2.npy (m x n) and b.npy"
            + " (m)");
  }

  @ParameterizedTest
  @CsvSource({
    "a1.npy, 'A1, an array of shape (n, d)'",
    "a2.npy, 'A2, an array of shape (m, n)'",
    "b.npy, 'b, an array of shape (m,)'"
  })
  void namesTheMissingFile(String name, String expected) throws IOException {
    Path dir = created();
    Files.delete(dir.resolve(name));
    assertInvalid(
        () -> ProblemDirectory.open(dir),
        dir.resolve(name) + ": no such file, expected " + expected);
  }

  @Test
  void namesTheFilesThatDoNotFitEachOther() {
    Path dir = created();
    NpyFile.write(dir.resolve("a2.npy"), Matrix.of(new double[4][2]));
    assertInvalid(
        () -> ProblemDirectory.open(dir),
        "%s/a2.npy: 4 x 2, expected 4 x 3 because %<s/a1.npy has 3 rows (n)".formatted(dir));
  }

  @ParameterizedTest
  @CsvSource({
    "b.npy, expected 4 because %s/a2.npy has 4 rows (m)",
    "w.npy, expected 4 because %s/a2.npy has 4 rows (m)",
    "x0.npy, expected 2 because %s/a1.npy has 2 columns (d)",
    "x_star.npy, expected 2 because %s/a1.npy has 2 columns (d)"
  })
  void namesTheVectorOfTheWrongLength(String name, String expected) {
    Path dir = created();
    NpyFile.writeVector(dir.resolve(name), new double[5]);
    assertInvalid(
        () -> ProblemDirectory.open(dir),
        dir.resolve(name) + ": 5 values, " + expected.formatted(dir));
  }

  @ParameterizedTest
  @CsvSource({
    "a1.npy, 3, 2, 'row 2, column 1'",
    "a2.npy, 4, 3, 'row 3, column 2'",
  })
  void namesTheMatrixThatIsNotFinite(String name, int rows, int columns, String where) {
    Path dir = created();
    Path file = dir.resolve(name);
    double[] values = new double[rows * columns];
    values[rows * columns - 1] = Double.NaN;
    NpyFile.write(file, Matrix.of(rows, columns, values));
    assertInvalid(
        () -> ProblemDirectory.open(dir),
        file + ": entry at " + where + " is NaN, expected finite numbers only");
  }

  @ParameterizedTest
  @CsvSource({"b.npy, 4", "w.npy, 4", "x0.npy, 2", "x_star.npy, 2"})
  void namesTheVectorThatIsNotFinite(String name, int length) {
    Path dir = created();
    Path file = dir.resolve(name);
    double[] values = new double[length];
    values[1] = Double.NEGATIVE_INFINITY;
    NpyFile.writeVector(file, values);
    assertInvalid(
        () -> ProblemDirectory.open(dir),
        file + ": entry 1 is -Infinity, expected finite numbers only");
  }

  @Test
  void emptyArraysAreAClearError() {
    Path dir = created();
    NpyFile.write(dir.resolve("a1.npy"), Matrix.allocate(0, 2, ElementType.FLOAT64));
    assertInvalid(
        () -> ProblemDirectory.open(dir),
        dir.resolve("a1.npy") + ": 0 x 2, expected between 1 and 2147483639 rows (n)");
  }

  @Test
  void aLinkToNowhereIsNotForgotten() throws IOException {
    Path dir = created();
    Files.createSymbolicLink(dir.resolve("x0.npy"), temp.resolve("gone"));
    assertInvalid(
        () -> ProblemDirectory.open(dir),
        dir.resolve("x0.npy") + ": cannot read: no such file or folder");
  }

  private Path created() {
    Path dir = temp.resolve("problem");
    ProblemDirectory.create(dir, small(), NONE, NONE);
    return dir;
  }

  /** m = 4, n = 3, d = 2. */
  private static Problem small() {
    return PlantedProblem.generate(4, 3, 2, 1, 0, ElementType.FLOAT64, 0, 1).problem();
  }

  private static byte[] bytes(Matrix matrix) {
    return matrix.segment().toArray(ValueLayout.JAVA_BYTE);
  }

  private static void assertInvalid(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(InvalidInputException.class).hasMessage(message);
  }
}
