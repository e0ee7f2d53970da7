package io.github.relumax.cli;

import io.github.relumax.Version;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code relumax} without a subcommand. */
@Command(
    name = "relumax",
    versionProvider = RootCommand.VersionText.class,
    synopsisSubcommandLabel = "COMMAND",
    description = "Solves softmax-ReLU regression by approximate Newton.",
    footer = {
      "",
      "Begin with 'relumax demo'. 'relumax COMMAND --help' lists the options of a command.",
      "",
      "Exit codes: 0 converged or done, 1 internal error, 2 bad usage or input, 3 not converged,",
      "4 backend unavailable or not enough memory, 130 interrupted."
    })
@SuppressWarnings("UnusedVariable") // picocli acts on help and version itself
final class RootCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  private boolean version;

  @Override
  public void run() {
    throw new NoCommandException(spec.commandLine());
  }

  /** No subcommand was given. */
  static final class NoCommandException extends ParameterException {
    private static final long serialVersionUID = 1L;

    NoCommandException(CommandLine commandLine) {
      super(commandLine, "no command");
    }
  }

  static final class VersionText implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"relumax " + Version.current()};
    }
  }
}
