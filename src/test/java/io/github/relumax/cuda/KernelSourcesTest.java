package io.github.relumax.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The list of kernels in Java is that of the folder. */
final class KernelSourcesTest {
  private static final Path FOLDER = Path.of("cuda-kernels");
  private static final Pattern INCLUDE = Pattern.compile("#include \"(.*)\"");

  @Test
  void everyFileIsLoaded() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      assertThat(Kernels.FILES.stream().map(name -> name + ".cu"))
          .containsExactlyElementsOf(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> name.endsWith(".cu"))
                  .sorted()
                  .toList());
    }
  }

  @Test
  void everyHeaderThatIsIncludedIsHandedToTheCompiler() throws IOException {
    Set<String> included = new TreeSet<>();
    for (String file : Kernels.FILES) {
      included.addAll(includes(file + ".cu"));
    }
    for (String header : Kernels.HEADERS) {
      included.addAll(includes(header));
    }
    assertThat(included).containsExactlyElementsOf(Kernels.HEADERS);
  }

  private static Set<String> includes(String file) throws IOException {
    Set<String> names = new TreeSet<>();
    INCLUDE
        .matcher(Files.readString(FOLDER.resolve(file)))
        .results()
        .forEach(match -> names.add(match.group(1)));
    return names;
  }
}
