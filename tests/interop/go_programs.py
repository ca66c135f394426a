"""Programs of others that are built from their Go modules, once, into build/interop."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from ground import INTEROP  # noqa: E402


def go_program(name, module, version, package):
    """The program, built once. Skips the test that asks for it when it cannot be built."""
    program = INTEROP / f"{name}-{version}"
    if program.exists():
        return str(program)
    go = shutil.which("go")
    if not go:
        raise unittest.SkipTest(f"{name} {version}: Go is not installed")
    with tempfile.TemporaryDirectory() as folder:
        steps = ([go, "mod", "init", "interop"], [go, "get", f"{module}@{version}"],
                 [go, "build", "-mod=mod", "-o", str(program), f"{module}/{package}"])
        for step in steps:
            done = subprocess.run(step, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise unittest.SkipTest(f"{name} {version} cannot be built: {done.stderr.strip()[-300:]}")
    return str(program)


def newest_restic():
    return go_program("restic", "github.com/restic/restic", "v0.19.1", "cmd/restic")
