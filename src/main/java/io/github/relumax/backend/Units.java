package io.github.relumax.backend;

/**
 * A list of hidden units in ascending order, each with a sign: the active units (all +1), or the
 * units that flipped between two points (+1 switched on, -1 switched off). The list lives on the
 * backend; only its length is known to the host.
 */
public interface Units extends AutoCloseable {
  /** How many units the list holds now. */
  int count();

  @Override
  void close();
}
