"""The problem as the peers see it: loss, gradient and Hessian products in NumPy, in the notation of docs/math.md.

With mask = [A1 x > 0], C = A2 diag(mask) A1, z = A2 relu(A1 x) = C x, f = softmax(z), c = f - b:

    L    = 1/2 |c|^2
    grad = C' gz,  gz = f c - <f, c> f
    Hess = C' B C, B = diag(q) - p f' - f p' + t f f',  p = (2f - b) f,  q = p - <c, f> f,  t = <3f - 2b, f>
"""

import os
import time
from typing import NamedTuple

import numpy as np


class Problem(NamedTuple):
    """A1 (n x d), A2 (m x n), b (m), a start x0 (d) and the known solution x_star (d), all float64."""

    a1: np.ndarray
    a2: np.ndarray
    b: np.ndarray
    x0: np.ndarray
    x_star: np.ndarray

    @property
    def shape(self):
        """(m, n, d)"""
        return (*self.a2.shape, self.a1.shape[1])


def read(folder):
    """The problem in a folder. The peers know no weights: with w.npy, x_star would not be the solution anyway."""
    if os.path.exists(os.path.join(folder, "w.npy")):
        raise SystemExit(f"{folder}: has w.npy, expected a problem without weights")
    parts = {}
    for name in Problem._fields:
        file = os.path.join(folder, f"{name}.npy")
        if not os.path.exists(file):
            raise SystemExit(f"{file}: not found, expected a planted problem (relumax generate)")
        array = np.load(file)
        if array.dtype != np.float64:
            raise SystemExit(f"{file}: {array.dtype}, expected float64")
        parts[name] = np.ascontiguousarray(array)
    return Problem(**parts)


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def loss_and_gz(z, b):
    """L, f and gz, the gradient with respect to z."""
    f = softmax(z)
    c = f - b
    return 0.5 * (c @ c), f, f * c - (f @ c) * f


class Stop(Exception):
    """Ends a run from inside whatever library is calling back."""


class Referee:
    """Clock and judge of one run: notes the nearest point to x_star and ends the run at the goal or the time limit.

    A method shows every point at which it asks for the loss, at the moment it asks. Looking costs a difference of two
    vectors of length d, against products with an m x n matrix.
    """

    GOAL = 1e-8  # ||x - x_star|| / ||x_star||

    def __init__(self, x_star, time_limit):
        self.x_star = x_star
        self.size = np.linalg.norm(x_star)
        self.time_limit = time_limit
        self.distance = np.inf
        self.distance_seconds = 0.0
        self.evaluations = 0
        self.products = 0
        self.started = time.perf_counter()

    def see(self, x):
        """Before the loss is evaluated at x."""
        self.evaluations += 1
        distance = np.linalg.norm(x - self.x_star) / self.size
        if distance < self.distance:
            self.distance = float(distance)
            self.distance_seconds = time.perf_counter() - self.started
        if self.distance <= self.GOAL:
            raise Stop("goal")
        self.check_time()

    def see_product(self):
        """Before the Hessian is multiplied by a vector."""
        self.products += 1
        self.check_time()

    def check_time(self):
        if time.perf_counter() - self.started > self.time_limit:
            raise Stop("time limit")


class Objective:
    """start L / L(x0) with gradient and exact Hessian products through A1 and A2, for general-purpose minimisers.

    L itself is so small (1e-3 at the start, 1e-20 near the end) that thresholds meant for functions of size 1 would end
    a run at once; scaled, it is `start` at x0. What was computed at a point is kept until the next point.
    """

    def __init__(self, problem, referee, start=1.0):
        self.problem = problem
        self.referee = referee
        self.x = None
        self.scale = start / loss_and_gz(problem.a2 @ np.maximum(problem.a1 @ problem.x0, 0), problem.b)[0]

    def value(self, x):
        self._move(x)
        return self.scale * self.loss

    def gradient(self, x):
        self._move(x)
        return self.scale * self._transposed(self.gz)

    def hessian_product(self, x, v):
        self._move(x)
        self.referee.see_product()
        y = self.problem.a2 @ (self.mask * (self.problem.a1 @ v))
        fy, py = self.f @ y, self.p @ y
        return self.scale * self._transposed(self.q * y - fy * self.p + (self.t * fy - py) * self.f)

    def _move(self, x):
        if self.x is not None and np.array_equal(x, self.x):
            return
        self.referee.see(x)
        z1 = self.problem.a1 @ x
        self.x = x.copy()
        self.mask = z1 > 0
        self.loss, self.f, self.gz = loss_and_gz(self.problem.a2 @ np.maximum(z1, 0), self.problem.b)
        b, f = self.problem.b, self.f
        self.p = (2 * f - b) * f
        self.q = self.p - ((f - b) @ f) * f
        self.t = (3 * f - 2 * b) @ f

    def _transposed(self, y):
        """C' y."""
        return self.problem.a1.T @ (self.mask * (self.problem.a2.T @ y))
