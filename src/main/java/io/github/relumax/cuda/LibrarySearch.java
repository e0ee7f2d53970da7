package io.github.relumax.cuda;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Looks for a shared library in a list of places, in order: folders that the user named, the CUDA
 * toolkit that CUDA_HOME or CUDA_PATH names, what the loader finds by itself (LD_LIBRARY_PATH,
 * /etc/ld.so.conf), /usr/local/cuda*, and the nvidia packages of Python environments.
 */
final class LibrarySearch {
  /** Folders to look in, separated by ':'; property and variable. */
  static final String PATH_PROPERTY = "relumax.cuda.path";

  static final String PATH_VARIABLE = "RELUMAX_CUDA_PATH";

  /** What the loader finds by itself. */
  static final Place LOADER = new Place("the loader's own search", null);

  private final List<Place> places;

  LibrarySearch(List<Place> places) {
    this.places = List.copyOf(places);
  }

  /**
   * Somewhere to look.
   *
   * @param name for messages
   * @param folders the folders there, null for what the loader finds by itself
   */
  record Place(String name, List<Path> folders) {}

  /**
   * What a search came to.
   *
   * @param found what was opened, if anything was
   * @param report the path of what was opened, or every place looked at and what was wrong there
   * @param faults of files that are there and cannot be loaded, in the loader's words
   */
  record Result(Optional<NativeLibrary> found, String report, List<String> faults) {}

  /** The search for libraries of the CUDA toolkit. */
  static LibrarySearch forToolkit() {
    UnaryOperator<String> env = System::getenv;
    List<Place> places = new ArrayList<>();
    places.add(named());
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      String root = env.apply(variable);
      places.add(new Place(variable, root == null ? List.of() : below(Path.of(root))));
    }
    places.add(LOADER);
    List<Path> toolkits = new ArrayList<>();
    for (Path root : matching(Path.of("/usr/local"), "cuda*")) {
      toolkits.addAll(below(root));
    }
    places.add(new Place("/usr/local/cuda*", toolkits));
    places.add(new Place("nvidia packages of Python", python(env)));
    return new LibrarySearch(places);
  }

  /** The search for the driver's library, which the driver installs, not the toolkit. */
  static LibrarySearch forDriver() {
    List<Path> usual =
        Stream.of(
                "/usr/lib/x86_64-linux-gnu",
                "/usr/lib64",
                "/usr/lib/wsl/lib",
                "/usr/local/nvidia/lib64",
                "/run/opengl-driver/lib")
            .map(Path::of)
            .toList();
    return new LibrarySearch(List.of(named(), LOADER, new Place("usual folders", usual)));
  }

  /** Opens the first of the named libraries that is found: all places for the first name first. */
  Result find(String... names) {
    List<String> faults = new ArrayList<>();
    for (String name : names) {
      for (Place place : places) {
        for (String candidate : candidates(place, name)) {
          try {
            NativeLibrary library = NativeLibrary.open(candidate);
            return new Result(Optional.of(library), library.path(), List.of());
          } catch (UnsatisfiedLinkError e) {
            String fault = e.getMessage();
            if (place.folders != null || !fault.startsWith(name + ": cannot open")) {
              // Where it is another library that is not there, only that one is named.
              faults.add(fault.startsWith(candidate) ? fault : candidate + ": " + fault);
            }
          }
        }
      }
    }
    String report =
        "no %s in %s%s"
            .formatted(
                String.join(" or ", names),
                String.join(", ", places.stream().map(LibrarySearch::describe).toList()),
                faults.isEmpty() ? "" : "; could not be loaded: " + String.join("; ", faults));
    return new Result(Optional.empty(), report, List.copyOf(faults));
  }

  private static List<String> candidates(Place place, String name) {
    if (place.folders == null) {
      return List.of(name);
    }
    return place.folders.stream()
        .map(folder -> folder.resolve(name))
        .filter(Files::isRegularFile)
        .map(Path::toString)
        .toList();
  }

  private static String describe(Place place) {
    if (place.folders == null) {
      return place.name;
    }
    return "%s (%s)"
        .formatted(
            place.name,
            place.folders.isEmpty()
                ? "none"
                : String.join(":", place.folders.stream().map(Path::toString).toList()));
  }

  /** What is wrong with the folders that the user named, in one line; empty where nothing is. */
  static Optional<String> fault() {
    boolean property = System.getProperty(PATH_PROPERTY) != null;
    return namedFolders().stream()
        .filter(folder -> !Files.isDirectory(folder))
        .findFirst()
        .map(folder ->
            "%s names %s, which is no folder: correct it or leave it out"
                .formatted(property ? "-D" + PATH_PROPERTY : PATH_VARIABLE, folder));
  }

  private static List<Path> namedFolders() {
    String folders = System.getProperty(PATH_PROPERTY, System.getenv(PATH_VARIABLE));
    return folders == null
        ? List.of()
        : Stream.of(folders.split(":", -1)).filter(f -> !f.isEmpty()).map(Path::of).toList();
  }

  private static Place named() {
    List<Path> paths = new ArrayList<>();
    for (Path folder : namedFolders()) {
      paths.add(folder);
      paths.addAll(below(folder));
    }
    return new Place(PATH_VARIABLE, paths);
  }

  /** Where a toolkit keeps its libraries. */
  private static List<Path> below(Path root) {
    return Stream.of("lib64", "lib", "targets/x86_64-linux/lib")
        .map(root::resolve)
        .filter(Files::isDirectory)
        .toList();
  }

  /** The nvidia/.../lib folders of the environments that are active, and of the system's Python. */
  private static List<Path> python(UnaryOperator<String> env) {
    List<Path> roots = new ArrayList<>();
    for (String variable : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
      if (env.apply(variable) != null) {
        roots.add(Path.of(env.apply(variable)));
      }
    }
    roots.add(Path.of(System.getProperty("user.home"), ".local"));
    roots.add(Path.of("/usr/local"));
    roots.add(Path.of("/usr"));
    List<Path> folders = new ArrayList<>();
    for (Path root : roots) {
      for (Path python : matching(root.resolve("lib"), "python3*")) {
        for (String packages : List.of("site-packages", "dist-packages")) {
          for (Path part : matching(python.resolve(packages).resolve("nvidia"), "*")) {
            folders.addAll(below(part));
          }
        }
      }
    }
    return folders;
  }

  /** Folders whose names match, later versions first; none where the folder is not there. */
  private static List<Path> matching(Path folder, String pattern) {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, pattern)) {
        stream.forEach(found::add);
      } catch (IOException e) {
        // What cannot be listed holds nothing for us.
        return List.of();
      }
    }
    found.sort(Comparator.reverseOrder());
    return found;
  }
}
