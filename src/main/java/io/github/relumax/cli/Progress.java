package io.github.relumax.cli;

import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar on the terminal while a long step runs, gone when it ends. Elsewhere it shows nothing. */
final class Progress implements AutoCloseable {
  private static final int PARTS = 100;
  private static final int UNKNOWN = -1;

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
      bar =
          new ProgressBarBuilder()
              .setTaskName(newStage)
              .setInitialMax(max)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(200)
              .setConsumer(new ConsoleProgressBarConsumer(terminal))
              .hideEta()
              .clearDisplayOnFinish()
              .build();
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
