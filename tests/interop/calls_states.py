"""Calls to states: machines with versions and aliases, executions, activities, map runs."""
import json

from ground import wait_for

ROLE = "arn:aws:iam::000000000000:role/states"


def machine(**states):
    return json.dumps({"StartAt": next(iter(states)), "States": states})


PASS = machine(A={"Type": "Pass", "End": True})
WAIT = machine(A={"Type": "Wait", "Seconds": 600, "End": True})
FAIL = machine(A={"Type": "Fail", "Error": "Mine", "Cause": "c"})
SLOW_MAP = machine(A={"Type": "Map", "End": True, "MaxConcurrency": 1, "ItemProcessor": {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    **json.loads(machine(B={"Type": "Wait", "Seconds": 600, "End": True}))}})


def tell(test, server, clients):
    states = clients["states"]
    machines(test, states)
    executions(test, states)
    map_runs(test, states)
    activities(test, states)


def create(states, name, definition, **more):
    return states.create_state_machine(name=name, definition=definition, roleArn=ROLE, **more)["stateMachineArn"]


def machines(test, states):
    test.assertEqual(states.validate_state_machine_definition(definition=PASS)["result"], "OK")
    tried = states.test_state(definition=json.dumps({"Type": "Pass", "Result": {"a": 1}, "End": True}), roleArn=ROLE,
                              inspectionLevel="DEBUG", input="{}")
    test.assertEqual(json.loads(tried["output"]), {"a": 1})
    arn = create(states, "own", PASS, tags=[{"key": "k", "value": "v"}])
    states.describe_state_machine(stateMachineArn=arn)
    test.assertIn(arn, [one["stateMachineArn"] for one in states.list_state_machines()["stateMachines"]])
    states.tag_resource(resourceArn=arn, tags=[{"key": "l", "value": "w"}])
    test.assertEqual(len(states.list_tags_for_resource(resourceArn=arn)["tags"]), 2)
    states.untag_resource(resourceArn=arn, tagKeys=["l"])
    first = states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
    states.update_state_machine(stateMachineArn=arn, definition=WAIT)
    second = states.publish_state_machine_version(stateMachineArn=arn, description="d")["stateMachineVersionArn"]
    test.assertEqual(len(states.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]), 2)
    alias = states.create_state_machine_alias(name="live", routingConfiguration=[
        {"stateMachineVersionArn": first, "weight": 100}])["stateMachineAliasArn"]
    states.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=[
        {"stateMachineVersionArn": first, "weight": 50}, {"stateMachineVersionArn": second, "weight": 50}])
    states.describe_state_machine_alias(stateMachineAliasArn=alias)
    test.assertEqual(len(states.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"]), 1)
    states.delete_state_machine_alias(stateMachineAliasArn=alias)
    states.delete_state_machine_version(stateMachineVersionArn=second)
    states.delete_state_machine(stateMachineArn=arn)


def executions(test, states):
    waiting, failing = create(states, "waiting", WAIT), create(states, "failing", FAIL)
    run = states.start_execution(stateMachineArn=waiting, name="n", input="{}")["executionArn"]
    states.describe_state_machine_for_execution(executionArn=run)
    states.stop_execution(executionArn=run, error="E", cause="c")
    ended(states, run)
    test.assertEqual(states.describe_execution(executionArn=run)["status"], "ABORTED")
    test.assertEqual(len(states.list_executions(stateMachineArn=waiting)["executions"]), 1)
    failed = states.start_execution(stateMachineArn=failing)["executionArn"]
    ended(states, failed)
    test.assertEqual(states.get_execution_history(executionArn=failed, reverseOrder=True)["events"][0]["type"],
                     "ExecutionFailed")
    states.redrive_execution(executionArn=failed)
    ended(states, failed)
    test.assertEqual(states.describe_execution(executionArn=failed)["redriveCount"], 1)
    express = create(states, "express", PASS, type="EXPRESS")
    test.assertEqual(states.start_sync_execution(stateMachineArn=express, input='{"a": 1}')["output"], '{"a":1}')


def ended(states, run):
    wait_for("the execution to end", lambda: states.describe_execution(executionArn=run)["status"] != "RUNNING")


def map_runs(test, states):
    run = states.start_execution(stateMachineArn=create(states, "mapping", SLOW_MAP), input="[1, 2]")["executionArn"]
    listed = wait_for("the map run", lambda: states.list_map_runs(executionArn=run)["mapRuns"])
    arn = listed[0]["mapRunArn"]
    states.update_map_run(mapRunArn=arn, maxConcurrency=2, toleratedFailureCount=1)
    test.assertEqual(states.describe_map_run(mapRunArn=arn)["maxConcurrency"], 2)
    states.stop_execution(executionArn=run)


def activities(test, states):
    activity = states.create_activity(name="moving", tags=[{"key": "k", "value": "v"}])["activityArn"]
    states.describe_activity(activityArn=activity), states.list_activities()
    task = machine(A={"Type": "Task", "Resource": activity, "HeartbeatSeconds": 60, "End": True})
    working = create(states, "working", task)

    def handed_out():
        run = states.start_execution(stateMachineArn=working, input='{"a": 1}')["executionArn"]
        got = states.get_activity_task(activityArn=activity, workerName="w")
        test.assertEqual(json.loads(got["input"]), {"a": 1})
        return run, got["taskToken"]

    run, token = handed_out()
    states.send_task_heartbeat(taskToken=token)
    states.send_task_success(taskToken=token, output="2")
    ended(states, run)
    test.assertEqual(states.describe_execution(executionArn=run)["output"], "2")
    run, token = handed_out()
    states.send_task_failure(taskToken=token, error="E", cause="c")
    ended(states, run)
    test.assertEqual(states.describe_execution(executionArn=run)["error"], "E")
    states.delete_activity(activityArn=activity)
