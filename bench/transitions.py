#!/usr/bin/env python3
"""State transitions with durable history, through the running server; and executions that wait.

usage: bench/transitions.py [--executions 400] [--states 20] [--waiting 10000] [--folder DIR] [LIFEBOAT]

Starts executions of a machine of Pass states over the wire and waits until all have ended; prints
transitions (states entered) a second from the first start to the last end, and how many events the
histories hold. Then starts executions that wait for an hour and prints what each costs in memory and
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

ROLE = "arn:aws:iam::000000000000:role/bench"


def status(pid, name):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise KeyError(name)


def chain(length):
    states = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(length - 1)}
    states[f"S{length - 1}"] = {"Type": "Pass", "End": True}
    return {"StartAt": "S0", "States": states}


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
        # Started behind a gate, so that starting over the wire is not what is measured.
        gate = time.time() + max(3, options.executions / 150)
        machine = chain(options.states)
        machine["States"]["Gate"] = {
            "Type": "Wait", "Next": "S0",
            "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(gate))}
        machine["StartAt"] = "Gate"
        chained = create(server, "chained", machine)
        start_all(server, chained, options.executions)
        late = time.time() > gate
        time.sleep(max(0, int(gate) - time.time()))
        begin = time.perf_counter()
        while listed(server, chained, "SUCCEEDED") < options.executions:
            time.sleep(0.02)
        spent = time.perf_counter() - begin
        transitions = options.executions * options.states
        print(f"{options.executions} executions of {options.states} Pass states: {transitions} transitions "
              f"in {spent:.2f} s: {transitions / spent:.0f} transitions/s"
              f"{' (the gate opened while executions were still started)' if late else ''}")
        events = server.call("states", "GetExecutionHistory", maxResults=1000,
                             executionArn=chained.replace(":stateMachine:", ":execution:") + ":e0")["events"]
        if len(events) != 2 * (options.states + 1) + 2:
            sys.exit(f"the history of e0 has {len(events)} events")

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
