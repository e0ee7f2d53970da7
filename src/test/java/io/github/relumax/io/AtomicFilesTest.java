package io.github.relumax.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.relumax.model.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
  @TempDir Path dir;

  @Test
  void writesAndReplaces() throws IOException {
    Path file = dir.resolve("notes.txt");
    AtomicFiles.writeText(file, "first\n");
    AtomicFiles.writeText(file, "zweite Zeile: ä\n");
    assertThat(file).content().isEqualTo("zweite Zeile: ä\n");
    assertThat(names(dir)).containsExactly("notes.txt");
  }

  @Test
  void newFilesHaveTheUsualPermissions() throws IOException {
    Path usual = Files.createFile(dir.resolve("usual"));
    AtomicFiles.writeText(dir.resolve("atomic"), "");
    assertThat(Files.getPosixFilePermissions(dir.resolve("atomic")))
        .as(PosixFilePermissions.toString(Files.getPosixFilePermissions(usual)))
        .isEqualTo(Files.getPosixFilePermissions(usual));
  }

  @Test
  void aFailureLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = Files.writeString(dir.resolve("x.npy"), "old");
    AtomicFiles.Content full =
        channel -> {
          channel.write(ByteBuffer.wrap(new byte[1000]));
          throw new IOException("No space left on device");
        };
    assertInvalid(
        () -> AtomicFiles.write(file, full), file + ": cannot write: No space left on device");
    assertThat(file).content().isEqualTo("old");
    assertThat(names(dir)).containsExactly("x.npy");

    AtomicFiles.Content broken =
        channel -> {
          throw new IllegalStateException("a bug");
        };
    assertThatThrownBy(() -> AtomicFiles.write(file, broken)).hasMessage("a bug");
    assertThat(file).content().isEqualTo("old");
    assertThat(names(dir)).containsExactly("x.npy");
  }

  @Test
  void anInterruptedWriteLeavesNothing() throws IOException {
    Path file = dir.resolve("x.txt");
    Thread.currentThread().interrupt();
    try {
      assertInvalid(
          () -> AtomicFiles.writeText(file, "text"), file + ": cannot write: interrupted");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(names(dir)).isEmpty();
  }

  @Test
  void refusesToWriteWhereItCannot() {
    assertInvalid(
        () -> AtomicFiles.writeText(dir, "text"), dir + ": is a folder, expected a file to write");
    Path file = dir.resolve("none").resolve("x.txt");
    assertInvalid(
        () -> AtomicFiles.writeText(file, "text"),
        file + ": cannot write, there is no folder " + dir.resolve("none"));
    assertInvalid(
        () -> AtomicFiles.checkFile(file),
        file + ": cannot write, there is no folder " + dir.resolve("none"));
  }

  /** A rename would take the place of the device itself. */
  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "for its /dev")
  void refusesToReplaceADevice() {
    Path device = Path.of("/dev/null");
    assertInvalid(
        () -> AtomicFiles.checkFile(device),
        device + ": is not a regular file, expected one to replace, or a new name");
  }

  @Test
  void checkingLeavesWhatIsThere() throws IOException {
    Path file = Files.writeString(dir.resolve("x.txt"), "old");
    AtomicFiles.checkFile(file);
    AtomicFiles.checkFile(dir.resolve("new.txt"));
    assertThat(file).hasContent("old");
    assertThat(dir).isDirectoryContaining(file::equals).isDirectoryNotContaining("glob:**new*");
  }

  @Test
  void createsFoldersWithThoseAboveThem() throws IOException {
    Path folder = dir.resolve("a").resolve("b");
    AtomicFiles.createFolder(folder, AtomicFilesTest::twoFiles);
    assertThat(names(folder)).containsExactly("one", "two");
    assertThat(names(dir.resolve("a"))).containsExactly("b");
  }

  @Test
  void fillsAnEmptyFolderAlsoThroughALink() throws IOException {
    Path folder = Files.createDirectory(dir.resolve("empty"));
    Path link = Files.createSymbolicLink(dir.resolve("link"), folder);
    AtomicFiles.createFolder(link, AtomicFilesTest::twoFiles);
    assertThat(link).isSymbolicLink();
    assertThat(names(folder)).containsExactly("one", "two");
    assertThat(names(dir)).containsExactly("empty", "link");
  }

  @Test
  void aFailedFolderLeavesNothing() throws IOException {
    Path folder = dir.resolve("problem");
    AtomicFiles.FolderContent failing =
        target -> {
          twoFiles(target);
          throw new IOException("No space left on device");
        };
    assertInvalid(
        () -> AtomicFiles.createFolder(folder, failing),
        folder + ": cannot write: No space left on device");
    assertThat(names(dir)).isEmpty();
    Files.createDirectory(folder);
    assertInvalid(
        () -> AtomicFiles.createFolder(folder, failing),
        folder + ": cannot write: No space left on device");
    assertThat(names(dir)).containsExactly("problem");
    assertThat(names(folder)).isEmpty();
  }

  @Test
  void refusesFoldersThatAreTaken() throws IOException {
    Path folder = Files.createDirectory(dir.resolve("full"));
    Path file = Files.writeString(folder.resolve("file"), "mine");
    assertInvalid(
        () -> AtomicFiles.createFolder(folder, AtomicFilesTest::twoFiles),
        folder + ": already exists and is not empty; choose another folder or delete it");
    assertInvalid(
        () -> AtomicFiles.createFolder(file, AtomicFilesTest::twoFiles),
        file + ": is a file, expected a new folder");
    assertInvalid(
        () -> AtomicFiles.createFolder(file.resolve("below"), AtomicFilesTest::twoFiles),
        file.resolve("below") + ": cannot write: " + file + " exists and is not a folder");
    assertInvalid(
        () -> AtomicFiles.createFolder(Path.of("."), AtomicFilesTest::twoFiles),
        ".: is the current folder, choose a new one");
    assertThat(file).content().isEqualTo("mine");
    assertThat(names(folder)).containsExactly("file");
  }

  @Test
  void aFolderTakenMeanwhileIsNotOverwritten() throws IOException {
    Path folder = dir.resolve("problem");
    assertInvalid(
        () ->
            AtomicFiles.createFolder(
                folder,
                target -> {
                  twoFiles(target);
                  Files.createDirectory(folder);
                  Files.writeString(folder.resolve("other"), "theirs");
                }),
        folder + ": cannot write: Directory not empty");
    assertThat(names(dir)).containsExactly("problem");
    assertThat(names(folder)).containsExactly("other");
  }

  /** Another Java process is ended by a signal, as Ctrl-C does, while it writes a folder. */
  @Test
  void aKilledProcessLeavesNothing() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Slow.class.getName(),
                dir.resolve("problem").toString())
            .redirectErrorStream(true)
            .start();
    assertThat(process.inputReader().readLine()).isEqualTo("half done");
    assertThat(names(dir)).hasSize(1).allMatch(name -> name.endsWith(".tmp"));
    process.destroy();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(names(dir)).isEmpty();
  }

  /** Writes half of a folder and waits to be killed. */
  static final class Slow {
    public static void main(String[] args) {
      AtomicFiles.createFolder(
          Path.of(args[0]),
          folder -> {
            twoFiles(folder);
            System.out.println("half done");
            try {
              Thread.sleep(60_000);
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          });
    }
  }

  private static void twoFiles(Path folder) throws IOException {
    AtomicFiles.writeNew(folder.resolve("one"), AtomicFiles.text("1"));
    AtomicFiles.writeNew(folder.resolve("two"), AtomicFiles.text("2"));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private static void assertInvalid(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(InvalidInputException.class).hasMessage(message);
  }
}
