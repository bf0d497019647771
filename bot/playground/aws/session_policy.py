"""Session policies of AssumeRole, which limit the permissions of a session."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import orjson

from bot.playground.aws.errors import AwsError

MAX_CHARACTERS = 2048
"""Characters: API reference, AssumeRole, Policy. STS measures the packed policy, in an undocumented
format, so that it may reject policies that the stand-in accepts."""

_VERSIONS = ("2008-10-17", "2012-10-17")
_EFFECTS = ("Allow", "Deny")
_SUPPORTED = {"Sid", "Effect", "Action", "Resource"}
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_RESOURCE = re.compile(r"\*|arn:[^:]+:[^:]+:[^:]*:[^:]*:.+")


@dataclass(frozen=True)
class PolicyStatement:
    """A statement. Actions (case-insensitive) and resources are globs."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def matches(self, action: str, resource: str) -> bool:
        return any(fnmatchcase(action.lower(), glob.lower()) for glob in self.actions) and any(
            fnmatchcase(resource, glob) for glob in self.resources
        )


@dataclass(frozen=True)
class SessionPolicy:
    statements: tuple[PolicyStatement, ...]

    def allows(self, action: str, resource: str) -> bool:
        """Whether a statement allows it, and none denies it."""
        effects = {each.effect for each in self.statements if each.matches(action, resource)}
        return effects == {"Allow"}


@cache
def read_policy(text: str) -> SessionPolicy:
    """Parses a policy; raises the AwsError of STS."""
    if len(text) > MAX_CHARACTERS:
        share = 100 * len(text) // MAX_CHARACTERS
        raise AwsError(
            "PackedPolicyTooLarge",
            f"Packed policy consumes {share}% of allotted space, please use smaller policy.",
        )
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _malformed("This policy contains invalid Json") from None
    if not isinstance(document, dict) or document.get("Version", "2008-10-17") not in _VERSIONS:
        raise _malformed("Syntax errors in policy.")
    statements = _as_list(document.get("Statement"))
    if not statements:
        raise _malformed("Syntax errors in policy.")
    return SessionPolicy(tuple(map(_statement, statements)))


def _statement(entry: Any) -> PolicyStatement:
    if not isinstance(entry, dict) or entry.get("Effect") not in _EFFECTS:
        raise _malformed("Syntax errors in policy.")
    if unsupported := entry.keys() - _SUPPORTED:
        raise AwsError(
            "UnknownOperationException",
            f"The stand-in does not support {', '.join(sorted(unsupported))} in a session policy",
            501,
        )
    actions, resources = _as_list(entry.get("Action")), _as_list(entry.get("Resource"))
    if not _all_match(_ACTION, actions):
        raise _malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2")
    if not _all_match(_RESOURCE, resources):
        raise _malformed('Resource must be in ARN format or "*".')
    return PolicyStatement(entry["Effect"], tuple(actions), tuple(resources))


def _as_list(value: Any) -> list[Any]:
    """A list. IAM accepts a single entry, too."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _all_match(pattern: re.Pattern[str], values: Iterable[Any]) -> bool:
    found = list(values)
    return bool(found) and all(isinstance(each, str) and pattern.fullmatch(each) for each in found)


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", message)
