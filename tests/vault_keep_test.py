#!/usr/bin/env python3
"""How the vault keeps repositories in order, judged by Debian's restic."""
import json
import pathlib
import random
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import LIFEBOAT, main  # noqa: E402
from vault_ground import VaultTest  # noqa: E402


CORRUPTION = 9


class Keeping(VaultTest):
    def test_policies_and_prune_leave_what_the_other_reads(self):
        self.restic("init")
        for number in range(4):
            (self.tree / "changing").write_text(str(number))
            (self.backup if number % 2 else self.restic_backup)(self.tree)
        before = json.loads(self.restic("snapshots", "--json"))
        done = self.run_program(LIFEBOAT, "vault", "forget", "--json", "--keep-last", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        after = json.loads(self.restic("snapshots", "--json"))
        self.assertEqual([s["id"] for s in after], [s["id"] for s in before[2:]])
        self.restic("prune")
        self.restic("check", "--read-data")
        self.assertEqual(self.check("--read-data")["Damage"], [])

    def test_tags_are_changed_as_restic_does(self):
        self.restic("init")
        first = self.backup(self.tree, "--tag", "one,two")["SnapshotId"]
        (self.tree / "empty").write_text("no more")
        second = self.backup(self.tree)["SnapshotId"]
        self.look("tag", code=2)
        done = self.look("tag", "--add", "three,one", "--remove", "two", first[:8])
        self.assertEqual([one["Before"] for one in done["Snapshots"]], [first])
        changed = json.loads(self.restic("cat", "snapshot", done["Snapshots"][0]["After"]))
        self.assertEqual((changed["tags"], changed["original"]), (["one", "three"], first))
        # What restic makes of the other differs in nothing but the tree and what follows from that.
        self.restic("tag", "--add", "one", "--add", "three", second)
        theirs = next(s for s in json.loads(self.restic("snapshots", "--json")) if s.get("original") == second)
        theirs = json.loads(self.restic("cat", "snapshot", theirs["id"]))
        self.assertEqual(set(theirs) - set(changed), {"parent"})
        self.assertEqual(set(changed) - set(theirs), set())
        self.assertEqual(theirs["tags"], changed["tags"])
        self.assertEqual(self.look("tag", "--add", "one")["Snapshots"], [])
        # A crash leaves both.
        self.environment["LIFEBOAT_FAULTS"] = "vault.tag.saved=kill"
        done = self.run_program(LIFEBOAT, "vault", "tag", "--remove", "three", "latest")
        self.assertEqual(done.returncode, -9, done.stderr)
        self.environment["LIFEBOAT_FAULTS"] = ""
        self.assertEqual(len(self.look("snapshots")), 3)
        self.look("unlock")
        self.restic("check")

    def test_what_is_held_stays_until_it_is_released(self):
        self.restic("init")
        snapshots = []
        for number in range(3):
            (self.tree / "changing").write_text(str(number))
            snapshots.append(self.backup(self.tree)["SnapshotId"])
        held = self.look("tag", "--add", "legal-hold", snapshots[0])["Snapshots"][0]["After"]
        self.look("forget", snapshots[1], held, code=6)
        self.assertEqual(len(self.look("snapshots")), 3)  # not the other either
        forgotten = self.look("forget", "--keep-last", "1")
        self.assertEqual([one["Id"] for one in forgotten if one["Forgotten"]], [snapshots[1]])
        # Nor does it go for what is left of it.
        text = json.loads(self.restic("cat", "blob", self.tree_of(held)))["nodes"]
        blob = next(node["content"][0] for node in text if node["name"] == "large")
        pack = self.packs_of_data()[blob][0]
        (self.repository / "data" / pack[:2] / pack).unlink()
        self.look("repair", "index")
        repaired = self.look("repair", "snapshots", "--forget")["Snapshots"]
        self.assertEqual({one["Before"] for one in repaired}, {held, snapshots[2]})
        left = {s["Id"] for s in self.look("snapshots")}
        self.assertEqual(left, {held} | {one["After"] for one in repaired})
        released = self.look("tag", "--remove", "legal-hold", held)["Snapshots"][0]["After"]
        self.look("forget", released)
        self.assertEqual({s["Id"] for s in self.look("snapshots")}, left - {held})

    def prune(self, *arguments, code=0):
        done = self.run_program(LIFEBOAT, "vault", "prune", "--json", *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout) if done.stdout else {}

    def forget_all_but_one(self):
        """Three snapshots of contents that share little; the last stays."""
        for number in range(3):
            (self.tree / "large").write_bytes(random.Random(number).randbytes(9 << 20))
            self.backup(self.tree)
        self.restic("forget", "--keep-last", "1")

    def test_prune_waits_for_the_margin_and_then_deletes(self):
        self.restic("init")
        self.forget_all_but_one()
        waiting = self.prune()
        self.assertEqual(waiting["PacksDeleted"], 0)
        self.assertGreater(waiting["BytesWaiting"], 17 << 20)
        self.assertEqual(self.check("--read-data")["Damage"], [])
        self.assertGreater(self.prune("--margin", "0")["BytesDeleted"], 17 << 20)
        self.assertEqual(self.prune("--margin", "0")["PacksDeleted"], 0)
        self.restic("check", "--read-data")
        self.assertEqual(self.check("--read-data")["Damage"], [])
        self.restore(f"latest:{self.tree}", "--target", self.root / "restored")
        self.assert_same_tree(self.tree, self.root / "restored")

    def test_a_killed_prune_is_finished_by_the_next(self):
        for point in ("vault.prune.index-written", "vault.store.before-remove:2", "vault.prune.index-replaced",
                      "vault.prune.pack-deleted"):
            with self.subTest(point=point):
                shutil.rmtree(self.repository, ignore_errors=True)
                self.restic("init")
                self.forget_all_but_one()
                self.environment["LIFEBOAT_FAULTS"] = point + "=kill"
                done = self.run_program(LIFEBOAT, "vault", "prune", "--margin", "0")
                self.assertEqual(done.returncode, -9, done.stderr)
                self.environment["LIFEBOAT_FAULTS"] = ""
                self.assertEqual(self.check("--read-data")["Damage"], [])
                self.prune("--margin", "0")
                self.restic("check", "--read-data")
                self.assertLess(sum(p.stat().st_size for p in self.repository.rglob("*") if p.is_file()), 11 << 20)

    def test_a_lost_index_is_made_anew_and_dead_locks_are_removed(self):
        self.restic("init")
        self.backup(self.tree)
        for file in (self.repository / "index").iterdir():
            file.unlink()
        self.assertGreater(self.look("rebuild-index")["Packs"], 0)
        self.assertIn("no errors were found", self.restic("check", "--read-data"))
        dead = subprocess.run([LIFEBOAT, "vault", "backup", str(self.tree)], capture_output=True, check=False,
                              env=dict(self.environment, LIFEBOAT_FAULTS="vault.backup.directory=kill"))
        self.assertEqual(dead.returncode, -9)
        self.assertEqual(len(list((self.repository / "locks").iterdir())), 1)
        self.assertEqual(self.look("unlock")["Removed"], 1)
        self.assertEqual(list((self.repository / "locks").iterdir()), [])

    def test_damage_is_found(self):
        self.restic("init")
        self.restic("backup", str(self.tree))
        pack = max((self.repository / "data").glob("*/*"), key=lambda path: path.stat().st_size)
        content = bytearray(pack.read_bytes())
        content[len(content) // 2] ^= 1
        pack.chmod(0o600)
        pack.write_bytes(content)
        self.assertEqual(self.check()["Damage"], [])  # reads no data
        damage = self.check("--read-data", code=CORRUPTION)["Damage"]
        self.assertEqual(len(damage), 1)
        self.assertIn(pack.name, damage[0])
        pack.unlink()
        self.assertIn(pack.name, self.check(code=CORRUPTION)["Damage"][0])

    def test_a_wrong_password_is_refused(self):
        self.restic("init")
        self.environment["RESTIC_PASSWORD"] = "wrong"
        self.assertEqual(self.run_program(LIFEBOAT, "vault", "check").returncode, 6)

    def test_a_place_is_tried_and_left_as_it_was(self):
        empty = self.root / "empty"
        empty.mkdir()
        self.restic("init")
        self.restic("backup", str(self.tree))
        for place, checks in ((empty, 12), (self.repository, 12)):
            before = sorted(str(path) for path in place.rglob("*"))
            done = self.run_program(LIFEBOAT, "vault", "validate", "--json", "--repo", str(place))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            report = json.loads(done.stdout)
            self.assertEqual((len(report["Checks"]), report["Failed"]), (checks, 0))
            self.assertEqual(sorted(str(path) for path in place.rglob("*")), before)
        self.assertEqual(self.check("--read-data")["Damage"], [])
        self.assertNotEqual(self.run_program(LIFEBOAT, "vault", "validate", "--repo",
                                             str(self.root / "nowhere")).returncode, 0)

    def test_part_of_the_data_is_read_on_request(self):
        self.restic("init")
        for number in range(6):
            (self.tree / "large").write_bytes(random.Random(number).randbytes(9 << 20))
            self.restic("backup", str(self.tree))
        packs = self.check("--read-data")["PacksRead"]
        self.assertGreater(packs, 6)
        parts = [self.check("--read-data-subset", f"{part}/3") for part in (1, 2, 3)]
        self.assertEqual(sum(part["PacksRead"] for part in parts), packs)
        self.assertEqual({part["Packs"] for part in parts}, {packs})
        self.assertEqual(self.check("--read-data-subset", "1%")["PacksRead"], 1)
        self.assertLess(self.check("--read-data-subset", "20M")["BytesRead"], 20 << 20)
        for wrong in ("3/2", "0/2", "1/257", "0%", "101%", "much", "0"):
            self.check("--read-data-subset", wrong, code=2)

    def packs_of_data(self):
        """Where each data blob lies, and how long it is."""
        found = {}
        for index in self.restic("list", "index").split():
            for pack in json.loads(self.restic("cat", "index", index))["packs"]:
                for blob in pack["blobs"]:
                    if blob["type"] == "data":
                        found[blob["id"]] = (pack["id"], blob.get("uncompressed_length", blob["length"] - 32))
        return found

    def test_what_is_left_of_damaged_snapshots_can_be_restored(self):
        self.restic("init")
        whole = self.backup(self.tree)["SnapshotId"]
        # Its end is what the first snapshot has, too.
        added = random.Random(5).randbytes(3 << 20) + (self.tree / "large").read_bytes()
        (self.tree / "added").write_bytes(added)
        damaged = self.backup(self.tree)["SnapshotId"]
        self.assertEqual(self.look("repair", "snapshots")["Snapshots"], [])
        lost = json.loads(self.restic("find", "--json", "added", "--snapshot", damaged))
        self.assertEqual(len(lost), 1)
        nodes = json.loads(self.restic("cat", "blob", self.tree_of(damaged)))["nodes"]
        content = next(node["content"] for node in nodes if node["name"] == "added")
        packs = self.packs_of_data()
        # One that came with the second snapshot; the new blobs may lie in several.
        lost_pack = packs[content[0]][0]
        left, at = [], 0
        for blob in content:
            pack, size = packs[blob]
            if pack != lost_pack:
                left.append(added[at:at + size])
            at += size
        self.assertEqual(at, len(added))
        path = self.repository / "data" / lost_pack[:2] / lost_pack
        path.chmod(0o600)
        path.unlink()
        self.look("repair", "index")
        self.check(code=CORRUPTION)
        foreseen = self.look("repair", "snapshots", "--dry-run")["Snapshots"]
        self.assertEqual([one["Before"] for one in foreseen], [damaged])
        self.assertEqual(len(json.loads(self.restic("snapshots", "--json"))), 2)
        done = self.look("repair", "snapshots", "--forget")["Snapshots"]
        self.assertEqual(len(done), 1)
        self.assertEqual(len(done[0]["Losses"]), 1)
        self.assertIn(f"/added' has lost {len(content) - len(left)} of its {len(content)} blobs: {len(added)} bytes "
                      f"before, {sum(map(len, left))} now", done[0]["Losses"][0])
        snapshots = {s["id"]: s for s in json.loads(self.restic("snapshots", "--json"))}
        self.assertEqual(set(snapshots), {whole, done[0]["After"]})
        self.assertEqual(snapshots[done[0]["After"]]["tags"], ["repaired"])
        self.restic("check", "--read-data")
        self.assertEqual(self.check("--read-data")["Damage"], [])
        self.restore(f"{done[0]['After']}:{self.tree}", "--target", self.root / "restored")
        self.assertEqual((self.root / "restored/added").read_bytes(), b"".join(left))
        (self.tree / "added").unlink()
        (self.root / "restored/added").unlink()
        self.assert_same_tree(self.tree, self.root / "restored")

    def test_directories_that_are_lost_are_empty_after_a_repair(self):
        self.restic("init")
        self.backup(self.tree)
        for path in (self.repository / "data").glob("*/*"):
            if path.stat().st_size < 1 << 20 and "tree" in self.blob_types(path.name):
                path.chmod(0o600)
                path.unlink()
        self.look("repair", "index")
        done = self.look("repair", "snapshots")["Snapshots"]
        # Not even the root is there: the snapshot stays, whatever may be found of it.
        self.assertEqual([one["Repairable"] for one in done], [False])
        self.assertEqual(len(self.look("snapshots")), 1)

    def blob_types(self, pack):
        for index in self.restic("list", "index").split():
            for entry in json.loads(self.restic("cat", "index", index))["packs"]:
                if entry["id"] == pack:
                    return {blob["type"] for blob in entry["blobs"]}
        return set()

    def test_passwords_come_and_go(self):
        self.restic("init")
        self.backup(self.tree)
        (self.root / "second").write_text("second\nnot this\n")
        (self.root / "third").write_text("third")
        first = self.look("key", "list")
        self.assertEqual([key["Current"] for key in first], [True])
        added = self.look("key", "add", "--new-password-file", self.root / "second", "--user", "somebody")
        theirs = json.loads(self.restic("key", "list", "--json"))
        self.assertEqual({key["id"]: key["userName"] for key in theirs}[added["Id"][:8]], "somebody")
        self.look("key", "remove", first[0]["Id"], code=2)
        (self.root / "empty").write_text("\nsecond\n")
        for verb in ("add", "passwd"):
            self.look("key", verb, "--new-password-file", self.root / "empty", code=2)
        self.environment["RESTIC_PASSWORD"] = "second"
        self.assertIn("no errors were found", self.restic("check"))
        self.assertEqual(self.look("key", "remove", first[0]["Id"][:10])["Id"], first[0]["Id"])
        self.look("key", "passwd", "--new-password-file", self.root / "third")
        self.assertEqual(self.run_program(LIFEBOAT, "vault", "snapshots").returncode, 6)
        self.environment["RESTIC_PASSWORD"] = "third"
        self.assertEqual(len(json.loads(self.restic("key", "list", "--json"))), 1)
        self.assertEqual(len(json.loads(self.restic("snapshots", "--json"))), 1)

    def test_what_a_killed_trial_left_goes_with_the_next(self):
        def names_in(place):
            return sorted(str(path) for path in place.rglob("*") if path != place / "tmp")
        empty = self.root / "empty"
        empty.mkdir()
        self.restic("init")
        self.restic("backup", str(self.tree))
        for place in (empty, self.repository):
            for point in ("vault.validate.file-written:2", "vault.store.before-publish:9"):
                with self.subTest(place=place, point=point):
                    before = names_in(place)
                    self.environment["LIFEBOAT_FAULTS"] = point + "=kill"
                    done = self.run_program(LIFEBOAT, "vault", "validate", "--repo", str(place))
                    self.assertEqual(done.returncode, -9, done.stdout + done.stderr)
                    self.environment["LIFEBOAT_FAULTS"] = ""
                    self.assertNotEqual(names_in(place), before)
                    done = self.run_program(LIFEBOAT, "vault", "validate", "--repo", str(place))
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                    self.assertEqual(names_in(place), before)
        self.assertEqual(self.check("--read-data")["Damage"], [])


main()
