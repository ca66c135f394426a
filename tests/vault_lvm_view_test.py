#!/usr/bin/env python3
"""Backups from snapshots of volumes, judged by Debian's restic: real ext4 and XFS on a disk, of which LVM's commands,
played by scripts, make copies. (The kernels that tests run on mostly have no device mapper.)"""
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import LIFEBOAT, main  # noqa: E402
from loop_disk import LoopDisk  # noqa: E402
from view_ground import HeldBackup, ViewTest  # noqa: E402

# A disk plays the volume "vg/home", copies of it its snapshots. What is mounted cannot be removed, as in LVM.
COMMANDS = {
    "lvs": """
        for last; do :; done
        case "$*" in
        *vg_name,lv_name,pool_lv*) echo "  vg,home," ;;
        *lv_name,origin,lv_path*)
            for each in *.device; do [ ! -e "$each" ] || echo "  ${each%.device},home,$(cat "$each")"; done ;;
        *lv_path*) echo "  $(cat "${last#vg/}.device")" ;;
        esac""",
    "lvcreate": """
        while [ "$1" != --name ]; do shift; done
        trap 'fsfreeze --unfreeze "$point"' EXIT
        fsfreeze --freeze "$point"
        cp --sparse=always "$image" "$2.img"
        losetup --find --show "$2.img" > "$2.device" """,
    "lvremove": """
        name="${2#vg/}"
        device="$(cat "$name.device")"
        python3 -c 'import os, sys; os.open(sys.argv[1], os.O_RDONLY | os.O_EXCL)' "$device"
        losetup --detach "$device"
        rm "$name.device" "$name.img" """,
}


class OnVolumes(ViewTest):
    def set_up_disk(self, kind, size):
        disk = LoopDisk(self, self.root, kind, size)
        point = disk.mount(self.root / kind)
        self.volumes = self.root / "volumes"
        (self.volumes / "bin").mkdir(parents=True)
        for name, script in COMMANDS.items():
            program = self.volumes / "bin" / name
            program.write_text(f"#!/bin/sh -e\necho {name} \"$@\" >> {self.volumes}/calls\ncd {self.volumes}\n"
                               f"point={point}\nimage={disk.image}\n{script}\n")
            program.chmod(0o755)
        self.environment["PATH"] = f"{self.volumes}/bin:{os.environ['PATH']}"
        self.addCleanup(self.detach_what_is_left)
        shutil.move(str(self.tree), point / "user")
        self.tree = point / "user"
        self.restic("init")

    def views(self):
        return [file.name for file in self.volumes.glob("*.device")]

    def detach_what_is_left(self):
        for file in self.volumes.glob("*.device"):
            LoopDisk.run("losetup", "--detach", file.read_text().strip())

    def require_views(self, kind, size):
        self.set_up_disk(kind, size)
        self.make_odd_tree(with_raw_link=False)
        plain = self.backup(self.tree)
        done = self.backup(self.tree, "--use-fs-snapshot=lvm")
        self.assertEqual((done["FilesNew"], done["FilesChanged"]), (0, 0))
        self.assertEqual(self.tree_of(done["SnapshotId"]), self.tree_of(plain["SnapshotId"]))
        made = done["FileSystemSnapshots"][0].removeprefix("LVM snapshot vg/")
        self.assertEqual([call.split()[0] for call in (self.volumes / "calls").read_text().splitlines()],
                         ["lvs", "lvs", "lvcreate", "lvs", "lvremove"])
        self.assertIn(f"lvremove --yes vg/{made}\n", (self.volumes / "calls").read_text())
        self.require_the_moment("--use-fs-snapshot=lvm")

    def test_a_view_of_ext4_is_of_the_moment_it_was_made(self):
        self.require_views("ext4", 128 << 20)

    def test_a_view_of_xfs_is_of_the_moment_it_was_made(self):
        self.require_views("xfs", 320 << 20)

    def test_a_view_that_a_killed_run_left_goes_with_the_next(self):
        self.set_up_disk("ext4", 128 << 20)
        self.require_no_leftover(("os.view.lvm.unclaimed", "os.view.made", "vault.backup.file",
                                  "os.view.before-remove"), "--use-fs-snapshot=lvm", self.tree)

    def test_a_view_that_is_read_is_left_to_its_reader(self):
        self.set_up_disk("ext4", 128 << 20)
        held = HeldBackup(self, "--use-fs-snapshot=lvm", self.tree)
        self.backup(self.tree, "--use-fs-snapshot=lvm")
        self.assertEqual(len(self.views()), 1)
        code, _, err = held.release()
        self.assertEqual(code, 0, err)
        self.assertEqual(self.views(), [])

    def test_failures_of_the_commands_end_the_backup_and_leave_nothing(self):
        self.set_up_disk("ext4", 128 << 20)
        for name, code in (("lvs", 2), ("lvcreate", 7)):
            program = self.volumes / "bin" / name
            whole = program.read_text()
            program.write_text("#!/bin/sh\necho no more room >&2; exit 5\n")
            before = sorted(self.repository.rglob("*"))
            done = self.run_program(LIFEBOAT, "vault", "backup", "--use-fs-snapshot=lvm", str(self.tree))
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn("no more room\n", done.stderr)
            self.assertEqual((self.views(), sorted(self.repository.rglob("*"))), ([], before))
            program.write_text(whole)
        remove = self.volumes / "bin/lvremove"
        whole = remove.read_text()
        remove.write_text("#!/bin/sh\nexit 5\n")
        done = self.run_program(LIFEBOAT, "vault", "backup", "--use-fs-snapshot=lvm", str(self.tree))
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("the backup is whole", done.stderr)
        remove.write_text(whole)
        self.backup(self.tree, "--use-fs-snapshot=lvm")
        self.assertEqual(self.views(), [])


class WithoutVolumes(ViewTest):
    def test_what_is_no_volume_is_an_error_before_anything_is_written(self):
        self.restic("init")
        programs = self.root / "bin"
        programs.mkdir()
        (programs / "lvs").write_text("#!/bin/sh\nexit 5\n")
        (programs / "lvs").chmod(0o755)
        self.environment["PATH"] = f"{programs}:{os.environ['PATH']}"
        before = sorted(self.repository.rglob("*"))
        done = self.run_program(LIFEBOAT, "vault", "backup", "--use-fs-snapshot=lvm", str(self.tree))
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("NoSuchView", done.stderr)
        self.assertEqual(sorted(self.repository.rglob("*")), before)


main()
