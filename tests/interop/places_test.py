#!/usr/bin/env python3
"""The vault beside other people's programs: restic's own rest-server, S3 servers that are not ours, and
a newer restic. They are built from their Go modules into build/interop at the first run; what cannot be
had is skipped, aloud.
"""
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from faulty_proxy import FaultyProxy  # noqa: E402
from harness import Server, main, wait_for  # noqa: E402
from repository_trial import RESTIC, Trial  # noqa: E402
from go_programs import go_program, newest_restic  # noqa: E402
from ground import tool  # noqa: E402

KEYS = {"AWS_ACCESS_KEY_ID": "interop", "AWS_SECRET_ACCESS_KEY": "interopinterop"}


class Interop(unittest.TestCase):
    def serve(self, *command, environment=None):
        """Starts a program that listens on PORT in `command`; returns "127.0.0.1:port"."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = tempfile.TemporaryFile(mode="w+")
        self.addCleanup(log.close)
        process = subprocess.Popen([part.replace("PORT", str(port)) for part in command], stdout=log,
                                   stderr=log, env=dict(os.environ, **(environment or {})))
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)

        def listens():
            self.assertIsNone(process.poll(), f"{command[0]} ended")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        wait_for(f"{command[0]} to listen", listens)
        return f"127.0.0.1:{port}"

    def folder(self):
        made = tempfile.TemporaryDirectory(prefix="lifeboat-test-")
        self.addCleanup(made.cleanup)
        return made.name

    def through_bad_network(self, host):
        proxy = FaultyProxy(host)
        self.addCleanup(proxy.close)
        return proxy


@unittest.skipUnless(RESTIC, "restic is not installed")
class Servers(Interop):
    def test_rest_server(self):
        program = go_program("rest-server", "github.com/restic/rest-server", "v0.14.0", "cmd/rest-server")
        host = self.serve(program, "--no-auth", "--listen", "127.0.0.1:PORT", "--path", self.folder())
        trial = Trial(self)
        trial.validate(f"rest:http://{host}/empty/")
        trial.ours_then_restic(f"rest:http://{host}/ours/")
        trial.restic_then_ours(f"rest:http://{host}/restics/")
        proxy = self.through_bad_network(host)
        trial.validate(f"rest:http://{proxy.address}/network/")
        self.assertGreater(proxy.broken, 20)

    def test_versity_gateway(self):
        program = go_program("versitygw", "github.com/versity/versitygw", "v1.8.0", "cmd/versitygw")
        host = self.serve(program, "--port", "127.0.0.1:PORT", "posix", self.folder(), environment={
            "ROOT_ACCESS_KEY": KEYS["AWS_ACCESS_KEY_ID"], "ROOT_SECRET_KEY": KEYS["AWS_SECRET_ACCESS_KEY"]})
        self.put_through(host)

    def test_moto(self):
        self.put_through(self.serve(tool("moto_server"), "-H", "127.0.0.1", "-p", "PORT"))

    def put_through(self, host):
        trial = Trial(self, KEYS)
        trial.ours_then_restic(f"s3:http://{host}/ours/a/b")
        trial.restic_then_ours(f"s3:http://{host}/restics")
        trial.validate(f"s3:http://{host}/ours/empty")
        chunked = Trial(self, {**KEYS, "LIFEBOAT_S3_PAYLOAD_SIGNING": "chunked"})
        chunked.ours_then_restic(f"s3:http://{host}/chunked")
        proxy = self.through_bad_network(host)
        trial.validate(f"s3:http://{proxy.address}/ours/network")
        self.assertGreater(proxy.broken, 20)


class NewerRestic(Interop):
    def test_it_works_in_areas_and_buckets(self):
        restic = newest_restic()
        server = Server()
        self.addCleanup(server.close)
        server.lifeboat("vault", "area", "create", "newest")
        made = server.lifeboat("vault", "token", "create", "newest", "--right", "admin")
        host = server.endpoint.split("//")[1]
        keys = {name: server.credentials[name] for name in KEYS}
        Trial(self, keys, restic).ours_then_restic(
            f"rest:http://{made['Id']}:{made['Secret']}@{host}/vault/newest/")
        Trial(self, keys, restic).ours_then_restic(f"s3:{server.endpoint}/newest-ours/a")
        Trial(self, keys, restic).restic_then_ours(f"s3:{server.endpoint}/newest-restics/a")


main()
