#!/bin/sh
# Prints cublas-symbols.h: what a libJCublas2.so imports from libcublas.so.12.
#
#     ./list-symbols.sh libJCublas2-12.6.0-linux-x86_64.so >cublas-symbols.h
set -eu
[ $# -eq 1 ] || {
  echo "usage: list-symbols.sh LIBJCUBLAS2" >&2
  exit 2
}
echo "/* Made by list-symbols.sh from $(basename "$1"). */"
LC_ALL=C nm -D --undefined-only --with-symbol-versions "$1" |
  sed -n 's/^ *U \([A-Za-z0-9_]*\)@libcublas\.so\.12$/FORWARD(\1)/p' | LC_ALL=C sort
