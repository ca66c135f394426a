#!/usr/bin/env python3
"""What `lifeboat worker` does for any state machine that hands tasks to its activity."""
import fcntl
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import LIFEBOAT, Server, main, wait_for  # noqa: E402
from scenario_files import fill_home, owners, tree  # noqa: E402


class Tasks(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.place = tempfile.mkdtemp(prefix="lifeboat-test-worker-")
        self.addCleanup(shutil.rmtree, self.place, True)
        self.root = os.path.join(self.place, "root")
        self.home = os.path.join(self.root, "fs-1", "200000")
        os.makedirs(self.home)
        self.vault = os.path.join(self.place, "vault")
        os.mkdir(self.vault)
        self.password = os.path.join(self.place, "password")
        pathlib.Path(self.password).write_text("secret\n")
        self.activity = self.server.call("states", "CreateActivity", name="anything")["activityArn"]
        definition = {"StartAt": "Do", "States": {"Do": {"Type": "Task", "Resource": self.activity, "End": True}}}
        self.machine = self.server.call(
            "states", "CreateStateMachine", name="one-task", definition=json.dumps(definition),
            roleArn="arn:aws:iam::000000000000:role/any")["stateMachineArn"]

    def start_worker(self, *options, **variables):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RESTIC_")}
        environment.update(variables)
        worker = subprocess.Popen([LIFEBOAT, "worker", "--activity", self.activity, "--root", self.root, *options],
                                  env=dict(environment, LIFEBOAT_DATA=self.server.data),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(worker.wait)
        self.addCleanup(worker.kill)
        return worker

    def do(self, **task):
        """How the execution of one task ended."""
        arn = self.server.call("states", "StartExecution", stateMachineArn=self.machine,
                               input=json.dumps(task))["executionArn"]
        return wait_for("the task's end", lambda: next(
            (it for it in [self.server.call("states", "DescribeExecution", executionArn=arn)]
             if it["status"] != "RUNNING"), None))

    def test_a_snapshot_is_saved_and_written_back(self):
        os.rename(self.root, self.root + "-behind-a-link")
        os.symlink(self.root + "-behind-a-link", self.root)
        self.start_worker("--vault", self.vault, "--password-file", self.password)
        fill_home(self.home)
        os.chmod(self.home, 0o750)
        # A slash before a path means the same.
        ended = self.do(Action="backup", Source="/fs-1/200000", Workspace="u-user1", Host="studio", Tags=["final"])
        self.assertEqual("SUCCEEDED", ended["status"], ended)
        saved = json.loads(ended["output"])
        self.assertEqual(("u-user1", 0, os.path.realpath(self.home)), (saved["Workspace"], saved["Errors"], saved["Path"]))
        self.assertRegex(saved["Began"], r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")
        self.assertGreater(saved["TotalBytes"], 64 << 20)
        self.assertLess(saved["DataAdded"], 16 << 20)

        new = os.path.join(self.root, "fs-1", "200005")
        task = {"Action": "restore", "Workspace": "u-user1", "SnapshotId": saved["SnapshotId"],
                "Destination": "fs-1/200005", "CreateDestination": False,
                "Options": {"OverwriteMode": "NEWER", "OwnerUid": 200005}}
        self.assertEqual("LocationNotFound", self.do(**task)["error"])
        os.makedirs(os.path.join(new, "project"))
        own = pathlib.Path(new, "project/model.py")
        own.write_text("newer, and the user's own\n")
        restored = json.loads(self.do(**task)["output"])
        self.assertEqual("SUCCESS", restored["Status"])
        self.assertEqual("newer, and the user's own\n", own.read_text())
        before, after = tree(self.home), tree(new)
        del before[b"project/model.py"], after[b"project/model.py"]
        self.assertEqual(before, after)
        self.assertEqual(0o750, stat.S_IMODE(os.stat(new).st_mode))
        if os.geteuid() == 0:
            self.assertEqual({200005, 0}, owners(new), "what was there before was given away, too")

    def test_what_cannot_be_done_is_said_by_name(self):
        self.start_worker("--vault", self.vault, "--password-file", self.password)
        os.mkdir(os.path.join(self.root, "fs-3"))  # where nothing is mounted
        for error, task in (
            ("UnknownAction", {"Action": "burn"}),
            ("LocationNotFound", {"Action": "backup", "Source": "fs-2/200000", "Workspace": "u"}),
            ("LocationNotFound", {"Action": "backup", "Source": "fs-3/200000", "Workspace": "u"}),
            ("HomeNotFound", {"Action": "backup", "Source": "fs-1/200001", "Workspace": "u"}),
            ("InvalidWorkspaceName", {"Action": "backup", "Source": "fs-1/200000", "Workspace": "../u"}),
            ("RepositoryNotFound", {"Action": "restore", "Workspace": "u", "SnapshotId": "0" * 64,
                                    "Destination": "fs-1/200000"}),
            ("LocationNotFound", {"Action": "backup", "Source": "/fs-3/200000", "Workspace": "u"}),
            ("InvalidPath", {"Action": "backup", "Source": "/", "Workspace": "u"}),
        ):
            with self.subTest(error, source=task.get("Source")):
                self.assertEqual(error, self.do(**task).get("error"))
        self.assertEqual([], os.listdir(self.vault))
        self.do(Action="backup", Source="fs-1/200000", Workspace="u")
        for error, snapshot in {"SnapshotNotFound": "0" * 64, "InvalidSnapshotId": "../config"}.items():
            with self.subTest(error):
                ended = self.do(Action="restore", Workspace="u", SnapshotId=snapshot, Destination="fs-1/200000")
                self.assertEqual(error, ended.get("error"))

    def test_a_vault_in_a_bucket_says_what_is_frozen(self):
        keys = {name: self.server.credentials[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        vault = f"s3:{self.server.endpoint}/homes"
        self.start_worker("--vault", vault, "--password-file", self.password, **keys)
        snapshots = []
        for number in range(2):
            pathlib.Path(self.home, "work.txt").write_text(f"work {number}")
            ended = self.do(Action="backup", Source="fs-1/200000", Workspace="u")
            self.assertEqual("SUCCEEDED", ended["status"], ended)
            snapshots.append(json.loads(ended["output"])["SnapshotId"])

        def run(*arguments):
            subprocess.run([LIFEBOAT, "vault", *arguments, "--repo", vault + "/u", "--password-file", self.password],
                           env=dict(os.environ, LIFEBOAT_DATA=self.server.data, **keys), check=True,
                           stdout=subprocess.DEVNULL)
        run("cool", "--older-than", "0h", "--storage-class", "GLACIER")
        new = pathlib.Path(self.root, "fs-1", "200005")
        new.mkdir()
        task = {"Action": "restore", "Workspace": "u", "Destination": "fs-1/200005"}
        ended = self.do(SnapshotId=snapshots[0], **task)
        self.assertEqual("SnapshotFrozen", ended.get("error"), ended)
        self.assertIn("vault thaw", ended["cause"])
        self.assertEqual([], list(new.iterdir()))
        run("thaw", snapshots[0], "--yes", "--wait")
        for snapshot, text in ((snapshots[0], "work 0"), (snapshots[1], "work 1")):  # the newest is hot
            ended = self.do(SnapshotId=snapshot, **task)
            self.assertEqual("SUCCEEDED", ended["status"], ended)
            self.assertEqual(text, (new / "work.txt").read_text())

    def test_one_restore_at_a_time_writes_to_a_home(self):
        self.start_worker("--vault", self.vault, "--password-file", self.password)
        pathlib.Path(self.home, "work.txt").write_text("work")
        saved = json.loads(self.do(Action="backup", Source="fs-1/200000", Workspace="u")["output"])
        new = pathlib.Path(self.root, "fs-1", "200005")
        new.mkdir()
        task = {"Action": "restore", "Workspace": "u", "SnapshotId": saved["SnapshotId"], "Destination": "fs-1/200005"}
        other = os.open(new, os.O_RDONLY)
        self.addCleanup(os.close, other)
        fcntl.flock(other, fcntl.LOCK_EX)
        self.assertEqual("DestinationBusy", self.do(**task).get("error"))
        self.assertEqual([], list(new.iterdir()))
        fcntl.flock(other, fcntl.LOCK_UN)
        self.assertEqual("SUCCEEDED", self.do(**task)["status"])
        self.assertEqual("work", (new / "work.txt").read_text())

    def test_a_file_system_that_is_not_mounted_is_no_home_that_was_removed(self):
        self.start_worker()
        os.mkdir(os.path.join(self.root, "fs-3"))  # where nothing is mounted
        for error, source in (("FileSystemNotMounted", "fs-2/200000"), ("FileSystemNotMounted", "fs-3/200000"),
                              ("LocationNotFound", "fs-1/200001")):
            with self.subTest(source):
                ended = self.do(Source=source, Destination="fs-1/200005")
                self.assertEqual(error, ended.get("error"))
                self.assertIn(source, ended["cause"])
        for target in ("fs-1/200005", "fs-2/200005", "fs-3/200005"):
            with self.subTest(target):
                ended = self.do(Source="fs-1/200000", Destination=target, CreateDestination=False)
                self.assertEqual("LocationNotFound", ended.get("error"))

    def test_without_a_vault_only_copies(self):
        self.start_worker()
        fill_home(self.home)
        ended = self.do(Source="fs-1/200000", Destination="fs-1/200005")
        self.assertEqual("SUCCEEDED", ended["status"], ended)
        for action in ("backup", "restore"):
            ended = self.do(Action=action, Source="fs-1/200000", Destination="fs-1/200005", Workspace="u",
                            SnapshotId="0" * 64)
            self.assertEqual("VaultNotConfigured", ended.get("error"))
            self.assertIn("--vault", ended["cause"])

    def test_a_vault_needs_a_password_before_the_first_task(self):
        self.assertEqual(2, self.start_worker("--vault", self.vault).wait(timeout=30))


main()
