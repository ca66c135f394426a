#!/usr/bin/env python3
"""boto3 against `lifeboat serve`: every operation it offers is called, every answer judged by botocore's own
service models: required members, types, enumerations; every error must be one that the model knows."""
import collections
import json
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ground import LIFEBOAT, Server, main  # noqa: E402

import boto3  # noqa: E402
import botocore.exceptions  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.validate import ParamValidator  # noqa: E402

# Ours by botocore's name.
SERVICES = {"sagemaker": "sagemaker", "datasync": "datasync", "dynamodb": "dynamodb",
            "dynamodbstreams": "dynamodbstreams", "states": "stepfunctions", "events": "events", "sqs": "sqs",
            "ssm": "ssm", "efs": "efs", "ec2": "ec2", "sts": "sts", "lambda": "lambda", "s3": "s3"}
# Errors that services answer with and models leave out.
COMMON = {"ValidationException", "ValidationError", "AccessDeniedException", "InvalidParameterValue", "InvalidParameterCombination",
          "MissingParameter", "InvalidRequestException", "ResourceNotFoundException", "UnsupportedOperationException",
          "InvalidParameterValueException", "InvalidArgument", "NoSuchKey", "NoSuchBucket", "NoSuchUpload", "MalformedXML",
          "InvalidRequest", "InvalidBucketName", "MethodNotAllowed", "InvalidPart", "404", "BadRequest", "InvalidGroup.NotFound",
          "InvalidVpcID.NotFound", "InvalidSubnetID.NotFound", "InvalidGroupId.Malformed", "InvalidParameter",
          "InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound", "InvalidID", "TagPolicyException",
          "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}


class Judge:
    """Validates every answer a client gets, as its model describes it."""

    def __init__(self):
        self.answered = collections.Counter()
        self.refused = collections.Counter()
        self.violations = []

    def watch(self, name, client):
        client.meta.events.register("after-call", lambda parsed, model, http_response, **_:
                                    self.judge(name, model, parsed, http_response.status_code))
        return client

    def judge(self, name, model, parsed, status):
        operation = f"{name}:{model.name}"
        if status >= 300:
            code = parsed.get("Error", {}).get("Code", "")
            known = {shape.name for shape in model.error_shapes}
            known |= {shape.error_code for shape in model.error_shapes}
            if code == "UnknownOperationException":
                return
            self.refused[operation] += 1
            if code not in known | COMMON and not code.endswith(("NotFound", "Malformed", "NotFoundException")):
                self.violations.append(f"{operation} answered the unknown error {code}: {parsed.get('Error')}")
            return
        self.answered[operation] += 1
        if model.output_shape is None:
            return
        answer = {key: value for key, value in parsed.items() if key != "ResponseMetadata"}
        for member in model.output_shape.members:  # streams are no values
            if hasattr(answer.get(member), "read"):
                answer[member] = b""
        report = ParamValidator().validate(answer, model.output_shape)
        # Bounds are about requests: AWS itself answers numbers and lengths below them.
        report._errors = [error for error in report._errors if error[0] not in ("invalid range", "invalid length")]
        if report.has_errors():
            self.violations.append(f"{operation}: {report.generate_report()}")
        unknown = set(answer) - set(model.output_shape.members)
        if unknown:
            self.violations.append(f"{operation} answered unknown members {unknown}")


def example(shape, name="", depth=0):
    """The least value that the model takes."""
    kind = shape.type_name
    if kind == "structure":
        return {member: example(part, member, depth + 1) for member, part in shape.members.items()
                if member in shape.required_members and depth < 6}
    if kind == "list":
        return [example(shape.member, name, depth + 1)] if depth < 6 else []
    if kind == "map":
        return {"key": example(shape.value, name, depth + 1)}
    if kind == "string":
        if shape.enum:
            return shape.enum[0]
        if "arn" in name.lower():
            return "arn:aws:states:us-east-1:000000000000:stateMachine:none"
        return "none-such".ljust(shape.metadata.get("min", 1), "x")[:shape.metadata.get("max", 1 << 20)]
    if kind in ("integer", "long"):
        return shape.metadata.get("min", 1)
    return {"boolean": False, "timestamp": 1767345504, "blob": b"x", "double": 1.0, "float": 1.0}[kind]


class Boto3(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.judge = Judge()
        keys = cls.server.credentials
        cls.clients = {
            ours: cls.judge.watch(ours, boto3.client(
                theirs, endpoint_url=keys["AWS_ENDPOINT_URL"], region_name=keys["AWS_REGION"],
                aws_access_key_id=keys["AWS_ACCESS_KEY_ID"], aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
                config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False,
                              s3={"addressing_style": "path"})))
            for ours, theirs in SERVICES.items()}

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def offered(self, service):
        text = subprocess.run([LIFEBOAT, "aws", "--list", service], check=True, capture_output=True, text=True).stdout
        return text.split()

    def wait(self, what, condition):
        end = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), end, f"waiting for {what}")
            time.sleep(0.1)

    def test_1_the_story(self):
        """What people do, so that answers are full."""
        c = self.clients
        c["sts"].get_caller_identity()
        vpc = c["ec2"].describe_vpcs()["Vpcs"][0]["VpcId"]
        subnet = c["ec2"].describe_subnets()["Subnets"][0]["SubnetId"]
        c["ec2"].describe_security_groups()
        domain = c["sagemaker"].create_domain(
            DomainName="studio", AuthMode="IAM", VpcId=vpc, SubnetIds=[subnet],
            DefaultUserSettings={"ExecutionRole": "arn:aws:iam::000000000000:role/studio"})["DomainArn"].split("/")[-1]
        sagemaker = c["sagemaker"]
        self.wait("the domain", lambda: sagemaker.describe_domain(DomainId=domain)["Status"] == "InService")
        sagemaker.create_user_profile(DomainId=domain, UserProfileName="user1")
        self.wait("the profile", lambda: sagemaker.describe_user_profile(
            DomainId=domain, UserProfileName="user1")["Status"] == "InService")
        sagemaker.create_space(DomainId=domain, SpaceName="space1", SpaceSharingSettings={"SharingType": "Private"},
                               OwnershipSettings={"OwnerUserProfileName": "user1"})
        sagemaker.list_domains(), sagemaker.list_user_profiles(), sagemaker.list_spaces(), sagemaker.list_apps()
        system = sagemaker.describe_domain(DomainId=domain)["HomeEfsFileSystemId"]
        c["efs"].describe_file_systems(FileSystemId=system)
        c["efs"].describe_mount_targets(FileSystemId=system)

        # Scenarios I to III in short: work is lost with its profile, and comes back.
        home = pathlib.Path(self.server.home(system, sagemaker.describe_user_profile(
            DomainId=domain, UserProfileName="user1")["HomeEfsFileSystemUid"]))
        self.wait("the home", home.exists)
        (home / "work.txt").write_text("precious")
        self.wait("the registry", lambda: "Item" in c["dynamodb"].get_item(TableName="studioUser", Key={
            "profile_name": {"S": "user1"}, "domain_name": {"S": "studio"}}))
        sagemaker.delete_space(DomainId=domain, SpaceName="space1")
        sagemaker.delete_user_profile(DomainId=domain, UserProfileName="user1")
        self.wait("the end of the profile", lambda: not sagemaker.list_user_profiles()["UserProfiles"])
        sagemaker.create_user_profile(DomainId=domain, UserProfileName="user1")
        self.wait("the new profile", lambda: sagemaker.describe_user_profile(
            DomainId=domain, UserProfileName="user1")["Status"] == "InService")
        fresh = pathlib.Path(self.server.home(system, sagemaker.describe_user_profile(
            DomainId=domain, UserProfileName="user1")["HomeEfsFileSystemUid"]))
        self.assertNotEqual(home, fresh)
        self.wait("the work", lambda: (fresh / "work.txt").exists())
        self.assertEqual((fresh / "work.txt").read_text(), "precious")

        states = c["states"]
        machine = states.list_state_machines()["stateMachines"][0]["stateMachineArn"]
        states.describe_state_machine(stateMachineArn=machine)
        execution = states.list_executions(stateMachineArn=machine)["executions"][0]["executionArn"]
        self.wait("the execution", lambda: states.describe_execution(executionArn=execution)["status"] != "RUNNING")
        self.assertEqual(states.describe_execution(executionArn=execution)["status"], "SUCCEEDED")
        states.get_execution_history(executionArn=execution)
        own = states.create_state_machine(name="own", roleArn="arn:aws:iam::000000000000:role/r", definition=json.dumps(
            {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": True}}}))["stateMachineArn"]
        states.stop_execution(executionArn=states.start_execution(stateMachineArn=own)["executionArn"])
        states.delete_state_machine(stateMachineArn=own)
        activity = states.create_activity(name="moving")["activityArn"]
        states.describe_activity(activityArn=activity), states.list_activities()
        states.delete_activity(activityArn=activity)

        dynamodb = c["dynamodb"]
        dynamodb.list_tables(), dynamodb.scan(TableName="studioUserHistory"), dynamodb.describe_table(TableName="studioUser")
        key = {"k": {"S": "a"}}
        dynamodb.create_table(TableName="own", BillingMode="PAY_PER_REQUEST",
                              AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
                              KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}])
        dynamodb.put_item(TableName="own", Item={**key, "b": {"B": b"\0\xff"}, "n": {"N": "1"}})
        dynamodb.update_item(TableName="own", Key=key, UpdateExpression="ADD n :one", ReturnValues="ALL_NEW",
                             ExpressionAttributeValues={":one": {"N": "1"}})
        dynamodb.query(TableName="own", KeyConditionExpression="k = :k", ExpressionAttributeValues={":k": {"S": "a"}})
        dynamodb.batch_get_item(RequestItems={"own": {"Keys": [key]}})
        dynamodb.batch_write_item(RequestItems={"own": [{"PutRequest": {"Item": {"k": {"S": "b"}}}}]})
        dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": "own", "Item": {"k": {"S": "c"}}}}])
        dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": "own", "Key": key}}])
        dynamodb.delete_item(TableName="own", Key=key, ReturnValues="ALL_OLD")
        dynamodb.delete_table(TableName="own")
        streams = c["dynamodbstreams"]
        stream = streams.list_streams(TableName="studioUser")["Streams"][0]["StreamArn"]
        shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
        iterator = streams.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        streams.get_records(ShardIterator=iterator["ShardIterator"])

        sqs = c["sqs"]
        url = sqs.create_queue(QueueName="own")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="m"), sqs.list_queues(), sqs.get_queue_url(QueueName="own")
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        message = sqs.receive_message(QueueUrl=url)["Messages"][0]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]), sqs.delete_queue(QueueUrl=url)

        events = c["events"]
        events.list_rules(), events.describe_rule(Name="recovery-reconcile")
        events.list_targets_by_rule(Rule="recovery-reconcile")
        events.put_events(Entries=[{"Source": "x", "DetailType": "t", "Detail": "{}"}])
        ssm = c["ssm"]
        ssm.put_parameter(Name="/own", Value="v", Type="String")
        ssm.get_parameter(Name="/own"), ssm.get_parameters_by_path(Path="/"), ssm.delete_parameter(Name="/own")
        c["lambda"].list_functions(), c["lambda"].list_event_source_mappings()
        c["datasync"].list_tasks(), c["datasync"].list_locations()
        s3 = c["s3"]
        s3.create_bucket(Bucket="own-bucket")
        s3.put_object(Bucket="own-bucket", Key="k", Body=b"bytes")
        self.assertEqual(s3.get_object(Bucket="own-bucket", Key="k")["Body"].read(), b"bytes")
        s3.list_objects_v2(Bucket="own-bucket"), s3.head_object(Bucket="own-bucket", Key="k"), s3.list_buckets()
        s3.delete_object(Bucket="own-bucket", Key="k"), s3.delete_bucket(Bucket="own-bucket")
        self.assertEqual(self.judge.violations, [])

    def test_2_every_operation_is_answered_as_its_model_says(self):
        total, missing = 0, []
        for service, client in self.clients.items():
            model = client.meta.service_model
            for name in self.offered(service):
                operation = f"{service}:{name}"
                if name not in model.operation_names or model.operation_model(name).get_event_stream_output():
                    missing.append(operation)
                    continue
                total += 1
                if self.judge.answered[operation] or name == "AssumeRoleWithWebIdentity":
                    continue
                shape = model.operation_model(name).input_shape
                method = getattr(client, boto3.session.botocore.xform_name(name))
                try:
                    method(**(example(shape) if shape is not None else {}))
                except botocore.exceptions.ClientError:
                    pass  # judged already
                except botocore.exceptions.ParamValidationError as problem:
                    missing.append(f"{operation}: {problem}")
        print(f"{total} operations: {len(self.judge.answered)} answered in full, "
              f"{len(set(self.judge.refused) - set(self.judge.answered))} only with an error that is modelled, "
              f"{len(missing)} not called: {missing}")
        self.assertEqual(self.judge.violations, [], "\n".join(self.judge.violations))
        self.assertGreater(len(self.judge.answered), 60)


if __name__ == "__main__":
    main()
