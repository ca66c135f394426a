#!/usr/bin/env python3
"""Repositories of the vault and of Debian's restic, each judged by the other."""
import json
import os
import pathlib
import random
import shutil
import stat
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

    def make_odd_tree(self, with_raw_link=True):
        """What file systems offer: links, attributes, lists, special files, holes, odd names."""
        odd = self.tree / "odd"
        odd.mkdir()
        (odd / "a").write_text("content")
        os.link(odd / "a", odd / "hard")
        os.setxattr(odd / "a", "user.note", b"\0\xff")
        os.chmod(odd / "a", 0o4750)
        os.chown(odd / "a", 1234, 4321)
        (odd / "<&>").symlink_to("../large")
        if with_raw_link:
            os.symlink(b"to \xff", os.fsencode(odd) + b"/raw")
        open(os.fsencode(odd) + b"/n\x01\xff\\\"", "w").close()
        os.mkfifo(odd / "fifo")
        os.mknod(odd / "device", 0o600 | 0o020000, os.makedev(1, 3))
        with open(odd / "sparse", "wb") as file:
            file.seek(20 << 20)
            file.write(b"end")
        (odd / "empty directory").mkdir(mode=0o1777)
        os.utime(odd / "empty directory", ns=(1, 1234567890123456789))

    def backup(self, *arguments, code=0, **more):
        done = subprocess.run([LIFEBOAT, "vault", "backup", "--json", *map(str, arguments)],
                              env=self.environment, capture_output=True, check=False, **more)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout) if done.stdout else {}

    def restore(self, *arguments, code=0):
        done = self.run_program(LIFEBOAT, "vault", "restore", "--json", *map(str, arguments))
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout) if done.stdout else {}

    def latest(self):
        return json.loads(self.restic("snapshots", "--json", "--latest", "1"))[-1]["id"]

    def tree_of(self, snapshot):
        """The id of the tree of self.tree in the snapshot with this id, as restic says."""
        tree = json.loads(self.restic("cat", "snapshot", snapshot))["tree"]
        for name in self.tree.parts[1:]:
            nodes = json.loads(self.restic("cat", "blob", tree))["nodes"]
            tree = next(node["subtree"] for node in nodes if node["name"] == name)
        return tree

    def assert_same_tree(self, wanted, got):
        """Everything below the two directories."""
        def described(root):
            found, inodes = {}, {}
            for directory, directories, files in os.walk(os.fsencode(root)):
                for name in directories + files:
                    path = os.path.join(directory, name)
                    status = os.lstat(path)
                    key = os.path.relpath(path, os.fsencode(root))
                    row = [status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, status.st_rdev]
                    if stat.S_ISREG(status.st_mode):
                        row += [pathlib.Path(os.fsdecode(path)).read_bytes(),
                                inodes.setdefault(status.st_ino, key)]
                    if stat.S_ISLNK(status.st_mode):
                        row += [os.readlink(path)]
                    row += [{name: os.getxattr(path, name, follow_symlinks=False)
                             for name in os.listxattr(path, follow_symlinks=False)}]
                    found[key] = row
            return found
        mine, theirs = described(wanted), described(got)
        self.assertEqual(mine.keys(), theirs.keys())
        for key, row in mine.items():
            self.assertEqual(row, theirs[key], key)

    def test_a_backup_is_the_one_restic_would_make(self):
        self.make_odd_tree(with_raw_link=False)  # whose target restic 0.14 does not keep
        for version in ("1", "2"):
            with self.subTest(version=version):
                shutil.rmtree(self.repository, ignore_errors=True)
                self.restic("init", "--repository-version", version)
                done = self.backup(self.tree, "--tag", "one,two")
                self.assertEqual((done["FilesChanged"], done["FilesUnmodified"], done["Unreadable"]), (0, 0, []))
                self.restic("backup", "--force", str(self.tree))
                self.assertEqual(self.tree_of(done["SnapshotId"]), self.tree_of(self.latest()))
                again = self.backup(self.tree)
                self.assertEqual((again["FilesNew"], again["FilesChanged"]), (0, 0))
                self.assertEqual(again["FilesUnmodified"], done["FilesNew"])
                # The directories above may have changed, with what others do there.
                self.assertEqual(again["DataBlobs"], 0)
                self.assertEqual(self.tree_of(again["SnapshotId"]), self.tree_of(done["SnapshotId"]))
                self.restic("check", "--read-data")
                shutil.rmtree(self.root / "restored", ignore_errors=True)
                self.restic("restore", done["SnapshotId"], "--target", str(self.root / "restored"))
                self.assert_same_tree(self.tree, str(self.root / "restored") + str(self.tree))
                self.assertEqual(self.check("--read-data")["Damage"], [])

    def test_a_changed_file_is_saved_again_and_the_others_are_not_read(self):
        self.restic("init")
        self.restic("backup", str(self.tree))
        (self.tree / "below/text").write_text("other\n")
        (self.tree / "added").write_text("new")
        done = self.backup(self.tree)
        self.assertEqual((done["FilesNew"], done["FilesChanged"], done["FilesUnmodified"]), (1, 1, 2))
        self.assertLess(done["BytesAdded"], 1 << 20)
        self.assertEqual(json.loads(self.restic("stats", "latest", "--json"))["total_size"],
                         sum(p.stat().st_size for p in self.tree.rglob("*") if p.is_file() and not p.is_symlink()))

    def test_what_is_excluded_stays_away(self):
        self.restic("init")
        (self.tree / "cache").mkdir()
        (self.tree / "cache/CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
        (self.tree / "cache/thing").write_text("x")
        (self.tree / "below/skip.tmp").write_text("x")
        self.backup(self.tree, "--exclude", "*.tmp", "--exclude-caches", "--exclude-larger-than", "1M")
        mine = self.restic("ls", "latest").splitlines()[1:]
        self.restic("backup", "--exclude", "*.tmp", "--exclude-caches", "--exclude-larger-than", "1M", str(self.tree))
        self.assertEqual(mine, self.restic("ls", "latest").splitlines()[1:])
        self.assertIn(str(self.tree / "below/text"), mine)
        self.assertNotIn(str(self.tree / "large"), mine)

    def look(self, *arguments, code=0):
        done = self.run_program(LIFEBOAT, "vault", *map(str, arguments), "--json")
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout)

    def test_what_is_there_is_shown_as_restic_shows_it(self):
        self.restic("init")
        first = self.backup(self.tree, "--tag", "one")["SnapshotId"]
        (self.tree / "below/text").write_text("other\n")
        (self.tree / "added").write_text("new")
        second = self.backup(self.tree, "--tag", "two")["SnapshotId"]
        self.assertEqual([s["Id"] for s in self.look("snapshots")], [first, second])
        self.assertEqual([s["Id"] for s in self.look("snapshots", "--tag", "two")], [second])
        theirs = [json.loads(line) for line in self.restic("ls", "--json", second).splitlines()[1:]]
        mine = self.look("ls", second)
        self.assertEqual({(n["Path"], n["Type"], n["Size"]) for n in mine},
                         {(n["path"], n["type"], n.get("size", 0)) for n in theirs})
        self.assertEqual([n["Path"] for n in self.look("ls", f"{second}:{self.tree}/below")],
                         [str(p) for p in sorted((self.tree / "below").iterdir())])
        found = self.look("find", "added")
        self.assertEqual([(n["SnapshotId"], n["Path"]) for n in found], [(second, str(self.tree / "added"))])
        self.look("find", "nothing is called so", code=4)
        self.assertEqual({(n["Change"], n["Path"]) for n in self.look("diff", first, second)},
                         {("modified", str(self.tree / "below/text")), ("added", str(self.tree / "added"))})

    def test_a_lost_index_is_made_anew_and_dead_locks_are_removed(self):
        self.restic("init")
        self.backup(self.tree)
        for file in (self.repository / "index").iterdir():
            file.unlink()
        self.assertGreater(self.look("rebuild-index")["Packs"], 0)
        self.assertIn("no errors were found", self.restic("check", "--read-data"))
        dead = subprocess.run([LIFEBOAT, "vault", "backup", str(self.tree)], capture_output=True, check=False,
                              env=dict(self.environment, LIFEBOAT_FAULTS="vault.backup.directory=kill"))
        self.assertEqual(dead.returncode, -9)
        self.assertEqual(len(list((self.repository / "locks").iterdir())), 1)
        self.assertEqual(self.look("unlock")["Removed"], 1)
        self.assertEqual(list((self.repository / "locks").iterdir()), [])

    def test_standard_input_dry_runs_and_absent_paths(self):
        self.restic("init")
        data = random.Random(3).randbytes(9 << 20)
        self.backup("--stdin", "--stdin-filename", "dump", input=data)
        dumped = subprocess.run(["restic", "dump", "latest", "/dump"], env=self.environment, capture_output=True,
                                check=True).stdout
        self.assertEqual(dumped, data)
        before = sorted(self.repository.rglob("*"))
        self.assertEqual(self.backup(self.tree, "--dry-run")["SnapshotId"], "")
        self.assertEqual(sorted(self.repository.rglob("*")), before)
        done = self.backup(self.tree, self.root / "absent", code=3)
        self.assertEqual([entry["Path"] for entry in done["Unreadable"]], [str(self.root / "absent")])
        self.backup(self.root / "absent", code=2)

    def test_snapshots_of_restic_are_restored(self):
        self.make_odd_tree()
        for version, compression in (("1", "auto"), ("2", "auto"), ("2", "off"), ("2", "max")):
            with self.subTest(version=version, compression=compression):
                shutil.rmtree(self.repository, ignore_errors=True)
                shutil.rmtree(self.root / "restored", ignore_errors=True)
                self.restic("init", "--repository-version", version)
                self.restic("backup", "--compression", compression, str(self.tree))
                done = self.restore(f"latest:{self.tree}", "--target", self.root / "restored", "--devices", "--verify")
                self.assertEqual(done["Failures"], [])
                # restic 0.14 keeps links' targets as text only.
                (self.root / "restored/odd").joinpath(os.fsdecode(b"raw")).unlink()
                os.symlink(b"to \xff", os.fsencode(self.root / "restored/odd") + b"/raw")
                raw = os.lstat(os.fsencode(self.tree) + b"/odd/raw")
                for path in (b"/odd/raw", b"/odd"):
                    status = os.lstat(os.fsencode(self.tree) + path)
                    os.utime(os.fsencode(self.root / "restored") + path, ns=(status.st_atime_ns, status.st_mtime_ns),
                             follow_symlinks=False)
                self.assertTrue(stat.S_ISLNK(raw.st_mode))
                self.assert_same_tree(self.tree, self.root / "restored")
                self.assertLess((self.root / "restored/odd/sparse").stat().st_blocks, 16 << 11)

    def test_the_ways_of_restoring(self):
        self.restic("init")
        self.backup(self.tree)
        target = self.root / "target"
        latest = f"latest:{self.tree}"
        self.restore(latest, "--target", target, "--include", "*/text")
        self.assertEqual([str(p.relative_to(target)) for p in target.rglob("*") if p.is_file()], ["below/text"])
        self.restore(latest, "--target", target, code=5)
        (target / "below/text").write_text("mine")
        (target / "extra").mkdir()
        (target / "extra/file").write_text("x")
        self.restore(latest, "--target", target, "--mode", "never-overwrite")
        self.assertEqual((target / "below/text").read_text(), "mine")
        self.restore(latest, "--target", target, "--mode", "only-newer")
        self.assertEqual((target / "below/text").read_text(), "mine")
        large = bytearray((self.tree / "large").read_bytes())
        large[0] ^= 1
        (target / "large").write_bytes(large)
        done = self.restore(latest, "--target", target, "--mode", "in-place", "--delete")
        self.assertGreater(done["BytesReused"], 3 << 20)
        self.assertEqual(done["Removed"], 2)
        self.assert_same_tree(self.tree, target)

    def test_policies_and_prune_leave_what_the_other_reads(self):
        self.restic("init")
        for number in range(4):
            (self.tree / "changing").write_text(str(number))
            (self.backup if number % 2 else self.restic_backup)(self.tree)
        before = json.loads(self.restic("snapshots", "--json"))
        done = self.run_program(LIFEBOAT, "vault", "forget", "--json", "--keep-last", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        after = json.loads(self.restic("snapshots", "--json"))
        self.assertEqual([s["id"] for s in after], [s["id"] for s in before[2:]])
        self.restic("prune")
        self.restic("check", "--read-data")
        self.assertEqual(self.check("--read-data")["Damage"], [])

    def prune(self, *arguments, code=0):
        done = self.run_program(LIFEBOAT, "vault", "prune", "--json", *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout) if done.stdout else {}

    def forget_all_but_one(self):
        """Three snapshots of contents that share little; the last stays."""
        for number in range(3):
            (self.tree / "large").write_bytes(random.Random(number).randbytes(9 << 20))
            self.backup(self.tree)
        self.restic("forget", "--keep-last", "1")

    def test_prune_waits_for_the_margin_and_then_deletes(self):
        self.restic("init")
        self.forget_all_but_one()
        waiting = self.prune()
        self.assertEqual(waiting["PacksDeleted"], 0)
        self.assertGreater(waiting["BytesWaiting"], 17 << 20)
        self.assertEqual(self.check("--read-data")["Damage"], [])
        self.assertGreater(self.prune("--margin", "0")["BytesDeleted"], 17 << 20)
        self.assertEqual(self.prune("--margin", "0")["PacksDeleted"], 0)
        self.restic("check", "--read-data")
        self.assertEqual(self.check("--read-data")["Damage"], [])
        self.restore(f"latest:{self.tree}", "--target", self.root / "restored")
        self.assert_same_tree(self.tree, self.root / "restored")

    def test_a_killed_prune_is_finished_by_the_next(self):
        for point in ("vault.prune.index-written", "vault.store.before-remove:2", "vault.prune.index-replaced",
                      "vault.prune.pack-deleted"):
            with self.subTest(point=point):
                shutil.rmtree(self.repository, ignore_errors=True)
                self.restic("init")
                self.forget_all_but_one()
                self.environment["LIFEBOAT_FAULTS"] = point + "=kill"
                done = self.run_program(LIFEBOAT, "vault", "prune", "--margin", "0")
                self.assertEqual(done.returncode, -9, done.stderr)
                self.environment["LIFEBOAT_FAULTS"] = ""
                self.assertEqual(self.check("--read-data")["Damage"], [])
                self.prune("--margin", "0")
                self.restic("check", "--read-data")
                self.assertLess(sum(p.stat().st_size for p in self.repository.rglob("*") if p.is_file()), 11 << 20)

    def restic_backup(self, *paths):
        self.restic("backup", *map(str, paths))

    def test_a_killed_backup_is_finished_by_the_next(self):
        for point in ("vault.backup.file:3", "vault.pack-written", "vault.index-written",
                      "vault.store.before-publish:2", "vault.store.after-publish:3",
                      "vault.backup.tree", "vault.backup.snapshot-written"):
            with self.subTest(point=point):
                shutil.rmtree(self.repository, ignore_errors=True)
                self.restic("init")
                self.environment["LIFEBOAT_FAULTS"] = point + "=kill"
                done = self.run_program(LIFEBOAT, "vault", "backup", str(self.tree))
                self.assertEqual(done.returncode, -9, done.stderr)
                self.environment["LIFEBOAT_FAULTS"] = ""
                self.assertEqual(self.check("--read-data")["Damage"], [])
                self.backup(self.tree)
                self.restic("check", "--read-data")
                shutil.rmtree(self.root / "restored", ignore_errors=True)
                self.restic("restore", "latest", "--target", str(self.root / "restored"))
                self.assert_same_tree(self.tree, str(self.root / "restored") + str(self.tree))

    def test_a_killed_restore_is_finished_by_the_next(self):
        self.restic("init")
        self.backup(self.tree)
        for point in ("vault.restore.file", "vault.restore.file:3", "vault.restore.directory"):
            with self.subTest(point=point):
                target = self.root / "target"
                shutil.rmtree(target, ignore_errors=True)
                self.environment["LIFEBOAT_FAULTS"] = point + "=kill"
                done = self.run_program(LIFEBOAT, "vault", "restore", f"latest:{self.tree}", "--target", str(target))
                self.assertEqual(done.returncode, -9, done.stderr)
                self.environment["LIFEBOAT_FAULTS"] = ""
                self.restore(f"latest:{self.tree}", "--target", target)
                self.assert_same_tree(self.tree, target)

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
