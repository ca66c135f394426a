#!/usr/bin/env python3
"""The whole story through the real AWS CLI."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import AWS, main  # noqa: E402
from studio_scenarios import StudioScenarios  # noqa: E402


@unittest.skipIf(AWS is None, "there is no aws command")
class Scenarios(StudioScenarios, unittest.TestCase):
    def call(self, service, operation, **members):
        return self.server.aws_call(service, operation, **members)


main()
