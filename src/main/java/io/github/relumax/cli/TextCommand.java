package io.github.relumax.cli;

import io.github.relumax.io.AtomicFiles;
import io.github.relumax.io.ProblemDirectory;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.report.Format;
import io.github.relumax.text.TextOptions;
import io.github.relumax.text.TextProblem;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code relumax text}: a problem made from text files. */
@Command(
    name = "text",
    sortOptions = false,
    description = {
      "Turns text into a problem: explain the words of one document by anchor words.",
      "FILE... tell which words stand near which; plain UTF-8 text. 'relumax solve' on the folder"
          + " ends with the words that the solution raises and the anchors that did it."
    })
final class TextCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      index = "0",
      paramLabel = "DIR",
      description = "Folder to create. It must not exist or be empty.")
  private Path dir;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "FILE",
      description = "Text files, a million words or so in all for the default sizes.")
  private List<Path> files;

  @Option(
      names = "--document",
      required = true,
      paramLabel = "FILE",
      description = "The text to explain; one of the files or another one.")
  private Path document;

  @Option(
      names = "--tagged",
      description = "The files hold word/tag tokens: drop the tags. Default: they are plain text.")
  private boolean tagged;

  @Option(
      names = "--vocabulary",
      paramLabel = "M",
      defaultValue = "12000",
      description = "The M most frequent words are explained. Default: ${DEFAULT-VALUE}.")
  private int vocabulary;

  @Option(
      names = "--anchors",
      paramLabel = "N",
      defaultValue = "1500",
      description =
          "The N most frequent words after the first 100 explain them. Default: ${DEFAULT-VALUE}.")
  private int anchors;

  @Option(
      names = "--dimension",
      paramLabel = "D",
      defaultValue = "150",
      description = "Length of an anchor's embedding, N at most. Default: ${DEFAULT-VALUE}.")
  private int dimension;

  @Option(
      names = "--window",
      paramLabel = "K",
      defaultValue = "8",
      description = "Words at most K apart stand near each other. Default: ${DEFAULT-VALUE}.")
  private int window;

  @Option(
      names = "--seed",
      paramLabel = "K",
      defaultValue = "1",
      description = "Seed of the start x0. Default: ${DEFAULT-VALUE}.")
  private long seed;

  TextCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    TextOptions options = new TextOptions(vocabulary, anchors, dimension, window, tagged, seed);
    ElementType type = ElementType.FLOAT64;
    long bytes = Memory.requireMatrices(vocabulary, anchors + 1, dimension + 1, type, type);
    AtomicFiles.checkNewFolder(dir, bytes);
    TextProblem text =
        console.during(
            "reading text",
            progress -> TextProblem.build(files, document, options, progress::report));
    console.during(
        "writing " + dir,
        _ -> {
          ProblemDirectory.create(
              dir, text.problem(), Optional.of(text.x0()), Optional.empty(), text.textFiles());
          return dir;
        });
    console.println(
        "%s: %s words, %s anchors, %s dimensions, from %s files, to explain %s"
            .formatted(
                dir,
                Format.count(vocabulary),
                Format.count(anchors),
                Format.count(dimension),
                Format.count(files.size()),
                document));
    console.println("Solve it with: relumax solve " + dir);
    return ExitCode.OK;
  }
}
