#!/usr/bin/env python3
"""Looks at what translation units of a user's cost to compile.

    check_compile_time.py PROJECT_DIR COMPILER FLAG...

All limits are multiples of what the same compiler takes for some headers of the standard library. The narrow one is of
its memory at most: that grows with what is declared and instantiated, as the time does, and no other program on
the machine changes it. The one of seconds of processor is wide, for what takes time alone: beside busy neighbours
the same unit was seen to take from 2.0 to 3.2 times the reference. On the machine of docs/performance.md the
reference takes 0.85 s; all of rtstream.h, which is to stay below 2.5 s, took 2.0 s.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

TRIES = 3  # of what takes too many seconds
REFERENCE = "".join(f"#include <{header}>\n" for header in
                    ("algorithm", "functional", "iostream", "memory", "regex", "thread", "unordered_map", "variant"))
ALL = '#include "rtstream/rtstream.h"\n'
CALLER = """#include "rtstream/flow/pipeline.h"
rtstream::Pipeline MakePipeline();
rtstream::Pipeline Twice() { return MakePipeline(); }
"""
HELLO = "examples/01_hello/hello.cc"
LIMITS = [  # what, code or a file of the project, and at most how often the reference's memory and seconds
    ("all of rtstream.h, included", ALL, 2.4, 6.0),  # 2.07 and 2.3 when written, by g++ 12.2
    ("a hello pipeline, composed and run", HELLO, 2.9, 12.0),  # 2.45 and 4.8
    ("a caller that sees only the pipeline's header", CALLER, 0.7, 1.5),  # 0.58 and 0.45
]


def cost_of(unit, root, compiler, flags):
    """Seconds of processor, and megabytes at most."""
    process = subprocess.Popen([compiler, "-std=c++20", "-O2", f"-I{root / 'include'}", *flags, "-c", str(unit),
                                "-o", "/dev/null"])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{unit} does not compile")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    root, compiler, flags = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3:]
    faults = 0
    with tempfile.TemporaryDirectory() as directory:
        unit = pathlib.Path(directory) / "unit.cc"
        reference = pathlib.Path(directory) / "reference.cc"
        reference.write_text(REFERENCE, encoding="utf-8")
        base_seconds, base_memory = cost_of(reference, root, compiler, flags)
        print(f"the reference: {base_seconds:.2f} s, {base_memory:.0f} MB")
        for what, code, most_memory, most_seconds in LIMITS:
            unit.write_text((root / code).read_text(encoding="utf-8") if code == HELLO else code, encoding="utf-8")
            seconds, memory = cost_of(unit, root, compiler, flags)
            for _ in range(TRIES - 1):
                if seconds <= most_seconds * base_seconds:
                    break
                seconds = min(seconds, cost_of(unit, root, compiler, flags)[0])
            print(f"{what}: {seconds:.2f} s, {memory:.0f} MB; {seconds / base_seconds:.1f} times the seconds of at most "
                  f"{most_seconds}, {memory / base_memory:.2f} times the memory of at most {most_memory}")
            faults += seconds > most_seconds * base_seconds or memory > most_memory * base_memory
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
