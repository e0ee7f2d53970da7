"""The peers. Each is a function (problem, referee) that walks from x0 towards x_star until the referee ends it."""

import numpy as np
import scipy.linalg
import scipy.optimize

from model import Objective, Stop, loss_and_gz

try:
    import torch
except ImportError:
    torch = None

FOREVER = 10**9


def gauss_newton_rebuilt(problem, referee):
    """Levenberg-Marquardt as one writes it first: C = A2 diag(mask) A1 is formed anew at every accepted point."""
    a1, a2, b, x, _ = problem
    referee.see(x)
    z1 = a1 @ x
    loss, f, gz = loss_and_gz(a2 @ np.maximum(z1, 0), b)
    mu = 1e-3
    while True:
        c = masked_product(a1, a2, z1 > 0)
        gradient, gram = c.T @ gz, gauss_newton_matrix(c, f)
        while True:
            step, predicted = damped_step(gram, gradient, mu)
            trial = x + step
            referee.see(trial)
            z1 = a1 @ trial
            trial_loss, f, gz = loss_and_gz(a2 @ np.maximum(z1, 0), b)
            if trial_loss < loss:
                break
            mu = raised(mu)
        mu = lowered(mu, (loss - trial_loss) / predicted)
        x, loss = trial, trial_loss


def gauss_newton_updated(problem, referee):
    """The same with C kept: C += A2[:, F] diag(+-1) A1[F, :] for the flipped units F; z at a trial point through C."""
    a1, a2, b, x, _ = problem
    referee.see(x)
    z1 = a1 @ x
    mask = z1 > 0
    c = masked_product(a1, a2, mask)
    loss, f, gz = loss_and_gz(c @ x, b)
    mu = 1e-3
    while True:
        gradient, gram = c.T @ gz, gauss_newton_matrix(c, f)
        while True:
            step, predicted = damped_step(gram, gradient, mu)
            trial = x + step
            referee.see(trial)
            z1 = a1 @ trial
            trial_mask = z1 > 0
            flipped = np.flatnonzero(trial_mask != mask)
            columns = a2[:, flipped] * np.where(trial_mask[flipped], 1.0, -1.0)
            trial_loss, f, gz = loss_and_gz(c @ trial + columns @ z1[flipped], b)
            if trial_loss < loss:
                break
            mu = raised(mu)
        mu = lowered(mu, (loss - trial_loss) / predicted)
        x, loss, mask = trial, trial_loss, trial_mask
        c += columns @ a1[flipped]


def masked_product(a1, a2, mask):
    """A2 diag(mask) A1 from the active units alone: it saves half the product, more than copying A2's columns takes."""
    return np.compress(mask, a2, axis=1) @ a1[mask]


def gauss_newton_matrix(c, f):
    """C' J^2 C with J = diag(f) - f f', as a product of J C with itself, for which NumPy calls syrk."""
    jc = c - f @ c
    jc *= f[:, None]
    return jc.T @ jc


def damped_step(gram, gradient, mu):
    """The minimiser of the quadratic model with damping mu trace(H)/d, and the decrease that the model predicts."""
    damped = gram + (mu * np.trace(gram) / len(gram)) * np.eye(len(gram))
    step = scipy.linalg.solve(damped, -gradient, assume_a="pos")
    return step, -(gradient @ step + 0.5 * step @ gram @ step)


def raised(mu):
    """The damping after a rejected step. The loss is at its rounding level where no damping makes it fall."""
    if mu > 1e12:
        raise Stop("no decrease")
    return 4 * mu


def lowered(mu, ratio):
    """The damping after an accepted step, by actual against predicted decrease."""
    return mu / 8 if ratio > 0.75 else mu


def trust_ncg(problem, referee):
    """SciPy's trust region Newton with Steihaug's conjugate gradients and exact Hessian products."""
    minimize("trust-ncg", problem, referee, 1.0, gtol=0.0, **trust_region(problem))


def trust_krylov(problem, referee):
    """SciPy's trust region Newton with Lanczos steps (trlib) and exact Hessian products.

    Started at 1 it gives up near distance 1e-6 because its model predicts no decrease; started at 1e8 it does not.
    """
    minimize("trust-krylov", problem, referee, 1e8, gtol=0.0, inexact=True, **trust_region(problem))


def l_bfgs_b(problem, referee):
    """SciPy's L-BFGS-B without bounds."""
    minimize("L-BFGS-B", problem, referee, 1.0, ftol=0.0, gtol=0.0, maxcor=100, maxfun=FOREVER, maxls=50)


def trust_region(problem):
    """A first radius on the scale of x instead of 1."""
    size = float(np.linalg.norm(problem.x0))
    return {"initial_trust_radius": size, "max_trust_radius": 1000 * size}


def minimize(method, problem, referee, start, **options):
    """SciPy's minimize on the objective scaled to `start` at x0; tolerances of 0 leave the end to the referee."""
    objective = Objective(problem, referee, start)
    done = scipy.optimize.minimize(
        objective.value,
        problem.x0,
        method=method,
        jac=objective.gradient,
        hessp=objective.hessian_product if method.startswith("trust") else None,
        options={"maxiter": FOREVER, **options},
    )
    raise Stop(done.message)


def torch_l_bfgs(problem, referee):
    """PyTorch's L-BFGS with strong Wolfe line search; gradients by automatic differentiation, float64.

    It forgets pairs of step and gradient change whose product is below 1e-10, so the loss starts at 1e6 instead of 1.
    """
    a1, a2, b, x0, _ = map(torch.from_numpy, problem)
    x = x0.clone().requires_grad_()

    def loss():
        return 0.5 * (torch.softmax(a2 @ torch.relu(a1 @ x), 0) - b).square().sum()

    with torch.no_grad():
        scale = 1e6 / loss()

    optimizer = torch.optim.LBFGS(
        [x],
        max_iter=FOREVER,
        max_eval=FOREVER,
        history_size=100,
        tolerance_grad=0,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    def closure():
        referee.see(x.detach().numpy())
        optimizer.zero_grad()
        value = scale * loss()
        value.backward()
        return value

    optimizer.step(closure)
    raise Stop("line search ended")


METHODS = {
    "numpy-rebuilt": gauss_newton_rebuilt,
    "numpy-updated": gauss_newton_updated,
    "scipy-trust-ncg": trust_ncg,
    "scipy-trust-krylov": trust_krylov,
    "scipy-l-bfgs-b": l_bfgs_b,
}
if torch is not None:
    METHODS["torch-l-bfgs"] = torch_l_bfgs
