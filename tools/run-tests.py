#!/usr/bin/env python3
"""Runs every test of a build directory and counts what ran, failed and was skipped.

usage: tools/run-tests.py BUILD_DIRECTORY [ctest arguments...]

ctest runs the programs, as many at once as there are processors; the counts come from the programs
themselves (GoogleTest's XML, the line `tests: ...` of the Python tests), because ctest sees only whole
programs. Skips are printed with their reasons. Exits with 1 when anything failed or when a program ran
no test at all.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml


def google_tests(folder):
    passed, failed, skipped = 0, [], []
    for file in sorted(pathlib.Path(folder).glob("*.xml")):
        for case in xml.parse(file).getroot().iter("testcase"):
            name = case.get("classname") + "." + case.get("name")
            if case.find("failure") is not None:
                failed.append(name)
            elif case.get("result") == "skipped" or case.find("skipped") is not None:
                reason = case.find("skipped")
                text = reason.get("message", "") if reason is not None else ""
                skipped.append((name, " ".join(text.split())[:200]))
            elif case.get("status") == "run":
                passed += 1
    return passed, failed, skipped


def python_tests(output):
    passed, failed, skipped = 0, [], []
    for ok, bad, left in re.findall(r"^tests: (\d+) passed, (\d+) failed, (\d+) skipped$", output, re.M):
        passed += int(ok)
        failed += ["a Python test"] * int(bad)
    for name, reason in re.findall(r"^skipped (\S+): (.*)$", output, re.M):
        skipped.append((name, reason))
    return passed, failed, skipped


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as reports:
        environment = dict(os.environ, GTEST_OUTPUT=f"xml:{reports}/", PYTHONDONTWRITEBYTECODE="1")
        log = pathlib.Path(reports) / "ctest.log"
        ctest = subprocess.run(
            ["ctest", "--test-dir", sys.argv[1], "--output-on-failure", "--no-tests=error",
             "--parallel", str(os.cpu_count()), "--output-log", str(log), *sys.argv[2:]], env=environment, check=False)
        # Python tests speak on standard output, which ctest keeps in its log whatever the outcome.
        last = pathlib.Path(sys.argv[1]) / "Testing/Temporary/LastTest.log"
        output = last.read_text(errors="replace") if last.exists() else ""
        cpp, python = google_tests(reports), python_tests(output)
    passed = cpp[0] + python[0]
    failed = cpp[1] + python[1]
    skipped = cpp[2] + python[2]
    print()
    for name, reason in skipped:
        print(f"skipped {name}: {reason}")
    for name in failed:
        print(f"failed {name}")
    if ctest.returncode != 0 and not failed:
        failed.append("a program that did not get to its end")
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    sys.exit(1 if failed or passed == 0 else 0)


main()
