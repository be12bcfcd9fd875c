#!/usr/bin/env bash
# Deduplicates more ids than memory holds, with commits, and opens the state again; prints JSON.
#
#   benchmarks/dedup_disk.sh [IDS [BUDGET_MIB [DIR]]]     default: 1000000000 4096, a directory of its own
#
# Takes 17 bytes of disk an id, and as much again while runs are merged. Leaves nothing behind.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ids=${1:-1000000000}
budget=${2:-4096}
work=$(mktemp -d -p "${3:-${TMPDIR:-/tmp}}")
trap 'rm -rf "$work"' EXIT
"${BENCH_DIR:-$root/build/bench/benchmarks}/bench_dedup_disk" --dir="$work" --ids="$ids" --budget-mib="$budget"
