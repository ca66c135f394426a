"""What tests of views of a file system share: a backup that can be held, and what is asked of every kind."""
import errno
import json
import os
import pathlib
import shutil
import subprocess

from harness import LIFEBOAT, wait_for
from loop_disk import LoopDisk
from vault_ground import VaultTest


class HeldVerb:
    """A verb of the vault that waits until release(): for the file of an option, a pipe to which nothing is
    written before."""

    def __init__(self, test, verb, option, *arguments, content=""):
        self.pipe = test.root / f"held-{len(list(test.root.iterdir()))}"
        self.content = content
        os.mkfifo(self.pipe)
        self.process = subprocess.Popen(
            [LIFEBOAT, "vault", verb, "--json", option, str(self.pipe), *map(str, arguments)],
            env=test.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        test.addCleanup(self.end)
        self.writer = wait_for(f"{verb} to ask for {option}", self.try_open)

    def try_open(self):
        if self.process.poll() is not None:
            raise AssertionError("it ended: " + self.process.stderr.read())
        try:
            return os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return None
            raise

    def release(self):
        """Lets it go on to its end. Returns exit code, standard output and error."""
        os.write(self.writer, self.content.encode())
        os.close(self.writer)
        out, err = self.process.communicate(timeout=120)
        return self.process.returncode, out, err

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class HeldBackup(HeldVerb):
    """After the view was made, before a file was looked at."""

    def __init__(self, test, *arguments):
        super().__init__(test, "backup", "--exclude-file", *arguments)


class ViewTest(VaultTest):
    def restored(self, snapshot):
        target = self.root / "restored"
        shutil.rmtree(target, ignore_errors=True)
        self.restic("restore", snapshot, "--target", str(target))
        return pathlib.Path(str(target) + str(self.tree))

    def disturb(self):
        (self.tree / "below/text").write_text("written later\n")
        os.rename(self.tree / "large", self.tree / "below/moved")
        (self.tree / "empty").unlink()
        (self.tree / "added").mkdir()
        (self.tree / "added/file").write_text("new")

    def require_the_moment(self, option):
        """A backup with a view, while whose tree is changed, has the tree of before."""
        copy = self.root / "copy"
        LoopDisk.run("cp", "-a", str(self.tree), str(copy))
        held = HeldBackup(self, option, self.tree)
        self.assertEqual(len(self.views()), 1)
        self.disturb()
        code, out, err = held.release()
        self.assertEqual(code, 0, err)
        done = json.loads(out)
        self.assertEqual((done["ReadLive"], done["Unreadable"], len(done["FileSystemSnapshots"])), ([], [], 1))
        self.assertEqual(self.views(), [])
        self.assert_same_tree(copy, self.restored(done["SnapshotId"]))
        self.restic("check", "--read-data")

    def require_no_leftover(self, points, option, tree):
        """What a run leaves that is killed at a point goes with the next, which saves `tree`."""
        for point in points:
            with self.subTest(point=point):
                (self.tree / "below/text").write_text(point)
                self.environment["LIFEBOAT_FAULTS"] = point + "=kill"
                done = self.run_program(LIFEBOAT, "vault", "backup", str(self.tree), option)
                self.assertEqual(done.returncode, -9, done.stderr)
                self.assertEqual(len(self.views()), 1)
                self.environment["LIFEBOAT_FAULTS"] = ""
                self.backup(tree, option)
                self.assertEqual(self.views(), [])
        self.restic("check", "--read-data")
