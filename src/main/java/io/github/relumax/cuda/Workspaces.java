package io.github.relumax.cuda;

import java.util.EnumMap;
import java.util.Map;

/**
 * Device memory that primitives work in. Each piece grows to the largest size that was asked for,
 * which sizes that depend on shapes alone reach in the first iteration of a solve. It is given back
 * when the context is closed.
 */
final class Workspaces {
  /** One use of memory; pieces of different uses may be in use together. */
  enum Use {
    PARTIAL_SUMS("partial sums"),
    UNIT_BITS("bits of units"),
    A1_ROWS("gathered rows of A1"),
    A2_COLUMNS("gathered columns of A2"),
    ROW_BITS("bits of rows"),
    ROW_LIST("a list of rows"),
    WEIGHTED_ROWS("weighted rows of C"),
    SOLVER("the workspace of cuSOLVER");

    private final String label;

    Use(String label) {
      this.label = label;
    }
  }

  private record Piece(long address, long bytes) {}

  private final CudaContext context;
  private final Map<Use, Piece> pieces = new EnumMap<>(Use.class);

  Workspaces(CudaContext context) {
    this.context = context;
  }

  /**
   * Where this use has its memory. What was there before is lost if there was less.
   *
   * @throws io.github.relumax.matrix.InsufficientMemoryException if it cannot be had
   */
  long address(Use use, long bytes) {
    Piece piece = pieces.get(use);
    if (piece == null || piece.bytes < bytes) {
      if (piece != null) {
        pieces.remove(use);
        context.free(piece.address);
      }
      piece = new Piece(context.allocate(bytes, use.label), bytes);
      pieces.put(use, piece);
    }
    return piece.address;
  }
}
