#!/usr/bin/env python3
"""Does what README.md says under "A pipeline of your own", and compares what is printed.

    first_use.py SOURCE_DIR WORK_DIR [BUILD_DIR]

In WORK_DIR, made anew, with an empty prefix. A comment of the page says what the next block is:

    <!-- file NAME -->   what is in this file
    <!-- commands -->    what is run
    <!-- prints -->      what the last of these commands has printed

Lines of code count, blank ones too, and commands, the clone among them: both have a limit. With BUILD_DIR, the
library is not configured and built again: rtstream/build is that directory, and all other commands are run.
The fence of the program says c++: those that say cpp are tests/docs's.
"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

MAX_COMMANDS = 10
MAX_LINES = 30
HEADING = "## A pipeline of your own\n"
STEP = re.compile(r"^<!-- (file|commands|prints) ?(\S*) -->\n(?:((?:    [^\n]*\n)+)|```\S*\n([\s\S]*?)^```$)", re.MULTILINE)
# What BUILD_DIR spares: both name the clone's build directory.
BUILDING = re.compile(r"cmake (-S rtstream -B|--build) rtstream/build\b")


def steps_of(page):
    text = page.read_text(encoding="utf-8")
    if text.count(HEADING) != 1:
        sys.exit(f"{page}: want '{HEADING.strip()}' once")
    section = text.split(HEADING)[1].split("\n## ")[0]
    found = [(what, name, fenced or re.sub("^    ", "", indented, flags=re.MULTILINE))
             for what, name, indented, fenced in STEP.findall(section)]
    if len(found) != len(re.findall(r"^<!--", section, re.MULTILINE)):
        sys.exit(f"{page}: a comment that is not understood, or without its block")
    return found


def count_commands(script):
    """Of each line, what `;`, `&&` and `|` divide."""
    count = 0
    for line in script.splitlines():
        words = list(shlex.shlex(line, posix=True, punctuation_chars=";&|"))
        count += 1 + sum(set(word) <= set(";&|") for word in words)
    return count


def clean_environment(work):
    """Without what may name a prefix, and with a make that fails: install-deps.sh installs none."""
    tools = work.parent / f"{work.name}.bin"
    tools.mkdir(parents=True, exist_ok=True)
    for name in "make", "gmake":
        (tools / name).write_text(f"#!/bin/sh\necho '{name} is not among what install-deps.sh installs' >&2\nexit 1\n",
                                  encoding="utf-8")
        (tools / name).chmod(0o755)
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("CMAKE_") or name.endswith("_LAUNCHER")}
    return {**kept, "PATH": f"{tools}:{kept['PATH']}"}


def lay_out_clone(source, clone, build):
    if build is None:
        shutil.copytree(source, clone, ignore=shutil.ignore_patterns("build", ".git"))
        return
    clone.mkdir()
    for entry in source.iterdir():
        if entry.name != "build":
            (clone / entry.name).symlink_to(entry)
    (clone / "build").symlink_to(build)


def run(command, work, environment):
    print(f"$ {command}", flush=True)
    done = subprocess.run(["bash", "-c", command], cwd=work, env=environment, stdout=subprocess.PIPE, text=True,
                          check=False)
    print(done.stdout, end="", flush=True)
    if done.returncode != 0:
        sys.exit(f"fault: exit code {done.returncode}")
    return done.stdout


def main():
    source, work = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    build = pathlib.Path(sys.argv[3]).resolve() if len(sys.argv) > 3 else None
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    lay_out_clone(source, work / "rtstream", build)
    environment = clean_environment(work)
    commands, lines, compared, printed = 1, 0, 0, ""
    for what, name, text in steps_of(source / "README.md"):
        if what == "file":
            (work / name).write_text(text, encoding="utf-8")
            lines += len(text.splitlines()) if name.endswith((".cc", ".txt")) else 0
        elif what == "commands":
            commands += count_commands(text)
            for command in text.splitlines():
                if build is not None and BUILDING.match(command):
                    print(f"not again: {command}")
                else:
                    printed = run(command, work, environment)
        else:
            compared += 1
            if printed != text:
                sys.exit(f"fault: it prints\n{printed}where README.md shows\n{text}")
    print(f"{commands} commands of {MAX_COMMANDS}, {lines} lines of {MAX_LINES}, {compared} outputs compared")
    return 1 if commands > MAX_COMMANDS or lines > MAX_LINES or compared == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
