#!/usr/bin/env python3
"""A storm: N profiles recreated at once, each with F files.

usage: bench/storm.py [--profiles 1000] [--files 20] [LIFEBOAT]

Prints wall time from the first recreation to the last recovery, the delay from a profile's event to
the start of its execution (p50, p99), and the server's peak memory. Fails when a profile was not
recovered, when a quota was met, or when a helper object is left.
"""
import argparse
import concurrent.futures

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
import harness  # noqa: E402


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def pages(server, service, operation, items, token="NextToken", **request):
    found = []
    while True:
        answer = server.call(service, operation, **request)
        found += answer[items]
        if not answer.get(token):
            return found
        request[token] = answer[token]


def rows(server):
    found, start = {}, {}
    while True:
        answer = server.call("dynamodb", "Scan", TableName="studioUser", **start)
        found.update({item["profile_name"]["S"]: item for item in answer["Items"]})
        if "LastEvaluatedKey" not in answer:
            return found
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def peak_memory_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("lifeboat", nargs="?", default=harness.LIFEBOAT)
    parser.add_argument("--profiles", type=int, default=1000)
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    harness.LIFEBOAT = options.lifeboat
    server = harness.Server()
    pool = concurrent.futures.ThreadPoolExecutor(options.clients)
    names = [f"user{i}" for i in range(options.profiles)]
    try:
        domain = server.lifeboat("studio", "domains", "create", "studio")["DomainId"]

        def create(name):
            server.call("sagemaker", "CreateUserProfile", DomainId=domain, UserProfileName=name)

        def recreate(name):
            server.call("sagemaker", "DeleteUserProfile", DomainId=domain, UserProfileName=name)
            create(name)

        list(pool.map(create, names))
        known = harness.wait_for("every profile to be registered", lambda: (
            lambda found: found if len(found) == len(names) else None)(rows(server)), 600)
        for name, row in known.items():
            home = pathlib.Path(server.home(row["efs_sys_id"]["S"], row["efs_uid"]["S"]))
            for i in range(options.files):
                (home / f"file{i}").write_text(f"{name} {i}\n" * 100)

        began = time.monotonic()
        list(pool.map(recreate, names))
        recreated = time.monotonic() - began

        def ended():
            found = rows(server)
            states = [row.get("replication_status", {}).get("S") for row in found.values()]
            return found if all(state in ("SUCCESS", "ERROR") for state in states) else None
        final = harness.wait_for("every recovery to end", ended, 1800)
        wall = time.monotonic() - began

        bad = [name for name, row in final.items() if row["replication_status"]["S"] != "SUCCESS"]
        for name, row in final.items():
            home = pathlib.Path(server.home(row["efs_sys_id"]["S"], row["efs_uid"]["S"]))
            for i in range(options.files):
                if (home / f"file{i}").read_text() != f"{name} {i}\n" * 100:
                    bad.append(name)
                    break
        machine = server.call("states", "ListStateMachines")["stateMachines"][0]["stateMachineArn"]
        executions = pages(server, "states", "ListExecutions", "executions", "nextToken",
                           stateMachineArn=machine, maxResults=1000)
        started = {it["executionArn"]: it["startDate"] for it in executions}
        # The row's own note of the creation event's time has whole seconds; the profile's creation is exact.
        created = {it["UserProfileName"].lower(): it["CreationTime"] for it in pages(
            server, "sagemaker", "ListUserProfiles", "UserProfiles", DomainIdEquals=domain, MaxResults=100)}
        delays = [started[row["recovery_execution"]["S"]] - created[name] for name, row in final.items()
                  if row.get("recovery_execution", {}).get("S") in started]
        left = pages(server, "datasync", "ListTasks", "Tasks") + pages(server, "datasync", "ListLocations", "Locations")

        print(f"profiles {len(names)}, files each {options.files}, executions {len(executions)}")
        print(f"recreated in {recreated:.1f} s; all recovered after {wall:.1f} s ({len(names) / wall:.1f} profiles/s)")
        print(f"event to execution start: p50 {percentile(delays, .5):.3f} s, p99 {percentile(delays, .99):.3f} s")
        print(f"peak memory of the server {peak_memory_mib(server.process.pid):.0f} MiB")
        print(f"not recovered {len(bad)}, helper objects left {len(left)}, quota errors "
              f"{sum('quota' in row.get('recovery_cause', {}).get('S', '').lower() for row in final.values())}")
        if bad or left or len(executions) != len(names):
            for name in bad[:5]:
                print("  ", name, final[name].get("recovery_error"), final[name].get("recovery_cause"))
            sys.exit("the storm was not weathered")
    finally:
        pool.shutdown(cancel_futures=True)
        server.close()


main()
