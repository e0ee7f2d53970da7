package io.github.relumax.newton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.MeteredBackend;
import io.github.relumax.backend.Primitive;
import io.github.relumax.backend.Tally;
import io.github.relumax.cpu.CpuBackends;
import io.github.relumax.matrix.ElementType;
import io.github.relumax.matrix.Matrix;
import io.github.relumax.model.PlantedProblem;
import io.github.relumax.model.Problem;
import io.github.relumax.model.Targets;
import io.github.relumax.objective.SoftmaxReluObjective;
import io.github.relumax.oracle.SoftmaxReluOracle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Further descents, for a lower minimum than the first. */
final class DescentsTest {
  /** Two kinks that hold the known minimiser. */
  private static final double[] KINKS = {0.3, 0.7};

  private static final int PROBLEMS = 30;

  /** Enough that a share of them says something. */
  private static final int MANY = 100;

  private final Backend backend = CpuBackends.SCALAR_2.open();

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  /** Few units for each entry of x: where they die on the way decides the minimum. */
  private static KinkProblem scarce(int seed) {
    return KinkProblem.of(60, 18, 8, seed, KINKS);
  }

  private static double[] start(KinkProblem kink, int seed) {
    return kink.startAt(1.5, 100 + seed);
  }

  private static NewtonOptions options(Minima minima) {
    return NewtonOptions.DEFAULTS.withMinima(minima);
  }

  private Solution solve(NewtonOptions options, Problem problem, double[] x0, List<Iteration> to) {
    return new NewtonSolver(backend, options).solve(problem, x0, to::add);
  }

  private Solution solve(Minima minima, Problem problem, double[] x0) {
    return solve(options(minima), problem, x0, new ArrayList<>());
  }

  /** The solver's x* is lower than what the first descent comes to, and known. */
  @Test
  void theKnownLowerMinimumIsFoundWhereTheFirstDescentMissesIt() {
    int missed = 0;
    int found = 0;
    for (int seed = 1; seed <= MANY; seed++) {
      KinkProblem kink = scarce(seed);
      Solution first = solve(Minima.FIRST, kink.problem(), start(kink, seed));
      Solution lower = solve(Minima.LOWER, kink.problem(), start(kink, seed));
      double known = new SoftmaxReluOracle(kink.problem()).at(kink.xStar()).loss();
      if (first.loss() > 1.01 * known) {
        missed++;
        found += distance(lower.x(), kink.xStar()) < 1e-6 ? 1 : 0;
      }
    }
    assertThat(missed).isGreaterThan(25);
    assertThat(found).isGreaterThanOrEqualTo(missed / 5);
  }

  /** The last point with 3/2 d = 3 active units; x0 where the end has as many. */
  @Test
  void theForkIsTheLastPointWithUnitsToSpare() {
    double[][] a1 = {{1, 0}, {1, 0}, {0, 1}, {0, 1}, {-1, 0}, {0, -1}};
    double[][] a2 = {{1, 2, 3, 4, 5, 6}, {6, 5, 4, 3, 2, 1}};
    Problem problem = Problem.of(Matrix.of(a1), Matrix.of(a2), new double[] {0.5, 0.5});
    double[] four = {1, 1};
    double[] three = {2, -1};
    double[] two = {-1, -3};
    assertThat(fork(problem, four, three, two)).isEqualTo(three);
    assertThat(fork(problem, four, two, three, two)).isEqualTo(three);
    assertThat(fork(problem, two, two)).isEqualTo(two);
    assertThat(fork(problem, four, two, three)).isEqualTo(four);
  }

