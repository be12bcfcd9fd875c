"""Makes the reference with Doxygen and looks at what it says.

usage: check_reference.py <project> <doxygen>

Every public class, function, type and constant has a comment, and Doxygen understands all of them. Members
whose name says it all, and a template's specialisations, need none.
"""

import re
import subprocess
import sys
import tempfile

UNDOCUMENTED = re.compile(r"warning: (Compound|Member) (.*) is not documented\.$")


def is_fault(line):
    if "warning:" not in line and "error:" not in line:
        return False
    match = UNDOCUMENTED.search(line)
    if match is None:
        return True
    kind, what = match.groups()
    is_specialisation = kind == "Compound" and what.endswith(">")
    is_member = kind == "Member" and re.search(r"\) of (class|struct) ", what)
    return not is_specialisation and not is_member


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
    print("\n".join(faults))
    print(f"{len(faults)} faults of the reference")
    sys.exit(1 if faults or result.returncode != 0 else 0)


main()
