#!/usr/bin/env python3
"""Compiles one case and looks at what the compiler says.

    check.py PRECOMPILED COMPILER [CASE | --all] FLAG...

The case must fail with exactly one error, in at most MAX_LINES lines, and the output must match every
`// expect: REGEX` of the comment that it begins with. With its mistake removed (-DFIXED) it must
compile, with warnings as errors. Exit 77: there is no such compiler. Without a CASE: writes PRECOMPILED,
which holds the library's headers, read once for all cases. --all: writes it, and tries every case of this directory.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

MAX_LINES = 20
SKIPPED = 77


def command_of(compiler, flags):
    return [compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", *flags]


def precompile(precompiled, compiler, flags):
    # g++ looks for precompiled.h.gch when it is told to include precompiled.h, and clang++ likewise.
    precompiled.parent.mkdir(parents=True, exist_ok=True)
    precompiled.write_text('#include "rtstream/rtstream.h"\n', encoding="utf-8")
    output = f"{precompiled}.{'pch' if 'clang' in compiler else 'gch'}"
    return subprocess.run([*command_of(compiler, flags), "-x", "c++-header", str(precompiled), "-o", output],
                          check=False).returncode


def compile_case(precompiled, compiler, case, flags):
    # To an object, not -fsyntax-only: everything that a user's build would instantiate.
    command = [*command_of(compiler, flags), "-include", str(precompiled), "-Winvalid-pch", "-c", case, "-o", "/dev/null"]
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env={**os.environ, "LC_ALL": "C"})
    return done.returncode, done.stdout + done.stderr


def faults_of(precompiled, compiler, case, flags):
    expected = re.findall(r"^// expect: (.*)$", open(case, encoding="utf-8").read(), re.MULTILINE)
    if not expected:
        yield "the case expects nothing: it has no '// expect: REGEX' line"
    code, output = compile_case(precompiled, compiler, case, flags)
    errors = output.count("error:")
    lines = len(output.splitlines())
    print(output)
    print(f"{errors} error, {lines} lines, {len(output)} bytes")
    if code == 0:
        yield "it compiles"
    if errors != 1:
        yield f"want exactly one error, got {errors}"
    if lines > MAX_LINES:
        yield f"want at most {MAX_LINES} lines, got {lines}"
    for regex in expected:
        if not re.search(regex, output):
            yield f"nothing matches '{regex}'"
    code, output = compile_case(precompiled, compiler, case, [*flags, "-DFIXED"])
    if code != 0:
        print(output)
        yield "it does not compile with its mistake removed"


def report(faults):
    faults = list(faults)
    for fault in faults:
        print("fault:", fault)
    return 1 if faults else 0


def main():
    precompiled, compiler, *rest = sys.argv[1:]
    precompiled = pathlib.Path(precompiled)
    if shutil.which(compiler) is None:
        print(f"skipped: there is no {compiler}")
        return SKIPPED
    if rest[:1] == ["--all"]:
        flags = rest[1:]
        cases = sorted(map(str, pathlib.Path(__file__).parent.glob("*.cc")))
    elif rest and not rest[0].startswith("-"):
        return report(faults_of(precompiled, compiler, rest[0], rest[1:]))
    else:
        return precompile(precompiled, compiler, rest)
    if precompile(precompiled, compiler, flags) != 0:
        return 1
    faulty = 0
    for case in cases:
        print(f"=== {case}")
        faulty += report(faults_of(precompiled, compiler, case, flags))
    print(f"{len(cases)} cases, {faulty} with faults")
    return 1 if faulty or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
