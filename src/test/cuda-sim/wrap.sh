#!/bin/sh
# wrap.sh FILE.cu: writes the C++ file that compiles FILE.cu for the host and registers its kernels.
# The kernels are found after preprocessing, so that macros may make them.
set -eu
path=$1
name=$(basename "$path")
id=$(echo "$name" | tr . _)
cat <<END
#include "kernel_table.h"
#include "cuda_sim.h"
END
kernels=
case $name in
*.cu)
  cat <<END
namespace {
#include "$path"
}
END
  kernels=$(${CXX:-g++} -E -P -x c++ -std=c++17 -D__CUDACC_RTC__=1 '-D__global__=CUDASIM_GLOBAL' "$path" |
    tr '\n' ' ' | sed 's/CUDASIM_GLOBAL/\n&/g' |
    sed -nE 's/^CUDASIM_GLOBAL +void +(__launch_bounds__ *\( *([0-9]+)[^)]*\) *)?([A-Za-z_0-9]+) *\(.*/CUDASIM_KERNEL(\3, \2 + 0),/p')
  ;;
esac
cat <<END
CUDASIM_SOURCE_TEXT($id, "$path")
CUDASIM_REGISTER($id, "$name", $kernels)
END
