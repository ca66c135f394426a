"""Calls to sqs and events."""
import json

from ground import wait_for


def tell(test, server, clients):
    queues(test, clients["sqs"])
    rules(test, clients["events"], clients["sqs"])


def queues(test, sqs):
    def make(name, **attributes):
        url = sqs.create_queue(QueueName=name, Attributes=attributes, tags={"k": "v"})["QueueUrl"]
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["QueueArn"]

    dead, dead_arn = make("own-dead")
    url, arn = make("own", VisibilityTimeout="5", RedrivePolicy=json.dumps(
        {"deadLetterTargetArn": dead_arn, "maxReceiveCount": "1"}))
    sqs.get_queue_url(QueueName="own"), sqs.list_queues(QueueNamePrefix="own")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "0"})
    sqs.tag_queue(QueueUrl=url, Tags={"l": "w"}), sqs.untag_queue(QueueUrl=url, TagKeys=["k"])
    test.assertEqual(sqs.list_queue_tags(QueueUrl=url)["Tags"], {"l": "w"})
    test.assertEqual(sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"], [url])
    sqs.send_message(QueueUrl=url, MessageBody="one", MessageAttributes={
        "a": {"DataType": "Binary", "BinaryValue": b"\0\xff"}})
    sent = sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": n, "MessageBody": n} for n in map(str, range(9))])
    test.assertEqual(len(sent["Successful"]), 9)
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"],
                              MessageAttributeNames=["All"])["Messages"]
    test.assertEqual(len(got), 10)
    handles = [message["ReceiptHandle"] for message in got]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handles[0])
    sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": "1", "ReceiptHandle": handles[1]}])
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handles[2], VisibilityTimeout=0)
    sqs.change_message_visibility_batch(QueueUrl=url, Entries=[
        {"Id": str(n), "ReceiptHandle": handle, "VisibilityTimeout": 0} for n, handle in enumerate(handles[3:])])
    # Received once more than maxReceiveCount allows: they go to the dead-letter queue, and back.
    test.assertNotIn("Messages", sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10))
    move = sqs.start_message_move_task(SourceArn=dead_arn, DestinationArn=arn, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    test.assertEqual(sqs.cancel_message_move_task(TaskHandle=move)["ApproximateNumberOfMessagesMoved"] < 8, True)
    test.assertEqual(len(sqs.list_message_move_tasks(SourceArn=dead_arn)["Results"]), 1)
    sqs.purge_queue(QueueUrl=url)
    for one in (url, dead):
        sqs.delete_queue(QueueUrl=one)


def rules(test, events, sqs):
    url = sqs.create_queue(QueueName="of-rule")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name="own")
    events.describe_event_bus(Name="own")
    test.assertEqual(len(events.list_event_buses()["EventBuses"]), 2)
    pattern = json.dumps({"source": ["mine"]})
    rule = events.put_rule(Name="own", EventBusName="own", EventPattern=pattern, Tags=[{"Key": "k", "Value": "v"}])["RuleArn"]
    which = {"Name": "own", "EventBusName": "own"}
    events.disable_rule(**which), events.enable_rule(**which)
    test.assertEqual(events.describe_rule(**which)["State"], "ENABLED")
    test.assertEqual(len(events.list_rules(EventBusName="own")["Rules"]), 1)
    events.put_targets(Rule="own", EventBusName="own", Targets=[{"Id": "1", "Arn": arn}])
    test.assertEqual(len(events.list_targets_by_rule(Rule="own", EventBusName="own")["Targets"]), 1)
    test.assertEqual(events.list_rule_names_by_target(TargetArn=arn, EventBusName="own")["RuleNames"], ["own"])
    event = {"Source": "mine", "DetailType": "t", "Detail": json.dumps({"n": 1}), "EventBusName": "own"}
    test.assertEqual(events.put_events(Entries=[event])["FailedEntryCount"], 0)
    wait_for("the event", lambda: "Messages" in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1))
    whole = {"id": "1", "account": "000000000000", "source": "mine", "time": "2026-01-02T03:04:05Z", "region": "us-east-1",
             "resources": [], "detail-type": "t", "detail": {}}
    test.assertTrue(events.test_event_pattern(EventPattern=pattern, Event=json.dumps(whole))["Result"])
    events.tag_resource(ResourceARN=rule, Tags=[{"Key": "l", "Value": "w"}])
    test.assertEqual(len(events.list_tags_for_resource(ResourceARN=rule)["Tags"]), 2)
    events.untag_resource(ResourceARN=rule, TagKeys=["l"])
    events.remove_targets(Rule="own", EventBusName="own", Ids=["1"])
    events.delete_rule(**which)
    events.delete_event_bus(Name="own")
