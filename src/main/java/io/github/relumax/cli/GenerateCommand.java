package io.github.relumax.cli;

import io.github.relumax.io.AtomicFiles;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.report.Format;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code relumax generate}: a random problem whose answer is known. */
@Command(
    name = "generate",
    sortOptions = false,
    description = {
      "Writes a random problem whose answer x* is known.",
      "A1 ~ N(0, 1/d), A2 ~ scale² N(0, 1/n), b = softmax(A2 relu(A1 x*))."
    })
final class GenerateCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "DIR", description = "Folder to create. It must not exist or be empty.")
  private Path dir;

  @Option(names = "--m", required = true, paramLabel = "M", description = "Outputs: rows of A2.")
  private int m;

  @Option(
      names = "--n",
      required = true,
      paramLabel = "N",
      description = "Hidden units: rows of A1, columns of A2.")
  private int n;

  @Option(names = "--d", required = true, paramLabel = "D", description = "Unknowns: length of x.")
  private int d;

  @Mixin private PlantedMixin planted;

  @Option(
      names = "--noise",
      paramLabel = "S",
      defaultValue = "0",
      description =
          "Multiply b by exp(S N(0, 1)) and rescale it to sum 1; x* is then only near a minimiser."
              + " Default: ${DEFAULT-VALUE}.")
  private double noise;

  GenerateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Arguments.requirePositive("--m", m);
    Arguments.requirePositive("--n", n);
    Arguments.requirePositive("--d", d);
    long bytes = Memory.requireMatrices(m, n, d, planted.type(), ElementType.FLOAT32);
    AtomicFiles.checkNewFolder(dir, bytes + 8L * m);

    PlantedProblem drawn = console.during("drawing A1 and A2", _ -> planted.draw(m, n, d, noise));
    console.during(
        "writing " + dir,
        _ -> {
          ProblemDirectory.create(
              dir, drawn.problem(), Optional.of(drawn.x0()), Optional.of(drawn.xStar()));
          return dir;
        });
    console.println(
        "%s: m = %s, n = %s, d = %s, A2 %s, %s"
            .formatted(
                dir,
                Format.count(m),
                Format.count(n),
                Format.count(d),
                planted.type(),
                Format.bytes(bytes)));
    console.println("Solve it with: relumax solve " + dir);
    return ExitCode.OK;
  }
}
