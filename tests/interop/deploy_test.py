#!/usr/bin/env python3
"""The deployment: its template judged by cfn-lint, and made, changed and removed by moto's CloudFormation."""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ground import ACCOUNT, LIFEBOAT, REGION, Moto, Server, main, tool, wait_for  # noqa: E402

NETWORK = ["-v", "vpc-0123456789abcdef0", "-s", "subnet-0123456789abcdef0"]


def render(*options):
    return subprocess.run([LIFEBOAT, "deploy", "--render-only", *options], check=True, capture_output=True,
                          text=True).stdout


class Template(unittest.TestCase):
    def test_cfn_lint_finds_nothing(self):
        lint = tool("cfn-lint")
        for options in ([], NETWORK, [*NETWORK, "-d"]):
            with self.subTest(options=options), tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                file.write(render(*options))
                file.flush()
                done = subprocess.run([lint, "--regions", "us-east-1", "--", file.name], capture_output=True,
                                      text=True, check=False)
                self.assertEqual((done.returncode, done.stdout), (0, ""), done.stdout)


class Deployment:
    """Mixed into TestCases: what is deployed where, and what is there."""

    def setUp(self):
        self.begin(Moto())

    def begin(self, moto):
        self.moto = moto
        self.addCleanup(self.moto.close)
        import boto3
        self.client = lambda service: boto3.client(
            service, endpoint_url=self.moto.url, region_name="us-east-1", aws_access_key_id="a",
            aws_secret_access_key="b")
        self.client("s3").create_bucket(Bucket="code")
        self.folder = tempfile.TemporaryDirectory(prefix="lifeboat-test-")
        self.addCleanup(self.folder.cleanup)
        # What is deployed is not run by this test.
        self.program = pathlib.Path(self.folder.name, "program")
        self.program.write_text("#!/bin/sh\n")

    def lifeboat(self, *options):
        env = dict(self.moto.environment(), LIFEBOAT_DATA=self.folder.name)
        return subprocess.run([LIFEBOAT, "deploy", "-n", "mine", "-b", "code", "-r", "us-east-1", "--program",
                               str(self.program), *options], env=env, capture_output=True, text=True, timeout=300,
                              check=False)

    def names(self):
        """All that is in the account and could be left over."""
        return {
            "stacks": [stack["StackName"] for stack in self.client("cloudformation").describe_stacks()["Stacks"]],
            "tables": self.client("dynamodb").list_tables()["TableNames"],
            "queues": self.client("sqs").list_queues().get("QueueUrls", []),
            "functions": [one["FunctionName"] for one in self.client("lambda").list_functions()["Functions"]],
            "machines": self.client("stepfunctions").list_state_machines()["stateMachines"],
            "roles": [one["RoleName"] for one in self.client("iam").list_roles()["Roles"]],
            "rules": [one["Name"] for one in self.client("events").list_rules()["Rules"]],
            "logs": self.client("logs").describe_log_groups()["logGroups"],
            "parameters": self.client("ssm").describe_parameters()["Parameters"],
            "objects": self.client("s3").list_objects_v2(Bucket="code").get("Contents", []),
        }


