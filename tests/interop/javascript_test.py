#!/usr/bin/env python3
"""The AWS SDK for JavaScript against `lifeboat serve`."""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ground import INTEROP, Server, main  # noqa: E402


class JavaScript(unittest.TestCase):
    def test_main_services(self):
        modules = INTEROP / "js/node_modules"
        if not (modules / "@aws-sdk").exists() or shutil.which("node") is None:
            self.skipTest("no AWS SDK for JavaScript: run `make interop`")
        server = Server()
        self.addCleanup(server.close)
        # Node looks for modules beside the script.
        script = shutil.copy(pathlib.Path(__file__).parent / "calls.mjs", modules.parent)
        ran = subprocess.run(["node", script], env=server.aws_environment(), capture_output=True, text=True,
                             timeout=120, check=False)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr + server.logged())
        self.assertIn("all calls answered", ran.stdout)


if __name__ == "__main__":
    os.environ.setdefault("NODE_NO_WARNINGS", "1")
    main()
