#!/usr/bin/env python3
"""Areas at /vault/<workspace>/: stock restic works in them, and tokens keep to what is theirs."""
import base64
import concurrent.futures
import hashlib
import http.client
import json
import os
import pathlib
import random
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import Server, main, wait_for  # noqa: E402
from repository_trial import RESTIC  # noqa: E402

V2 = "application/vnd.x.restic.rest.v2"
FOLDERS = ("data", "index", "keys", "locks", "snapshots")


def name_of(content):
    return hashlib.sha256(content).hexdigest()


class Areas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.host = cls.server.endpoint.split("//")[1]

    def area(self, name):
        """A new area and a token of each right, as (id, secret)."""
        self.server.lifeboat("vault", "area", "create", name)
        return {right: self.token(name, right) for right in ("read", "append", "admin")}

    def token(self, area, right, *options):
        made = self.server.lifeboat("vault", "token", "create", area, "--right", right, *options)
        return made["Id"], made["Secret"]

    def ask(self, token, method, path, body=None, **headers):
        """Status, headers and body; the path goes out as it is."""
        connection = http.client.HTTPConnection(self.host, timeout=60)
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            fields["Authorization"] = "Basic " + base64.b64encode(":".join(token).encode()).decode()
        connection.request(method, path, body, fields)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers, content

    def status(self, *arguments, **headers):
        return self.ask(*arguments, **headers)[0]

    def audit(self, area):
        return self.server.lifeboat("vault", "audit", "--last", "100000", "--area", area)

    def add(self, token, area, folder, content):
        name = name_of(content)
        self.assertEqual(self.status(token, "POST", f"/vault/{area}/{folder}/{name}", content), 200)
        return name


