#!/usr/bin/env bash
# Runs `retail run` from a file to files: state in an epoch log, commits every 200 ms, all outputs written. Prints
# a line of JSON for each run: its rate, what it used, and what the disk would allow for the bytes it wrote.
#
#   benchmarks/retail_end_to_end.sh [--retail PROGRAM] [--events N] [--rounds N] [--dir DIR]
#
# DIR decides which disk is measured; it needs 1.5 KB an event. Each round first measures the disk's sequential
# write rate (1 GiB in writes of 2 MiB past the cache, then fdatasync), then runs with all processors, then with
# all threads on one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

retail=build/bench/examples/retail/retail events=4000000 rounds=3 dir=${TMPDIR:-/tmp}
while [[ $# -gt 0 ]]; do
  case $1 in
    --retail) retail=$2 ;;
    --events) events=$2 ;;
    --rounds) rounds=$2 ;;
    --dir) dir=$2 ;;
    *) sed -n '2,11p' "${BASH_SOURCE[0]}" | cut -c 3- >&2; exit 2 ;;
  esac
  shift 2
done

work=$(mktemp -d "$dir/retail_bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$retail" generate --events "$events" --invalid 0.005 --late 0 --master "$work/master" >"$work/events.ndjson"

disk_mb_s() {
  local line
  line=$(LC_ALL=C dd if=/dev/zero of="$work/disk" bs=2M count=512 oflag=direct conv=fdatasync 2>&1 | tail -n 1)
  rm "$work/disk"
  # "1073741824 bytes (1.1 GB, 1.0 GiB) copied, 0.75 s, 1.4 GB/s"
  awk -F '[, ]+' '{ for (i = 1; i < NF; ++i) if ($i == "copied") printf "%.0f", $1 / $(i + 1) / 1e6 }' <<<"$line"
}

# run <name> <disk's MB/s> <command in front>...
run() {
  local name=$1 disk=$2 summary
  shift 2
  rm -rf "$work/state" "$work/output"
  cat "$work/events.ndjson" >/dev/null  # from the cache, in every run
  summary=$("$@" "$retail" run --input "$work/events.ndjson" --master "$work/master" --state "$work/state" \
    --output "$work/output" 2>"$work/errors") || { cat "$work/errors" >&2; exit 1; }
  python3 -c '
import json, sys
name, disk, summary = sys.argv[1], float(sys.argv[2]), json.loads(sys.argv[3])
rate, mb = summary["events_per_second"], summary["written_mb_per_million_events"]
allows = disk / mb * 1e6 if mb else 0
print(json.dumps({
    "benchmark": "retail_end_to_end", "run": name, "events_per_second": rate,
    "cpu_s_per_million_events": summary["cpu_s_per_million_events"],
    "written_mb_per_million_events": mb, "disk_mb_per_s": disk,
    "disk_allows_events_per_second": round(allows),
    "share_of_that": round(rate / allows, 2) if allows else None}), flush=True)' "$name" "$disk" "$summary"
}

cpu=$(($(nproc) - 1))
for ((round = 0; round < rounds; ++round)); do
  disk=$(disk_mb_s)
  run all_processors "$disk"
  run one_processor "$disk" taskset -c "$cpu"
done
