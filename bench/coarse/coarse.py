"""Solves with and without a coarse problem first, on targets that some x gives and on targets that none does.

    python3 bench/coarse/coarse.py           about 5 minutes on 2 quiet cores
    python3 bench/coarse/coarse.py --table   only the table of docs/benchmarks.md, from the results file

Every problem is generated (`relumax generate`, seed 1) and solved by `relumax bench --problem`, with `--coarse-rows none` and with
`auto`, one process after the other, each round beginning with the other one. Writes bench/results/coarse.json and the table.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "bench", "peers"))
import setting
import table

RESULTS = os.path.join(setting.RESULTS, "coarse.json")
BEGIN, END = "<!-- coarse: begin -->", "<!-- coarse: end -->"
CASES = [  # m, n, d, scale, noise, start distance
    (40000, 1024, 128, 4, 0, 0.3),
    (40000, 1024, 128, 4, 0.3, 0.3),
    (40000, 1024, 128, 4, 1, 0.3),
    (40000, 1024, 128, 4, 0, 1),
    (40000, 1024, 128, 4, 0.3, 1),
    (40000, 1024, 128, 4, 1, 1),
    (40000, 3072, 256, 4, 0.3, 0.3),
    (20000, 4096, 256, 4, 0.3, 0.3),
    (40000, 1024, 128, 1, 0.3, 0.3),
]
ROWS = ["none", "auto"]
ROUNDS = 2
WARM_SOLVES = 3


def bench(folder, rows, threads, out):
    setting.relumax(["bench", "--problem", folder, "--coarse-rows", rows, "--repeat", WARM_SOLVES, "--threads", threads, "--out", out])
    result = setting.read_json(out)
    warm = [solve for solve in result["solves"] if solve["warm"]]
    return {
        "coarseRows": rows,
        "firstSeconds": result["solves"][0]["seconds"],
        "warmSeconds": [solve["seconds"] for solve in warm],
        **{name: warm[-1].get(name) for name in ("status", "iterations", "loss", "coarse")},
        "backend": result["backend"],
        "version": result["version"],
    }


def measure(threads):
    setting.hold_to(threads)
    cases = []
    for m, n, d, scale, noise, distance in CASES:
        with tempfile.TemporaryDirectory() as scratch:
            folder = os.path.join(scratch, "problem")
            sizes = ["--m", m, "--n", n, "--d", d, "--scale", scale, "--noise", noise, "--start-distance", distance, "--seed", 1]
            setting.relumax(["generate", folder, *sizes])
            runs = []
            for number in range(ROUNDS):
                for rows in ROWS if number % 2 == 0 else ROWS[::-1]:
                    runs.append(bench(folder, rows, threads, os.path.join(scratch, "bench.json")))
                    print(f"{m} x {n} x {d}, scale {scale}, noise {noise}, from {distance}: {rows:4} "
                          f"{statistics.median(runs[-1]['warmSeconds']):.3f} s, {runs[-1]['iterations']} iterations", flush=True)
        cases.append({"m": m, "n": n, "d": d, "scale": scale, "noise": noise, "startDistance": distance, "runs": runs})
    results = {"threads": threads, "machine": setting.machine(), "revision": setting.revision(), "cases": cases}
    with open(RESULTS + ".part", "w", encoding="utf-8") as out:
        json.dump(results, out, indent=1)
        out.write("\n")
    os.replace(RESULTS + ".part", RESULTS)


def line(case):
    without, first = ([run for run in case["runs"] if run["coarseRows"] == rows] for rows in ROWS)

    def seconds(runs):
        return statistics.median(second for run in runs for second in run["warmSeconds"])

    coarse = first[0]["coarse"]
    steps = f"{coarse['iterations']} of {coarse['rows']:,} rows, {first[0]['iterations']}" if coarse else f"{first[0]['iterations']}"
    # Of two losses that are rounding neither is lower.
    both = without[0]["loss"], first[0]["loss"]
    lower = "both 0 to rounding" if max(both) < 1e-25 else f"{both[1] / both[0]:.4f}"
    return (f"| {case['m']:,} x {case['n']:,} x {case['d']:,} | {case['scale']} | {case['noise']} | {case['startDistance']} | "
            f"{seconds(without):.3g} s, {without[0]['iterations']} | {seconds(first):.3g} s, {steps} | {seconds(without) / seconds(first):.2f} x | {lower} |")


def summary(results):
    device = results["cases"][0]["runs"][0]["backend"]["device"]
    return "\n".join([
        f"{results['machine']['cpu']}, {results['threads']} of {results['machine']['cores']} cores; {device}; medians of "
        f"{ROUNDS * WARM_SOLVES} warm solves in {ROUNDS} processes of each, alternating.",
        "",
        "| m x n x d | scale | noise | start distance | none: seconds, iterations | auto: seconds, iterations | none / auto | loss, auto / none |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *map(line, results["cases"]),
    ]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, help="all the cores this process may use unless given")
    parser.add_argument("--table", action="store_true", help="only write the table of docs/benchmarks.md")
    chosen = parser.parse_args()
    if not chosen.table:
        measure(setting.checked_threads(parser, chosen.threads))
    document = os.path.join(ROOT, "docs", "benchmarks.md")
    link = os.path.relpath(RESULTS, os.path.dirname(document)).replace(os.sep, "/")
    text = f"{summary(setting.read_json(RESULTS))}\nEvery run: [{os.path.basename(RESULTS)}]({link})\n"
    table.put(document, BEGIN, END, text)


if __name__ == "__main__":
    main()
