#!/usr/bin/env python3
"""How the time of a solve grows with m, n, d and threads: runs `./relumax bench` along one size at a time, keeps the
figures in bench/results/scaling.json and draws docs/scaling.svg.

    python3 bench/scaling/scaling.py            measures and draws, about 4 minutes on 2 cores, 4 GB
    python3 bench/scaling/scaling.py --draw     draws again from the results file

Needs matplotlib for the drawing."""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RESULTS = os.path.join(ROOT, "bench", "results", "scaling.json")
FIGURE = os.path.join(ROOT, "docs", "scaling.svg")

CENTER = {"m": 20_000, "n": 2_048, "d": 256}
SERIES = {
    "m": [2_500, 5_000, 10_000, 20_000, 40_000, 80_000],
    "n": [512, 1_024, 2_048, 4_096, 8_192],
    "d": [32, 64, 128, 256, 512],
}


def bench(sizes, threads, repeat):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "bench.json")
        command = [os.path.join(ROOT, "relumax"), "bench", "--repeat", str(repeat), "--threads", str(threads)]
        command += [f"--{name}={size}" for name, size in sizes.items()] + ["--out", out]
        # All iterations are those of the whole problem.
        command += ["--coarse-rows", "none"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(out) as file:
            return json.load(file)


def measure(repeat):
    cores = os.cpu_count()
    points, device = [], None
    runs = [(name, CENTER | {name: size}, cores) for name in SERIES for size in SERIES[name]]
    runs += [("threads", CENTER, threads) for threads in range(1, cores + 1)]
    for series, sizes, threads in runs:
        result = bench(sizes, threads, repeat)
        device = {key: result[key] for key in ("device", "java", "version")}
        device["vectorBits"] = result["backend"]["vectorBits"]
        cold, *warm = result["solves"]
        point = {
            "series": series,
            **sizes,
            "threads": threads,
            "iterations": warm[0]["iterations"],
            "seconds": [solve["seconds"] for solve in warm],
            "coldSeconds": cold["seconds"],
            "found": result["found"],
        }
        points.append(point)
        print(f"{series:8} {sizes} threads {threads}: {median(point):.3f} s, {point['iterations']} iterations", flush=True)
    return {**device, "scale": 4, "startDistance": 0.3, "seed": 1, "points": points}


def median(point):
    ordered = sorted(point["seconds"])
    return ordered[len(ordered) // 2]


def draw(results):
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "relumax"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 4, figsize=(12, 3.2), constrained_layout=True)
    for axis, series in zip(axes, ["m", "n", "d", "threads"]):
        points = [point for point in results["points"] if point["series"] == series]
        x = [point[series] for point in points]
        a_step = [median(point) / point["iterations"] for point in points]
        axis.plot(x, [median(point) for point in points], "o-", label="solve")
        axis.plot(x, a_step, "s--", label="per iteration")
        axis.set(xscale="log", yscale="log", xlabel=series, xticks=x, xticklabels=[f"{size:,}" for size in x])
        axis.tick_params(axis="x", labelrotation=45)
        axis.minorticks_off()
        axis.grid(alpha=0.3)
        fixed = ", ".join(f"{name} = {size:,}" for name, size in CENTER.items() if name != series)
        axis.set_title(fixed, fontsize=8)
    axes[0].set_ylabel("seconds")
    axes[0].legend(fontsize=8)
    figure.savefig(FIGURE, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draw", action="store_true", help="draw from the results file, measure nothing")
    parser.add_argument("--repeat", type=int, default=3, help="warm solves a point (default 3)")
    options = parser.parse_args()
    if importlib.util.find_spec("matplotlib") is None:
        sys.exit("matplotlib is needed for the drawing: pip install matplotlib")
    if not options.draw:
        results = measure(options.repeat)
        with open(RESULTS, "w") as file:
            json.dump(results, file, indent=1)
            file.write("\n")
    elif not os.path.exists(RESULTS):
        sys.exit(f"{RESULTS}: no such file; measure first, without --draw")
    with open(RESULTS) as file:
        draw(json.load(file))


if __name__ == "__main__":
    main()
