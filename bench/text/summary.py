"""The table of compare.py: from the results file to Markdown, and into docs/benchmarks.md."""

import collections
import os
import statistics

import setting
import table

BEGIN, END = "<!-- text-peers: begin -->", "<!-- text-peers: end -->"
PEERS = {"scipy-bfgs": "SciPy BFGS", "scipy-l-bfgs-b": "SciPy L-BFGS-B", "torch-l-bfgs": "PyTorch L-BFGS"}
METHODS = {"relumax": "**Relumax**", **PEERS}
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
    lines += [method_row(METHODS[name], name, documents, best) for name in ["relumax", *peers]]
    lines += ["", *verdict(documents, peers, best), ""]
    lines += document_table(documents, peers, best)
    return "\n".join(lines) + "\n"


def spread(values, digits):
    return f"{statistics.median(values):.{digits}g} ({min(values):.{digits}g} to {max(values):.{digits}g})"


def method_row(title, name, documents, best):
    runs = {document: entry[name] for document, entry in documents.items()}
    own, whole = ([run[key] for run in runs.values()] for key in ("ownSeconds", "seconds"))
    against = [run["loss"] / best[document] for document, run in runs.items()]
    reached = sum(value <= NO_HIGHER for value in against)
    ends = collections.Counter(run["end"] for run in runs.values())
    said = ", ".join(f"{end} {count}" for end, count in ends.most_common())
    return f"| {title} | {spread(own, 3)} | {spread(whole, 3)} | {spread(against, 4)} | {reached} | {said} |"


def fastest(entry, peers):
    """The time of the peer that was first at its own result, whatever its loss."""
    return min(entry[peer]["ownSeconds"] for peer in peers)


def verdict(documents, peers, best):
    """What the two marks come to: losses against the best peer, times against the fastest."""
    count = len(documents)
    low = {document for document, entry in documents.items() if entry["relumax"]["loss"] <= NO_HIGHER * best[document]}
    yield (
        f"Relumax's loss is no higher than 1 + 1e-6 times the best peer's on {len(low)} of {count} documents "
        f"({len(low) / count:.0%})."
    )
    yield ""
    yield "| Relumax's time over that of the peer first at its own result | median (range) | at most a fifth |"
    yield "| --- | --- | --- |"
    for title, key in [
        ("to its own result", "ownSeconds"),
        ("whole solve", "seconds"),
        ("whole process", "wallSeconds"),
    ]:
        ratios = [entry["relumax"][key] / fastest(entry, peers) for entry in documents.values()]
        yield f"| {title} | {spread(ratios, 3)} | {sum(ratio <= MARK for ratio in ratios)} of {count} |"


def document_table(documents, peers, best):
    """Losses in 1e-4; of a peer its seconds to its own result."""
    titles = [f"{METHODS[name]}: loss, s" for name in peers]
    yield f"| document | **Relumax**: loss, solve s, process s | {' | '.join(titles)} | loss / best peer's | time / fastest |"
    yield "| --- " * (len(peers) + 4) + "|"
    for document, entry in sorted(documents.items()):
        own = entry["relumax"]
        cells = [document, f"{1e4 * own['loss']:.4f}, {own['seconds']:.3g}, {own['wallSeconds']:.3g}"]
        cells += [f"{1e4 * entry[peer]['loss']:.4f}, {entry[peer]['ownSeconds']:.3g}" for peer in peers]
        cells += [f"{own['loss'] / best[document]:.4f}", f"{own['seconds'] / fastest(entry, peers):.3g}"]
        yield f"| {' | '.join(cells)} |"


def write(document, file):
    if not os.path.exists(file):
        raise SystemExit(f"{os.path.relpath(file)}: not found, run bench/text/compare.py first")
    results = setting.read_json(file)
    link = os.path.relpath(file, os.path.dirname(document)).replace(os.sep, "/")
    text = f"{of(results)}\nEvery run: [{os.path.basename(file)}]({link})\n"
    table.put(document, BEGIN, END, text)
    print(f"{os.path.relpath(document)}: {len(results['documents'])} documents")
