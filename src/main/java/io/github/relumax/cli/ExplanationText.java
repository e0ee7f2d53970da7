package io.github.relumax.cli;

import io.github.relumax.report.Format;
import io.github.relumax.text.TextExplanation;
import io.github.relumax.text.TextExplanation.Anchor;
import io.github.relumax.text.TextExplanation.Word;
import java.util.ArrayList;
import java.util.List;

/** What a solution of a text problem says, as two aligned lists. */
final class ExplanationText {
  private ExplanationText() {}

  static List<String> lines(TextExplanation explanation) {
    List<String> lines = new ArrayList<>();
    lines.add("Words raised most above their usual frequency (in 1000 words)");
    lines.add("  %-20s %9s %9s %9s".formatted("word", "usual", "fitted", "document"));
    for (Word word : explanation.words()) {
      lines.add(
          "  %-20s %9s %9s %9s"
              .formatted(
                  word.word(),
                  perThousand(word.prior()),
                  perThousand(word.fitted()),
                  perThousand(word.target())));
    }
    lines.add("");
    lines.add("Anchors that did it (lift: what an anchor adds to the logit of a raised word)");
    lines.add("  %-20s %9s %9s".formatted("anchor", "activity", "lift"));
    for (Anchor anchor : explanation.anchors()) {
      lines.add(
          "  %-20s %9s %9s"
              .formatted(
                  anchor.anchor(),
                  Format.fixed(anchor.activation(), 4),
                  Format.fixed(anchor.lift(), 4)));
    }
    lines.add(
        "The prior's activation is %s (1: the usual frequencies as they are)."
            .formatted(Format.fixed(explanation.priorActivation(), 3)));
    return lines;
  }

  private static String perThousand(double probability) {
    return Format.fixed(1000 * probability, 3);
  }
}
