"""What every place of a repository is put through, whoever serves it: the suite of `lifeboat vault
validate`, and restic and Lifeboat working in it by turns."""
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile

from harness import LIFEBOAT


# Debian's own, whatever else is on the PATH.
RESTIC = next((path for path in ("/usr/bin/restic", shutil.which("restic")) if path and os.path.exists(path)),
              None)


class Trial:
    """`environment` has the credentials of the place; `restic` is the program."""

    def __init__(self, test, environment=None, restic=RESTIC):
        self.test = test
        self.restic_program = restic
        folder = tempfile.TemporaryDirectory(prefix="lifeboat-test-")
        test.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.environment = dict(os.environ, RESTIC_PASSWORD="secret", LIFEBOAT_DATA=str(self.root / "data"),
                                RESTIC_CACHE_DIR=str(self.root / "cache"), **(environment or {}))
        self.tree = self.root / "tree"
        self.tree.mkdir()
        (self.tree / "large").write_bytes(random.Random(1).randbytes(18 << 20))
        (self.tree / "text").write_text("line\n" * 5000)

    def run(self, *command):
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        self.test.assertEqual(done.returncode, 0, f"{command[:4]}: {done.stdout[-2000:]}{done.stderr}")
        return done.stdout

    def restic(self, location, *arguments):
        return self.run(self.restic_program, "-r", location, *arguments)

    def validate(self, location):
        report = json.loads(self.run(LIFEBOAT, "vault", "validate", "--json", "--repo", location))
        self.test.assertEqual((len(report["Checks"]), report["Failed"]), (12, 0))

    def check(self, location, snapshots):
        report = json.loads(self.run(LIFEBOAT, "vault", "check", "--json", "--read-data", "--repo", location))
        self.test.assertEqual((report["Snapshots"], report["Damage"]), (snapshots, []))

    def ours_then_restic(self, location):
        """We make the repository, restic works in it and prunes, we check."""
        self.run(LIFEBOAT, "vault", "init", "--repo", location)
        self.restic(location, "backup", str(self.tree))
        (self.tree / "text").write_text("changed\n" * 5000)
        self.restic(location, "backup", str(self.tree))
        self.check(location, 2)
        self.restic(location, "check", "--read-data")
        self.restic(location, "restore", "latest", "--target", str(self.root / "restored"))
        self.run("diff", "-r", str(self.tree), str(self.root / "restored") + str(self.tree))
        self.restic(location, "forget", "--keep-last", "1", "--prune")
        self.check(location, 1)

    def restic_then_ours(self, location):
        self.restic(location, "init")
        self.restic(location, "backup", str(self.tree))
        self.check(location, 1)
        self.validate(location)
        self.restic(location, "check", "--read-data")
