"""What the Python tests share: a server of our own on a free port, the AWS CLI, and counts.

Every server is started for one test class, listens on loopback, has its own data directory, and is
stopped by its process id.
"""
import datetime
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIFEBOAT = os.environ.get("LIFEBOAT", str(ROOT / "build/lifeboat"))
# Debian's own, whatever else is on the PATH.
AWS = next((path for path in ("/usr/bin/aws", shutil.which("aws")) if path and os.path.exists(path)), None)


def main():
    """Runs the calling module's tests and prints the line tools/run-tests.py counts."""
    program = unittest.main(module="__main__", exit=False, verbosity=1)
    result = program.result
    # A test with several failed subtests is one failed test.
    bad = len({getattr(test, "test_case", test).id() for test, _ in result.failures + result.errors})
    for test, reason in result.skipped:
        print(f"skipped {test.id()}: {reason}")
    passed = result.testsRun - bad - len(result.skipped)
    print(f"tests: {passed} passed, {bad} failed, {len(result.skipped)} skipped", flush=True)
    sys.exit(1 if bad or passed == 0 else 0)


def wait_for(what, condition, seconds=60):
    """Polls until `condition()` is true; fails with `what` after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"timed out after {seconds} s waiting for {what}")
        time.sleep(0.05)


class ServerEnded(AssertionError):
    """The server ended before it listened; `code` as subprocess gives it (-9: killed)."""

    def __init__(self, code, log):
        super().__init__(f"the server ended with {code}: {log}")
        self.code = code


class CallFailed(Exception):
    """An error answer; `code` as AWS names it ("" when the connection broke)."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


# JSON services by their name in signatures: content type version, target prefix.
TARGETS = {
    "sagemaker": ("1.1", "SageMaker"), "dynamodb": ("1.0", "DynamoDB_20120810"),
    "states": ("1.0", "AWSStepFunctions"), "datasync": ("1.1", "FmrsService"),
    "sqs": ("1.0", "AmazonSQS"), "events": ("1.1", "AWSEvents"),
}


def signed_headers(host, service, target, version, body, key, secret, now=None):
    """SigV4 for a JSON request, written out here so that the tests do not trust our own signer."""
    now = now or datetime.datetime.now(datetime.timezone.utc)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {"content-type": f"application/x-amz-json-{version}", "host": host, "x-amz-date": stamp,
               "x-amz-target": target}
    names = ";".join(sorted(headers))
    canonical = "\n".join(["POST", "/", "", *(f"{name}:{headers[name]}" for name in sorted(headers)), "",
                           names, hashlib.sha256(body).hexdigest()])
    scope = f"{day}/us-east-1/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signing_key = ("AWS4" + secret).encode()
    for part in (day, "us-east-1", service, "aws4_request"):
        signing_key = hmac.new(signing_key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(signing_key, text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, "
                                f"Signature={signature}")
    return headers


class Server:
    """`lifeboat serve` on a free loopback port over its own data directory."""

    def __init__(self, data=None, environment=None, config=None, start=True):
        self.folder = None
        if data is None:
            self.folder = tempfile.mkdtemp(prefix="lifeboat-test-")
            data = os.path.join(self.folder, "data")
        self.data = data
        os.makedirs(data, exist_ok=True)
        if config is not None:
            pathlib.Path(data, "lifeboat.toml").write_text(config)
        self.process = None
        self.log = tempfile.TemporaryFile(mode="w+")
        if start:
            self.start(environment)

    def start(self, environment=None):
        env = dict(os.environ, LIFEBOAT_DATA=self.data, **(environment or {}))
        published = pathlib.Path(self.data, "endpoint.json")
        published.unlink(missing_ok=True)
        self.process = subprocess.Popen([LIFEBOAT, "serve", "--listen", "127.0.0.1:0"], env=env,
                                        stdout=self.log, stderr=self.log)
        wait_for("the server to listen", lambda: published.exists() or self.process.poll() is not None, 30)
        if self.process.poll() is not None and not published.exists():
            raise ServerEnded(self.process.returncode, self.logged())
        self.endpoint = json.loads(published.read_text())["endpoint"]
        text = subprocess.run([LIFEBOAT, "env", "--json"], env=dict(os.environ, LIFEBOAT_DATA=self.data),
                              check=True, capture_output=True, text=True).stdout
        self.credentials = json.loads(text)

    def logged(self):
        self.log.seek(0)
        return self.log.read()[-4000:]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Asks the server to end; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.stop()
        self.log.close()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, service, operation, **request):
        """One JSON call over the wire, much quicker than the AWS CLI. Raises CallFailed."""
        version, prefix = TARGETS[service]
        host = self.endpoint.split("//")[1]
        body = json.dumps(request).encode()
        headers = signed_headers(host, service, f"{prefix}.{operation}", version, body,
                                 self.credentials["AWS_ACCESS_KEY_ID"],
                                 self.credentials["AWS_SECRET_ACCESS_KEY"])
        try:
            connection = http.client.HTTPConnection(host, timeout=60)
            connection.request("POST", "/", body, headers)
            answer = connection.getresponse()
            text = answer.read()
            connection.close()
        except (OSError, http.client.HTTPException) as broken:
            raise CallFailed("", str(broken)) from broken
        parsed = json.loads(text) if text else {}
        if answer.status != 200:
            raise CallFailed(parsed.get("__type", "").split("#")[-1],
                             parsed.get("message") or parsed.get("Message") or "")
        return parsed

    def aws_environment(self):
        return dict(os.environ, AWS_PAGER="", AWS_MAX_ATTEMPTS="1", AWS_EC2_METADATA_DISABLED="true",
                    **{name: value for name, value in self.credentials.items() if name.startswith("AWS_")})

    def aws_run(self, *arguments):
        """The finished process of `aws ...` against this server."""
        return subprocess.run([AWS, "--endpoint-url", self.endpoint, "--output", "json", *arguments],
                              env=self.aws_environment(), capture_output=True, text=True, check=False)

    def aws(self, *arguments):
        """The parsed answer of `aws ...`; an assertion when it fails."""
        done = self.aws_run(*arguments)
        if done.returncode != 0:
            raise AssertionError(f"aws {' '.join(arguments)}: {done.stderr.strip()}\n{self.logged()}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def aws_call(self, service, operation, **members):
        """Any operation by way of the AWS CLI: names of services as Lifeboat has them, members as the API."""
        verb = re.sub("(?<!^)([A-Z])", r"-\1", operation).lower()
        return self.aws({"states": "stepfunctions"}.get(service, service), verb, "--cli-input-json",
                        json.dumps(members))

    def lifeboat_run(self, *arguments):
        return subprocess.run([LIFEBOAT, *arguments], env=dict(os.environ, LIFEBOAT_DATA=self.data),
                              capture_output=True, text=True, check=False)

    def lifeboat(self, *arguments):
        done = self.lifeboat_run(*arguments, "--json")
        if done.returncode != 0:
            raise AssertionError(f"lifeboat {' '.join(arguments)}: {done.stderr.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def home(self, file_system, uid):
        return os.path.join(self.data, "efs", file_system, str(uid))
