"""The tables: from a results file to Markdown, and into docs/benchmarks.md."""

import glob
import json
import math
import os
import statistics

GOAL = 1e-8
BEGIN, END = "<!-- peers: begin -->", "<!-- peers: end -->"
TITLES = {
    "relumax": "**Relumax**, solve",
    "numpy-updated": "NumPy Gauss-Newton, C updated",
    "numpy-rebuilt": "NumPy Gauss-Newton, C rebuilt",
    "scipy-trust-ncg": "SciPy trust-ncg",
    "scipy-trust-krylov": "SciPy trust-krylov",
    "scipy-l-bfgs-b": "SciPy L-BFGS-B",
    "torch-l-bfgs": "PyTorch L-BFGS",
}
LIBRARIES = {"NumPy": "numpy", "BLAS": "blas", "SciPy": "scipy", "PyTorch": "torch"}


def of(results):
    """Medians and ratios of one results file as Markdown."""
    problem, machine, versions = results["problem"], results["machine"], results["versions"]
    made = f", s = {problem['scale']:g}, start distance {problem['startDistance']:g}" if "scale" in problem else ""
    by_method = {}
    for run in results["runs"]:
        by_method.setdefault(run["method"], []).append(run)
    relumax = by_method["relumax"]
    base = median(relumax, "seconds")
    libraries = ", ".join(f"{name} {versions[key]}" for name, key in LIBRARIES.items() if versions[key])
    lines = [
        f"**{problem['m']:,} x {problem['n']:,} x {problem['d']:,}**{made}. {machine['cpu']}, {results['threads']} of "
        f"{machine['cores']} cores, medians of {len(relumax)}; {libraries}.",
        "",
        "| method | seconds to distance 1e-8 | range | against Relumax |",
        "| --- | --- | --- | --- |",
        row(TITLES["relumax"], relumax, "seconds", base, results["timeLimit"]),
        row("Relumax, whole process", relumax, "wallSeconds", base, results["timeLimit"]),
    ]
    for name in TITLES:
        if name != "relumax" and name in by_method:
            lines.append(row(TITLES[name], by_method[name], "seconds", base, results["timeLimit"]))
    return "\n".join(lines) + "\n"


def median(runs, key):
    """The median time to the goal, where a run that misses it counts as endless."""
    return statistics.median(run[key] if run["end"] == "goal" else math.inf for run in runs)


def row(title, runs, key, base, time_limit):
    middle = median(runs, key)
    if math.isfinite(middle):
        reached = [run[key] for run in runs if run["end"] == "goal"]
        missed = len(runs) - len(reached)
        spread = f"{min(reached):.3g} to {max(reached):.3g}" + (f", {missed} missed" if missed else "")
        return f"| {title} | {middle:.3g} | {spread} | {ratio(middle / base)} |"
    best = min(runs, key=lambda run: run["distance"])
    all_full = all(run["end"] == "time limit" for run in runs)
    why = f"within {time_limit:g} s" if all_full else "; ".join(sorted({run["end"] for run in runs}))
    against = f"> {ratio(time_limit / base)}" if all_full and math.isfinite(base) else "-"
    return f"| {title} | not reached ({why}) | best {best['distance']:.1e}, after {best[key]:.3g} s | {against} |"


def ratio(value):
    """Nothing where Relumax itself missed the goal."""
    return f"{value:.3g} x" if value > 0 else "-"


def write(document, folder):
    """Replaces what stands between the two marks of `document` by the tables of all results files in `folder`."""
    found = []
    for file in glob.glob(os.path.join(folder, "peers-*.json")):
        with open(file, encoding="utf-8") as text:
            results = json.load(text)
        link = os.path.relpath(file, os.path.dirname(document)).replace(os.sep, "/")
        found.append((results["problem"]["m"] * results["problem"]["n"], link, results))
    found.sort(key=lambda entry: entry[:2])
    tables = [f"{of(results)}\nEvery run: [{os.path.basename(link)}]({link})\n" for _, link, results in found]
    with open(document, encoding="utf-8") as text:
        before, rest = text.read().split(BEGIN)
    after = rest.split(END)[1]
    with open(document, "w", encoding="utf-8") as text:
        text.write(before + BEGIN + "\n" + "\n".join(tables) + END + after)
    print(f"{document}: {len(tables)} tables")
