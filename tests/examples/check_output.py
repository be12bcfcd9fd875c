"""Runs an example and looks for what it prints on its page.

usage: check_output.py <program> <README.md>

The page's one block of ```text is all that the program prints; of a test program, which prints times, it is
what the output ends with.
"""

import pathlib
import re
import subprocess
import sys


def main():
    program, page = sys.argv[1], pathlib.Path(sys.argv[2])
    blocks = re.findall(r"^```text\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    if len(blocks) != 1:
        sys.exit(f"{page} has {len(blocks)} blocks of ```text, want one")
    result = subprocess.run([program], text=True, capture_output=True, check=False, timeout=50)
    is_test = "[==========]" in result.stdout
    is_right = result.stdout.endswith(blocks[0]) if is_test else result.stdout == blocks[0]
    if result.returncode != 0 or not is_right:
        print(f"exit code {result.returncode}, printed\n{result.stdout}{result.stderr}want\n{blocks[0]}")
        sys.exit(1)


main()
