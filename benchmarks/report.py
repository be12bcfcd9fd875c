#!/usr/bin/env python3
"""Writes what benchmarks/run.sh measured into docs/performance.md, between its markers, and the plots.

    report.py RESULTS_DIR DOCS_DIR
"""
import json
import pathlib
import re
import sys

import plot

UNITS = {"w1": "million events/s", "w2": "million records/s", "w3": "million records/s"}
TITLES = {"w1": "W1, retail", "w2": "W2, keyed window", "w3": "W3, Yahoo streaming benchmark"}


def lines_of(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def workload(results, name, docs):
    measured = lines_of(results / f"{name}.json")
    rows, bars = [], []
    for m in measured + lines_of(results / f"{name}_lanes.json"):
        variant = m["variant"] + (f", {m['lanes']} lanes" if m["lanes"] > 1 else "")
        over = m["time_over"]
        if m["lanes"] > 1:  # of another run: by its own time
            over = {o["variant"]: m["ns_per_record"] / o["ns_per_record"] for o in measured}
        rows.append([variant, f"{m['million_per_second']:.3g}",
                     f"{m['ns_per_record']:.4g} [{m['min']:.4g}-{m['max']:.4g}]", f"{m['cpu_ns']:.4g}",
                     f"{over['hand']:.2f}", f"{over['plain']:.2f}",
                     f"{m['allocations_per_record']:.4f}"])
        bars.append((variant, m["million_per_second"]))
    plot.bars(docs / "performance" / f"{name}.svg", TITLES[name], UNITS[name], bars)
    head = ["variant", UNITS[name], "ns a record: median [least-most]", "ns of CPU", "time over hand",
            "over plain", "allocations a record"]
    records = f"{measured[0]['records']:,} records, {measured[0]['rounds']} rounds. "
    return (f"{records}All variants found the same:\n`" +
            ", ".join(f"{k} {v}" for k, v in measured[0]["outcome"].items()) + "`\n\n" +
            table(head, rows) + f"\n\n![{TITLES[name]}](performance/{name}.svg)")


def operators(results):
    """A row a benchmark, medians; a column a contender."""
    report = json.loads((results / "operators.json").read_text(encoding="utf-8"))
    groups = {}
    for b in report["benchmarks"]:
        if b.get("aggregate_name") != "median":
            continue
        name = re.sub(r"_median$|/real_time|/iterations:\d+", "", b["name"])
        what, contender, *size = name.split("/")
        unit, per = next((k, v) for k, v in b.items() if re.fullmatch("per_(id|insert|key|line|record|row|update)", k))
        groups.setdefault((what, unit[4:], "".join(size)), {})[contender] = per * 1e9
    rows = []
    for (what, unit, size), by in groups.items():
        size = f", {int(size):,}" if size else ""
        rows.append([f"{what}{size}", f"ns a {unit}",
                     ", ".join(f"{who} {ns:.3g}" for who, ns in by.items()),
                     f"{by['rtstream'] / by['hand']:.2f}" if {"rtstream", "hand"} <= by.keys() else ""])
    return table(["what", "unit", "medians", "rtstream over hand"], rows)


def plain(results, name, columns):
    """A row a line of JSON, with these of its fields under these heads."""
    rows = []
    for m in lines_of(results / f"{name}.json"):
        rows.append([f"{m[k]:,}" if isinstance(m[k], (int, float)) else
                     " ".join(map(str, m[k])) if isinstance(m[k], list) else str(m[k]) for k in columns])
    return table(list(columns.values()), rows)


def parser(results):
    """A row an input, medians; and the speed beside simdjson's readers of the same fields."""
    rows = []
    for m in lines_of(results / "parser.json"):
        by = m["ns_per_line"]
        rows.append([m["input"], ", ".join(f"{way} {ns:.0f}" for way, ns in by.items())] +
                    [f"{by[other] / by['reader']:.2f}" if other in by else "" for other in ("DOM", "iterate_many")])
    return table(["input", "ns a line: medians", "the reader's speed over DOM's", "over iterate_many's"], rows)


COMMIT = {"store": "store", "keys": "changed keys", "cut_ms_median": "lane stopped, ms: median",
          "cut_ms_max": "worst", "other_step_ms_max": "worst other step, ms",
          "durable_after_ms_median": "durable after, ms: median", "durable_after_ms_max": "worst",
          "disk_bytes_per_changed_key": "bytes to disk a key",
          "disk_bytes_over_table_bytes": "over the table's 32", "cpu_ns_per_changed_key": "CPU, ns a key"}
LATENCY = {"to": "until", "batch_rows": "batch", "commit_ms": "commits, ms", "load": "load",
           "events_per_second": "events/s", "p50_ms": "p50, ms", "p99_ms": "p99", "p999_ms": "p99.9",
           "max_ms": "worst"}
RECOVERY = {"store": "store", "keys": "keys", "commits_since": "commits of 50,000 changes since",
            "stored_bytes": "stored bytes", "open_s": "open, s", "restored_s": "open and restore, s"}
STEADY = {"store": "commits to", "events": "events", "days": "days of event time",
          "resident_mb_by_day": "MB resident at the end of each day",
          "resident_after_day_8_most_over_least": "most over least after day 8",
          "allocations_per_event_after_day_8": "allocations an event after day 8"}
DEDUP = {"ids": "ids", "budget_mib": "budget, MiB", "ns_an_id": "ns a new id: median of batches",
         "ns_an_id_mean": "mean", "ns_an_id_one_of_ten_a_copy": "one of ten a copy", "longest_batch_ms": "longest batch of 512, ms",
         "longest_cut_ms": "longest cut, ms", "vain_reads": "vain reads", "bytes_to_store_an_id": "bytes stored an id",
         "peak_rss_mib": "resident at most, MiB", "reopen_seconds": "reopen, s"}
RETAIL = {"run": "threads on", "events_per_second": "events/s",
          "cpu_s_per_million_events": "CPU, s a million", "written_mb_per_million_events": "written, MB a million",
          "disk_mb_per_s": "disk, MB/s", "share_of_that": "share of what the disk allows"}


def compile_time(results):
    lines = (results / "compile_time.txt").read_text(encoding="utf-8").splitlines()
    rows = []
    for line in lines[1:]:
        what, seconds, size = re.fullmatch(r"(.*?) +([\d.]+) s +(\d+) bytes of text", line).groups()
        rows.append([what, seconds, f"{int(size):,}"])
    return f"{lines[0]}\n\n" + table(["what", "seconds of CPU", "bytes of text"], rows)


def machine(results):
    lines = (results / "machine.txt").read_text(encoding="utf-8").splitlines()
    return "\n".join(f"- {line}" for line in lines)


def main():
    results, docs = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    (docs / "performance").mkdir(exist_ok=True)
    page = docs / "performance.md"
    text = page.read_text(encoding="utf-8")
    sections = {"machine": machine(results), "operators": operators(results), "parser": parser(results),
                "compile_time": compile_time(results)}
    for name, columns in ("commit", COMMIT), ("latency", LATENCY), ("recovery", RECOVERY), ("steady", STEADY), \
            ("retail", RETAIL), ("dedup_disk", DEDUP):
        sections[name] = plain(results, name, columns)
    sections.update({name: workload(results, name, docs) for name in TITLES})
    for name, content in sections.items():
        pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        if not pattern.search(text):
            sys.exit(f"{page} has no place for '{name}'")
        text = pattern.sub(lambda m: m.group(1) + content + "\n" + m.group(2), text)
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
