"""Compiles the C++ of README.md and docs/: each block that begins with an #include.

usage: check_code.py <project> <compiler> <include flag>...
"""

import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r"^```cpp\n(#include.*?)^```$", re.MULTILINE | re.DOTALL)


def main():
    project = pathlib.Path(sys.argv[1])
    command = [sys.argv[2], "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wconversion", "-Werror",
               *sys.argv[3:], "-x", "c++", "-"]
    pages = [project / "README.md", *sorted((project / "docs").rglob("*.md"))]
    compiled = failed = 0
    for page in pages:
        for block in BLOCK.finditer(page.read_text()):
            line = page.read_text().count("\n", 0, block.start()) + 2
            compiled += 1
            result = subprocess.run(command, input=block.group(1), text=True, capture_output=True,
                                    check=False)
            if result.returncode != 0:
                failed += 1
                print(f"{page.relative_to(project)}, line {line}, does not compile:\n{result.stderr}")
    print(f"{compiled} blocks of code, {failed} do not compile")
    sys.exit(1 if failed or compiled == 0 else 0)


main()
