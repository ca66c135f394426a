#!/usr/bin/env python3
"""The demo ends green, for root and for anybody else."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import LIFEBOAT, ROOT, main  # noqa: E402

NOBODY = 65534


class Demo(unittest.TestCase):
    def demo(self, **identity):
        with tempfile.TemporaryDirectory(prefix="lifeboat-test-") as folder:
            # Copies, because the checkout may lie where others cannot look.
            program = shutil.copy(LIFEBOAT, folder)
            script = shutil.copy(ROOT / "tools/demo.sh", folder)
            os.chmod(folder, 0o1777)
            ran = subprocess.run(["bash", script], env=dict(os.environ, LIFEBOAT=program, TMPDIR=folder, HOME=folder),
                                 cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 timeout=300, check=False, **identity)
        self.assertEqual(ran.returncode, 0, ran.stdout)
        self.assertIn("Done: the work is home.", ran.stdout)

    def test_it_ends_green(self):
        self.demo()

    @unittest.skipIf(os.geteuid() != 0, "only root can run it as somebody else")
    def test_it_ends_green_without_root(self):
        self.demo(user=NOBODY, group=NOBODY, extra_groups=[])


main()
