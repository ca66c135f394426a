"""The scenarios of the systems Lifeboat replaces, told through whatever client `call` is."""
import json
import os
import pathlib

from harness import Server, wait_for
from scenario_files import fill_home, owners, tree

SETTINGS = {"ExecutionRole": "arn:aws:iam::000000000000:role/service-role/studio"}


class StudioGround:
    """Mixed into a TestCase that says how calls are made: call(service, operation, **members)."""

    configuration = None  # of the server

    def setUp(self):
        self.server = Server(config=self.configuration)
        self.addCleanup(self.server.close)
        subnet = self.call("ec2", "DescribeSubnets")["Subnets"][0]
        self.network = {"VpcId": subnet["VpcId"], "SubnetIds": [subnet["SubnetId"]]}

    # What an administrator does.

    def create_domain(self, name):
        made = self.call("sagemaker", "CreateDomain", DomainName=name, AuthMode="IAM", DefaultUserSettings=SETTINGS,
                         **self.network)
        return self.domain(made["DomainArn"].rsplit("/", 1)[1])

    def domain(self, domain_id):
        return self.call("sagemaker", "DescribeDomain", DomainId=domain_id)

    def create_user(self, domain, name="user1"):
        which = {"DomainId": domain["DomainId"], "UserProfileName": name}
        self.call("sagemaker", "CreateUserProfile", **which, UserSettings=SETTINGS)
        described = self.call("sagemaker", "DescribeUserProfile", **which)
        return self.server.home(domain["HomeEfsFileSystemId"], described["HomeEfsFileSystemUid"])

    def delete_user(self, domain, name="user1"):
        self.call("sagemaker", "DeleteUserProfile", DomainId=domain["DomainId"], UserProfileName=name)

    def create_space(self, domain, name="space1"):
        which = {"DomainId": domain["DomainId"], "SpaceName": name}
        self.call("sagemaker", "CreateSpace", **which)
        described = self.call("sagemaker", "DescribeSpace", **which)
        return self.server.home(domain["HomeEfsFileSystemId"], described["HomeEfsFileSystemUid"])

    def delete_space(self, domain, name="space1"):
        self.call("sagemaker", "DeleteSpace", DomainId=domain["DomainId"], SpaceName=name)

    def delete_domain(self, domain, retention="Retain"):
        self.call("sagemaker", "DeleteDomain", DomainId=domain["DomainId"],
                  RetentionPolicy={"HomeEfsFileSystem": retention})

    def user_with_work(self):
        """A domain, the home of a registered user1 there, and what lies in it."""
        domain = self.create_domain("studio")
        home = self.create_user(domain)
        fill_home(home)
        wait_for("the row", lambda: "user1" in self.rows())
        return domain, home, tree(home)

    # What they look at.

    def rows(self):
        return {item["profile_name"]["S"]: item
                for item in self.call("dynamodb", "Scan", TableName="studioUser")["Items"]}

    def row_with_status(self, profile, *states, domain=None):
        def look():
            row = self.rows().get(profile)
            if row is None or row.get("replication_status", {}).get("S") not in states:
                return None
            if domain is not None and row.get("domain_id", {}).get("S") != domain["DomainId"]:
                return None
            return row
        return wait_for(f"{profile} to be {' or '.join(states)}", look)

    def executions(self):
        return self.call("states", "ListExecutions", stateMachineArn=self.machine())["executions"]

    def machine(self):
        return next(machine["stateMachineArn"] for machine in self.call("states", "ListStateMachines")["stateMachines"]
                    if machine["name"] == "recovery")

    def assert_came_home(self, before, old, new):
        self.assertEqual(before, tree(new))
        self.assertEqual(before, tree(old), "the source was touched")
        if os.geteuid() == 0:
            self.assertEqual({int(os.path.basename(new))}, owners(new))
        links = os.stat(os.path.join(new, "user1.txt")).st_nlink
        self.assertEqual(2, links, "the hard link was not kept")
        sparse = os.stat(os.path.join(new, "project/data/sparse.bin"))
        self.assertLess(sparse.st_blocks * 512, 1 << 20, "the sparse file was filled in")

    def assert_nothing_left_behind(self):
        self.assertEqual([], self.call("datasync", "ListTasks")["Tasks"])
        self.assertEqual([], self.call("datasync", "ListLocations")["Locations"])


