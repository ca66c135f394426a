"""AWS's own Lambda Runtime Interface Emulator."""
import http.client
import json
import os
import shutil
import subprocess
import tempfile

from ground import free_port, tool, wait_for


class Emulator:
    """aws-lambda-rie, running a program as a function's bootstrap."""

    def __init__(self, program, handler, environment):
        self.folder = tempfile.TemporaryDirectory(prefix="lifeboat-test-")
        bootstrap = shutil.copy(program, os.path.join(self.folder.name, "bootstrap"))
        self.port, runtime = free_port(), free_port()
        self.log = open(os.path.join(self.folder.name, "log"), "w+", encoding="utf-8")
        env = {"PATH": os.environ["PATH"], "AWS_LAMBDA_FUNCTION_NAME": handler, "_HANDLER": handler,
               "AWS_LAMBDA_FUNCTION_TIMEOUT": "60", **environment}
        self.process = subprocess.Popen(
            [tool("aws-lambda-rie"), "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}",
             "--runtime-api-address", f"127.0.0.1:{runtime}", bootstrap, handler],
            env=env, stdout=self.log, stderr=self.log, cwd=self.folder.name, start_new_session=True)
        wait_for("the emulator to listen", self._listens, 30)

    def _listens(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.connect()
            connection.close()
            return True
        except OSError:
            return False

    def invoke(self, event):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        connection.request("POST", "/2015-03-31/functions/function/invocations", json.dumps(event))
        text = connection.getresponse().read()
        connection.close()
        return json.loads(text)

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def close(self):
        os.killpg(self.process.pid, 15)  # the group that was started here
        self.process.wait(timeout=30)
        self.log.close()
        self.folder.cleanup()
