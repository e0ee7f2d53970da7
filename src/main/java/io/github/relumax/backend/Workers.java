package io.github.relumax.backend;

import java.util.ArrayList;
import java.util.List;

/** Pieces of work that run at once, each on a thread and a backend of its own. */
public final class Workers {
  private final Runnable stop;
  private Throwable failure;

  private Workers(Runnable stop) {
    this.stop = stop;
  }

  /**
   * Runs the work once on each backend and returns when all have ended. What one throws is thrown
   * here, as it is; of several, the first.
   *
   * @param stop tells all to end early, which is called when one has failed, and when the caller's
   *     thread is interrupted; its interrupt is set again at the end
   */
  public static void run(List<Backend> backends, Runnable stop, Lanes.Work work) {
    new Workers(stop).run(backends, work);
  }

  private void run(List<Backend> backends, Lanes.Work work) {
    List<Thread> threads = new ArrayList<>();
    for (int number = 0; number < backends.size(); number++) {
      int own = number;
      Runnable job = () -> run(own, backends.get(own), work);
      Thread thread = new Thread(job, "relumax-worker-" + number);
      thread.setDaemon(true);
      try {
        thread.start();
      } catch (OutOfMemoryError e) {
        // Those that were started still use their backends.
        failed(e);
        break;
      }
      threads.add(thread);
    }
    PatientWait wait = new PatientWait(stop);
    threads.forEach(thread -> wait.until(thread::join));
    wait.end();
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  private void run(int number, Backend backend, Lanes.Work work) {
    try {
      work.run(number, backend);
    } catch (Throwable e) {
      failed(e);
    }
  }

  private synchronized void failed(Throwable e) {
    if (failure == null) {
      failure = e;
    }
    stop.run();
  }
}
