"""Relumax against what one would use instead, on one problem, in one alternating run.

    python3 bench/peers/compare.py                  the default problem: 40,000 x 3,072 x 256, scale 4
    python3 bench/peers/compare.py --m 5000 --n 600 --d 100 --rounds 5
    python3 bench/peers/compare.py --problem DIR    a planted problem (a1, a2, b, x0, x_star), float64
    python3 bench/peers/compare.py --table          only the table of docs/benchmarks.md, from the results files

Prints medians and ratios, writes bench/results/peers-MxNxD.json. README.md beside this file says what is measured.
"""

import argparse
import json
import math
import os
import statistics
import tempfile
import time

import setting
import table
from setting import RESULTS, ROOT, read_json, relumax

PEERS = ["numpy-rebuilt", "numpy-updated", "scipy-trust-ncg", "scipy-trust-krylov", "scipy-l-bfgs-b", "torch-l-bfgs"]
SOLVES_BEFORE = 4  # after the first: the JVM still compiles during these...
WARM_SOLVES = 5  # ...and the figures are those of these
WARM_UP = {"m": 200, "n": 40, "d": 8}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problem", metavar="DIR", help="a planted problem instead of a generated one")
    parser.add_argument("--m", type=int, default=40000)
    parser.add_argument("--n", type=int, default=3072)
    parser.add_argument("--d", type=int, default=256)
    parser.add_argument("--scale", type=float, default=4.0)
    parser.add_argument("--start-distance", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS, metavar="PEER", help=", ".join(PEERS))
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="SECONDS", help="of one run, 60 unless given")
    parser.add_argument("--threads", type=int, help="all the cores this process may use unless given")
    parser.add_argument("--table", action="store_true", help="only write the table of docs/benchmarks.md")
    chosen = parser.parse_args()
    if chosen.rounds < 1:
        parser.error("--rounds: expected 1 or more")
    chosen.threads = setting.checked_threads(parser, chosen.threads)
    return chosen


def generate(folder, m, n, d, scale, start_distance, seed):
    sizes = ["--m", m, "--n", n, "--d", d, "--scale", scale, "--start-distance", start_distance, "--seed", seed]
    relumax(["generate", folder, *sizes])


def end_of(solve):
    return "goal" if solve["distanceToPlanted"] <= table.GOAL else solve["status"].replace("-", " ")


def run_relumax_process(folder, threads, time_limit):
    """A process of its own, JVM start and reading included (wall), and the solve in it (seconds), to Relumax's end."""
    with tempfile.TemporaryDirectory() as out:
        limits = ["--threads", threads, "--time-limit", time_limit]
        started = time.perf_counter()
        relumax(["solve", folder, "--out", out, "--quiet", *limits])
        wall = time.perf_counter() - started
        result = read_json(os.path.join(out, "result.json"))
    return {
        "end": end_of(result),
        "seconds": result["seconds"],
        "wallSeconds": wall,
        "distance": result["distanceToPlanted"],
        "iterations": result["iterations"],
        "version": result["version"],
        "backend": result["backend"],
        "phases": result["phases"],
    }


def run_relumax_warm(folder, threads, coarse_rows="auto"):
    """
    The median solve of a process that has solved the problem before and holds its arrays in memory: until an iterate
    was at the goal (seconds), as a peer is timed, and to Relumax's own end, which only a stopping test can know (endSeconds).
    """
    with tempfile.TemporaryDirectory() as out:
        file = os.path.join(out, "bench.json")
        own = ["--warm-up", SOLVES_BEFORE, "--repeat", WARM_SOLVES, "--coarse-rows", coarse_rows, "--threads", threads, "--out", file]
        relumax(["bench", "--problem", folder, *own])
        result = read_json(file)
    warm = [solve for solve in result["solves"] if solve["warm"]]
    worst = max(warm, key=lambda solve: solve["distanceToPlanted"])
    return {
        "end": end_of(worst),
        "seconds": statistics.median(solve.get("secondsToNear", math.inf) for solve in warm),
        "endSeconds": result["seconds"]["median"],
        "solveSeconds": [solve["seconds"] for solve in warm],
        "distance": worst["distanceToPlanted"],
        "iterations": worst["iterations"],
        "version": result["version"],
        "backend": result["backend"],
        "phases": {phase: figures["median"] for phase, figures in result["phases"].items()},
    }


