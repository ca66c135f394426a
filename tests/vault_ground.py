"""A repository, a tree, and both programs: what tests of the vault beside Debian's restic begin with."""
import json
import os
import pathlib
import random
import stat
import subprocess
import tempfile
import unittest

from harness import LIFEBOAT
from repository_trial import RESTIC


@unittest.skipUnless(RESTIC, "restic is not installed")
class VaultTest(unittest.TestCase):
    restic_program = RESTIC

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
        done = self.run_program(self.restic_program, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def check(self, *arguments, code=0):
        done = self.run_program(LIFEBOAT, "vault", "check", "--json", *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout) if done.stdout else {}

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
                directories.sort()  # the first of several hard links is the same one in both
                for name in directories + sorted(files):
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

    def look(self, *arguments, code=0):
        done = self.run_program(LIFEBOAT, "vault", *map(str, arguments), "--json")
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout) if done.stdout else {}

    def restic_backup(self, *paths):
        self.restic("backup", *map(str, paths))
