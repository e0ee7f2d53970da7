package io.github.relumax.text;

import java.util.function.IntConsumer;

/**
 * Passes a text on without its tags. Tokens are what white space separates; of each, the last slash
 * and what follows is dropped ("The/at", "and/or/cc"), and a token without a slash is kept whole. A
 * token of more than {@value #MAX_LENGTH} characters is dropped.
 */
final class TagStripper implements IntConsumer {
  static final int MAX_LENGTH = 1000;

  private final IntConsumer output;
  private final int[] token = new int[MAX_LENGTH];
  private int length;
  private int lastSlash = -1;

  TagStripper(IntConsumer output) {
    this.output = output;
  }

  @Override
  public void accept(int c) {
    if (Character.isWhitespace(c)) {
      end();
      output.accept(c);
      return;
    }
    if (length < MAX_LENGTH) {
      if (c == '/') {
        lastSlash = length;
      }
      token[length] = c;
    }
    length = Math.min(length + 1, MAX_LENGTH + 1);
  }

  private void end() {
    if (length <= MAX_LENGTH) {
      int kept = lastSlash >= 0 ? lastSlash : length;
      for (int i = 0; i < kept; i++) {
        output.accept(token[i]);
      }
    }
    length = 0;
    lastSlash = -1;
  }
}
