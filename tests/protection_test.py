#!/usr/bin/env python3
"""Final snapshots of homes, taken by `lifeboat worker`, and recoveries from them when no home is left."""
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import LIFEBOAT, main, wait_for  # noqa: E402
from scenario_files import fill_home, owners, tree  # noqa: E402
from studio_scenarios import StudioGround  # noqa: E402

RESTIC = shutil.which("restic")
ACTIVITY = "arn:aws:states:us-east-1:000000000000:activity:recovery-copies"
MACHINES = "arn:aws:states:us-east-1:000000000000:stateMachine:"


class Protected(StudioGround):
    """What the tests below share."""

    configuration = "[recovery]\nprotection = 'on'\n"

    def setUp(self):
        super().setUp()
        self.workers = []
        self.addCleanup(self.stop_workers)
        self.place = tempfile.mkdtemp(prefix="lifeboat-test-vault-")
        self.addCleanup(shutil.rmtree, self.place, True)
        self.password = os.path.join(self.place, "password")
        pathlib.Path(self.password).write_text("the vault's\n")
        self.vault = os.path.join(self.place, "snapshots")
        os.mkdir(self.vault)

    def call(self, service, operation, **members):
        if service == "ec2":  # no JSON service
            return self.server.lifeboat("aws", service, operation, "--input", json.dumps(members))
        return self.server.call(service, operation, **members)

    # Workers.

    def start_worker(self, *options, faults=""):
        root = os.path.join(self.server.data, "efs")
        os.makedirs(root, exist_ok=True)
        log = tempfile.TemporaryFile(mode="w+")
        self.addCleanup(log.close)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RESTIC_")}
        worker = subprocess.Popen(
            [LIFEBOAT, "worker", "--activity", ACTIVITY, "--root", root, *options],
            env=dict(environment, LIFEBOAT_DATA=self.server.data, LIFEBOAT_FAULTS=faults), stdout=log, stderr=log)
        worker.log = log
        self.workers.append(worker)
        return worker

    def start_vault_worker(self, faults=""):
        return self.start_worker("--vault", self.vault, "--password-file", self.password, faults=faults)

    def stop_workers(self):
        while self.workers:
            worker = self.workers.pop()
            worker.send_signal(signal.SIGKILL)
            worker.wait()

    # What they look at.

    def executions_of(self, machine):
        return self.call("states", "ListExecutions", stateMachineArn=MACHINES + machine)["executions"]

    def row_with(self, profile, attribute, seconds=60):
        return wait_for(f"{attribute} of {profile}", lambda: next(
            (row for row in [self.rows().get(profile)] if row and attribute in row), None), seconds)

    def events(self, profile):
        return [item["event"]["S"] for item in self.call("dynamodb", "Scan", TableName="studioUserHistory")["Items"]
                if item["profile_name"]["S"] == profile]

    def dead_letters(self):
        queue = self.call("sqs", "GetQueueUrl", QueueName="recovery-dead-letter")["QueueUrl"]
        answer = self.call("sqs", "ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def restic(self, workspace, *arguments):
        done = subprocess.run([RESTIC, "--no-cache", "-r", os.path.join(self.vault, workspace), "--password-file",
                               self.password, *arguments], capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def assert_restic_agrees(self, row, snapshots=1):
        if RESTIC is None:
            return
        workspace = row["snapshot_workspace"]["S"]
        listed = json.loads(self.restic(workspace, "snapshots", "--json"))
        self.assertEqual(snapshots, len(listed))
        self.assertIn(row["snapshot_id"]["S"], [snapshot["id"] for snapshot in listed])
        self.assertIn("final", listed[0]["tags"])
        self.restic(workspace, "check", "--read-data")

    # The story: a home is left, saved, its file system deleted, and the profile made again.

    def filled_user(self, domain):
        home = self.create_user(domain)
        fill_home(home)
        os.chmod(home, 0o750)
        wait_for("the row", lambda: "user1" in self.rows())
        return home

    def assert_restored(self, before, new):
        self.assertEqual(before, tree(new))
        uid = int(os.path.basename(new))
        if os.geteuid() == 0:
            self.assertEqual({uid}, owners(new))
            self.assertEqual(uid, os.stat(new).st_uid)
        self.assertEqual(0o750, stat.S_IMODE(os.stat(new).st_mode))
        self.assertEqual(2, os.stat(os.path.join(new, "user1.txt")).st_nlink, "the hard link was not kept")


class Protection(Protected, unittest.TestCase):
    def test_what_is_gone_comes_back_from_the_vault(self):
        self.start_vault_worker()
        first = self.create_domain("studio")
        old_user, old_space = self.filled_user(first), self.create_space(first)
        fill_home(old_space)
        pathlib.Path(old_space, "of-the-space").touch()
        os.chmod(old_space, 0o750)
        user, space = tree(old_user), tree(old_space)
        wait_for("both rows", lambda: len(self.rows()) == 2)
        self.delete_user(first)
        self.delete_space(first)
        rows = [self.row_with(profile, "snapshot_id") for profile in ("user1", "space:space1")]
        for row in rows:
            self.assert_restic_agrees(row)
        self.assertNotEqual(*(row["snapshot_workspace"]["S"] for row in rows))
        self.delete_domain(first, "Delete")
        wait_for("the files to be gone", lambda: not os.path.exists(old_user))

        second = self.create_domain("studio")
        new_user, new_space = self.create_user(second), self.create_space(second)
        for profile, before, new in (("user1", user, new_user), ("space:space1", space, new_space)):
            row = self.row_with_status(profile, "SUCCESS", "ERROR", domain=second)
            self.assertEqual("SUCCESS", row["replication_status"]["S"], row)
            self.assert_restored(before, new)
            self.assertTrue(row["recovery_source"]["S"].startswith("snapshot "), row["recovery_source"])
            self.assertIn("the home itself is gone", row["recovery_explanation"]["S"])
            self.assertGreater(int(row["bytes_written"]["N"]), 8 << 20)
        self.assert_nothing_left_behind()
        self.assertEqual([], self.dead_letters())
        self.assertEqual(2, len(self.executions_of("snapshot")))

    # A fault in the middle of the files; the next worker takes the task after the heartbeat's minute.

    def test_a_worker_that_dies_while_it_saves_is_replaced(self):
        dying = self.start_vault_worker(faults="vault.backup.file:5=kill")
        domain = self.create_domain("studio")
        before = tree(self.filled_user(domain))
        self.delete_user(domain)
        wait_for("the worker's death", lambda: dying.poll() is not None)
        self.start_vault_worker()
        row = self.row_with("user1", "snapshot_id", 150)
        self.assertEqual("0", row["snapshot_unreadable"]["N"])
        self.assertEqual(["snapshot"], [event for event in self.events("user1") if event.startswith("snapshot")])
        self.assert_restic_agrees(row)
        self.delete_domain(domain, "Delete")
        new = self.create_user(self.create_domain("studio"))
        self.row_with_status("user1", "SUCCESS")
        self.assert_restored(before, new)

    def test_a_worker_that_dies_while_it_makes_the_repository_is_replaced(self):
        dying = self.start_vault_worker(faults="vault.store.after-publish=kill")
        domain = self.create_domain("studio")
        self.filled_user(domain)
        self.delete_user(domain)
        wait_for("the worker's death", lambda: dying.poll() is not None)
        self.start_vault_worker()
        self.assert_restic_agrees(self.row_with("user1", "snapshot_id", 150))

    def test_a_worker_that_dies_while_it_restores_is_replaced(self):
        worker = self.start_vault_worker()
        domain = self.create_domain("studio")
        before = tree(self.filled_user(domain))
        self.delete_user(domain)
        self.row_with("user1", "snapshot_id")
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        self.delete_domain(domain, "Delete")
        dying = self.start_vault_worker(faults="vault.restore.file:4=kill")
        # Its predecessor's last poll may take the task, which is missed after a minute then.
        new = self.create_user(self.create_domain("studio"))
        wait_for("the worker's death", lambda: dying.poll() is not None, 150)
        self.start_vault_worker()
        wait_for("the recovery", lambda: self.rows()["user1"]["replication_status"]["S"] == "SUCCESS", 150)
        self.assert_restored(before, new)

    def test_a_worker_without_a_vault_says_what_is_missing(self):
        self.start_worker()
        domain = self.create_domain("studio")
        self.filled_user(domain)
        self.delete_user(domain)
        row = self.row_with("user1", "snapshot_error")
        self.assertEqual("VaultNotConfigured", row["snapshot_error"]["S"])
        self.assertIn("--vault", row["snapshot_cause"]["S"])
        self.assertIn("snapshot-failed", self.events("user1"))
        letter = wait_for("the dead letter", self.dead_letters)[0]
        self.assertEqual(("snapshot", "VaultNotConfigured"), (letter["Function"], letter["Error"]))
        self.assertEqual("user1", letter["Input"]["UserProfileName"])

    def test_a_file_that_cannot_be_read_makes_the_snapshot_partial(self):
        self.start_vault_worker(faults="vault.backup.file:2=eio")
        domain = self.create_domain("studio")
        self.filled_user(domain)
        self.delete_user(domain)
        row = self.row_with("user1", "snapshot_id")
        self.assertEqual("1", row["snapshot_unreadable"]["N"])
        self.assertEqual("SnapshotPartial", row["snapshot_error"]["S"])
        self.assertIn("snapshot-partial", self.events("user1"))
        self.assertEqual("SnapshotPartial", wait_for("the dead letter", self.dead_letters)[0]["Error"])
        self.assert_restic_agrees(row)

    def test_a_file_system_that_was_gone_first_is_said(self):
        domain = self.create_domain("studio")
        self.filled_user(domain)
        self.delete_user(domain)
        self.delete_domain(domain, "Delete")
        wait_for("the execution", lambda: self.executions_of("snapshot"))
        self.start_vault_worker()
        self.assertEqual("SourceGone", self.row_with("user1", "snapshot_error")["snapshot_error"]["S"])

    def test_the_switch_of_a_profile_goes_before_the_setting(self):
        self.start_vault_worker()
        domain = self.create_domain("studio")
        self.filled_user(domain)
        self.server.lifeboat("registry", "set-protection", "user1", "--domain", "studio", "off")
        self.assertFalse(self.server.lifeboat("registry", "show", "user1", "--domain", "studio")["protection"])
        self.delete_user(domain)
        new = self.create_user(domain)
        self.row_with_status("user1", "SUCCESS")
        self.assertEqual([], self.executions_of("snapshot"))
        self.assertEqual([], os.listdir(self.vault))
        self.server.lifeboat("registry", "set-protection", "user1", "--domain", "studio", "on")
        self.delete_user(domain)
        row = self.row_with("user1", "snapshot_home")
        self.assertTrue(row["snapshot_home"]["S"].endswith("/" + os.path.basename(new)))
        told = self.server.lifeboat_run("registry", "history", "user1", "--domain", "studio").stdout
        self.assertIn(f"snapshot {row['snapshot_id']['S'][:8]} in {row['snapshot_workspace']['S']}", told)
        self.assert_restic_agrees(row)


class Unprotected(Protected, unittest.TestCase):
    configuration = None

    def test_nothing_is_saved_unless_somebody_asked_for_it(self):
        self.start_vault_worker()
        domain = self.create_domain("studio")
        self.filled_user(domain)
        self.delete_user(domain)
        self.create_user(domain)
        self.row_with_status("user1", "SUCCESS")
        self.assertEqual([], self.executions_of("snapshot"))
        self.assertEqual([], os.listdir(self.vault))


main()
