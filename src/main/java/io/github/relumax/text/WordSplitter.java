package io.github.relumax.text;

import java.text.Normalizer;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Cuts a stream of code points into lower-case words.
 *
 * <ul>
 *   <li>A word is a run of letters with their combining marks. One apostrophe, hyphen or full stop
 *       between two letters belongs to it ("don't", "well-known", "u.s"), at its ends it does not.
 *   <li>A run that holds a digit or another number is no word ("1960s", "b-52"), nor is one of more
 *       than {@value #MAX_LENGTH} characters.
 *   <li>Everything else separates words. A soft hyphen does not: it is left out.
 *   <li>Typographic apostrophes and hyphens become ' and -, and other characters their composed
 *       form (Unicode NFC), so that a word has one spelling.
 * </ul>
 *
 * A word ends at the character after it: feed a separator at the end of the text.
 */
final class WordSplitter implements IntConsumer {
  static final int MAX_LENGTH = 100;

  private static final int SOFT_HYPHEN = 0xAD;
  private static final char NONE = 0;

  private final Consumer<String> words;
  private final StringBuilder run = new StringBuilder();
  private char joiner = NONE;
  private boolean isWord = true;
  private boolean ascii = true;

  WordSplitter(Consumer<String> words) {
    this.words = words;
  }

  @Override
  public void accept(int c) {
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') {
      append(c);
    } else if (c < 0x80) {
      acceptOtherAscii(c);
    } else if (c != SOFT_HYPHEN) {
      acceptOther(c);
    }
  }

  private void acceptOtherAscii(int c) {
    if (c >= '0' && c <= '9') {
      isWord = false;
      append(c);
    } else if (c == '\'' || c == '-' || c == '.') {
      join((char) c);
    } else {
      end();
    }
  }

  private void acceptOther(int c) {
    switch (Character.getType(c)) {
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER -> {
        ascii = false;
        append(c);
      }
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> {
        isWord = false;
        append(c);
      }
      case Character.NON_SPACING_MARK,
          Character.COMBINING_SPACING_MARK,
          Character.ENCLOSING_MARK -> {
        if (run.isEmpty() || joiner != NONE) {
          end();
        } else {
          ascii = false;
          append(c);
        }
      }
      default -> {
        switch (c) {
          case '\u2019' -> join('\'');
          case '\u2010', '\u2011' -> join('-');
          default -> end();
        }
      }
    }
  }

  /** The joiner counts only when a letter follows. */
  private void join(char c) {
    if (run.isEmpty() || joiner != NONE) {
      end();
    } else {
      joiner = c;
    }
  }

  private void append(int c) {
    if (joiner != NONE) {
      run.append(joiner);
      joiner = NONE;
    }
    if (run.length() < MAX_LENGTH) {
      run.appendCodePoint(c);
    } else {
      isWord = false; // and the run does not grow, however long it is
    }
  }

  private void end() {
    if (isWord && !run.isEmpty()) {
      String word = run.toString();
      if (!ascii) {
        word = Normalizer.normalize(word, Normalizer.Form.NFC);
      }
      words.accept(word.toLowerCase(Locale.ROOT));
    }
    run.setLength(0);
    joiner = NONE;
    isWord = true;
    ascii = true;
  }
}
