#!/usr/bin/env python3
"""Our service models beside botocore's: operations, members, places on the wire, tokens and pages."""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ground import ROOT, main  # noqa: E402

import botocore.session  # noqa: E402

MODELS = ROOT / "src/cloud/models"
THEIRS = {"states": "stepfunctions"}
BY_THE_CLIENT = {"ContentMD5"}  # botocore makes it by itself and tells nobody
PLACES = {None: "body", "uri": "uri", "querystring": "query", "header": "header", "headers": "header",
          "statusCode": "status"}


def members(model, given):
    """{name: (reference, place, wire name, token)} of an operation's side or a structure."""
    if isinstance(given, str):
        given = model["shapes"][given]["members"]
    found = {}
    for name, said in given.items():
        more = said if isinstance(said, dict) else {"is": said}
        found[name] = (more["is"], more.get("in", "body"), more.get("as", name), more.get("token", False))
    return found


class Models(unittest.TestCase):
    session = botocore.session.get_session()

    def test_they_say_what_botocores_say(self):
        operations = 0
        for path in sorted(MODELS.glob("*.json")):
            ours = json.loads(path.read_text())
            theirs = self.session.get_service_model(THEIRS.get(path.stem, path.stem))
            for name, operation in ours["operations"].items():
                operations += 1
                with self.subTest(operation=f"{path.stem}:{name}"):
                    self.compare(ours, operation, theirs.operation_model(name))
        print(f"{operations} operations compared with botocore's")
        self.assertGreater(operations, 500, f"the models are looked for in {MODELS}")

    def compare(self, model, ours, theirs):
        if model["protocol"].startswith("rest"):
            self.assertEqual(ours["method"], theirs.http["method"])
            self.assertEqual(ours["uri"].split("?")[0], theirs.http["requestUri"].split("?")[0])
        for side, shape in (("in", theirs.input_shape), ("out", theirs.output_shape)):
            known = shape.members if shape is not None else {}
            required = shape.required_members if shape is not None else []
            # The bare HTTP status is a member of ours where it is all that an answer says.
            said = {name: member for name, member in members(model, ours.get(side, {})).items()
                    if name in known or member[1] != "status"}
            self.assertEqual(set(said) - set(known) - BY_THE_CLIENT, set(), f"{side}: members botocore does not know")
            for name, (reference, place, wire_name, token) in said.items():
                if name in BY_THE_CLIENT:
                    continue
                part = known[name]
                expected = PLACES[part.serialization.get("location")]
                if shape.serialization.get("payload") == name:
                    expected = "payload"
                self.assertEqual(place, expected, f"{side}: {name}")
                if place in ("uri", "query", "header"):
                    self.assertEqual(wire_name, part.serialization.get("name", name), f"{side}: {name}")
                if side == "in":
                    self.assertEqual(reference.endswith("!"), name in required, f"{name} is required or not")
                    self.assertEqual(token, bool(part.metadata.get("idempotencyToken")), f"{name} is a token or not")
            if side == "in":
                self.assertEqual(set(required) - set(said), set(), "required members we do not know")


if __name__ == "__main__":
    main()
