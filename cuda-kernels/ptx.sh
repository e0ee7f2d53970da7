#!/usr/bin/env bash
# ptx.sh OUT: compiles the kernels to PTX for the oldest architecture, which a driver translates for any
# newer one, for machines that have no NVRTC. Without nvcc it says so in one line. What has not changed is
# not compiled again.
set -euo pipefail
out=$(realpath -m "$1")
cd "$(dirname "$0")"

nvcc=$(command -v nvcc || echo "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc")
if [ ! -x "$nvcc" ]; then
  echo "CUDA kernels: no PTX in the jar, there is no nvcc here (needed only where there is no NVRTC)"
  exit 0
fi
mkdir -p "$out"
newest=$(ls -t ./*.cuh ptx.sh | head -n 1)
for file in *.cu; do
  ptx=$out/${file%.cu}.ptx
  if [ "$ptx" -nt "$file" ] && [ "$ptx" -nt "$newest" ]; then
    continue
  fi
  echo "$file"
done | xargs -r -P "$(nproc)" -I{} sh -c \
  '"$1" --std=c++17 --fmad=false -arch=compute_75 -ptx -o "$2/$(basename "$3" .cu).ptx" "$3"' \
  ptx "$nvcc" "$out" {}
