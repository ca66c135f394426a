"""What the interoperability tests share: moto on a free port, and our client as a driver."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import LIFEBOAT, ROOT, Server, main, wait_for  # noqa: E402, F401

INTEROP = pathlib.Path(os.environ.get("LIFEBOAT_INTEROP", ROOT / "build/interop"))
STATIC = pathlib.Path(os.environ.get("LIFEBOAT_STATIC", ROOT / "build/static/src/lifeboat"))
REGION = "us-east-1"
ACCOUNT = "123456789012"


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def tool(name):
    """The path of a third-party program in build/interop; skips the test where it is absent."""
    for path in (INTEROP / "venv/bin" / name, INTEROP / "bin" / name):
        if path.exists():
            return str(path)
    raise unittest.SkipTest(f"{name} is not there: run `make interop`")


class Moto:
    """moto's server, which plays AWS. With `around` its Lambda functions run (moto_with_functions.py)."""

    def __init__(self, around=None):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = tempfile.TemporaryFile(mode="w+")
        command = [tool("moto_server"), "-H", "127.0.0.1", "-p", str(self.port)]
        if around is not None:
            around = {"AWS_ENDPOINT_URL": self.url, **around}
            command = [sys.executable, str(pathlib.Path(__file__).parent / "moto_with_functions.py"), str(self.port),
                       json.dumps(around)]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        wait_for("moto to listen", self._answers, 60)

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"moto ended: {self.logged()[-2000:]}")
        with socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", self.port)) == 0

    def environment(self):
        return dict(os.environ, AWS_ENDPOINT_URL=self.url, AWS_ACCESS_KEY_ID="AKIDEXAMPLE",
                    AWS_SECRET_ACCESS_KEY="example", AWS_REGION=REGION, AWS_EC2_METADATA_DISABLED="true",
                    AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()


class Refused(Exception):
    """An error answer; `code` as AWS names it."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]
        self.category = error["category"]


class Client:
    """aws::Cloud, driven by `lifeboat aws --batch`."""

    def __init__(self, environment):
        self.folder = tempfile.TemporaryDirectory(prefix="lifeboat-test-")
        self.process = subprocess.Popen([LIFEBOAT, "--cloud", "aws", "aws", "--batch"],
                                        env=dict(environment, LIFEBOAT_DATA=self.folder.name),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def call(self, service, operation, **request):
        self.process.stdin.write(json.dumps({"service": service, "operation": operation, "request": request}) + "\n")
        self.process.stdin.flush()
        outcome = json.loads(self.process.stdout.readline())
        if "error" in outcome:
            raise Refused(outcome["error"])
        return outcome["answer"]

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.folder.cleanup()
