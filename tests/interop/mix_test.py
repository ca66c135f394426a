#!/usr/bin/env python3
"""The recovery application on a mix: DynamoDB (with its streams) and SQS by moto, the rest by `lifeboat serve`."""
import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ground import ACCOUNT, REGION, Moto, Server, main, wait_for  # noqa: E402
from scenario_files import fill_home, owners, tree  # noqa: E402

import boto3  # noqa: E402

# Profiles stay Pending for a while, so that their events are looked at again, by way of SQS: without it the
# registry would not know of them before the sweep.
CONFIGURATION = """
account = "{account}"
[services]
dynamodb = "{url}"
sqs = "{url}"
[local.sagemaker]
pending_seconds = 1
deleting_seconds = 0.5
[local.lambda]
poll_seconds = 0.2
"""


def is_half_a_row(letter):
    """moto tells of an item that UpdateItem makes in two records, the first with nothing but its keys; AWS in one."""
    record = letter["Input"]["dynamodb"]
    return letter["Error"] == "MalformedRow" and record["NewImage"] == record["Keys"]


class Mix(unittest.TestCase):
    def setUp(self):
        self.moto = Moto()
        self.addCleanup(self.moto.close)
        self.environment = {name: value for name, value in self.moto.environment().items()
                            if name.startswith("AWS_") and name != "AWS_ENDPOINT_URL"}
        self.server = Server(config=CONFIGURATION.format(account=ACCOUNT, url=self.moto.url),
                             environment=self.environment)
        self.addCleanup(self.server.close)
        theirs = {"endpoint_url": self.moto.url, "region_name": REGION, "aws_access_key_id": "a",
                  "aws_secret_access_key": "b"}
        self.registry = boto3.client("dynamodb", **theirs)
        self.queues = boto3.client("sqs", **theirs)

    def rows(self):
        """The registry, where moto has it."""
        return {row["profile_name"]["S"]: row for row in self.registry.scan(TableName="studioUser")["Items"]}

    def home_of(self, domain, profile):
        described = wait_for(f"{profile} to be in service", lambda: self.in_service(
            self.server.call("sagemaker", "DescribeUserProfile", DomainId=domain["DomainId"], UserProfileName=profile)))
        home = self.server.home(domain["HomeEfsFileSystemId"], described["HomeEfsFileSystemUid"])
        wait_for("the home", lambda: os.path.isdir(home))
        return home

    @staticmethod
    def in_service(described):
        return described if described["Status"] == "InService" else None

    def create_profile(self, domain, profile):
        self.server.call("sagemaker", "CreateUserProfile", DomainId=domain["DomainId"], UserProfileName=profile)
        return self.home_of(domain, profile)

    def delete_profile(self, domain):
        self.server.call("sagemaker", "DeleteUserProfile", DomainId=domain["DomainId"], UserProfileName="user1")
        wait_for("the end of the profile", lambda: not self.server.call("sagemaker", "ListUserProfiles")["UserProfiles"])

    def create_domain(self):
        arn = self.server.call("sagemaker", "CreateDomain", DomainName="studio", AuthMode="IAM", DefaultUserSettings={
            "ExecutionRole": f"arn:aws:iam::{ACCOUNT}:role/studio"})["DomainArn"]
        return wait_for("the domain", lambda: self.in_service(
            self.server.call("sagemaker", "DescribeDomain", DomainId=arn.rsplit("/", 1)[1])))

    def lose_a_home(self):
        """Domain and home of a profile that worked and was deleted, and what lay in its home."""
        domain = self.create_domain()
        old = self.create_profile(domain, "user1")
        fill_home(old)
        before = tree(old)
        wait_for("the registry in moto", lambda: "user1" in self.rows())
        self.delete_profile(domain)
        return domain, old, before

    def test_files_come_back(self):
        domain, old, before = self.lose_a_home()
        new = self.create_profile(domain, "user1")
        self.assertNotEqual(old, new)
        row = wait_for("the outcome in moto", lambda: next(
            (row for row in self.rows().values()
             if row.get("replication_status", {}).get("S") in ("SUCCESS", "ERROR")), None))
        self.assertEqual(row["replication_status"]["S"], "SUCCESS", row)
        self.assertEqual(before, tree(new))
        if os.geteuid() == 0:
            self.assertEqual({int(os.path.basename(new))}, owners(new))
        history = self.registry.scan(TableName="studioUserHistory")["Items"]
        self.assertGreaterEqual(len(history), 3, history)
        # Nothing is left in line, and nothing was given up.
        slots = self.registry.get_item(TableName="lifeboatState", Key={"name": {"S": "copy-slots"}}).get("Item", {})
        self.assertNotIn("holders", slots)
        self.assertEqual([letter for letter in self.dead_letters() if not is_half_a_row(letter)], [])
        wait_for("the last look at a pending profile", lambda: self.count("recovery-later") == 0)
        # Clients of the endpoint see the same table.
        self.assertEqual(self.server.call("dynamodb", "Scan", TableName="studioUser")["Count"], 1)
        self.assertEqual(self.server.call("datasync", "ListTasks")["Tasks"], [])

    def dead_letters(self):
        url = self.queues.get_queue_url(QueueName="recovery-dead-letter")["QueueUrl"]
        return [json.loads(message["Body"]) for message in self.queues.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])]

    def count(self, queue):
        url = self.queues.get_queue_url(QueueName=queue)["QueueUrl"]
        found = self.queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])

    def test_what_is_given_up_is_told_in_moto(self):
        machine = self.server.call("states", "ListStateMachines")["stateMachines"][0]["stateMachineArn"]
        self.server.call("states", "StartExecution", stateMachineArn=machine, input=json.dumps({"Target": {}}))
        wait_for("the dead letter", lambda: self.count("recovery-dead-letter") == 1)
        url = self.queues.get_queue_url(QueueName="recovery-dead-letter")["QueueUrl"]
        letter = json.loads(self.queues.receive_message(QueueUrl=url)["Messages"][0]["Body"])
        self.assertEqual(letter["Error"], "InvalidInput", letter)

    def test_the_work_goes_on_after_a_crash(self):
        domain, _, before = self.lose_a_home()
        self.server.kill()
        self.server.start(dict(self.environment, LIFEBOAT_FAULTS="states.before-task:3=kill"))
        try:
            self.create_profile(domain, "user1")
        except Exception:  # noqa: BLE001 - the server may end while it answers
            pass
        wait_for("the crash", lambda: self.server.process.poll() is not None)
        self.server.start(self.environment)
        new = self.home_of(domain, "user1")
        wait_for("the outcome in moto", lambda: self.rows()["user1"].get(
            "replication_status", {}).get("S") == "SUCCESS" and tree(new) == before)

    def test_services_that_belong_together_stay_together(self):
        pathlib.Path(self.server.data, "lifeboat.toml").write_text('[services]\nefs = "aws"\n')
        self.server.stop()
        done = self.server.lifeboat_run("registry", "list")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("ServicesBelongTogether", done.stderr)


if __name__ == "__main__":
    main()