def run_peer(method, problem, time_limit):
    from model import Referee, Stop

    referee = Referee(problem.x_star, time_limit)
    try:
        method(problem, referee)
        raise AssertionError(f"{method.__name__} returned instead of stopping")
    except Stop as stop:
        return {
            "end": str(stop),
            "seconds": referee.distance_seconds,
            "distance": referee.distance,
            "totalSeconds": time.perf_counter() - referee.started,
            "evaluations": referee.evaluations,
            "hessianProducts": referee.products,
        }


def available(asked):
    """The methods asked for that this Python can run; says which it cannot."""
    from methods import METHODS

    for name in asked:
        if name not in METHODS:
            print(f"{name}: left out, PyTorch is not installed (bench/peers/requirements.txt)", flush=True)
    return {name: METHODS[name] for name in asked if name in METHODS}


def rounds(folder, problem, methods, chosen, threads):
    """Every method once a round, each round beginning with the next one, so that none has a fixed place."""
    names = ["relumax-warm", "relumax-whole", "relumax", *methods]
    runs = []
    for number in range(chosen.rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            if name == "relumax-warm":
                run = run_relumax_warm(folder, threads)
            elif name == "relumax-whole":
                run = run_relumax_warm(folder, threads, "none")
            elif name == "relumax":
                run = run_relumax_process(folder, threads, chosen.time_limit)
            else:
                run = run_peer(methods[name], problem, chosen.time_limit)
            runs.append({"method": name, "round": number + 1, **run})
            found = f"{run['seconds']:9.3f} s  distance {run['distance']:.1e}  {run['end']}"
            print(f"round {number + 1}  {name:20}{found}", flush=True)
    return runs


def measure(chosen, scratch):
    threads = chosen.threads
    load = os.getloadavg()[0]
    setting.hold_to(threads)

    import model

    methods = available(chosen.peers)
    folder = chosen.problem
    if folder is None:
        folder = os.path.join(scratch, "problem")
        generate(folder, chosen.m, chosen.n, chosen.d, chosen.scale, chosen.start_distance, chosen.seed)
    problem = model.read(folder)

    # Libraries set themselves up at first use; that is not timed.
    small = os.path.join(scratch, "warm-up")
    generate(small, **WARM_UP, scale=4.0, start_distance=0.3, seed=1)
    for method in methods.values():
        run_peer(method, model.read(small), 0.5)

    m, n, d = problem.shape
    if chosen.problem:
        origin = {"folder": os.path.basename(os.path.abspath(folder))}
    else:
        origin = {"scale": chosen.scale, "startDistance": chosen.start_distance, "seed": chosen.seed}
    return {
        "problem": {"m": m, "n": n, "d": d, **origin},
        "goal": model.Referee.GOAL,
        "timeLimit": chosen.time_limit,
        "threads": threads,
        "machine": {**setting.machine(), "loadAtStart": load},
        "versions": setting.versions(),
        "revision": setting.revision(),
        "runs": rounds(folder, problem, methods, chosen, threads),
    }


def main():
    chosen = arguments()
    if not chosen.table:
        with tempfile.TemporaryDirectory() as scratch:
            results = measure(chosen, scratch)
        sizes = "x".join(str(results["problem"][size]) for size in "mnd")
        file = os.path.join(RESULTS, f"peers-{sizes}.json")
        with open(file, "w", encoding="utf-8") as out:
            json.dump(results, out, indent=1)
            out.write("\n")
        print("\n" + table.of(results) + f"\nWritten to {os.path.relpath(file)}")
    else:
        table.write(os.path.join(ROOT, "docs", "benchmarks.md"), RESULTS)


if __name__ == "__main__":
    main()
