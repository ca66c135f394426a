#!/usr/bin/env python3
"""Cold packs, in another directory and in S3's storage classes, judged by Debian's restic and AWS CLI where
they can reach them."""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import AWS, LIFEBOAT, Server, main  # noqa: E402
from vault_ground import VaultTest  # noqa: E402

DAY = 24 * 3600


class ColdTest(VaultTest):
    def setUp(self):
        super().setUp()
        self.cold = self.root / "disk/cold"

    def fill(self, after_backup=lambda age: None):
        """Three snapshots: two old ones, whose data differ, and one of now."""
        self.restic("init")
        self.trees = []
        for number, age in enumerate((100, 90, 0)):
            (self.tree / "large").write_bytes(random.Random(number).randbytes(12 << 20))
            (self.tree / "below/text").write_text(f"line {number}\n" * 5000)
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() - age * DAY))
            self.restic("backup", "--time", when, str(self.tree))
            kept = self.root / f"tree{number}"
            shutil.copytree(self.tree, kept, symlinks=True)
            self.trees.append(kept)
            after_backup(age)
        self.snapshots = [s["Id"] for s in sorted(self.look("snapshots"), key=lambda s: s["Time"])]


class ColdDirectory(ColdTest):
    def setUp(self):
        super().setUp()
        self.fill(self.make_packs_old)

    def make_packs_old(self, age):
        for pack in (self.repository / "data").glob("*/*"):
            if time.time() - pack.stat().st_mtime < DAY:
                os.utime(pack, (time.time() - age * DAY,) * 2)

    def cool(self, *arguments, **more):
        return self.look("cool", "--older-than", "30d", *arguments, **more)

    def packs(self, root):
        return {path.name for path in (root / "data").glob("*/*")}

    def test_old_data_goes_to_another_disk_and_comes_back_in_restores(self):
        before = self.packs(self.repository)
        self.cool(code=2)  # where to?
        planned = self.cool("--cold", self.cold, "--dry-run")
        self.assertFalse(self.cold.exists())
        done = self.cool("--cold", self.cold)
        self.assertEqual({**planned, "DryRun": False}, done)
        self.assertGreater(done["BytesMoved"], 24 << 20)
        self.assertEqual(len(self.packs(self.cold)), done["PacksMoved"])
        self.assertEqual(self.packs(self.repository) | self.packs(self.cold), before)
        self.assertFalse(self.packs(self.repository) & self.packs(self.cold))
        self.assertEqual(self.cool()["PacksMoved"], 0)
        # Trees are hot: looking needs no cold disk, nor do backups; restic finds what is young.
        os.rename(self.cold, self.root / "away")
        for snapshot in self.snapshots:
            self.assertTrue(self.look("ls", snapshot))
        self.backup(self.tree)
        self.restic("restore", "latest", "--target", str(self.root / "by restic"))
        self.assert_same_tree(self.tree, str(self.root / "by restic") + str(self.tree))
        self.restore(f"latest:{self.tree}", "--target", self.root / "by us")
        self.assert_same_tree(self.tree, self.root / "by us")
        failed = self.run_program(LIFEBOAT, "vault", "restore", self.snapshots[0], "--target", str(self.root / "no"))
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn(str(self.cold), failed.stderr)
        self.assertFalse((self.root / "no").exists())
        for verb in (["prune"], ["check"], ["repair", "index"]):
            failed = self.run_program(LIFEBOAT, "vault", *verb)
            self.assertNotEqual(failed.returncode, 0)
            self.assertIn("ColdDirectoryAway", failed.stderr)
        # Here it is again, and everything is as it was.
        os.rename(self.root / "away", self.cold)
        self.assertEqual(self.check("--read-data")["Damage"], [])
        for number, snapshot in enumerate(self.snapshots):
            target = self.root / f"restored{number}"
            report = self.restore(f"{snapshot}:{self.tree}", "--target", target)
            cold = {one["StorageClass"]: one["Packs"] for one in report["Cold"]}
            self.assertEqual("cold" in cold, number < 2)
            self.assert_same_tree(self.trees[number], target)
        # One small file of an old snapshot needs one pack.
        report = self.restore(f"{self.snapshots[0]}:{self.tree}", "--include", "/below/text", "--dry-run",
                              "--target", self.root / "one")
        self.assertLessEqual(sum(one["Packs"] for one in report["Cold"]), 1)
        self.assertEqual(self.look("thaw", self.snapshots[0])["Ready"], True)

    def test_restic_reads_all_when_both_are_put_together(self):
        self.cool("--cold", self.cold)
        together = self.root / "together"
        shutil.copytree(self.repository, together, symlinks=True)
        shutil.copytree(self.cold / "data", together / "data", dirs_exist_ok=True)
        self.environment["RESTIC_REPOSITORY"] = str(together)
        self.restic("check", "--read-data")

    def test_forget_and_prune_give_cold_room_back(self):
        self.cool("--cold", self.cold)
        before = len(self.packs(self.cold))
        self.look("forget", self.snapshots[0])
        self.look("prune", "--margin", "0")
        self.assertLess(len(self.packs(self.cold)), before)
        self.assertEqual(self.check("--read-data")["Damage"], [])
        target = self.root / "restored"
        self.restore(f"{self.snapshots[1]}:{self.tree}", "--target", target)
        self.assert_same_tree(self.trees[1], target)

    def test_a_kill_at_any_point_loses_nothing(self):
        points = ("vault.cold.made", "vault.store.before-publish", "vault.store.after-publish",
                  "vault.cool.copied", "vault.store.before-remove", "vault.cool.moved")
        for point in points:
            with self.subTest(point):
                self.environment["LIFEBOAT_FAULTS"] = f"{point}=kill"
                done = self.run_program(LIFEBOAT, "vault", "cool", "--older-than", "30d", "--cold", str(self.cold))
                self.environment["LIFEBOAT_FAULTS"] = ""
                self.assertEqual(done.returncode, -signal.SIGKILL, (point, done.stderr))
                self.assertEqual(self.check("--read-data")["Damage"], [])
        self.cool("--cold", self.cold)
        self.assertFalse(self.packs(self.repository) & self.packs(self.cold))
        target = self.root / "restored"
        self.restore(f"{self.snapshots[0]}:{self.tree}", "--target", target)
        self.assert_same_tree(self.trees[0], target)

    def test_mistakes_are_told(self):
        other = self.root / "other"
        self.environment["RESTIC_REPOSITORY"] = str(other)
        self.restic("init")
        self.cool("--cold", self.cold)
        self.environment["RESTIC_REPOSITORY"] = str(self.repository)
        for arguments, word in (
                (["--cold", str(self.cold)], "another repository"),
                (["--cold", str(self.root / "x"), "--storage-class", "GLACIER"], "--storage-class"),
                (["--storage-class", "GLACIER"], "directory"),
                (["--storage-class", "WARM"], "WARM")):
            for dry in ((), ("--dry-run",)):
                failed = self.run_program(LIFEBOAT, "vault", "cool", "--older-than", "30d", *arguments, *dry)
                self.assertNotEqual(failed.returncode, 0, arguments)
                self.assertIn(word, failed.stderr)
        self.assertFalse((self.repository / "cold").exists())
        # Nothing is made for who has not got the password, nor of the repository itself.
        before = self.packs(self.repository)
        self.environment["RESTIC_PASSWORD"] = "wrong"
        self.cool("--cold", self.root / "never", code=6)
        self.environment["RESTIC_PASSWORD"] = "secret"
        self.assertFalse((self.root / "never").exists())
        self.cool("--cold", self.repository, code=2)
        self.cool("--cold", self.repository, "--dry-run", code=2)
        self.assertEqual(self.packs(self.repository), before)


