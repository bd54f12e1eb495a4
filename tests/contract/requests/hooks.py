"""What schemathesis needs to know of Counsel: how to sign in, and which rules no schema can state."""

import os
import pathlib
import re

import requests
import schemathesis
import yaml

SERVER = os.environ["COUNSEL_URL"]
RULES = yaml.safe_load(pathlib.Path(__file__).with_name("rules.yaml").read_text(encoding="utf-8"))


def sign_in():
    credentials = {"email": os.environ["COUNSEL_ADMIN_EMAIL"], "password": os.environ["COUNSEL_ADMIN_PASSWORD"]}
    answer = requests.post(f"{SERVER}/api/auth/login", json=credentials, timeout=30)
    answer.raise_for_status()
    return answer.json()["accessToken"]


# They end the caller's session, so each call has a session of its own.
ENDING = {"logoutUser", "endSessions", "endSession"}


@schemathesis.auth(refresh_interval=600)
class Login:
    def get(self, case, context):
        return sign_in()

    def set(self, case, data, context):
        definition = context.operation.definition.raw
        if definition["operationId"] in ENDING:
            data = sign_in()
        if definition.get("x-roles"):
            case.headers["Authorization"] = f"Bearer {data}"


# These are texts, whatever schemathesis could make of them.
@schemathesis.deserializer("application/yaml", "text/javascript", "text/html")
def as_text(ctx, response):
    return response.content.decode()


@schemathesis.deserializer(
    "application/pdf",
    "image/png",
    "image/jpeg",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)
def as_file(ctx, response):
    return response.content.decode("latin-1")


# What format: line refuses and no portable pattern can state: characters beyond U+FFFF that are invisible or
# private, and joiners that stand outside of a word.
BEYOND_PATTERN = re.compile(
    "[\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f\U000f0000-\U0010ffff\u200c\u200d]"
    "|[" + "".join(chr(plane << 16 | last) for plane in range(1, 15) for last in (0xFFFE, 0xFFFF)) + "]"
)


def value_at(body, pointer):
    for name in pointer.split("/")[1:]:
        name = name.replace("~1", "/").replace("~0", "~")
        body = body[int(name)] if isinstance(body, list) else body[name]
    return body


def rule_for(operation, error, body):
    for rule in RULES:
        if operation not in rule.get("operations", [operation]):
            continue
        if not re.fullmatch(rule["pointer"], error["pointer"], re.DOTALL) or rule["detail"] != error["detail"]:
            continue
        if rule.get("beyond-pattern") and not BEYOND_PATTERN.search(value_at(body, error["pointer"])):
            continue
        return rule
    return None


@schemathesis.check
def declared_rules(ctx, response, case):
    """What the schema allows is refused only by the rules listed in rules.yaml."""
    if response.status_code != 422 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    operation = case.operation.definition.raw["operationId"]
    problem = response.json()
    errors = problem.get("errors") or [{"pointer": "", "detail": problem["detail"]}]
    unlisted = [error for error in errors if rule_for(operation, error, case.body) is None]
    if unlisted:
        raise AssertionError(f"{operation} refuses what its schema allows: {unlisted}")
