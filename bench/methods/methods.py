#!/usr/bin/env python3
"""Which way of computing steps is fastest where: solves problems of many sizes by every method, keeps the figures in
bench/results/methods.json, and writes the table between the marks "methods" of docs/benchmarks.md and
docs/methods.svg.

    python3 bench/methods/methods.py                      what is not in the results file yet, then table and figure
    python3 bench/methods/methods.py --again              all of it anew: about 20 minutes on 2 cores, 8 GB
    python3 bench/methods/methods.py --cases 40000x3072x256 100000x512x256
                                                          these sizes only, listed below or not
    python3 bench/methods/methods.py --table              table and figure again, from the results file

The file is written after every process, so that a run which is broken off goes on where it was. Needs matplotlib for
the figure."""

import argparse
import importlib.util
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RESULTS = os.path.join(ROOT, "bench", "results", "methods.json")
PAGE = os.path.join(ROOT, "docs", "benchmarks.md")
FIGURE = os.path.join(ROOT, "docs", "methods.svg")

# Name in the table: options of `relumax bench`.
METHODS = {
    "full": ["--curvature", "full"],
    "sketch-cg": ["--curvature", "sketch-cg"],
    "sampled": ["--curvature", "sampled"],
    "sampled, 16 d": ["--curvature", "sampled", "--sample", "16"],
}
# The presets, growing m, growing d.
CASES = [
    (10_000, 1_024, 128),
    (40_000, 3_072, 256),
    (50_272, 3_072, 768),
    (20_000, 16_384, 512),
    (2_000_000, 64, 32),
    (500_000, 512, 256),
    (5_000, 2_048, 512),
    (10_000, 2_048, 512),
    (40_000, 2_048, 512),
    (100_000, 3_072, 128),
    (100_000, 3_072, 256),
    (100_000, 3_072, 512),
    (100_000, 3_072, 1_024),
]
# The figure's axes: the size that grows, and the others.
AXES = [("m", {"n": 2_048, "d": 512}), ("d", {"m": 100_000, "n": 3_072})]
# Warm solves in a process; one where they take several seconds each, by the operations of a sum over all rows.
REPEAT, LONG = 3, 2e10
# A sample of a fixed size is compared where solves are short.
SHORT_ONLY = ["sampled, 16 d"]
# Seconds that a solve may take, and times the fastest method so far: what takes longer is ended and has lost.
LIMIT, MOST_TIMES, LEAST_LIMIT = 90, 2.5, 15
# Seconds of a process beside its solves: drawing the problem, measuring rates.
OVERHEAD = 120
SEED, SCALE, START = 1, 4.0, 0.3
# ‖x - x*‖ / ‖x*‖ that a solve has to reach.
DISTANCE = 1e-8


class Unusable(Exception):
    """A process that gave no figures."""


def name(sizes):
    return "x".join(str(size) for size in sizes)


