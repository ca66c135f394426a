#!/usr/bin/env python3
"""The function binary under AWS's own Lambda Runtime Interface Emulator, and with a mix of clouds."""
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from emulator import Emulator  # noqa: E402
from ground import LIFEBOAT, STATIC, Moto, Server, main  # noqa: E402

# What is deployed, where it was built.
FUNCTION = STATIC if STATIC.exists() else LIFEBOAT


def created(domain, profile):
    """A CreateUserProfile call as CloudTrail tells EventBridge of it."""
    return {"version": "0", "id": "11111111-2222-3333-4444-555555555555",
            "detail-type": "AWS API Call via CloudTrail", "source": "aws.sagemaker", "account": "000000000000",
            "time": "2026-01-02T09:18:24Z", "region": "us-east-1", "resources": [],
            "detail": {"eventVersion": "1.11", "eventTime": "2026-01-02T09:18:24Z",
                       "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateUserProfile",
                       "awsRegion": "us-east-1", "eventID": "e-1", "readOnly": False,
                       "requestParameters": {"domainId": domain, "userProfileName": profile},
                       "responseElements": {"userProfileArn": f"arn:aws:sagemaker:us-east-1:000000000000:"
                                                              f"user-profile/{domain}/{profile}"}}}


class Function(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)

    def environment(self, **more):
        keys = {name: value for name, value in self.server.credentials.items() if name.startswith("AWS_")}
        return {**keys, "AWS_EC2_METADATA_DISABLED": "true", **more}

    def make_profile(self):
        self.server.lifeboat("studio", "domains", "create", "studio")
        self.server.lifeboat("studio", "users", "create", "user1", "--domain", "studio")
        return self.server.call("sagemaker", "ListDomains")["Domains"][0]["DomainId"]

    def test_create_user_profile_event_end_to_end(self):
        domain = self.make_profile()
        emulator = Emulator(FUNCTION, "event-processor", self.environment())
        self.addCleanup(emulator.close)
        answer = emulator.invoke(created(domain, "user1"))
        self.assertNotIn("errorType", answer, emulator.logged())
        row = self.server.call("dynamodb", "GetItem", TableName="studioUser", Key={
            "profile_name": {"S": "user1"}, "domain_name": {"S": "studio"}})["Item"]
        self.assertTrue(row)
        lines = [json.loads(line) for line in emulator.logged().splitlines() if line.startswith('{"')
                 and "start_ms" in line]
        self.assertTrue(lines, emulator.logged())
        # Processor time: what else runs on this machine is not the program's.
        self.assertLess(int(lines[0]["processor_ms"]), 50, "the program's own start")
        again = emulator.invoke(created(domain, "user1"))
        self.assertEqual(again.get("errorType"), None)

    def test_error_is_handed_back(self):
        emulator = Emulator(FUNCTION, "event-processor", self.environment(AWS_ENDPOINT_URL="http://127.0.0.1:1",
                                                                AWS_MAX_ATTEMPTS="1"))
        self.addCleanup(emulator.close)
        answer = emulator.invoke(created("d-abcdefabcdef", "user1"))
        self.assertEqual(answer.get("errorType"), "ConnectionFailed", answer)

    def test_registry_by_moto_and_the_rest_by_lifeboat(self):
        domain = self.make_profile()
        moto = Moto()
        self.addCleanup(moto.close)
        import boto3
        theirs = {"endpoint_url": moto.url, "region_name": "us-east-1", "aws_access_key_id": "a",
                  "aws_secret_access_key": "b"}
        registry = boto3.client("dynamodb", **theirs)
        # The deployment's own definitions.
        template = json.loads(subprocess.run([LIFEBOAT, "deploy", "--render-only"], check=True,
                                             capture_output=True, text=True).stdout)
        for resource in template["Resources"].values():
            properties = dict(resource.get("Properties", {}))
            if resource["Type"] == "AWS::DynamoDB::Table":
                stream = properties.pop("StreamSpecification", None)
                for name in ("PointInTimeRecoverySpecification", "SSESpecification"):
                    properties.pop(name, None)
                if stream:
                    properties["StreamSpecification"] = {"StreamEnabled": True, **stream}
                registry.create_table(**properties)
        queues = boto3.client("sqs", **theirs)
        for name in ("recovery-dead-letter", "recovery-later"):
            queues.create_queue(QueueName=name)
        emulator = Emulator(FUNCTION, "event-processor", self.environment(
            AWS_ENDPOINT_URL_DYNAMODB=moto.url, AWS_ENDPOINT_URL_SQS=moto.url))
        self.addCleanup(emulator.close)
        answer = emulator.invoke(created(domain, "user1"))
        self.assertNotIn("errorType", answer, emulator.logged())
        row = registry.get_item(TableName="studioUser", Key={"profile_name": {"S": "user1"},
                                                             "domain_name": {"S": "studio"}})["Item"]
        self.assertTrue(row)


if __name__ == "__main__":
    main()