class InMoto(Deployment, unittest.TestCase):
    def test_made_again_and_removed_without_leftovers(self):
        before = self.names()
        asked = self.lifeboat()
        self.assertNotEqual(asked.returncode, 0, "it asks first")
        self.assertIn("ConfirmationRequired", asked.stderr)
        made = self.lifeboat("--yes")
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        self.assertIn("AWS::StepFunctions::StateMachine", made.stdout)
        now = self.names()
        wanted = collections.defaultdict(list)
        for resource in json.loads(render())["Resources"].values():
            wanted[resource["Type"]].append(resource.get("Properties", {}))
        self.assertEqual(set(now["functions"]), {one["FunctionName"] for one in wanted["AWS::Lambda::Function"]})
        self.assertEqual(set(now["tables"]), {one["TableName"] for one in wanted["AWS::DynamoDB::Table"]})
        self.assertEqual({one["name"] for one in now["machines"]},
                         {one["StateMachineName"] for one in wanted["AWS::StepFunctions::StateMachine"]})
        self.assertEqual({url.rsplit("/", 1)[1] for url in now["queues"]},
                         {one["QueueName"] for one in wanted["AWS::SQS::Queue"]})
        for kind in ("functions", "tables", "machines", "queues", "rules", "roles", "logs"):
            self.assertTrue(now[kind], kind)
        removed = self.lifeboat("--destroy", "--yes")
        self.assertEqual(removed.returncode, 0, removed.stdout + removed.stderr)
        self.assertEqual(self.names(), before)

    def test_a_second_time_changes_what_differs(self):
        self.assertEqual(self.lifeboat("--yes").returncode, 0)
        before = self.names()
        again = self.lifeboat("--yes")
        self.assertEqual((again.returncode, again.stdout.strip()), (0, "No changes."), again.stdout + again.stderr)
        self.assertEqual(self.names(), before)
        pathlib.Path(self.folder.name, "lifeboat.toml").write_text("[recovery]\npoll_seconds = 7\n")
        asked = self.lifeboat()
        self.assertIn("ConfirmationRequired", asked.stderr)
        self.assertIn("Modify  PrepareRecovery ", asked.stdout)
        self.assertNotIn("UserTable", asked.stdout)
        self.assertEqual(self.environment("prepare-recovery")["POLL_SECONDS"], "15", "nothing is done unasked")
        changed = self.lifeboat("--yes", *NETWORK)
        self.assertEqual(changed.returncode, 0, changed.stdout + changed.stderr)
        self.assertIn("Add     CopySecurityGroup ", changed.stdout)
        self.assertEqual(self.environment("prepare-recovery")["POLL_SECONDS"], "7")
        self.assertEqual(len(self.names()["stacks"]), 1)

    def environment(self, function):
        return self.client("lambda").get_function_configuration(FunctionName=function)["Environment"]["Variables"]

    def test_configuration_file_says_what_the_command_line_does_not(self):
        pathlib.Path(self.folder.name, "lifeboat.toml").write_text(
            '[deploy]\nstack = "theirs"\nvpc = "vpc-0123456789abcdef0"\nsubnet = "subnet-0123456789abcdef0"\n')
        done = subprocess.run([LIFEBOAT, "deploy", "--render-only"], capture_output=True, text=True, check=True,
                              env=dict(os.environ, LIFEBOAT_DATA=self.folder.name))
        self.assertIn("CopySecurityGroup", json.loads(done.stdout)["Resources"])


class Seeding(Deployment, unittest.TestCase):
    """The functions run, as deployed; Studio is `lifeboat serve`, the rest is moto."""

    def setUp(self):
        tool("aws-lambda-rie")  # what runs the functions; nobody would be told from within moto
        self.studio = Server(config=f'account = "{ACCOUNT}"\n')
        self.addCleanup(self.studio.close)
        keys = {name: self.studio.credentials[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        elsewhere = {f"AWS_ENDPOINT_URL_{name}": self.studio.endpoint for name in ("SAGEMAKER", "EFS", "EC2")}
        self.begin(Moto(around={**keys, **elsewhere, "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}))
        # Without its symbols: packing them takes longest.
        subprocess.run(["strip", "-o", self.program, LIFEBOAT], check=True)

    def test_profiles_that_exist_are_registered_while_the_stack_is_made(self):
        self.studio.lifeboat("studio", "domains", "create", "studio")
        for name in ("user1", "user2"):
            self.studio.lifeboat("studio", "users", "create", name, "--domain", "studio")
        made = self.lifeboat("--yes", "-d")
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        self.assertIn("Seeding", made.stdout)
        registered = wait_for("both to be registered", lambda: len(self.rows()) == 2 and self.rows(), 120)
        self.assertEqual({row["profile_name"]["S"] for row in registered}, {"user1", "user2"})

    def rows(self):
        return self.client("dynamodb").scan(TableName="studioUser")["Items"]


if __name__ == "__main__":
    main()