class Protocol(Areas):
    def test_files_are_kept_and_given_back(self):
        tokens = self.area("kept")
        self.assertEqual(self.status(tokens["append"], "POST", "/vault/kept/?create=true"), 200)
        for folder in FOLDERS:
            content = random.Random(folder).randbytes(300_000)
            self.assertEqual(self.ask(tokens["read"], "GET", f"/vault/kept/{folder}/")[2], b"[]")
            name = self.add(tokens["append"], "kept", folder, content)
            path = f"/vault/kept/{folder}/{name}"
            status, headers, _ = self.ask(tokens["read"], "HEAD", path)
            self.assertEqual((status, headers["Content-Length"]), (200, "300000"))
            self.assertEqual(self.ask(tokens["read"], "GET", path)[2], content)
            for given, part in (("bytes=0-0", content[:1]), ("bytes=100-299", content[100:300]),
                                ("bytes=299990-", content[299990:]), ("bytes=-7", content[-7:]),
                                ("bytes=299990-400000", content[299990:])):
                status, _, got = self.ask(tokens["read"], "GET", path, Range=given)
                self.assertEqual((status, got), (206, part))
            self.assertEqual(self.status(tokens["read"], "GET", path, Range="bytes=300000-"), 416)
            listed, headers, _ = None, None, None
            _, headers, listed = self.ask(tokens["read"], "GET", f"/vault/kept/{folder}/", Accept=V2)
            self.assertEqual(headers["Content-Type"], V2)
            self.assertEqual(json.loads(listed), [{"name": name, "size": 300000}])
            self.assertEqual(json.loads(self.ask(tokens["read"], "GET", f"/vault/kept/{folder}/")[2]),
                             [name])
            self.assertEqual(self.status(tokens["admin"], "DELETE", path), 200)
            self.assertEqual(self.status(tokens["admin"], "DELETE", path), 404)
            self.assertEqual(self.status(tokens["read"], "GET", path), 404)
        config = "/vault/kept/config"
        self.assertEqual(self.status(tokens["read"], "HEAD", config), 404)
        self.assertEqual(self.status(tokens["append"], "POST", config, b"one"), 200)
        self.assertEqual(self.status(tokens["append"], "POST", config, b"one"), 200)
        self.assertEqual(self.status(tokens["admin"], "POST", config, b"two"), 403)
        self.assertEqual(self.ask(tokens["read"], "GET", config)[2], b"one")

    def test_many_names_are_listed(self):
        tokens = self.area("many")
        contents = [str(number).encode() for number in range(600)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            names = list(pool.map(lambda one: self.add(tokens["append"], "many", "data", one), contents))
        listed = json.loads(self.ask(tokens["read"], "GET", "/vault/many/data/", Accept=V2)[2])
        self.assertEqual(sorted(one["name"] for one in listed), sorted(names))

    def test_a_file_is_what_its_name_says_or_is_not(self):
        tokens = self.area("true")
        name = name_of(b"right")
        path = f"/vault/true/data/{name}"
        self.assertEqual(self.status(tokens["admin"], "POST", path, b"wrong"), 400)
        self.assertEqual(self.status(tokens["read"], "HEAD", path), 404)
        self.assertEqual(self.status(tokens["append"], "POST", path, b"right"), 200)
        self.assertEqual(self.status(tokens["append"], "POST", path, b"right"), 200)  # said twice
        self.assertEqual(self.status(tokens["admin"], "POST", path, b"other"), 400)
        kept = pathlib.Path(self.server.data, "vault/true/repository/data", name[:2], name)
        kept.write_bytes(b"damaged")
        self.assertEqual(self.status(tokens["append"], "POST", path, b"right"), 403)
        self.assertEqual(self.ask(tokens["read"], "GET", path)[2], b"damaged")

    def test_an_upload_that_breaks_leaves_nothing(self):
        tokens = self.area("broken")
        content = random.Random(5).randbytes(2_000_000)
        name = name_of(content)
        with socket.create_connection(self.host.split(":")) as connection:
            credentials = base64.b64encode(":".join(tokens["append"]).encode()).decode()
            connection.sendall(f"POST /vault/broken/data/{name} HTTP/1.1\r\nHost: x\r\nAuthorization: "
                               f"Basic {credentials}\r\nContent-Length: 2000000\r\n\r\n".encode())
            connection.sendall(content[:1_000_000])
            folder = pathlib.Path(self.server.data, "vault/broken/repository/tmp")
            wait_for("the upload to begin", lambda: folder.is_dir() and list(folder.iterdir()))
        wait_for("the upload to go", lambda: not list(folder.iterdir()))
        self.assertEqual(self.status(tokens["read"], "HEAD", f"/vault/broken/data/{name}"), 404)
        wait_for("the log", lambda: any(entry["Outcome"] == "abandoned" for entry in self.audit("broken")))

    def test_what_is_acknowledged_survives_a_kill(self):
        server = Server()
        self.addCleanup(server.close)
        server.lifeboat("vault", "area", "create", "durable")
        made = server.lifeboat("vault", "token", "create", "durable")
        held, self.server, self.host = (self.server, self.host), server, server.endpoint.split("//")[1]
        try:
            content = random.Random(6).randbytes(500_000)
            name = self.add((made["Id"], made["Secret"]), "durable", "data", content)
            server.kill()
            server.start()
            self.host = server.endpoint.split("//")[1]
            token = (made["Id"], made["Secret"])
            self.assertEqual(self.ask(token, "GET", f"/vault/durable/data/{name}")[2], content)
        finally:
            self.server, self.host = held


class Rights(Areas):
    def test_rights(self):
        tokens = self.area("rights")
        pack = self.add(tokens["append"], "rights", "data", b"pack")
        lock = self.add(tokens["append"], "rights", "locks", b"lock")
        foreign = self.add(tokens["admin"], "rights", "locks", b"the administrator's lock")
        refusals = (
            ("read", "POST", f"data/{name_of(b'new')}", b"new"), ("read", "POST", "config", b"config"),
            ("read", "POST", "?create=true", None), ("read", "DELETE", f"data/{pack}", None),
            ("read", "DELETE", f"locks/{lock}", None),
            ("append", "DELETE", f"data/{pack}", None), ("append", "DELETE", "config", None),
            ("append", "DELETE", f"locks/{foreign}", None),
            ("append", "DELETE", f"locks/{'0' * 64}", None),
        )
        for right, method, path, body in refusals:
            with self.subTest(right=right, method=method, path=path):
                self.assertEqual(self.status(tokens[right], method, f"/vault/rights/{path}", body), 403)
        refused = [entry for entry in self.audit("rights") if entry["Outcome"] == "refused"]
        self.assertEqual(len(refused), len(refusals))
        # A second token cannot make somebody's lock its own by adding it once more.
        other = self.token("rights", "append")
        self.add(other, "rights", "locks", b"lock")
        self.assertEqual(self.status(other, "DELETE", f"/vault/rights/locks/{lock}"), 403)
        self.assertEqual(self.status(tokens["append"], "DELETE", f"/vault/rights/locks/{lock}"), 200)
        # Nor one that was made beside the server.
        beside = name_of(b"lock of a prune on the server")
        path = pathlib.Path(self.server.data, "vault/rights/repository/locks", beside)
        path.write_bytes(b"lock of a prune on the server")
        self.add(tokens["append"], "rights", "locks", path.read_bytes())
        self.assertEqual(self.status(tokens["append"], "DELETE", f"/vault/rights/locks/{beside}"), 403)
        self.assertTrue(path.exists())
        self.assertEqual(self.status(tokens["admin"], "DELETE", f"/vault/rights/data/{pack}"), 200)
        self.assertEqual(self.status(tokens["admin"], "PUT", "/vault/rights/config", b""), 405)
        self.assertEqual(self.status(tokens["admin"], "DELETE", "/vault/rights/"), 405)

    def test_two_workspaces_are_strangers(self):
        mine, theirs = self.area("mine"), self.area("theirs")
        name = self.add(mine["append"], "mine", "data", b"precious")
        self.add(mine["append"], "mine", "keys", b"key")
        self.assertEqual(self.status(mine["append"], "POST", "/vault/mine/config", b"config"), 200)
        before = len(self.audit("mine"))
        asked = 0
        for right in theirs:
            for method, path, body in (
                    *(("GET", f"{folder}/", None) for folder in FOLDERS),
                    ("GET", f"data/{name}", None), ("HEAD", f"data/{name}", None),
                    ("GET", "config", None), ("HEAD", "config", None),
                    ("POST", f"data/{name}", b"precious"), ("POST", f"data/{name_of(b'evil')}", b"evil"),
                    ("POST", "config", b"evil"), ("POST", "?create=true", None),
                    ("DELETE", f"data/{name}", None), ("DELETE", "config", None)):
                asked += 1
                with self.subTest(right=right, method=method, path=path):
                    status, _, content = self.ask(theirs[right], method, f"/vault/mine/{path}", body)
                    self.assertEqual((status, content), (401, b""))
        # Nobody, half a token, another's secret.
        for token in (None, ("", ""), (mine["admin"][0], ""), (mine["admin"][0], theirs["admin"][1]),
                      (theirs["admin"][0], mine["admin"][1]), (mine["admin"][0].upper(), mine["admin"][1])):
            asked += 1
            self.assertEqual(self.status(token, "GET", f"/vault/mine/data/{name}"), 401)
        entries = self.audit("mine")[before:]
        self.assertEqual([entry["Outcome"] for entry in entries], ["refused"] * asked)
        self.assertLessEqual({theirs[right][0] for right in theirs}, {entry["Token"] for entry in entries})
        self.assertEqual(self.ask(mine["read"], "GET", f"/vault/mine/data/{name}")[2], b"precious")
        self.assertEqual(self.ask(mine["read"], "GET", "/vault/mine/config")[2], b"config")
        self.assertEqual(len(json.loads(self.ask(mine["read"], "GET", "/vault/mine/data/")[2])), 1)

    def test_an_area_that_is_not_there_looks_like_one_that_is_anothers(self):
        self.area("there")
        token = self.area("visitor")["admin"]
        answers = {area: self.ask(token, "GET", f"/vault/{area}/config") for area in ("there", "absent")}
        for answer in answers.values():
            answer[1].__delitem__("Date")
        self.assertEqual(answers["there"][0], 401)
        self.assertEqual(*((status, headers.items(), body) for status, headers, body in answers.values()))
        self.assertEqual(self.audit("absent")[-1]["Outcome"], "refused")

    def test_no_path_leads_elsewhere(self):
        mine = self.area("walker")
        self.area("target")
        pathlib.Path(self.server.data, "vault/target/repository/config").write_bytes(b"theirs")
        zero = "0" * 64
        paths = ("/vault/walker/../target/config", "/vault/walker/..%2ftarget%2fconfig",
                 "/vault/walker%2f..%2ftarget/config", "/vault/%77alker/config", "/vault/walker//config",
                 "/vault/walker/data/../../../target/repository/config", "/vault/walker/data/%2e%2e/config",
                 "/vault/walker/./config", "/vault/../vault/target/config", "/vault/.hidden/config",
                 "/vault/walker/tokens.json", "/vault/walker/../tokens.json", "/vault/walker/tmp/" + zero,
                 "/vault/walker/lock-owners/" + zero, "/vault/walker/data/" + zero + "/", "/vault//config",
                 "/vault/walker/data/" + zero.upper().replace("0", "A"), "/vault/walker/data/" + zero[1:],
                 "/vault/walker/config\\..", "/vault/walker/config%00", "/vault/walker/config/",
                 "/vault/walker", "/vault/" + "w" * 64 + "/config")
        entries = len(self.server.lifeboat("vault", "audit", "--last", "100000"))
        for path in paths:
            for method in ("GET", "POST", "DELETE"):
                with self.subTest(path=path, method=method):
                    status, _, content = self.ask(mine["admin"], method, path, b"x")
                    self.assertEqual((status, content), (400, b""))
        logged = self.server.lifeboat("vault", "audit", "--last", "100000")[entries:]
        self.assertEqual([entry["Outcome"] for entry in logged], ["refused"] * 3 * len(paths))
        for path in ("//vault/target/config", "/vault%2ftarget%2fconfig", "/x/../vault/target/config"):
            status, _, content = self.ask(mine["admin"], "GET", path)
            self.assertNotEqual(status, 200)
            self.assertNotIn(b"theirs", content)

    def test_tokens_end(self):
        tokens = self.area("ending")
        config = "/vault/ending/config"
        self.assertEqual(self.status(tokens["admin"], "HEAD", config), 404)
        self.server.lifeboat("vault", "token", "revoke", "ending", tokens["admin"][0])
        self.assertEqual(self.status(tokens["admin"], "HEAD", config), 401)
        short = self.token("ending", "read", "--days", "1", "--label", "short")
        self.assertEqual(self.status(short, "HEAD", config), 404)
        file = pathlib.Path(self.server.data, "vault/ending/tokens.json")
        kept = json.loads(file.read_text())
        for token in kept["Tokens"]:
            if token["Label"] == "short":
                token["Expires"] = "2020-01-01T00:00:00Z"
        file.write_text(json.dumps(kept))
        self.assertEqual(self.status(short, "HEAD", config), 401)
        listed = {one["Id"]: one["State"]
                  for one in self.server.lifeboat("vault", "token", "list", "ending")}
        self.assertEqual(listed, {tokens["read"][0]: "valid", tokens["append"][0]: "valid",
                                  tokens["admin"][0]: "revoked", short[0]: "expired"})

    def test_secrets_are_nowhere(self):
        tokens = self.area("secret")
        for token in tokens.values():
            self.status(token, "GET", "/vault/secret/config")
        self.status((tokens["read"][0], "guess" * 8), "GET", "/vault/secret/config")
        folder = pathlib.Path(self.server.data, "vault")
        self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
        kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        kept += self.server.logged().encode()
        for _, secret in tokens.values():
            self.assertNotIn(secret.encode(), kept)
        self.assertNotIn(b"guessguess", kept)

    def test_areas_are_made_once(self):
        self.area("once")
        self.assertEqual(self.server.lifeboat_run("vault", "area", "create", "once").returncode, 5)
        for wrong in ("..", "a/b", "", ".a", "a b", "ä"):
            self.assertNotEqual(self.server.lifeboat_run("vault", "area", "create", wrong).returncode, 0)
        self.assertIn("once", [area["Area"] for area in self.server.lifeboat("vault", "area", "list")])
        self.assertEqual(self.server.lifeboat_run("vault", "token", "list", "never").returncode, 4)


@unittest.skipUnless(RESTIC, "restic is not installed")
class StockRestic(Areas):
    def setUp(self):
        self.root = pathlib.Path(self.server.data).parent / self.id().split(".")[-1]
        self.tree = self.root / "tree"
        self.tree.mkdir(parents=True)
        (self.tree / "large").write_bytes(random.Random(1).randbytes(45 << 20))
        (self.tree / "text").write_text("line\n" * 5000)

    def restic_run(self, area, token, *arguments):
        environment = dict(os.environ, RESTIC_PASSWORD="secret", RESTIC_CACHE_DIR=str(self.root / "cache"),
                           RESTIC_REPOSITORY=f"rest:http://{token[0]}:{token[1]}@{self.host}/vault/{area}/")
        return subprocess.run([RESTIC, *arguments], env=environment, capture_output=True, text=True,
                              check=False)

    def restic(self, *arguments):
        done = self.restic_run(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_restic_works_in_an_area(self):
        tokens = self.area("restic")
        append, read, admin = (("restic", tokens[right]) for right in ("append", "read", "admin"))
        self.restic(*append, "init")
        self.restic(*append, "backup", str(self.tree))
        (self.tree / "text").write_text("changed\n" * 9000)
        self.restic(*append, "backup", str(self.tree))
        self.restic(*append, "check", "--read-data")
        self.restic(*append, "restore", "latest", "--target", str(self.root / "restored"))
        same = subprocess.run(["diff", "-r", str(self.tree), str(self.root / "restored") + str(self.tree)],
                              check=False, capture_output=True, text=True)
        self.assertEqual((same.returncode, same.stdout), (0, ""))
        self.assertEqual(len(json.loads(self.restic(*read, "--no-lock", "snapshots", "--json"))), 2)
        self.assertNotEqual(self.restic_run(*append, "forget", "latest").returncode, 0)
        self.assertNotEqual(self.restic_run(*read, "backup", str(self.tree)).returncode, 0)
        self.restic(*admin, "forget", "--keep-last", "1", "--prune")
        self.restic(*admin, "check", "--read-data")
        stranger = self.area("stranger")
        self.assertNotEqual(self.restic_run("restic", stranger["admin"], "snapshots").returncode, 0)
        done = [entry for entry in self.audit("restic") if entry["Outcome"] == "done"]
        self.assertLessEqual({"add", "read", "list", "delete", "create"}, {entry["Action"] for entry in done})


main()
