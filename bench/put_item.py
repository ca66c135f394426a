#!/usr/bin/env python3
"""Durable PutItem over the wire: N clients, each its own process and connection, one after another.

usage: bench/put_item.py [--clients 16] [--seconds 10] [--bytes 300] [--folder DIR] [LIFEBOAT]

Prints puts a second and the time of one (p50, p99). Every put is signed and verified, and durable
when it is answered; the table has a secondary index and a stream unless --plain is given. Afterwards
the table is counted: it must hold every item that was acknowledged. DIR is where the data lies
(default: beside this script's build, because /tmp may be memory).
"""
import argparse
import datetime
import hashlib
import hmac
import json
import multiprocessing
import pathlib
import queue
import shutil
import socket
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
import harness  # noqa: E402

REGION = "us-east-1"
TABLE = {
    "TableName": "bench", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}
INDEXED = dict(
    TABLE,
    AttributeDefinitions=TABLE["AttributeDefinitions"] + [{"AttributeName": "client", "AttributeType": "N"}],
    GlobalSecondaryIndexes=[{"IndexName": "by-client", "Projection": {"ProjectionType": "ALL"},
                             "KeySchema": [{"AttributeName": "client", "KeyType": "HASH"}]}],
    StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
)


class Client:
    """A lean client, so that the measured machine is spent on the server: one socket, SigV4 with the
    day's key kept."""

    def __init__(self, endpoint, key, secret):
        self.host = endpoint.split("//")[1].rstrip("/")
        name, port = self.host.rsplit(":", 1)
        self.socket = socket.create_connection((name, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.key = key
        self.day = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d")
        signing = ("AWS4" + secret).encode()
        for part in (self.day, REGION, "dynamodb", "aws4_request"):
            signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
        self.signing = signing

    def call(self, operation, request):
        body = json.dumps(request).encode()
        stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        target = f"DynamoDB_20120810.{operation}"
        names = "content-type;host;x-amz-date;x-amz-target"
        head = (f"content-type:application/x-amz-json-1.0\nhost:{self.host}\nx-amz-date:{stamp}\n"
                f"x-amz-target:{target}\n")
        canonical = f"POST\n/\n\n{head}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{self.day}/{REGION}/dynamodb/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(self.signing, text.encode(), hashlib.sha256).hexdigest()
        message = ("POST / HTTP/1.1\r\n" + head.replace("\n", "\r\n") +
                   f"content-length: {len(body)}\r\nauthorization: AWS4-HMAC-SHA256 Credential="
                   f"{self.key}/{scope}, SignedHeaders={names}, Signature={signature}\r\n\r\n")
        self.socket.sendall(message.encode() + body)
        return self.answer()

    def answer(self):
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the server closed the connection")
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        while len(body) < int(headers["content-length"]):
            body += self.socket.recv(65536)
        if lines[0].split()[1] != "200":
            raise RuntimeError(f"{lines[0]}: {body.decode()}")
        return json.loads(body)


def put(number, endpoint, key, secret, size, seconds, begin, results):
    client = Client(endpoint, key, secret)
    filling = "x" * size
    times = []
    begin.wait()
    start = now = time.perf_counter()
    while now - start < seconds:
        client.call("PutItem", {"TableName": "bench", "Item": {
            "pk": {"S": f"{number}-{len(times)}"}, "client": {"N": str(number)}, "data": {"S": filling}}})
        after = time.perf_counter()
        times.append(after - now)
        now = after
    results.put((number, now - start, times))


def count(client):
    total, start = 0, {}
    while True:
        page = client.call("Scan", {"TableName": "bench", "Select": "COUNT", **start})
        total += page["Count"]
        if "LastEvaluatedKey" not in page:
            return total
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("lifeboat", nargs="?", default=harness.LIFEBOAT)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--bytes", type=int, default=300)
    parser.add_argument("--plain", action="store_true", help="no index, no stream")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build")
    options = parser.parse_args()
    harness.LIFEBOAT = options.lifeboat
    options.folder.mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="bench-", dir=options.folder)
    server = harness.Server(data=folder + "/data")
    try:
        keys = (server.credentials["AWS_ACCESS_KEY_ID"], server.credentials["AWS_SECRET_ACCESS_KEY"])
        where = server.endpoint if "://" in server.endpoint else "http://" + server.endpoint
        client = Client(where, *keys)
        client.call("CreateTable", TABLE if options.plain else INDEXED)
        begin, results = multiprocessing.Barrier(options.clients), multiprocessing.Queue()
        workers = [multiprocessing.Process(target=put, args=(
            number, where, *keys, options.bytes, options.seconds, begin, results))
            for number in range(options.clients)]
        for worker in workers:
            worker.start()
        done = []
        while len(done) < len(workers):
            try:
                done.append(results.get(timeout=1))
            except queue.Empty:
                if any(worker.exitcode not in (None, 0) for worker in workers):
                    sys.exit("a client failed")
        for worker in workers:
            worker.join()
        times = sorted(taken for _, _, all_taken in done for taken in all_taken)
        wall = max(spent for _, spent, _ in done)
        kept = count(client)
        print(f"clients {options.clients}, items of {options.bytes} bytes"
              f"{'' if options.plain else ', one index, one stream'}")
        print(f"{len(times)} durable puts in {wall:.1f} s: {len(times) / wall:.0f} puts/s")
        print(f"one put: p50 {times[len(times) // 2] * 1000:.2f} ms, "
              f"p99 {times[int(len(times) * .99)] * 1000:.2f} ms")
        if kept != len(times):
            sys.exit(f"the table holds {kept} items, {len(times)} were acknowledged")
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


main()
