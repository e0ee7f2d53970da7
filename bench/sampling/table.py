#!/usr/bin/env python3
"""The table of docs/benchmarks.md and docs/sampling.svg from bench/results/sampling.json. Needs matplotlib."""

import importlib.util
import json
import os
import re
import statistics
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RESULTS = os.path.join(ROOT, "bench", "results", "sampling.json")
PAGE = os.path.join(ROOT, "docs", "benchmarks.md")
FIGURE = os.path.join(ROOT, "docs", "sampling.svg")
MARKERS = "o", "s", "^", "v", "D", "x"


def median(run, name):
    return statistics.median(draw[name] for draw in run["draws"])


def worst(run):
    return max(draw["epsilon"] for draw in run["draws"])


def number(value):
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def table(results):
    device = results["device"]
    lines = [
        f"{results['m']:,} x {results['n']:,} x {results['d']:,}, scale 4, at {results['at']}, {results['form']}; "
        f"{results['draws']} draws; {results['backend']['name']}: {device['processor']}, {results['backend']['threads']} "
        f"threads. Every draw: [sampling.json](../bench/results/sampling.json).",
        "",
        "| method | asked | rows | eigenvalues of H̃ against H, medians | ε, median | ε, worst | seconds |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for run in results["runs"]:
        lines.append(
            f"| {run['method']} | {run['multiple']} d | {median(run, 'rows'):,.0f} | {number(median(run, 'least'))} to "
            f"{number(median(run, 'greatest'))} | {number(median(run, 'epsilon'))} | {number(worst(run))} | "
            f"{median(run, 'seconds'):.3f} |"
        )
    return "\n".join(lines) + "\n"


def draw(results):
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "relumax"
    from matplotlib import pyplot

    figure, (by_rows, by_time) = pyplot.subplots(1, 2, figsize=(10, 4), sharey=True, constrained_layout=True)
    methods = list(dict.fromkeys(run["method"] for run in results["runs"]))
    for method, marker in zip(methods, MARKERS):
        runs = [run for run in results["runs"] if run["method"] == method]
        epsilon = [median(run, "epsilon") for run in runs]
        above = [worst(run) - median(run, "epsilon") for run in runs]
        for axis, name in (by_rows, "rows"), (by_time, "seconds"):
            x = [median(run, name) for run in runs]
            axis.errorbar(x, epsilon, yerr=[[0] * len(runs), above], fmt=marker + "-", capsize=2, label=method)
    for axis, label in (by_rows, "rows of the sample"), (by_time, "seconds"):
        axis.set(xscale="log", yscale="log", xlabel=label)
        axis.axhline(1, color="gray", linewidth=0.8, linestyle=":")
        axis.grid(alpha=0.3)
    by_rows.set_ylabel("ε: median, and up to the worst draw")
    by_rows.legend(fontsize=8)
    figure.savefig(FIGURE, metadata={"Date": None})


def main():
    if importlib.util.find_spec("matplotlib") is None:
        sys.exit("matplotlib is needed for the figure: pip install matplotlib")
    if not os.path.exists(RESULTS):
        sys.exit(f"{RESULTS}: no such file; run bench/sampling/sampling.sh")
    with open(RESULTS) as file:
        results = json.load(file)
    with open(PAGE) as file:
        page = file.read()
    begin, end = "<!-- sampling: begin -->", "<!-- sampling: end -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(page):
        sys.exit(f"{PAGE}: no {begin}")
    with open(PAGE, "w") as file:
        file.write(pattern.sub(lambda _: f"{begin}\n{table(results)}{end}", page))
    draw(results)


if __name__ == "__main__":
    main()
