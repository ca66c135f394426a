"""The AWS CLI in the place of boto3's clients: the same calls, answered by what the program printed."""
import base64
import datetime
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from ground import tool  # noqa: E402
from judge import SERVICES  # noqa: E402

import botocore.session  # noqa: E402
from botocore import xform_name  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402

COMMANDS = {"s3": "s3api"}  # by botocore's name, where the CLI has another
REFUSED = re.compile(r"An error occurred \((\S+)\).* when calling the (\w+) operation(?: \(.*?\))?: ?(.*)", re.DOTALL)


class CommandLine:
    """The AWS CLI of the Python environment. `judge` looks at every answer."""

    def __init__(self, server, judge):
        python = pathlib.Path(tool("aws")).parent / "python"
        self.folder = tempfile.TemporaryDirectory(prefix="lifeboat-test-")
        self.judge = judge
        self.endpoint = server.endpoint
        config = pathlib.Path(self.folder.name, "config")
        config.write_text("[default]\ncli_timestamp_format = iso8601\nretry_mode = standard\nmax_attempts = 1\n"
                          "s3 =\n  addressing_style = path\n")
        self.process = subprocess.Popen(
            [python, pathlib.Path(__file__).parent / "aws_cli_forked.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env={**server.aws_environment(), "AWS_CONFIG_FILE": str(config), "AWS_PAGER": ""})
        session = botocore.session.get_session()
        self.clients = {ours: Service(self, ours, theirs, session.get_service_model(theirs))
                        for ours, theirs in SERVICES.items()}

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def run(self, *arguments):
        """Exit code, output, errors."""
        call = {"arguments": arguments, "stdout": self.path("stdout"), "stderr": self.path("stderr")}
        self.process.stdin.write(json.dumps(call) + "\n")
        self.process.stdin.flush()
        code = int(self.process.stdout.readline())
        return code, pathlib.Path(call["stdout"]).read_text(), pathlib.Path(call["stderr"]).read_text()

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.folder.cleanup()


class Service:
    """Looks like boto3's client of a service."""

    def __init__(self, program, ours, theirs, model):
        self.program, self.ours, self.model = program, ours, model
        self.command = COMMANDS.get(theirs, theirs)
        self.operations = {xform_name(name): name for name in model.operation_names}
        self.exceptions = Exceptions()

    def __getattr__(self, name):
        if name not in self.operations:
            raise AttributeError(name)
        return lambda **members: self.call(self.operations[name], members)

    def call(self, name, members):
        model = self.model.operation_model(name)
        arguments = ["--endpoint-url", self.program.endpoint, self.command, xform_name(name, "-")]
        for member, value in list(members.items()):
            if model.has_streaming_output and isinstance(value, str):  # the CLI takes no JSON with a file's name
                arguments += [f"--{xform_name(member, '-')}", members.pop(member)]
            if isinstance(value, bytes):  # what is bytes as a whole comes from files
                path = self.program.path(member)
                pathlib.Path(path).write_bytes(value)
                is_stream = model.has_streaming_input and model.input_shape.members[member].serialization.get("streaming")
                arguments += [f"--{xform_name(member, '-')}", path if is_stream else f"fileb://{path}"]
                del members[member]
        if members:
            arguments += ["--cli-input-json", json.dumps(members, default=text_of)]
        stream = self.program.path("stream")
        if model.has_streaming_output:
            arguments.append(stream)
        code, output, errors = self.program.run(*arguments)
        if code != 0:
            found = REFUSED.search(errors)
            if found is None or found.group(2) != name:
                raise AssertionError(f"aws {' '.join(arguments)}: {code}: {errors}")
            raise self.exceptions.of(found.group(1))({"Error": {"Code": found.group(1), "Message": found.group(3)}}, name)
        answer = json.loads(output) if output.strip() else {}
        shape = model.output_shape
        answer = values_of(answer, shape) if shape is not None else {}
        if model.has_streaming_output:
            content = pathlib.Path(stream).read_bytes()
            self.program.judge.judge_answer(f"{self.ours}:{name}", shape, {**answer, shape.serialization["payload"]: b""})
            return {**answer, shape.serialization["payload"]: io.BytesIO(content)}
        self.program.judge.judge_answer(f"{self.ours}:{name}", shape, answer)
        return answer


class Exceptions:
    """Classes by the codes of errors, as boto3's clients have them."""

    def __init__(self):
        self.known = {}

    def of(self, code):
        return self.known.setdefault(code, type(code, (ClientError,), {}))

    __getattr__ = of


def text_of(value):
    """Bytes within members: the CLI takes texts there, and sends their UTF-8."""
    return value.decode("latin-1")


def values_of(value, shape):
    """What was printed, in boto3's types. Members the model does not have stay, to be found by the judge."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        # The CLI prints null for what the answers of several pages had in common and none of them had.
        return {name: values_of(part, shape.members[name]) if name in shape.members else part
                for name, part in value.items() if part is not None}
    if kind == "list" and isinstance(value, list):
        return [values_of(part, shape.member) for part in value]
    if kind == "map" and isinstance(value, dict):
        return {name: values_of(part, shape.value) for name, part in value.items()}
    if kind == "timestamp" and isinstance(value, str):
        return datetime.datetime.fromisoformat(value)
    if kind == "blob" and isinstance(value, str):
        return base64.b64decode(value, validate=True)
    return value
