#!/usr/bin/env bash
# What tests/run.sh leaves out because it takes long; each round with seeds of its own, which are printed.
#
#   tests/nightly.sh [ROUNDS, 1 unless told]
#
# Once: clang-tidy; everything compiled by clang++; the unit tests, compiled without what tests/run.sh has
# precompiled; every public header alone, by each compiler; README's first use, with the library built for it;
# mistakes that must not compile, by clang 16 and 19.
# A round: 200,000 simulated seeds, more with each round; 50 kills of `retail` on each state store, 60 on several lanes; 2 million texts by both JSON readers;
# all rounds of the concurrent tests under ThreadSanitizer, and of the unit tests, 10 times, under AddressSanitizer
# and UBSan: tests/run.sh has a tenth of the rounds there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${1:-1}
[[ $rounds =~ ^[1-9][0-9]*$ ]] || { echo "usage: tests/nightly.sh [ROUNDS]" >&2; exit 2; }
cmake/install-deps.sh --nightly
jobs=$(nproc)
release=build/nightly-release asan=build/test-asan tsan=build/test-tsan
if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
# ThreadSanitizer does not know every layout of a randomised address space.
fixed_layout=()
if setarch "$(uname -m)" -R true 2>/dev/null; then fixed_layout=(setarch "$(uname -m)" -R); fi

tests/run.sh tidy
cmake --preset release -B "$release" >/dev/null
cmake --build "$release" --parallel "$jobs" --target unit_tests concurrent_tests retail retail_reference
cmake --preset asan-ubsan -B "$asan" >/dev/null
cmake --build "$asan" --parallel "$jobs" --target all
cmake --preset tsan -B "$tsan" >/dev/null
"${fixed_layout[@]}" cmake --build "$tsan" --parallel "$jobs" --target concurrent_tests

# kills <file> <argument...>
kills() {
  local file=$1
  shift
  python3 -B "tests/retail/${file}_test.py" --retail "$release/examples/retail/retail" \
    --reference "$release/tests/retail/retail_reference" "$@"
}

ctest --test-dir "$release" --parallel "$jobs" --output-on-failure --label-regex 'unit|concurrent'
for compiler in g++ clang++; do
  python3 -B tests/headers/check_alone.py . "$compiler" --each
done
ctest --test-dir "$release" --output-on-failure --no-tests=error --label-regex '^clang$' --tests-regex compile_fail.all
python3 -B tests/package/first_use.py . build/nightly-first-use
for ((round = 1; round <= rounds; ++round)); do
  echo "=== round $round of $rounds"
  RTSTREAM_SIMULATED_SEEDS=$((200000 * round)) "$release/tests/simulation/test_simulation" --gtest_filter='Quarters*'
  kills kill 50
  kills kill --state-store rocksdb 50
  kills lanes 60
  "$release/tests/fuzz/json_differential" --random 2000000 tests/fuzz/json
  ctest --test-dir "$asan" --parallel "$jobs" --output-on-failure --label-regex 'unit|concurrent' \
    --repeat until-fail:10
  TSAN_OPTIONS=suppressions=$PWD/tests/tsan.supp "${fixed_layout[@]}" ctest --test-dir "$tsan" \
    --parallel "$jobs" --output-on-failure --label-regex concurrent
done
