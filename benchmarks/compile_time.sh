#!/usr/bin/env bash
# Prints what compiling costs: seconds of processor and text size of flows of 4 to 64 operators, the hello
# pipeline, and a caller that sees only the pipeline's header.
#
#   benchmarks/compile_time.sh [COMPILER [FLAG...]]      default: g++ -O2
#
# The best of three runs each.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
compiler=${1:-g++}
flags=("${@:2}")
[[ ${#flags[@]} -gt 0 ]] || flags=(-O2)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

measure() {
  local what=$1 unit=$2 best= seconds
  for _ in 1 2 3; do
    seconds=$({ TIMEFORMAT=%U; time "$compiler" -std=c++20 "${flags[@]}" -I"$root/include" \
      -c "$unit" -o "$work/unit.o"; } 2>&1)
    if [[ -z $best ]] || awk "BEGIN { exit !($seconds < $best) }"; then best=$seconds; fi
  done
  printf '%-46s %6.2f s %9d bytes of text\n' "$what" "$best" \
    "$(size "$work/unit.o" | awk 'NR == 2 { print $1 }')"
}

# chain <operators> <a Boundary after each so many>: a flow whose every operator has a type of its own.
chain() {
  local n=$1 cut=$2 i
  cat <<'CODE'
#include "rtstream/rtstream.h"
namespace rt = rtstream;
struct Order { long units = 0; };
rt::Pipeline Make(rt::Source<Order>& source, rt::Sink<Order>& sink) {
  return rt::From(source)
CODE
  for ((i = 1; i <= n; ++i)); do
    echo "  | rt::Filter(\"f$i\", [](const Order& o) { return o.units != $i; })"
    if ((i % cut == 0 && i < n)); then echo "  | rt::Boundary()"; fi
  done
  echo "  | rt::To(sink);"
  echo "}"
}

echo '#include "rtstream/flow/pipeline.h"
rtstream::Pipeline Make();
rtstream::Pipeline Again() { return Make(); }' >"$work/caller.cc"
echo '#include "rtstream/rtstream.h"' >"$work/include.cc"

echo "$("$compiler" --version | head -n 1), ${flags[*]}"
measure "a caller of the pipeline's header" "$work/caller.cc"
measure "including rtstream.h alone" "$work/include.cc"
measure "the hello pipeline" "$root/examples/01_hello/hello.cc"
for n in 4 8 16 32 64; do
  chain "$n" 1000 >"$work/chain.cc"
  measure "a flow of $n operators" "$work/chain.cc"
done
chain 64 8 >"$work/chain.cc"
measure "a flow of 64 operators, a Boundary every 8" "$work/chain.cc"
