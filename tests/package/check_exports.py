#!/usr/bin/env python3
"""Looks at what the shared libraries of an installed rtstream export.

    check_exports.py SOURCE_DIR PREFIX OUTPUT

librtstream.so exports what tests/package/exported_symbols.txt says: its strong symbols by name, without what
the compiler makes of each (arguments, ABI tags, kinds of constructors). OUTPUT gets the list of PREFIX. And no
library exports a name that no public header has, but for those that another of our libraries uses.
"""
import difflib
import pathlib
import re
import subprocess
import sys

# librtstream_rocksdb.so marks its directory as librtstream.so does. It is nobody else's.
BETWEEN_OURS = {"StateDirectory"}


def exported_by(library):
    listed = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    mangled = [words[2] for words in map(str.split, listed.splitlines()) if words[1] in "TDRB"]
    plain = subprocess.run(["c++filt"], check=True, capture_output=True, text=True, input="\n".join(mangled)).stdout
    names = set()
    for name in plain.splitlines():
        name = re.sub(r"\[abi:[a-z0-9]*\]", "", name)
        name = re.sub(r"[(<].*", "", name)
        names.add(name.rpartition(" ")[2])
    return sorted(names)


def public_words(include):
    code = "\n".join(header.read_text(encoding="utf-8") for header in include.rglob("*.h"))
    return set(re.findall(r"\w+", re.sub(r"//.*", "", code)))


def main():
    source, prefix, output = map(pathlib.Path, sys.argv[1:])
    libraries = sorted(prefix.rglob("librtstream*.so.*.*"))
    public = public_words(source / "include")
    faults = 0
    for library in libraries:
        words_of = {name: set(re.findall(r"\w+", name)) for name in exported_by(library)}
        internal = [name for name, words in words_of.items() if words - public and not words & BETWEEN_OURS]
        for name in internal:
            print(f"fault: {library.name} exports {name}, which no public header has; is its header in "
                  "src/ without `#pragma GCC visibility push(hidden)`?")
        faults += len(internal)
    core = [library for library in libraries if library.name.startswith("librtstream.so")]
    if len(core) != 1:
        sys.exit(f"fault: want one librtstream.so.*.* in {prefix}, got {len(core)}")
    expected = source / "tests/package/exported_symbols.txt"
    exported = exported_by(core[0])
    output.write_text("".join(f"{name}\n" for name in exported), encoding="utf-8")
    difference = list(difflib.unified_diff(expected.read_text(encoding="utf-8").splitlines(), exported,
                                           str(expected), str(output), lineterm=""))
    if difference:
        print("\n".join(difference))
        print(f"fault: other symbols are exported than {expected} says; if that is meant, copy {output} over it")
    print(f"{len(exported)} symbols of {core[0].name}, {len(libraries)} libraries looked at")
    return 1 if faults or difference else 0


if __name__ == "__main__":
    sys.exit(main())
