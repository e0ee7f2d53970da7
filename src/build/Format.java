import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Checks that every Java file is formatted, or formats them. A single-file program that the build
 * runs on JDK 25 rather than in Maven's own JVM, because google-java-format can read no newer
 * syntax than the JVM it runs in.
 */
final class Format {
  private Format() {}

  public static void main(String[] args) throws IOException {
    boolean apply = args[0].equals("apply");
    List<Path> changed = javaFiles().filter(file -> isChanged(file, apply)).toList();
    for (Path file : changed) {
      System.out.println((apply ? "formatted " : "not formatted: ") + file);
    }
    if (!apply && !changed.isEmpty()) {
      System.out.println("Run: mvn -q validate exec:exec@format");
      System.exit(1);
    }
  }

  private static Stream<Path> javaFiles() throws IOException {
    return Files.walk(Path.of("src")).filter(file -> file.toString().endsWith(".java")).sorted();
  }

  private static boolean isChanged(Path file, boolean apply) {
    try {
      String source = Files.readString(file);
      String formatted = new Formatter().formatSourceAndFixImports(source);
      if (apply && !formatted.equals(source)) {
        Files.writeString(file, formatted);
      }
      return !formatted.equals(source);
    } catch (FormatterException e) {
      throw new IllegalStateException(file + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
