#!/usr/bin/env python3
"""The tables of docs/benchmarks.md that come from bench/results/bench-PRESET.json: solves and predictions of every
preset, and where the time of the medium one goes."""

import json
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs", "benchmarks.md")
PRESETS = ["small", "medium", "opt125m", "wide", "tall"]
PROFILED = "medium"


def results(preset):
    path = os.path.join(ROOT, "bench", "results", f"bench-{preset}.json")
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return json.load(file)


def presets_table():
    lines = [
        "| preset | m x n x d | first solve, s | warm solve, s | iterations | predicted, s | predicted / measured |"
        " of ceilings | most memory, of its bound |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for preset in PRESETS:
        result = results(preset)
        if result is None:
            continue
        problem, seconds = result["problem"], result["seconds"]
        cold = result["solves"][0]
        warm = [solve for solve in result["solves"] if solve["warm"]]
        predicted = result["predicted"]["seconds"]
        phases = sum(phase["median"] for name, phase in result["phases"].items() if name != "other")
        peak = result["peakBytes"]
        lines.append(
            f"| {preset} | {problem['m']:,} x {problem['n']:,} x {problem['d']:,} | {cold['seconds']:.3g} | "
            f"{seconds['median']:.3g} ({seconds['least']:.3g} to {seconds['greatest']:.3g}) | {warm[0]['iterations']} | "
            f"{predicted:.3g} | {predicted / phases:.2f} | {100 * seconds['ofCeiling']:.0f} % | "
            f"{peak / 1e9:.2f} of {result['boundBytes'] / 1e9:.2f} GB |"
        )
    return "\n".join(lines) + "\n"


def profile_table():
    result = results(PROFILED)
    if result is None:
        return "No run has been kept yet.\n"
    whole = result["seconds"]
    ceilings = result["ceilings"]
    rates = ", ".join(f"{name} {ceiling['median']:.1f} {ceiling['unit']}" for name, ceiling in ceilings.items())
    lines = [
        f"Ceilings of the same run: {rates}.",
        "",
        "| primitive | calls | seconds | share | GFLOP/s | GB/s | floor, s | of its floor |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, p in result["primitives"].items():
        if p["share"] < 0.005:
            continue
        lines.append(
            f"| {name} | {p['calls']} | {p['median']:.4f} | {100 * p['share']:.0f} % | {p['gflopsPerSecond']:.1f} | "
            f"{p['gbPerSecond']:.1f} | {p['floorSeconds']:.4f} | {100 * p['ofCeiling']:.0f} % of {p['ceiling']} |"
        )
    lines.append(
        f"| whole solve | | {whole['median']:.4f} | 100 % | {whole['gflopsPerSecond']:.1f} | {whole['gbPerSecond']:.1f} | "
        f"{whole['floorSeconds']:.4f} | {100 * whole['ofCeiling']:.0f} % |"
    )
    return "\n".join(lines) + "\n"


def replace(page, name, text):
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(page):
        raise SystemExit(f"{PAGE}: no {begin}")
    return pattern.sub(lambda _: f"{begin}\n{text}{end}", page)


def main():
    with open(PAGE) as file:
        page = file.read()
    page = replace(page, "presets", presets_table())
    page = replace(page, "profile", profile_table())
    with open(PAGE, "w") as file:
        file.write(page)


if __name__ == "__main__":
    main()
