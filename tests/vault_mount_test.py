#!/usr/bin/env python3
"""`lifeboat vault mount` beside `restic mount` and beside what was saved."""
import errno
import json
import os
import pathlib
import random
import signal
import stat
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import LIFEBOAT, main, wait_for  # noqa: E402
from vault_ground import VaultTest  # noqa: E402

# A user who is nobody here.
STRANGER = 65534
# What is said where the system lets nobody mount: by us, and by restic's library.
REFUSALS = ("MountRefused", "FuseForbidden", "fusermount: ")


def may_open_fuse():
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
        return True
    except OSError:
        return False


def attributes_of(path):
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError as refused:
        if refused.errno != errno.EOPNOTSUPP:  # which restic says of links
            raise
        names = []
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in names}


class Mounted:
    """A program that keeps a repository mounted."""

    def __init__(self, command, point, environment):
        self.point = pathlib.Path(point)
        self.point.mkdir(exist_ok=True)
        self.process = subprocess.Popen([*command, str(point)], env=environment, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        wait_for(f"{command[0]} to mount",
                 lambda: os.path.ismount(self.point) or self.process.poll() is not None)
        if self.process.poll() is not None:
            _, errors = self.process.communicate()
            if any(refusal in errors for refusal in REFUSALS):
                raise unittest.SkipTest(f"mounting is not permitted here: {errors.strip()}")
            raise AssertionError(f"{command[0]} ended with {self.process.returncode}: {errors}")

    def end(self, number=signal.SIGINT):
        """Exit code, standard output, standard error."""
        if number is not None and self.process.poll() is None:
            self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=60)
        return self.process.returncode, output, errors

    def close(self):
        self.end(signal.SIGTERM)
        if os.path.ismount(self.point):
            subprocess.run(["umount", "-l", str(self.point)], check=False)


