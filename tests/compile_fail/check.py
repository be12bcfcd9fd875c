#!/usr/bin/env python3
"""Compiles one case and looks at what the compiler says.

    check.py CASE COMPILER FLAG...

The case must fail with exactly one error, in at most MAX_LINES lines, and the output must match every
`// expect: REGEX` of the comment that it begins with. With its mistake removed (-DFIXED) it must
compile, with warnings as errors. Exit 77: there is no such compiler.
"""
import os
import re
import shutil
import subprocess
import sys

MAX_LINES = 20
SKIPPED = 77


def compile_case(compiler, case, flags):
    # To an object, not -fsyntax-only: everything that a user's build would instantiate.
    command = [compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", *flags,
               "-c", case, "-o", "/dev/null"]
    done = subprocess.run(command, capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"})
    return done.returncode, done.stdout + done.stderr


def faults_of(case, compiler, flags):
    expected = re.findall(r"^// expect: (.*)$", open(case, encoding="utf-8").read(), re.MULTILINE)
    if not expected:
        yield "the case expects nothing: it has no '// expect: REGEX' line"
    code, output = compile_case(compiler, case, flags)
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
    code, output = compile_case(compiler, case, [*flags, "-DFIXED"])
    if code != 0:
        print(output)
        yield "it does not compile with its mistake removed"


def main():
    case, compiler, flags = sys.argv[1], sys.argv[2], sys.argv[3:]
    if shutil.which(compiler) is None:
        print(f"skipped: there is no {compiler}")
        return SKIPPED
    faults = list(faults_of(case, compiler, flags))
    for fault in faults:
        print("fault:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
