#!/usr/bin/env python3
"""The newest restic as the judge of backups of ours, in a repository both work in by turns."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from go_programs import newest_restic  # noqa: E402
from harness import main  # noqa: E402
from vault_ground import VaultTest  # noqa: E402


class NewestRestic(VaultTest):
    def setUp(self):
        self.restic_program = newest_restic()
        super().setUp()
        self.make_odd_tree()

    def test_it_finds_our_backups_whole(self):
        self.look("init")
        first = self.backup(self.tree)["SnapshotId"]
        (self.tree / "below/text").write_text("other\n" * 3000)
        second = self.backup(self.tree)["SnapshotId"]
        self.restic("check", "--read-data")
        changes = [json.loads(line) for line in self.restic("diff", "--json", first, second).splitlines()]
        # Directories above may have changed, with what others do there.
        self.assertIn(str(self.tree / "below/text"),
                      [c["path"] for c in changes if c["message_type"] == "change" and "M" in c["modifier"]])
        self.assertEqual([c["path"] for c in changes if c.get("modifier") in ("+", "-")], [])
        self.restic("restore", second, "--target", str(self.root / "restored"))
        self.assert_same_tree(self.tree, str(self.root / "restored") + str(self.tree))

    def test_each_takes_the_others_backup_for_its_parent(self):
        self.look("init")
        ours = self.backup(self.tree)
        summary = json.loads(self.restic("backup", "--json", str(self.tree)).splitlines()[-1])
        self.assertEqual((summary["files_new"], summary["files_changed"]), (0, 0))
        self.assertEqual(summary["files_unmodified"], ours["FilesNew"])
        self.assertEqual(summary["data_blobs"], 0)
        again = self.backup(self.tree)
        self.assertEqual((again["FilesNew"], again["FilesChanged"], again["DataBlobs"]), (0, 0, 0))
        self.assertEqual(self.tree_of(again["SnapshotId"]), self.tree_of(self.latest()))

    def test_it_keeps_what_we_keep_in_order(self):
        self.look("init")
        for number in range(3):
            (self.tree / "changing").write_text(str(number) * 100000)
            self.backup(self.tree)
        self.look("forget", "--keep-last", "2")
        self.assertEqual(len(json.loads(self.restic("snapshots", "--json"))), 2)
        self.look("prune", "--margin", "0")
        self.restic("check", "--read-data")
        self.restic("forget", "--keep-last", "1", "--prune")
        self.restic("repair", "index")
        self.assertEqual(self.check("--read-data")["Damage"], [])
        self.restore(f"latest:{self.tree}", "--target", self.root / "restored", "--devices", "--verify")
        self.assert_same_tree(self.tree, self.root / "restored")

    def test_its_counts_are_ours(self):
        self.look("init")
        self.backup(self.tree)
        for mode in ("restore-size", "files-by-contents", "blobs-per-file", "raw-data"):
            theirs = json.loads(self.restic("stats", "--json", "--mode", mode))
            mine = self.look("stats", "--mode", mode)
            self.assertEqual(mine["TotalSize"], theirs["total_size"], mode)
        self.assertEqual(mine["TotalUncompressedSize"], theirs["total_uncompressed_size"])


main()
