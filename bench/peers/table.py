"""The tables: from a results file to Markdown, and into docs/benchmarks.md."""

import glob
import json
import math
import os
import statistics

GOAL = 1e-8
BEGIN, END = "<!-- peers: begin -->", "<!-- peers: end -->"
ROWS = [  # method, which of its times, title
    ("relumax-warm", "seconds", "**Relumax**, solve in a warm process"),
    ("relumax-warm", "endSeconds", "Relumax, the same to its own end"),
    ("relumax-whole", "seconds", "Relumax, warm, without a coarse problem"),
    ("relumax", "seconds", "Relumax, first solve of a process, to its end"),
    ("relumax", "wallSeconds", "Relumax, whole process"),
    ("numpy-updated", "seconds", "NumPy Gauss-Newton, C updated"),
    ("numpy-rebuilt", "seconds", "NumPy Gauss-Newton, C rebuilt"),
    ("scipy-trust-ncg", "seconds", "SciPy trust-ncg"),
    ("scipy-trust-krylov", "seconds", "SciPy trust-krylov"),
    ("scipy-l-bfgs-b", "seconds", "SciPy L-BFGS-B"),
    ("torch-l-bfgs", "seconds", "PyTorch L-BFGS"),
]
LIBRARIES = {"NumPy": "numpy", "BLAS": "blas", "SciPy": "scipy", "PyTorch": "torch"}


def of(results):
    """Medians and ratios of one results file as Markdown. The ratios are against the first row that was measured."""
    problem, machine, versions = results["problem"], results["machine"], results["versions"]
    made = f", s = {problem['scale']:g}, start distance {problem['startDistance']:g}" if "scale" in problem else ""
    by_method = {}
    for run in results["runs"]:
        by_method.setdefault(run["method"], []).append(run)
    rows = [(title, by_method[method], key) for method, key, title in ROWS if method in by_method]
    _, runs, key = rows[0]
    base = median(runs, key)
    libraries = ", ".join(f"{name} {versions[key]}" for name, key in LIBRARIES.items() if versions[key])
    lines = [
        f"**{problem['m']:,} x {problem['n']:,} x {problem['d']:,}**{made}. {machine['cpu']}, {results['threads']} of "
        f"{machine['cores']} cores, medians of {len(runs)}; {libraries}.",
        "",
        "| method | seconds to distance 1e-8 | range | against the first row |",
        "| --- | --- | --- | --- |",
    ]
    lines += [row(title, runs, key, base, results["timeLimit"]) for title, runs, key in rows]
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
    put(document, BEGIN, END, "\n".join(tables))
    print(f"{document}: {len(tables)} tables")


def put(document, begin, end, text):
    """Replaces what stands between two marks of a document."""
    with open(document, encoding="utf-8") as file:
        before, rest = file.read().split(begin)
    after = rest.split(end)[1]
    with open(document, "w", encoding="utf-8") as file:
        file.write(before + begin + "\n" + text + end + after)
