"""The results of a run: from JMH's JSON to bench/results/kernels.json, and from there to docs/benchmarks.md.

    python3 bench/jmh/table.py            after a run: takes its results over and writes the tables
    python3 bench/jmh/table.py --table    only the tables, from the results file

A quick run is only printed. A run of some operations replaces these in the results file, if that is of the same
machine, threads and versions. Uses the standard library alone.
"""

import argparse
import json
import os
import re
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TARGET = os.path.join(HERE, "benchmarks", "target")
RESULTS = os.path.join(ROOT, "bench", "results", "kernels.json")
DOCUMENT = os.path.join(ROOT, "docs", "benchmarks.md")
BEGIN, END = "<!-- kernels: begin -->", "<!-- kernels: end -->"

LIBRARIES = {
    "relumax": "Relumax",
    "openblas": "OpenBLAS",
    "ejml": "EJML",
    "ojalgo": "ojAlgo",
    "netlib": "netlib, 1 thread",
}
OPERATIONS = {
    "product": "Product C = A B",
    "gram": "Gram matrix CᵀDC, one triangle counted",
    "multiply": "Matrix times vector, A x",
    "multiplyTransposed": "Transposed matrix times vector, Aᵀ v",
    "factor": "Cholesky factor",
    "solve": "Both triangular solves, one right-hand side",
}
UNITS = {"flops": "GFLOP/s", "bytes": "GB/s"}


def reduced(jmh, run):
    """The results file of one run: per operation, shape and implementation every iteration and what follows from it."""
    every = {}
    for trial in jmh:
        key = operation_of(trial), trial["params"]["shape"], trial["params"]["implementation"]
        every.setdefault(key, []).extend(value for fork in trial["primaryMetric"]["rawData"] for value in fork)
    for (name, shape, implementation), samples in every.items():
        operation = run["operations"][name]
        middle = statistics.median(samples)
        of_shape = operation.setdefault("results", {}).setdefault(shape, {})
        of_shape[implementation] = {
            "median": rounded(middle),
            "least": rounded(min(samples)),
            "greatest": rounded(max(samples)),
            "rate": rounded(1e-9 * operation["work"][shape] / middle),
            "seconds": [rounded(value) for value in samples],
        }
        before = operation.get("streamSeconds", {}).get(shape, {}).get(implementation)
        if before:
            of_shape[implementation]["streamSeconds"] = [rounded(value) for value in before]
            of_shape[implementation]["streamRate"] = rounded(
                1e-9 * operation["work"][shape] / statistics.median(before)
            )
            of_shape[implementation]["againstStream"] = rounded(
                statistics.median(stream / own for stream, own in zip(before, samples, strict=True))
            )
    for operation in run["operations"].values():
        operation["date"], operation["loadAtStart"] = run["date"], run["loadAtStart"]
        operation["rateUnit"] = UNITS[operation["unit"]]
        operation.pop("streamSeconds", None)
        for of_shape in operation["results"].values():
            if "openblas" in of_shape:
                for result in of_shape.values():
                    result["againstOpenBlas"] = rounded(of_shape["openblas"]["median"] / result["median"])
    del run["date"], run["loadAtStart"]
    return run


def operation_of(trial):
    """The name of the operation that a benchmark's class stands for: ...bench.MultiplyTransposed.run."""
    name = trial["benchmark"].split(".")[-2]
    return name[0].lower() + name[1:]


def rounded(value):
    return float(f"{value:.5g}")


def merged(old, new):
    """`new`, and those operations of `old` that it does not have; None where the two do not belong together."""
    if any(old[key] != new[key] for key in ("machine", "threads", "versions", "libraries")):
        return None
    return {**new, "operations": {**old["operations"], **new["operations"]}}


def tables(results):
    """The results as Markdown."""
    machine, operations = results["machine"], results["operations"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items() if name != "Relumax")
    lines = [
        f"{machine['processor']}, {results['threads']} threads on {machine['cores']} cores; Relumax: "
        f"{results['libraries']['relumax']}; {versions}; JDK {machine['java']}. Every iteration: "
        f"[kernels.json]({os.path.relpath(RESULTS, os.path.dirname(DOCUMENT)).replace(os.sep, '/')})."
    ]
    for name, title in OPERATIONS.items():
        if name in operations:
            lines += ["", *table(title, operations[name])]
    return "\n".join(lines) + "\n"


def table(title, operation):
    """One operation: a row for each shape, a column for each library."""
    shown = [name for name in LIBRARIES if any(name in row for row in operation["results"].values())]
    by_bytes = operation["unit"] == "bytes"
    head = ["size", *(LIBRARIES[name] for name in shown), "Relumax / OpenBLAS"]
    if by_bytes:
        head += ["memory stream beside Relumax", "Relumax / stream"]
    lines = [f"**{title}**, {operation['rateUnit']}", "", row(head), row(["---"] * len(head))]
    for shape, results in operation["results"].items():
        cells = [size(shape), *(cell(operation, shape, results.get(name)) for name in shown)]
        cells.append(ratio(results.get("relumax"), results.get("openblas")))
        if by_bytes:
            cells.append(number(results["relumax"]["streamRate"]))
            cells.append(f"{number(results['relumax']['againstStream'])} x")
        lines.append(row(cells))
    return lines


def cell(operation, shape, result):
    """Rates: the median and, behind it, the slowest and the fastest iteration."""
    if result is None:
        return "-"
    low, high = (1e-9 * operation["work"][shape] / result[key] for key in ("greatest", "least"))
    return f"{number(result['rate'])} ({number(low)} to {number(high)})"


def ratio(result, mark):
    return f"{number(mark['median'] / result['median'])} x" if result and mark else "-"


def number(value):
    return f"{value:.0f}" if value >= 99.5 else f"{value:.3g}"


def size(shape):
    return " x ".join(f"{int(part):,}" for part in shape.split("x"))


def row(cells):
    return "| " + " | ".join(cells) + " |"


def write(results):
    """Replaces what stands between the two marks of the document."""
    with open(DOCUMENT, encoding="utf-8") as file:
        before, rest = file.read().split(BEGIN)
    after = rest.split(END)[1]
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + "\n" + tables(results) + END + after)
    print(f"{DOCUMENT}: {len(results['operations'])} operations")


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def save(path, results):
    """As indented JSON, but the iterations of one trial on one line."""
    text = json.dumps(results, indent=1, ensure_ascii=False)
    text = re.sub(r"\[[^\[\]]*\]", lambda list_of_numbers: " ".join(list_of_numbers.group().split()), text)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", action="store_true", help="only write the tables")
    if parser.parse_args().table:
        write(load(RESULTS))
        return
    run = load(os.path.join(TARGET, "run.json"))
    results = reduced(load(os.path.join(TARGET, "jmh.json")), run)
    if results.pop("quick"):
        save(os.path.join(TARGET, "kernels.json"), results)
        print(tables(results))
        return
    if os.path.exists(RESULTS) and not set(load(RESULTS)["operations"]) <= set(results["operations"]):
        results = merged(load(RESULTS), results)
    if results is None:
        sys.exit(f"{RESULTS} is of another machine, other versions or threads: remove it, or run all operations")
    save(RESULTS, results)
    write(results)


if __name__ == "__main__":
    main()
