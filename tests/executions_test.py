#!/usr/bin/env python3
"""Seeing executions: `lifeboat executions watch` and `graph`, of every kind of end."""
import json
import os
import pathlib
import subprocess
import sys
import unittest
import xml.etree.ElementTree as xml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import LIFEBOAT, Server, main, wait_for  # noqa: E402

ROLE = "arn:aws:iam::000000000000:role/machine"


def look_up(queue, **more):
    return {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl",
            "Parameters": {"QueueName": queue}, "End": True, **more}


FAN = {"StartAt": "Fan", "States": {
    "Fan": {"Type": "Parallel", "Next": "Each", "ResultPath": None, "Branches": [
        {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}},
        {"StartAt": "Two", "States": {"Two": look_up("there")}}]},
    "Each": {"Type": "Map", "ItemsPath": "$.items", "End": True, "ItemProcessor": {
        "StartAt": "Item", "States": {"Item": {"Type": "Pass", "End": True}}}}}}
MISSING = {"StartAt": "Look", "States": {"Look": look_up("later", Retry=[
    {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}])}}
WAIT = {"StartAt": "Sleep", "States": {"Sleep": {"Type": "Wait", "SecondsPath": "$.seconds", "End": True}}}


class Seeing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.call("sqs", "CreateQueue", QueueName="there")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def start(self, definition, given):
        machine = self.server.call("states", "CreateStateMachine", name=self.id().split(".")[-1],
                                   definition=json.dumps(definition), roleArn=ROLE)
        return self.server.call("states", "StartExecution", stateMachineArn=machine["stateMachineArn"],
                                input=json.dumps(given))["executionArn"]

    def status(self, arn):
        return self.server.call("states", "DescribeExecution", executionArn=arn)["status"]

    def wait_for_end(self, arn):
        wait_for("the execution to end", lambda: self.status(arn) != "RUNNING", 60)

    def run_verb(self, *arguments):
        return subprocess.run([LIFEBOAT, "executions", *arguments], capture_output=True, text=True, check=False,
                              env=dict(os.environ, LIFEBOAT_DATA=self.server.data), timeout=120)

    def drawn(self, arn):
        """The SVG's texts; checks both forms and the JSON around them on the way."""
        svg = self.run_verb("graph", arn)
        self.assertEqual(svg.returncode, 0, svg.stderr)
        root = xml.fromstring(svg.stdout)
        self.assertTrue(root.tag.endswith("svg"))
        mermaid = self.run_verb("graph", arn, "--format", "mermaid")
        self.assertEqual(mermaid.returncode, 0, mermaid.stderr)
        for form in ("svg", "mermaid"):
            found = json.loads(self.run_verb("graph", arn, "--format", form, "--json").stdout)
            self.assertEqual(found["format"], form)
            self.assertIn(" / ", found["drawing"])
        return "\n".join(root.itertext()), mermaid.stdout

    def watched(self, arn):
        """Exit code and lines of `watch`, and the events and the execution of `watch --json`."""
        plain = self.run_verb("watch", arn)
        lines = self.run_verb("watch", arn, "--json")
        self.assertEqual(plain.returncode, lines.returncode)
        *events, execution = map(json.loads, lines.stdout.splitlines())
        self.assertEqual([event["id"] for event in events], list(range(1, len(events) + 1)))
        self.assertEqual(execution["executionArn"], arn)
        self.assertEqual(len(plain.stdout.splitlines()), len(events) + 1)
        return plain.returncode, plain.stdout.splitlines(), [event["type"] for event in events]

    def test_branches_and_iterations(self):
        arn = self.start(FAN, {"items": [1, 2, 3]})
        self.wait_for_end(arn)
        svg, mermaid = self.drawn(arn)
        for state in ("Fan", "One", "Two", "Each", "Item"):
            self.assertIn(state, svg)
            self.assertIn(state, mermaid)
        self.assertIn("SUCCEEDED", svg)
        code, lines, types = self.watched(arn)
        self.assertEqual(code, 0)
        self.assertTrue(lines[-1].startswith("SUCCEEDED"), lines[-1])
        self.assertEqual(types.count("MapIterationSucceeded"), 3)

    def test_a_failed_one_and_its_redrive(self):
        arn = self.start(MISSING, {})
        self.wait_for_end(arn)
        svg, mermaid = self.drawn(arn)
        self.assertIn("FAILED", svg)
        self.assertIn("QueueDoesNotExist", svg + mermaid)
        code, lines, types = self.watched(arn)
        self.assertEqual(code, 1)
        self.assertIn("FAILED", lines[-1])
        self.assertIn("QueueDoesNotExist", lines[-1])
        self.assertEqual(types.count("TaskFailed"), 2)
        self.server.call("sqs", "CreateQueue", QueueName="later")
        self.server.call("states", "RedriveExecution", executionArn=arn)
        self.wait_for_end(arn)
        code, lines, types = self.watched(arn)
        self.assertEqual(code, 0)
        self.assertIn("ExecutionRedriven", types)
        self.assertIn("SUCCEEDED", self.drawn(arn)[0])

    def test_a_stopped_one(self):
        arn = self.start(WAIT, {"seconds": 3600})
        wait_for("the wait to begin", lambda: "Sleep" in self.drawn(arn)[0])
        self.server.call("states", "StopExecution", executionArn=arn, error="Enough", cause="of this")
        svg, _ = self.drawn(arn)
        self.assertIn("ABORTED", svg)
        code, lines, types = self.watched(arn)
        self.assertEqual(code, 1)
        self.assertIn("ABORTED", lines[-1])
        self.assertIn("Enough", lines[-1])
        self.assertEqual(types[-1], "ExecutionAborted")

    def test_watching_one_that_runs(self):
        arn = self.start(WAIT, {"seconds": 2})
        self.assertEqual(self.status(arn), "RUNNING")
        code, lines, types = self.watched(arn)
        self.assertEqual(code, 0)
        self.assertEqual(types[-1], "ExecutionSucceeded")
        self.assertIn("SUCCEEDED", lines[-1])

    def test_what_is_not_there(self):
        for verb in ("watch", "graph"):
            done = self.run_verb(verb, "arn:aws:states:us-east-1:000000000000:execution:none:none", "--json")
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertEqual(json.loads(done.stderr)["error"]["code"], "ExecutionDoesNotExist")


if __name__ == "__main__":
    main()
