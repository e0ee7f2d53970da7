package io.github.relumax.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * What the tests tagged "gpu" came to, in a process of their own.
 *
 * @param code what JUnit's console launcher ended with
 * @param output the end of what it printed, where it did not end well
 */
record GpuTests(
    int tests,
    int failed,
    int skipped,
    double seconds,
    int code,
    List<Failure> failures,
    String output) {
  private static final int MOST_LINES = 60;

  /** A test that failed, and why. */
  record Failure(String test, String message) {}

  /**
   * Runs those among these classes.
   *
   * @param folder an empty folder, where they run as in the project's: their files are found under
   *     src/test/resources, and they may write to target
   */
  static GpuTests run(Path classes, Path folder) throws IOException, InterruptedException {
    Files.createDirectories(folder.resolve("src/test"));
    Files.createSymbolicLink(folder.resolve("src/test/resources"), classes.toAbsolutePath());
    Path reports = folder.resolve("reports");
    JavaRun run =
        JavaRun.of(
            folder,
            List.of("-Drelumax.gpu=true"),
            "org.junit.platform.console.ConsoleLauncher",
            List.of(
                "execute",
                "--disable-banner",
                "--disable-ansi-colors",
                "--details=summary",
                "--include-engine=junit-jupiter",
                "--include-tag=gpu",
                "--scan-classpath=" + classes.toAbsolutePath(),
                "--reports-dir=" + reports));
    return read(run, reports.resolve("TEST-junit-jupiter.xml"));
  }

  /** Whether there were tests and all of them passed. */
  boolean passed() {
    return code == 0 && failed == 0 && tests > skipped;
  }

  /** One line. */
  String summary() {
    if (tests == 0) {
      return "none ran; the test process ended with code " + code;
    }
    return "%d passed, %d failed, %d skipped in %.1f s%s"
        .formatted(
            tests - failed - skipped,
            failed,
            skipped,
            seconds,
            code > 1 ? "; the test process ended with code " + code : "");
  }

  private static GpuTests read(JavaRun run, Path report) throws IOException {
    String output = run.code() == 0 ? "" : end(run.output());
    if (!Files.exists(report)) {
      return new GpuTests(0, 0, 0, 0, run.code(), List.of(), output);
    }
    Element suite;
    try {
      suite =
          DocumentBuilderFactory.newDefaultInstance()
              .newDocumentBuilder()
              .parse(report.toFile())
              .getDocumentElement();
    } catch (ParserConfigurationException | SAXException e) {
      throw new IOException(report + ": " + e.getMessage(), e);
    }
    List<Failure> failures = failures(suite);
    return new GpuTests(
        Integer.parseInt(suite.getAttribute("tests")),
        failures.size(),
        Integer.parseInt(suite.getAttribute("skipped")),
        Double.parseDouble(suite.getAttribute("time")),
        run.code(),
        failures,
        output);
  }

  private static List<Failure> failures(Element suite) {
    List<Failure> failures = new ArrayList<>();
    for (String kind : List.of("failure", "error")) {
      NodeList found = suite.getElementsByTagName(kind);
      for (int i = 0; i < found.getLength(); i++) {
        Node failure = found.item(i);
        Element test = (Element) failure.getParentNode();
        failures.add(
            new Failure(
                test.getAttribute("classname") + "." + test.getAttribute("name"),
                ((Element) failure).getAttribute("message")));
      }
    }
    return failures;
  }

  private static String end(String output) {
    List<String> lines = output.lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - MOST_LINES), lines.size()));
  }
}
