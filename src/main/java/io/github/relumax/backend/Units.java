package io.github.relumax.backend;

/**
 * A list of indices in ascending order: hidden units, or rows. Units have a sign each: the active
 * units (all +1), or those that flipped between two points (+1 switched on, -1 switched off); the
 * signs of rows mean nothing. The list lives on the backend; only its length is known to the host.
 */
public interface Units extends AutoCloseable {
  /** How many indices the list holds now. */
  int count();

  @Override
  void close();
}
