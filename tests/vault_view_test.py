#!/usr/bin/env python3
"""Backups from a snapshot of the file system: on a real btrfs, judged by Debian's restic."""
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import LIFEBOAT, main, wait_for  # noqa: E402
from loop_disk import LoopDisk  # noqa: E402
from vault_ground import VaultTest  # noqa: E402
from view_ground import HeldBackup, ViewTest  # noqa: E402

NOBODY = 65534


class OnBtrfs(ViewTest):
    def setUp(self):
        super().setUp()
        self.disk = LoopDisk(self, self.root, "btrfs")
        self.top = self.disk.mount(self.root / "top")
        self.make_subvolume(self.top / "@home")
        self.home = self.disk.mount(self.root / "home", "subvol=@home")
        shutil.move(str(self.tree), self.home / "user")
        self.tree = self.home / "user"
        self.restic("init")

    def make_subvolume(self, path):
        self.disk.run("btrfs", "subvolume", "create", str(path))

    def views(self):
        """The names of the views that are there."""
        return [name for name in os.listdir(self.top) if "lifeboat-view" in name]

    def test_what_is_restored_is_the_tree_of_the_moment_the_view_was_made(self):
        self.make_odd_tree(with_raw_link=False)  # whose target restic 0.14 does not keep
        self.require_the_moment("--use-fs-snapshot=btrfs")
        # Without a view the same shows what was done meanwhile.
        held = HeldBackup(self, self.tree)
        self.assertEqual(self.views(), [])
        (self.tree / "below/text").write_text("written even later\n")
        code, out, err = held.release()
        self.assertEqual(code, 0, err)
        got = self.restored(json.loads(out)["SnapshotId"])
        self.assertEqual((got / "below/text").read_text(), "written even later\n")
        self.assert_same_tree(self.tree, got)

    def test_backups_with_and_without_a_view_are_one_series(self):
        self.make_odd_tree()
        before = self.home.stat().st_mtime_ns
        plain = self.backup(self.tree)
        for option in ("--use-fs-snapshot", "--use-fs-snapshot=none", "--use-fs-snapshot=btrfs"):
            again = self.backup(self.tree, option)
            self.assertEqual((again["FilesNew"], again["FilesChanged"]), (0, 0), option)
            self.assertEqual(again["FilesUnmodified"], plain["FilesNew"])
            self.assertEqual(self.tree_of(again["SnapshotId"]), self.tree_of(plain["SnapshotId"]), option)
            self.assertEqual(len(again["FileSystemSnapshots"]), 0 if option.endswith("none") else 1)
        theirs = json.loads(self.restic("backup", "--json", str(self.tree)).splitlines()[-1])
        self.assertEqual((theirs["files_new"], theirs["files_changed"]), (0, 0))
        snapshots = json.loads(self.restic("snapshots", "--json"))
        self.assertEqual({tuple(one["paths"]) for one in snapshots}, {(str(self.tree),)})
        self.assertEqual([one.get("parent") for one in snapshots], [None] + [one["id"] for one in snapshots[:-1]])
        self.assertEqual(self.home.stat().st_mtime_ns, before, "the subvolume's own directory was changed")

    def test_what_a_view_does_not_have_is_read_where_it_is_and_named(self):
        self.make_subvolume(self.tree / "nested")
        (self.tree / "nested/file").write_text("in the subvolume")
        self.make_subvolume(self.tree / "nested/deeper")
        (self.tree / "nested/deeper/file").write_text("further down")
        self.make_subvolume(self.tree / "excluded")
        (self.tree / "mounted").mkdir()
        (self.tree / "mounted/hidden").write_text("below the mount")
        self.disk.run("mount", "-t", "tmpfs", "none", str(self.tree / "mounted"))
        self.addCleanup(self.disk.run, "umount", str(self.tree / "mounted"))
        (self.tree / "mounted/file").write_text("on the mount")
        plain = self.backup(self.tree, "--exclude", "excluded")
        done = self.backup(self.tree, "--exclude", "excluded", "--use-fs-snapshot")
        self.assertEqual(sorted(done["ReadLive"]), [str(self.tree / "mounted"), str(self.tree / "nested")])
        self.assertEqual((done["FilesNew"], done["FilesChanged"]), (0, 0))
        self.assertEqual(self.tree_of(done["SnapshotId"]), self.tree_of(plain["SnapshotId"]))
        told = self.run_program(LIFEBOAT, "vault", "backup", str(self.tree), "--use-fs-snapshot")
        self.assertIn(f"does not have it: {self.tree}/nested\n", told.stderr)
        # As another file system each is one empty directory.
        plain = self.backup(self.tree, "-x")
        done = self.backup(self.tree, "-x", "--use-fs-snapshot")
        self.assertEqual((done["ReadLive"], done["FilesNew"]), ([], 0))
        self.assertEqual(self.tree_of(done["SnapshotId"]), self.tree_of(plain["SnapshotId"]))
        self.assertNotIn("file", self.restic("ls", done["SnapshotId"]).replace(str(self.root), ""))

    def test_what_a_view_does_not_have_has_its_own_when_it_is_named(self):
        self.make_subvolume(self.tree / "nested")
        (self.tree / "nested/file").write_text("before")
        self.backup(self.tree, self.tree / "nested")
        held = HeldBackup(self, "--use-fs-snapshot=btrfs", self.tree, self.tree / "nested")
        self.assertEqual(len(self.views()), 2)
        (self.tree / "nested/file").write_text("after")
        code, out, err = held.release()
        self.assertEqual(code, 0, err)
        done = json.loads(out)
        self.assertEqual((done["ReadLive"], done["FilesNew"], done["FilesChanged"]), ([], 0, 0))
        self.assertEqual((self.restored(done["SnapshotId"]) / "nested/file").read_text(), "before")

    def test_whatever_is_named_is_found_in_the_view(self):
        bound = self.root / "bound"
        bound.mkdir()
        self.disk.run("mount", "--bind", str(self.tree / "below"), str(bound))
        self.addCleanup(self.disk.run, "umount", str(bound))
        (self.root / "way").symlink_to(self.tree)
        for paths in ([self.home], [self.top], [self.top / "@home"], [self.tree / "below/text"], [self.tree / "link"],
                      [bound], [bound / "text"], [self.root / "way/below"], [self.tree / "below", self.tree / "large"]):
            with self.subTest(paths=paths):
                plain = self.backup(*paths)
                done = self.backup(*paths, "--use-fs-snapshot=btrfs")
                self.assertEqual(len(done["FileSystemSnapshots"]), 1)
                self.assertEqual((done["FilesNew"], done["FilesChanged"]), (0, 0))
                self.assertEqual(done["FilesUnmodified"], plain["FilesNew"] + plain["FilesUnmodified"])
                self.assertEqual(self.restic("ls", done["SnapshotId"]).splitlines()[1:],
                                 self.restic("ls", plain["SnapshotId"]).splitlines()[1:])
                self.assertEqual(self.views(), [])
        os.chdir(self.tree / "below")
        self.addCleanup(os.chdir, "/")
        for path in (".", "text", "..", "../large", "../../user/below"):
            with self.subTest(path=path):
                self.backup(path)
                done = self.backup(path, "--use-fs-snapshot=btrfs")
                self.assertEqual((done["FilesNew"], done["FilesChanged"]), (0, 0))
                self.assertEqual(len(done["FileSystemSnapshots"]), 1)
        several = self.backup(self.tree / "below", self.top, "--use-fs-snapshot")
        self.assertEqual(len(several["FileSystemSnapshots"]), 2)

    def test_a_view_that_a_killed_run_left_goes_with_the_next(self):
        # Whatever path of the file system the next one takes.
        self.require_no_leftover(
            ("os.view.btrfs.unclaimed", "os.view.made", "vault.backup.file", "vault.backup.tree",
             "vault.backup.snapshot-written", "os.view.before-remove"), "--use-fs-snapshot", self.top / "@home")

    def test_a_view_that_is_read_is_left_to_its_reader_and_so_is_what_only_looks_like_one(self):
        name = ".lifeboat-view-0123456789abcdef"
        self.make_subvolume(self.top / name)
        (self.top / name / "file").write_text("mine")
        (self.top / ".lifeboat-view-fedcba9876543210").mkdir()
        held = HeldBackup(self, "--use-fs-snapshot", self.tree)
        view = next(one for one in self.views() if one not in (name, ".lifeboat-view-fedcba9876543210"))
        done = self.backup(self.top, "--use-fs-snapshot")
        self.assertEqual(len(self.views()), 3)
        listed = self.restic("ls", done["SnapshotId"])
        self.assertNotIn(view, listed)
        self.assertIn(f"/{name}/file", listed)
        self.assertIn("/.lifeboat-view-fedcba9876543210", listed)
        code, _, err = held.release()
        self.assertEqual(code, 0, err)
        self.assertEqual(len(self.views()), 2)
        self.assertEqual((self.top / name / "file").read_text(), "mine")

    def test_a_view_goes_when_the_backup_is_stopped_or_fails(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                held = HeldBackup(self, "--use-fs-snapshot", self.tree)
                held.process.send_signal(number)
                wait_for("the signal to be heard", lambda: "stopping" in held.process.stderr.readline())
                code, _, err = held.release()
                self.assertEqual(code, 130, err)
                self.assertEqual(self.views(), [])
                self.assertEqual(self.restic("list", "locks", "--no-lock"), "")
        for script, code in (("vault.pack-written=enospc", 8), ("vault.backup.snapshot-written=error", 7)):
            with self.subTest(script=script):
                self.environment["LIFEBOAT_FAULTS"] = script
                done = self.run_program(LIFEBOAT, "vault", "backup", str(self.tree), "--use-fs-snapshot")
                self.environment["LIFEBOAT_FAULTS"] = ""
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertEqual(self.views(), [])

    def test_a_second_signal_ends_it_at_once_and_the_next_run_removes_the_view(self):
        held = HeldBackup(self, "--use-fs-snapshot", self.tree)
        for word in ("stopping", "ended at once"):
            held.process.send_signal(signal.SIGINT)
            wait_for(word, lambda word=word: word in held.process.stderr.readline())
        self.assertEqual(held.process.wait(timeout=60), 130)
        self.assertEqual(len(self.views()), 1)
        self.backup(self.tree, "--use-fs-snapshot")
        self.assertEqual(self.views(), [])

    def test_a_view_that_cannot_be_removed_is_told(self):
        self.environment["LIFEBOAT_FAULTS"] = "os.view.before-remove=error"
        done = self.backup(self.tree, "--use-fs-snapshot", code=3)
        self.environment["LIFEBOAT_FAULTS"] = ""
        self.assertIn(done["SnapshotId"], self.restic("snapshots", "--json"))

    def test_a_repository_in_the_tree_itself_is_no_hindrance(self):
        self.repository = self.tree / "repository"
        self.environment["RESTIC_REPOSITORY"] = str(self.repository)
        self.restic("init")
        done = self.backup(self.tree, "--use-fs-snapshot", "--exclude", "repository")
        self.assertEqual(self.restored(done["SnapshotId"]).joinpath("below/text").read_text(), "line\n" * 5000)

    def test_a_dry_run_looks_at_a_view_and_leaves_nothing(self):
        done = self.backup(self.tree, "--use-fs-snapshot=btrfs", "--dry-run")
        self.assertEqual((done["SnapshotId"], done["FilesNew"]), ("", 3))
        self.assertEqual(self.views(), [])
        self.assertEqual(self.restic("snapshots", "--json").strip(), "[]")

    def test_what_a_device_holds_is_in_no_view(self):
        device = self.tree / "device"
        os.mknod(device, 0o600 | stat.S_IFBLK, os.stat(self.disk.device).st_rdev)
        done = self.run_program(LIFEBOAT, "vault", "backup", "--use-fs-snapshot=btrfs", "--read-special", str(device))
        self.assertEqual(done.returncode, 2, done.stderr)
        done = self.backup("--use-fs-snapshot", "--read-special", device, self.tree / "below")
        self.assertEqual((done["ReadLive"], done["FilesNew"]), ([str(device)], 2))
        self.assertEqual(self.views(), [])

    def test_who_may_not_make_a_view_gets_none(self):
        for path in (self.root, self.repository, *self.repository.rglob("*")):
            os.chmod(path, 0o777)
        environment = dict(self.environment, LIFEBOAT_DATA=str(self.root / "other"))
        for option, code in (("--use-fs-snapshot", 0), ("--use-fs-snapshot=btrfs", 6)):
            with self.subTest(option=option):
                done = subprocess.run([LIFEBOAT, "vault", "backup", "--json", str(self.tree), option],
                                      env=environment, capture_output=True, text=True, check=False,
                                      user=NOBODY, group=NOBODY, extra_groups=[])
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn("root", done.stderr)
                self.assertEqual(self.views(), [])


class WithoutSnapshots(VaultTest):
    """A file system that offers none: what the tests' folder lies on, where that is so."""

    def setUp(self):
        super().setUp()
        kind = subprocess.run(["stat", "--file-system", "--format", "%T", str(self.root)], capture_output=True,
                              text=True, check=True).stdout.strip()
        if kind in ("btrfs", "zfs"):
            self.skipTest(f"the temporary directory lies on {kind}")
        self.restic("init")

    def test_a_named_view_that_is_not_possible_is_an_error_before_anything_is_written(self):
        before = sorted(self.repository.rglob("*"))
        done = self.run_program(LIFEBOAT, "vault", "backup", str(self.tree), "--use-fs-snapshot=btrfs")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("not btrfs", done.stderr)
        self.assertEqual(sorted(self.repository.rglob("*")), before)

    def test_without_a_name_it_is_read_as_it_is_and_told(self):
        told = self.run_program(LIFEBOAT, "vault", "backup", "--use-fs-snapshot", str(self.tree))
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("offers no snapshot", told.stderr)
        done = self.backup(self.tree, "--use-fs-snapshot")
        self.assertEqual((done["ReadLive"], done["FilesNew"], done["FileSystemSnapshots"]), ([str(self.tree)], 0, []))

    def test_streams_and_unknown_kinds_are_refused(self):
        for arguments in (["--use-fs-snapshot", "--stdin"], ["--use-fs-snapshot=vss", str(self.tree)],
                          ["--use-fs-snapshot", "--stdin-from-command", "--", "true"]):
            done = self.run_program(LIFEBOAT, "vault", "backup", *arguments)
            self.assertEqual(done.returncode, 2, done.stderr)


main()