def relumax(command, sizes, options, limit):
    """What a command of the program writes as JSON for these sizes."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.json")
        arguments = [os.path.join(ROOT, "relumax"), command, *options]
        arguments += [f"--{letter}={size}" for letter, size in zip("mnd", sizes)]
        arguments += ["--out" if command == "bench" else "--json", out]
        try:
            done = subprocess.run(arguments, capture_output=True, text=True, timeout=limit)
        except subprocess.TimeoutExpired:
            raise Unusable(f"no answer within {limit} s")
        # Code 3 is a solve that did not converge: its figures are there.
        if done.returncode not in (0, 3) or not os.path.exists(out):
            last = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
            raise Unusable(last)
        with open(out) as file:
            return json.load(file)


def measure(sizes, method, limit):
    """Warm solves by one method, in a process of their own, and the machine."""
    repeat = 1 if is_long(sizes) else REPEAT
    # All steps are those of the whole problem: they are what is compared.
    options = METHODS[method] + ["--coarse-rows", "none", "--repeat", str(repeat), "--time-limit", str(limit)]
    options += ["--seed", str(SEED), "--scale", str(SCALE), "--start-distance", str(START)]
    result = relumax("bench", sizes, options, (1 + repeat) * limit + OVERHEAD)
    cold, *warm = result["solves"]
    machine = {"device": result["device"], "java": result["java"], "vectorBits": result["backend"]["vectorBits"]}
    return {
        "seconds": [solve["seconds"] for solve in warm],
        "coldSeconds": cold["seconds"],
        "iterations": warm[-1]["iterations"],
        "status": warm[-1]["status"],
        "distance": max(solve["distanceToPlanted"] for solve in warm),
        "found": all(solve["converged"] and solve["distanceToPlanted"] <= DISTANCE for solve in warm),
        "limit": limit,
    }, machine


def is_long(sizes):
    m, _, d = sizes
    return m * d * d > LONG


def limit(case):
    """For the cold solve too, which takes longer."""
    cold = [entry["coldSeconds"] for entry in case["methods"].values() if entry.get("found")]
    return round(min([LIMIT] + [max(LEAST_LIMIT, MOST_TIMES * seconds) for seconds in cold]), 1)


def measure_case(results, sizes):
    """Adds to the results what they lack of this case, method by method."""
    m, n, d = sizes
    case = results["cases"].setdefault(name(sizes), {"m": m, "n": n, "d": d, "methods": {}})
    # From the sizes alone, and not kept: a later version may take another.
    case["auto"] = relumax("plan", sizes, [], OVERHEAD)["method"]
    for method in METHODS:
        if method in case["methods"] or (method in SHORT_ONLY and is_long(sizes)):
            continue
        try:
            entry, machine = measure(sizes, method, limit(case))
        except Unusable as e:
            entry = {"failed": str(e)}
        else:
            if results.setdefault("machine", machine) != machine:
                raise SystemExit(f"{RESULTS}: was measured on another machine; give --again")
        case["methods"][method] = entry
        write(results)
        print(f"{name(sizes):>16}  {method:14}  {cell(entry)}", flush=True)


def write(results):
    """Whole or not at all."""
    with open(RESULTS + ".new", "w") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    os.replace(RESULTS + ".new", RESULTS)


def fresh():
    return {"seed": SEED, "scale": SCALE, "startDistance": START, "cases": {}}


def read():
    if not os.path.exists(RESULTS):
        return fresh()
    with open(RESULTS) as file:
        return json.load(file)


def seconds(entry):
    """The median; None where x* was not reached."""
    return statistics.median(entry["seconds"]) if entry.get("found") else None


def cell(entry):
    if entry is None:
        return "-"
    if "failed" in entry:
        return entry["failed"]
    if not entry["found"]:
        ended = entry["status"] == "time-limit"
        return f"not within {entry['limit']:.0f} s" if ended else entry["status"].replace("-", " ")
    return f"{seconds(entry):.3g} s, {entry['iterations']}"


def complete(results):
    """The cases with the methods that every case has, those of the list first."""
    order = {name(sizes): at for at, sizes in enumerate(CASES)}
    measured = [case for case in results["cases"].values() if {"full", "sketch-cg", "sampled"} <= case["methods"].keys()]
    return sorted(measured, key=lambda case: order.get(name((case["m"], case["n"], case["d"])), len(order)))


def fastest(case):
    """Method and seconds; None where x* was never reached."""
    times = {method: seconds(entry) for method, entry in case["methods"].items()}
    reached = {method: time for method, time in times.items() if time is not None}
    return min(reached.items(), key=lambda item: item[1]) if reached else None


def auto_over_fastest(case):
    time, best = seconds(case["methods"][case["auto"]]), fastest(case)
    return time / best[1] if time is not None and best else None


def table(results):
    cases = complete(results)
    machine = results["machine"]
    within = sum(1 for case in cases if (auto_over_fastest(case) or float("inf")) <= 1.1)
    lines = [
        f"{machine['device']['processor']}, {machine['device']['cores']} cores, {machine['vectorBits']}-bit vectors, "
        f"JDK {machine['java']}. Within 10 % of the fastest, `auto` is in {within} of {len(cases)} cases. Every solve: "
        "[methods.json](../bench/results/methods.json).",
        "",
        "| m x n x d | " + " | ".join(METHODS) + " | auto takes | over the fastest |",
        "| --- " * (len(METHODS) + 3) + "|",
    ]
    for case in cases:
        best = fastest(case)
        cells = [f"{case['m']:,} x {case['n']:,} x {case['d']:,}"]
        for method in METHODS:
            text = cell(case["methods"].get(method))
            cells.append(f"**{text}**" if best and method == best[0] else text)
        over = auto_over_fastest(case)
        cells += [case["auto"], "-" if over is None else f"{over:.2f} x"]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", f"![Seconds of a solve by each method over m and over d]({os.path.basename(FIGURE)})"]
    return "\n".join(lines) + "\n"


def draw(results):
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "relumax"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(AXES), figsize=(4 * len(AXES), 4), constrained_layout=True)
    for axis, (grows, fixed) in zip(axes, AXES):
        cases = [case for case in complete(results) if all(case[size] == value for size, value in fixed.items())]
        cases.sort(key=lambda case: case[grows])
        title = ", ".join(f"{size} = {value:,}" for size, value in fixed.items())
        axis.set(xscale="log", yscale="log", xlabel=grows, title=title)
        axis.grid(alpha=0.3)
        for method, marker in zip(METHODS, "osv^"):
            points = [(case[grows], seconds(case["methods"].get(method, {}))) for case in cases]
            points = [point for point in points if point[1] is not None]
            if points:
                axis.plot(*zip(*points), marker + "-", label=method)
        if cases:
            axis.legend(fontsize=8)
    axes[0].set_ylabel("seconds of a warm solve")
    figure.savefig(FIGURE, metadata={"Date": None})


def render(results):
    if not complete(results):
        sys.exit(f"{RESULTS}: has no complete case yet")
    with open(PAGE) as file:
        page = file.read()
    begin, end = "<!-- methods: begin -->", "<!-- methods: end -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(page):
        sys.exit(f"{PAGE}: no {begin}")
    with open(PAGE, "w") as file:
        file.write(pattern.sub(lambda _: f"{begin}\n{table(results)}{end}", page))
    draw(results)


def parsed(text):
    try:
        sizes = tuple(int(float(part)) for part in text.split("x"))
    except ValueError:
        sizes = ()
    if len(sizes) != 3 or min(sizes) < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected three sizes, such as 40000x3072x256")
    return sizes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", action="store_true", help="only table and figure")
    parser.add_argument("--again", action="store_true", help="measure anew what is in the results file already")
    parser.add_argument("--cases", nargs="+", type=parsed, default=CASES, metavar="MxNxD", help="default: twelve sizes")
    options = parser.parse_args()
    if importlib.util.find_spec("matplotlib") is None:
        sys.exit("matplotlib is needed for the figure: pip install matplotlib")
    results = read()
    if not options.table:
        if options.again and options.cases == CASES:
            results = fresh()
        elif options.again:
            for sizes in options.cases:
                results["cases"].pop(name(sizes), None)
        for sizes in options.cases:
            measure_case(results, sizes)
    render(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
