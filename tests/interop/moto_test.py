#!/usr/bin/env python3
"""aws::Cloud against moto: every service Lifeboat uses, judged by what boto3 finds there."""
import base64
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ground import ACCOUNT, REGION, Client, Moto, Refused, main  # noqa: E402

import boto3  # noqa: E402

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


class AgainstMoto(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.moto = Moto()
        cls.client = Client(cls.moto.environment())
        cls.call = staticmethod(cls.client.call)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.moto.close()

    def judge(self, service):
        return boto3.client(service, endpoint_url=self.moto.url, region_name=REGION,
                            aws_access_key_id="a", aws_secret_access_key="b")

    def test_dynamodb_and_its_streams(self):
        self.call("dynamodb", "CreateTable", TableName="t", BillingMode="PAY_PER_REQUEST",
                  AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
                  KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                  StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
        item = {"k": {"S": "é<&>"}, "n": {"N": "1.5"}, "b": {"B": base64.b64encode(b"\0\xff").decode()},
                "m": {"M": {"l": {"L": [{"BOOL": True}, {"NULL": True}]}}}, "s": {"SS": ["a", "b"]}}
        self.call("dynamodb", "PutItem", TableName="t", Item=item)
        self.assertEqual(self.call("dynamodb", "GetItem", TableName="t", Key={"k": item["k"]})["Item"], item)
        found = self.judge("dynamodb").get_item(TableName="t", Key={"k": {"S": "é<&>"}})["Item"]
        self.assertEqual(found["b"]["B"], b"\0\xff")
        with self.assertRaises(Refused) as refused:
            self.call("dynamodb", "PutItem", TableName="t", Item=item, ConditionExpression="attribute_not_exists(k)")
        self.assertEqual(refused.exception.code, "ConditionalCheckFailedException")
        stream = self.call("dynamodbstreams", "ListStreams", TableName="t")["Streams"][0]["StreamArn"]
        shard = self.call("dynamodbstreams", "DescribeStream", StreamArn=stream)["StreamDescription"]["Shards"][0]
        iterator = self.call("dynamodbstreams", "GetShardIterator", StreamArn=stream, ShardId=shard["ShardId"],
                             ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        records = self.call("dynamodbstreams", "GetRecords", ShardIterator=iterator)["Records"]
        self.assertEqual([record["eventName"] for record in records], ["INSERT"])
        self.assertEqual(records[0]["dynamodb"]["NewImage"]["b"], item["b"])

    def test_sqs(self):
        url = self.call("sqs", "CreateQueue", QueueName="q", Attributes={"VisibilityTimeout": "7"})["QueueUrl"]
        sent = self.call("sqs", "SendMessage", QueueUrl=url, MessageBody="<ü>&",
                         MessageAttributes={"a": {"DataType": "Binary", "BinaryValue": "AP8="}})
        got = self.call("sqs", "ReceiveMessage", QueueUrl=url, MessageAttributeNames=["All"])["Messages"][0]
        self.assertEqual((got["Body"], got["MD5OfBody"]), ("<ü>&", sent["MD5OfMessageBody"]))
        self.assertEqual(got["MessageAttributes"]["a"]["BinaryValue"], "AP8=")
        self.call("sqs", "DeleteMessage", QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
        self.assertEqual(self.judge("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]["VisibilityTimeout"], "7")
        with self.assertRaises(Refused) as refused:
            self.call("sqs", "GetQueueUrl", QueueName="none")
        self.assertEqual(refused.exception.category, "NotFound")

    def test_ssm(self):
        self.call("ssm", "PutParameter", Name="/a/b", Value="v", Type="String")
        self.assertEqual(self.call("ssm", "GetParameter", Name="/a/b")["Parameter"]["Value"], "v")
        self.assertEqual(self.judge("ssm").get_parameter(Name="/a/b")["Parameter"]["Value"], "v")
        with self.assertRaises(Refused) as refused:
            self.call("ssm", "GetParameter", Name="/none")
        self.assertEqual(refused.exception.code, "ParameterNotFound")

    def test_sts_and_iam(self):
        self.assertEqual(self.call("sts", "GetCallerIdentity")["Account"], ACCOUNT)
        arn = self.call("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST,
                        Tags=[{"Key": "k", "Value": "v"}])["Role"]["Arn"]
        self.call("iam", "PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}))
        self.assertEqual(self.judge("iam").get_role(RoleName="r")["Role"]["Arn"], arn)
        self.assertEqual(self.call("iam", "ListRolePolicies", RoleName="r")["PolicyNames"], ["p"])
        given = self.call("sts", "AssumeRole", RoleArn=arn, RoleSessionName="me", DurationSeconds=900)
        self.assertTrue(given["Credentials"]["SessionToken"])
        self.assertIsInstance(given["Credentials"]["Expiration"], (int, float))
        web = self.call("sts", "AssumeRoleWithWebIdentity", RoleArn=arn, RoleSessionName="me", WebIdentityToken="jwt")
        self.assertTrue(web["Credentials"]["AccessKeyId"])
        with self.assertRaises(Refused) as refused:
            self.call("iam", "GetRole", RoleName="none")
        self.assertEqual((refused.exception.code, refused.exception.category), ("NoSuchEntityException", "NotFound"))

    def test_efs_and_ec2(self):
        made = self.call("efs", "CreateFileSystem", Tags=[{"Key": "Name", "Value": "n"}])
        self.assertTrue(made["CreationToken"])  # filled in
        systems = self.call("efs", "DescribeFileSystems", FileSystemId=made["FileSystemId"])["FileSystems"]
        self.assertEqual(systems[0]["Tags"], [{"Key": "Name", "Value": "n"}])
        vpcs = self.call("ec2", "DescribeVpcs")["Vpcs"]
        subnet = self.call("ec2", "DescribeSubnets", Filters=[
            {"Name": "vpc-id", "Values": [vpcs[0]["VpcId"]]}])["Subnets"][0]
        group = self.call("ec2", "CreateSecurityGroup", GroupName="g", Description="d", VpcId=vpcs[0]["VpcId"])["GroupId"]
        self.call("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "UserIdGroupPairs": [{"GroupId": group}]}])
        seen = self.judge("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
        self.assertEqual(seen["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"], group)
        ours = self.call("ec2", "DescribeSecurityGroups", GroupIds=[group])["SecurityGroups"][0]
        self.assertEqual(ours["IpPermissions"][0]["FromPort"], 2049)
        target = self.call("efs", "CreateMountTarget", FileSystemId=made["FileSystemId"],
                           SubnetId=subnet["SubnetId"], SecurityGroups=[group])
        self.assertEqual(self.call("efs", "DescribeMountTargetSecurityGroups",
                                   MountTargetId=target["MountTargetId"])["SecurityGroups"], [group])

    def test_s3(self):
        self.call("s3", "CreateBucket", Bucket="bucket")
        body = bytes(range(256)) * 10
        self.call("s3", "PutObject", Bucket="bucket", Key="a b/ü+&.txt", Body=base64.b64encode(body).decode(),
                  ContentType="text/x", Metadata={"k": "v"})
        got = self.call("s3", "GetObject", Bucket="bucket", Key="a b/ü+&.txt")
        self.assertEqual(base64.b64decode(got["Body"]), body)
        self.assertEqual((got["ContentType"], got["Metadata"]), ("text/x", {"k": "v"}))
        self.assertEqual(self.judge("s3").get_object(Bucket="bucket", Key="a b/ü+&.txt")["Body"].read(), body)
        self.assertEqual([one["Key"] for one in self.call("s3", "ListObjectsV2", Bucket="bucket")["Contents"]],
                         ["a b/ü+&.txt"])
        upload = self.call("s3", "CreateMultipartUpload", Bucket="bucket", Key="parts")["UploadId"]
        part = base64.b64encode(b"x" * (5 << 20)).decode()
        parts = [{"PartNumber": n, "ETag": self.call("s3", "UploadPart", Bucket="bucket", Key="parts", UploadId=upload,
                                                    PartNumber=n, Body=part)["ETag"]} for n in (1, 2)]
        self.call("s3", "CompleteMultipartUpload", Bucket="bucket", Key="parts", UploadId=upload,
                  MultipartUpload={"Parts": parts})
        self.assertEqual(self.call("s3", "HeadObject", Bucket="bucket", Key="parts")["ContentLength"], 10 << 20)
        with self.assertRaises(Refused) as refused:
            self.call("s3", "GetObject", Bucket="bucket", Key="none")
        self.assertEqual(refused.exception.code, "NoSuchKey")

    def test_events_states_and_scheduler(self):
        self.call("sqs", "CreateQueue", QueueName="target")
        self.call("events", "PutRule", Name="r", EventPattern=json.dumps({"source": ["x"]}), State="ENABLED")
        self.call("events", "PutTargets", Rule="r", Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:target"}])
        self.assertEqual(self.call("events", "ListTargetsByRule", Rule="r")["Targets"][0]["Id"], "1")
        sent = self.call("events", "PutEvents", Entries=[{"Source": "x", "DetailType": "t", "Detail": "{}"}])
        self.assertEqual(sent["FailedEntryCount"], 0)
        role = f"arn:aws:iam::{ACCOUNT}:role/r"
        machine = self.call("states", "CreateStateMachine", name="m", definition=json.dumps(PASS),
                            roleArn=role)["stateMachineArn"]
        execution = self.call("states", "StartExecution", stateMachineArn=machine, input="{}")["executionArn"]
        self.assertEqual(self.call("states", "DescribeExecution", executionArn=execution)["stateMachineArn"], machine)
        self.call("scheduler", "CreateSchedule", Name="s", ScheduleExpression="rate(1 hour)",
                  FlexibleTimeWindow={"Mode": "OFF"}, Target={"Arn": machine, "RoleArn": role})
        self.assertEqual(self.call("scheduler", "GetSchedule", Name="s")["Target"]["Arn"], machine)
        with self.assertRaises(Refused) as refused:
            self.call("scheduler", "GetSchedule", Name="none")
        self.assertEqual(refused.exception.code, "ResourceNotFoundException")

    def test_glue_lake_formation_ram_and_athena(self):
        self.call("glue", "CreateDatabase", DatabaseInput={"Name": "db", "Description": "d"})
        self.call("glue", "CreateTable", DatabaseName="db", TableInput={"Name": "t", "StorageDescriptor": {
            "Columns": [{"Name": "c", "Type": "int"}], "Location": "s3://x/"}})
        self.assertEqual(self.call("glue", "GetTable", DatabaseName="db", Name="t")["Table"]["StorageDescriptor"]
                         ["Columns"][0]["Type"], "int")
        who = {"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT}:role/r"}
        table = {"Table": {"DatabaseName": "db", "Name": "t"}}
        self.call("lakeformation", "GrantPermissions", Principal=who, Permissions=["SELECT"], Resource=table)
        granted = self.call("lakeformation", "ListPermissions", Principal=who,
                            Resource=table)["PrincipalResourcePermissions"]
        self.assertEqual(granted[0]["Permissions"], ["SELECT"])
        share = self.call("ram", "CreateResourceShare", name="share")["resourceShare"]
        shares = self.call("ram", "GetResourceShares", resourceOwner="SELF")["resourceShares"]
        self.assertIn(share["resourceShareArn"], [one["resourceShareArn"] for one in shares])
        self.call("ram", "DeleteResourceShare", resourceShareArn=share["resourceShareArn"])
        self.call("athena", "CreateWorkGroup", Name="w", Configuration={
            "ResultConfiguration": {"OutputLocation": "s3://bucket/"}})
        query = self.call("athena", "StartQueryExecution", QueryString="SELECT 1", WorkGroup="w")["QueryExecutionId"]
        self.assertEqual(self.call("athena", "GetQueryExecution", QueryExecutionId=query)["QueryExecution"]["Query"],
                         "SELECT 1")

    def test_cloudformation_and_logs(self):
        template = {"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "made"}}}}
        self.call("cloudformation", "CreateStack", StackName="s", TemplateBody=json.dumps(template))
        stack = self.call("cloudformation", "DescribeStacks", StackName="s")["Stacks"][0]
        self.assertEqual(stack["StackStatus"], "CREATE_COMPLETE")
        self.assertIsInstance(stack["CreationTime"], (int, float))
        self.assertIn("made", self.judge("sqs").get_queue_url(QueueName="made")["QueueUrl"])
        self.call("cloudformation", "DeleteStack", StackName="s")
        self.call("logs", "CreateLogGroup", logGroupName="/g")
        self.call("logs", "PutRetentionPolicy", logGroupName="/g", retentionInDays=30)
        self.assertEqual(self.call("logs", "DescribeLogGroups")["logGroups"][0]["retentionInDays"], 30)


if __name__ == "__main__":
    main()
