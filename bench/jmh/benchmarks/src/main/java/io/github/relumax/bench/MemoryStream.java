package io.github.relumax.bench;

import io.github.relumax.matrix.Matrix;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * What memory gives: the sum of a matrix's entries, which reads the bytes of matrix times vector
 * and does hardly any arithmetic, on as many threads. A thread reads its share from front to back,
 * or in four places at once; {@link Measurements} takes the faster way.
 */
final class MemoryStream {
  private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long STEP = SPECIES.vectorByteSize();

  /** How long either way is repeated: as long as an iteration of a product. */
  private static final long LEAST_NANOS = 1_000_000L * MatrixVector.MILLISECONDS;

  private final MemorySegment memory;
  private final double sum;
  private final int threads;

  MemoryStream(Dense a, int threads) {
    memory = Matrix.of(a.rows(), a.columns(), a.entries()).segment();
    sum = Arrays.stream(a.entries()).sum();
    this.threads = threads;
  }

  /** Seconds of one pass, either way. Its threads are gone afterwards. */
  List<Double> seconds() {
    try (Team team = new Team(threads)) {
      return List.of(
          seconds(team, MemoryStream::inOnePlace), seconds(team, MemoryStream::inFourPlaces));
    }
  }

  /** The mean of some passes after a first one, whose sum is checked. */
  private double seconds(Team team, ToDoubleFunction<MemorySegment> pass) {
    KernelBenchmark.requireClose(new double[] {sum}, new double[] {sum(team, pass)});
    int passes = 0;
    long began = System.nanoTime();
    long spent;
    do {
      sum(team, pass);
      passes++;
      spent = System.nanoTime() - began;
    } while (spent < LEAST_NANOS);
    return 1e-9 * spent / passes;
  }

  private double sum(Team team, ToDoubleFunction<MemorySegment> pass) {
    double[] sums = new double[threads];
    // Shares are whole blocks of eight vectors; what is left over is too short to time.
    long share = memory.byteSize() / threads / (8 * STEP) * (8 * STEP);
    team.run(part -> sums[part] = pass.applyAsDouble(memory.asSlice(part * share, share)));
    return Arrays.stream(sums).sum();
  }

  /** Eight accumulators hide the latency of an addition. */
  private static double inOnePlace(MemorySegment memory) {
    DoubleVector s0 = DoubleVector.zero(SPECIES);
    DoubleVector s1 = s0;
    DoubleVector s2 = s0;
    DoubleVector s3 = s0;
    DoubleVector s4 = s0;
    DoubleVector s5 = s0;
    DoubleVector s6 = s0;
    DoubleVector s7 = s0;
    for (long at = 0; at < memory.byteSize(); at += 8 * STEP) {
      s0 = s0.add(DoubleVector.fromMemorySegment(SPECIES, memory, at, ORDER));
      s1 = s1.add(DoubleVector.fromMemorySegment(SPECIES, memory, at + STEP, ORDER));
      s2 = s2.add(DoubleVector.fromMemorySegment(SPECIES, memory, at + 2 * STEP, ORDER));
      s3 = s3.add(DoubleVector.fromMemorySegment(SPECIES, memory, at + 3 * STEP, ORDER));
      s4 = s4.add(DoubleVector.fromMemorySegment(SPECIES, memory, at + 4 * STEP, ORDER));
      s5 = s5.add(DoubleVector.fromMemorySegment(SPECIES, memory, at + 5 * STEP, ORDER));
      s6 = s6.add(DoubleVector.fromMemorySegment(SPECIES, memory, at + 6 * STEP, ORDER));
      s7 = s7.add(DoubleVector.fromMemorySegment(SPECIES, memory, at + 7 * STEP, ORDER));
    }
    DoubleVector sum = s0.add(s1).add(s2.add(s3)).add(s4.add(s5).add(s6.add(s7)));
    return sum.reduceLanes(VectorOperators.ADD);
  }

  /** Two accumulators in each quarter: more of the hardware's prefetching streams at work. */
  private static double inFourPlaces(MemorySegment memory) {
    long quarter = memory.byteSize() / 4;
    DoubleVector s0 = DoubleVector.zero(SPECIES);
    DoubleVector s1 = s0;
    DoubleVector s2 = s0;
    DoubleVector s3 = s0;
    DoubleVector s4 = s0;
    DoubleVector s5 = s0;
    DoubleVector s6 = s0;
    DoubleVector s7 = s0;
    for (long a = 0; a < quarter; a += 2 * STEP) {
      long b = a + quarter;
      long c = b + quarter;
      long d = c + quarter;
      s0 = s0.add(DoubleVector.fromMemorySegment(SPECIES, memory, a, ORDER));
      s1 = s1.add(DoubleVector.fromMemorySegment(SPECIES, memory, a + STEP, ORDER));
      s2 = s2.add(DoubleVector.fromMemorySegment(SPECIES, memory, b, ORDER));
      s3 = s3.add(DoubleVector.fromMemorySegment(SPECIES, memory, b + STEP, ORDER));
      s4 = s4.add(DoubleVector.fromMemorySegment(SPECIES, memory, c, ORDER));
      s5 = s5.add(DoubleVector.fromMemorySegment(SPECIES, memory, c + STEP, ORDER));
      s6 = s6.add(DoubleVector.fromMemorySegment(SPECIES, memory, d, ORDER));
      s7 = s7.add(DoubleVector.fromMemorySegment(SPECIES, memory, d + STEP, ORDER));
    }
    DoubleVector sum = s0.add(s1).add(s2.add(s3)).add(s4.add(s5).add(s6.add(s7)));
    return sum.reduceLanes(VectorOperators.ADD);
  }
}
