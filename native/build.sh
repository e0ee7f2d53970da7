#!/bin/sh
# Runs make for the Maven build: all of the build but what is made here works without a C compiler.
set -eu
cd "$(dirname "$0")"
if [ "$(uname -s) $(uname -m)" != "Linux x86_64" ]; then
  missing="it is for Linux on x86-64, this is $(uname -s) on $(uname -m)"
elif ! command -v make >/dev/null; then
  missing="there is no make on the PATH"
elif ! command -v gcc >/dev/null; then
  missing="there is no gcc on the PATH"
else
  exec make -s "$@"
fi
echo "native/: left out, $missing (needed only where CUDA 13 is installed and CUDA 12 is not)"
