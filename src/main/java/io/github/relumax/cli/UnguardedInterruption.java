package io.github.relumax.cli;

import io.github.relumax.io.AtomicFiles;
import java.io.PrintStream;

/**
 * Ends the process with a line and with the documented code, whichever signal asked for it, where
 * no {@link Interruption} guards results: there is nothing to write then.
 */
final class UnguardedInterruption implements AutoCloseable {
  private final Thread hook;

  private UnguardedInterruption(PrintStream err) {
    hook = new Thread(() -> end(err), "unguarded-interruption");
  }

  static UnguardedInterruption report(PrintStream err) {
    // Loads the class, which adds a hook of its own: while the process ends it could not.
    AtomicFiles.removeUnfinished();
    UnguardedInterruption interruption = new UnguardedInterruption(err);
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  private static void end(PrintStream err) {
    if (!Interruption.isGuarding()) {
      err.println("Interrupted: what was not complete is not written.");
      AtomicFiles.removeUnfinished();
      Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
    }
  }

  @Override
  public void close() {
    Interruption.remove(hook);
  }
}
