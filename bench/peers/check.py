"""Checks the peers before they are believed: python3 bench/peers/check.py

Gradient and Hessian products against central differences and against bench/oracle, the Gauss-Newton matrix against
bench/oracle, PyTorch's loss and gradient against NumPy's, and that every method comes to distance 1e-8 (the two written
in NumPy in under 20 evaluations). Prints what it found; ends with an AssertionError where something is wrong.
"""

import os
import sys

import numpy as np

from methods import METHODS, gauss_newton_matrix, masked_product, torch
from model import Objective, Problem, Referee, Stop, loss_and_gz

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "oracle"))
import oracle


def relative(found, wanted):
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def expect(what, error, limit):
    print(f"{what:55}{error:.1e}")
    assert error <= limit, f"{what}: {error:.1e}, expected at most {limit:.0e}"


def small_problem():
    a1, a2, b, x_star, _ = oracle.planted(300, 60, 11, 4.0, 5)
    return Problem(a1, a2, b, x_star + 0.1 * np.random.default_rng(6).standard_normal(11), x_star)


def main():
    problem = small_problem()
    a1, a2, b, x, x_star = problem
    m, _, d = problem.shape
    objective = Objective(problem, Referee(x_star, 60.0))
    gradient = objective.gradient(x)
    truth = oracle.evaluate(a1, a2, b, np.zeros(m), x)
    scale = objective.scale
    v = np.random.default_rng(7).standard_normal(d)

    h = 1e-6
    steps = h * np.eye(d)
    expect("loss, against the oracle", abs(objective.value(x) / scale / truth["loss"][0] - 1), 1e-12)
    expect("gradient, against the oracle", relative(gradient / scale, truth["gradient"]), 1e-12)
    numeric = np.array([objective.value(x + e) - objective.value(x - e) for e in steps]) / (2 * h)
    expect("gradient, against differences", relative(gradient, numeric), 1e-7)
    product = objective.hessian_product(x, v)
    expect("Hessian product, against the oracle", relative(product / scale, truth["hessian"] @ v), 1e-12)
    numeric = (objective.gradient(x + h * v) - objective.gradient(x - h * v)) / (2 * h)
    expect("Hessian product, against differences", relative(product, numeric), 1e-7)

    c = masked_product(a1, a2, a1 @ x > 0)
    _, f, gz = loss_and_gz(c @ x, b)
    expect("gradient through C, against the oracle", relative(c.T @ gz, truth["gradient"]), 1e-12)
    expect("Gauss-Newton matrix, against the oracle", relative(gauss_newton_matrix(c, f), truth["gauss_newton"]), 1e-12)

    if torch is None:
        print("PyTorch is not installed: torch-l-bfgs is not checked")
    else:
        t1, t2, tb = map(torch.from_numpy, (a1, a2, b))
        tx = torch.from_numpy(x.copy()).requires_grad_()
        loss = 0.5 * (torch.softmax(t2 @ torch.relu(t1 @ tx), 0) - tb).square().sum()
        loss.backward()
        expect("PyTorch's gradient, against the oracle", relative(tx.grad.numpy(), truth["gradient"]), 1e-12)

    for name, method in METHODS.items():
        referee = Referee(x_star, 30.0)
        try:
            method(problem, referee)
            raise AssertionError(f"{name} returned instead of stopping")
        except Stop as stop:
            work = f"{referee.evaluations} evaluations, {referee.products} Hessian products"
            print(f"{name:55}{referee.distance:.1e}, {stop}, {work}")
        assert referee.distance <= Referee.GOAL, f"{name}: distance {referee.distance:.1e}"
        assert not name.startswith("numpy") or referee.evaluations < 20, f"{name}: {referee.evaluations} evaluations"


if __name__ == "__main__":
    main()
