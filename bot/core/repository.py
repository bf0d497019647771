"""Repositories, their registries, and the principals that a repository policy lets pull."""

import fnmatch
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.patterns import Patterns

REGISTRY_HOST = (
    r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\."
    r"(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws|on\.amazonwebservices\.com\.cn"
    r"|c2s\.ic\.gov|sc2s\.sgov\.gov|csp\.hci\.ic\.gov|cloud\.adc-e\.uk)(?::443)?"
)
"""An ECR host name, in lower case."""

_HOST = re.compile(REGISTRY_HOST)
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
NAME = rf"{_COMPONENT}(?:/{_COMPONENT})*"
"""A repository's name, of any length: API reference, CreateRepository, repositoryName. The same as
in the grammar of distribution/reference."""

_NAME = re.compile(rf"(?=.{{2,256}}\Z){NAME}")

ANY_PRINCIPAL = "*"

_SERVICE = "Service"

_PULLING = ("ecr:batchgetimage", "ecr:getdownloadurlforlayer")

_ARN = re.compile(r"arn:[^:]*:(?P<service>[^:]*):[^:]*:(?P<account>\d{12}):")

_ACCOUNT = re.compile(r"\d{12}")

_DELETED_PRINCIPAL = re.compile(r"A[A-Z0-9]{15,}")
"""The id that IAM puts in place of a deleted principal: IAM user guide, Unique identifiers."""

_NARROWING_OPERATORS = {"stringequals", "stringlike", "arnequals", "arnlike"}
"""Without `…IfExists`: a missing key matches in IAM."""

_OF_PRINCIPALS = frozenset({"aws:principalaccount", "aws:principalarn"})

_OF_SERVICES = frozenset({"aws:sourceaccount", "aws:sourcearn"})
"""Only requests of services have these: IAM user guide, global condition keys."""


@dataclass(frozen=True, slots=True)
class RegistryId:
    """One account's registry in one Region."""

    account: str
    region: str

    def __str__(self) -> str:
        return f"{self.account} in {self.region}"


@dataclass(frozen=True, slots=True)
class RepositoryId:
    """One ECR repository. `uri`: as in references to its images, without tag or digest."""

    registry: RegistryId
    name: str
    uri: str

    def matches(self, patterns: Patterns) -> bool:
        return patterns.match_any((self.name, self.uri))


def parse_registry_host(host: str) -> RegistryId | None:
    """The registry of a host name; None if it is not an ECR host. Accepts the hosts of all
    partitions, FIPS and dual stack (ECR user guide, Private registry; botocore's
    partitions.json)."""
    match = _HOST.fullmatch(host)
    return RegistryId(match["account"], match["region"]) if match else None


def parse_repository_uri(uri: str) -> RepositoryId | None:
    """None if it is not the URI of an ECR repository, without tag and digest."""
    host, _, name = uri.partition("/")
    registry = parse_registry_host(host)
    return RepositoryId(registry, name, uri) if registry and is_repository_name(name) else None


def is_repository_name(text: str) -> bool:
    """By ECR's pattern: API reference, CreateRepository, repositoryName."""
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Puller:
    """An account or service that may pull. `account`: an id; `*`: any account. `service`: the
    principal of the service that pulls for the account; `*`: any; None: the account's own
    principals pull."""

    account: str
    service: str | None = None


def pullers(policy: str) -> frozenset[Puller]:
    """The principals that a repository policy lets pull. Ignores statements that deny, so the
    result may have too many. Raises ValueError for an invalid policy."""
    document = json.loads(policy)
    if not isinstance(document, dict) or "Statement" not in document:
        raise ValueError("the policy is not a JSON object with statements")
    statements = document["Statement"]
    return frozenset(
        puller
        for statement in (statements if isinstance(statements, list) else [statements])
        if _lets_pull(statement)
        for puller in _pullers(statement)
    )


def _lets_pull(statement: Any) -> bool:
    if not isinstance(statement, dict):
        raise ValueError("a statement of the policy is not a JSON object")
    if statement.get("Effect") != "Allow":
        return False
    if "Action" not in statement:
        return True
    return any(
        fnmatch.fnmatchcase(pulling, pattern.lower())
        for pattern in _texts(statement["Action"])
        for pulling in _PULLING
    )


def _pullers(statement: dict[str, Any]) -> Iterator[Puller]:
    """A condition restricts a principal without an account, such as a service (`aws:sourceArn` for
    `lambda.amazonaws.com`: Lambda developer guide, Container images)."""
    for kind, principal in _principals(statement):
        if kind == _SERVICE:
            owners = _owners_in_conditions(statement, _OF_PRINCIPALS | _OF_SERVICES)
            for account in map(_account, owners or (ANY_PRINCIPAL,)):
                yield Puller(account or ANY_PRINCIPAL, principal.lower())
        elif account := _account(principal):
            yield Puller(account)
        elif not _DELETED_PRINCIPAL.fullmatch(principal):
            yield from _pullers_by_conditions(statement)


def _pullers_by_conditions(statement: dict[str, Any]) -> Iterator[Puller]:
    """The pullers of a statement for any principal, by its conditions."""
    if owners := _owners_in_conditions(statement, _OF_PRINCIPALS):
        for owner in owners:
            yield Puller(_account(owner) or ANY_PRINCIPAL)
    elif owners := _owners_in_conditions(statement, _OF_SERVICES):
        for owner in owners:
            yield Puller(_account(owner) or ANY_PRINCIPAL, _service_of(owner))
    else:
        yield Puller(ANY_PRINCIPAL)


def _principals(statement: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The principals with their kinds: `AWS`, `Service`, …"""
    principal = statement.get("Principal", ANY_PRINCIPAL)
    by_kind = principal if isinstance(principal, dict) else {"AWS": principal}
    for kind, values in by_kind.items():
        for value in _texts(values):
            yield kind, value


def _account(text: str) -> str | None:
    if _ACCOUNT.fullmatch(text):
        return text
    found = _ARN.match(text)
    return found["account"] if found else None


def _service_of(owner: str) -> str:
    """The principal of the service of an ARN (`arn:aws:lambda:…`)."""
    found = _ARN.match(owner)
    return f"{found['service'].lower()}.amazonaws.com" if found else ANY_PRINCIPAL


def _owners_in_conditions(statement: dict[str, Any], keys: frozenset[str]) -> Sequence[str]:
    """The accounts, and ARNs with an account, to which the conditions restrict the statement; empty
    if they do not."""
    for operator, conditions in statement.get("Condition", {}).items():
        if operator.lower() in _NARROWING_OPERATORS:
            for key, values in conditions.items():
                if key.lower() in keys:
                    owners = _texts(values)
                    if all(map(_account, owners)):
                        return owners
    return ()


def _texts(value: Any) -> list[str]:
    texts = value if isinstance(value, list) else [value]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"the policy has {value!r} where text is expected")
    return texts
