package io.github.relumax.bench;

import io.github.relumax.matrix.Matrix;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * What memory gives: the sum of a matrix's entries, which reads the bytes of matrix times vector
 * and does hardly any arithmetic, on as many threads. A thread reads its share from front to back,
 * or in four places at once; the faster of the two is the mark.
 */
public class MemoryStream extends MatrixVector {
  private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long STEP = SPECIES.vectorByteSize();
  private static final String ONE_PLACE = "one-place";
  private static final String FOUR_PLACES = "four-places";

  private Dense a;

  @Override
  String operation() {
    return "stream";
  }

  @Override
  List<String> implementations() {
    return List.of(ONE_PLACE, FOUR_PLACES);
  }

  @Override
  Kernel prepare(int[] sizes) {
    a = Dense.random(sizes[0], sizes[1], 1);
    MemorySegment memory = Matrix.of(a.rows(), a.columns(), a.entries()).segment();
    Team team = new Team(threads());
    double[] sums = new double[team.size()];
    boolean four = implementation.equals(FOUR_PLACES);
    // Shares are whole blocks of eight vectors; what is left over is too short to time.
    long share = memory.byteSize() / team.size() / (8 * STEP) * (8 * STEP);
    return new Kernel(
        () ->
            team.run(part -> {
              MemorySegment own = memory.asSlice(part * share, share);
              sums[part] = four ? inFourPlaces(own) : inOnePlace(own);
            }),
        () -> new Dense(1, 1, new double[] {Arrays.stream(sums).sum()}));
  }

  @Override
  void check(Dense sum) {
    requireClose(new double[] {Arrays.stream(a.entries()).sum()}, sum.entries());
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