@unittest.skipUnless(may_open_fuse(), "/dev/fuse may not be opened")
class Mounts(VaultTest):
    def setUp(self):
        super().setUp()
        self.restic("init")
        os.chmod(self.root, 0o755)

    def mount(self, *options):
        mounted = Mounted([LIFEBOAT, "vault", "mount", *options], self.root / "mounted", self.environment)
        self.addCleanup(mounted.close)
        return mounted

    def saved_tree(self, mounted, snapshot="snapshots/latest"):
        return str(mounted.point / snapshot) + str(self.tree)

    def locks(self):
        return os.listdir(self.repository / "locks")

    def as_stranger(self, *command):
        return subprocess.run(command, user=STRANGER, group=STRANGER, extra_groups=[], capture_output=True,
                              check=False)

    def described(self, point):
        """What everybody agrees on: not what is seen of folders that no snapshot has, but their names."""
        found = {}
        for directory, directories, files in os.walk(os.fsencode(point)):
            for name in directories + files:
                path = os.path.join(directory, name)
                key = os.path.relpath(path, os.fsencode(point))
                status = os.lstat(path)
                # restic's does not show the sticky bit.
                row = {"mode": status.st_mode & ~stat.S_ISVTX, "owner": (status.st_uid, status.st_gid)}
                depth = {b"ids": 1, b"snapshots": 1, b"hosts": 2, b"tags": 2}[key.split(b"/")[0]]
                if key.count(b"/") >= depth:
                    row["modified"] = status.st_mtime_ns
                    row["attributes"] = attributes_of(path)
                if stat.S_ISREG(status.st_mode):
                    row["size"] = status.st_size
                    row["links"] = status.st_nlink
                    row["content"] = pathlib.Path(os.fsdecode(path)).read_bytes()
                if stat.S_ISLNK(status.st_mode):
                    row["target"] = os.readlink(path)
                found[key] = row
        return found

    def test_it_shows_what_restic_shows(self):
        self.make_odd_tree(with_raw_link=False)
        # Which of two of the same time gets a number, restic 0.14 leaves to chance: they are the same,
        # without the directories above.
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.root)
        for options in ("--tag", "one,two"), ("--tag", "one", "--host", "other"):
            self.restic("backup", self.tree.name, "--time", "2024-01-02 03:04:05", *options)
        (self.tree / "added").write_text("added")
        self.backup(self.tree)
        theirs = Mounted(["restic", "mount"], self.root / "theirs", self.environment)
        self.addCleanup(theirs.close)
        wanted = self.described(theirs.point)
        theirs.close()
        got = self.described(self.mount().point)
        self.assertEqual(wanted.keys() ^ got.keys(), set())
        for key, row in wanted.items():
            self.assertEqual(row, got[key], key)
        self.assertGreater(len(wanted), 100)

    def test_it_shows_what_was_saved(self):
        self.make_odd_tree(with_raw_link=False)  # which restic's restore makes another one
        os.setxattr(self.tree / "odd", "user.of-directory", b"x")
        subprocess.run(["setfacl", "-m", "u:1:r", str(self.tree / "odd/a")], check=True)
        subprocess.run(["setfacl", "-d", "-m", "u:1:rx", str(self.tree / "odd")], check=True)
        self.backup(self.tree)
        mounted = self.mount()
        self.assert_same_tree(self.tree, self.saved_tree(mounted))
        self.restic("restore", "latest", "--target", str(self.root / "restored"))
        self.assert_same_tree(str(self.root / "restored") + str(self.tree), self.saved_tree(mounted))
        odd = pathlib.Path(self.saved_tree(mounted)) / "odd"
        with self.assertRaises(OSError) as refused:
            (odd / "a").write_text("changed")
        self.assertEqual(refused.exception.errno, errno.EROFS)
        # The device is shown and cannot be used.
        with self.assertRaises(OSError) as refused:
            os.open(odd / "device", os.O_RDONLY)
        self.assertEqual(refused.exception.errno, errno.EACCES)
        self.assertFalse((odd / "absent").exists())

    def test_it_works_without_standard_input(self):
        self.backup(self.tree)
        mounted = Mounted(["sh", "-c", 'exec "$@" <&-', "sh", LIFEBOAT, "vault", "mount"], self.root / "mounted",
                          self.environment)
        self.addCleanup(mounted.close)
        self.assertEqual((pathlib.Path(self.saved_tree(mounted)) / "below/text").read_text(), "line\n" * 5000)
        self.assertEqual(mounted.end()[0], 0)

    def test_many_read_anywhere_at_once(self):
        self.backup(self.tree)
        content = (self.tree / "large").read_bytes()
        path = os.path.join(self.saved_tree(self.mount()), "large")
        wrong = []

        def read(seed):
            rng = random.Random(seed)
            file = os.open(path, os.O_RDONLY)
            for _ in range(100):
                offset, length = rng.randrange(len(content) + 100), rng.randrange(1, 300_000)
                if os.pread(file, length, offset) != content[offset:offset + length]:
                    wrong.append((seed, offset, length))
                # What the kernel keeps would hide ours.
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)
        readers = [threading.Thread(target=read, args=(seed,)) for seed in range(16)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        self.assertEqual(wrong, [])

    def test_snapshots_come_and_go(self):
        snapshots = self.mount().point / "snapshots"
        self.assertEqual(os.listdir(snapshots), [])
        first = self.backup(self.tree)["SnapshotId"]
        wait_for("the first snapshot", lambda: (snapshots / "latest").exists())
        self.assertEqual((snapshots / ("latest" + str(self.tree)) / "empty").read_bytes(), b"")
        before = os.readlink(snapshots / "latest")
        (self.tree / "below/text").write_text("another")
        time.sleep(1.1)  # the next snapshot's name is another one
        self.restic_backup(self.tree)
        wait_for("the second snapshot", lambda: os.readlink(snapshots / "latest") != before)
        self.assertEqual((snapshots / ("latest" + str(self.tree)) / "below/text").read_text(), "another")
        self.look("forget", first)
        wait_for("the first snapshot to go", lambda: before not in os.listdir(snapshots))

    def test_pruning_leaves_what_it_shows(self):
        snapshot = self.backup(self.tree)["SnapshotId"]
        mounted = self.mount()
        file = os.open(os.path.join(self.saved_tree(mounted), "large"), os.O_RDONLY)
        self.addCleanup(os.close, file)
        self.look("forget", snapshot)
        self.look("prune", "--margin", "0")
        content = (self.tree / "large").read_bytes()
        self.assertEqual(os.pread(file, 1000, 11 << 20), content[11 << 20:][:1000])
        refused = self.run_program("restic", "prune")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("locked", refused.stderr)

    def test_it_needs_no_lock_where_nothing_may_be_written(self):
        self.backup(self.tree)
        mounted = self.mount("--no-lock")
        self.assertEqual(self.locks(), [])
        self.assertEqual((pathlib.Path(self.saved_tree(mounted)) / "below/text").read_text(), "line\n" * 5000)

    def test_it_ends_by_a_signal_and_by_unmounting(self):
        self.backup(self.tree)
        for number in (signal.SIGINT, signal.SIGTERM, None):
            with self.subTest(signal=number):
                mounted = self.mount()
                self.assertEqual(len(self.locks()), 1)
                if number is None:
                    subprocess.run(["fusermount3", "-u", str(mounted.point)], check=True)
                code, output, errors = mounted.end(number)
                self.assertEqual((code, errors), (0, ""))
                self.assertIn(f"mounted at {mounted.point}; stop with Ctrl-C", output)
                self.assertFalse(os.path.ismount(mounted.point))
                self.assertEqual(self.locks(), [])

    def test_it_ends_while_somebody_reads(self):
        self.backup(self.tree)
        mounted = self.mount()
        file = os.open(os.path.join(self.saved_tree(mounted), "large"), os.O_RDONLY)
        self.assertEqual(len(os.read(file, 10)), 10)
        code, _, errors = mounted.end()
        self.assertEqual(code, 0)
        self.assertIn("was in use", errors)
        self.assertFalse(os.path.ismount(mounted.point))
        for use in (lambda: os.pread(file, 100, 11 << 20), lambda: os.close(file)):
            with self.assertRaises(OSError):
                use()
        self.assertEqual(self.locks(), [])

    def test_a_second_signal_ends_it_while_the_store_does_not_answer(self):
        self.backup(self.tree)
        mounted = self.mount()
        for pack in (self.repository / "data").glob("*/*"):
            if pack.stat().st_size > 1 << 20:
                pack.unlink()
                os.mkfifo(pack)  # whoever opens it waits for somebody who writes
        with subprocess.Popen(["cat", os.path.join(self.saved_tree(mounted), "large")], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as reader:
            wait_for("the reader to wait", lambda: pathlib.Path(f"/proc/{reader.pid}/wchan").read_text() != "0"
                     and any("large" in os.readlink(link) for link in pathlib.Path(f"/proc/{reader.pid}/fd").iterdir()
                             if os.path.lexists(link)))
            mounted.process.send_signal(signal.SIGINT)
            wait_for("it to be unmounted or detached", lambda: self.second_signal(mounted) is not None)
            self.assertEqual(mounted.process.returncode, 130)
            self.assertNotEqual(reader.wait(timeout=60), 0)
        self.assertIn("the lock stays behind", mounted.process.stderr.read())

    def test_a_signal_ends_it_while_the_repository_is_opened(self):
        key, = (self.repository / "keys").iterdir()
        key.unlink()
        os.mkfifo(key)
        point = self.root / "mounted"
        point.mkdir()
        with subprocess.Popen([LIFEBOAT, "vault", "mount", str(point)], env=self.environment, stderr=subprocess.PIPE,
                              text=True) as process:
            self.addCleanup(process.kill)
            writer = os.open(key, os.O_WRONLY)  # waits for it to read the key, and says nothing
            self.addCleanup(os.close, writer)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors), (130, "lifeboat: ended at once\n"))

    @staticmethod
    def second_signal(mounted):
        mounted.process.send_signal(signal.SIGINT)
        return mounted.process.poll()

    def test_one_that_is_killed_leaves_only_its_lock(self):
        self.backup(self.tree)
        mounted = self.mount()
        self.assertEqual(mounted.end(signal.SIGKILL)[0], -9)
        wait_for("the mount to go", lambda: not os.path.ismount(mounted.point)
                 and os.listdir(mounted.point) == [])
        self.assertEqual(len(self.locks()), 1)
        self.restic("unlock")
        self.assertEqual(self.locks(), [])

    def test_damage_is_an_error_of_the_file_it_is_in(self):
        self.backup(self.tree)
        # Trees lie in packs of their own, which are small.
        for pack in (self.repository / "data").glob("*/*"):
            if pack.stat().st_size > 1 << 20:
                os.chmod(pack, 0o600)
                with open(pack, "r+b") as file:
                    file.seek(1000)
                    file.write(b"damage" * 10)
        mounted = self.mount()
        tree = pathlib.Path(self.saved_tree(mounted))
        with self.assertRaises(OSError) as failed:
            (tree / "large").read_bytes()
        self.assertEqual(failed.exception.errno, errno.EIO)
        self.assertEqual(os.readlink(tree / "link"), "large")
        self.assertEqual((tree / "empty").read_bytes(), b"")
        _, _, errors = mounted.end()
        self.assertIn(f"{self.tree}/large", errors)
        self.assertIn("data blob", errors)

    def test_owners_and_filters(self):
        os.chown(self.tree / "empty", 1234, 4321)
        self.backup(self.tree, "--host", "one")
        self.backup(self.tree, "--host", "two", "--tag", "kept")
        mounted = self.mount("--owner-root", "--host", "two", "--json")
        self.assertEqual(os.listdir(mounted.point / "hosts"), ["two"])
        self.assertEqual(os.listdir(mounted.point / "tags"), ["kept"])
        status = os.stat(os.path.join(self.saved_tree(mounted), "empty"))
        self.assertEqual((status.st_uid, status.st_gid), (0, 0))
        _, output, _ = mounted.end()
        said = json.loads(output)
        self.assertEqual((said["MountPoint"], said["Snapshots"]), (str(mounted.point), 1))

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_others_see_what_they_were_allowed(self):
        (self.tree / "open").write_text("for all")
        (self.tree / "closed").write_text("for one")
        os.chmod(self.tree / "closed", 0o600)
        # Its list, not its mode, says who may read it: the group may not, in spite of the mask.
        (self.tree / "listed").write_text("for some")
        os.chmod(self.tree / "listed", 0o600)
        os.chown(self.tree / "listed", 0, STRANGER)
        subprocess.run(["setfacl", "-m", "u:1:r", str(self.tree / "listed")], check=True)
        for directory in (self.root, self.tree):
            os.chmod(directory, 0o755)
        self.backup(self.tree)
        for options, readable in ((), []), (("--allow-other",), ["open"]), \
                (("--allow-other", "--no-default-permissions"), ["open", "closed", "listed"]):
            with self.subTest(options=options):
                mounted = self.mount(*options)
                tree = self.saved_tree(mounted)
                got = [name for name in ("open", "closed", "listed")
                       if self.as_stranger("cat", os.path.join(tree, name)).returncode == 0]
                self.assertEqual(got, readable)
                mounted.end()

    def test_what_cannot_be_mounted_is_explained(self):
        (self.root / "file").write_text("")
        (self.root / "full").mkdir()
        (self.root / "full/x").write_text("")
        (self.root / "empty").mkdir()
        inside = self.repository / "inside"
        inside.mkdir()
        for point, code, words in (("absent", 4, "no directory"), ("file", 2, "is no directory"),
                                   ("full", 5, "not empty"), (inside, 2, "lie in each other"),
                                   (self.root, 2, "lie in each other")):
            with self.subTest(point=point):
                done = self.run_program(LIFEBOAT, "vault", "mount", str(self.root / point))
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(words, done.stderr)
        self.environment["RESTIC_PASSWORD"] = "wrong"
        done = self.run_program(LIFEBOAT, "vault", "mount", str(self.root / "empty"))
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertFalse(os.path.ismount(self.root / "empty"))


main()
