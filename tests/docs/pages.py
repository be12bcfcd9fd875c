"""The C++ of README.md and docs/, as source files.

A block that begins with an #include is a source file; the blocks behind it on the page, up to the next such
block, are its continuation. The pages of docs/operators are one source file: the block of README.md there,
then every block of every page, each in a namespace of its own. Fragments get what runs them, a main() or tests,
from frames/<name>.cc, which is put behind them.
"""

import pathlib
import re
import sys

BLOCK = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FRAMES = pathlib.Path(__file__).parent / "frames"


class Source:
    """What becomes one program: its text, and where on its page it begins and ends."""

    def __init__(self, page, begin):
        self.page, self.begin, self.end, self.text, self.name = page, begin, sys.maxsize, "", ""

    def whole(self, project):
        """With its frame, if there is one."""
        frame = FRAMES / f"{self.name}.cc"
        if not frame.exists():
            return self.text
        return f'{self.text}#line 1 "{frame.relative_to(project)}"\n{frame.read_text()}'


def _blocks(page, project):
    """Where each block begins, the block, and the block below a #line that says where it stands."""
    text = page.read_text()
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 2
        yield block.start(), block.group(1), f'#line {line} "{page.relative_to(project)}"\n{block.group(1)}'


def _sources_of(page, project):
    found = []
    for begin, block, placed in _blocks(page, project):
        if block.startswith("#include"):
            if found:
                found[-1].end = begin
            found.append(Source(page, begin))
        elif not found:
            sys.exit(f"{page}: the first block of C++ wants an #include")
        found[-1].text += placed
    for i, source in enumerate(found):
        source.name = page.stem.replace("-", "_") + (f"_{i + 1}" if len(found) > 1 else "")
    return found


def _operators(pages, project):
    source = Source(pages[0].parent, 0)
    source.name = "operators"
    for page in sorted(pages, key=lambda page: page.name != "README.md"):
        for _, block, placed in _blocks(page, project):
            is_prelude = block.startswith("#include")
            source.text += placed if is_prelude else f"namespace {page.stem.replace('-', '_')}_page {{\n{placed}}}\n"
    return source


def sources(project):
    """All of them, in a fixed order."""
    operators = sorted((project / "docs" / "operators").glob("*.md"))
    found = []
    for page in [project / "README.md", *sorted((project / "docs").rglob("*.md"))]:
        if page not in operators:
            found += _sources_of(page, project)
    return [*found, _operators(operators, project)]
