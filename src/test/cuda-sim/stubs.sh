#!/bin/sh
# stubs.sh SYMBOLS STATUS: C source of weak functions that print their name once and return STATUS.
# A function that the simulator has replaces its stub when the library is linked.
set -eu
echo 'int cudasim_unsupported(const char* name, char* told, int status);'
sed -E "s/.*/__attribute__((weak)) int &(void) {\n  static char told;\n  return cudasim_unsupported(\"&\", \&told, $2);\n}/" "$1"
