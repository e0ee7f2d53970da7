#!/bin/sh
# build.sh OUT: builds the CUDA simulator and tests it, where it can be built; elsewhere says why not.
set -eu
cd "$(dirname "$0")"
missing=
if [ "$(uname -s) $(uname -m)" != "Linux x86_64" ]; then
  missing="Linux on x86-64, this is $(uname -s) on $(uname -m)"
fi
for tool in g++ make objcopy; do
  command -v $tool > /dev/null || missing="$tool, which is not on the PATH"
done
if [ -n "$missing" ]; then
  rm -rf "$1"
  echo "The CUDA simulator needs $missing: the tests that run on it are skipped."
  exit 0
fi
exec make --silent --jobs=2 OUT="$1" all passed
