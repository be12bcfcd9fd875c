#!/usr/bin/env bash
# Installs what is missing, builds, and passes every test. Ends with CTest's closing lines.
#
#   tests/run.sh                 all parts but the last
#   tests/run.sh asan tidy       these parts alone
#
# Parts: install   the packages that building and testing take
#        release   g++, as installed: every test but those of the part clang
#        asan      clang++, AddressSanitizer and UBSan: the unit tests, in fewer rounds
#        tsan      g++, ThreadSanitizer: the concurrent tests, in fewer rounds
#        clang     clang++, without building: mistakes that must not compile, and each header alone
#        tidy      clang-tidy over src and examples; a part of tests/nightly.sh
#
# What takes longer than a change should wait for is in tests/nightly.sh, all rounds among it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jobs=$(nproc)
if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
# ThreadSanitizer does not know every layout of a randomised address space.
fixed_layout=()
if setarch "$(uname -m)" -R true 2>/dev/null; then fixed_layout=(setarch "$(uname -m)" -R); fi

# configure <preset> <directory> [cmake flag...]
configure() {
  local preset=$1 directory=$2
  shift 2
  mkdir -p "$directory"
  if ! cmake --preset "$preset" -B "$directory" "$@" >"$directory/configure.log" 2>&1; then
    cat "$directory/configure.log"
    return 1
  fi
}

# build <preset> <directory> <target> [cmake flag...]
build() {
  local preset=$1 directory=$2 target=$3
  shift 3
  configure "$preset" "$directory" "$@"
  "${fixed_layout[@]}" cmake --build "$directory" --parallel "$jobs" --target "$target"
}

# run_ctest <directory> [ctest flag...]: fails if a test fails, or is skipped and not expected to be.
run_ctest() {
  local directory=$1 log=$1/ctest.log
  shift
  "${fixed_layout[@]}" ctest --test-dir "$directory" --parallel "$jobs" --output-on-failure \
    --no-label-summary --no-tests=error "$@" 2>&1 | tee "$log"
  local skipped unexpected
  skipped=$(sed -n 's/^.*Test *#[0-9]*: \([^ ]*\) \.*\*\*\*\(Skipped\|Not Run\).*$/\1/p' "$log" | sort -u)
  [[ -n $skipped ]] || return 0
  echo "skipped:"
  printf '%s\n' "$skipped" | sed 's/^/  /'
  unexpected=$(comm -23 <(printf '%s\n' "$skipped") <(expected_skips))
  [[ -n $unexpected ]] || return 0
  echo "skipped, and not named in tests/expected_skips:"
  printf '%s\n' "$unexpected" | sed 's/^/  /'
  return 1
}

expected_skips() {
  sed -e 's/ *#.*//' -e '/^$/d' tests/expected_skips | sort -u
}

closing_lines() {
  sed -n '/% tests passed/,$p' "$1/ctest.log"
}

part_install() { cmake/install-deps.sh --dev; }
# What g++ compiles fits into memory: it need not look often for what it no longer needs.
keep_garbage="--param=ggc-min-expand=400 --param=ggc-min-heapsize=500000"
part_release() {
  build release build/test-release all -DRTSTREAM_QUICK_TESTS=ON -DCMAKE_CXX_FLAGS="$keep_garbage"
  run_ctest build/test-release --label-exclude clang
}
part_asan() {
  build asan-ubsan build/test-asan unit_tests
  RTSTREAM_FEW_ROUNDS=1 run_ctest build/test-asan --label-regex 'unit|concurrent'
}
part_tsan() {
  build tsan build/test-tsan concurrent_tests -DCMAKE_CXX_FLAGS="$keep_garbage"
  TSAN_OPTIONS=suppressions=$PWD/tests/tsan.supp RTSTREAM_FEW_ROUNDS=1 run_ctest build/test-tsan --label-regex concurrent
}
part_clang() {
  configure release build/test-clang
  run_ctest build/test-clang --label-regex clang
}
# Looks at several sources at once, as a unity build compiles them: most of the time goes to what they include.
part_tidy() {
  local directory=build/test-tidy sources units alone
  rm -rf "$directory"
  cmake --preset release -B "$directory" -DCMAKE_UNITY_BUILD=ON -DRTSTREAM_BUILD_TESTS=OFF >/dev/null
  mapfile -t sources < <(find "$PWD"/src "$PWD"/examples -name '*.cc' | sort)
  mapfile -t units < <(find "$directory" -name 'unity_*.cxx' | sort)
  # Those with flags of their own are compiled alone.
  mapfile -t alone < <(comm -23 <(printf '%s\n' "${sources[@]}") \
                                <(sed -n 's/^#include "\(.*\)"$/\1/p' "${units[@]}" | sort))
  local source
  for source in "${alone[@]}"; do
    grep -qF "\"$source\"" "$directory/compile_commands.json" || { echo "$source is not built"; return 1; }
  done
  printf '%s\0' "${units[@]}" "${alone[@]}" |
    xargs -0 -n 1 -P "$jobs" clang-tidy --quiet -p "$directory" 2>"$directory/tidy.log" ||
    { grep -v 'warnings generated' "$directory/tidy.log"; return 1; }
  echo "clang-tidy: ${#sources[@]} files are clean"
}

parts=("$@")
[[ ${#parts[@]} -gt 0 ]] || parts=(install release asan tsan clang)
for part in "${parts[@]}"; do
  [[ $(type -t "part_$part") == function ]] || {
    echo "tests/run.sh: there is no part '$part'; see the top of the file" >&2
    exit 2
  }
done

# Sets `processor`: the seconds that all parts have taken of processors so far. `times` knows its own shell's only.
count_processor() {
  local clock
  clock=$(mktemp)
  times >"$clock"
  processor=$(awk 'NR == 2 { split($1 "m" $2, t, "[ms]+"); printf "%d", (t[1] + t[3]) * 60 + t[2] + t[4] }' "$clock")
  rm "$clock"
}
minutes_of() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# A part runs in a shell of its own: `set -e` does nothing inside a condition.
minutes=()
for part in "${parts[@]}"; do
  echo "=== $part"
  began=$SECONDS
  count_processor
  before=$processor
  set +e
  (set -e; "part_$part")
  code=$?
  set -e
  took=$(minutes_of $((SECONDS - began)))
  if [[ $code -ne 0 ]]; then
    echo "=== $part FAILED after $took"
    exit 1
  fi
  count_processor
  minutes+=("$part $took, $(minutes_of $((processor - before))) of one processor")
done

echo "=== minutes"
printf '%s\n' "${minutes[@]}"
for part in "${parts[@]}"; do
  if [[ $part == release ]]; then
    echo "=== release, every test"
    closing_lines build/test-release
  fi
done
