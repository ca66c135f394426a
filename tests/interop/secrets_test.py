#!/usr/bin/env python3
"""Nothing secret in a log, a history, an error or the data directory: a whole story with secrets that can be
recognised, everything as talkative as it can be, and then a search. Only the places meant for a secret hold it."""
import base64
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ground import ACCOUNT, LIFEBOAT, REGION, Moto, Server, main, wait_for  # noqa: E402
from repository_trial import RESTIC  # noqa: E402

SECRETS = {
    "secret key": "SECRETKEYqmzvwkd1SECRETKEYqmzvwkd1SECRET",
    "session token": "SESSIONTOKENrxjhpbt2",
    "parameter": "PARAMETERVALUEnyfgcls3",
    "repository password": "REPOSITORYPASSWORDdwkzqvm4",
    "proxy password": "PROXYPASSWORDtbhxjpr5",
}
CONFIGURATION = """
account = "{account}"
[log]
level = "debug"
format = "json"
[services]
dynamodb = "{url}"
sqs = "{url}"
"""


class Secrets(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lifeboat-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.said = {}  # what a process printed, by its name
        self.moto = Moto()
        self.addCleanup(self.moto.close)
        process = self.folder / "credentials.sh"
        process.write_text("echo '" + json.dumps({
            "Version": 1, "AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": SECRETS["secret key"],
            "SessionToken": SECRETS["session token"]}) + "'\n")
        config = self.folder / "config"
        config.write_text(f"[default]\nregion = {REGION}\ncredential_process = /bin/sh {process}\n")
        self.environment = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                            "AWS_EC2_METADATA_DISABLED": "true"}
        self.server = Server(config=CONFIGURATION.format(account=ACCOUNT, url=self.moto.url),
                             environment=self.environment)
        self.addCleanup(self.server.close)
        self.secrets = dict(SECRETS, **{"local secret key": self.server.credentials["AWS_SECRET_ACCESS_KEY"]})

    def run_and_keep(self, name, command, **environment):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120,
                              env={**os.environ, **self.environment, "LIFEBOAT_DATA": self.server.data, **environment})
        self.said[name] = done.stdout + done.stderr
        return done

    def lifeboat(self, name, *arguments, **environment):
        return self.run_and_keep(name, [LIFEBOAT, "--log-level", "debug", *arguments], **environment)

    # The story.

    def recover(self):
        call = self.server.call
        domain = call("sagemaker", "CreateDomain", DomainName="studio", AuthMode="IAM", DefaultUserSettings={
            "ExecutionRole": f"arn:aws:iam::{ACCOUNT}:role/studio"})["DomainArn"].rsplit("/", 1)[1]
        system = call("sagemaker", "DescribeDomain", DomainId=domain)["HomeEfsFileSystemId"]
        who = {"DomainId": domain, "UserProfileName": "user1"}

        def home():
            uid = wait_for("the home", lambda: call("sagemaker", "DescribeUserProfile", **who).get("HomeEfsFileSystemUid"))
            path = pathlib.Path(self.server.home(system, uid))
            wait_for("the home", path.exists)
            return path

        call("sagemaker", "CreateUserProfile", **who)
        (home() / "work").write_text("precious")
        wait_for("the row", lambda: call("dynamodb", "Scan", TableName="studioUser")["Items"])
        call("sagemaker", "DeleteUserProfile", **who)
        wait_for("the end", lambda: not call("sagemaker", "ListUserProfiles")["UserProfiles"])
        call("sagemaker", "CreateUserProfile", **who)
        fresh = home()
        wait_for("the work", lambda: (fresh / "work").exists())
        machine = call("states", "ListStateMachines")["stateMachines"][0]["stateMachineArn"]
        call("states", "StartExecution", stateMachineArn=machine, input="{}")  # fails
        for execution in call("states", "ListExecutions", stateMachineArn=machine)["executions"]:
            arn = execution["executionArn"]
            wait_for("the execution", lambda arn=arn: call(
                "states", "DescribeExecution", executionArn=arn)["status"] != "RUNNING")
            self.said[f"history of {arn}"] = json.dumps(call("states", "GetExecutionHistory", executionArn=arn))

    def keep_a_parameter(self):
        put = {"Name": "/own", "Type": "SecureString", "Value": self.secrets["parameter"]}
        self.assertEqual(self.lifeboat("parameter", "aws", "ssm", "PutParameter", "--input",
                                       json.dumps(put)).returncode, 0)
        again = self.lifeboat("parameter again", "aws", "ssm", "PutParameter", "--input", json.dumps(put))
        self.assertNotEqual(again.returncode, 0)

    def back_up(self):
        self.server.lifeboat("vault", "area", "create", "notebook")
        made = self.server.lifeboat("vault", "token", "create", "notebook", "--right", "admin")
        self.secrets["area token"] = made["Secret"]
        host = self.server.endpoint.split("//")[1]
        password = {"RESTIC_PASSWORD": self.secrets["repository password"]}
        where = f"rest:http://{made['Id']}:{made['Secret']}@{host}/vault/notebook/"
        tree = self.folder / "tree"
        tree.mkdir()
        (tree / "file").write_text("text")
        for name, *verb in (("init", "init"), ("backup", "backup", str(tree)), ("check", "check"),
                            ("snapshots", "snapshots")):
            done = self.lifeboat(f"vault {name}", "vault", *verb, "--repo", where, **password)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        if RESTIC is not None:
            done = self.run_and_keep("restic", [RESTIC, "-r", where, "backup", str(tree)],
                                     RESTIC_CACHE_DIR=str(self.folder / "cache"), **password)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.said.pop("restic")  # what restic itself says is not ours
        # And what goes wrong: a wrong password, an area that is not there, a server that is not.
        self.lifeboat("wrong password", "vault", "check", "--repo", where,
                      RESTIC_PASSWORD=self.secrets["repository password"] + "x")
        for name, place in (("no area", where.replace("notebook", "nobody")),
                            ("no server", where.replace(host, f"127.0.0.1:{closed_port()}"))):
            done = self.lifeboat(name, "vault", "check", "--repo", place, **password)
            self.assertNotEqual(done.returncode, 0)

    def call_aws(self):
        call = ("--cloud", "aws", "aws", "sts", "GetCallerIdentity")
        proxy = f"http://user:{self.secrets['proxy password']}@127.0.0.1:{closed_port()}"
        self.assertEqual(self.lifeboat("aws", *call, AWS_ENDPOINT_URL=self.moto.url).returncode, 0)
        failures = {"refused": {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed_port()}"},
                    "proxy": {"HTTPS_PROXY": proxy}, "http proxy": {"HTTP_PROXY": proxy, "AWS_ENDPOINT_URL": "http://a.test"},
                    # A server that knows the key by another secret.
                    "mismatch": {"AWS_ENDPOINT_URL": self.server.endpoint,
                                 "AWS_ACCESS_KEY_ID": self.server.credentials["AWS_ACCESS_KEY_ID"],
                                 "AWS_SECRET_ACCESS_KEY": self.secrets["secret key"]}}
        for name, environment in failures.items():
            self.assertNotEqual(self.lifeboat(name, *call, AWS_MAX_ATTEMPTS="2", **environment).returncode, 0, name)
        broken = self.folder / "broken.sh"
        broken.write_text((self.folder / "credentials.sh").read_text().replace('"Version": 1', '"Version": 9'))
        config = self.folder / "broken"
        config.write_text(f"[default]\ncredential_process = /bin/sh {broken}\n")
        self.assertNotEqual(self.lifeboat("broken program", *call, AWS_CONFIG_FILE=str(config)).returncode, 0)

    # The search.

    def forms(self):
        """Every secret, as it is and as it is often written."""
        for name, secret in self.secrets.items():
            for text in {secret, urllib.parse.quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")}:
                yield name, text.encode()

    def test_nothing_secret_is_told(self):
        self.recover()
        self.keep_a_parameter()
        self.back_up()
        self.call_aws()
        self.server.stop()
        self.server.log.seek(0)
        self.said["server"] = self.server.log.read()
        self.assertIn('"level":"debug"', self.said["server"].replace(" ", ""), "the log is as talkative as it can be")
        found = []
        for name, text in self.said.items():
            found += [f"{what} in what '{name}' said" for what, form in self.forms() if form in text.encode()]
        meant = {("credentials", "local secret key")}
        files = 0
        for folder, _, names in os.walk(self.server.data):
            for file in names:
                path = pathlib.Path(folder, file)
                files += 1
                content = path.read_bytes()
                place = str(path.relative_to(self.server.data))
                held = {what for what, form in self.forms() if form in content}
                found += [f"{what} in the file {place}" for what in held if (place, what) not in meant]
        print(f"searched {len(self.said)} outputs and {files} files for {len(self.secrets)} secrets")
        self.assertEqual(found, [])
        # The search finds what is there.
        self.assertIn(self.secrets["local secret key"], pathlib.Path(self.server.data, "credentials").read_text())
        self.assertEqual(os.stat(os.path.join(self.server.data, "credentials")).st_mode & 0o077, 0)


def closed_port():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return closed.getsockname()[1]


if __name__ == "__main__":
    main()
