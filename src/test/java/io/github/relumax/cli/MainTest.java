package io.github.relumax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MainTest {
  private static final Pattern OPTION_STARTS = Pattern.compile("\n(?=      --)");

  @Test
  void noCommandShowsHelpAndFails() {
    CommandLineRun run = CommandLineRun.of();
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("Usage: relumax", "solve", "relumax demo");
  }

  @Test
  void versionIsThatOfTheBuild() {
    CommandLineRun run = CommandLineRun.of("--version");
    assertThat(run.code()).isZero();
    assertThat(run.out().strip()).isEqualTo("relumax " + Version.current());
    assertThat(Version.current()).matches("\\d+\\.\\d+\\.\\d+(-SNAPSHOT)?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo",
        "generate",
        "text",
        "solve",
        "evaluate",
        "check",
        "certify",
        "bench",
        "info"
      })
  void everyCommandHasHelp(String command) {
    CommandLineRun run = CommandLineRun.of(command, "--help");
    assertThat(run.code()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).startsWith("Usage: relumax " + command);
    assertThat(run.out()).doesNotContain("${");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo",
        "generate",
        "text",
        "solve",
        "evaluate",
        "check",
        "certify",
        "bench",
        "info"
      })
  void everyOptionOfEveryCommandIsDescribedWithItsDefault(String command) {
    String help = CommandLineRun.of(command, "--help").out();
    String options = help.substring(help.indexOf("\n  "));
    for (String option : OPTION_STARTS.split(options, -1)) {
      if (option.startsWith("      --") && !isRequiredOrSwitch(option)) {
        assertThat(option).contains("Default:");
      }
    }
  }

  private static boolean isRequiredOrSwitch(String option) {
    return option.matches("(?s)      --(m|n|d|document|at|quiet)[ =].*");
  }

  @Test
  void anUnknownCommandIsOneLineAndAHint() {
    CommandLineRun run = CommandLineRun.of("solv");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err().lines()).hasSize(2);
    assertThat(run.err()).contains("'solv'").contains("relumax solve");
  }

  @Test
  void anUnknownOptionIsOneLineAndAHint() {
    CommandLineRun run = CommandLineRun.of("solve", "p", "--speed=9");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err().lines()).hasSize(2);
    assertThat(run.err()).contains("'--speed=9'").contains("relumax solve --help");
  }

  @Test
  void anArgumentFileIsNotExpanded(@TempDir Path folder) throws IOException {
    String name = "@" + Files.writeString(folder.resolve("arguments"), "--help");
    CommandLineRun run = CommandLineRun.of("solve", name);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains(name + ": no such folder");
  }

  @Test
  void infoNamesWhatIsHere() {
    CommandLineRun run = CommandLineRun.of("info");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains(Version.current())
        .contains(Runtime.version().toString())
        .contains("Cores     " + Runtime.getRuntime().availableProcessors())
        .containsPattern("cpu +usable: \\d+ cores")
        .containsPattern("Memory +[0-9.]+ [GM]iB");
  }

  @Test
  void demoReachesThePlantedAnswer() {
    CommandLineRun run = CommandLineRun.of("demo", "--threads", 2);
    assertThat(run.code()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("Found x*: ")
        .contains("relumax solve p")
        .contains(
            "The first step is the way of a smaller problem, of the rows that b and f weigh most:"
                + " 625 rows, ");
  }

  @Test
  void aDefectIsOneLineThatSaysHowToSeeMore() {
    StringWriter err = new StringWriter();
    int code = Failures.report(new IllegalStateException("two\nlines"), new PrintWriter(err, true));
    assertThat(code).isEqualTo(1);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString())
        .contains("IllegalStateException: two?lines")
        .contains("RELUMAX_DEBUG");
  }

  @Test
  void tooLittleMemoryIsCodeFour() {
    StringWriter err = new StringWriter();
    int code = Failures.report(new OutOfMemoryError("Java heap space"), new PrintWriter(err));
    assertThat(code).isEqualTo(4);
    assertThat(err.toString()).contains("not enough memory").contains("-Xmx");
  }
}
