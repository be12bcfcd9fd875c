#!/usr/bin/env bash
# Runs the retail example from a fresh clone: installs what is missing, builds, and runs
# `retail run` with the flags given here. stdout holds retail's summary line and nothing else.
#
#   examples/retail/run.sh                                  a million made-up sales, in ./retail-data
#   examples/retail/run.sh --input sales.ndjson --state DIR --output DIR
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build/retail
log=$build/configure.log

fail() {
  echo "examples/retail/run.sh: $1" >&2
  exit 1
}

"$root/cmake/install-deps.sh" >&2 || fail "what it needs could not be installed, see above"
if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi

mkdir -p "$build"
(cd "$root" && cmake --preset release -B "$build" -DRTSTREAM_BUILD_TESTS=OFF) >"$log" 2>&1 || {
  cat "$log" >&2
  fail "the build could not be configured, see above"
}
cmake --build "$build" --target retail >&2 || fail "the build failed, see above"

exec "$build/examples/retail/retail" run "$@"
