"""Calls to dynamodb and its streams."""


def tell(test, server, clients):
    tables(test, clients["dynamodb"])
    items(test, clients["dynamodb"], clients["dynamodbstreams"])


def tables(test, dynamodb):
    arn = dynamodb.create_table(
        TableName="own", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}])["TableDescription"]["TableArn"]
    dynamodb.update_table(TableName="own", StreamSpecification={
        "StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "k", "Value": "v"}])
    test.assertEqual(dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"], [{"Key": "k", "Value": "v"}])
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=["k"])
    dynamodb.update_time_to_live(TableName="own", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"})
    test.assertEqual(dynamodb.describe_time_to_live(TableName="own")["TimeToLiveDescription"]["AttributeName"], "ends")
    test.assertIn("own", dynamodb.list_tables()["TableNames"])
    dynamodb.describe_table(TableName="own"), dynamodb.describe_continuous_backups(TableName="own")
    dynamodb.describe_limits(), dynamodb.describe_endpoints()


def items(test, dynamodb, streams):
    key = {"k": {"S": "a"}}
    dynamodb.put_item(TableName="own", Item={**key, "b": {"B": b"\0\xff"}, "n": {"N": "1"}, "l": {"L": [{"NULL": True}]}})
    dynamodb.update_item(TableName="own", Key=key, UpdateExpression="ADD n :one", ReturnValues="ALL_NEW",
                         ReturnConsumedCapacity="TOTAL", ExpressionAttributeValues={":one": {"N": "1"}})
    test.assertEqual(dynamodb.get_item(TableName="own", Key=key)["Item"]["n"], {"N": "2"})
    dynamodb.query(TableName="own", KeyConditionExpression="k = :k", ExpressionAttributeValues={":k": {"S": "a"}})
    dynamodb.scan(TableName="own", ReturnConsumedCapacity="INDEXES")
    dynamodb.batch_write_item(RequestItems={"own": [{"PutRequest": {"Item": {"k": {"S": "b"}}}}]})
    test.assertEqual(len(dynamodb.batch_get_item(RequestItems={"own": {"Keys": [key]}})["Responses"]["own"]), 1)
    dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": "own", "Item": {"k": {"S": "c"}}}}])
    test.assertEqual(len(dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": "own", "Key": key}}])["Responses"]), 1)
    test.assertIn("b", dynamodb.delete_item(TableName="own", Key=key, ReturnValues="ALL_OLD")["Attributes"])
    stream = streams.list_streams(TableName="own")["Streams"][0]["StreamArn"]
    shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    test.assertEqual([record["eventName"] for record in records], ["INSERT", "MODIFY", "INSERT", "INSERT", "REMOVE"])
    dynamodb.delete_table(TableName="own")
