"""moto's server whose Lambda functions run: their code, below AWS's Runtime Interface Emulator and not in Docker.

    moto_with_functions.py PORT ENVIRONMENT

ENVIRONMENT is JSON: variables each function gets beside its own (where its services are).
"""
import io
import json
import os
import pathlib
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from emulator import Emulator  # noqa: E402

import moto.server  # noqa: E402
import moto.settings  # noqa: E402
from moto.awslambda.models import LambdaFunction  # noqa: E402

PORT, AROUND = sys.argv[1], json.loads(sys.argv[2])
RUNNING = set()
# Where functions report to a stack; in Docker it is another name.
moto.settings.moto_server_host = lambda: "http://127.0.0.1"


def invoke(self, event):
    """What moto has Docker do: the answer, whether it failed, its log."""
    with tempfile.TemporaryDirectory(prefix="lifeboat-test-") as folder:
        with zipfile.ZipFile(io.BytesIO(self.code_bytes)) as code:
            program = code.extract("bootstrap", folder)
        os.chmod(program, 0o755)
        emulator = Emulator(program, self.handler, {**self.environment_vars, **AROUND})
        RUNNING.add(emulator)
        try:
            answer = emulator.invoke(event if isinstance(event, dict) else json.loads(event))
            print(self.function_name, answer, emulator.logged(), file=sys.stderr, flush=True)
            return json.dumps(answer), "errorType" in (answer or {}), emulator.logged()
        finally:
            RUNNING.discard(emulator)
            emulator.close()


def end(*_):
    """Leaves no emulator behind."""
    for emulator in list(RUNNING):
        emulator.close()
    os._exit(0)  # threads may still wait for answers


LambdaFunction._invoke_lambda = invoke
moto.server.signal_handler = end
moto.server.main(["-H", "127.0.0.1", "-p", PORT])
