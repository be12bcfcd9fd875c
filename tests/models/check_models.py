#!/usr/bin/env python3
"""Checks the protocol's models, exhaustively, with Spin.

    check_models.py MODEL.pml [NAME=VALUE...]

The model must hold, and fail without each of its safeguards: every macro that it tests with #ifdef or #ifndef,
those that have a default apart, takes one out. Prints the number of states of each.
"""
import pathlib
import re
import subprocess
import sys
import tempfile


def run(*command, directory):
    result = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=500, check=False)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}:\n{result.stdout}{result.stderr}")
    return result.stdout


def check(model, defines):
    """The number of states, and that of errors."""
    with tempfile.TemporaryDirectory() as directory:
        flags = [f"-D{d}" for d in defines]
        run("spin", "-a", *flags, model, directory=directory)
        run("cc", "-O2", "-DSAFETY", "-DCOLLAPSE", "-DMEMLIM=8192", "-w", "-o", "pan", "pan.c", directory=directory)
        output = run("./pan", "-m1000000", directory=directory)
    if "max search depth too small" in output or "resource limit" in output:
        sys.exit(f"{model} was not searched to its end:\n{output}")
    errors = int(re.search(r"errors: (\d+)", output).group(1))
    states = int(float(re.search(r"^\s*(\S+) states, stored", output, re.MULTILINE).group(1)))
    if errors == 0 and re.search(r"^\s+\S+\.pml:\d+, state \d+, \"-end-\"", output, re.MULTILINE):
        sys.exit(f"{model} never comes to its end: it shows nothing")
    return states, errors


def main():
    model = pathlib.Path(sys.argv[1]).resolve()
    sizes = sys.argv[2:]
    text = model.read_text(encoding="utf-8")
    defaults = set(re.findall(r"^#define (\w+)", text, re.MULTILINE))
    safeguards = sorted(set(re.findall(r"^#ifn?def (\w+)", text, re.MULTILINE)) - defaults)
    states, errors = check(model, sizes)
    print(f"{model.name}: {states} states, {errors} errors")
    faults = errors
    for safeguard in safeguards:
        states, errors = check(model, sizes + [safeguard])
        print(f"  {safeguard}: {'found' if errors else 'NOT FOUND'} after {states} states")
        faults += errors == 0
    sys.exit(faults != 0)


main()
