#!/usr/bin/env python3
"""Looks at whether vcpkg.json and conanfile.py say what CMakeLists.txt says.

    check_recipes.py PROJECT_DIR

Neither tool is among Debian's packages, so the recipes are not run: they are read. Name, version, description and
licence, the packages that CMake looks for, and the options that conanfile.py sets.
"""
import ast
import json
import pathlib
import re
import sys

# What find_package() calls it, and both package managers. Threads is the system's.
NAMES = {"absl": "abseil", "simdjson": "simdjson", "xxHash": "xxhash", "RocksDB": "rocksdb", "GTest": "gtest"}
OPTIONAL = {"rocksdb"}
LICENCE = "Apache-2.0"


def packages_of(text):
    found = set(re.findall(r"find_package\((\w+)", text)) - {"Threads", "Python3"}
    unknown = found - NAMES.keys()
    if unknown:
        sys.exit(f"fault: CMake looks for {sorted(unknown)}: say in NAMES what the package managers call it")
    return {NAMES[name] for name in found}


def vcpkg(text):
    manifest = json.loads(text)
    features = {name: set(feature["dependencies"]) for name, feature in manifest["features"].items()}
    facts = {key: manifest[key] for key in ("name", "version", "description", "license")}
    return {**facts, "required": set(manifest["dependencies"]), "optional": features["rocksdb"], "tests": features["tests"]}


def conan(text):
    recipe = next(node for node in ast.parse(text).body if isinstance(node, ast.ClassDef))
    facts = {node.targets[0].id: ast.literal_eval(node.value) for node in recipe.body if isinstance(node, ast.Assign)}
    calls = [node for node in ast.walk(recipe) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and
             node.func.attr == "requires"]
    required = {call.args[0].value.split("/")[0] for call in calls}
    variables = {node.slice.value for node in ast.walk(recipe)
                 if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)}
    return {**{key: facts[key] for key in ("name", "version", "description", "license")},
            "required": required - OPTIONAL, "optional": required & OPTIONAL}, variables


def main():
    root = pathlib.Path(sys.argv[1])
    cmake = (root / "CMakeLists.txt").read_text(encoding="utf-8")
    name, version, description = re.search(r'project\((\w+) VERSION (\S+) .*?DESCRIPTION "([^"]*)"', cmake, re.DOTALL).groups()
    packages = packages_of(cmake)
    want = {"name": name, "version": version, "description": description, "license": LICENCE,
            "required": packages - OPTIONAL, "optional": packages & OPTIONAL,
            "tests": packages_of((root / "tests/CMakeLists.txt").read_text(encoding="utf-8"))}
    recipe, variables = conan((root / "conanfile.py").read_text(encoding="utf-8"))
    faults = [f"{file}: {key}: want {want[key]}, got {value}"
              for file, facts in (("vcpkg.json", vcpkg((root / "vcpkg.json").read_text(encoding="utf-8"))),
                                  ("conanfile.py", recipe))
              for key, value in facts.items() if value != want[key]]
    options = set(re.findall(r"option\((\w+)", cmake))
    faults += [f"conanfile.py: CMakeLists.txt has no option {variable}" for variable in sorted(variables - options)]
    for fault in faults:
        print("fault:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
