"""Judges what clients are answered, by botocore's own service models: required members, types,
enumerations, and errors that the model knows."""
import collections
import json

import boto3
from botocore.config import Config
from botocore.validate import ParamValidator

# Ours by botocore's name.
SERVICES = {"sagemaker": "sagemaker", "datasync": "datasync", "dynamodb": "dynamodb",
            "dynamodbstreams": "dynamodbstreams", "states": "stepfunctions", "events": "events", "sqs": "sqs",
            "ssm": "ssm", "efs": "efs", "ec2": "ec2", "sts": "sts", "lambda": "lambda", "s3": "s3"}
# Errors that services answer with and models leave out.
COMMON = {"ValidationException", "ValidationError", "AccessDeniedException", "InvalidParameterValue", "InvalidParameterCombination",
          "MissingParameter", "InvalidRequestException", "ResourceNotFoundException", "UnsupportedOperationException",
          "InvalidParameterValueException", "InvalidArgument", "NoSuchKey", "NoSuchBucket", "NoSuchUpload", "MalformedXML",
          "InvalidRequest", "InvalidBucketName", "MethodNotAllowed", "InvalidPart", "404", "BadRequest", "InvalidGroup.NotFound",
          "InvalidVpcID.NotFound", "InvalidSubnetID.NotFound", "InvalidGroupId.Malformed", "InvalidParameter",
          "InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound", "InvalidID", "TagPolicyException",
          "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "BucketNotEmpty",
          "IllegalVersioningConfigurationException", "MissingAuthenticationToken", "InvalidObjectState"}


class Judge:
    """Validates every answer a client gets, as its model describes it."""

    def __init__(self):
        self.answered = collections.Counter()
        self.refused = collections.Counter()
        self.violations = []

    def clients(self, server):
        """boto3's clients of `server`, by our names of services; all that they are answered is judged."""
        keys = server.credentials
        return {ours: self.watch(ours, boto3.client(
            theirs, endpoint_url=keys["AWS_ENDPOINT_URL"], region_name=keys["AWS_REGION"],
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"], aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False, read_timeout=90,
                          s3={"addressing_style": "path"}))) for ours, theirs in SERVICES.items()}

    def watch(self, name, client):
        client.meta.events.register("after-call", lambda parsed, model, http_response, **_:
                                    self.judge(name, model, parsed, http_response))
        return client

    def judge(self, name, model, parsed, response):
        operation = f"{name}:{model.name}"
        if response.status_code >= 300:
            code = parsed.get("Error", {}).get("Code", "")
            known = {shape.name for shape in model.error_shapes}
            known |= {shape.error_code for shape in model.error_shapes}
            if code == "UnknownOperationException":
                return
            self.refused[operation] += 1
            if code not in known | COMMON and not code.endswith(("NotFound", "Malformed", "NotFoundException")):
                self.violations.append(f"{operation} answered the unknown error {code}: {parsed.get('Error')}")
            return
        answer = {key: value for key, value in parsed.items() if key != "ResponseMetadata"}
        if model.output_shape is not None:
            self.violations += [f"{operation}: {found}" for found in unknown_members(model, response)]
            for member in model.output_shape.members:  # streams are no values
                if hasattr(answer.get(member), "read"):
                    answer[member] = b""
        self.judge_answer(operation, model.output_shape, answer)

    def judge_answer(self, operation, shape, answer):
        self.answered[operation] += 1
        if shape is None:
            return
        # us-east-1 is no location to S3: the element is empty, as AWS's own.
        answer = {key: value for key, value in answer.items() if value is not None}
        report = ParamValidator().validate(answer, shape)
        # Bounds are about requests: AWS itself answers numbers and lengths below them.
        report._errors = [error for error in report._errors if error[0] not in ("invalid range", "invalid length")]
        if report.has_errors():
            self.violations.append(f"{operation}: {report.generate_report()}")
        self.violations += [f"{operation}: {found}" for found in unknown_values(answer, shape)]


def unknown_values(value, shape, path="answer"):
    """Texts that their enumeration does not have; the validator does not look at them."""
    if shape.type_name == "structure":
        for name, part in value.items():
            yield from unknown_values(part, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list":
        for part in value:
            yield from unknown_values(part, shape.member, f"{path}[]")
    elif shape.type_name == "map":
        for part in value.values():
            yield from unknown_values(part, shape.value, f"{path}{{}}")
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{path} is {value!r}, none of {shape.enum}"


def unknown_members(model, response):
    """Members that the model does not have, in answers that are JSON: clients drop them silently."""
    shape = model.output_shape
    if not model.service_model.resolved_protocol.endswith("json") or model.has_streaming_output:
        return []
    if "payload" in shape.serialization:
        shape = shape.members[shape.serialization["payload"]]
    return excess(json.loads(response.content or b"{}"), shape)


def excess(value, shape, path="answer"):
    if value is None:
        return
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        members = {part.serialization.get("name", name): part for name, part in shape.members.items()}
        for name, part in value.items():
            if name in members:
                yield from excess(part, members[name], f"{path}.{name}")
            else:
                yield f"the model has no {path}.{name}"
    elif shape.type_name == "list":
        for part in value:
            yield from excess(part, shape.member, f"{path}[]")
    elif shape.type_name == "map":
        for part in value.values():
            yield from excess(part, shape.value, f"{path}{{}}")


def example(shape, name="", depth=0):
    """The least value that the model takes."""
    kind = shape.type_name
    if kind == "structure":
        return {member: example(part, member, depth + 1) for member, part in shape.members.items()
                if member in shape.required_members and depth < 6}
    if kind == "list":
        return [example(shape.member, name, depth + 1)] if depth < 6 else []
    if kind == "map":
        return {"key": example(shape.value, name, depth + 1)}
    if kind == "string":
        if shape.enum:
            return shape.enum[0]
        if "arn" in name.lower():
            return "arn:aws:states:us-east-1:000000000000:stateMachine:none"
        return "none-such".ljust(shape.metadata.get("min", 1), "x")[:shape.metadata.get("max", 1 << 20)]
    if kind in ("integer", "long"):
        return shape.metadata.get("min", 1)
    return {"boolean": False, "timestamp": 1767345504, "blob": b"x", "double": 1.0, "float": 1.0}[kind]
