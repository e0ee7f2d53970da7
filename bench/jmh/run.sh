#!/usr/bin/env bash
# Builds Relumax and the benchmarks, runs them, and writes what they gave; README.md says more.
#
#   bench/jmh/run.sh                    everything: bench/results/kernels.json and docs/benchmarks.md
#   bench/jmh/run.sh product cholesky   these operations only, of: product gram matvec cholesky
#   bench/jmh/run.sh --threads 1        with so many threads, instead of one for each core
#   bench/jmh/run.sh --quick            small sizes and little time, to see that everything works;
#                                       the results stay in bench/jmh/benchmarks/target
set -euo pipefail

readonly HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

usage() {
  sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit "$1"
}

arguments=$*
while [ $# -gt 0 ]; do
  case $1 in
    product | gram | matvec | cholesky | --quick) ;;
    --threads)
      shift
      [[ ${1:-} =~ ^[1-9][0-9]*$ ]] || usage 2 >&2
      ;;
    -h | --help) usage 0 ;;
    *)
      echo "run.sh: what is $1?" >&2
      usage 2 >&2
      ;;
  esac
  shift
done

# OpenBLAS takes the kernels of this processor, not those of another one that the environment may name.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

# -Dquick and no tests: the program only. The profile starts the benchmarks on the JDK of the build.
mvn -B -q -f "$HERE/pom.xml" -Dquick -Dmaven.test.skip=true -Prun \
  -Dbenchmark.arguments="$arguments" package
python3 "$HERE/table.py"
