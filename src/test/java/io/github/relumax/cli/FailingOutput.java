package io.github.relumax.cli;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Standard output in which a command's work fails, once, where a text comes up. */
final class FailingOutput extends ByteArrayOutputStream {
  private final String text;
  private final Error failure;
  private boolean failed;

  FailingOutput(String text, Error failure) {
    this.text = text;
    this.failure = failure;
  }

  @Override
  public synchronized void write(byte[] bytes, int from, int count) {
    super.write(bytes, from, count);
    if (!failed && toString(StandardCharsets.UTF_8).contains(text)) {
      failed = true;
      throw failure;
    }
  }
}
