"""Makes the reference with Doxygen and looks at what it says.

usage: check_reference.py <project> <doxygen>

Every public class, function, type, constant, member and value of an enum has a comment, and Doxygen understands
all of them. A template's specialisations and their members need none: the template says what they are to do. Nor do
constructors without parameters, copies and moves.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

UNDOCUMENTED = re.compile(r"warning: (Compound|Member) (.*) is not documented\.$")
MEMBER = re.compile(r"(.*) \(\w+\) of (?:class|struct) (.*)")
COPY_OR_MOVE = re.compile(r"(?:(\w+)\((?:const )?\1 ?&&? ?\w*\)|operator=\((?:const )?\w+ ?&&? ?\w*\))")


def is_fault(line):
    if "warning:" not in line and "error:" not in line:
        return False
    match = UNDOCUMENTED.search(line)
    if match is None:
        return True
    kind, what = match.groups()
    if kind == "Compound":
        return not what.endswith(">")
    member = MEMBER.match(what)
    if member is None:
        return True
    name, owner = member.groups()
    return not owner.endswith(">") and not COPY_OR_MOVE.match(name)


def values_without_comment(directory):
    """Of these Doxygen itself says nothing."""
    for path in sorted(pathlib.Path(directory).glob("xml/*.xml")):
        for enum in xml.etree.ElementTree.parse(path).iter("memberdef"):
            if enum.get("kind") != "enum" or enum.get("prot") != "public":
                continue
            for value in enum.iter("enumvalue"):
                if not any("".join(value.find(what).itertext()).strip()
                           for what in ("briefdescription", "detaileddescription")):
                    place = enum.find("location")
                    yield f"{place.get('file')}:{place.get('line')}: {value.findtext('name')} is not documented."


def main():
    project, doxygen = sys.argv[1], sys.argv[2]
    with open(f"{project}/docs/Doxyfile", encoding="utf-8") as file:
        configuration = file.read()
    with tempfile.TemporaryDirectory() as directory:
        # Some output must be made, or nothing is looked at.
        configuration += f"OUTPUT_DIRECTORY = {directory}\nGENERATE_HTML = NO\nGENERATE_XML = YES\n"
        result = subprocess.run([doxygen, "-"], cwd=project, input=configuration, text=True,
                                capture_output=True, check=False)
        faults = [line for line in result.stderr.splitlines() if is_fault(line)]
        faults += dict.fromkeys(values_without_comment(directory))
    print("\n".join(faults))
    print(f"{len(faults)} faults of the reference")
    sys.exit(1 if faults or result.returncode != 0 else 0)


main()
