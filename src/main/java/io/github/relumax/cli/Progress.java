package io.github.relumax.cli;

import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import me.tongfei.progressbar.ProgressState;

/** A bar on the terminal while a long step runs, gone when it ends. Elsewhere it shows nothing. */
final class Progress implements AutoCloseable {
  private static final int PARTS = 100;
  private static final int UNKNOWN = -1;
  private static final int UPDATE_MILLIS = 200;

  private final PrintStream terminal;
  private String stage;
  private ProgressBar bar;

  /**
   * @param terminal null to show nothing
   */
  Progress(PrintStream terminal, String task) {
    this.terminal = terminal;
    show(task, UNKNOWN);
  }

  /** Shows how far the stage has come, from 0 to 1. */
  void report(String newStage, double fraction) {
    if (!newStage.equals(stage)) {
      show(newStage, PARTS);
    }
    if (bar != null) {
      bar.stepTo(Math.round(PARTS * fraction));
    }
  }

  private void show(String newStage, int max) {
    close();
    stage = newStage;
    if (terminal != null) {
      ProgressBarBuilder builder =
          new ProgressBarBuilder()
              .setTaskName(newStage)
              .setInitialMax(max)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(UPDATE_MILLIS)
              .setConsumer(new Line(terminal))
              .hideEta()
              .clearDisplayOnFinish();
      if (max == UNKNOWN) {
        builder.setRenderer(Progress::elapsed);
      }
      bar = builder.build();
    }
  }

  /** Without a known end there is no bar to fill, but the time tells that work goes on. */
  private static String elapsed(ProgressState state, int width) {
    String line = state.getTaskName() + " ... " + state.getElapsedAfterStart().toSeconds() + " s";
    return line.substring(0, Math.min(line.length(), Math.max(width, 0)));
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }

  /** A line that is overwritten, and leaves no empty one behind. */
  private static final class Line extends ConsoleProgressBarConsumer {
    private final PrintStream terminal;

    Line(PrintStream terminal) {
      super(terminal);
      this.terminal = terminal;
    }

    @Override
    public void close() {
      terminal.flush();
    }
  }
}
