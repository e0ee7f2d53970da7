package io.github.relumax.cuda;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.github.relumax.backend.BackendUnavailableException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;

/**
 * What {@link CublasForwarderTest} runs in a process of its own, since a process loads JCublas2
 * once: opens the library of its second argument and does what the first one says.
 */
final class CublasForwarderProgram {
  private CublasForwarderProgram() {}

  public static void main(String[] args) throws Throwable {
    String task = args[0];
    if (task.equals("too-early")) {
      // Refused, since the library is not one: the forwarder is loaded and has nowhere to go.
      open(args[1]);
      show("cublasCreate", JCublas2.cublasCreate(new cublasHandle()));
      show("cublasGetStatusName", JCublas2.cublasGetStatusName(8));
      show("cublasGetCudartVersion", JCublas2.cublasGetCudartVersion());
      return;
    }
    open(args[1]);
    switch (task) {
      case "open" -> {}
      case "calls" -> calls();
      case "numbers" -> numbers(Arrays.copyOfRange(args, 2, args.length));
      default -> throw new IllegalArgumentException(task);
    }
  }

  private static void open(String library) {
    try {
      show("opened", CublasForwarder.open(Path.of(library)));
      show("again", CublasForwarder.open(Path.of(library)));
    } catch (BackendUnavailableException e) {
      show("refused", e.getMessage());
    }
  }

  private static void calls() {
    cublasHandle handle = new cublasHandle();
    show("cublasCreate", JCublas2.cublasCreate(handle));
    int[] version = new int[1];
    show("cublasGetVersion", JCublas2.cublasGetVersion(handle, version));
    show("version", version[0]);
    show("cublasGetCudartVersion", JCublas2.cublasGetCudartVersion());
    show("cublasSetMathMode", JCublas2.cublasSetMathMode(handle, 2));
    show("cublasGetStatusName", JCublas2.cublasGetStatusName(8));

    try (Arena arena = Arena.ofConfined()) {
      products(handle, arena.allocateFrom(JAVA_DOUBLE, 2, 3, 5, 7, 11, 13, 17, 19));
    }
    show("cublasDestroy", JCublas2.cublasDestroy(handle));
  }

  private static void products(cublasHandle handle, MemorySegment numbers) {
    Pointer alpha = new Address(numbers);
    Pointer a = alpha.withByteOffset(2 * Double.BYTES);
    Pointer b = alpha.withByteOffset(3 * Double.BYTES);
    Pointer beta = alpha.withByteOffset(5 * Double.BYTES);
    Pointer c = alpha.withByteOffset(7 * Double.BYTES);
    show(
        "cublasDgemm",
        JCublas2.cublasDgemm(handle, 0, 1, 23, 29, 31, alpha, a, 37, b, 41, beta, c, 43));
    show("c", numbers.getAtIndex(JAVA_DOUBLE, 7));
    long big = 1L << 40;
    show(
        "cublasDgemm_64",
        JCublas2.cublasDgemm_v2_64(
            handle, 1, 0, big + 1, big + 2, big + 3, alpha, a, big + 4, b, big + 5, beta, c,
            big + 6));

    show("cublasDdot", JCublas2.cublasDdot(handle, 1, a, 1, b, 1, c));
    show("c", numbers.getAtIndex(JAVA_DOUBLE, 7));
  }

  /** Calls functions of the stand-in, all with this signature, through what has the older name. */
  private static void numbers(String[] names) throws Throwable {
    NativeLibrary forwarder = NativeLibrary.open("libcublas.so.12");
    for (String name : names) {
      int number = (int) forwarder.function(name, FunctionDescriptor.of(JAVA_INT)).invokeExact();
      show(name, number);
    }
  }

  /** What JCublas2 takes for memory of the device. */
  private static final class Address extends Pointer {
    Address(MemorySegment memory) {
      super(memory.address());
    }
  }

  private static void show(String name, Object value) {
    System.out.println(name + " = " + value);
  }
}
