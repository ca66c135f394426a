#!/usr/bin/env python3
"""The whole story through boto3, every answer judged by botocore's own service models."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ground import main  # noqa: E402
from judge import Judge  # noqa: E402
from studio_scenarios import StudioScenarios  # noqa: E402

from botocore import xform_name  # noqa: E402


class Scenarios(StudioScenarios, unittest.TestCase):
    clients = None

    def call(self, service, operation, **members):
        if self.clients is None:
            self.judge = Judge()
            self.clients = self.judge.clients(self.server)
        return getattr(self.clients[service], xform_name(operation))(**members)

    def tearDown(self):
        self.assertEqual(self.judge.violations, [], "\n".join(self.judge.violations))
        self.assertGreater(self.judge.answered.total(), 10)


if __name__ == "__main__":
    main()
