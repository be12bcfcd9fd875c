#!/usr/bin/env python3
"""Looks at what the project's files include, and at their length.

    check_floors.py PROJECT_DIR

A floor includes only lower ones, in the headers as in the sources; floors of the same height do not
include each other; examples and benchmarks include public headers only; headers are short.
"""
import pathlib
import re
import sys

# The height of each floor. Two of one height do not include each other.
HEIGHT = {"base": 0, "core": 1, "io": 2, "state": 2, "op": 3, "flow": 4, "runtime": 5,
          "connectors": 6, "testing": 6}
# What everybody's compile time would pay for.
HEAVY = {"iostream", "regex", "ranges", "format"}
MAX_HEADER_LINES = 250
MAX_SOURCE_LINES = 400

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def files_under(directory):
    return sorted(p for p in directory.rglob("*") if p.suffix in (".h", ".cc"))


def includes_of(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def floor_faults(path, floor):
    """`floor` is None for the door, rtstream.h, which stands above the runtime."""
    height = HEIGHT["connectors"] if floor is None else HEIGHT[floor]
    for include in includes_of(path):
        match = re.match(r"(?:rtstream|src)/(\w+)/", include)
        if match is None:
            continue
        other = match.group(1)
        if other not in HEIGHT:
            yield f"includes {include}: there is no floor '{other}'"
        elif other != floor and HEIGHT[other] >= height:
            yield f"includes {include}: '{other}' is not below '{floor or 'rtstream.h'}'"


def faults_of(root):
    public = root / "include" / "rtstream"
    for path in files_under(public):
        parts = path.relative_to(public).parts
        floor = parts[0] if len(parts) > 1 else None
        if floor is not None and floor not in HEIGHT:
            yield path, f"'{floor}' is not a floor"
            continue
        for fault in floor_faults(path, floor):
            yield path, fault
        for include in includes_of(path):
            if include in HEAVY:
                yield path, f"includes <{include}>: too heavy for a public header"
            if include.startswith("src/"):
                yield path, f"includes {include}: a public header includes public headers"
    for path in files_under(root / "src"):
        floor = path.relative_to(root / "src").parts[0]
        if floor not in HEIGHT:
            yield path, f"'{floor}' is not a floor"
            continue
        for fault in floor_faults(path, floor):
            yield path, fault
    for name in ("examples", "benchmarks"):
        for path in files_under(root / name):
            for include in includes_of(path):
                if include.startswith(("src/", "tests/")):
                    yield path, f"includes {include}: {name} use the public API only"
    for name in ("include", "src", "tests", "examples", "benchmarks"):
        for path in files_under(root / name):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            most = MAX_HEADER_LINES if path.suffix == ".h" else MAX_SOURCE_LINES
            if lines > most:
                yield path, f"has {lines} lines, want at most {most}: find the second idea"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    looked_at = sum(len(files_under(root / name)) for name in ("include", "src"))
    if looked_at == 0:
        print("fault: no files found")
        return 1
    faults = list(faults_of(root))
    for path, fault in faults:
        print(f"{path.relative_to(root)}: {fault}")
    print(f"{looked_at} files of the library looked at, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