class StudioScenarios(StudioGround):
    """The scenarios themselves."""

    def test_1_user_and_space_come_back_in_the_same_domain(self):
        domain = self.create_domain("studio")
        old_user, old_space = self.create_user(domain), self.create_space(domain)
        fill_home(old_user)
        fill_home(old_space)
        pathlib.Path(old_space, "of-the-space").touch()
        user, space = tree(old_user), tree(old_space)
        wait_for("both to be registered", lambda: len(self.rows()) == 2)

        self.delete_user(domain)
        self.delete_space(domain)
        new_user, new_space = self.create_user(domain), self.create_space(domain)
        self.assertNotEqual(old_user, new_user)
        row = self.row_with_status("user1", "SUCCESS", "ERROR")
        self.assertEqual("SUCCESS", row["replication_status"]["S"], row)
        self.row_with_status("space:space1", "SUCCESS")

        self.assert_came_home(user, old_user, new_user)
        self.assert_came_home(space, old_space, new_space)
        self.assertEqual(2, len(self.executions()))
        self.assertGreater(int(row["bytes_written"]["N"]), 8 << 20)
        self.assert_nothing_left_behind()

    def test_1b_a_domain_recreated_under_its_name_with_a_new_file_system(self):
        first, old, before = self.user_with_work()
        self.delete_user(first)
        self.delete_domain(first)
        second = self.create_domain("studio")
        self.assertNotEqual(first["HomeEfsFileSystemId"], second["HomeEfsFileSystemId"])
        new = self.create_user(second)
        self.row_with_status("user1", "SUCCESS", domain=second)
        self.assert_came_home(before, old, new)
        self.assert_nothing_left_behind()

    def test_2_an_existing_domain_is_seeded_then_a_profile_recreated(self):
        domain, old, before = self.user_with_work()
        # As if Lifeboat had not been there: the registry knows nothing.
        for table, keys in (("studioUser", ("profile_name", "domain_name")),
                            ("studioUserHistory", ("profile_name", "epoctime"))):
            for item in self.call("dynamodb", "Scan", TableName=table)["Items"]:
                self.call("dynamodb", "DeleteItem", TableName=table, Key={key: item[key] for key in keys})
        self.assertEqual({}, self.rows())
        self.server.lifeboat("registry", "seed")
        self.assertIn("user1", self.rows())
        self.delete_user(domain)
        new = self.create_user(domain)
        self.row_with_status("user1", "SUCCESS")
        self.assert_came_home(before, old, new)

    def test_3_a_recovery_started_by_hand(self):
        domain = self.create_domain("studio")
        old, new = self.create_user(domain, "old"), self.create_user(domain, "new")
        fill_home(old)
        before = tree(old)
        place = "us-east-1:000000000000"
        side = {
            "DomainID": domain["DomainId"], "DomainName": "studio",
            "EfsFilesystemArn": f"arn:aws:elasticfilesystem:{place}:file-system/{domain['HomeEfsFileSystemId']}",
            "SubnetArn": f"arn:aws:ec2:{place}:subnet/{self.network['SubnetIds'][0]}",
            "SecurityGroupArns": [f"arn:aws:ec2:{place}:security-group/{domain['SecurityGroupIdForDomainBoundary']}"],
        }
        started = self.call("states", "StartExecution", stateMachineArn=self.machine(), input=json.dumps({
            "Options": {"Gid": "NONE", "LogLevel": "TRANSFER", "OverwriteMode": "ALWAYS",
                        "PosixPermissions": "NONE", "TransferMode": "CHANGED", "Uid": "NONE"},
            "Log": {"CloudWatchLogGroupArn": f"arn:aws:logs:{place}:log-group:/aws/datasync:*"},
            "Source": dict(side, HomeEfsFileSystemUid=os.path.basename(old)),
            "Target": dict(side, HomeEfsFileSystemUid=os.path.basename(new)),
        }))
        ended = wait_for("the execution to end", lambda: next(
            (it for it in [self.call("states", "DescribeExecution", executionArn=started["executionArn"])]
             if it["status"] != "RUNNING"), None))
        self.assertEqual("SUCCEEDED", ended["status"], ended)
        self.assertEqual({path: what[-1] for path, what in before.items() if what[0] == "file"},
                         {path: what[-1] for path, what in tree(new).items() if what[0] == "file"})
        self.assert_nothing_left_behind()

    def test_4_replication_switched_off_stays_off(self):
        domain, _, _ = self.user_with_work()
        self.server.lifeboat("registry", "set-replication", "user1", "--domain", "studio", "off")
        for _ in range(2):
            self.delete_user(domain)
            new = self.create_user(domain)
            self.row_with_status("user1", "OFF")
            wait_for("the new home on the row", lambda: self.rows()["user1"].get(
                "efs_uid", {}).get("S") == os.path.basename(new))
            self.assertEqual({}, tree(new))
        self.assertEqual([], self.executions())
        self.assertFalse(self.rows()["user1"]["replication"]["BOOL"])

    def test_5_replication_to_a_new_domain_and_profile(self):
        _, old, before = self.user_with_work()
        self.server.lifeboat("registry", "add-target", "--source-profile", "user1", "--source-domain",
                             "studio", "--target-profile", "user9", "--target-domain", "lab")
        second = self.create_domain("lab")
        new = self.create_user(second, "user9")
        self.row_with_status("user9", "SUCCESS")
        self.assert_came_home(before, old, new)
