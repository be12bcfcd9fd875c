"""Shows Doxygen the project's comments, which are plain //: doxygen_filter.py <header>."""

import re
import sys

COMMENT = re.compile(r"^(\s*)//(?!/) ?(.*)$")
TRAILING = re.compile(r"^(.*\S)(\s+)//(?!/) (?!NOLINT|namespace)(.*)$")
SPECIAL = re.compile(r"([\\@#<>%|&$*_~`\"])")


def escaped(text):
    """Nothing in a comment is markup."""
    return SPECIAL.sub(r"\\\1", text)


def main():
    with open(sys.argv[1], encoding="utf-8") as header:
        lines = header.read().splitlines()
    for line in lines:
        if comment := COMMENT.match(line):
            indent, text = comment.groups()
            is_example = text.startswith("  ")
            print(f"{indent}/// {'    ' + text if is_example else escaped(text)}")
        elif (trailing := TRAILING.match(line)) and not trailing.group(1).startswith("}"):
            print(f"{trailing.group(1)}{trailing.group(2)}///< {escaped(trailing.group(3))}")
        else:
            print(line)


main()
