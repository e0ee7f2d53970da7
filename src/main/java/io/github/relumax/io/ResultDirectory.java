package io.github.relumax.io;

import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The folder of results: of a solve x.npy (d; k x d for k targets), trace.jsonl and result.json.
 * Opened before the work, so that a folder that cannot be written to costs none, and written to
 * after it.
 */
public final class ResultDirectory implements AutoCloseable {
  public static final String X = "x.npy";
  public static final String TRACE = "trace.jsonl";
  public static final String RESULT = "result.json";
  public static final String CERTIFICATE = "certificate.json";

  /** Bytes that are written to see whether the folder takes them, at most. */
  private static final long MOST_TRIED = 1 << 26;

  private final Path folder;
  private final boolean isNew;

  private ResultDirectory(Path folder, boolean isNew) {
    this.folder = folder;
    this.isNew = isNew;
  }

  /**
   * Creates the folder where there is none, with those above it, and tries whether it takes files.
   *
   * @param bytes about how large the results will be
   * @throws InvalidInputException if it is a file or cannot be written to
   */
  public static ResultDirectory open(Path folder, long bytes) {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new InvalidInputException(
          folder + ": is a file, expected a folder for the results (--out)");
    }
    boolean isNew = !Files.exists(folder);
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw AtomicFiles.cannotWrite(folder, e);
    }
    ResultDirectory directory = new ResultDirectory(folder, isNew);
    try {
      AtomicFiles.tryWriting(folder, (int) Math.min(bytes, MOST_TRIED));
      return directory;
    } catch (RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  /** Where the results are. */
  public Path folder() {
    return folder;
  }

  /**
   * Writes the three files, replacing earlier ones; result.json last, so that it never stands
   * beside an older x.npy.
   *
   * @throws InvalidInputException if one cannot be written; earlier results are then as they were
   */
  public void write(double[] x, String trace, String result) {
    write(NpyFile.content(x), trace, result);
  }

  /** The same for several x, the rows of a matrix. */
  public void write(Matrix x, String trace, String result) {
    write(NpyFile.content(x), trace, result);
  }

  private void write(AtomicFiles.Content x, String trace, String result) {
    Map<String, AtomicFiles.Content> files = new LinkedHashMap<>();
    files.put(X, x);
    files.put(TRACE, AtomicFiles.text(trace));
    files.put(RESULT, AtomicFiles.text(result));
    AtomicFiles.writeTogether(folder, files);
  }

  /**
   * Writes a certificate and, where there are some, weights by rows (w.npy, which a problem folder
   * may have); certificate.json last.
   *
   * @throws InvalidInputException if one cannot be written; earlier results are then as they were
   */
  public void writeCertificate(String certificate, Optional<double[]> weights) {
    Map<String, AtomicFiles.Content> files = new LinkedHashMap<>();
    weights.ifPresent(w -> files.put(ProblemDirectory.W, NpyFile.content(w)));
    files.put(CERTIFICATE, AtomicFiles.text(certificate));
    AtomicFiles.writeTogether(folder, files);
  }

  /** Removes the folder if it was new and nothing was written to it. */
  @Override
  public void close() {
    if (isNew) {
      AtomicFiles.removeIfEmpty(folder);
    }
  }
}
