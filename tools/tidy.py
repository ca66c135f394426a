#!/usr/bin/env python3
"""Runs clang-tidy over the project's own sources: `tools/tidy.py BUILD_DIRECTORY [FILE...]`.

Reads BUILD_DIRECTORY/compile_commands.json, which configuring writes; nothing needs to be built. Without
FILE all of src/ but the tests is read, as many files at once as there are processors. Prints what was
found, in the order of the files, and exits with 1 when that is anything.
"""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The flags are GCC's; clang does not know all of them.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-ignored-optimization-argument"]


def sources(build):
    commands = json.loads(pathlib.Path(build, "compile_commands.json").read_text())
    files = {os.path.realpath(os.path.join(it["directory"], it["file"])) for it in commands}
    tracked = subprocess.run(["git", "-C", str(ROOT), "ls-files", "src"], check=True, capture_output=True,
                             text=True).stdout.split("\n")
    own = (str(ROOT / name) for name in tracked if name.endswith(".cpp") and not name.endswith("_test.cpp"))
    return sorted(name for name in own if name in files)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build, files = sys.argv[1], [os.path.realpath(name) for name in sys.argv[2:]]
    tidy = shutil.which("clang-tidy-14") or shutil.which("clang-tidy")
    if tidy is None:
        sys.exit("there is no clang-tidy; on Debian: apt-get install clang-tidy-14")
    files = files or sources(build)

    def run(name):
        return subprocess.run([tidy, "-p", build, "--quiet", *EXTRA, name], capture_output=True, text=True,
                              check=False)
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, done in zip(files, pool.map(run, files)):
            if done.returncode == 0:
                continue
            bad += 1
            print(f"{os.path.relpath(name, ROOT)}:\n{done.stdout.strip() or done.stderr.strip()}\n", flush=True)
    print(f"clang-tidy: {len(files)} files, {bad} with findings")
    sys.exit(1 if bad or not files else 0)


main()
