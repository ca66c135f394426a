"""The endpoint of `lifeboat serve`, driven by the AWS CLI, boto3 and raw sockets:
right calls are answered, wrong ones get AWS's own errors, hostile ones do no harm."""
import concurrent.futures
import datetime
import email.utils
import http.client
import json
import os
import pathlib
import re
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402
from harness import LIFEBOAT, Server, signed_headers  # noqa: E402

try:
    import boto3
    import botocore.config
    import botocore.exceptions
except ImportError:
    boto3 = None


class EndpointTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.host = cls.server.endpoint.split("//")[1]

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    # --- helpers

    def failed(self, *arguments, **environment):
        env = self.server.aws_environment()
        env.update(environment)
        done = subprocess.run([harness.AWS, "--endpoint-url", self.server.endpoint, *arguments], env=env,
                              capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr

    def succeeded(self, *arguments):
        done = subprocess.run([harness.AWS, "--endpoint-url", self.server.endpoint, *arguments],
                              env=self.server.aws_environment(), capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def post(self, target="AWSStepFunctions.ListStateMachines", body=b"{}", service="states", now=None,
             sent=None, **changes):
        """A signed JSON request; `sent` is the body that really goes out. Status, headers, parsed body."""
        keys = self.server.credentials
        headers = signed_headers(self.host, service, target, "1.0", body,
                                 changes.pop("key", keys["AWS_ACCESS_KEY_ID"]),
                                 changes.pop("secret", keys["AWS_SECRET_ACCESS_KEY"]), now)
        for name, value in changes.items():
            headers.pop(name, None)
            if value is not None:
                headers[name] = value
        connection = http.client.HTTPConnection(self.host, timeout=30)
        connection.request("POST", "/", body if sent is None else sent, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, answer.headers, json.loads(text)

    def raw(self):
        name, port = self.host.split(":")
        return socket.create_connection((name, int(port)), timeout=30)

    def assert_alive(self):
        self.assertEqual(self.post()[0], 200)

    # --- Step Functions

    def test_express_machines_answer_the_aws_cli_and_versions_a_signed_call(self):
        definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
        role = "arn:aws:iam::000000000000:role/r"
        machine = self.server.aws("stepfunctions", "create-state-machine", "--name", "quick", "--type", "EXPRESS",
                                  "--definition", definition, "--role-arn", role)["stateMachineArn"]
        # The CLI would put "sync-" before a host name; the address of a test has none.
        answer = self.server.call("states", "StartSyncExecution", stateMachineArn=machine, input='{"a":1}')
        self.assertEqual(("SUCCEEDED", '{"a":1}'), (answer["status"], answer["output"]))
        version = self.server.call("states", "PublishStateMachineVersion", stateMachineArn=machine)
        self.assertEqual(machine + ":1", version["stateMachineVersionArn"])
        alias = self.server.call("states", "CreateStateMachineAlias", name="live", routingConfiguration=[
            {"stateMachineVersionArn": machine + ":1", "weight": 100}])["stateMachineAliasArn"]
        again = self.server.aws("stepfunctions", "start-execution", "--state-machine-arn", alias)
        self.assertIn(":express:quick:", again["executionArn"])
        with self.assertRaises(harness.CallFailed) as refused:
            self.server.call("states", "DeleteStateMachineVersion", stateMachineVersionArn=machine + ":1")
        self.assertEqual("ConflictException", refused.exception.code)
        tested = self.server.call("states", "TestState", definition='{"Type": "Pass", "Next": "B"}', roleArn=role)
        self.assertEqual(("SUCCEEDED", "B"), (tested["status"], tested["nextState"]))

    # --- right calls

    @unittest.skipIf(harness.AWS is None, "no AWS CLI")
    def test_aws_cli_calls_each_protocol(self):
        identity = self.server.aws("sts", "get-caller-identity")
        self.assertEqual(identity["Arn"], "arn:aws:iam::000000000000:root")
        machines = self.server.aws("stepfunctions", "list-state-machines")["stateMachines"]
        self.assertEqual([machine["name"] for machine in machines], ["recovery", "snapshot"])
        self.assertIn("Rules", self.server.aws("events", "list-rules"))

    @unittest.skipIf(harness.AWS is None, "no AWS CLI")
    def test_env_is_a_shell_script(self):
        for command in ('eval "$("$LIFEBOAT" env)"; aws sts get-caller-identity',
                        'eval $("$LIFEBOAT" env); "$AWS" --endpoint-url $AWS_ENDPOINT_URL sts get-caller-identity'):
            env = dict(os.environ, LIFEBOAT=LIFEBOAT, LIFEBOAT_DATA=self.server.data, AWS=harness.AWS,
                       AWS_SESSION_TOKEN="left over", AWS_EC2_METADATA_DISABLED="true",
                       PATH=os.path.dirname(harness.AWS) + ":" + os.environ["PATH"])
            if "aws sts" not in command:
                env.pop("AWS_SESSION_TOKEN")
            done = subprocess.run(["/bin/sh", "-c", command], env=env, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("root", done.stdout)

    @unittest.skipIf(harness.AWS is None, "no AWS CLI")
    def test_aws_cli_stores_objects(self):
        with tempfile.TemporaryDirectory() as place:
            here, back = pathlib.Path(place, "here"), pathlib.Path(place, "back")
            (here / "below").mkdir(parents=True)
            (here / "small").write_text("hello")
            (here / "below" / "odd +\u00e4 name").write_bytes(b"b" * 1000)
            (here / "large").write_bytes(os.urandom(20 << 20))  # in parts, both ways
            self.succeeded("s3", "mb", "s3://objects")
            self.succeeded("s3", "sync", str(here), "s3://objects/tree")
            self.succeeded("s3", "cp", "s3://objects/tree/large", "s3://objects/copy")
            self.succeeded("s3", "sync", "s3://objects/tree", str(back))
            for name in ("small", "below/odd +\u00e4 name", "large"):
                self.assertEqual((here / name).read_bytes(), (back / name).read_bytes(), name)
            head = self.server.aws("s3api", "head-object", "--bucket", "objects", "--key", "copy")
            self.assertEqual(head["ContentLength"], 20 << 20)
            put = self.server.aws("s3api", "put-object", "--bucket", "objects", "--key", "sum", "--body",
                                  str(here / "small"), "--checksum-algorithm", "SHA256")
            self.assertEqual(put["ChecksumSHA256"], "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")
            self.assertIn("NoSuchKey", self.failed("s3api", "get-object", "--bucket", "objects", "--key", "none",
                                                   str(here / "none")))
            self.assertIn("404", self.failed("s3api", "head-object", "--bucket", "objects", "--key", "none"))
            self.assertIn("NotImplemented", self.failed("s3api", "get-bucket-acl", "--bucket", "objects"))
            url = self.succeeded("s3", "presign", "s3://objects/tree/small").strip()
            with urllib.request.urlopen(url, timeout=30) as answer:
                self.assertEqual(answer.read(), b"hello")
            with self.assertRaises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(url.replace("tree/small", "tree/large"), timeout=30)
            self.assertEqual(caught.exception.code, 403)
            caught.exception.close()
            self.succeeded("s3", "rm", "--recursive", "s3://objects")
            self.succeeded("s3", "rb", "s3://objects")

    @unittest.skipIf(harness.AWS is None, "no AWS CLI")
    def test_aws_cli_restores_archived_objects(self):
        with tempfile.TemporaryDirectory() as place:
            here, back = pathlib.Path(place, "here"), pathlib.Path(place, "back")
            here.write_text("hello")
            which = ("--bucket", "archive", "--key", "k")
            self.succeeded("s3", "mb", "s3://archive")
            self.succeeded("s3", "cp", str(here), "s3://archive/k", "--storage-class", "DEEP_ARCHIVE")
            refused = self.failed("s3api", "get-object", *which, str(back))
            self.assertIn("(InvalidObjectState) when calling the GetObject operation", refused)
            self.assertIn("The operation is not valid for the object's storage class", refused)
            changed = ("s3api", "copy-object", *which, "--copy-source", "archive/k", "--storage-class", "STANDARD")
            self.assertIn("InvalidObjectState", self.failed(*changed))
            self.assertIn("MalformedXML", self.failed("s3api", "restore-object", *which))
            self.assertNotIn("Restore", self.server.aws("s3api", "head-object", *which))
            self.succeeded("s3api", "restore-object", *which, "--restore-request",
                           "Days=2,GlacierJobParameters={Tier=Bulk}")
            head = self.server.aws("s3api", "head-object", *which)
            self.assertEqual(head["StorageClass"], "DEEP_ARCHIVE")
            found = re.fullmatch('ongoing-request="false", expiry-date="(.*)"', head["Restore"])
            expires = email.utils.parsedate_to_datetime(found.group(1))
            self.assertEqual(expires.time(), datetime.time(0))
            days = expires - datetime.datetime.now(datetime.timezone.utc)
            self.assertTrue(datetime.timedelta(days=1) < days <= datetime.timedelta(days=3), head["Restore"])
            self.succeeded("s3api", "get-object", *which, str(back))
            self.assertEqual(back.read_text(), "hello")
            self.succeeded(*changed)
            self.assertNotIn("Restore", self.server.aws("s3api", "head-object", *which))
            self.assertIn("(InvalidObjectState) when calling the RestoreObject operation",
                          self.failed("s3api", "restore-object", *which, "--restore-request", "Days=2"))
            self.succeeded("s3", "rb", "--force", "s3://archive")

    @unittest.skipIf(harness.AWS is None, "no AWS CLI")
    def test_a_restore_takes_as_long_as_it_is_set_to(self):
        server = Server(config="[local.s3]\nrestore_seconds = 3600\n")
        self.addCleanup(server.close)
        which = ("--bucket", "archive", "--key", "k")
        server.aws("s3api", "create-bucket", "--bucket", "archive")
        server.aws("s3api", "put-object", *which, "--storage-class", "GLACIER")
        server.aws("s3api", "restore-object", *which, "--restore-request", "Days=1")
        self.assertEqual(server.aws("s3api", "head-object", *which)["Restore"], 'ongoing-request="true"')
        again = server.aws_run("s3api", "restore-object", *which, "--restore-request", "Days=1")
        self.assertIn("RestoreAlreadyInProgress", again.stderr)
        self.assertIn("InvalidObjectState", server.aws_run("s3api", "get-object", *which, "/dev/null").stderr)

    @unittest.skipIf(boto3 is None, "no boto3")
    def test_boto3_calls(self):
        keys = self.server.credentials
        session = boto3.Session(aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
                                aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1")
        sts = session.client("sts", endpoint_url=self.server.endpoint)
        self.assertEqual(sts.get_caller_identity()["Account"], "000000000000")
        states = session.client("stepfunctions", endpoint_url=self.server.endpoint)
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            states.describe_execution(executionArn="arn:aws:states:us-east-1:000000000000:execution:a:b")
        self.assertEqual(caught.exception.response["Error"]["Code"], "ExecutionDoesNotExist")

    def test_credentials_are_the_owners_alone_and_stay(self):
        file = pathlib.Path(self.server.data, "credentials")
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertIn(self.server.credentials["AWS_ACCESS_KEY_ID"], file.read_text())

    def test_answers_carry_a_request_id(self):
        ids = {self.post()[1]["x-amzn-RequestId"] for _ in range(3)}
        self.assertEqual(len(ids), 3)

    def test_health_and_metrics_need_no_signature(self):
        connection = http.client.HTTPConnection(self.host, timeout=30)
        connection.request("GET", "/healthz")
        self.assertEqual(json.loads(connection.getresponse().read())["status"], "ok")
        self.post()
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        self.assertIn('lifeboat_requests_total{service="states",operation="ListStateMachines",code="ok"}', text)
        self.assertIn("lifeboat_jobs_waiting", text)
        self.assertIn('lifeboat_registry_rows{status="ERROR"} 0', text)
        self.assertIn("lifeboat_dead_letters 0", text)
        connection.close()

    @unittest.skipIf(harness.AWS is None, "no AWS CLI")
    def test_sqs_in_the_query_protocol_of_older_clients(self):
        # Debian's AWS CLI predates SQS's JSON protocol.
        url = self.server.aws("sqs", "create-queue", "--queue-name", "older", "--attributes", "VisibilityTimeout=7")
        self.assertTrue(url["QueueUrl"].startswith(self.server.endpoint + "/"), url)
        queue = ("--queue-url", url["QueueUrl"])
        attributes = '{"k":{"DataType":"String","StringValue":"<&>"}}'
        self.server.aws("sqs", "send-message", *queue, "--message-body", "a <&> b", "--message-attributes", attributes)
        message, = self.server.aws("sqs", "receive-message", *queue, "--message-attribute-names", "All")["Messages"]
        self.assertEqual(message["Body"], "a <&> b")
        self.assertEqual(message["MessageAttributes"]["k"]["StringValue"], "<&>")
        self.assertEqual(self.server.aws("sqs", "get-queue-attributes", *queue, "--attribute-names",
                                         "VisibilityTimeout")["Attributes"], {"VisibilityTimeout": "7"})
        self.assertIn("AWS.SimpleQueueService.NonExistentQueue",
                      self.failed("sqs", "get-queue-url", "--queue-name", "nope"))

    @unittest.skipIf(boto3 is None, "no boto3")
    def test_sqs_by_boto3(self):
        keys = self.server.credentials
        sqs = boto3.client("sqs", endpoint_url=self.server.endpoint, region_name="us-east-1",
                           aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
                           aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"])
        url = sqs.create_queue(QueueName="newer")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="body")
        self.assertEqual(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"], "body")
        with self.assertRaises(sqs.exceptions.QueueDoesNotExist):
            sqs.get_queue_url(QueueName="nope")

    # --- wrong calls

    @unittest.skipIf(harness.AWS is None, "no AWS CLI")
    def test_wrong_key_and_secret(self):
        self.assertIn("InvalidClientTokenId", self.failed("sts", "get-caller-identity", AWS_ACCESS_KEY_ID="AKIAOTHER"))
        self.assertIn("SignatureDoesNotMatch",
                      self.failed("sts", "get-caller-identity", AWS_SECRET_ACCESS_KEY="guess"))
        self.assertIn("UnrecognizedClientException",
                      self.failed("stepfunctions", "list-state-machines", AWS_ACCESS_KEY_ID="AKIAOTHER"))
        self.assertIn("InvalidSignatureException",
                      self.failed("stepfunctions", "list-state-machines", AWS_SECRET_ACCESS_KEY="guess"))
        self.assertIn("UnrecognizedClientException",
                      self.failed("stepfunctions", "list-state-machines", AWS_SESSION_TOKEN="left over"))

    def test_missing_and_incomplete_signature(self):
        self.assertEqual(self.post(authorization=None)[2]["__type"], "MissingAuthenticationTokenException")
        self.assertEqual(self.post(authorization="AWS4-HMAC-SHA256 Credential=a")[2]["__type"],
                         "IncompleteSignatureException")

    def test_tampered_body_and_target(self):
        status, _, error = self.post(sent=b'{"maxResults":1}')
        self.assertEqual((status, error["__type"]), (400, "InvalidSignatureException"))
        changed = {"x-amz-target": "AWSStepFunctions.DeleteStateMachine"}
        self.assertEqual(self.post(**changed)[2]["__type"], "InvalidSignatureException")

    def test_skewed_clock(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        for minutes, text in ((-16, "Signature expired"), (16, "not yet current")):
            _, _, error = self.post(now=now + datetime.timedelta(minutes=minutes))
            self.assertEqual(error["__type"], "InvalidSignatureException")
            self.assertIn(text, error["message"])
        self.assertEqual(self.post(now=now - datetime.timedelta(minutes=14))[0], 200)

    def test_unknown_operation_and_service(self):
        self.assertEqual(self.post("AWSStepFunctions.FlyToTheMoon")[2]["__type"], "UnknownOperationException")
        _, _, error = self.post("AmazonChime.CreateRoom", service="chime")
        self.assertEqual(error["__type"], "UnknownServiceException")
        self.assertIn("chime", error["message"])

    @unittest.skipIf(harness.AWS is None, "no AWS CLI")
    def test_unknown_operation_by_the_aws_cli(self):
        self.assertIn("UnknownOperationException", self.failed("sts", "get-session-token"))

    def test_bad_members_are_named(self):
        _, _, error = self.post(body=b'{"maxResults":"many"}')
        self.assertEqual(error["__type"], "ValidationException")
        self.assertIn("maxResults", error["message"])
        for body in (b"[]", b"{", b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", b"\xff\xfe"):
            self.assertEqual(self.post(body=body)[2]["__type"], "SerializationException", body[:20])

    # --- hostile calls

    def test_oversize_body(self):
        with self.raw() as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")
            self.assertIn(b" 413 ", client.recv(4096))
        self.assert_alive()

    def test_garbage_bytes(self):
        for garbage in (b"\x00" * 100, b"\x16\x03\x01\x00\xff", b"GET\r\n\r\n", b"POST / HTTP/1.1\r\n: x\r\n\r\n",
                        bytes(range(256)) * 300):
            with self.raw() as client:
                try:
                    client.sendall(garbage)
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(65536):
                        pass
                except ConnectionError:
                    pass  # hung up on, as it should be
        self.assert_alive()

    def test_slow_and_half_open_clients_hold_nobody(self):
        clients = [self.raw() for _ in range(200)]
        try:
            for number, client in enumerate(clients):
                if number % 3 == 0:
                    client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Le")
                elif number % 3 == 1:
                    client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
            start = time.monotonic()
            self.assert_alive()
            self.assertLess(time.monotonic() - start, 5)
        finally:
            for client in clients:
                client.close()
        self.assert_alive()

    def test_pipelined_requests_are_answered_in_order(self):
        keys = self.server.credentials
        request = b""
        operations = ["ListStateMachines", "NoSuchThing", "ListStateMachines", "ListActivities", "NoSuchThing"]
        for operation in operations:
            headers = signed_headers(self.host, "states", f"AWSStepFunctions.{operation}", "1.0", b"{}",
                                     keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"])
            head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            request += f"POST / HTTP/1.1\r\n{head}Content-Length: 2\r\n\r\n{{}}".encode()
        with self.raw() as client:
            client.sendall(request)
            stream = client.makefile("rb")
            for operation in operations:
                status = stream.readline()
                length = 0
                while (line := stream.readline().strip()):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                body = json.loads(stream.read(length))
                if operation == "NoSuchThing":
                    self.assertIn("NoSuchThing", body["message"])
                elif operation == "ListStateMachines":
                    self.assertIn(b" 200 ", status)
                    self.assertIn("stateMachines", body)

    def test_many_clients_at_once(self):
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(lambda _: self.post()[0], range(300)))
        self.assertEqual(set(answers), {200})


class LifeTest(unittest.TestCase):
    def test_stops_on_sigterm_and_starts_again_with_the_same_keys(self):
        server = Server()
        try:
            before = dict(server.credentials)
            self.assertTrue(pathlib.Path(server.data, "endpoint.json").exists())
            with socket.create_connection(tuple(server.endpoint.split("//")[1].split(":")), timeout=30):
                self.assertEqual(server.stop(), 0)
            self.assertFalse(pathlib.Path(server.data, "endpoint.json").exists())
            server.start()
            self.assertEqual(server.credentials["AWS_SECRET_ACCESS_KEY"], before["AWS_SECRET_ACCESS_KEY"])
        finally:
            server.close()

    def test_verbs_go_through_the_server_and_on_after_a_crash(self):
        server = Server()
        try:
            # Whether or not there are executions, the cloud is reached: not found is 4, in use 7.
            self.assertIn(server.lifeboat_run("executions", "list").returncode, (0, 4))
            server.kill()  # endpoint.json stays behind
            self.assertTrue(pathlib.Path(server.data, "endpoint.json").exists())
            done = server.lifeboat_run("executions", "list")
            self.assertIn(done.returncode, (0, 4), done.stderr)
        finally:
            server.close()

    def test_errors_are_json_for_programs_and_have_their_exit_codes(self):
        server = Server()
        try:
            for arguments, code, exit_code in (
                    (("recover", "start", "--nonsense"), "UsageError", 2),
                    (("registry",), "UsageError", 2),
                    (("registry", "show", "nobody", "--domain", "nowhere"), "ProfileNotRegistered", 4),
                    (("studio", "users", "show", "nobody", "--domain", "d-nowhere"), "ResourceNotFound", 4),
                    (("network", "authorize"), "UsageError", 2)):
                done = server.lifeboat_run(*arguments, "--json")
                self.assertEqual(done.returncode, exit_code, (arguments, done.stderr))
                self.assertEqual(json.loads(done.stderr)["error"]["code"], code, arguments)
                self.assertEqual(done.stdout, "")
        finally:
            server.close()

    def test_second_server_on_the_same_data_or_port_is_refused(self):
        server = Server()
        try:
            done = server.lifeboat_run("serve", "--listen", "127.0.0.1:0")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("DataDirectoryInUse", done.stderr)
            other = os.path.join(server.folder, "other")
            done = subprocess.run([LIFEBOAT, "--data", other, "serve", "--listen", server.endpoint.split("//")[1]],
                                  capture_output=True, text=True, check=False)
            self.assertIn("AddressInUse", done.stderr)
        finally:
            server.close()


if __name__ == "__main__":
    harness.main()
