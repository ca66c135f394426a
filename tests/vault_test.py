#!/usr/bin/env python3
"""Backups and restores of the vault and of Debian's restic, each judged by the other."""
import json
import os
import pathlib
import random
import shutil
import signal
import stat
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import LIFEBOAT, main, wait_for  # noqa: E402
from repository_trial import RESTIC  # noqa: E402
from vault_ground import VaultTest  # noqa: E402
from view_ground import HeldBackup, HeldVerb  # noqa: E402


NOBODY = 65534


class BesideRestic(VaultTest):
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

    def test_what_follows_an_option_is_no_value_of_it(self):
        self.restic("init")
        (self.tree / "some.tmp").write_text("x")
        done = self.backup("--exclude", "*.tmp", "--tag", "one", "--tag", "two", self.tree)
        self.assertEqual(json.loads(self.restic("cat", "snapshot", done["SnapshotId"]))["tags"], ["one", "two"])
        self.assertNotIn("some.tmp", self.restic("ls", done["SnapshotId"]))
        self.assertEqual([s["Id"] for s in self.look("snapshots", "--tag", "one")], [done["SnapshotId"]])

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

    def test_standard_input_dry_runs_and_absent_paths(self):
        self.restic("init")
        data = random.Random(3).randbytes(9 << 20)
        self.backup("--stdin", "--stdin-filename", "dump", input=data)
        dumped = subprocess.run([RESTIC, "dump", "latest", "/dump"], env=self.environment, capture_output=True,
                                check=True).stdout
        self.assertEqual(dumped, data)
        before = sorted(self.repository.rglob("*"))
        self.assertEqual(self.backup(self.tree, "--dry-run")["SnapshotId"], "")
        self.assertEqual(sorted(self.repository.rglob("*")), before)
        done = self.backup(self.tree, self.root / "absent", code=3)
        self.assertEqual([entry["Path"] for entry in done["Unreadable"]], [str(self.root / "absent")])
        self.backup(self.root / "absent", code=2)

    def test_what_a_command_prints_is_saved_only_when_it_succeeds(self):
        self.restic("init")
        large = self.tree / "large"
        self.backup("--stdin-from-command", "--stdin-filename", "dump", "--tag", "t", "--", "cat", "--", large)
        dumped = subprocess.run([RESTIC, "dump", "latest", "/dump"], env=self.environment, capture_output=True,
                                check=True).stdout
        self.assertEqual(dumped, large.read_bytes())
        self.restic("check", "--read-data")
        self.backup("--stdin-from-command", "--stdin-filename", "told", "--", "sh", "-c",
                    "echo $HOME,$RESTIC_PASSWORD,")
        told = subprocess.run([RESTIC, "dump", "latest", "/told"], env=self.environment, capture_output=True,
                              text=True, check=True).stdout
        self.assertEqual(told, f"{self.environment['HOME']},,\n")
        snapshots = sorted((self.repository / "snapshots").iterdir())
        for script in ("head -c 9000000 /dev/urandom; exit 7", "echo half; kill -9 $$"):
            for dry in ((), ("--dry-run",)):
                self.backup("--stdin-from-command", *dry, "--", "sh", "-c", script, code=7)
        self.backup("--stdin-from-command", "--", "/no/such/program", code=4)
        self.backup("--stdin-from-command", code=2)
        for choice in (("--exclude", "*.tmp"), ("--read-special",), ("--exclude-larger-than", "1M")):
            self.backup("--stdin-from-command", *choice, "--", "true", code=2)
        self.backup("--stdin-from-command", "--stdin", "--", "true", code=2)
        self.assertEqual(sorted((self.repository / "snapshots").iterdir()), snapshots)
        self.assertEqual(list((self.repository / "locks").iterdir()), [])
        self.restic("check", "--read-data")

    def test_a_block_device_that_is_named_is_a_file_of_its_content(self):
        image = self.root / "image"
        content = random.Random(5).randbytes(3 << 20) + bytes(9 << 20) + b"end".ljust(512, b"\1")
        image.write_bytes(content)
        loop = subprocess.run(["losetup", "--find", "--show", "--read-only", str(image)], capture_output=True,
                              text=True, check=False)
        if loop.returncode != 0:
            self.skipTest("no loop device: " + loop.stderr.strip())
        device = loop.stdout.strip()
        self.addCleanup(subprocess.run, ["losetup", "--detach", device], check=True)
        self.restic("init")
        for _ in range(2):
            self.assertEqual(self.backup("--read-special", device)["BytesProcessed"], len(content))
            self.restic("restore", "latest", "--target", str(self.root / "out"))
            self.assertEqual((self.root / "out" / device[1:]).read_bytes(), content)
        self.restic("check", "--read-data")
        self.backup(device)
        self.assertIn('"type":"dev"', self.restic("ls", "--json", "latest", device))

    def test_a_signal_leaves_no_lock_and_the_next_run_goes_on(self):
        self.restic("init")
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                held = HeldBackup(self, self.tree)
                held.process.send_signal(number)
                wait_for("the signal to be heard", lambda: "stopping" in held.process.stderr.readline())
                code, _, said = held.release()
                self.assertEqual(code, 130, said)
                self.assertEqual(self.restic("list", "locks", "--no-lock"), "")
        self.assertEqual(self.backup(self.tree)["Unreadable"], [])
        self.restic("check", "--read-data")

    def test_a_signal_stops_what_changes_a_repository_and_leaves_no_lock(self):
        self.restic("init")
        self.backup(self.tree)
        (self.tree / "large").write_bytes(b"other")
        self.backup(self.tree)
        self.restic("forget", "--keep-last", "1")
        other = self.root / "other"
        self.environment["RESTIC_FROM_PASSWORD"] = password = self.environment["RESTIC_PASSWORD"]
        self.assertEqual(self.run_program(LIFEBOAT, "vault", "init", "--repo", str(other)).returncode, 0)
        for verb, *arguments in (["prune", "--margin", "0"],
                                 ["cool", "--older-than", "0h", "--newest-too", "--cold", self.root / "cold"],
                                 ["copy", "--repo", other, "--from-repo", self.repository]):
            with self.subTest(verb):
                if verb == "cool":
                    (self.root / "cold").mkdir()
                held = HeldVerb(self, verb, "--password-file", *arguments, content=password)
                held.process.send_signal(signal.SIGINT)
                wait_for("the signal to be heard", lambda: "stopping" in held.process.stderr.readline())
                code, _, said = held.release()
                self.assertEqual(code, 130, said)
                for repository in (self.repository, other):
                    self.assertEqual(list((repository / "locks").iterdir()), [])
                again = self.run_program(LIFEBOAT, "vault", verb, *map(str, arguments))
                self.assertEqual(again.returncode, 0, again.stderr)
                self.assertEqual(self.check("--read-data")["Damage"], [])

    def test_a_file_comes_back_as_a_stream(self):
        self.restic("init")
        self.restic_backup(self.tree)
        for path in (f"{self.tree}/large", f"{self.tree}/below/text", f"{self.tree}/empty"):
            done = subprocess.run([LIFEBOAT, "vault", "dump", "latest", path], env=self.environment,
                                  capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertEqual(done.stdout, pathlib.Path(path).read_bytes())
        done = subprocess.run([LIFEBOAT, "vault", "dump", f"latest:{self.tree}/below", "text"],
                              env=self.environment, capture_output=True, check=True)
        self.assertEqual(done.stdout, (self.tree / "below/text").read_bytes())
        for path, code, word in ((f"{self.tree}/none", 4, "no file"), (f"{self.tree}/below", 2, "restore"),
                                 (f"{self.tree}/link", 2, "symlink")):
            done = self.run_program(LIFEBOAT, "vault", "dump", "latest", path)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(word, done.stderr)
            self.assertEqual(done.stdout, "")
        dumping = subprocess.Popen([LIFEBOAT, "vault", "dump", "latest", f"{self.tree}/large"], env=self.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        self.assertEqual(len(dumping.stdout.read(1)), 1)
        dumping.send_signal(signal.SIGINT)
        self.assertIn(b"stopping", dumping.stderr.readline())
        rest, said = dumping.communicate()
        self.assertEqual(dumping.returncode, 130, said)
        self.assertLess(len(rest), (self.tree / "large").stat().st_size - 1)
        self.assertEqual(list((self.repository / "locks").iterdir()), [])
        # Nobody reads it.
        done = self.run_program("sh", "-c", f'"$0" vault dump latest {self.tree}/large | true', LIFEBOAT)
        self.assertNotIn("terminate", done.stderr)

    def test_a_block_device_comes_back_onto_another(self):
        content = random.Random(6).randbytes(3 << 20) + bytes(2 << 20)
        devices = {}
        for name, size in (("from", len(content)), ("to", 8 << 20), ("small", 1 << 20)):
            image = self.root / name
            image.write_bytes(content if name == "from" else b"\xff" * size)
            loop = subprocess.run(["losetup", "--find", "--show", str(image)], capture_output=True, text=True,
                                  check=False)
            if loop.returncode != 0:
                self.skipTest("no loop device: " + loop.stderr.strip())
            devices[name] = loop.stdout.strip()
            self.addCleanup(subprocess.run, ["losetup", "--detach", devices[name]], check=True)
        self.restic("init")
        self.backup("--read-special", devices["from"])
        dump = ("dump", "latest", devices["from"], "--device")
        self.look(*dump, devices["to"], code=2)  # without --yes
        self.look(*dump, devices["to"], "--dry-run")
        self.look(*dump, devices["small"], "--yes", code=8)
        self.look(*dump, self.root / "to", "--yes", code=2)  # no device
        held = os.open(devices["to"], os.O_RDWR | os.O_EXCL)  # as a mount does
        self.look(*dump, devices["to"], "--yes", code=5)
        os.close(held)
        self.assertEqual((self.root / "to").read_bytes(), b"\xff" * (8 << 20))
        done = self.look(*dump, devices["to"], "--yes", "--verify")
        self.assertEqual((done["BytesWritten"], done["Verified"]), (len(content), True))
        self.assertEqual((self.root / "to").read_bytes(), content + b"\xff" * (3 << 20))

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
        foreseen = self.restore(latest, "--target", target, "--mode", "in-place", "--delete", "--dry-run")
        self.assertEqual((foreseen["Extra"], foreseen["Removed"]), (["/extra"], 2))
        self.assertEqual(foreseen["Files"] - foreseen["FilesUnchanged"], 2)
        self.assertTrue((target / "extra/file").exists())
        done = self.restore(latest, "--target", target, "--mode", "in-place", "--delete")
        self.assertGreater(done["BytesReused"], 3 << 20)
        self.assertEqual(done["Removed"], 2)
        self.assert_same_tree(self.tree, target)

    def test_files_are_restored_over_ones_their_owner_may_not_read(self):
        self.restic("init")
        mine = self.root / "mine"
        mine.mkdir()
        for name in ("changed", "same"):
            (mine / name).write_text("saved")
        saved = self.backup(mine)["SnapshotId"]
        (mine / "changed").write_text("changed")
        self.root.chmod(0o755)
        for root in (mine, self.repository):
            for path in (root, *root.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        for name in ("changed", "same"):
            (mine / name).chmod(0o200)
        for verifying in ((), ("--verify",)):
            done = subprocess.run([LIFEBOAT, "vault", "restore", "--json", f"{saved}:{mine}", "--target", str(mine),
                                   "--mode", "in-place", *verifying], env=self.environment, capture_output=True,
                                  text=True, check=False, user=NOBODY, group=NOBODY, extra_groups=[])
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            for name in ("changed", "same"):
                self.assertEqual((mine / name).read_text(), "saved")
                self.assertEqual(stat.S_IMODE((mine / name).stat().st_mode), 0o644)
                (mine / name).chmod(0o200)

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
        for point in ("vault.restore.file", "vault.restore.file:3", "vault.restore.directory",
                      "vault.restore.file-made:2", "vault.restore.before-rename:2"):
            with self.subTest(point=point):
                target = self.root / "target"
                shutil.rmtree(target, ignore_errors=True)
                self.environment["LIFEBOAT_FAULTS"] = point + "=kill"
                done = self.run_program(LIFEBOAT, "vault", "restore", f"latest:{self.tree}", "--target", str(target))
                self.assertEqual(done.returncode, -9, done.stderr)
                self.environment["LIFEBOAT_FAULTS"] = ""
                self.restore(f"latest:{self.tree}", "--target", target)
                self.assert_same_tree(self.tree, target)


main()
