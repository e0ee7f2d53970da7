"""Checks the peers before they are believed: python3 bench/text/check.py

Loss and gradient against bench/oracle along a walk that switches units on and off, with A2 dense and sparse, and that
every method ends at a point where it says it is. Prints what it found; ends with an AssertionError where something is
wrong.
"""

import os
import sys

import numpy as np

import peers

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "oracle"))
import oracle


def relative(found, wanted):
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def small_problem():
    """Most units are off near x, as in problems of text, and most of A2 is 0."""
    random = np.random.default_rng(3)
    m, n, d = 211, 101, 7
    a1 = random.standard_normal((n, d))
    a1[:, 0] = -1.5
    a1[0] = [1, 0, 0, 0, 0, 0, 0]  # one that stays on, like that of the prior
    a2 = np.where(random.random((m, n)) < 0.2, random.standard_normal((m, n)), 0)
    x = np.r_[1.0, random.standard_normal(d - 1) / np.sqrt(d - 1)]
    return a1, a2, oracle.softmax(random.standard_normal(m)), x


def main():
    a1, a2, b, x0 = small_problem()
    random = np.random.default_rng(4)
    walk = x0 + np.cumsum(0.1 * random.standard_normal((60, len(x0))), axis=0)
    for sparse in (False, True):
        units = peers.Units(a2, sparse)
        objective = peers.Objective(a1, units, b, peers.Course(60.0))
        errors, sizes = [], set()
        for x in walk:
            loss, gradient = objective(x)
            truth = oracle.evaluate(a1, a2, b, np.zeros(len(b)), x)
            errors.append(abs(loss / peers.SCALE / truth["loss"][0] - 1))
            errors.append(relative(gradient / peers.SCALE, truth["gradient"]))
            sizes.add(len(units.indices))
        storage = "sparse" if sparse else "dense"
        print(f"loss and gradient, A2 {storage}: {max(errors):.1e} from the oracle's; {sorted(sizes)} units held")
        assert all(error < 1e-12 for error in errors)
        assert len(sizes) > 3 and min(sizes) < units.count // 3 and max(sizes) == units.count

        for name, method in peers.METHODS.items():
            run, x = peers.run(method, a1, units, b, x0, 10.0)
            found = oracle.loss(a1, a2, b, np.zeros(len(b)), x)
            print(f"{name:16}{run['loss']:.6e}, {run['end']}, {run['evaluations']} evaluations")
            assert abs(run["loss"] / found - 1) < 1e-12 and run["loss"] < oracle.loss(a1, a2, b, np.zeros(len(b)), x0)
            assert run["ownSeconds"] <= run["seconds"] < 10


if __name__ == "__main__":
    main()
