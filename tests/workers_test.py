#!/usr/bin/env python3
"""Recoveries whose copies `lifeboat worker` does, instead of DataSync."""
import http.server
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import LIFEBOAT, main, wait_for  # noqa: E402
from studio_scenarios import StudioScenarios  # noqa: E402


class Workers(StudioScenarios, unittest.TestCase):
    configuration = "[recovery]\ncopy_engine = 'worker'\n"
    # These start a worker with a fault as the first one: the last poll of a worker that was killed could
    # still take the task, which would be missed a minute later only.
    start_their_own = ("test_6_a_file_that_cannot_be_copied_fails_the_recovery",
                       "test_7_a_worker_that_dies_is_replaced_by_another")

    def setUp(self):
        super().setUp()
        self.workers = []
        self.addCleanup(self.stop_workers)
        if self._testMethodName not in self.start_their_own:
            self.start_worker()

    def call(self, service, operation, **members):
        if service == "ec2":  # no JSON service
            return self.server.lifeboat("aws", service, operation, "--input", json.dumps(members))
        return self.server.call(service, operation, **members)

    def start_worker(self, **environment):
        root = os.path.join(self.server.data, "efs")
        log = tempfile.TemporaryFile()
        self.addCleanup(log.close)
        self.workers.append(subprocess.Popen(
            [LIFEBOAT, "worker", "--activity", "arn:aws:states:us-east-1:000000000000:activity:recovery-copies",
             "--root", root, "--name", "mover"],
            env=dict(os.environ, LIFEBOAT_DATA=self.server.data, **environment), stdout=log, stderr=log))

    def stop_workers(self):
        while self.workers:
            worker = self.workers.pop()
            worker.send_signal(signal.SIGKILL)
            worker.wait()

    def history(self, execution):
        return self.call("states", "GetExecutionHistory", executionArn=execution["executionArn"],
                         maxResults=1000)["events"]

    def assert_nothing_left_behind(self):
        super().assert_nothing_left_behind()
        for execution in self.executions():
            kinds = [event["type"] for event in self.history(execution)]
            self.assertIn("ActivitySucceeded", kinds)
            entered = [event["stateEnteredEventDetails"]["name"] for event in self.history(execution)
                       if "stateEnteredEventDetails" in event]
            self.assertNotIn("CreateTask", entered)

    def test_6_a_file_that_cannot_be_copied_fails_the_recovery(self):
        domain, _, _ = self.user_with_work()
        self.start_worker(LIFEBOAT_FAULTS="mover.file-read=eio")
        self.delete_user(domain)
        self.create_user(domain)
        row = self.row_with_status("user1", "ERROR", "SUCCESS")
        self.assertEqual(("ERROR", "CopyFailed"), (row["replication_status"]["S"], row["recovery_error"]["S"]))
        self.assertIn("FilesFailed", row["recovery_cause"]["S"])

    def test_7_a_worker_that_dies_is_replaced_by_another(self):
        domain, old, before = self.user_with_work()
        self.start_worker(LIFEBOAT_FAULTS="mover.file-read:3=kill")
        self.delete_user(domain)
        new = self.create_user(domain)
        wait_for("the worker's death", lambda: self.workers[0].poll() is not None)
        self.start_worker()
        # It is missed after the heartbeat's minute.
        wait_for("the recovery", lambda: self.rows()["user1"]["replication_status"]["S"] == "SUCCESS", 120)
        self.assert_came_home(before, old, new)


