package io.github.relumax.newton;

import io.github.relumax.backend.CurvatureForm;

/**
 * One accepted step, or the start (number 0, with no step).
 *
 * @param number of steps so far, 0 for the start; more than one more than the last where several
 *     were judged together
 * @param loss Lreg after the step
 * @param dataLoss 1/2 ‖f - b‖² after the step
 * @param regularization 1/2 ‖W z‖² after the step
 * @param gradientNorm the distance of 0 from the generalized gradient after the step: ‖grad‖ where
 *     no unit sits at its kink; on the boundary of the ball, of the part that the ball does not
 *     balance; NaN for the start where a coarse problem comes next
 * @param stepNorm ‖x_new - x_old‖
 * @param stepLength t of x_new = x_old + t p
 * @param gainRatio actual over predicted decrease; NaN for the start and where both are below
 *     rounding, +infinity where no decrease was predicted
 * @param damping multiple of mean |H_jj| that was added to H's diagonal; steps that the loss cannot
 *     judge any more, and the last one, are taken with at most 1e-10 of it
 * @param curvature whose step was taken; null for the start and for the way of a coarse problem
 * @param activeUnits units with z1 &gt; 0 after the step
 * @param flips units that the step switched on or off
 * @param atKink units that sit at their kink, z1_i = 0, after the step; counted once the solve
 *     takes steps that know about kinks, 0 before
 * @param rejected trial rounds that lowered nothing before this step was found
 * @param approximation how near to H its stand-in was, for the step taken
 * @param seconds since the solve began
 */
public record Iteration(
    int number,
    double loss,
    double dataLoss,
    double regularization,
    double gradientNorm,
    double stepNorm,
    double stepLength,
    double gainRatio,
    double damping,
    CurvatureForm curvature,
    int activeUnits,
    int flips,
    int atKink,
    int rejected,
    Approximation approximation,
    double seconds) {}
