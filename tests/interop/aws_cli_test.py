#!/usr/bin/env python3
"""The current AWS CLI against `lifeboat serve`: the calls by which boto3_test.py reaches every operation of the
local cloud, each made by the program; what it prints is judged by botocore's service models."""
import collections
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from boto3_test import NEEDS_A_THIRD_PARTY, STORIES, described  # noqa: E402
from command_line import CommandLine  # noqa: E402
from ground import Server, main  # noqa: E402
from judge import Judge  # noqa: E402


class AwsCli(unittest.TestCase):
    def setUp(self):
        self.server = Server(config=f"[local.datasync]\nlocal_roots = '{tempfile.gettempdir()}'\n")
        self.addCleanup(self.server.close)
        self.judge = Judge()
        self.program = CommandLine(self.server, self.judge)
        self.addCleanup(self.program.close)

    def test_every_local_operation(self):
        clients = self.program.clients
        clients["sts"].get_caller_identity()
        for story in STORIES:
            with self.subTest(story=story.__name__):
                story.tell(self, self.server, clients)
        self.assertEqual(self.judge.violations, [], "\n".join(self.judge.violations))
        wanted = {operation for operation in self.offered() if operation not in NEEDS_A_THIRD_PARTY}
        called = collections.Counter(name.split(":")[0] for name in wanted if self.judge.answered[name])
        print(self.program.run("--version")[1].strip())
        print(f"{called.total()} of {len(wanted)} local operations, {self.judge.answered.total()} answers")
        self.assertGreater(len(wanted), 200)
        self.assertEqual(sorted(name for name in wanted if not self.judge.answered[name]), [])

    def offered(self):
        """What the local cloud has: all that it does not call unknown when it is asked without members."""
        for service, client in self.program.clients.items():
            for name in described(service):
                if name not in client.model.operation_names:
                    continue
                done = self.server.lifeboat_run("--json", "aws", service, name, "--input", "{}")
                error = json.loads(done.stderr)["error"]["code"] if done.returncode != 0 else ""
                if error != "UnknownOperationException":
                    yield f"{service}:{name}"


if __name__ == "__main__":
    main()