class PlayedStates:
    """Step Functions as a worker knows it: hands out one task, and answers with the statuses that a script has
    for an operation first, then with 200."""

    def __init__(self, task, statuses, when_polled=lambda: None):
        self.calls = []
        played = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                operation = self.headers["X-Amz-Target"].split(".")[1]
                if operation == "GetActivityTask":
                    when_polled()
                status = statuses[operation].pop(0) if statuses.get(operation) else 200
                if operation != "SendTaskHeartbeat":
                    played.calls.append((operation, status))
                answer = {"taskToken": "token", "input": json.dumps(task)} if operation == "GetActivityTask" else {}
                if status != 200:
                    answer = {"__type": "AccessDeniedException" if status == 400 else "ServiceUnavailable",
                              "message": "not now"}
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class PlayedGround(unittest.TestCase):
    """A worker of a Step Functions that is played, and what it copies."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "from").mkdir()
        (self.root / "from" / "work.txt").write_text("work")

    def start_worker(self, statuses, root, *options, task=None, when_polled=lambda: None):
        states = PlayedStates(task or {"Source": "from", "Destination": "to"}, statuses, when_polled)
        self.addCleanup(states.close)
        worker = subprocess.Popen(
            [LIFEBOAT, "--cloud", "aws", "--endpoint-url", states.endpoint, "worker", "--activity",
             "arn:aws:states:us-east-1:000000000000:activity:copies", "--root", root, "--tasks", "1", *options],
            env=dict(os.environ, AWS_ACCESS_KEY_ID="AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY="secret",
                     AWS_REGION="us-east-1", AWS_MAX_ATTEMPTS="1", RESTIC_PASSWORD="secret"),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(worker.kill)
        return states, worker


class Away(PlayedGround):
    def run_worker(self, statuses):
        states, worker = self.start_worker(statuses, self.root)
        _, log = worker.communicate(timeout=60)
        return states.calls, worker.returncode, log

    def test_a_worker_goes_on_when_the_service_is_back(self):
        calls, code, log = self.run_worker({"GetActivityTask": [503, 503], "SendTaskSuccess": [503]})
        self.assertEqual(0, code, log)
        self.assertEqual([("GetActivityTask", 503), ("GetActivityTask", 503), ("GetActivityTask", 200),
                          ("SendTaskSuccess", 503), ("SendTaskSuccess", 200)], calls)
        self.assertEqual("work", (self.root / "to" / "work.txt").read_text())

    def test_a_refusal_ends_it(self):
        calls, code, _ = self.run_worker({"GetActivityTask": [400]})
        self.assertEqual([("GetActivityTask", 400)], calls)
        self.assertNotEqual(0, code)

    def test_no_task_is_taken_before_the_root_is_there(self):
        mounted = self.root / "mounted"
        states, worker = self.start_worker({}, mounted)
        self.assertIn("RootNotThere", worker.stderr.readline())
        self.assertEqual([], states.calls)
        there = self.root / "elsewhere"
        there.mkdir()
        (self.root / "from").rename(there / "from")
        there.rename(mounted)
        _, log = worker.communicate(timeout=60)
        self.assertEqual(0, worker.returncode, log)
        self.assertEqual("work", (mounted / "to" / "work.txt").read_text())


class Vaults(PlayedGround):
    """A worker whose vault is a directory: what stands below a mount point is there with the mount only."""

    def setUp(self):
        super().setUp()
        self.vault = self.root / "vault"

    def back_up(self, when_polled=lambda: None):
        return self.start_worker({}, self.root, "--vault", self.vault, task={
            "Action": "backup", "Source": "from/home", "Workspace": "u"}, when_polled=when_polled)

    def test_no_task_is_taken_before_the_vault_is_there(self):
        (self.root / "from" / "home").mkdir()
        states, worker = self.back_up()
        said = worker.stderr.readline()
        self.assertIn("VaultNotThere", said)
        self.assertIn("--vault", said)
        self.assertEqual([], states.calls)
        self.vault.mkdir()
        _, log = worker.communicate(timeout=60)
        self.assertIn(("SendTaskSuccess", 200), states.calls, log)
        self.assertTrue((self.vault / "u" / "config").exists())

    def test_a_vault_that_goes_is_not_made_anew(self):
        (self.root / "from" / "home").mkdir()
        self.vault.mkdir()
        states, worker = self.back_up(when_polled=self.vault.rmdir)
        _, log = worker.communicate(timeout=60)
        self.assertEqual([("GetActivityTask", 200), ("SendTaskFailure", 200)], states.calls)
        self.assertIn("VaultNotThere", log)
        self.assertFalse(self.vault.exists())


main()
