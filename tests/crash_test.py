#!/usr/bin/env python3
"""kill -9 at every scripted fault point between the event and the final row.

An undisturbed recovery records every fault point it passes. Then, for each of them, the same recovery
runs on a copy of the same data directory with a script that kills the server there; after a restart it
must end exactly as the undisturbed one: same files, one execution, one history, nothing left behind.

Points that are passed many times are killed at the first, the middle and the last pass;
LIFEBOAT_CRASH_ALL=1 kills at every pass.
"""
import collections
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import CallFailed, Server, ServerEnded, main, wait_for  # noqa: E402
from scenario_files import fill_home, tree  # noqa: E402


class Story:
    """user1 is recreated in a prepared data directory."""

    def __init__(self, prepared, folder, faults):
        self.data = os.path.join(folder, "data")
        subprocess.run(["cp", "-a", prepared, self.data], check=True)
        self.server = Server(self.data, start=False)
        self.restarts = 0
        try:
            self.server.start({"LIFEBOAT_FAULTS": faults})
        except ServerEnded as ended:  # killed before it listened
            if ended.code != -signal.SIGKILL:
                raise
            self.restart()

    def persist(self, service, operation, accept=(), **request):
        """The call, repeated over a server that was killed under it."""
        while True:
            try:
                return self.server.call(service, operation, **request)
            except CallFailed as failed:
                if failed.code in accept:
                    return {}
                if failed.code:
                    raise
                self.restart()

    def restart(self):
        self.server.process.wait(timeout=10)
        self.restarts += 1
        if self.restarts > 3:
            raise AssertionError("the server keeps dying: " + self.server.logged())
        self.server.start({"LIFEBOAT_FAULTS": ""})

    def row(self):
        items = self.persist("dynamodb", "Scan", TableName="studioUser")["Items"]
        return next((item for item in items if item["profile_name"]["S"] == "user1"), {})

    def run(self, domain):
        # A call whose answer was lost may have taken effect: then its repetition is refused.
        self.persist("sagemaker", "DeleteUserProfile", ("ResourceNotFound",),
                     DomainId=domain, UserProfileName="user1")
        # Else the deletion might be seen after the recreation only, which is another story.
        wait_for("the tombstone", lambda: self.row().get("home_state", {}).get("S") == "deleted")
        self.persist("sagemaker", "CreateUserProfile", ("ResourceInUse", "ValidationException"),
                     DomainId=domain, UserProfileName="user1")

        def ended():
            row = self.row()
            return row if row.get("replication_status", {}).get("S") in ("SUCCESS", "ERROR") else None
        row = wait_for("the recovery to end", ended, 90)

        def at_rest():
            machine = self.persist("states", "ListStateMachines")["stateMachines"][0]
            executions = self.persist("states", "ListExecutions",
                                      stateMachineArn=machine["stateMachineArn"])["executions"]
            return executions if all(it["status"] != "RUNNING" for it in executions) else None
        executions = wait_for("the executions to end", at_rest, 60)
        history = self.persist("dynamodb", "Scan", TableName="studioUserHistory")["Items"]
        return {
            "status": row["replication_status"]["S"],
            "files": tree(self.server.home(row["efs_sys_id"]["S"], row["efs_uid"]["S"])),
            "executions": [it["status"] for it in executions],
            "history": sorted(item.get("event", {}).get("S", "") for item in history),
            "tasks": self.persist("datasync", "ListTasks")["Tasks"],
            "locations": self.persist("datasync", "ListLocations")["Locations"],
        }


class Crash(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lifeboat-crash-")
        cls.prepared = os.path.join(cls.folder, "prepared")
        server = Server(cls.prepared)
        try:
            cls.domain = server.lifeboat("studio", "domains", "create", "studio")["DomainId"]
            server.call("sagemaker", "CreateUserProfile", DomainId=cls.domain, UserProfileName="user1")
            row = wait_for("the row", lambda: next(iter(
                server.call("dynamodb", "Scan", TableName="studioUser")["Items"]), None))
            cls.old = os.path.relpath(server.home(row["efs_sys_id"]["S"], row["efs_uid"]["S"]), cls.prepared)
            fill_home(os.path.join(cls.prepared, cls.old))
            cls.before = tree(os.path.join(cls.prepared, cls.old))
        finally:
            server.close()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def outcome(self, name, faults):
        folder = os.path.join(self.folder, name)
        os.makedirs(folder)
        story = Story(self.prepared, folder, faults)
        try:
            return story.run(self.domain), story.restarts
        finally:
            story.server.close()
            shutil.rmtree(folder, ignore_errors=True)

    def test_killed_anywhere_it_ends_as_undisturbed(self):
        record = os.path.join(self.folder, "record")
        undisturbed, restarts = self.outcome("undisturbed", "record=" + record)
        self.assertEqual(0, restarts)
        self.assertEqual("SUCCESS", undisturbed["status"])
        self.assertEqual(self.before, undisturbed["files"])
        self.assertEqual(["SUCCEEDED"], undisturbed["executions"])
        self.assertEqual([], undisturbed["tasks"] + undisturbed["locations"])

        passes = collections.Counter(pathlib.Path(record).read_text().split())
        layers = {point.split(".")[0] for point in passes}
        for layer in ("sagemaker", "events", "lambda", "states", "mover", "database", "jobs"):
            self.assertIn(layer, layers, "no fault point was passed there")
        every = os.environ.get("LIFEBOAT_CRASH_ALL") == "1"
        killed = 0
        for point, count in sorted(passes.items()):
            for turn in (range(1, count + 1) if every else sorted({1, (count + 1) // 2, count})):
                with self.subTest(point=point, turn=turn):
                    found, restarts = self.outcome(f"{point}-{turn}", f"{point}:{turn}=kill")
                    killed += restarts
                    self.assertEqual(undisturbed, found)
        print(f"killed at {killed} of {sum(passes.values())} passes of {len(passes)} fault points")
        # Later passes depend on timing and may not come; most must.
        self.assertGreaterEqual(killed, len(passes))


main()
