#!/usr/bin/env python3
"""Cold packs: old data in another directory, judged by Debian's restic where it can reach them."""
import os
import pathlib
import random
import shutil
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import LIFEBOAT, main  # noqa: E402
from vault_ground import VaultTest  # noqa: E402

DAY = 24 * 3600


class Cold(VaultTest):
    def setUp(self):
        super().setUp()
        self.cold = self.root / "disk/cold"
        self.restic("init")
        # Three snapshots: two old ones, whose data differ, and one of now.
        self.trees = []
        for number, age in enumerate((100, 90, 0)):
            (self.tree / "large").write_bytes(random.Random(number).randbytes(12 << 20))
            (self.tree / "below/text").write_text(f"line {number}\n" * 5000)
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() - age * DAY))
            self.restic("backup", "--time", when, str(self.tree))
            kept = self.root / f"tree{number}"
            shutil.copytree(self.tree, kept, symlinks=True)
            self.trees.append(kept)
            for pack in (self.repository / "data").glob("*/*"):
                if time.time() - pack.stat().st_mtime < DAY:
                    os.utime(pack, (time.time() - age * DAY,) * 2)
        self.snapshots = [s["Id"] for s in sorted(self.look("snapshots"), key=lambda s: s["Time"])]

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
            failed = self.run_program(LIFEBOAT, "vault", "cool", "--older-than", "30d", *arguments)
            self.assertNotEqual(failed.returncode, 0, arguments)
            self.assertIn(word, failed.stderr)
        self.assertFalse((self.repository / "cold").exists())


if __name__ == "__main__":
    main()
