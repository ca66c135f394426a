"""Calls to sagemaker, datasync and lambda: a domain with people in it, and copies of their files."""
import os
import pathlib

from ground import wait_for

ROLE = "arn:aws:iam::000000000000:role/studio"


def tell(test, server, clients):
    studio(test, server, clients["sagemaker"], clients["ec2"])
    copies(test, server, clients["datasync"], clients["sagemaker"], clients["s3"])
    functions(test, clients["lambda"], clients["sqs"])


def studio(test, server, sagemaker, ec2):
    ec2.describe_vpcs()
    subnet = ec2.describe_subnets()["Subnets"][0]
    made = sagemaker.create_domain(DomainName="studio", AuthMode="IAM", VpcId=subnet["VpcId"],
                                   SubnetIds=[subnet["SubnetId"]], DefaultUserSettings={"ExecutionRole": ROLE},
                                   Tags=[{"Key": "team", "Value": "one"}])
    domain = made["DomainArn"].split("/")[-1]
    wait_for("the domain", lambda: sagemaker.describe_domain(DomainId=domain)["Status"] == "InService")
    sagemaker.update_domain(DomainId=domain, DefaultUserSettings={"ExecutionRole": ROLE + "2"})
    sagemaker.add_tags(ResourceArn=made["DomainArn"], Tags=[{"Key": "k", "Value": "v"}])
    test.assertEqual(len(sagemaker.list_tags(ResourceArn=made["DomainArn"])["Tags"]), 2)
    sagemaker.delete_tags(ResourceArn=made["DomainArn"], TagKeys=["k"])

    def ready(describe, **names):
        wait_for("what was made or changed", lambda: describe(DomainId=domain, **names)["Status"] == "InService")

    for name in ("one", "two"):
        sagemaker.create_user_profile(DomainId=domain, UserProfileName=name)
        ready(sagemaker.describe_user_profile, UserProfileName=name)
    sagemaker.update_user_profile(DomainId=domain, UserProfileName="one", UserSettings={"ExecutionRole": ROLE})
    ready(sagemaker.describe_user_profile, UserProfileName="one")
    sagemaker.create_space(DomainId=domain, SpaceName="shelf", SpaceSharingSettings={"SharingType": "Private"},
                           OwnershipSettings={"OwnerUserProfileName": "one"})
    ready(sagemaker.describe_space, SpaceName="shelf")
    sagemaker.update_space(DomainId=domain, SpaceName="shelf", SpaceDisplayName="Shelf")
    ready(sagemaker.describe_space, SpaceName="shelf")
    app = {"DomainId": domain, "UserProfileName": "one", "AppType": "JupyterServer", "AppName": "default"}
    sagemaker.create_app(**app)
    wait_for("the app", lambda: sagemaker.describe_app(**app)["Status"] == "InService")
    test.assertEqual(len(sagemaker.list_apps()["Apps"]), 1)
    test.assertEqual(len(sagemaker.list_user_profiles()["UserProfiles"]), 2)
    sagemaker.list_domains(), sagemaker.list_spaces()
    sagemaker.delete_app(**app)
    sagemaker.delete_space(DomainId=domain, SpaceName="shelf")
    # Another domain, to delete it.
    other = sagemaker.create_domain(DomainName="other", AuthMode="IAM", VpcId=subnet["VpcId"], SubnetIds=[subnet["SubnetId"]],
                                    DefaultUserSettings={"ExecutionRole": ROLE})["DomainArn"].split("/")[-1]
    sagemaker.create_user_profile(DomainId=other, UserProfileName="x")
    sagemaker.delete_user_profile(DomainId=other, UserProfileName="x")
    wait_for("the end", lambda: not sagemaker.list_user_profiles(DomainIdEquals=other)["UserProfiles"])
    sagemaker.delete_domain(DomainId=other, RetentionPolicy={"HomeEfsFileSystem": "Delete"})


