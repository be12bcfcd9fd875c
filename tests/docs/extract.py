"""Writes the source files of the pages (pages.py), and prints their names.

usage: extract.py <project> <directory>
"""

import pathlib
import sys

import pages


def main():
    project, directory = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    directory.mkdir(parents=True, exist_ok=True)
    names = []
    for source in pages.sources(project):
        text = source.whole(project)
        if "main()" not in text and "TEST" not in text and "TestContract" not in text:
            sys.exit(f"{source.page}: its code is no program and no test, so it wants a frame, {source.name}.cc")
        path = directory / f"{source.name}.cc"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
        names.append(source.name)
    print(";".join(names), end="")


main()
