#!/usr/bin/env bash
# Installs what rtstream needs from Debian 12's packages, and nothing that is there already.
#
#   cmake/install-deps.sh          to build the library and the examples
#   cmake/install-deps.sh --dev    also to test and to change it
#   cmake/install-deps.sh --nightly  that and the other compilers, for tests/nightly.sh
#   cmake/install-deps.sh --bench  also to build and to run the benchmarks
#
# Says nothing when nothing is missing, and then needs no root.
set -euo pipefail

packages=(g++ cmake ninja-build libabsl-dev libsimdjson-dev libxxhash-dev librocksdb-dev libcli11-dev)
dev_packages=(libgtest-dev libgmock-dev python3 xz-utils clang clang-tidy clang-format
              libclang-rt-14-dev valgrind binutils doxygen pkg-config dpkg-dev file spin)
# 90 MB to fetch, 500 MB on disk: not for every change.
nightly_packages=(clang-16 clang-19)
bench_packages=(libbenchmark-dev libtbb-dev libboost-dev python3)

case "${1-}" in
  "") ;;
  --dev) packages+=("${dev_packages[@]}") ;;
  --nightly) packages+=("${dev_packages[@]}" "${nightly_packages[@]}") ;;
  --bench) packages+=("${bench_packages[@]}") ;;
  *) echo "usage: cmake/install-deps.sh [--dev | --nightly | --bench]" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "install-deps: no apt here; install what these Debian packages hold: ${packages[*]}" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "install-deps: neither root nor sudo; let root run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "installing: ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 "$@" \
    >>"$log" 2>&1
}
if ! { apt update && apt install --no-install-recommends "${missing[@]}"; }; then
  tail -n 30 "$log" >&2
  echo "install-deps: apt-get failed, see above; wanted: ${missing[*]}" >&2
  exit 1
fi
