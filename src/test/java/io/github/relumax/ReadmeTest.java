package io.github.relumax;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.PlantedProblem;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java example of README.md compiles and solves a problem, as a reader would use it. */
final class ReadmeTest {
  private static final Pattern JAVA_BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @TempDir Path temp;

  @Test
  void theJavaExampleSolvesAProblem() throws Exception {
    PlantedProblem planted =
        PlantedProblem.generate(400, 120, 6, 4, 0, ElementType.FLOAT64, 0.3, 1);
    Path folder = temp.resolve("p");
    ProblemDirectory.create(
        folder, planted.problem(), Optional.empty(), Optional.empty(), Map.of());

    String printed = run(compile(example().replace("\"p/", "\"" + folder + "/")));

    assertThat(printed).matches("[A-Z_]+: loss \\S+, x \\S+\\R").doesNotContain("NaN");
  }

  private static String example() throws Exception {
    Matcher block = JAVA_BLOCK.matcher(Files.readString(Path.of("README.md")));
    assertThat(block.find()).as("README.md has a ```java block").isTrue();
    return block.group(1);
  }

  private Path compile(String body) throws Exception {
    String source =
        """
        import io.github.relumax.backend.*;
        import io.github.relumax.io.*;
        import io.github.relumax.matrix.*;
        import io.github.relumax.model.*;
        import io.github.relumax.newton.*;
        import java.nio.file.Path;

        public class Example {
          public static void run() {
        %s
          }
        }
        """
            .formatted(body);
    JavaFileObject file =
        new SimpleJavaFileObject(URI.create("string:///Example.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    Path classes = Files.createDirectory(temp.resolve("classes"));
    DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> options =
        List.of("-d", classes.toString(), "-classpath", System.getProperty("java.class.path"));
    boolean compiled = compiler.getTask(null, null, problems, options, null, List.of(file)).call();
    assertThat(compiled).as(problems.getDiagnostics().toString()).isTrue();
    return classes;
  }

  private static String run(Path classes) throws Exception {
    PrintStream console = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (URLClassLoader loader =
        new URLClassLoader(
            new URL[] {classes.toUri().toURL()}, ReadmeTest.class.getClassLoader())) {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      loader.loadClass("Example").getMethod("run").invoke(null);
    } finally {
      System.setOut(console);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }
}
