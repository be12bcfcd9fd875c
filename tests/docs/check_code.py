"""Compiles the C++ of README.md and docs/.

usage: check_code.py <project> <compiler> <include flag>...

A block that begins with an #include is a source file; the blocks behind it on the page, up to the next such
block, are its continuation. The pages of docs/operators are one source file: the block of README.md there,
then every block of every page, each in a namespace of its own.
"""

import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks_of(page, project):
    """Each block, with a #line that says where it stands."""
    text = page.read_text()
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 2
        yield block.group(1), f'#line {line} "{page.relative_to(project)}"\n{block.group(1)}'


def sources(project):
    operators = sorted((project / "docs" / "operators").glob("*.md"))
    for page in [project / "README.md", *sorted((project / "docs").rglob("*.md"))]:
        if page in operators:
            continue
        source = ""
        for block, placed in blocks_of(page, project):
            if block.startswith("#include"):
                if source:
                    yield page, source
                source = placed
            elif source:
                source += placed
            else:
                sys.exit(f"{page}: the first block of C++ wants an #include")
        if source:
            yield page, source
    operators.sort(key=lambda page: page.name != "README.md")
    source = ""
    for page in operators:
        for i, (block, placed) in enumerate(blocks_of(page, project)):
            is_prelude = block.startswith("#include")
            name = f"{page.stem.replace('-', '_')}_{i}"
            source += placed if is_prelude else f"namespace {name} {{\n{placed}}}\n"
    if source:
        yield project / "docs" / "operators", source


def main():
    project = pathlib.Path(sys.argv[1])
    command = [sys.argv[2], "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wconversion", "-Werror",
               *sys.argv[3:], "-x", "c++", "-"]
    compiled = failed = 0
    for page, source in sources(project):
        compiled += 1
        result = subprocess.run(command, input=source, text=True, capture_output=True, check=False)
        if result.returncode != 0:
            failed += 1
            print(f"{page.relative_to(project)} does not compile:\n{result.stderr}")
    print(f"{compiled} sources of the pages, {failed} do not compile")
    sys.exit(1 if failed or compiled == 0 else 0)


main()
