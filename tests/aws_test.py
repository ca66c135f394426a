#!/usr/bin/env python3
"""Any call by `lifeboat aws`, a cloud made of two, and copies by `lifeboat worker`."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import LIFEBOAT, Server, main, wait_for  # noqa: E402

OTHER_ACCOUNT = "210987654321"


class AnyCall(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def run_aws(self, *arguments, stdin=None):
        return subprocess.run([LIFEBOAT, "aws", *arguments], env=dict(os.environ, LIFEBOAT_DATA=self.server.data),
                              capture_output=True, text=True, input=stdin, check=False)

    def test_one_call(self):
        done = self.run_aws("sts", "GetCallerIdentity")
        self.assertEqual(json.loads(done.stdout)["Account"], "000000000000")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write('{"Name": "/a", "Value": "1", "Type": "String"}')
            file.flush()
            self.assertEqual(self.run_aws("ssm", "PutParameter", "--input", "@" + file.name).returncode, 0)
        self.assertEqual(json.loads(self.run_aws("ssm", "GetParameter", "--input", "-", stdin='{"Name": "/a"}')
                                    .stdout)["Parameter"]["Value"], "1")
        self.assertEqual(self.run_aws("ssm", "GetParameter", "--input", '{"Name": "/none"}').returncode, 4)

    def test_every_page(self):
        for number in range(5):
            self.server.call("sqs", "CreateQueue", QueueName=f"q{number}")
        listed = json.loads(self.run_aws("sqs", "ListQueues", "--every-page", "--input",
                                         '{"MaxResults": 2, "QueueNamePrefix": "q"}').stdout)
        self.assertEqual(len(listed), 5)

    def test_batch_goes_on_after_a_failure(self):
        lines = [{"service": "ssm", "operation": "GetParameter", "request": {"Name": "/none"}},
                 {"service": "sts", "operation": "GetCallerIdentity"}]
        done = self.run_aws("--batch", stdin="\n".join(map(json.dumps, lines)) + "\n")
        first, second = map(json.loads, done.stdout.splitlines())
        self.assertEqual(first["error"]["code"], "ParameterNotFound")
        self.assertEqual(second["answer"]["Account"], "000000000000")
        self.assertEqual(done.returncode, 3)

    def test_it_knows_what_there_is(self):
        self.assertIn("cloudformation", self.run_aws("--list").stdout.split())
        self.assertIn("DescribeStacks", self.run_aws("--list", "cloudformation").stdout.split())
        self.assertEqual(self.run_aws("sts").returncode, 2)

    def test_a_service_may_be_elsewhere(self):
        other = Server(config=f'account = "{OTHER_ACCOUNT}"\n')
        self.addCleanup(other.close)
        with tempfile.TemporaryDirectory(prefix="lifeboat-test-") as folder:
            pathlib.Path(folder, "lifeboat.toml").write_text('[services]\nsts = "aws"\n')
            env = dict(other.aws_environment(), LIFEBOAT_DATA=folder)

            def account(*verb):
                return json.loads(subprocess.run([LIFEBOAT, *verb], env=env, check=True, capture_output=True,
                                                 text=True).stdout)
            self.assertEqual(account("aws", "sts", "GetCallerIdentity")["Account"], OTHER_ACCOUNT)
            made = account("aws", "sqs", "CreateQueue", "--input", '{"QueueName": "here"}')
            self.assertIn("here", made["QueueUrl"])
            with self.assertRaises(Exception):
                other.call("sqs", "GetQueueUrl", QueueName="here")

    def test_a_service_that_leads_back_to_its_server_is_refused(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        for services, listen, variable in (
                (f"sqs = 'http://localhost:{port}'", "127.0.0.1", ""),
                (f"dynamodb = 'http://127.0.0.2:{port}'", "0.0.0.0", ""),
                ("sqs = 'aws'", "127.0.0.1", f"http://127.0.0.1:{port}")):
            with self.subTest(services), tempfile.TemporaryDirectory(prefix="lifeboat-test-") as folder:
                pathlib.Path(folder, "lifeboat.toml").write_text(f"[services]\n{services}\n")
                done = subprocess.run(
                    [LIFEBOAT, "serve", "--listen", f"{listen}:{port}"], capture_output=True, text=True,
                    env=dict(os.environ, LIFEBOAT_DATA=folder, AWS_ENDPOINT_URL=variable), timeout=30, check=False)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn("ServiceLeadsBack", done.stderr)


class Worker(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.folder = tempfile.TemporaryDirectory(prefix="lifeboat-test-")
        self.addCleanup(self.folder.cleanup)
        self.activity = self.server.call("states", "CreateActivity", name="copies")["activityArn"]
        self.machine = self.server.call("states", "CreateStateMachine", name="m",
                                        roleArn="arn:aws:iam::000000000000:role/r", definition=json.dumps(
                                            {"StartAt": "Copy", "States": {"Copy": {
                                                "Type": "Task", "Resource": self.activity, "HeartbeatSeconds": 60,
                                                "End": True}}}))["stateMachineArn"]

    def copied(self, **task):
        execution = self.server.call("states", "StartExecution", stateMachineArn=self.machine,
                                     input=json.dumps(task))["executionArn"]
        done = subprocess.run([LIFEBOAT, "worker", "--activity", self.activity, "--root", self.folder.name, "--name",
                               "w", "--tasks", "1"], env=dict(os.environ, LIFEBOAT_DATA=self.server.data),
                              capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return wait_for("the execution", lambda: (lambda now: now if now["status"] != "RUNNING" else None)(
            self.server.call("states", "DescribeExecution", executionArn=execution)))

    def test_it_moves_data(self):
        home = pathlib.Path(self.folder.name, "200000")
        home.mkdir()
        (home / "work.txt").write_text("precious")
        ended = self.copied(Source="200000", Destination="200005")
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        self.assertEqual(pathlib.Path(self.folder.name, "200005/work.txt").read_text(), "precious")
        self.assertIn("FilesTransferred", json.loads(ended["output"]))

    def test_it_says_what_went_wrong_and_stays_below_its_root(self):
        for source in ("none", "../" + os.path.basename(self.folder.name)):
            ended = self.copied(Source=source, Destination="200005")
            self.assertEqual(ended["status"], "FAILED", ended)


main()
