#!/usr/bin/env python3
"""Compiles the public headers, and says what each costs.

    check_alone.py PROJECT_DIR COMPILER [--together | --each] FLAG...

A header must compile by itself without a warning, and must not pull a heavy header by any way. Those that a
source of the same name includes first are left out: compiling that source is the proof. All together they must
compile as each standard of STANDARDS. --together: only so, for a second compiler, whose warnings are news, but not that an #include is missing: that
is a matter of the text and of the standard library, which both compilers share. --each: none is left out.
Prints the seconds of processor of each, the dearest first. Exit 77: there is no such compiler.
"""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

# <iostream> is not among them: Abseil's status.h pulls it. check_floors.py looks after our own.
HEAVY = {"regex", "ranges", "format"}
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
STANDARDS = ["c++20", "c++2b"]  # the first is that of headers alone
SKIPPED = 77


def first_include(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#include"):
            return line.split('"')[1] if '"' in line else None
    return None


def is_compiled_alone(header, root):
    """Whether the header's own source includes it before anything else."""
    name = header.relative_to(root / "include").as_posix()
    source = root / "src" / header.relative_to(root / "include" / "rtstream").with_suffix(".cc")
    return source.exists() and first_include(source) == name


def look_at(headers, standard, include_dir, compiler, flags):
    """Compiles a unit of these headers: their names, the seconds it took, and its faults."""
    names = [header.relative_to(include_dir).as_posix() for header in headers]
    with tempfile.TemporaryDirectory() as directory:
        unit = pathlib.Path(directory) / "alone.cc"
        # Twice: a header without #pragma once would be found out here.
        unit.write_text("".join(f'#include "{name}"\n' for name in names * 2), encoding="utf-8")
        deps = pathlib.Path(directory) / "alone.d"
        log = pathlib.Path(directory) / "alone.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [compiler, f"-std={standard}", *WARNINGS, f"-I{include_dir}", *flags, "-fsyntax-only",
                 "-MD", "-MF", str(deps), str(unit)], stdout=out, stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = usage.ru_utime + usage.ru_stime
        what = names[0] if len(names) == 1 else f"{len(names)} together, {standard}"
        if process.returncode != 0:
            return what, seconds, [log.read_text(encoding="utf-8")]
        # The standard library's headers of these names have no suffix; others do not count.
        pulled = {pathlib.Path(word).name for word in deps.read_text(encoding="utf-8").split()}
        return what, seconds, [f"pulls <{h}>" for h in sorted(HEAVY & pulled)]


def main():
    root, compiler = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    together, each = "--together" in sys.argv, "--each" in sys.argv
    flags = [flag for flag in sys.argv[3:] if flag not in ("--together", "--each")]
    if shutil.which(compiler) is None:
        print(f"skipped: there is no {compiler}")
        return SKIPPED
    include_dir = root / "include"
    headers = sorted(include_dir.rglob("*.h"))
    units = [(headers, standard) for standard in STANDARDS]
    if not together:
        units += [([h], STANDARDS[0]) for h in headers if each or not is_compiled_alone(h, root)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda unit: look_at(*unit, include_dir, compiler, flags), units))
    faulty = 0
    for what, seconds, faults in sorted(results, key=lambda r: -r[1]):
        print(f"{seconds:6.2f} s  {what}")
        for fault in faults:
            print("fault:", fault)
        faulty += bool(faults)
    print(f"{len(headers)} headers, {len(units) - len(STANDARDS)} of them alone, {faulty} units with faults")
    return 1 if faulty or not headers else 0


if __name__ == "__main__":
    sys.exit(main())
