#!/usr/bin/env python3
"""The function binary under AWS's own Lambda Runtime Interface Emulator, and with a mix of clouds."""
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ground import LIFEBOAT, Moto, Server, free_port, main, tool, wait_for  # noqa: E402


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


class Emulator:
    """aws-lambda-rie, running the binary as a function's bootstrap."""

    def __init__(self, handler, environment):
        self.folder = tempfile.TemporaryDirectory(prefix="lifeboat-test-")
        bootstrap = shutil.copy(LIFEBOAT, os.path.join(self.folder.name, "bootstrap"))
        self.port, runtime = free_port(), free_port()
        self.log = open(os.path.join(self.folder.name, "log"), "w+", encoding="utf-8")
        env = {"PATH": os.environ["PATH"], "AWS_LAMBDA_FUNCTION_NAME": handler, "_HANDLER": handler,
               "AWS_LAMBDA_FUNCTION_TIMEOUT": "60", **environment}
        self.process = subprocess.Popen(
            [tool("aws-lambda-rie"), "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}",
             "--runtime-api-address", f"127.0.0.1:{runtime}", bootstrap, handler],
            env=env, stdout=self.log, stderr=self.log, cwd=self.folder.name, start_new_session=True)
        wait_for("the emulator to listen", self._listens, 30)

    def _listens(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.connect()
            connection.close()
            return True
        except OSError:
            return False

    def invoke(self, event):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        connection.request("POST", "/2015-03-31/functions/function/invocations", json.dumps(event))
        text = connection.getresponse().read()
        connection.close()
        return json.loads(text)

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def close(self):
        os.killpg(self.process.pid, 15)  # the group that was started here
        self.process.wait(timeout=30)
        self.log.close()
        self.folder.cleanup()


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
        emulator = Emulator("event-processor", self.environment())
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
        emulator = Emulator("event-processor", self.environment(AWS_ENDPOINT_URL="http://127.0.0.1:1",
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
        emulator = Emulator("event-processor", self.environment(
            AWS_ENDPOINT_URL_DYNAMODB=moto.url, AWS_ENDPOINT_URL_SQS=moto.url))
        self.addCleanup(emulator.close)
        answer = emulator.invoke(created(domain, "user1"))
        self.assertNotIn("errorType", answer, emulator.logged())
        row = registry.get_item(TableName="studioUser", Key={"profile_name": {"S": "user1"},
                                                             "domain_name": {"S": "studio"}})["Item"]
        self.assertTrue(row)


if __name__ == "__main__":
    main()