class ColdArea(ColdTest):
    def test_a_server_follows_the_link(self):
        server = Server()
        self.addCleanup(server.close)
        server.lifeboat("vault", "area", "create", "team")
        token = server.lifeboat("vault", "token", "create", "team", "--right", "admin")
        host = server.endpoint.split("//")[1]
        area = f"rest:http://{token['Id']}:{token['Secret']}@{host}/vault/team/"
        directory = pathlib.Path(server.data) / "vault/team/repository"

        def make_packs_old(age):
            for pack in (directory / "data").glob("*/*"):
                if time.time() - pack.stat().st_mtime < DAY:
                    os.utime(pack, (time.time() - age * DAY,) * 2)
        self.environment["RESTIC_REPOSITORY"] = area
        self.fill(make_packs_old)
        cool = ("cool", "--older-than", "30d", "--cold", self.cold)
        self.look(*cool, code=2)  # not through the server
        done = self.look(*cool, "--repo", directory)
        self.assertGreater(done["BytesMoved"], 24 << 20)
        # restic sees one repository.
        self.restic("check", "--read-data")
        self.restic("restore", self.snapshots[0], "--target", str(self.root / "restored"))
        self.assert_same_tree(self.trees[0], str(self.root / "restored") + str(self.tree))
        before = len(list((self.cold / "data").glob("*/*")))
        self.restic("forget", "--prune", self.snapshots[0])
        self.assertLess(len(list((self.cold / "data").glob("*/*"))), before)
        self.restic("check", "--read-data")


