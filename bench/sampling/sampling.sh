#!/usr/bin/env bash
# How far sampled curvature is from the curvature: runs `relumax sampling` on a planted problem, keeps every draw in
# bench/results/sampling.json, and writes the table of docs/benchmarks.md and docs/sampling.svg.
#
#   bench/sampling/sampling.sh             about 2 minutes on 2 cores, 1 GB of memory, 330 MB of disk
#   python3 bench/sampling/table.py        table and figure again, from the results file
#
# Needs matplotlib for the figure.
set -euo pipefail

readonly ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
python3 -c 'import matplotlib' 2>/dev/null || {
  echo "matplotlib is needed for the figure: pip install matplotlib" >&2
  exit 1
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"$ROOT/relumax" generate planted --m 40000 --n 1024 --d 128 --scale 4 --seed 1
"$ROOT/relumax" sampling planted --json "$ROOT/bench/results/sampling.json" "$@"
python3 "$ROOT/bench/sampling/table.py"
