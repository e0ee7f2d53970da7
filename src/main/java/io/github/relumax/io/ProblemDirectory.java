package io.github.relumax.io;

import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.InvalidInputException;
import io.github.relumax.model.Problem;
import io.github.relumax.model.Targets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A problem as a folder of .npy files: a1.npy (n x d), a2.npy (m x n), b.npy (m), and where wanted
 * w.npy (m), x0.npy (d) and x_star.npy (d). The radius is not part of it. Where A1 and A2 are
 * mapped, the files must stay as they are while the problem is in use.
 */
public final class ProblemDirectory {
  public static final String A1 = "a1.npy";
  public static final String A2 = "a2.npy";
  public static final String B = "b.npy";
  public static final String W = "w.npy";
  public static final String X0 = "x0.npy";
  public static final String X_STAR = "x_star.npy";

  private final Problem problem;
  private final double[] x0;
  private final double[] xStar;
  private final Targets targets;

  private ProblemDirectory(Problem problem, double[] x0, double[] xStar, Targets targets) {
    this.problem = problem;
    this.targets = targets;
    this.x0 = x0;
    this.xStar = xStar;
  }

  /**
   * Opens a folder and checks everything in it.
   *
   * @throws InvalidInputException if a file is missing or broken, or the files do not fit each
   *     other
   */
  public static ProblemDirectory open(Path dir) {
    return open(dir, NpyFile::read);
  }

  /**
   * The same with A1 and A2 in memory of their own, so that the files may change afterwards.
   *
   * @throws InvalidInputException as above
   * @throws io.github.relumax.matrix.InsufficientMemoryException if A1 or A2 does not fit
   */
  public static ProblemDirectory load(Path dir) {
    return open(dir, NpyFile::load);
  }

  /**
   * The same for many targets: the columns of a file of shape (m, k) instead of b.npy, which is not
   * read and need not be there. The folder's problem then has the first of them for b.
   *
   * @throws InvalidInputException as above
   */
  public static ProblemDirectory open(Path dir, Path targets) {
    requireFolder(dir);
    Matrix a1 = NpyFile.read(a1File(dir));
    Matrix a2 = NpyFile.read(a2File(dir));
    Matrix b = NpyFile.read(targets);
    Targets.check(b, a2);
    Problem problem = withWeights(Problem.of(a1, a2, b.column(0)), dir);
    return open(dir, problem, Targets.of(problem, b));
  }

  private static ProblemDirectory open(Path dir, Function<Path, Matrix> read) {
    requireFolder(dir);
    Path bFile = required(dir, B, "b, an array of shape (m,)");
    Matrix a1 = read.apply(a1File(dir));
    Matrix a2 = read.apply(a2File(dir));
    Problem problem = Problem.of(a1, a2, NpyFile.readVector(bFile), bFile.toString());
    return open(dir, withWeights(problem, dir), null);
  }

  private static Problem withWeights(Problem problem, Path dir) {
    Path wFile = dir.resolve(W);
    return isThere(wFile)
        ? problem.withWeights(NpyFile.readVector(wFile), wFile.toString())
        : problem;
  }

  private static ProblemDirectory open(Path dir, Problem problem, Targets targets) {
    Matrix a1 = problem.a1();
    return new ProblemDirectory(problem, point(a1, dir, X0), point(a1, dir, X_STAR), targets);
  }

  /** The problem, with w.npy as its regulariser where there is one, without radius. */
  public Problem problem() {
    return problem;
  }

  /** The targets that the folder was opened with. */
  public Optional<Targets> targets() {
    return Optional.ofNullable(targets);
  }

  /** The start point in x0.npy (d), a copy. */
  public Optional<double[]> x0() {
    return Optional.ofNullable(x0).map(double[]::clone);
  }

  /** The known answer in x_star.npy (d), a copy. */
  public Optional<double[]> xStar() {
    return Optional.ofNullable(xStar).map(double[]::clone);
  }

  /**
   * Creates the folder without further files; see {@link #create(Path, Problem, Optional, Optional,
   * Map)}.
   */
  public static void create(
      Path dir, Problem problem, Optional<double[]> x0, Optional<double[]> xStar) {
    create(dir, problem, x0, xStar, Map.of());
  }

  /**
   * Creates the folder, whole or not at all.
   *
   * @param textFiles further files: name in the folder, and lines, written as UTF-8
   * @throws InvalidInputException if the folder exists and is not empty, a point does not fit the
   *     problem, or the disk has too little space or fails
   */
  public static void create(
      Path dir,
      Problem problem,
      Optional<double[]> x0,
      Optional<double[]> xStar,
      Map<String, List<String>> textFiles) {
    x0.ifPresent(x -> problem.checkStart(x, X0));
    xStar.ifPresent(x -> problem.checkStart(x, X_STAR));

    FolderFiles files = new FolderFiles();
    files.add(A1, problem.a1());
    files.add(A2, problem.a2());
    files.add(B, problem.b());
    problem.w().ifPresent(w -> files.add(W, w));
    x0.ifPresent(x -> files.add(X0, x));
    xStar.ifPresent(x -> files.add(X_STAR, x));
    textFiles.forEach(files::add);
    AtomicFiles.createFolder(dir, folder -> files.writeInto(folder, dir));
  }

  static void requireFolder(Path dir) {
    if (!Files.isDirectory(dir)) {
      throw new InvalidInputException(
          "%s: %s, expected a folder with %s (n x d), %s (m x n) and %s (m)"
              .formatted(dir, Files.exists(dir) ? "not a folder" : "no such folder", A1, A2, B));
    }
  }

  static Path a1File(Path dir) {
    return required(dir, A1, "A1, an array of shape (n, d)");
  }

  static Path a2File(Path dir) {
    return required(dir, A2, "A2, an array of shape (m, n)");
  }

  private static Path required(Path dir, String fileName, String expected) {
    Path file = dir.resolve(fileName);
    if (!isThere(file)) {
      throw new InvalidInputException("%s: no such file, expected %s".formatted(file, expected));
    }
    return file;
  }

  /** The point in a file of the folder, null where there is no such file. */
  static double[] point(Matrix a1, Path dir, String fileName) {
    Path file = dir.resolve(fileName);
    if (!isThere(file)) {
      return null;
    }
    double[] x = NpyFile.readVector(file);
    Problem.requirePoint(x, a1, file.toString());
    return x;
  }

  /** A link to nowhere counts as there, so that reading it fails instead of being forgotten. */
  private static boolean isThere(Path file) {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
  }

  /** What a new folder will hold, and how large that is. */
  private static final class FolderFiles {
    private final Map<String, AtomicFiles.Content> contents = new LinkedHashMap<>();
    private long bytes;

    void add(String name, Matrix matrix) {
      contents.put(name, NpyFile.content(matrix));
      bytes += NpyFile.fileSize(matrix);
    }

    void add(String name, double[] values) {
      contents.put(name, NpyFile.content(values));
      bytes += NpyFile.fileSize(values);
    }

    void add(String name, List<String> lines) {
      String text = lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
      contents.put(name, AtomicFiles.text(text));
      bytes += text.length();
    }

    void writeInto(Path folder, Path dir) throws IOException {
      AtomicFiles.requireSpace(dir, bytes, Files.getFileStore(folder).getUsableSpace());
      for (Map.Entry<String, AtomicFiles.Content> file : contents.entrySet()) {
        AtomicFiles.writeNew(folder.resolve(file.getKey()), file.getValue());
      }
    }
  }
}
