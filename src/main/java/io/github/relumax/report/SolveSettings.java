package io.github.relumax.report;

import io.github.relumax.newton.NewtonOptions;
import io.github.relumax.theory.Weights;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a solve was asked to do.
 *
 * @param options of the solver
 * @param start where it began: "random" or a file
 * @param seed of a random start
 * @param weight the number or file that replaced the problem's own w
 * @param autoWeight how W was chosen, where it was
 * @param backend the name asked for, which may be "auto"
 */
public record SolveSettings(
    NewtonOptions options,
    String start,
    OptionalLong seed,
    Optional<String> weight,
    Optional<Weights> autoWeight,
    String backend) {}