@unittest.skipUnless(AWS, "the AWS CLI is not installed")
class ColdBucket(ColdTest):
    RESTORE_SECONDS = 3

    def setUp(self):
        super().setUp()
        self.server = Server(config=f"[local.s3]\nrestore_seconds = {self.RESTORE_SECONDS}\n")
        self.addCleanup(self.server.close)
        self.server.aws("s3api", "create-bucket", "--bucket", "team")
        self.environment["RESTIC_REPOSITORY"] = f"s3:{self.server.endpoint}/team/a b"
        for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            self.environment[key] = self.server.credentials[key]
        self.fill()

    def classes(self):
        found = {}
        for one in self.server.aws("s3api", "list-objects-v2", "--bucket", "team")["Contents"]:
            kind = one["Key"].split("/")[1]
            found.setdefault(one["StorageClass"], set()).add(kind)
        return found

    def target(self, name):
        return self.root / name

    def test_frozen_packs_are_thawed_when_that_is_asked_for(self):
        self.look("cool", "--older-than", "0h", code=2)  # to which class?
        done = self.look("cool", "--older-than", "0h", "--storage-class", "DEEP_ARCHIVE")
        self.assertEqual(done["PacksMoved"], 2)
        self.assertGreater(done["BytesMoved"], 24 << 20)
        self.assertEqual(self.classes()["DEEP_ARCHIVE"], {"data"})
        # Looking, backing up, restoring what is young: by restic, too.
        self.assertTrue(self.look("ls", self.snapshots[0]))
        (self.tree / "new").write_text("new")
        self.backup(self.tree)
        self.restic("restore", "latest", "--target", str(self.target("by restic")))
        self.assert_same_tree(self.tree, str(self.target("by restic")) + str(self.tree))
        checked = self.check("--read-data")
        self.assertEqual((checked["Damage"], checked["PacksFrozen"]), ([], 2))
        # What is frozen is told before anything is written.
        part = f"{self.snapshots[0]}:{self.tree}"
        failed = self.run_program(LIFEBOAT, "vault", "restore", part, "--target", str(self.target("one")))
        self.assertEqual(failed.returncode, 2, failed.stderr)
        for word in ("DEEP_ARCHIVE", "1 packs", "up to 12 hours", "--thaw"):
            self.assertIn(word, failed.stderr)
        self.assertFalse(self.target("one").exists())
        planned = self.restore(part, "--target", self.target("one"), "--dry-run")["Cold"]
        self.assertEqual([(one["Packs"], one["PacksFrozen"]) for one in planned], [(1, 1)])
        failed = self.run_program(LIFEBOAT, "vault", "restore", part, "--target", str(self.target("one")),
                                  "--thaw", "--thaw-tier", "expedited")
        self.assertIn("DEEP_ARCHIVE has no Expedited retrieval", failed.stderr)
        began = time.monotonic()
        self.restore(part, "--target", self.target("one"), "--thaw", "--thaw-tier", "bulk")
        self.assertGreater(time.monotonic() - began, self.RESTORE_SECONDS - 1)
        self.assert_same_tree(self.trees[0], self.target("one"))
        # It stays readable for some days; the other is asked for and restored later.
        self.restore(part, "--target", self.target("again"))
        asked = self.look("thaw", self.snapshots[1], "--dry-run")
        self.assertEqual(asked["Ready"], False)
        self.look("thaw", self.snapshots[1], code=2)  # without --yes
        asked = self.look("thaw", self.snapshots[1], "--yes", "--days", "2")
        self.assertEqual(asked["Ready"], False)
        thawed = self.look("thaw", self.snapshots[1], "--wait")
        self.assertEqual(thawed["Ready"], True)
        self.restore(f"{self.snapshots[1]}:{self.tree}", "--target", self.target("two"))
        self.assert_same_tree(self.trees[1], self.target("two"))

    def test_a_restore_that_was_killed_goes_on_with_its_thaw(self):
        self.look("cool", "--older-than", "0h", "--storage-class", "GLACIER")
        part = f"{self.snapshots[0]}:{self.tree}"
        self.environment["LIFEBOAT_FAULTS"] = "vault.thaw.asked=kill"
        done = self.run_program(LIFEBOAT, "vault", "restore", part, "--target", str(self.target("one")), "--thaw")
        self.environment["LIFEBOAT_FAULTS"] = ""
        self.assertEqual(done.returncode, -signal.SIGKILL)
        self.restore(part, "--target", self.target("one"), "--thaw")
        self.assert_same_tree(self.trees[0], self.target("one"))

    def test_a_wait_for_a_thaw_is_ended_by_a_signal_and_goes_on(self):
        self.look("cool", "--older-than", "0h", "--storage-class", "GLACIER")
        command = [LIFEBOAT, "vault", "restore", f"{self.snapshots[0]}:{self.tree}", "--thaw", "--target",
                   str(self.target("one"))]
        waiting = subprocess.Popen(command, env=self.environment, stderr=subprocess.PIPE, text=True)
        self.addCleanup(waiting.communicate)
        self.addCleanup(waiting.kill)
        self.assertIn("Waiting for the thaw of GLACIER", waiting.stderr.readline())
        waiting.send_signal(signal.SIGINT)
        _, said = waiting.communicate(timeout=60)
        self.assertEqual(waiting.returncode, 130, said)
        self.assertIn("the thaw goes on", said)
        self.assertEqual(self.restic("list", "locks", "--no-lock"), "")
        self.assertEqual(subprocess.run(command, env=self.environment, check=False).returncode, 0)
        self.assert_same_tree(self.trees[0], self.target("one"))

    def test_prune_leaves_frozen_packs_as_they_are(self):
        self.look("cool", "--older-than", "0h", "--storage-class", "GLACIER")
        before = self.classes()
        self.look("forget", self.snapshots[2])
        self.look("prune", "--margin", "0")
        self.assertEqual(self.classes().keys(), before.keys())
        self.look("forget", self.snapshots[0], self.snapshots[1])
        self.look("prune", "--margin", "0")
        self.assertEqual(self.classes().keys(), before.keys() - {"GLACIER"})

    def test_classes_without_a_thaw_are_read_at_once(self):
        self.look("cool", "--older-than", "0h", "--storage-class", "STANDARD_IA")
        self.assertEqual(self.classes()["STANDARD_IA"], {"data"})
        report = self.restore(f"{self.snapshots[0]}:{self.tree}", "--target", self.target("one"))
        self.assertEqual([one["StorageClass"] for one in report["Cold"]], ["STANDARD_IA"])
        self.assert_same_tree(self.trees[0], self.target("one"))
        # And may go on to a colder one.
        done = self.look("cool", "--older-than", "0h", "--storage-class", "GLACIER")
        self.assertEqual(done["PacksMoved"], 2)
        self.assertEqual(self.look("cool", "--older-than", "0h", "--storage-class", "STANDARD_IA")["PacksMoved"], 0)
        self.restic("check")


if __name__ == "__main__":
    main()
