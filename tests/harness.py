"""What the Python tests share: a server of our own on a free port, the AWS CLI, and counts.

Every server is started for one test class, listens on loopback, has its own data directory, and is
stopped by its process id.
"""
import json
import os
import pathlib
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
    bad = len(result.failures) + len(result.errors)
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


class Server:
    """`lifeboat serve` on a free loopback port over its own data directory."""

    def __init__(self, data=None, environment=None, config=None):
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
        self.start(environment)

    def start(self, environment=None):
        env = dict(os.environ, LIFEBOAT_DATA=self.data, **(environment or {}))
        published = pathlib.Path(self.data, "endpoint.json")
        published.unlink(missing_ok=True)
        self.process = subprocess.Popen([LIFEBOAT, "serve", "--listen", "127.0.0.1:0"], env=env,
                                        stdout=self.log, stderr=self.log)
        wait_for("the server to listen", lambda: published.exists() or self.process.poll() is not None, 30)
        if self.process.poll() is not None and not published.exists():
            raise AssertionError("the server ended: " + self.logged())
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
        if self.process.poll() is None:
            self.stop()
        self.log.close()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

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
