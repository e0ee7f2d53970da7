#!/usr/bin/env python3
"""Which way of computing steps is fastest where: solves problems of ten sizes with every --curvature, in turn, keeps the
figures in bench/results/methods.json and writes the table between the marks "methods" of docs/benchmarks.md.

    python3 bench/methods/methods.py            measures and writes, about 15 minutes on 2 cores, 8 GB
    python3 bench/methods/methods.py --table    the table again, from the results file

Needs Python alone."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RESULTS = os.path.join(ROOT, "bench", "results", "methods.json")
PAGE = os.path.join(ROOT, "docs", "benchmarks.md")
BEGIN, END = "<!-- methods: begin -->", "<!-- methods: end -->"

METHODS = ["full", "sampled", "sketch-cg", "auto"]
SIZES = [
    (2_000_000, 64, 32),
    (10_000, 1_024, 128),
    (40_000, 1_024, 128),
    (160_000, 512, 128),
    (40_000, 3_072, 256),
    (500_000, 512, 256),
    (20_000, 16_384, 512),
    (60_000, 2_048, 512),
    (100_000, 2_048, 512),
    (50_272, 3_072, 768),
]


def solve(sizes, method, repeat):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "bench.json")
        command = [os.path.join(ROOT, "relumax"), "bench", "--repeat", str(repeat), "--curvature", method]
        command += [f"--{name}={size}" for name, size in zip("mnd", sizes)] + ["--out", out]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(out) as file:
            return json.load(file)


def measure(rounds, repeat):
    rows = []
    for sizes in SIZES:
        row = {"m": sizes[0], "n": sizes[1], "d": sizes[2], "methods": {}}
        for method in METHODS:
            row["methods"][method] = {"seconds": [], "iterations": [], "found": True}
        for _ in range(rounds):
            for method in METHODS:
                # What auto takes is one of the others: it need not be timed again.
                if method == "auto" and "method" in row["methods"][method]:
                    continue
                result = solve(sizes, method, 1 if method == "auto" else repeat)
                about = {key: result[key] for key in ("device", "java", "version")}
                about["vectorBits"] = result["backend"]["vectorBits"]
                entry = row["methods"][method]
                warm = result["solves"][1:]
                entry["seconds"] += [one["seconds"] for one in warm]
                entry["iterations"] += [one["iterations"] for one in warm]
                entry["found"] &= result["found"]
                entry["method"] = result["method"]
        rows.append(row)
        print(line(row), flush=True)
        with open(RESULTS, "w") as file:
            json.dump(about | {"seed": 1, "scale": 4.0, "startDistance": 0.3, "rows": rows}, file, indent=1)
            file.write("\n")


def seconds(entry):
    return statistics.median(entry["seconds"])



def line(row):
    cells = [f"{row['m']:,} x {row['n']:,} x {row['d']:,}"]
    methods = row["methods"]
    fastest = min(METHODS[:3], key=lambda name: seconds(methods[name]))
    for name in METHODS[:3]:
        entry = methods[name]
        bold = "**" if name == fastest else ""
        missed = "" if entry["found"] else " (missed)"
        cells.append(f"{bold}{seconds(entry):.3g} s{bold}, {statistics.median(entry['iterations']):.0f}{missed}")
    cells.append(methods["auto"]["method"])
    cells.append(f"{seconds(methods[methods['auto']['method']]) / seconds(methods[fastest]):.2f}")
    return "| " + " | ".join(cells) + " |"


def write_table():
    with open(RESULTS) as file:
        results = json.load(file)
    table = ["| m x n x d | full | sampled | sketch-cg | auto takes | over the fastest |", "| --- " * 6 + "|"]
    table += [line(row) for row in results["rows"]]
    repeats = len(results["rows"][0]["methods"]["full"]["seconds"])
    device = results["device"]
    table += ["", f"{device['processor']}, {device['cores']} cores; medians of {repeats} warm solves."]
    with open(PAGE) as file:
        page = file.read()
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    with open(PAGE, "w") as file:
        file.write(before + BEGIN + "\n" + "\n".join(table) + "\n" + END + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", action="store_true", help="only write the table")
    parser.add_argument("--rounds", type=int, default=2, help="rounds over the methods (default 2)")
    parser.add_argument("--repeat", type=int, default=2, help="warm solves in a round (default 2)")
    options = parser.parse_args()
    if not options.table:
        measure(options.rounds, options.repeat)
    write_table()
    return 0


if __name__ == "__main__":
    sys.exit(main())
