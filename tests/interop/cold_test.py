#!/usr/bin/env python3
"""Cold packs in a bucket that is not ours: moto's S3 archives them, gives them back when that is asked for, and
boto3 says how each object stands."""
import pathlib
import random
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ground import LIFEBOAT, REGION, Moto, main  # noqa: E402
from vault_ground import VaultTest  # noqa: E402

import boto3  # noqa: E402

DAY = 24 * 3600


class Cold(VaultTest):
    def setUp(self):
        super().setUp()
        self.moto = Moto()
        self.addCleanup(self.moto.close)
        keys = {"aws_access_key_id": "interop", "aws_secret_access_key": "interopinterop"}
        self.environment |= {name.upper(): value for name, value in keys.items()}
        self.s3 = boto3.client("s3", endpoint_url=self.moto.url, region_name=REGION, **keys)
        self.s3.create_bucket(Bucket="team")
        self.environment["RESTIC_REPOSITORY"] = f"s3:{self.moto.url}/team/a"
        self.restic("init")
        self.trees = []
        for number, age in enumerate((90, 0)):
            (self.tree / "large").write_bytes(random.Random(number).randbytes(12 << 20))
            (self.tree / "below/text").write_text(f"line {number}\n" * 5000)  # or a young pack has some of the old
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() - age * DAY))
            self.restic("backup", "--time", when, str(self.tree))
            self.trees.append(shutil.copytree(self.tree, self.root / f"tree{number}", symlinks=True))
        self.old, self.young = [one["Id"] for one in sorted(self.look("snapshots"), key=lambda one: one["Time"])]

    def objects(self, storage_class):
        listed = self.s3.list_objects_v2(Bucket="team", Prefix="a/")["Contents"]
        return [one["Key"] for one in listed if one["StorageClass"] == storage_class]

    def state(self, key):
        return self.s3.head_object(Bucket="team", Key=key).get("Restore")

    def test_packs_are_archived_and_thawed(self):
        before = len(self.objects("STANDARD"))
        planned = self.look("cool", "--older-than", "0h", "--storage-class", "DEEP_ARCHIVE", "--dry-run")
        self.assertEqual(len(self.objects("STANDARD")), before)
        done = self.look("cool", "--older-than", "0h", "--storage-class", "DEEP_ARCHIVE")
        self.assertEqual({**planned, "DryRun": False}, done)
        frozen = self.objects("DEEP_ARCHIVE")
        self.assertEqual(len(frozen), done["PacksMoved"])
        self.assertGreater(done["BytesMoved"], 12 << 20)
        self.assertTrue(all(key.startswith("a/data/") for key in frozen), frozen)
        self.assertEqual(len(self.objects("STANDARD")) + len(frozen), before)
        with self.assertRaises(self.s3.exceptions.InvalidObjectState):
            self.s3.get_object(Bucket="team", Key=frozen[0])
        # What is young needs none of it: neither restic nor we.
        self.restic("restore", self.young, "--target", str(self.root / "by restic"))
        self.assert_same_tree(self.trees[1], str(self.root / "by restic") + str(self.tree))
        self.restore(f"{self.young}:{self.tree}", "--target", self.root / "young")
        self.assert_same_tree(self.trees[1], self.root / "young")
        checked = self.check("--read-data")
        self.assertEqual((checked["Damage"], checked["PacksFrozen"]), ([], len(frozen)))
        # What is old is refused before anything is written or asked for.
        part = f"{self.old}:{self.tree}"
        failed = self.run_program(LIFEBOAT, "vault", "restore", part, "--target", str(self.root / "old"))
        self.assertEqual(failed.returncode, 2, failed.stderr)
        self.assertIn("--thaw", failed.stderr)
        self.assertFalse((self.root / "old").exists())
        self.look("thaw", self.old, "--dry-run")
        self.assertEqual({self.state(key) for key in frozen}, {None})
        self.look("thaw", self.old, "--yes", "--days", "2", "--tier", "bulk")
        self.assertTrue(any(self.state(key) for key in frozen), "moto was asked for nothing")
        self.assertEqual(self.look("thaw", self.old, "--wait")["Ready"], True)
        self.restore(part, "--target", self.root / "old")
        self.assert_same_tree(self.trees[0], self.root / "old")
        self.assertEqual(sorted(self.objects("DEEP_ARCHIVE")), sorted(frozen), "thawing leaves classes alone")

    def test_a_restore_thaws_by_itself_and_prune_clears(self):
        self.look("cool", "--older-than", "0h", "--storage-class", "GLACIER")
        self.assertTrue(self.objects("GLACIER"))
        self.restore(f"{self.old}:{self.tree}", "--target", self.root / "old", "--thaw", "--thaw-tier", "expedited")
        self.assert_same_tree(self.trees[0], self.root / "old")
        self.look("forget", self.old)
        self.look("prune", "--margin", "0")
        self.assertEqual(self.objects("GLACIER"), [])
        self.assertEqual(self.check("--read-data")["Damage"], [])


if __name__ == "__main__":
    main()
