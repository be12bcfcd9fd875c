#!/usr/bin/env bash
# Builds the benchmarks and runs all of them, and writes the tables and plots of docs/performance.md.
#
#   benchmarks/run.sh [small|normal|large]     default: normal
#
# small   seconds a benchmark, to see that it runs: its numbers say little
# normal  the workloads as they are defined: 8 GB of memory, 40 GB of disk, an hour
# large   also 100 million ids in memory, and more rounds
#
# What was measured lies in build/bench-results. Let nothing else run meanwhile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

size=${1:-normal}
case $size in
  small) w1=200000 tuples=5000000 rounds=3 ids=1000000 seconds=0.02
         commit='--keys 100000 --epochs 4' recovery='--keys 100000 --commits 1,40' latency='--events 300000 --seconds 0.5'
         steady='--events 3000000'
         retail=200000 parses=3 disk_ids='1000000 16' ;;
  normal) w1=10000000 tuples=100000000 rounds=5 ids=1000000,10000000 seconds=0.2
          commit='' recovery='' latency='' steady='' retail=4000000
          parses=21 disk_ids='1000000000 4096' ;;
  large) w1=10000000 tuples=100000000 rounds=9 ids=1000000,10000000,100000000 seconds=0.5
         commit='--epochs 40' recovery='--keys 100000,1000000,8000000' latency='--events 10000000 --seconds 10'
         steady=''
         retail=10000000 parses=51 disk_ids='1000000000 4096' ;;
  *) echo "usage: benchmarks/run.sh [small|normal|large]" >&2; exit 2 ;;
esac

build=build/bench
results=build/bench-results
# The last processor: the first is where interrupts mostly go.
cpu=$(($(nproc) - 1))
mkdir -p "$build" "$results"

cmake/install-deps.sh --bench
echo "building" >&2
if ! { cmake --preset bench -B "$build" -DRTSTREAM_BUILD_TESTS=OFF &&
       cmake --build "$build" --parallel --target bench_pipelines bench_operators bench_commit \
         bench_dedup_disk bench_latency bench_parse bench_recovery bench_steady retail; } \
    >"$results/build.log" 2>&1; then
  tail -n 30 "$results/build.log" >&2
  exit 1
fi

cache() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
{
  echo "processor: $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1), $(nproc) cores seen"
  echo "memory: $(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), huge pages" \
    "$(sed 's/.*\[\(.*\)\].*/\1/' /sys/kernel/mm/transparent_hugepage/enabled)"
  echo "system: $(. /etc/os-release && echo "$PRETTY_NAME"), kernel $(uname -r)"
  echo "compiler: $("$(cache CMAKE_CXX_COMPILER)" --version | head -n 1)"
  echo "flags: $(cache CMAKE_CXX_FLAGS_RELEASE) -fstack-protector-strong -D_FORTIFY_SOURCE=2, no -march"
  echo "load at the start: $(cut -d ' ' -f 1 /proc/loadavg)"
  echo "command: benchmarks/run.sh $size"
} >"$results/machine.txt"

# pipelines <name> <flag>...
pipelines() {
  local name=$1
  shift
  echo "$name" >&2
  "$build/benchmarks/bench_pipelines" --rounds "$rounds" "$@" >"$results/$name.json"
}

pipelines w1 --workload w1 --events "$w1" --cpu "$cpu"
pipelines w2 --workload w2 --events "$tuples" --cpu "$cpu"
pipelines w3 --workload w3 --events "$tuples" --cpu "$cpu"
if [[ $(nproc) -gt 1 ]]; then
  tbb=
  if grep -q '^TBB_DIR:PATH=/' "$build/CMakeCache.txt"; then tbb=tbb; fi
  pipelines w1_lanes --workload w1 --events "$w1" --lanes 2 --variants "rtstream_lanes,rtstream_split${tbb:+,$tbb}"
  for workload in ${tbb:+w2:$tuples w3:$tuples}; do
    pipelines "${workload%:*}_lanes" --workload "${workload%:*}" --events "${workload#*:}" --lanes 2 \
      --variants tbb
  done
fi
echo "operators" >&2
"$build/benchmarks/bench_operators" "--ids=$ids" --benchmark_repetitions="$rounds" \
  --benchmark_min_time="$seconds" --benchmark_enable_random_interleaving=true --benchmark_out="$results/operators.json" \
  --benchmark_out_format=json >"$results/operators.txt" 2>&1
echo "parser" >&2
taskset -c "$cpu" "$build/benchmarks/bench_parse" "$parses" >"$results/parser.json"
# On the disk that holds the results.
mkdir -p "$results/disk"
# shellcheck disable=SC2086
{
  echo "commits, recovery, latency" >&2
  "$build/benchmarks/bench_commit" $commit --dir "$results/disk" >"$results/commit.json"
  "$build/benchmarks/bench_recovery" $recovery --dir "$results/disk" >"$results/recovery.json"
  "$build/benchmarks/bench_latency" $latency --dir "$results/disk" >"$results/latency.json"
  for store in none log; do
    "$build/benchmarks/bench_steady" $steady --store "$store" --dir "$results/disk"
  done >"$results/steady.json"
}
echo "retail, end to end" >&2
benchmarks/retail_end_to_end.sh --retail "$build/examples/retail/retail" --events "$retail" --rounds 3 \
  --dir "$results/disk" >"$results/retail.json"
echo "ids on disk" >&2
# shellcheck disable=SC2086
BENCH_DIR=$build/benchmarks benchmarks/dedup_disk.sh $disk_ids "$results/disk" 2>"$results/dedup_disk.log" \
  >"$results/dedup_disk.json"
rmdir "$results/disk"
echo "compile time" >&2
benchmarks/compile_time.sh "$(cache CMAKE_CXX_COMPILER)" >"$results/compile_time.txt"

python3 -B benchmarks/report.py "$results" docs
echo "docs/performance.md is written" >&2
