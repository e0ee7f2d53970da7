"""Builds the text problem of harbour.txt, orchard.txt and letter.txt with NumPy alone.

Run in this folder: python3 make_fixture.py. It writes the numbers TextProblemTest compares with.
"""

import re
from collections import Counter
from pathlib import Path

import numpy as np

VOCABULARY, SKIPPED, ANCHORS, DIMENSION, WINDOW = 140, 100, 30, 4, 10


def words(name):
    text = Path(name).read_text(encoding="utf-8").replace("’", "'")
    runs = re.findall(r"[^\W_]+(?:['.-][^\W_]+)*", text)
    return [run.lower() for run in runs if not any(c.isdigit() for c in run)]


def write(name, matrix):
    rows = (",".join(repr(float(v)) for v in row) for row in np.atleast_2d(matrix))
    Path(name).write_text("".join(row + "\n" for row in rows))


files = [words("harbour.txt"), words("orchard.txt")]
counts = Counter(word for file in files for word in file)
vocabulary = sorted(counts, key=lambda word: (-counts[word], word))[:VOCABULARY]
anchors = vocabulary[SKIPPED : SKIPPED + ANCHORS]

near = np.zeros((VOCABULARY, ANCHORS))
for file in files:
    for t, word in enumerate(file):
        for s in range(max(0, t - WINDOW), min(len(file), t + WINDOW + 1)):
            if s != t and word in vocabulary and file[s] in anchors:
                near[vocabulary.index(word), anchors.index(file[s])] += 1

joint = near / near.sum()
independent = np.outer(joint.sum(1), joint.sum(0))
ppmi = np.zeros_like(joint)
seen = joint > 0
ppmi[seen] = np.maximum(0, np.log(joint[seen]) - np.log(independent[seen]))
unigram = np.array([counts[word] for word in vocabulary], float)
a2 = np.column_stack([ppmi, np.log(unigram / unigram.sum())])

u, s, _ = np.linalg.svd(ppmi[SKIPPED : SKIPPED + ANCHORS])
u, s = u[:, :DIMENSION], s[: DIMENSION + 1]
assert np.all(s[:-1] - s[1:] > 0.1), "singular vectors of close values are not comparable"
largest = np.abs(u).max(0)
pivot = (np.abs(u) >= (1 - 1e-6) * largest).argmax(0)  # the first of equally large entries
u = u * np.sign(u[pivot, np.arange(DIMENSION)])
a1 = np.zeros((ANCHORS + 1, DIMENSION + 1))
a1[:-1, :-1] = u * np.sqrt(s[:-1] / s[0])
a1[-1, -1] = 1

letter = Counter(words("letter.txt"))
b = np.array([letter[word] for word in vocabulary], float)

write("a1.csv", a1)
write("a2.csv", a2)
write("b.csv", b / b.sum())
Path("anchors.csv").write_text(",".join(anchors) + "\n")
