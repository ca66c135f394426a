"""Calls to efs, ec2, ssm and s3: what holds files, and what says how they are reached."""


def tell(test, server, clients):
    systems(test, clients["efs"], clients["ec2"])
    parameters(test, clients["ssm"])
    objects(test, clients["s3"])
    archive(test, clients["s3"])


def systems(test, efs, ec2):
    subnet = ec2.describe_subnets()["Subnets"][0]
    groups = [ec2.create_security_group(GroupName=name, Description="d", VpcId=subnet["VpcId"])["GroupId"]
              for name in ("nfs", "other")]
    nfs = [{"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "UserIdGroupPairs": [{"GroupId": groups[0]}]}]
    ec2.authorize_security_group_ingress(GroupId=groups[0], IpPermissions=nfs)
    seen = ec2.describe_security_groups(GroupIds=[groups[0]])["SecurityGroups"][0]
    test.assertEqual(seen["IpPermissions"][0]["FromPort"], 2049)
    ec2.revoke_security_group_ingress(GroupId=groups[0], IpPermissions=nfs)

    system = efs.create_file_system(CreationToken="t", Tags=[{"Key": "Name", "Value": "n"}])["FileSystemId"]
    efs.update_file_system(FileSystemId=system, ThroughputMode="elastic")
    test.assertEqual(efs.describe_file_systems(FileSystemId=system)["FileSystems"][0]["ThroughputMode"], "elastic")
    target = efs.create_mount_target(FileSystemId=system, SubnetId=subnet["SubnetId"],
                                     SecurityGroups=[groups[0]])["MountTargetId"]
    test.assertEqual(len(efs.describe_mount_targets(FileSystemId=system)["MountTargets"]), 1)
    efs.modify_mount_target_security_groups(MountTargetId=target, SecurityGroups=[groups[1]])
    test.assertEqual(efs.describe_mount_target_security_groups(MountTargetId=target)["SecurityGroups"], [groups[1]])
    point = efs.create_access_point(
        ClientToken="t", FileSystemId=system, PosixUser={"Uid": 1, "Gid": 1}, RootDirectory={
            "Path": "/a", "CreationInfo": {"OwnerUid": 1, "OwnerGid": 1, "Permissions": "750"}})
    test.assertEqual(len(efs.describe_access_points(FileSystemId=system)["AccessPoints"]), 1)
    efs.tag_resource(ResourceId=system, Tags=[{"Key": "k", "Value": "v"}])
    test.assertEqual(len(efs.list_tags_for_resource(ResourceId=system)["Tags"]), 2)
    efs.untag_resource(ResourceId=system, TagKeys=["k"])
    efs.delete_access_point(AccessPointId=point["AccessPointId"])
    efs.delete_mount_target(MountTargetId=target)
    efs.delete_file_system(FileSystemId=system)
    for group in groups:
        ec2.delete_security_group(GroupId=group)


def parameters(test, ssm):
    for value in ("one", "two"):
        ssm.put_parameter(Name="/own/a", Value=value, Type="String", Overwrite=True)
    ssm.put_parameter(Name="/own/secret", Value="s", Type="SecureString", Description="d",
                      Tags=[{"Key": "k", "Value": "v"}])
    test.assertEqual(ssm.get_parameter(Name="/own/secret", WithDecryption=True)["Parameter"]["Value"], "s")
    test.assertEqual(ssm.get_parameters(Names=["/own/a", "/none"])["InvalidParameters"], ["/none"])
    test.assertEqual(len(ssm.get_parameters_by_path(Path="/own")["Parameters"]), 2)
    ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": ["/own/a"]}])
    test.assertEqual(len(ssm.get_parameter_history(Name="/own/a")["Parameters"]), 2)
    which = {"ResourceType": "Parameter", "ResourceId": "/own/a"}
    ssm.add_tags_to_resource(**which, Tags=[{"Key": "k", "Value": "v"}])
    test.assertEqual(ssm.list_tags_for_resource(**which)["TagList"], [{"Key": "k", "Value": "v"}])
    ssm.remove_tags_from_resource(**which, TagKeys=["k"])
    ssm.delete_parameter(Name="/own/a")
    test.assertEqual(ssm.delete_parameters(Names=["/own/secret"])["DeletedParameters"], ["/own/secret"])


def objects(test, s3):
    s3.create_bucket(Bucket="own")
    s3.head_bucket(Bucket="own"), s3.get_bucket_location(Bucket="own"), s3.list_buckets()
    s3.put_bucket_versioning(Bucket="own", VersioningConfiguration={"Status": "Enabled"})
    test.assertEqual(s3.get_bucket_versioning(Bucket="own")["Status"], "Enabled")
    s3.put_object(Bucket="own", Key="a b/k", Body=b"bytes", Metadata={"k": "v"})
    test.assertEqual(s3.get_object(Bucket="own", Key="a b/k", Range="bytes=1-2")["Body"].read(), b"yt")
    test.assertEqual(s3.head_object(Bucket="own", Key="a b/k")["Metadata"], {"k": "v"})
    s3.copy_object(Bucket="own", Key="copy", CopySource={"Bucket": "own", "Key": "a b/k"})
    s3.get_object_tagging(Bucket="own", Key="copy")
    test.assertEqual(s3.list_objects_v2(Bucket="own", Delimiter="/")["CommonPrefixes"], [{"Prefix": "a b/"}])
    test.assertEqual(len(s3.list_objects(Bucket="own")["Contents"]), 2)
    part = b"x" * (5 << 20)
    upload = s3.create_multipart_upload(Bucket="own", Key="parts")["UploadId"]
    which = {"Bucket": "own", "Key": "parts", "UploadId": upload}
    first = s3.upload_part(**which, PartNumber=1, Body=part)["ETag"]
    second = s3.upload_part_copy(**which, PartNumber=2, CopySource={"Bucket": "own", "Key": "a b/k"})["CopyPartResult"]["ETag"]
    test.assertEqual(len(s3.list_parts(**which)["Parts"]), 2)
    test.assertEqual(len(s3.list_multipart_uploads(Bucket="own")["Uploads"]), 1)
    s3.complete_multipart_upload(**which, MultipartUpload={"Parts": [
        {"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]})
    test.assertEqual(s3.get_object(Bucket="own", Key="parts")["Body"].read(), part + b"bytes")
    given_up = s3.create_multipart_upload(Bucket="own", Key="never")["UploadId"]
    s3.abort_multipart_upload(Bucket="own", Key="never", UploadId=given_up)
    s3.delete_object(Bucket="own", Key="copy")
    listed = s3.list_object_versions(Bucket="own")
    all_of_it = [{"Key": one["Key"], "VersionId": one["VersionId"]}
                 for one in listed["Versions"] + listed["DeleteMarkers"]]
    test.assertEqual(len(s3.delete_objects(Bucket="own", Delete={"Objects": all_of_it})["Deleted"]), len(all_of_it))
    s3.delete_bucket(Bucket="own")


def archive(test, s3):
    s3.create_bucket(Bucket="cold")
    which = {"Bucket": "cold", "Key": "k"}
    s3.put_object(**which, Body=b"bytes", Metadata={"k": "v"})
    s3.copy_object(**which, CopySource=which, StorageClass="DEEP_ARCHIVE", MetadataDirective="COPY")
    with test.assertRaises(s3.exceptions.InvalidObjectState) as caught:
        s3.get_object(**which)
    if "ResponseMetadata" in caught.exception.response:  # the AWS CLI prints no more than code and message
        test.assertEqual(caught.exception.response["StorageClass"], "DEEP_ARCHIVE")
    wanted = {"Days": 1, "GlacierJobParameters": {"Tier": "Standard"}}
    for status in (202, 200):
        answer = s3.restore_object(**which, RestoreRequest=wanted)
        if "ResponseMetadata" in answer:  # which the AWS CLI does not print
            test.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], status)
    head = s3.head_object(**which)
    test.assertEqual((head["StorageClass"], head["Metadata"]), ("DEEP_ARCHIVE", {"k": "v"}))
    test.assertTrue(head["Restore"].startswith('ongoing-request="false", expiry-date="'), head["Restore"])
    for listing in (s3.list_objects_v2, s3.list_objects):
        listed = listing(Bucket="cold", OptionalObjectAttributes=["RestoreStatus"])["Contents"][0]
        test.assertFalse(listed["RestoreStatus"]["IsRestoreInProgress"])
        test.assertIn(f'{listed["RestoreStatus"]["RestoreExpiryDate"]:%d %b %Y}', head["Restore"])
    test.assertEqual(s3.get_object(**which)["Body"].read(), b"bytes")
    s3.delete_object(**which)
    s3.delete_bucket(Bucket="cold")
