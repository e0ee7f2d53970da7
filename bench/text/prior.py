"""The loss of the unigram distribution in a folder that relumax text made, and how full A2 is.

    python3 bench/text/prior.py DIR

Prints them and writes bench/results/text-brown-cj05-problem.json. Needs NumPy.
"""

import json
import os
import sys

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RESULTS = os.path.join(ROOT, "bench", "results", "text-brown-cj05-problem.json")

a2 = np.load(os.path.join(sys.argv[1], "a2.npy"))
b = np.load(os.path.join(sys.argv[1], "b.npy"))
unigram = np.exp(a2[:, -1])
unigram /= unigram.sum()
report = {
    "m": a2.shape[0],
    "n": a2.shape[1],
    "unigramLoss": float(0.5 * np.sum((unigram - b) ** 2)),
    "anchorEntriesNotZero": float((a2[:, :-1] != 0).mean()),
}
with open(RESULTS, "w", encoding="utf-8") as file:
    json.dump(report, file, indent=1)
    file.write("\n")
print(json.dumps(report))
