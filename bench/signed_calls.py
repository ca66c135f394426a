#!/usr/bin/env python3
"""Signed calls: aws::Cloud, boto3 and the AWS CLI read the same item of one `lifeboat serve`, in one run.

    signed_calls.py LIFEBOAT SIGNED_CALLS

What a client costs is its own processor time per call (the server has its own), of which the kernel's part is for
its sending and waiting; p99 is as the caller sees it, the server's work included. Each client runs on one core, with
one thread and with eight: one thread waits most of the time, and finds the core cold whenever an answer comes, while
eight keep it busy. Clients take turns; what is printed is the median of the rounds (ROUNDS, 5). boto3 is looked for in
build/interop (`make interop`), then in Python's own.
"""
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
os.environ["LIFEBOAT"] = sys.argv[1]
from harness import AWS, Server  # noqa: E402

CALLS = int(os.environ.get("CALLS", "10000"))
THREADS = (1, 8)
ROUNDS = int(os.environ.get("ROUNDS", "5"))

BOTO3 = """
import json, resource, sys, threading, time
import boto3
client = boto3.client("dynamodb")
key = {"k": {"S": "a"}}
for _ in range(50): client.get_item(TableName="bench", Key=key)
def processor():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime, used.ru_stime
threads = int(sys.argv[2]); each = int(sys.argv[1]) // threads; calls = each * threads; times = []
def work():
    for _ in range(each):
        begin = time.perf_counter(); client.get_item(TableName="bench", Key=key)
        times.append(time.perf_counter() - begin)
running = [threading.Thread(target=work) for _ in range(threads)]; before = processor(); start = time.perf_counter()
for one in running: one.start()
for one in running: one.join()
took = time.perf_counter() - start; program, kernel = (b - a for a, b in zip(before, processor())); times.sort()
print(json.dumps({"calls_per_second": calls / took, "calls_per_processor_second": calls / (program + kernel),
                  "program_us": program * 1e6 / calls, "kernel_us": kernel * 1e6 / calls,
                  "p50_us": times[calls // 2] * 1e6, "p99_us": times[int(calls * 0.99)] * 1e6}))
"""


def run(command, env):
    """On the first core."""
    return json.loads(subprocess.run(["taskset", "-c", "0", *command], env=env, check=True, capture_output=True,
                                     text=True).stdout)


def command_line(env, calls):
    times = []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    for _ in range(calls):
        begin = time.perf_counter()
        subprocess.run([AWS, "--endpoint-url", env["AWS_ENDPOINT_URL"], "dynamodb", "get-item", "--table-name",
                        "bench", "--key", '{"k":{"S":"a"}}'], env=env, check=True, capture_output=True)
        times.append(time.perf_counter() - begin)
    took = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    program, kernel = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    times.sort()
    return {"calls_per_second": calls / took, "calls_per_processor_second": calls / (program + kernel),
            "program_us": program * 1e6 / calls, "kernel_us": kernel * 1e6 / calls,
            "p50_us": times[calls // 2] * 1e6, "p99_us": times[-1] * 1e6}


def whole_cost(figure):
    return figure["program_us"] + figure["kernel_us"]


def python_with_boto3():
    for python in (ROOT / "build/interop/venv/bin/python", pathlib.Path(sys.executable)):
        if python.exists() and subprocess.run([python, "-c", "import boto3"], capture_output=True,
                                              check=False).returncode == 0:
            return python
    return None


def main():
    server = Server()
    try:
        server.call("dynamodb", "CreateTable", TableName="bench", BillingMode="PAY_PER_REQUEST",
                    AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
                    KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}])
        server.call("dynamodb", "PutItem", TableName="bench", Item={"k": {"S": "a"}, "v": {"S": "x" * 100}})
        env = server.aws_environment()
        clients = {}
        python = python_with_boto3()
        for threads in THREADS:
            clients["aws::Cloud", threads] = lambda t=threads: run([sys.argv[2], server.endpoint, str(CALLS), str(t)], env)
            if python:
                clients["boto3", threads] = lambda t=threads: run([python, "-c", BOTO3, str(CALLS // 10), str(t)], env)
        if AWS:
            clients["AWS CLI", 1] = lambda: command_line(env, 4)
        rounds = [{name: client() for name, client in clients.items()} for _ in range(ROUNDS)]
        figures = {name: {what: statistics.median(one[name][what] for one in rounds) for what in rounds[0][name]}
                   for name in clients}
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; microseconds")
        print(f"{'client':12} {'threads':>7} {'calls/s':>9} {'calls/s of processor':>21} {'program':>9} {'kernel':>9} {'p50':>9} {'p99':>9} "
              f"{'ours is':>9} {'program':>9}")
        for (name, threads), one in figures.items():
            ratio, own = (statistics.median(cost(each[name, threads]) / cost(each["aws::Cloud", threads])
                                            for each in rounds)
                          for cost in (whole_cost, lambda figure: figure["program_us"]))
            print(f"{name:12} {threads:7} {one['calls_per_second']:9.0f} {one['calls_per_processor_second']:21.0f} "
                  f"{one['program_us']:9.0f} {one['kernel_us']:9.0f} {one['p50_us']:9.0f} {one['p99_us']:9.0f} "
                  f"{ratio:8.1f}x {own:8.1f}x")
        if not python:
            print("skipped: no boto3; run `make interop`")
    finally:
        server.close()


main()
