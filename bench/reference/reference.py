"""Solves the reference problems with ./relumax and compares everything with NumPy.

    python3 bench/reference/reference.py [SCRATCH_DIR]

Writes the problems with bench/oracle/oracle.py, checks loss, gradient, Hessian and Gauss-Newton matrix at x0 against
NumPy, solves from x0 with float64 and with float32 storage of A2, and from 20 random starts. Prints a table and writes
bench/results/reference.json. Needs NumPy.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RELUMAX = os.path.join(ROOT, "relumax")
ORACLE = os.path.join(ROOT, "bench", "oracle", "oracle.py")
RESULTS = os.path.join(ROOT, "bench", "results", "reference.json")
PROBLEMS = [(2000, 300, 40, 4.0, 0), (10000, 1024, 128, 4.0, 0), (5000, 600, 100, 1.0, 0)]
SEEDS_OF = 1  # the problem that is also solved from random starts
SEEDS = 20


def derivatives(folder, x):
    """Loss, gradient, Hessian and Gauss-Newton matrix by the paper's diagonal plus rank two, which the engine does not use."""
    a1, a2, b = (np.load(f"{folder}/{name}.npy") for name in ("a1", "a2", "b"))
    mask = a1 @ x > 0
    big_c = a2[:, mask] @ a1[mask]
    z = big_c @ x
    e = np.exp(z - z.max())
    f = e / e.sum()
    c = f - b
    p = (2 * f - b) * f
    q = p - (c @ f) * f
    t = (3 * f - 2 * b) @ f
    cf, cp, cf2 = big_c.T @ f, big_c.T @ p, big_c.T @ (f * f)
    return {
        "loss": 0.5 * (c @ c),
        "gradient": big_c.T @ (f * c - (f @ c) * f),
        "hessian": big_c.T @ (q[:, None] * big_c) - np.outer(cp, cf) - np.outer(cf, cp) + t * np.outer(cf, cf),
        "gauss_newton": big_c.T @ ((f * f)[:, None] * big_c) - np.outer(cf2, cf) - np.outer(cf, cf2)
        + (f @ f) * np.outer(cf, cf),
    }


def relumax(*arguments):
    done = subprocess.run([RELUMAX, *arguments], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        sys.exit(f"relumax {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def relative(found, wanted):
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def agreement(folder, scratch):
    out = os.path.join(scratch, "derivatives")
    found = json.loads(relumax("evaluate", folder, "--at", f"{folder}/x0.npy", "--format", "json", "--out", out))
    wanted = derivatives(folder, np.load(f"{folder}/x0.npy"))
    errors = {"loss": abs(found["loss"] - wanted["loss"]) / wanted["loss"]}
    for name in ("gradient", "hessian", "gauss_newton"):
        errors[name] = relative(np.load(f"{out}/{name}.npy"), wanted[name])
    return errors


def solve(folder, scratch, *arguments):
    out = os.path.join(scratch, "solution")
    relumax("solve", folder, "--out", out, "--quiet", *arguments)
    with open(f"{out}/result.json", encoding="utf-8") as file:
        result = json.load(file)
    keep = ("status", "iterations", "loss", "distanceToPlanted", "storageError", "backend")
    return {key: result[key] for key in keep}


def cpu():
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    return platform.processor()


def main(scratch):
    report = {"machine": f"{cpu()}, {os.cpu_count()} cores", "numpy": np.__version__, "problems": []}
    for at, (m, n, d, scale, seed) in enumerate(PROBLEMS):
        folder = os.path.join(scratch, f"p{at}")
        subprocess.run([sys.executable, ORACLE, folder, *map(str, (m, n, d, scale, seed))], check=True)
        entry = {"m": m, "n": n, "d": d, "scale": scale, "seed": seed, "agreement": agreement(folder, scratch)}
        entry["float64"] = solve(folder, scratch)
        single = os.path.join(scratch, f"p{at}-f32")
        os.makedirs(single, exist_ok=True)
        for name in ("a1", "b", "x0", "x_star"):
            np.save(f"{single}/{name}.npy", np.load(f"{folder}/{name}.npy"))
        np.save(f"{single}/a2.npy", np.load(f"{folder}/a2.npy").astype("f4"))
        entry["float32"] = solve(single, scratch)
        print(f"{m} x {n} x {d}, s = {scale:g}: largest difference from NumPy {max(entry['agreement'].values()):.1e}")
        for storage in ("float64", "float32"):
            run = entry[storage]
            note = f" (said about {run['storageError']:.1e})" if storage == "float32" else ""
            print(f"  {storage}: {run['status']}, {run['iterations']} iterations, distance {run['distanceToPlanted']:.1e}{note}")
        if at == SEEDS_OF:
            runs = [solve(folder, scratch, "--start", "random", "--seed", str(k)) for k in range(1, SEEDS + 1)]
            reached = sum(run["distanceToPlanted"] <= 1e-8 for run in runs)
            iterations = sorted(run["iterations"] for run in runs)
            entry["random"] = {"reached": reached, "of": SEEDS, "runs": runs}
            print(f"  random starts: {reached} of {SEEDS} reach distance 1e-8, in {iterations[0]} to {iterations[-1]} iterations")
        report["problems"].append(entry)
    with open(RESULTS, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1)
        file.write("\n")
    print(f"written to {os.path.relpath(RESULTS)}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(folder)