def copies(test, server, datasync, sagemaker, s3):
    domain = sagemaker.describe_domain(DomainId=sagemaker.list_domains(MaxResults=1)["Domains"][0]["DomainId"])
    system = domain["HomeEfsFileSystemId"]
    homes = [sagemaker.describe_user_profile(DomainId=domain["DomainId"], UserProfileName=name)["HomeEfsFileSystemUid"]
             for name in ("one", "two")]
    source = pathlib.Path(server.home(system, homes[0]))
    wait_for("the homes", source.exists)
    (source / "file").write_bytes(os.urandom(1 << 20))
    place = "us-east-1:000000000000"
    reach = {"SubnetArn": f"arn:aws:ec2:{place}:subnet/{domain['SubnetIds'][0]}",
             "SecurityGroupArns": [f"arn:aws:ec2:{place}:security-group/{domain['SecurityGroupIdForDomainBoundary']}"]}
    sides = [datasync.create_location_efs(
        EfsFilesystemArn=f"arn:aws:elasticfilesystem:{place}:file-system/{system}", Subdirectory=f"/{home}",
        Ec2Config=reach, Tags=[{"Key": "k", "Value": "v"}])["LocationArn"] for home in homes]
    datasync.describe_location_efs(LocationArn=sides[0])
    directory = datasync.create_location_nfs(
        ServerHostname="localhost", Subdirectory=server.folder,
        OnPremConfig={"AgentArns": [f"arn:aws:datasync:{place}:agent/agent-0123456789abcdef0"]})["LocationArn"]
    datasync.describe_location_nfs(LocationArn=directory)
    test.assertEqual(len(datasync.list_locations()["Locations"]), 3)
    datasync.delete_location(LocationArn=directory)
    s3.create_bucket(Bucket="homes")
    bucket = datasync.create_location_s3(
        S3BucketArn="arn:aws:s3:::homes", Subdirectory="/old",
        S3Config={"BucketAccessRoleArn": "arn:aws:iam::000000000000:role/datasync"})["LocationArn"]
    datasync.update_location_s3(LocationArn=bucket, Subdirectory="/new")
    test.assertEqual(datasync.describe_location_s3(LocationArn=bucket)["LocationUri"], "s3://homes/new/")
    datasync.delete_location(LocationArn=bucket)
    s3.delete_bucket(Bucket="homes")
    task = datasync.create_task(SourceLocationArn=sides[0], DestinationLocationArn=sides[1], Name="copy",
                                Options={"BytesPerSecond": 1, "VerifyMode": "NONE"})["TaskArn"]
    datasync.describe_task(TaskArn=task), datasync.list_tasks()
    datasync.tag_resource(ResourceArn=task, Tags=[{"Key": "k", "Value": "v"}])
    test.assertEqual(datasync.list_tags_for_resource(ResourceArn=task)["Tags"], [{"Key": "k", "Value": "v"}])
    datasync.untag_resource(ResourceArn=task, Keys=["k"])

    def begun():
        run = datasync.start_task_execution(TaskArn=task)["TaskExecutionArn"]
        wait_for("the copy to begin", lambda: datasync.describe_task_execution(
            TaskExecutionArn=run)["Status"] == "TRANSFERRING")
        return run

    def ended(run):
        return wait_for("the copy to end", lambda: next(
            (look["Status"] for look in [datasync.describe_task_execution(TaskExecutionArn=run)]
             if look["Status"] in ("SUCCESS", "ERROR")), None))

    slow = begun()  # a byte a second
    datasync.cancel_task_execution(TaskExecutionArn=slow)
    test.assertEqual(ended(slow), "ERROR")
    hurried = begun()
    datasync.update_task_execution(TaskExecutionArn=hurried, Options={"BytesPerSecond": -1})
    test.assertEqual(ended(hurried), "SUCCESS")
    test.assertEqual(pathlib.Path(server.home(system, homes[1]), "file").read_bytes(), (source / "file").read_bytes())
    test.assertEqual(len(datasync.list_task_executions(TaskArn=task)["TaskExecutions"]), 2)
    datasync.update_task(TaskArn=task, Name="copies")
    datasync.delete_task(TaskArn=task)


def functions(test, functions, sqs):
    listed = functions.list_functions()["Functions"]
    test.assertIn("event-processor", [function["FunctionName"] for function in listed])
    functions.get_function(FunctionName="reconcile")
    functions.get_function_configuration(FunctionName="reconcile")
    ran = functions.invoke(FunctionName="reconcile", Payload=b"{}", LogType="Tail")
    test.assertEqual((ran["StatusCode"], ran.get("FunctionError")), (200, None))
    test.assertTrue(ran["Payload"].read())
    functions.put_function_event_invoke_config(FunctionName="clean-up", MaximumRetryAttempts=1)
    functions.update_function_event_invoke_config(FunctionName="clean-up", MaximumEventAgeInSeconds=60)
    test.assertEqual(functions.get_function_event_invoke_config(FunctionName="clean-up")["MaximumRetryAttempts"], 1)
    functions.delete_function_event_invoke_config(FunctionName="clean-up")
    url = sqs.create_queue(QueueName="of-function", Attributes={"VisibilityTimeout": "900"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = functions.create_event_source_mapping(EventSourceArn=arn, FunctionName="reconcile", Enabled=False)["UUID"]
    functions.get_event_source_mapping(UUID=mapping)
    functions.update_event_source_mapping(UUID=mapping, BatchSize=2)
    test.assertEqual(len(functions.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]), 1)
    functions.delete_event_source_mapping(UUID=mapping)
