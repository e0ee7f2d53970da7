"""The objective in plain NumPy: the independent oracle of the tests, and a generator of planted problems.

    python3 oracle.py                          check the formulas against central differences
    python3 oracle.py DIR M N D SCALE SEED     write a planted problem to DIR: a1 a2 b x_star x0 (.npy)
    python3 oracle.py --fixtures DIR           write the cases of the Java tests with their expected results

Notation: A1 (n x d), A2 (m x n), b and w (m), x (d). With mask = [A1 x > 0] held fixed,

    C = A2 diag(mask) A1,  z = C x = A2 relu(A1 x),  f = softmax(z),  c = f - b
    L = 1/2 |c|^2 + 1/2 |w z|^2
    grad = C' gz,  gz = f c - <f, c> f + w^2 z
    Hessian      = C' (diag(q + w^2) - p f' - f p' + t f f') C,  p = (2f - b) f,  q = p - <c, f> f,  t = <3f - 2b, f>
    Gauss-Newton = C' (J^2 + diag(w^2)) C,  J = diag(f) - f f'
"""

import os
import sys

import numpy as np


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def loss(a1, a2, b, w, x):
    z = a2 @ np.maximum(a1 @ x, 0)
    c = softmax(z) - b
    return 0.5 * (c @ c) + 0.5 * np.sum((w * z) ** 2)


def evaluate(a1, a2, b, w, x):
    """Everything at x, in the names of the result files. Forms the m x m matrices: for small m only."""
    z1 = a1 @ x
    mask = z1 > 0
    big_c = a2 @ (mask[:, None] * a1)
    z = a2 @ np.maximum(z1, 0)
    f = softmax(z)
    c = f - b
    jacobian = np.diag(f) - np.outer(f, f)
    p = (2 * f - b) * f
    q = p - (c @ f) * f
    t = (3 * f - 2 * b) @ f
    curvature = np.diag(q) - np.outer(p, f) - np.outer(f, p) + t * np.outer(f, f)
    weights = np.diag(w * w)
    return {
        "z": z,
        "f": f,
        "loss": np.array([0.5 * (c @ c) + 0.5 * np.sum((w * z) ** 2)]),
        "gradient": big_c.T @ (jacobian @ c + w * w * z),
        "hessian": big_c.T @ (curvature + weights) @ big_c,
        "gauss_newton": big_c.T @ (jacobian @ jacobian + weights) @ big_c,
    }


def planted(m, n, d, scale=1.0, seed=0):
    """A1, A2, b, x*, x0 with b = softmax(A2 relu(A1 x*)): the loss at x* is 0."""
    random = np.random.default_rng(seed)
    a1 = random.standard_normal((n, d)) / np.sqrt(d)
    a2 = random.standard_normal((m, n)) * (scale / np.sqrt(n))
    x_star = random.standard_normal(d)
    b = softmax(a2 @ np.maximum(a1 @ x_star, 0))
    return a1, a2, b, x_star, x_star + 0.3 * random.standard_normal(d)


def save(folder, arrays):
    os.makedirs(folder, exist_ok=True)
    for name, value in arrays.items():
        np.save(os.path.join(folder, name + ".npy"), value)


def write_planted(folder, m, n, d, scale, seed):
    names = ("a1", "a2", "b", "x_star", "x0")
    save(folder, dict(zip(names, planted(m, n, d, scale, seed))))


def write_case(folder, a1, a2, b, x0, x_star=None, w=None):
    """A problem folder plus expected/: what evaluate finds at x0."""
    problem = {"a1": a1, "a2": a2, "b": b, "x0": x0, "x_star": x_star, "w": w}
    save(folder, {name: value for name, value in problem.items() if value is not None})
    w = np.zeros(len(b)) if w is None else w
    save(os.path.join(folder, "expected"), evaluate(a1, a2.astype("f8"), b, w, x0))


def write_fixtures(folder):
    def case(name, m, n, d, scale, seed, **changes):
        a1, a2, b, x_star, x0 = planted(m, n, d, scale, seed)
        arrays = {"a1": a1, "a2": a2, "b": b, "x_star": x_star, "x0": x0}
        arrays.update(changes)
        write_case(os.path.join(folder, name), **arrays)

    random = np.random.default_rng(7)
    case("103x17x5", 103, 17, 5, 4.0, 1)
    # One unit and one output: softmax is 1 whatever x is, so only the regulariser has a slope.
    case("1x1x1", 1, 1, 1, 1.0, 2, x_star=None, w=np.array([0.5]), a1=np.array([[2.0]]), x0=np.array([0.75]))
    case("64x9x8-w", 64, 9, 8, 2.0, 3, x_star=None, w=0.1 * random.standard_normal(64))
    case("200x30x8-w0.03", 200, 30, 8, 1.0, 0, x_star=None, w=np.full(200, 0.03))
    a1, a2, _, x_star, x0 = planted(150, 31, 7, 3.0, 4)
    a2 = a2.astype("f4")
    b = softmax(a2.astype("f8") @ np.maximum(a1 @ x_star, 0))
    write_case(os.path.join(folder, "150x31x7-f32"), a1, a2, b, x0, x_star)
    # b is no distribution, and one output takes most of the softmax.
    case("37x12x3-any-b", 37, 12, 3, 9.0, 5, x_star=None, b=random.standard_normal(37))


def relative(found, expected):
    return abs(found - expected).max() / abs(expected).max()


def check():
    a1, a2, b, _, x = planted(200, 30, 8)
    w = np.full(200, 0.03)
    at = evaluate(a1, a2, b, w, x)
    steps = 1e-6 * np.eye(8)
    gradient = [(loss(a1, a2, b, w, x + s) - loss(a1, a2, b, w, x - s)) / 2e-6 for s in steps]
    hessian = [
        (evaluate(a1, a2, b, w, x + s)["gradient"] - evaluate(a1, a2, b, w, x - s)["gradient"]) / 2e-6
        for s in steps
    ]
    print("relative difference to central differences:")
    print("  gradient", relative(np.array(gradient), at["gradient"]))
    print("  hessian ", relative(np.array(hessian), at["hessian"]))


def main(arguments):
    if not arguments:
        check()
    elif len(arguments) == 2 and arguments[0] == "--fixtures":
        write_fixtures(arguments[1])
    elif len(arguments) == 6:
        folder, m, n, d, scale, seed = arguments
        write_planted(folder, int(m), int(n), int(d), float(scale), int(seed))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
