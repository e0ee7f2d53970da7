package io.github.relumax.report;

import io.github.relumax.newton.PathChoice;
import io.github.relumax.objective.CurvaturePath;
import io.github.relumax.plan.PathDecision;
import java.util.ArrayList;
import java.util.List;

/** Says in a line which path a solve takes, and why. */
public final class PathText {
  private PathText() {}

  /** The path and its reason. */
  public static String line(PathDecision decision) {
    if (!decision.fits()) {
      return "%s takes %s, available are %s: it does not fit"
          .formatted(
              decision.path(),
              Format.bytes(decision.memory().bytes()),
              Format.bytes(decision.available()));
    }
    if (decision.path() == CurvaturePath.KEPT) {
      return "kept: C takes " + Format.bytes(decision.kept().cBytes());
    }
    return decision.choice() == PathChoice.AUTO
        ? "streamed: with C kept it takes %s, available are %s"
            .formatted(Format.bytes(decision.kept().bytes()), Format.bytes(decision.available()))
        : "streamed, as asked for: a block of C takes "
            + Format.bytes(decision.streamed().cBytes());
  }

  /** The path, the coarse problem if one comes first, and how steps are computed. */
  public static List<String> lines(PathDecision decision) {
    List<String> lines = new ArrayList<>();
    lines.add("Path     " + line(decision));
    decision.coarse().ifPresent(coarse -> lines.add("Coarse   " + CoarseText.line(coarse)));
    lines.add("Steps    " + decision.method().description());
    return lines;
  }
}
