#!/usr/bin/env bash
# Compiles every kernel with nvcc for the architectures below, a warning being an error, and prints what
# each kernel needs of a multiprocessor. Fails where registers spill to memory, or where the random numbers
# would be fused and lose the bits of the Java ones. Without nvcc it says so in one line; a tree of kernels
# that has passed is not compiled again.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")"

architectures="75 80 90 100"
options=(--std=c++17 --fmad=false --Werror all-warnings -Xptxas --warning-as-error,--warn-on-spills,-v)
out=../target/cuda-kernels

nvcc=$(command -v nvcc || echo "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc")
if [ ! -x "$nvcc" ]; then
  echo "CUDA kernels: not compiled, there is no nvcc here"
  exit 0
fi

state=$("$nvcc" --version | cat - ./*.cu ./*.cuh check.sh | sha256sum | cut -c1-64)
if [ "$(cat "$out/passed" 2>/dev/null)" = "$state" ]; then
  echo "CUDA kernels: as they were when they compiled (${out#../}/report.txt)"
  exit 0
fi
rm -rf "$out"
mkdir -p "$out"

known=$("$nvcc" --list-gpu-code)
targets=()
for a in $architectures; do
  if grep -qx "sm_$a" <<<"$known"; then
    targets+=(-gencode "arch=compute_$a,code=sm_$a")
  else
    echo "CUDA kernels: this nvcc does not compile for sm_$a"
  fi
done

compile() {
  local name=${1%.cu}
  if ! "$nvcc" "${options[@]}" "${targets[@]}" -fatbin -o "$out/$name.fatbin" "$1" >"$out/$name.log" 2>&1; then
    grep -vE '^ptxas info|bytes stack frame' "$out/$name.log" >&2
    echo "CUDA kernels: $1 does not compile" >&2
    return 1
  fi
}
running=0
failed=0
for file in *.cu; do
  compile "$file" &
  running=$((running + 1))
  if [ "$running" -ge "$(nproc)" ]; then
    wait -n || failed=1
    running=$((running - 1))
  fi
done
while [ "$running" -gt 0 ]; do
  wait -n || failed=1
  running=$((running - 1))
done
[ "$failed" = 0 ] || exit 1

# Registers for each architecture, then the largest shared memory and spill over all of them.
cat "$out"/*.log | awk -v architectures="$architectures" '
  /Compiling entry function/ { split($0, q, "\047"); kernel = q[2]; arch = substr(q[4], 4); seen[kernel] = 1 }
  /bytes spill stores/ {
    for (i = 2; i < NF; i++) if ($(i + 1) == "bytes" && $(i + 2) == "spill") spill[kernel] += $i
  }
  /Used [0-9]+ registers/ {
    for (i = 1; i < NF; i++) {
      if ($(i + 1) ~ /^registers/) registers[kernel, arch] = $i
      if ($(i + 1) == "bytes" && $(i + 2) ~ /^smem/ && $i > shared[kernel]) shared[kernel] = $i
    }
  }
  END {
    n = split(architectures, a, " ")
    printf "%-24s", "registers, bytes"
    for (i = 1; i <= n; i++) printf "%7s", "sm_" a[i]
    printf "%8s%8s\n", "shared", "spill"
    sort = "sort"
    for (k in seen) {
      line = sprintf("%-24s", k)
      for (i = 1; i <= n; i++) line = line sprintf("%7s", (k, a[i]) in registers ? registers[k, a[i]] : "-")
      print line sprintf("%8d%8d", shared[k], spill[k]) | sort
      bad += spill[k] > 0
    }
    close(sort)
    exit bad > 0
  }' | tee "$out/report.txt" || { echo "CUDA kernels: registers spill" >&2; exit 1; }

kernels=$(grep -h '^extern "C" __global__ void' ./*.cu | wc -l)
reported=$(($(wc -l <"$out/report.txt") - 1))
if [ "$kernels" != "$reported" ]; then
  echo "CUDA kernels: $kernels in the source, $reported in the report" >&2
  exit 1
fi

# In PTX a fused multiply-add is still to be seen: afterwards divisions are made of them, too.
"$nvcc" "${options[@]}" -arch="sm_${architectures%% *}" -ptx -o "$out/normals.ptx" normals.cu
if grep -q 'fma\.rn' "$out/normals.ptx"; then
  echo "CUDA kernels: normals.cu has fused multiply-adds, its bits are not those of the Java code" >&2
  exit 1
fi

echo "$state" >"$out/passed"
