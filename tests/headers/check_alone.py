#!/usr/bin/env python3
"""Compiles every public header alone, and says what it costs.

    check_alone.py INCLUDE_DIR COMPILER FLAG...

A header must compile by itself without a warning, and must not pull a heavy header by any way.
Prints the seconds of each, the dearest first. Exit 77: there is no such compiler.
"""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

# <iostream> is not among them: Abseil's status.h pulls it. check_floors.py looks after our own.
HEAVY = {"regex", "ranges", "format"}
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
SKIPPED = 77


def look_at(header, include_dir, compiler, flags):
    """The header's name, the seconds it took, and its faults."""
    name = header.relative_to(include_dir).as_posix()
    with tempfile.TemporaryDirectory() as directory:
        unit = pathlib.Path(directory) / "alone.cc"
        # Twice: a header without #pragma once would be found out here.
        unit.write_text(f'#include "{name}"\n#include "{name}"\n', encoding="utf-8")
        deps = pathlib.Path(directory) / "alone.d"
        began = time.monotonic()
        done = subprocess.run(
            [compiler, "-std=c++20", *WARNINGS, f"-I{include_dir}", *flags, "-fsyntax-only",
             "-MD", "-MF", str(deps), str(unit)], capture_output=True, text=True)
        seconds = time.monotonic() - began
        if done.returncode != 0:
            return name, seconds, [done.stdout + done.stderr]
        # The standard library's headers of these names have no suffix; others do not count.
        pulled = {pathlib.Path(word).name for word in deps.read_text(encoding="utf-8").split()}
        return name, seconds, [f"pulls <{h}>" for h in sorted(HEAVY & pulled)]


def main():
    include_dir, compiler, flags = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3:]
    if shutil.which(compiler) is None:
        print(f"skipped: there is no {compiler}")
        return SKIPPED
    headers = sorted(include_dir.rglob("*.h"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda h: look_at(h, include_dir, compiler, flags), headers))
    faulty = 0
    for name, seconds, faults in sorted(results, key=lambda r: -r[1]):
        print(f"{seconds:6.2f} s  {name}")
        for fault in faults:
            print("fault:", fault)
        faulty += bool(faults)
    print(f"{len(headers)} headers, {faulty} with faults")
    return 1 if faulty or not headers else 0


if __name__ == "__main__":
    sys.exit(main())
