#!/usr/bin/env python3
"""Writes src/cloud/models/NAME.json from the service's model in an installed botocore.

    tools/service_model.py datazone datazone            every operation
    tools/service_model.py glue glue GetTable GetTables     these

Names, types, places on the wire, required members, idempotency tokens, pages and errors are taken over; what
services check for themselves (lengths, patterns, enumerations) is not: a model of a service that the local
cloud offers adds it by hand. What the result says is explained in src/cloud/models/README.md.
"""
import json
import pathlib
import sys

import botocore.session

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLAIN = {"string": "string", "character": "string", "boolean": "boolean", "integer": "integer", "long": "long",
         "double": "double", "float": "double", "timestamp": "timestamp", "blob": "blob"}
PLACES = {"uri": "uri", "querystring": "query", "header": "header", "headers": "header", "statusCode": "status"}
WIDTH = 100


class Writer:
    """Gathers the shapes that operations need."""

    def __init__(self, model):
        self.model = model
        self.shapes = {}

    def reference(self, shape):
        kind = shape.type_name
        if getattr(shape, "is_document_type", False):
            return "document"
        if kind == "list":
            return f"[{self.reference(shape.member)}]"
        if kind == "map":
            return f"{{{self.reference(shape.value)}}}"
        if kind == "structure":
            self.add(shape)
            return shape.name
        written = shape.serialization.get("timestampFormat")
        if written == "iso8601":
            self.shapes[shape.name] = {"type": "timestamp", "format": "iso8601"}
            return shape.name
        return PLAIN[kind]

    def add(self, shape):
        if shape.name in self.shapes:
            return
        self.shapes[shape.name] = {}  # shapes may hold themselves
        self.shapes[shape.name] = {"type": "structure", "members": self.members(shape)}

    def members(self, shape):
        members = {}
        for name, part in (shape.members if shape is not None else {}).items():
            reference = self.reference(part) + ("!" if name in shape.required_members else "")
            more = {}
            place = part.serialization.get("location")
            if place is not None:
                more["in"] = PLACES[place]
            elif shape.serialization.get("payload") == name:
                more["in"] = "payload"
            wire_name = part.serialization.get("name", name)
            if wire_name != name:
                more["as"] = wire_name
            if part.metadata.get("idempotencyToken"):
                more["token"] = True
            members[name] = {"is": reference, **more} if more else reference
        return members

    def operation(self, name, pages):
        described = self.model.operation_model(name)
        http = described.http
        written = {"in": self.members(described.input_shape), "out": self.members(described.output_shape)}
        if self.model.resolved_protocol.startswith("rest"):
            written |= {"method": http["method"], "uri": http["requestUri"]}
            if http.get("responseCode", 200) != 200:
                written["http"] = http["responseCode"]
        if http["method"] == "GET" or name.startswith(("Get", "List", "Describe", "Search")):
            written["read"] = True
        if pages is not None and isinstance(pages["result_key"], str):
            written["pages"] = [pages["input_token"], pages["output_token"], pages.get("limit_key", ""), pages["result_key"]]
        return written

    def errors(self):
        found = {}
        for shape in self.model.error_shapes:
            said = shape.metadata.get("error", {})
            entry = {}
            if said.get("httpStatusCode", 400) != 400:
                entry["http"] = said["httpStatusCode"]
            if not said.get("senderFault", said.get("httpStatusCode", 400) < 500):
                entry["fault"] = "server"
            if entry:
                found[shape.name] = entry
        return found


def flat(value):
    if not isinstance(value, dict):
        return json.dumps(value)
    return "{ " + ", ".join(f"{json.dumps(key)}: {flat(part)}" for key, part in value.items()) + " }" if value else "{}"


def text_of(value, indent=0):
    """JSON with each object on one line while it fits; the file's own parts never do."""
    inner = " " * (indent + 4)
    lines = []
    for key, part in value.items():
        begin = f"{inner}{json.dumps(key)}: "
        is_long = isinstance(part, dict) and part and (indent == 0 or len(begin + flat(part)) >= WIDTH)
        lines.append(begin + (text_of(part, indent + 4) if is_long else flat(part)))
    return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"


def main():
    name, theirs, *wanted = sys.argv[1:]
    session = botocore.session.get_session()
    model = session.get_service_model(theirs)
    pagination = session.get_component("data_loader").load_service_model(theirs, "paginators-1")["pagination"]
    writer = Writer(model)
    operations = {one: writer.operation(one, pagination.get(one)) for one in sorted(wanted or model.operation_names)}
    protocol = model.resolved_protocol if model.resolved_protocol != "json" else f"json-{model.metadata['jsonVersion']}"
    head = {"id": model.metadata["serviceId"], "protocol": protocol,
            "version": model.api_version}
    if "targetPrefix" in model.metadata:
        head["target"] = model.metadata["targetPrefix"]
    head["endpoint"] = model.endpoint_prefix
    if model.signing_name != model.endpoint_prefix:
        head["signing"] = model.signing_name
    whole = {**head, "shapes": dict(sorted(writer.shapes.items())), "operations": operations, "errors": writer.errors()}
    (ROOT / f"src/cloud/models/{name}.json").write_text(text_of(whole) + "\n")


main()
