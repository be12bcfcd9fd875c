"""Runs a program made of a page's code, and compares what it does with what the page says.

usage: run_page.py <project> <name> <program>

It runs in a directory of its own that holds what is in frames/<name>/. In the page behind its code a comment
says what the next block is, one that is indented or fenced:

    <!-- given loads.csv -->   what is in this file
    <!-- added loads.csv -->   what is put behind it
    <!-- run: hours.csv -->    what is in this file when the program has run once more
    <!-- run: stdout -->       what it has printed

A page without such comments has it run once. It must always exit with 0.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import pages

STEP = re.compile(r"^<!-- (given|added|run:) (\S+) -->\n(?:\n?((?:    [^\n]*\n)+)|```\w*\n([\s\S]*?)^```$)?", re.MULTILINE)


def steps_of(source):
    """What is said of a file, its name, and the block behind that."""
    if not source.page.is_file():
        return
    for step in STEP.finditer(source.page.read_text()[source.begin:source.end]):
        what, name, indented, fenced = step.groups()
        if indented is None and fenced is None:
            sys.exit(f"{source.page}: there is no block behind '{what} {name}'")
        yield what, name, fenced or re.sub("^    ", "", indented, flags=re.MULTILINE)


def run(program, directory):
    result = subprocess.run([program], cwd=directory, capture_output=True, text=True, timeout=60, check=False)
    if result.returncode != 0:
        sys.exit(f"it exits with {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


def main():
    project, name, program = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3]
    source = next(s for s in pages.sources(project) if s.name == name)
    has_run = False
    with tempfile.TemporaryDirectory() as directory:
        if (pages.FRAMES / name).is_dir():
            shutil.copytree(pages.FRAMES / name, directory, dirs_exist_ok=True)
        for what, file, text in steps_of(source):
            path = pathlib.Path(directory) / file
            if what == "given":
                path.write_text(text)
            elif what == "added":
                path.write_text(path.read_text() + text)
            else:
                has_run = True
                printed = run(program, directory)
                met = printed if file == "stdout" else path.read_text()
                if met != text:
                    sys.exit(f"{file}: the page says\n{text}and it is\n{met}")
        if not has_run:
            run(program, directory)


main()
