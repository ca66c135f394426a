#!/usr/bin/env python3
"""The static binary: no shared libraries, starts in an empty directory, and finds names there."""
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ground import STATIC, main  # noqa: E402

NAMESERVER = "127.0.0.53"


class NameServer:
    """Answers every question for an address with 127.0.0.1, on a loopback address of its own."""

    def __init__(self):
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((NAMESERVER, 53))
        self.socket.settimeout(0.2)
        self.ended = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended:
            try:
                question, client = self.socket.recvfrom(512)
            except TimeoutError:
                continue
            end = question.index(b"\0", 12) + 5
            name = question[12:end - 5]
            kind = struct.unpack(">H", question[end - 4:end - 2])[0]
            self.asked.append(name)
            answers = 1 if kind == 1 else 0
            answer = question[:2] + struct.pack(">HHHHH", 0x8180, 1, answers, 0, 0) + question[12:end]
            if answers:
                answer += struct.pack(">HHHLH", 0xC00C, 1, 1, 60, 4) + bytes([127, 0, 0, 1])
            self.socket.sendto(answer, client)

    def close(self):
        self.ended = True
        self.thread.join()
        self.socket.close()


class Static(unittest.TestCase):
    def setUp(self):
        if not STATIC.exists():
            self.skipTest("no static binary: run `make static`")

    def test_it_has_no_shared_libraries(self):
        told = subprocess.run(["ldd", STATIC], capture_output=True, text=True, check=False)
        self.assertIn("not a dynamic executable", told.stdout + told.stderr)

    @unittest.skipIf(os.geteuid() != 0, "only root can change the root directory")
    def test_it_starts_in_an_empty_directory_and_finds_names_there(self):
        with tempfile.TemporaryDirectory(prefix="lifeboat-test-") as folder:
            shutil.copy(STATIC, os.path.join(folder, "lifeboat"))

            def inside(*arguments, **variables):
                return subprocess.run(["/lifeboat", *arguments], env=variables, capture_output=True, text=True,
                                      timeout=120, check=False, preexec_fn=lambda: (os.chroot(folder), os.chdir("/")))

            version = inside("version")
            self.assertEqual(version.returncode, 0, version.stderr)
            # A whole local cloud, with data in that directory.
            made = inside("studio", "domains", "create", "studio", LIFEBOAT_DATA="/data")
            self.assertEqual(made.returncode, 0, made.stderr)

            os.mkdir(os.path.join(folder, "etc"))
            pathlib.Path(folder, "etc/resolv.conf").write_text(f"nameserver {NAMESERVER}\noptions timeout:2\n")
            # A module that is not there must not be looked for.
            pathlib.Path(folder, "etc/nsswitch.conf").write_text("hosts: mymachines files myhostname dns\n")
            names = NameServer()
            self.addCleanup(names.close)
            keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_MAX_ATTEMPTS": "1"}
            with socket.socket() as closed:
                closed.bind(("127.0.0.1", 0))
                port = closed.getsockname()[1]
            called = inside("--cloud", "aws", "--endpoint-url", f"http://aws.example.test:{port}", "aws", "sts",
                            "GetCallerIdentity", **keys)
            self.assertTrue(any(b"example" in name for name in names.asked), called.stderr)
            self.assertIn("refused", called.stderr.lower(), "found, and nobody listens there")


if __name__ == "__main__":
    main()