  /** Four, three, two, three and two active units: it narrows once. */
  @Test
  void theFirstDescentNarrowsOnce() {
    double[][] a1 = {{1, 0}, {1, 0}, {0, 1}, {0, 1}, {-1, 0}, {0, -1}};
    double[][] a2 = {{1, 2, 3, 4, 5, 6}, {6, 5, 4, 3, 2, 1}};
    Problem problem = Problem.of(Matrix.of(a1), Matrix.of(a2), new double[] {0.5, 0.5});
    double[][] points = {{1, 1}, {2, -1}, {-1, -3}, {2, -1}, {-1, -3}};
    List<Boolean> narrows = new ArrayList<>();
    for (Minima minima : List.of(Minima.FIRST, Minima.LOWER)) {
      try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1);
          Descents descents = new Descents(backend, objective, minima)) {
        objective.moveTo(points[0]);
        descents.begin();
        for (double[] point : points) {
          objective.moveTo(point);
          narrows.add(descents.pass());
        }
        descents.fork();
        objective.moveTo(points[0]);
        narrows.add(descents.pass());
        objective.moveTo(points[2]);
        narrows.add(descents.pass());
      }
    }
    List<Boolean> once = List.of(false, false, true, false, false, false, false);
    assertThat(narrows.subList(0, once.size())).isEqualTo(once);
    assertThat(narrows.subList(once.size(), narrows.size())).isEqualTo(once);
  }

  /** Where kinks are known, the damping of the step after that is at least that of the first. */
  @Test
  void stepsAreShorterWhereTheFirstDescentNarrows() {
    int raised = 0;
    for (int seed = 1; seed <= PROBLEMS; seed++) {
      Random random = new Random(seed);
      Problem problem = wordy(random);
      double[] x0 = gaussians(problem.d(), random);
      List<Iteration> path = new ArrayList<>();
      solve(options(Minima.FIRST), problem, x0, path);
      int at = narrows(path, problem.d());
      if (at > 0 && at + 1 < path.size() && path.get(at).atKink() > 0) {
        double next = path.get(at + 1).damping();
        assertThat(next).as("seed %d", seed).isGreaterThanOrEqualTo(Damping.START);
        raised += path.get(at).damping() < Damping.START ? 1 : 0;
      }
    }
    assertThat(raised).as("damping that was lower").isPositive();
  }

  /** As in text: few entries of A2 are not zero, and no x gives the target. */
  private static Problem wordy(Random random) {
    double[][] a1 = new double[60][20];
    Arrays.setAll(a1, i -> gaussians(20, random));
    double[][] a2 = new double[300][60];
    for (double[] row : a2) {
      Arrays.setAll(row, j -> random.nextInt(8) == 0 ? 1 + random.nextDouble() : 0);
    }
    double[] b = Arrays.stream(gaussians(300, random)).map(g -> Math.exp(2 * g)).toArray();
    double sum = Arrays.stream(b).sum();
    Arrays.setAll(b, i -> b[i] / sum);
    return Problem.of(Matrix.of(a1), Matrix.of(a2), b);
  }

  private static double[] gaussians(int count, Random random) {
    return random.doubles(count).map(_ -> random.nextGaussian()).toArray();
  }

  /** The first point with less than 3/2 d active units after one with more; 0 for none. */
  private static int narrows(List<Iteration> path, int d) {
    for (int k = 1; k < path.size(); k++) {
      if (path.get(k - 1).activeUnits() >= 1.5 * d && path.get(k).activeUnits() < 1.5 * d) {
        return k;
      }
    }
    return 0;
  }

  /** The fork of a descent through these points. */
  private double[] fork(Problem problem, double[]... points) {
    try (SoftmaxReluObjective objective = new SoftmaxReluObjective(backend, problem, 1);
        Descents descents = new Descents(backend, objective, Minima.LOWER)) {
      objective.moveTo(points[0]);
      descents.begin();
      for (double[] point : points) {
        objective.moveTo(point);
        descents.pass();
      }
      double[] fork = new double[2];
      backend.read(descents.fork(), fork);
      return fork;
    }
  }

  @ParameterizedTest
  @EnumSource(Curvature.class)
  void theLossIsNeverHigherAndTheFirstDescentTheSameToTheBit(Curvature curvature) {
    int lowerEnds = 0;
    for (int seed = 1; seed <= PROBLEMS; seed++) {
      KinkProblem kink = scarce(seed);
      Problem problem = seed % 3 == 0 ? kink.problem().withRadius(4) : kink.problem();
      PathChoice path = seed % 2 == 0 ? PathChoice.STREAMED : PathChoice.KEPT;
      NewtonOptions options = options(Minima.FIRST).withCurvature(curvature).withPath(path);
      double[] x0 = start(kink, seed);
      List<Iteration> firstPath = new ArrayList<>();
      Solution first = solve(options, problem, x0, firstPath);
      List<Iteration> allPath = new ArrayList<>();
      Solution all = solve(options.withMinima(Minima.LOWER), problem, x0, allPath);
      String about = curvature + ", seed " + seed;

      assertThat(first.further()).isEmpty();
      for (int k = 0; k < firstPath.size(); k++) {
        assertThat(allPath.get(k).loss()).as(about).isEqualTo(firstPath.get(k).loss());
        assertThat(allPath.get(k).stepNorm()).as(about).isEqualTo(firstPath.get(k).stepNorm());
      }
      for (int k = 1; k < allPath.size(); k++) {
        double rounding = 1e-12 * allPath.get(k).loss();
        assertThat(allPath.get(k).loss())
            .as(about)
            .isLessThanOrEqualTo(allPath.get(k - 1).loss() + rounding);
      }
      assertThat(all.loss()).as(about).isLessThanOrEqualTo(first.loss() * (1 + 1e-12));
      assertThat(all.converged() || !first.converged()).as(about).isTrue();
      assertThat(norm(all.x())).as(about).isLessThanOrEqualTo(problem.radius() * (1 + 1e-12));
      assertThat(new SoftmaxReluOracle(problem).at(all.x()).loss())
          .as(about)
          .isCloseTo(all.loss(), within(1e-12 * all.loss() + 1e-18));
      assertThat(all.further().isPresent()).as(about).isEqualTo(descended(first));
      all.further()
          .ifPresent(further -> {
            assertThat(further.count()).isEqualTo(Descents.DAMPINGS.length);
            assertThat(further.firstLoss()).isEqualTo(first.loss());
            assertThat(further.iterations())
                .isLessThanOrEqualTo(further.count() * Descents.LONGER * first.iterations())
                .isEqualTo(all.iterations() - first.iterations());
            assertThat(further.seconds()).isBetween(0.0, all.seconds());
            assertThat(allPath).hasSize(firstPath.size() + further.lower());
          });
      lowerEnds += all.loss() < first.loss() * (1 - 1e-6) ? 1 : 0;
    }
    assertThat(lowerEnds).isPositive();
  }

  /**
   * With rows enough that sampled ones stand for H: what is said of the end belongs to the point
   * that is returned, and the loss is never higher than that of the first descent; of many targets
   * at once too.
   */
  @ParameterizedTest
  @EnumSource(names = {"SAMPLED", "DIAGONAL", "SKETCH_CG"})
  void whatEndsLowerIsStationary(Curvature curvature) {
    int few = PROBLEMS / 5;
    int lowerEnds = 0;
    int sampled = 0;
    int converged = 0;
    for (int seed = 1; seed <= few; seed++) {
      KinkProblem kink = KinkProblem.of(600, 18, 8, seed, KINKS);
      Problem problem = kink.problem();
      double[] x0 = start(kink, seed);
      NewtonOptions options = options(Minima.FIRST).withCurvature(curvature);
      Solution first = solve(options, problem, x0, new ArrayList<>());
      List<Iteration> path = new ArrayList<>();
      NewtonOptions lower = options.withMinima(Minima.LOWER);
      Solution alone = solve(lower, problem, x0, path);
      sampled += path.stream().anyMatch(step -> step.approximation().rows() > 0) ? 1 : 0;
      assertBelongs(problem, first, alone, curvature + ", seed " + seed);
      double[] b = problem.b();
      double[][] columns = new double[b.length][];
      Arrays.setAll(columns, i -> new double[] {b[i], b[i]});
      Targets targets = Targets.of(problem, Matrix.of(columns));
      List<Solution> firsts = new NewtonSolver(backend, options).solve(targets, x0);
      List<Solution> lowers = new NewtonSolver(backend, lower).solve(targets, x0);
      for (int k = 0; k < 2; k++) {
        String about = curvature + ", seed " + seed + ", target " + k;
        assertBelongs(problem, firsts.get(k), lowers.get(k), about);
      }
      converged += alone.converged() ? 1 : 0;
      assertThat(path.getLast().loss()).isCloseTo(alone.loss(), within(1e-12 * alone.loss()));
      lowerEnds += alone.loss() < first.loss() * (1 - 1e-6) ? 1 : 0;
    }
    // Steps of the diagonal alone are slow: hardly any solve converges.
    assertThat(converged).isGreaterThanOrEqualTo(curvature == Curvature.DIAGONAL ? 0 : few / 2);
    assertThat(lowerEnds).isPositive();
    assertThat(sampled).isEqualTo(curvature == Curvature.DIAGONAL ? 0 : few);
  }

  /** What an end says of itself is so at its x, by the oracle, and no worse than the first. */
  private static void assertBelongs(Problem problem, Solution first, Solution end, String about) {
    assertThat(end.further().isPresent()).as(about).isEqualTo(descended(first));
    assertThat(end.loss()).as(about).isLessThanOrEqualTo(first.loss() * (1 + 1e-12));
    assertThat(end.converged() || !first.converged()).as(about).isTrue();
    GeneralizedGradient at = new GeneralizedGradient(problem, end.x());
    assertThat(end.loss()).as(about).isCloseTo(at.at.loss(), within(1e-10 * end.loss()));
    assertThat(end.activeUnits()).as(about).isEqualTo(at.activeUnits);
    assertThat(end.gradientNorm())
        .as(about)
        .isCloseTo(at.distance, within(1e-6 * at.distance + 10 * at.rounding));
    if (end.converged()) {
      double curvatureNorm = Math.max(size(at.at.hessian()), size(at.at.gaussNewton()));
      double longestStep = NewtonOptions.DEFAULTS.tolerance() * norm(end.x());
      assertThat(at.distance).as(about).isLessThan(2 * curvatureNorm * longestStep);
    }
  }

  private static double size(double[][] matrix) {
    return norm(Arrays.stream(matrix).flatMapToDouble(Arrays::stream).toArray());
  }

  private static boolean descended(Solution first) {
    return first.converged()
        || first.status() == Status.STALLED_AT_KINK
        || first.status() == Status.ITERATION_LIMIT;
  }

  /** {@code auto} leaves alone what ends near zero or with units to spare: a copy a step is all. */
  @ParameterizedTest
  @CsvSource({"300, 60, 9, 0", "300, 60, 9, 0.01", "103, 12, 8, 0"})
  void aPlantedProblemPaysNothing(int m, int n, int d, double noise) {
    PlantedProblem planted =
        PlantedProblem.generate(m, n, d, 4, noise, ElementType.FLOAT64, 0.3, 11);
    Map<Primitive, Tally> first = calls(Minima.FIRST, planted);
    Map<Primitive, Tally> auto = calls(Minima.AUTO, planted);
    for (Primitive primitive : Primitive.values()) {
      long expected = first.getOrDefault(primitive, Tally.NONE).calls();
      long actual = auto.getOrDefault(primitive, Tally.NONE).calls();
      long more = primitive == Primitive.COPY ? 60 : 0;
      assertThat(actual).as(primitive.toString()).isBetween(expected, expected + more);
    }
  }

  private Map<Primitive, Tally> calls(Minima minima, PlantedProblem planted) {
    Map<Primitive, Tally> calls = new EnumMap<>(Primitive.class);
    MeteredBackend metered = new MeteredBackend(backend);
    metered.countInto(calls);
    Solution solution =
        new NewtonSolver(metered, options(minima)).solve(planted.problem(), planted.x0());
    assertThat(solution.converged()).isTrue();
    assertThat(solution.further()).isEmpty();
    return calls;
  }

  @Test
  void autoDescendsAgainWhereUnitsAreScarce() {
    int more = 0;
    for (int seed = 1; seed <= PROBLEMS; seed++) {
      KinkProblem kink = scarce(seed);
      double[] x0 = start(kink, seed);
      Solution first = solve(Minima.FIRST, kink.problem(), x0);
      Solution auto = solve(Minima.AUTO, kink.problem(), x0);
      if (auto.further().isPresent()) {
        more++;
        assertThat(auto.x()).isEqualTo(solve(Minima.LOWER, kink.problem(), x0).x());
        assertThat(first.activeUnits()).isLessThan(12);
      } else {
        assertThat(auto.x()).isEqualTo(first.x());
      }
    }
    assertThat(more).isBetween(5, PROBLEMS - 1);
  }

  /** Nothing is lower than an end that leaves none. */
  @Test
  void noDescentFollowsWhereNoLossIsLeft() {
    PlantedProblem planted = PlantedProblem.generate(103, 31, 7, 4, 0, ElementType.FLOAT64, 0.1, 1);
    PlantedProblem noisy = PlantedProblem.generate(103, 31, 7, 4, 0.1, ElementType.FLOAT64, 0.1, 1);
    Solution met = solve(Minima.LOWER, planted.problem(), planted.x0());
    assertThat(met.converged()).isTrue();
    assertThat(met.loss()).isLessThan(1e-28);
    assertThat(met.further()).isEmpty();
    assertThat(solve(Minima.LOWER, noisy.problem(), noisy.x0()).further()).isPresent();
  }

  @Test
  void eachDescentHasItsOwnLimit() {
    KinkProblem kink = scarce(1);
    NewtonOptions options = options(Minima.LOWER).withMaxIterations(5);
    Solution solution = solve(options, kink.problem(), start(kink, 1), new ArrayList<>());
    assertThat(solution.status()).isEqualTo(Status.ITERATION_LIMIT);
    assertThat(solution.iterations()).isEqualTo(5 * (1 + Descents.DAMPINGS.length));
    assertThat(solution.further().orElseThrow().iterations())
        .isEqualTo(5 * Descents.DAMPINGS.length);
  }

  /** What was found before stays, and no further descent begins. */
  @Test
  void anInterruptionKeepsTheLowestEnd() {
    int interrupted = 0;
    for (int seed = 1; seed <= PROBLEMS; seed++) {
      KinkProblem kink = scarce(seed);
      double[] x0 = start(kink, seed);
      int length = solve(Minima.FIRST, kink.problem(), x0).iterations();
      NewtonSolver solver = new NewtonSolver(backend, options(Minima.LOWER));
      List<Iteration> path = new ArrayList<>();
      Solution solution =
          solver.solve(
              kink.problem(),
              x0,
              iteration -> {
                path.add(iteration);
                if (iteration.number() > length) {
                  solver.interrupt();
                }
              });
      if (path.getLast().number() > length) {
        interrupted++;
        assertThat(solution.further().orElseThrow().lower()).isEqualTo(1);
        assertThat(solution.loss()).isEqualTo(path.getLast().loss());
      }
    }
    assertThat(interrupted).isPositive();
  }

  private static double distance(double[] x, double[] from) {
    double[] difference = new double[x.length];
    for (int k = 0; k < x.length; k++) {
      difference[k] = x[k] - from[k];
    }
    return norm(difference) / norm(from);
  }

  private static double norm(double[] x) {
    return Math.sqrt(KinkProblem.dot(x, x));
  }
}
