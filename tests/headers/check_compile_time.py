#!/usr/bin/env python3
"""Times two translation units of a user's against what they may cost.

    check_compile_time.py PROJECT_DIR COMPILER FLAG...

In seconds of processor, which a busy machine changes little; the best of a few tries counts.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

TRIES = 3
LIMITS = [  # what, seconds, measured when it was written (g++ 12.2, -O2)
    ("a hello pipeline, composed and run", "examples/01_hello/hello.cc", 6.0, 2.1),
    ("a caller that sees only the pipeline's header", None, 1.0, 0.25),
]


def seconds_of(unit, root, compiler, flags):
    before = os.times()
    subprocess.run([compiler, "-std=c++20", "-O2", f"-I{root / 'include'}", *flags, "-c", str(unit),
                    "-o", "/dev/null"], check=True)
    after = os.times()
    return (after.children_user - before.children_user +
            after.children_system - before.children_system)


def main():
    root, compiler, flags = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3:]
    slow = 0
    with tempfile.TemporaryDirectory() as directory:
        caller = pathlib.Path(directory) / "caller.cc"
        caller.write_text('#include "rtstream/flow/pipeline.h"\n'
                          "rtstream::Pipeline MakePipeline();\n"
                          "rtstream::Pipeline Twice() { return MakePipeline(); }\n",
                          encoding="utf-8")
        for what, unit, limit, measured in LIMITS:
            path = caller if unit is None else root / unit
            best = None
            for _ in range(TRIES):
                seconds = seconds_of(path, root, compiler, flags)
                best = seconds if best is None else min(best, seconds)
                if best < limit:
                    break
            print(f"{best:.2f} s of {limit:.0f} s ({measured} s when written): {what}")
            slow += best >= limit
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
