"""Repositories, the registries that hold them, and whom their policies let pull."""

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
"""A host name of ECR's, in lower case."""

_HOST = re.compile(REGISTRY_HOST)
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
NAME = rf"{_COMPONENT}(?:/{_COMPONENT})*"
"""How a repository's name is made, of any length: API reference, CreateRepository,
repositoryName; the grammar of distribution/reference is the same."""

_NAME = re.compile(rf"(?=.{{2,256}}\Z){NAME}")

ANYBODY = "*"

_SERVICE = "Service"

_PULLING = ("ecr:batchgetimage", "ecr:getdownloadurlforlayer")

_ARN = re.compile(r"arn:[^:]*:(?P<service>[^:]*):[^:]*:(?P<account>\d{12}):")

_ACCOUNT = re.compile(r"\d{12}")

_DELETED_PRINCIPAL = re.compile(r"A[A-Z0-9]{15,}")
"""What IAM leaves of a principal that was deleted: IAM user guide, Unique identifiers."""

_NARROWING_OPERATORS = {"stringequals", "stringlike", "arnequals", "arnlike"}
"""Not those `…IfExists`: IAM takes an absent key for a match."""

_OF_PRINCIPALS = frozenset({"aws:principalaccount", "aws:principalarn"})

_OF_SERVICES = frozenset({"aws:sourceaccount", "aws:sourcearn"})
"""Requests have these only if a service makes them: IAM user guide, global condition keys."""


@dataclass(frozen=True, slots=True)
class RegistryId:
    """One account's registry in one Region."""

    account: str
    region: str

    def __str__(self) -> str:
        return f"{self.account} in {self.region}"


@dataclass(frozen=True, slots=True)
class RepositoryId:
    """One ECR repository. `uri` is what its images are pulled by, without tag or digest."""

    registry: RegistryId
    name: str
    uri: str

    def matches(self, patterns: Patterns) -> bool:
        return patterns.match_any((self.name, self.uri))


def parse_registry_host(host: str) -> RegistryId | None:
    """The registry behind a host name, China's, FIPS and dual stack ones included (ECR user
    guide, Private registry; other partitions' suffixes: botocore's partitions.json); None if it
    is no host of ECR's."""
    match = _HOST.fullmatch(host)
    return RegistryId(match["account"], match["region"]) if match else None


def parse_repository_uri(uri: str) -> RepositoryId | None:
    """None if it is none of ECR's, without tag and digest."""
    host, _, name = uri.partition("/")
    registry = parse_registry_host(host)
    return RepositoryId(registry, name, uri) if registry and is_repository_name(name) else None


def is_repository_name(text: str) -> bool:
    """By ECR's own pattern: API reference, CreateRepository, repositoryName."""
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Puller:
    """`account`: an id, or `*` where the policy leaves open which. `service`: the principal of the
    service that pulls for the account, `*` for any, None if the account's own principals pull."""

    account: str
    service: str | None = None


def pullers(policy: str) -> frozenset[Puller]:
    """Only what is granted counts, not what is denied: the answer may name more than really may.
    Raises ValueError for what is no policy.
    """
    document = json.loads(policy)
    if not isinstance(document, dict) or "Statement" not in document:
        raise ValueError("the policy is no JSON object with statements")
    statements = document["Statement"]
    return frozenset(
        puller
        for statement in (statements if isinstance(statements, list) else [statements])
        if _lets_pull(statement)
        for puller in _pullers(statement)
    )


def _lets_pull(statement: Any) -> bool:
    if not isinstance(statement, dict):
        raise ValueError("a statement of the policy is no JSON object")
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
    """A condition on accounts narrows a principal that leaves them open, as services do
    (`lambda.amazonaws.com` with `aws:sourceArn`: Lambda developer guide, Container images)."""
    for kind, principal in _principals(statement):
        if kind == _SERVICE:
            owners = _owners_in_conditions(statement, _OF_PRINCIPALS | _OF_SERVICES)
            for account in map(_account, owners or (ANYBODY,)):
                yield Puller(account or ANYBODY, principal.lower())
        elif account := _account(principal):
            yield Puller(account)
        elif not _DELETED_PRINCIPAL.fullmatch(principal):
            yield from _whoever_the_conditions_allow(statement)


def _whoever_the_conditions_allow(statement: dict[str, Any]) -> Iterator[Puller]:
    """Of everybody."""
    if owners := _owners_in_conditions(statement, _OF_PRINCIPALS):
        for owner in owners:
            yield Puller(_account(owner) or ANYBODY)
    elif owners := _owners_in_conditions(statement, _OF_SERVICES):
        for owner in owners:
            yield Puller(_account(owner) or ANYBODY, _service_of(owner))
    else:
        yield Puller(ANYBODY)


def _principals(statement: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each with its kind: `AWS`, `Service`, …"""
    principal = statement.get("Principal", ANYBODY)
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
    """The service whose resource an ARN names: `arn:aws:lambda:…`."""
    found = _ARN.match(owner)
    return f"{found['service'].lower()}.amazonaws.com" if found else ANYBODY


def _owners_in_conditions(statement: dict[str, Any], keys: frozenset[str]) -> Sequence[str]:
    """Accounts, and ARNs that name one; none if none of the keys narrows it to such."""
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
        raise ValueError(f"the policy holds {value!r} where texts belong")
    return texts
