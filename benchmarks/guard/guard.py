#!/usr/bin/env python3
"""Counts the instructions a record takes in each workload, and fails where there are over 10 % more than
recorded in instructions.json: a regression that shows on any machine, however busy. As many fewer are to be
recorded.

  guard.py PROGRAM            compares
  guard.py PROGRAM --record   records what is counted now

Counted by callgrind, of the run alone (PipelineRun::Run), input and tables apart. The numbers hold for the
compiler that instructions.json names; with another one the test is skipped (exit 77).
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

RECORDED = pathlib.Path(__file__).with_name("instructions.json")
# Of W2 two windows, so that what a key costs when it comes again has its share.
RECORDS = {"w1": 40_000, "w2": 2_000_000, "w3": 400_000}
TOLERANCE = 1.10
SKIPPED = 77


def compiler_of(program):
    """The compiler's own line in the program's .comment section."""
    text = subprocess.run(["readelf", "-p", ".comment", program], check=True, capture_output=True,
                          text=True).stdout
    found = re.search(r"GCC: \(.*?\) ([0-9.]+)", text)
    return "gcc " + found[1] if found else "another"


def instructions_per_record(program, workload):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "callgrind.out")
        run = subprocess.run(
            ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}",
             "--toggle-collect=bench::PipelineRun::Run()", program, workload, str(RECORDS[workload])],
            capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(f"guard: {workload} failed:\n{run.stdout}{run.stderr}")
        total = re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.MULTILINE)
    if total is None or int(total[1]) == 0:
        sys.exit(f"guard: callgrind counted nothing in {workload}: is PipelineRun::Run still its name?")
    return int(total[1]) / RECORDS[workload]


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--record"]):
        sys.exit(__doc__)
    program = sys.argv[1]
    if shutil.which("valgrind") is None:
        print("valgrind is not there")
        sys.exit(SKIPPED)
    compiler = compiler_of(program)
    counted = {workload: instructions_per_record(program, workload) for workload in RECORDS}
    if sys.argv[2:]:
        RECORDED.write_text(json.dumps({"compiler": compiler, "instructions_per_record": {
            workload: round(n, 1) for workload, n in counted.items()}}, indent=2) + "\n")
        return
    recorded = json.loads(RECORDED.read_text())
    if recorded["compiler"] != compiler:
        print(f"recorded with {recorded['compiler']}, built with {compiler}")
        sys.exit(SKIPPED)
    more, fewer = [], []
    for workload, now in counted.items():
        before = recorded["instructions_per_record"][workload]
        print(f"{workload}: {now:.1f} instructions a record, recorded {before:.1f}, {now / before:.3f} times")
        if now > TOLERANCE * before:
            more.append(workload)
        elif before > TOLERANCE * now:
            fewer.append(workload)
    if more:
        sys.exit(f"guard: over {TOLERANCE:.2f} times the recorded instructions: {', '.join(more)}. If that "
                 "is worth it, record them: benchmarks/guard/guard.py PROGRAM --record")
    if fewer:
        sys.exit(f"guard: far fewer instructions than recorded: {', '.join(fewer)}. Record them, so that they are not "
                 "lost unseen: benchmarks/guard/guard.py PROGRAM --record")


main()
