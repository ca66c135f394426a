#!/usr/bin/env python3
"""Repositories of the vault and of Debian's restic, each judged by the other."""
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import LIFEBOAT, main  # noqa: E402

CORRUPTION = 9


@unittest.skipUnless(shutil.which("restic"), "restic is not installed")
class BesideRestic(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="lifeboat-test-")
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.repository = self.root / "repository"
        self.environment = dict(os.environ, RESTIC_PASSWORD="secret", LIFEBOAT_DATA=str(self.root / "data"),
                                RESTIC_REPOSITORY=str(self.repository),
                                RESTIC_CACHE_DIR=str(self.root / "cache"))
        tree = self.root / "tree"
        (tree / "below").mkdir(parents=True)
        (tree / "large").write_bytes(random.Random(1).randbytes(12 << 20))
        (tree / "below/text").write_text("line\n" * 5000)
        (tree / "empty").write_bytes(b"")
        (tree / "link").symlink_to("large")
        self.tree = tree

    def run_program(self, *command):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def restic(self, *arguments):
        done = self.run_program("restic", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def check(self, *arguments, code=0):
        done = self.run_program(LIFEBOAT, "vault", "check", "--json", *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout)

    def test_restic_works_in_a_repository_made_here(self):
        made = self.run_program(LIFEBOAT, "vault", "init", "--json")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.restic("backup", str(self.tree))
        self.restic("check", "--read-data")
        self.restic("restore", "latest", "--target", str(self.root / "restored"))
        same = self.run_program("diff", "-r", "--no-dereference", str(self.tree),
                                str(self.root / "restored") + str(self.tree))
        self.assertEqual((same.returncode, same.stdout), (0, ""))
        report = self.check("--read-data")
        self.assertEqual((report["Snapshots"], report["Damage"]), (1, []))
        again = self.run_program(LIFEBOAT, "vault", "init")
        self.assertEqual(again.returncode, 5, again.stderr)

    def test_repositories_of_restic_are_read(self):
        for version, compression in (("1", "auto"), ("2", "auto"), ("2", "off"), ("2", "max")):
            with self.subTest(version=version, compression=compression):
                shutil.rmtree(self.repository, ignore_errors=True)
                self.restic("init", "--repository-version", version)
                self.restic("backup", "--compression", compression, str(self.tree))
                (self.tree / "added").write_text(version + compression)
                self.restic("backup", "--compression", compression, str(self.tree))
                self.restic("forget", "--prune", "--keep-last", "1")
                report = self.check("--read-data")
                self.assertEqual((report["Snapshots"], report["Damage"]), (1, []))
                self.assertGreater(report["BytesRead"], 12 << 20)

    def test_a_place_is_tried_and_left_as_it_was(self):
        empty = self.root / "empty"
        empty.mkdir()
        self.restic("init")
        self.restic("backup", str(self.tree))
        for place, checks in ((empty, 12), (self.repository, 12)):
            before = sorted(str(path) for path in place.rglob("*"))
            done = self.run_program(LIFEBOAT, "vault", "validate", "--json", "--repo", str(place))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            report = json.loads(done.stdout)
            self.assertEqual((len(report["Checks"]), report["Failed"]), (checks, 0))
            self.assertEqual(sorted(str(path) for path in place.rglob("*")), before)
        self.assertEqual(self.check("--read-data")["Damage"], [])
        self.assertNotEqual(self.run_program(LIFEBOAT, "vault", "validate", "--repo",
                                             str(self.root / "nowhere")).returncode, 0)

    def test_a_wrong_password_is_refused(self):
        self.restic("init")
        self.environment["RESTIC_PASSWORD"] = "wrong"
        self.assertEqual(self.run_program(LIFEBOAT, "vault", "check").returncode, 6)

    def test_damage_is_found(self):
        self.restic("init")
        self.restic("backup", str(self.tree))
        pack = max((self.repository / "data").glob("*/*"), key=lambda path: path.stat().st_size)
        content = bytearray(pack.read_bytes())
        content[len(content) // 2] ^= 1
        pack.chmod(0o600)
        pack.write_bytes(content)
        self.assertEqual(self.check()["Damage"], [])  # reads no data
        damage = self.check("--read-data", code=CORRUPTION)["Damage"]
        self.assertEqual(len(damage), 1)
        self.assertIn(pack.name, damage[0])
        pack.unlink()
        self.assertIn(pack.name, self.check(code=CORRUPTION)["Damage"][0])


main()
