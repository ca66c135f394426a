#!/usr/bin/env python3
"""State transitions with durable history, through the running server; and executions that wait.

usage: bench/transitions.py [--executions 400] [--states 20] [--waiting 10000] [--folder DIR] [LIFEBOAT]

Starts executions of a machine of Pass states over the wire, which wait for one moment, and prints
transitions (states entered) a second from then to the last end. The same with Task states that call
another service, each durable before its call. Then starts executions that wait for an hour and prints what each costs in memory and
how many threads the server has. DIR is where the data lies (default: beside this script's build,
because /tmp may be memory).
"""
import argparse
import concurrent.futures
import json
import pathlib
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
import harness  # noqa: E402

KINDS = {
    "Pass": {"Type": "Pass"},
    "Task": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity"},
}
ROLE = "arn:aws:iam::000000000000:role/bench"


def status(pid, name):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise KeyError(name)


def chain(kind, length, gate):
    states = {f"S{i}": {**KINDS[kind], "Next": f"S{i + 1}"} for i in range(length - 1)}
    states[f"S{length - 1}"] = {**KINDS[kind], "End": True}
    states["Gate"] = {"Type": "Wait", "Next": "S0",
                      "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(gate))}
    return {"StartAt": "Gate", "States": states}


def measure(server, kind, executions, length):
    """Started behind a gate, so that starting over the wire is not what is measured."""
    gate = int(time.time() + max(3, executions / 100))
    machine = create(server, kind, chain(kind, length, gate))
    start_all(server, machine, executions)
    late = time.time() > gate
    time.sleep(max(0, gate - time.time()))
    begin = time.perf_counter()
    while listed(server, machine, "SUCCEEDED") < executions:
        time.sleep(0.02)
    spent = time.perf_counter() - begin
    transitions = executions * length
    print(f"{executions} executions of {length} {kind} states: {transitions} transitions in "
          f"{spent:.2f} s: {transitions / spent:.0f} transitions/s"
          f"{' (not all were started when the gate opened)' if late else ''}")
    events = server.call("states", "GetExecutionHistory", maxResults=1000,
                         executionArn=machine.replace(":stateMachine:", ":execution:") + ":e0")["events"]
    expected = 4 + length * (2 if kind == "Pass" else 5)
    if len(events) != expected:
        sys.exit(f"the history of e0 has {len(events)} events instead of {expected}")


def start_all(server, machine, count):
    def start(number):
        server.call("states", "StartExecution", stateMachineArn=machine, name=f"e{number}",
                    input=json.dumps({"number": number}))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in pool.map(start, range(count)):
            pass


def listed(server, machine, wanted):
    found, token = 0, {}
    while True:
        page = server.call("states", "ListExecutions", stateMachineArn=machine, statusFilter=wanted,
                           maxResults=1000, **token)
        found += len(page["executions"])
        if "nextToken" not in page:
            return found
        token = {"nextToken": page["nextToken"]}


def create(server, name, definition):
    return server.call("states", "CreateStateMachine", name=name, roleArn=ROLE,
                       definition=json.dumps(definition))["stateMachineArn"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("lifeboat", nargs="?", default=harness.LIFEBOAT)
    parser.add_argument("--executions", type=int, default=400)
    parser.add_argument("--states", type=int, default=20)
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build")
    options = parser.parse_args()
    harness.LIFEBOAT = options.lifeboat
    options.folder.mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="bench-", dir=options.folder)
    server = harness.Server(data=folder + "/data")
    try:
        measure(server, "Pass", options.executions, options.states)
        measure(server, "Task", options.executions // 4, options.states)

        waits = create(server, "waits", {
            "StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}})
        before = status(server.process.pid, "VmRSS")
        start_all(server, waits, options.waiting)
        time.sleep(2)
        after = status(server.process.pid, "VmRSS")
        print(f"{listed(server, waits, 'RUNNING')} executions wait: {after / 1024:.0f} MB resident in all, "
              f"{(after - before) / max(1, options.waiting):.1f} KiB each, "
              f"{status(server.process.pid, 'Threads')} threads")
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


main()
