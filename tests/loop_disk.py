"""A file system of its own on a loop device, for tests that need one of a certain kind; root only."""
import os
import pathlib
import shutil
import subprocess
import unittest


def is_known(kind):
    """Whether this kernel has the file system."""
    return any(line.split()[-1] == kind for line in pathlib.Path("/proc/filesystems").read_text().splitlines())


class LoopDisk:
    """Made in `folder`, taken apart by the test's clean-up. Skips the test, with the reason, where it cannot be."""

    def __init__(self, test, folder, kind, size=128 << 20):
        self.test = test
        if os.geteuid() != 0:
            raise unittest.SkipTest("needs root, to mount")
        if not shutil.which(f"mkfs.{kind}"):
            raise unittest.SkipTest(f"needs mkfs.{kind}")
        if not is_known(kind):
            raise unittest.SkipTest(f"needs a kernel with {kind}")
        self.image = folder / f"{kind}.img"
        with open(self.image, "wb") as file:
            file.truncate(size)
        self.run(f"mkfs.{kind}", "-q", str(self.image))
        found = subprocess.run(["losetup", "--find", "--show", str(self.image)], capture_output=True, text=True,
                               check=False)
        if found.returncode != 0:
            raise unittest.SkipTest("needs loop devices: " + found.stderr.strip())
        self.device = found.stdout.strip()
        test.addCleanup(self.run, "losetup", "--detach", self.device)

    def mount(self, point, *options):
        point.mkdir(parents=True, exist_ok=True)
        self.run("mount", *(["-o", ",".join(options)] if options else []), self.device, str(point))
        self.test.addCleanup(self.run, "umount", str(point))
        return point

    @staticmethod
    def run(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{command}: {done.stderr}")
        return done.stdout
