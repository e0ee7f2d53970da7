"""The peers of compare.py: quasi-Newton methods of SciPy and PyTorch on one objective written for this kind of problem.

Loss and gradient, in the notation of bench/peers/model.py, are NumPy's for all three: a unit that is off adds nothing to
z = A2 relu(A1 x) and gets no gradient, and of 1,501 units a hundred or so stay on, so that products take the columns of
A2 that are needed and the forward pass serves the gradient.
"""

import os
import sys
import time

import numpy as np
import scipy.optimize
import scipy.sparse

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "peers"))
from methods import FOREVER, torch
from model import Stop, loss_and_gz

# The loss is 1e-3 at x0 and 2e-4 at the end: thresholds meant for functions of size 1 would end a run at once.
SCALE = 1e4
CORRECTIONS = 20
# A run has ended when so many evaluations in a row have lowered the best loss by less than this part of it.
PATIENCE, PROGRESS = 300, 1e-7
OWN_RESULT = 1.001  # a method is at its own result when its loss is within 0.1 % of the lowest it ever finds


class Units:
    """A2 by units: its columns as rows, those that are on (and some that were) close together in memory.

    Gathering copies as much as a few products read, so gathered columns are kept until a unit is on that is not among
    them or most of them are off. `columns` is dense, or sparse (CSR) where A2's zeros are to be left out.
    """

    def __init__(self, a2, sparse):
        self.columns = scipy.sparse.csr_array(a2.T) if sparse else np.ascontiguousarray(a2.T)
        self.count = a2.shape[1]
        self.hold(np.ones(self.count, bool))

    def hold(self, units):
        self.held = units
        self.indices = np.flatnonzero(units)
        everything = len(self.indices) == self.count
        self.gathered = self.columns if everything else self.columns[self.indices]

    def need(self, on):
        """Has the columns of all units that are on at hand."""
        wanted = self.held | on
        size = np.count_nonzero(on)
        if np.count_nonzero(wanted) > max(2 * size, size + 32):
            wanted = on
        if np.count_nonzero(wanted) > self.count // 3:  # gathering them costs more than it saves
            wanted = np.ones(self.count, bool)
        if not np.array_equal(wanted, self.held):
            self.hold(wanted)


class Objective:
    """Loss and gradient of one document. A1 and the units are shared by all documents."""

    def __init__(self, a1, units, b, course):
        self.a1, self.units, self.b, self.course = a1, units, b, course

    def __call__(self, x):
        """SCALE L and its gradient at x."""
        z1 = self.a1 @ x
        on = z1 > 0
        self.units.need(on)
        indices, gathered = self.units.indices, self.units.gathered
        loss, _, gz = loss_and_gz(gathered.T @ np.maximum(z1[indices], 0), self.b)
        v = np.zeros(len(z1))
        v[indices] = gathered @ gz
        v[~on] = 0
        self.course.see(x, loss)
        return SCALE * loss, SCALE * (v @ self.a1)


class Course:
    """Clock and diary of one run: every new lowest loss with its time. Ends the run at the limit, or without progress."""

    def __init__(self, time_limit):
        self.time_limit = time_limit
        self.x = None
        self.lowest = []  # (seconds, loss)
        self.evaluations = 0
        self.mark, self.mark_at = np.inf, 0
        self.started = time.perf_counter()

    def see(self, x, loss):
        """After loss and gradient have been computed at x."""
        self.evaluations += 1
        seconds = time.perf_counter() - self.started
        if not self.lowest or loss < self.lowest[-1][1]:
            self.lowest.append((seconds, float(loss)))
            self.x = x.copy()
            if loss < (1 - PROGRESS) * self.mark:
                self.mark, self.mark_at = loss, self.evaluations
        if self.evaluations - self.mark_at > PATIENCE:
            raise Stop("no progress")
        if seconds > self.time_limit:
            raise Stop("time limit")


def own_seconds(lowest):
    """When a falling course [(seconds, loss), ...] was first at its own result."""
    return next(seconds for seconds, loss in lowest if loss <= OWN_RESULT * lowest[-1][1])


def bfgs(objective, x0):
    minimize("BFGS", objective, x0, gtol=0.0)


def l_bfgs_b(objective, x0):
    minimize("L-BFGS-B", objective, x0, ftol=0.0, gtol=0.0, maxcor=CORRECTIONS, maxfun=FOREVER, maxls=50)


def minimize(method, objective, x0, **options):
    done = scipy.optimize.minimize(objective, x0, method=method, jac=True, options={"maxiter": FOREVER, **options})
    raise Stop({0: "no reduction", 2: "line search ended"}.get(done.status, done.message))


def torch_l_bfgs(objective, x0):
    """PyTorch's L-BFGS with strong Wolfe line search."""
    x = torch.from_numpy(x0.copy()).requires_grad_()
    optimizer = torch.optim.LBFGS(
        [x],
        max_iter=FOREVER,
        max_eval=FOREVER,
        history_size=CORRECTIONS,
        tolerance_grad=0,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    def closure():
        loss, gradient = objective(x.detach().numpy())
        x.grad = torch.from_numpy(gradient)
        return torch.tensor(loss)

    optimizer.step(closure)
    raise Stop("line search ended")


METHODS = {"scipy-bfgs": bfgs, "scipy-l-bfgs-b": l_bfgs_b}
if torch is not None:
    METHODS["torch-l-bfgs"] = torch_l_bfgs


def run(method, a1, units, b, x0, time_limit):
    """One method from x0 to its end. The clock starts with all units' columns at hand, not gathered for another."""
    units.hold(np.ones(units.count, bool))
    course = Course(time_limit)
    try:
        method(Objective(a1, units, b, course), x0)
        raise AssertionError(f"{method.__name__} returned instead of stopping")
    except Stop as stop:
        return {
            "end": str(stop),
            "loss": course.lowest[-1][1],
            "ownSeconds": own_seconds(course.lowest),
            "seconds": time.perf_counter() - course.started,
            "evaluations": course.evaluations,
        }, course.x
