#!/usr/bin/env python3
"""Repositories in areas and buckets of `lifeboat serve`: the suite of stores, restic, and bad networks."""
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from faulty_proxy import FaultyProxy  # noqa: E402
from harness import AWS, LIFEBOAT, Server, main  # noqa: E402
from repository_trial import RESTIC, Trial  # noqa: E402


class Stores(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.host = cls.server.endpoint.split("//")[1]

    def trial(self):
        keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        return Trial(self, {key: self.server.credentials[key] for key in keys})

    def area(self, name, host=None):
        self.server.lifeboat("vault", "area", "create", name)
        made = self.server.lifeboat("vault", "token", "create", name, "--right", "admin")
        return made["Secret"], f"rest:http://{made['Id']}:{made['Secret']}@{host or self.host}/vault/{name}/"

    def bucket(self, name, versioned=False):
        self.server.aws("s3api", "create-bucket", "--bucket", name)
        if versioned:
            self.server.aws("s3api", "put-bucket-versioning", "--bucket", name,
                            "--versioning-configuration", "Status=Enabled")
        return f"s3:{self.server.endpoint}/{name}/a/b"

    def test_an_area_keeps_the_promises_of_a_store(self):
        self.trial().validate(self.area("promises")[1])

    def test_an_area_over_a_bad_network_keeps_them_too(self):
        proxy = FaultyProxy(self.host)
        self.addCleanup(proxy.close)
        self.trial().validate(self.area("network", proxy.address)[1])
        self.assertGreater(proxy.broken, 20)

    @unittest.skipUnless(RESTIC, "restic is not installed")
    def test_restic_and_we_work_in_an_area_by_turns(self):
        self.trial().ours_then_restic(self.area("ours")[1])
        self.trial().restic_then_ours(self.area("theirs")[1])

    def test_a_password_is_not_shown(self):
        secret, location = self.area("hidden")
        environment = dict(self.trial().environment)
        done = subprocess.run([LIFEBOAT, "vault", "init", "--json", "--repo", location], env=environment,
                              capture_output=True, text=True, check=True)
        self.assertNotIn(secret, done.stdout + done.stderr)
        self.assertIn("***", json.loads(done.stdout)["Path"])
        for wrong in (location.replace("hidden", "absent"), location.replace(self.host, "127.0.0.1:1"),
                      location.replace("http:", "ftp:")):
            done = subprocess.run([LIFEBOAT, "vault", "check", "--repo", wrong], env=environment,
                                  capture_output=True, text=True, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertNotIn(secret, done.stdout + done.stderr)

    @unittest.skipUnless(AWS, "the AWS CLI is not installed")
    def test_a_bucket_keeps_the_promises_of_a_store(self):
        self.trial().validate(self.bucket("promises"))

    @unittest.skipUnless(AWS, "the AWS CLI is not installed")
    def test_a_bucket_with_versions_keeps_them_too(self):
        self.trial().validate(self.bucket("versions", versioned=True))
        found = self.server.aws("s3api", "list-object-versions", "--bucket", "versions")
        self.assertTrue(found["Versions"])  # what was removed is still there for who needs it
        self.assertEqual(self.server.aws("s3api", "list-objects-v2", "--bucket", "versions").get("Contents"),
                         None)

    @unittest.skipUnless(AWS, "the AWS CLI is not installed")
    def test_a_bucket_over_a_bad_network_leaves_no_parts_behind(self):
        location = self.bucket("network")
        proxy = FaultyProxy(self.host)
        self.addCleanup(proxy.close)
        self.trial().validate(location.replace(self.host, proxy.address))
        self.assertGreater(proxy.broken, 20)
        # An upload whose first answer was lost can be begun twice; a rule of the bucket ends those.
        uploads = self.server.aws("s3api", "list-multipart-uploads", "--bucket", "network")
        self.assertLessEqual(len(uploads.get("Uploads", [])), 1)

    @unittest.skipUnless(RESTIC and AWS, "restic or the AWS CLI is not installed")
    def test_restic_and_we_work_in_a_bucket_by_turns(self):
        self.trial().ours_then_restic(f"s3:{self.server.endpoint}/made-by-init/prefix")
        self.trial().restic_then_ours(f"s3:{self.server.endpoint}/made-by-restic/prefix")
        self.trial().ours_then_restic(self.bucket("turns", versioned=True))
        in_chunks = self.trial()
        in_chunks.environment["LIFEBOAT_S3_PAYLOAD_SIGNING"] = "chunked"
        in_chunks.ours_then_restic(self.bucket("chunks"))
        in_chunks.environment["LIFEBOAT_S3_PAYLOAD_SIGNING"] = "pieces"
        refused = subprocess.run([LIFEBOAT, "vault", "snapshots", "--repo", self.bucket("refused")],
                                 env=in_chunks.environment, capture_output=True, text=True, check=False)
        self.assertEqual(refused.returncode, 2, refused.stderr)
        self.assertIn("'whole' or 'chunked'", refused.stderr)

    @unittest.skipUnless(RESTIC and AWS, "restic or the AWS CLI is not installed")
    def test_only_packs_are_of_another_class(self):
        location = self.bucket("classes")
        trial = self.trial()
        trial.environment["LIFEBOAT_S3_STORAGE_CLASS"] = "STANDARD_IA"
        trial.run(LIFEBOAT, "vault", "init", "--repo", location)
        classes = {one["StorageClass"] for one in
                   self.server.aws("s3api", "list-objects-v2", "--bucket", "classes")["Contents"]}
        self.assertEqual(classes, {"STANDARD"})


main()
