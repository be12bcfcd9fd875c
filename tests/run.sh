#!/usr/bin/env bash
# Installs what is missing, builds, and passes every test. Ends with CTest's closing lines.
#
#   tests/run.sh                 everything
#   tests/run.sh asan tidy       these parts alone
#
# Parts: install   the packages that building and testing take
#        release   g++, as installed: every test
#        asan      clang++, AddressSanitizer and UBSan: everything compiles; the unit tests
#        tsan      g++, ThreadSanitizer: the concurrent tests
#        tidy      clang-tidy over src and examples
#
# What takes longer than a change should wait for is in tests/nightly.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jobs=$(nproc)
if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
# ThreadSanitizer does not know every layout of a randomised address space.
fixed_layout=()
if setarch "$(uname -m)" -R true 2>/dev/null; then fixed_layout=(setarch "$(uname -m)" -R); fi

# build <preset or -> <directory> <target> [cmake flag...]
build() {
  local preset=$1 directory=$2 target=$3
  shift 3
  mkdir -p "$directory"
  if ! cmake --preset "$preset" -B "$directory" "$@" >"$directory/configure.log" 2>&1; then
    cat "$directory/configure.log"
    return 1
  fi
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
part_release() {
  build release build/test-release all -DRTSTREAM_QUICK_TESTS=ON
  run_ctest build/test-release
}
part_asan() {
  build asan-ubsan build/test-asan all
  run_ctest build/test-asan --label-regex 'unit|concurrent'
}
part_tsan() {
  build tsan build/test-tsan concurrent_tests
  TSAN_OPTIONS=suppressions=$PWD/tests/tsan.supp run_ctest build/test-tsan --label-regex concurrent
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
[[ ${#parts[@]} -gt 0 ]] || parts=(install release asan tsan tidy)
for part in "${parts[@]}"; do
  [[ $(type -t "part_$part") == function ]] || {
    echo "tests/run.sh: there is no part '$part'; see the top of the file" >&2
    exit 2
  }
done

# A part runs in a shell of its own: `set -e` does nothing inside a condition.
minutes=()
for part in "${parts[@]}"; do
  echo "=== $part"
  began=$SECONDS
  set +e
  (set -e; "part_$part")
  code=$?
  set -e
  took=$(printf '%d:%02d' $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60)))
  if [[ $code -ne 0 ]]; then
    echo "=== $part FAILED after $took"
    exit 1
  fi
  minutes+=("$part $took")
done

echo "=== minutes"
printf '%s\n' "${minutes[@]}"
for part in "${parts[@]}"; do
  if [[ $part == release ]]; then
    echo "=== release, every test"
    closing_lines build/test-release
  fi
done
