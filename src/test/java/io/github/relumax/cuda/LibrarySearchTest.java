package io.github.relumax.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.cuda.LibrarySearch.Place;
import io.github.relumax.cuda.LibrarySearch.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Where libraries are looked for, in which order, and what is said of it. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
final class LibrarySearchTest {
  private static final String THERE = "libm.so.6";

  @TempDir private Path folder;

  @Test
  void theLoadersOwnSearchFindsWhatItKnows() {
    Result result = new LibrarySearch(List.of(LibrarySearch.LOADER)).find("libnone.so.1", THERE);
    assertThat(result.found()).isPresent();
    assertThat(result.report()).endsWith("/" + THERE);
  }

  @Test
  void placesAreTriedInOrderAndTheFirstNameEverywhereFirst() throws IOException {
    Path first = Files.createDirectory(folder.resolve("first"));
    Path second = Files.createDirectory(folder.resolve("second"));
    Path library = Path.of(NativeLibrary.open(THERE).path());
    Path here = Files.copy(library, first.resolve("liba.so.1"));
    Path there = Files.copy(library, second.resolve("libb.so.1"));
    Files.copy(library, second.resolve("liba.so.1"));
    LibrarySearch search =
        new LibrarySearch(
            List.of(new Place("one", List.of(first)), new Place("two", List.of(second))));
    assertThat(search.find("liba.so.1").report()).isEqualTo(here.toString());
    assertThat(search.find("libb.so.1", "liba.so.1").report()).isEqualTo(there.toString());
    assertThat(search.find("libc.so.1", "libb.so.1").report()).isEqualTo(there.toString());
  }

  @Test
  void aFruitlessSearchNamesEveryPlace() {
    LibrarySearch search =
        new LibrarySearch(
            List.of(
                new Place("CUDA_HOME", List.of()),
                LibrarySearch.LOADER,
                new Place("toolkits", List.of(folder))));
    Result result = search.find("libnone.so.12", "libnone.so.13");
    assertThat(result.found()).isEmpty();
    assertThat(result.report())
        .isEqualTo(
            "no libnone.so.12 or libnone.so.13 in CUDA_HOME (none), the loader's own search,"
                + " toolkits (%s)".formatted(folder));
  }

  @Test
  void aFileThatIsNoLibraryIsNamedWithItsFault() throws IOException {
    Path file = Files.writeString(folder.resolve("libnone.so.12"), "not a library");
    Result result =
        new LibrarySearch(List.of(new Place("toolkits", List.of(folder)))).find("libnone.so.12");
    assertThat(result.found()).isEmpty();
    assertThat(result.report()).contains("; could not be loaded: " + file + ": ");
    assertThat(result.faults()).hasSize(1);
  }

  @Test
  void aFolderThatIsNotThereIsSaid() {
    String before = System.getProperty(LibrarySearch.PATH_PROPERTY);
    try {
      System.setProperty(LibrarySearch.PATH_PROPERTY, folder + ":" + folder + "/none");
      assertThat(LibrarySearch.fault())
          .contains(
              "-Drelumax.cuda.path names %s/none, which is no folder: correct it or leave it out"
                  .formatted(folder));
      System.setProperty(LibrarySearch.PATH_PROPERTY, folder + ":");
      assertThat(LibrarySearch.fault()).isEmpty();
    } finally {
      if (before == null) {
        System.clearProperty(LibrarySearch.PATH_PROPERTY);
      } else {
        System.setProperty(LibrarySearch.PATH_PROPERTY, before);
      }
    }
  }
}
