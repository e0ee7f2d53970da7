#!/usr/bin/env python3
"""A2 larger than memory: solves a problem in a control group whose memory is smaller than a2.npy, and without the
limit, and compares: with all rows from the start, keeping C and streaming it, and as relumax does by itself. Keeps the
figures in bench/results/beyond-memory.json and writes the table of docs/benchmarks.md.

    sudo python3 bench/memory/beyond.py DIR    DIR: where the problem is made if it is not there (4.6 GiB);
                                               about 5 minutes on 2 cores
    python3 bench/memory/beyond.py --table     the table again, from the results file

Linux only, and as root: an ordinary user may not limit a group. Pages of a2.npy are dropped before each solve."""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench", "peers"))
import setting

FILE = os.path.join(ROOT, "bench", "results", "beyond-memory.json")
PAGE = os.path.join(ROOT, "docs", "benchmarks.md")
BEGIN, END = "<!-- beyond: begin -->", "<!-- beyond: end -->"

SIZES = {"m": 200_000, "n": 3_072, "d": 256}
LIMIT = 3 << 29  # 1.5 GiB
CASES = [("kept", "none"), ("streamed", "none"), ("auto", "auto")]  # --path, --coarse-rows


def relumax(*arguments, **keywords):
    return subprocess.Popen([os.path.join(ROOT, "relumax"), *arguments], stdout=subprocess.DEVNULL, **keywords)


@contextlib.contextmanager
def group(limit):
    """A control group with this much memory, of version 2 or 1: its file of processes and that of its use."""
    v2 = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
    parent = "/sys/fs/cgroup" if v2 else "/sys/fs/cgroup/memory"
    folder = tempfile.mkdtemp(prefix="relumax-", dir=parent)
    try:
        with open(os.path.join(folder, "memory.max" if v2 else "memory.limit_in_bytes"), "w") as file:
            file.write(str(limit))
        yield os.path.join(folder, "cgroup.procs"), os.path.join(
            folder, "memory.peak" if v2 else "memory.max_usage_in_bytes"
        )
    finally:
        os.rmdir(folder)


def drop_pages(path):
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def own_bytes(pid):
    """Resident memory that is no file's."""
    try:
        with open(f"/proc/{pid}/status") as file:
            return max((1024 * int(line.split()[1]) for line in file if line.startswith("RssAnon")), default=0)
    except OSError:
        return 0


def solve(folder, path, rows, limit):
    drop_pages(os.path.join(folder, "a2.npy"))
    with tempfile.TemporaryDirectory() as out, contextlib.ExitStack() as stack:
        procs = peak = None
        if limit:
            procs, peak = stack.enter_context(group(limit))

        def join():
            if procs:
                with open(procs, "w") as file:
                    file.write(str(os.getpid()))

        began = time.perf_counter()
        process = relumax("solve", folder, "--path", path, "--coarse-rows", rows, "--quiet", "--out", out, preexec_fn=join)
        most = 0
        while process.poll() is None:
            most = max(most, own_bytes(process.pid))
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        if process.returncode != 0:
            sys.exit(f"solve --path {path} --coarse-rows {rows} ended with {process.returncode}")
        with open(os.path.join(out, "result.json")) as file:
            result = json.load(file)
        group_bytes = None
        if peak:
            with open(peak) as file:
                group_bytes = int(file.read())
        return {
            "path": result["path"],
            "coarseRows": rows,
            "limitBytes": limit,
            "processSeconds": seconds,
            "solveSeconds": result["seconds"],
            "iterations": result["iterations"],
            "status": result["status"],
            "distance": result["distanceToPlanted"],
            "ownBytes": most,
            "groupBytes": group_bytes,
        }


def measure(folder):
    a2 = os.path.join(folder, "a2.npy")
    if not os.path.exists(a2):
        if relumax("generate", folder, *[f"--{name}={size}" for name, size in SIZES.items()]).wait() != 0:
            sys.exit("generate failed")
    if relumax("--version").wait() != 0:
        sys.exit("relumax does not start")
    runs = [solve(folder, path, rows, limit) for path, rows in CASES for limit in (LIMIT, None)]
    return {
        "problem": SIZES,
        "a2Bytes": os.path.getsize(a2),
        "machine": setting.machine(),
        "memoryBytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "revision": setting.revision(),
        "runs": runs,
    }


def table(results):
    problem = results["problem"]
    lines = [
        f"{problem['m']:,} x {problem['n']:,} x {problem['d']:,}, A2 {gib(results['a2Bytes'])}. "
        f"{results['machine']['cpu']}, {results['machine']['cores']} cores, {gib(results['memoryBytes'])}. "
        "Every run: [beyond-memory.json](../bench/results/beyond-memory.json).",
        "",
        "| path | begins with | memory of the group | solve, s | process, s | iterations | distance to x\\* | resident, files not counted |"
        " the group's most, pages of files included |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for run in results["runs"]:
        begins = "all rows" if run["coarseRows"] == "none" else "some, as is usual"
        limit = gib(run["limitBytes"]) if run["limitBytes"] else "no limit"
        group_bytes = gib(run["groupBytes"]) if run["groupBytes"] else "-"
        lines.append(
            f"| {run['path']} | {begins} | {limit} | {run['solveSeconds']:.3g} | {run['processSeconds']:.3g} | {run['iterations']} | "
            f"{run['distance']:.1e} | {gib(run['ownBytes'])} | {group_bytes} |"
        )
    return "\n".join(lines)


def gib(count):
    return f"{count / 2**30:.3g} GiB"


def write(results):
    with open(PAGE) as file:
        page = file.read()
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    with open(PAGE, "w") as file:
        file.write(f"{before}{BEGIN}\n{table(results)}\n{END}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", help="of the problem")
    parser.add_argument("--table", action="store_true", help="write the table from the results file")
    options = parser.parse_args()
    if not options.table:
        if not options.folder:
            parser.error("expected a folder for the problem, or --table")
        results = measure(options.folder)
        with open(FILE, "w") as file:
            json.dump(results, file, indent=1)
            file.write("\n")
    write(setting.read_json(FILE))


if __name__ == "__main__":
    main()
