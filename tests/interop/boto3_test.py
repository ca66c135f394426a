#!/usr/bin/env python3
"""boto3 against `lifeboat serve`: every operation of the local cloud is carried out at least once, and every
answer and error is judged by botocore's own service models. The table it prints is the coverage."""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ground import LIFEBOAT, Server, main  # noqa: E402
from judge import Judge, example  # noqa: E402
import calls_dynamodb  # noqa: E402
import calls_files  # noqa: E402
import calls_messages  # noqa: E402
import calls_states  # noqa: E402
import calls_studio  # noqa: E402

from botocore import xform_name  # noqa: E402
import botocore.exceptions  # noqa: E402

# Nobody can vouch for a web identity here; it is refused, and the refusal is judged.
NEEDS_A_THIRD_PARTY = {"sts:AssumeRoleWithWebIdentity"}
STORIES = (calls_studio, calls_files, calls_dynamodb, calls_messages, calls_states)


def described(service):
    """The operations our model of `service` describes."""
    return subprocess.run([LIFEBOAT, "aws", "--list", service], check=True, capture_output=True,
                          text=True).stdout.split()


class Boto3(unittest.TestCase):
    offered = set()
    judge = Judge()

    def test_1_errors_are_those_of_the_models(self):
        """Each operation with the least its model asks for: mostly about things that are not there."""
        server = Server()
        self.addCleanup(server.close)
        judge = Judge()
        for service, client in judge.clients(server).items():
            model = client.meta.service_model
            for name in described(service):
                if name not in model.operation_names:
                    continue
                shape = model.operation_model(name).input_shape
                try:
                    getattr(client, xform_name(name))(**(example(shape) if shape is not None else {}))
                    self.offered.add(f"{service}:{name}")
                except botocore.exceptions.ClientError as error:
                    if error.response["Error"]["Code"] not in ("UnknownOperationException", "UnknownOperation"):
                        self.offered.add(f"{service}:{name}")
        self.assertEqual(judge.violations, [], "\n".join(judge.violations))
        self.assertGreater(len(self.offered), 200)

    def test_2_every_operation_is_carried_out_and_answers_as_its_model_says(self):
        server = Server(config=f"[local.datasync]\nlocal_roots = '{tempfile.gettempdir()}'\n")
        self.addCleanup(server.close)
        clients = self.judge.clients(server)
        clients["sts"].get_caller_identity()
        for story in STORIES:
            with self.subTest(story=story.__name__):
                story.tell(self, server, clients)
        self.assertEqual(self.judge.violations, [], "\n".join(self.judge.violations))

    def test_3_nothing_was_left_out(self):
        wanted = self.offered - NEEDS_A_THIRD_PARTY
        per_service = collections.defaultdict(lambda: [0, 0])
        for operation in wanted:
            tally = per_service[operation.split(":")[0]]
            tally[0] += bool(self.judge.answered[operation])
            tally[1] += 1
        print(f"{'service':<18}{'called':>8}{'local':>8}{'answers':>9}")
        for service, (called, local) in sorted(per_service.items()):
            answers = sum(count for name, count in self.judge.answered.items() if name.startswith(f"{service}:"))
            print(f"{service:<18}{called:>8}{local:>8}{answers:>9}")
        missing = sorted(name for name in wanted if not self.judge.answered[name])
        print(f"{'all':<18}{len(wanted) - len(missing):>8}{len(wanted):>8}{self.judge.answered.total():>9}")
        self.assertEqual(missing, [], json.dumps(missing))


if __name__ == "__main__":
    main()
