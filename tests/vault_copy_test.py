#!/usr/bin/env python3
"""Copies between repositories, what is counted in them, and progress, judged by Debian's restic."""
import json
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import LIFEBOAT, main  # noqa: E402
from repository_trial import RESTIC  # noqa: E402
from vault_ground import VaultTest  # noqa: E402


class Copies(VaultTest):
    def setUp(self):
        super().setUp()
        self.other = self.root / "other"
        self.to_other = ("--repo", str(self.other), "--from-repo", str(self.repository))
        self.environment["RESTIC_FROM_PASSWORD"] = "secret"
        self.restic("init")
        self.restic_backup(self.tree)
        (self.tree / "added").write_text("second\n" * 10000)
        self.backup(self.tree, "--tag", "ours")

    def init_other(self):
        self.look("init", *self.to_other, "--copy-chunker-params")

    def restic_at_other(self, *arguments):
        done = self.run_program(RESTIC, "-r", str(self.other), *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_snapshots_are_copied_once(self):
        self.init_other()
        config = [json.loads(run("cat", "config")) for run in (self.restic, self.restic_at_other)]
        self.assertEqual(config[0]["chunker_polynomial"], config[1]["chunker_polynomial"])
        self.assertNotEqual(config[0]["id"], config[1]["id"])
        done = self.look("copy", *self.to_other)
        self.assertEqual((len(done["Copied"]), done["Skipped"]), (2, []))
        self.restic_at_other("check", "--read-data")
        mine, theirs = (json.loads(run("snapshots", "--json")) for run in (self.restic, self.restic_at_other))
        self.assertEqual([s["id"] for s in mine], [s["original"] for s in theirs])
        for a, b in zip(mine, theirs):
            self.assertEqual([a.get(k) for k in ("time", "tree", "paths", "hostname", "tags")],
                             [b.get(k) for k in ("time", "tree", "paths", "hostname", "tags")])
        self.restic_at_other("restore", "latest", "--target", str(self.root / "restored"))
        self.assert_same_tree(self.tree, str(self.root / "restored") + str(self.tree))
        again = self.look("copy", *self.to_other)
        self.assertEqual((again["Copied"], len(again["Skipped"]), again["BytesAdded"]), ([], 2, 0))
        self.assertIn("skipping", self.restic_at_other("copy", "--from-repo", str(self.repository)))
        self.assertEqual(len(json.loads(self.restic_at_other("snapshots", "--json"))), 2)

    def test_copies_of_restic_are_known(self):
        self.init_other()
        self.restic_at_other("copy", "--from-repo", str(self.repository), "latest")
        done = self.look("copy", *self.to_other)
        self.assertEqual((len(done["Copied"]), len(done["Skipped"])), (1, 1))
        # Cut alike: a backup into the other one finds all its data there.
        here = dict(self.environment, RESTIC_REPOSITORY=str(self.other))
        saved = subprocess.run([LIFEBOAT, "vault", "backup", "--json", "--force", str(self.tree)], env=here,
                               capture_output=True, check=True)
        self.assertEqual(json.loads(saved.stdout)["DataBlobs"], 0)

    def test_a_killed_copy_is_finished_by_the_next(self):
        for point in ("vault.pack-written", "vault.index-written", "vault.copy.blobs-written",
                      "vault.store.before-publish:3"):
            with self.subTest(point=point):
                shutil.rmtree(self.other, ignore_errors=True)
                self.init_other()
                self.environment["LIFEBOAT_FAULTS"] = point + "=kill"
                done = self.run_program(LIFEBOAT, "vault", "copy", *self.to_other)
                self.assertEqual(done.returncode, -9, done.stderr)
                self.environment["LIFEBOAT_FAULTS"] = ""
                self.look("unlock")
                self.assertEqual(len(self.look("copy", *self.to_other)["Copied"]), 2)
                self.restic_at_other("check", "--read-data")

    def test_counts_are_those_of_restic(self):
        for mode in ("restore-size", "files-by-contents", "blobs-per-file", "raw-data"):
            for names in ((), ("latest",)):
                with self.subTest(mode=mode, names=names):
                    theirs = json.loads(self.restic("stats", "--json", "--mode", mode, *names))
                    mine = self.look("stats", "--mode", mode, *names)
                    self.assertEqual(mine["TotalSize"], theirs["total_size"])
                    if "TotalFileCount" in mine:
                        self.assertEqual(mine["TotalFileCount"], theirs["total_file_count"])
                    if "TotalBlobCount" in mine:
                        self.assertEqual(mine["TotalBlobCount"], theirs["total_blob_count"])
                    if mode == "raw-data":  # restic 0.14 does not say how much it was
                        self.assertGreater(mine["TotalUncompressedSize"], mine["TotalSize"])

    def test_programs_are_told_how_far_a_backup_is(self):
        with subprocess.Popen([LIFEBOAT, "vault", "backup", "--json", "--stdin"], env=self.environment,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            running.stdin.write(b"x" * (3 << 20))
            running.stdin.flush()
            # It waits for the end of its input, and says so.
            lines = [json.loads(running.stderr.readline()) for _ in range(2)]
            running.stdin.close()
            saved = json.loads(running.stdout.read())
            self.assertEqual(running.wait(), 0)
        self.assertEqual({line["message_type"] for line in lines}, {"status"})
        self.assertLess(lines[0]["seconds_elapsed"], lines[1]["seconds_elapsed"])
        self.assertGreaterEqual(lines[1]["bytes_done"], lines[0]["bytes_done"])
        self.assertEqual(saved["FilesNew"], 1)


main()
