#!/usr/bin/env bash
# Measures every preset of `relumax bench` and writes the tables of docs/benchmarks.md from the results.
#
#   bench/presets/presets.sh              all of them: about 5 minutes on 2 cores, 4 GB
#   bench/presets/presets.sh small tall   these only
#   python3 bench/presets/table.py        the tables again, from the results files
set -euo pipefail

readonly ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
presets=("$@")
[ $# -gt 0 ] || presets=(small medium opt125m wide tall)
for preset in "${presets[@]}"; do
  repeat=9
  # Java compiles what is called seldom and shortly only after many solves.
  warm_up=3
  [ "$preset" != small ] || { repeat=29; warm_up=40; }
  "$ROOT/relumax" bench --preset "$preset" --warm-up "$warm_up" --repeat "$repeat" --out "$ROOT/bench/results/bench-$preset.json"
done
python3 "$ROOT/bench/presets/table.py"
