"""The table of compare.py: from the results file to Markdown, and into docs/benchmarks.md."""

import collections
import os
import statistics

import setting
import table

BEGIN, END = "<!-- text-peers: begin -->", "<!-- text-peers: end -->"
PEERS = {"scipy-bfgs": "SciPy BFGS", "scipy-l-bfgs-b": "SciPy L-BFGS-B", "torch-l-bfgs": "PyTorch L-BFGS"}
RELUMAX = {"relumax": "first", "relumax-lower": "lower"}  # --minima
METHODS = {"relumax": "**Relumax**", "relumax-lower": "**Relumax, --minima lower**", **PEERS}
TIMES = {
    "warm solve, to its own result": "warmOwnSeconds",
    "warm solve": "warmSeconds",
    "first solve, to its own result": "ownSeconds",
    "first solve": "seconds",
    "process": "wallSeconds",
}
NO_HIGHER = 1 + 1e-6
MARK = 0.2  # of the fastest peer's time


def of(results):
    documents = results["documents"]
    if not documents:
        return "Nothing measured yet.\n"
    peers = [name for name in PEERS if all(name in runs for runs in documents.values())]
    problem, versions = results["problem"], results["versions"]
    relumax = next(iter(documents.values()))["relumax"]
    libraries = ", ".join(f"{name} {versions[key]}" for name, key in table.LIBRARIES.items() if versions[key])
    best = {document: min(runs[peer]["loss"] for peer in peers) for document, runs in documents.items()}
    lines = [
        f"{len(documents)} documents of {results['corpus']}, {problem['m']:,} x {problem['n']:,} x {problem['d']:,}, seed "
        f"{problem['seed']}. {results['machine']['cpu']}, {results['threads']} of {results['machine']['cores']} cores; "
        f"Relumax: {relumax['backend']['device']}; {libraries}; the peers' A2 is {results['peersA2']}.",
        "",
        "| method | seconds to its own result | seconds to its end | loss, of the lowest of a peer | "
        "no higher than that | ends |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in RELUMAX:
        lines += [method_row(f"{METHODS[name]}, warm", name, documents, best, "warmOwnSeconds", "warmSeconds")]
        lines += [method_row(f"{METHODS[name]}, first solve of a process", name, documents, best)]
    lines += [method_row(METHODS[name], name, documents, best) for name in peers]
    for name in RELUMAX:
        lines += ["", *verdict(name, documents, peers, best)]
    lines += [""]
    lines += document_table(documents, peers, best)
    return "\n".join(lines) + "\n"


def spread(values, form):
    """Median and range."""
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def method_row(title, name, documents, best, own_key="ownSeconds", end_key="seconds"):
    runs = {document: entry[name] for document, entry in documents.items()}
    own, whole = (spread([run[key] for run in runs.values()], ".3g") for key in (own_key, end_key))
    against = [run["loss"] / best[document] for document, run in runs.items()]
    reached = sum(value <= NO_HIGHER for value in against)
    ends = collections.Counter(run["end"] for run in runs.values())
    said = ", ".join(f"{end} {count}" for end, count in ends.most_common())
    cells = [title, own, whole, spread(against, ".4f"), str(reached), said]
    return f"| {' | '.join(cells)} |"


def fastest(entry, peers):
    """The time of the peer that was first at its own result, whatever its loss."""
    return min(entry[peer]["ownSeconds"] for peer in peers)


def of_lowest(entry, peers):
    """The time to its own result of the peer with the lowest loss."""
    return min((entry[peer] for peer in peers), key=lambda run: run["loss"])["ownSeconds"]


def verdict(name, documents, peers, best):
    """Losses against the best peer's, and times against the fastest peer's and the best one's."""
    low = sum(entry[name]["loss"] <= NO_HIGHER * best[document] for document, entry in documents.items())
    yield (
        f"{METHODS[name]}: the loss is no higher than 1 + 1e-6 times the lowest of a peer on {low} of {len(documents)} documents "
        f"({low / len(documents):.0%}). The time, over a peer's to its own result:"
    )
    yield ""
    yield "| time | over the fastest peer's | at most a fifth | over that of the peer with the lowest loss | at most a fifth |"
    yield "| --- | --- | --- | --- | --- |"
    for title, key in TIMES.items():
        cells = [title]
        for against in (fastest, of_lowest):
            ratios = [entry[name][key] / against(entry, peers) for entry in documents.values()]
            cells += [spread(ratios, ".3g"), f"{sum(ratio <= MARK for ratio in ratios)} of {len(documents)}"]
        yield f"| {' | '.join(cells)} |"


def document_table(documents, peers, best):
    """Losses in 1e-4; of a peer its seconds to its own result."""
    titles = [f"{METHODS[name]}: loss, warm s, first s, process s" for name in RELUMAX]
    titles += [f"{METHODS[name]}: loss, s" for name in peers]
    titles += [f"{METHODS[name]}: loss / best peer's" for name in RELUMAX]
    yield f"| document | {' | '.join(titles)} | warm / fastest |"
    yield "| --- " * (len(titles) + 2) + "|"
    for document, entry in sorted(documents.items()):
        own = [entry[name] for name in RELUMAX]
        cells = [document]
        for run in own:
            times = ", ".join(f"{run[key]:.3g}" for key in ("warmSeconds", "seconds", "wallSeconds"))
            cells += [f"{1e4 * run['loss']:.4f}, {times}"]
        cells += [f"{1e4 * entry[peer]['loss']:.4f}, {entry[peer]['ownSeconds']:.3g}" for peer in peers]
        cells += [f"{run['loss'] / best[document]:.4f}" for run in own]
        cells += [f"{own[0]['warmSeconds'] / fastest(entry, peers):.3g}"]
        yield f"| {' | '.join(cells)} |"


def write(document, file):
    if not os.path.exists(file):
        raise SystemExit(f"{os.path.relpath(file)}: not found, run bench/text/compare.py first")
    results = setting.read_json(file)
    link = os.path.relpath(file, os.path.dirname(document)).replace(os.sep, "/")
    text = f"{of(results)}\nEvery run: [{os.path.basename(file)}]({link})\n"
    table.put(document, BEGIN, END, text)
    print(f"{os.path.relpath(document)}: {len(results['documents'])} documents")
