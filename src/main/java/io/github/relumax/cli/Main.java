package io.github.relumax.cli;

import io.github.relumax.backend.CurvatureForm;
import io.github.relumax.newton.Curvature;
import io.github.relumax.newton.Minima;
import io.github.relumax.newton.PathChoice;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Entry point of the command line. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT);
    String log = Failures.debug() ? "debug" : "warn";
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", log);
    System.setProperty("org.slf4j.simpleLogger.showThreadName", "false");
    System.setProperty("org.slf4j.simpleLogger.showLogName", "false");
    // UTF-8 whatever the locale: messages hold symbols, and file names hold anything.
    StandardOutput output = new StandardOutput();
    PrintStream out = new PrintStream(output, true, StandardCharsets.UTF_8);
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    boolean terminal =
        Optional.ofNullable(System.console()).map(java.io.Console::isTerminal).orElse(false);
    int code;
    try (var _ = UnguardedInterruption.report(err)) {
      code = run(args, new Console(out, err, terminal));
    }
    if (output.failure().isPresent()) {
      err.println("relumax: cannot write to standard output: " + output.failure().get());
      code = code == ExitCode.OK ? ExitCode.BAD_INPUT : code;
    }
    System.exit(code);
  }

  /**
   * Runs one command line.
   *
   * @param out where its output goes, as UTF-8
   * @param err where its messages go, as UTF-8
   * @return the exit code
   */
  public static int run(String[] args, PrintStream out, PrintStream err) {
    return run(args, new Console(out, err, false));
  }

  private static int run(String[] args, Console console) {
    try {
      return commandLine(console).execute(args);
    } catch (Throwable failure) {
      return Failures.report(failure, console.err());
    } finally {
      console.out().flush();
      console.err().flush();
    }
  }

  private static CommandLine commandLine(Console console) {
    CommandLine commandLine =
        new CommandLine(new RootCommand())
            .addSubcommand(new DemoCommand(console))
            .addSubcommand(new GenerateCommand(console))
            .addSubcommand(new TextCommand(console))
            .addSubcommand(new PlanCommand(console))
            .addSubcommand(new SolveCommand(console))
            .addSubcommand(new EvaluateCommand(console))
            .addSubcommand(new CheckCommand(console))
            .addSubcommand(new CertifyCommand(console))
            .addSubcommand(new BenchCommand(console))
            .addSubcommand(new SamplingCommand(console))
            .addSubcommand(new InfoCommand(console));
    return commandLine
        .setOut(console.out())
        .setErr(console.err())
        .setUsageHelpWidth(100)
        .setExpandAtFiles(false)
        .registerConverter(Path.class, Main::path)
        .registerConverter(Integer.class, Main::integer)
        .registerConverter(int.class, Main::integer)
        .registerConverter(Long.class, Main::integer64)
        .registerConverter(long.class, Main::integer64)
        .registerConverter(Double.class, Main::number)
        .registerConverter(double.class, Main::number)
        .registerConverter(Curvature.class, oneOf(Curvature.values()))
        .registerConverter(CurvatureForm.class, oneOf(CurvatureForm.values()))
        .registerConverter(PathChoice.class, oneOf(PathChoice.values()))
        .registerConverter(Minima.class, oneOf(Minima.values()))
        .registerConverter(OutputFormat.class, oneOf(OutputFormat.values()))
        .registerConverter(Dtype.class, oneOf(Dtype.values()))
        .registerConverter(Preset.class, oneOf(Preset.values()))
        .setParameterExceptionHandler(Main::badUsage)
        .setExecutionExceptionHandler((failure, _, _) -> Failures.report(failure, console.err()));
  }

  private static int badUsage(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    if (e instanceof RootCommand.NoCommandException) {
      command.usage(command.getErr());
      return ExitCode.BAD_INPUT;
    }
    command.getErr().println("relumax: " + e.getMessage().lines().findFirst().orElse(""));
    if (!UnmatchedArgumentException.printSuggestions(e, command.getErr())) {
      String name = command.getCommandSpec().qualifiedName();
      command.getErr().println("Try '" + name + " --help'.");
    }
    return ExitCode.BAD_INPUT;
  }

  /** The empty path would mean the current folder, which nobody writes as ''. */
  private static Path path(String text) {
    if (text.isEmpty()) {
      throw new TypeConversionException("the name is empty");
    }
    return Path.of(text);
  }

  private static int integer(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'" + text + "' is no whole number below 2147483648");
    }
  }

  private static long integer64(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'" + text + "' is no whole number of 64 bits");
    }
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'" + text + "' is no number");
    }
  }

  /** Reads a constant as it prints itself. */
  private static <E> ITypeConverter<E> oneOf(E[] constants) {
    return text ->
        Arrays.stream(constants)
            .filter(constant -> constant.toString().equals(text))
            .findFirst()
            .orElseThrow(() ->
                new TypeConversionException(
                    "'%s' is none of %s"
                        .formatted(
                            text,
                            Arrays.stream(constants)
                                .map(Object::toString)
                                .collect(Collectors.joining(", ")))));
  }
}
