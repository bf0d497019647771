"""Which accounts a repository's policy lets pull."""

import fnmatch
import json
import re
from collections.abc import Iterator
from typing import Any

ANYBODY = "*"
_PULLING = ("ecr:batchgetimage", "ecr:getdownloadurlforlayer")
_ACCOUNT_IN_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):")
_ACCOUNT = re.compile(r"\d{12}")
_DELETED_PRINCIPAL = re.compile(r"A[A-Z0-9]{15,}")
"""What IAM leaves of a principal that was deleted: IAM user guide, Unique identifiers."""
_NARROWING_OPERATORS = {"stringequals", "stringlike", "arnequals", "arnlike"}
"""Not those `…IfExists`: IAM takes an absent key for a match."""
_NARROWING_KEYS = {
    "aws:principalaccount",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:principalarn",
}


def accounts_that_may_pull(policy: str) -> frozenset[str]:
    """Account ids, and `*` where the policy leaves open who.

    Only what is granted counts, not what is denied: the answer may name more than really may.
    Raises ValueError for what is no policy.
    """
    document = json.loads(policy)
    if not isinstance(document, dict) or "Statement" not in document:
        raise ValueError("the policy is no JSON object with statements")
    statements = document["Statement"]
    return frozenset(
        account
        for statement in (statements if isinstance(statements, list) else [statements])
        if _lets_pull(statement)
        for account in _accounts(statement)
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


def _accounts(statement: dict[str, Any]) -> Iterator[str]:
    """A condition on accounts narrows a principal that leaves them open, as service principals
    do (`lambda.amazonaws.com` with `aws:sourceArn`: Lambda developer guide, Container images)."""
    for principal in _principals(statement):
        if account := _account(principal):
            yield account
        elif not _DELETED_PRINCIPAL.fullmatch(principal):
            yield from _accounts_in_conditions(statement) or (ANYBODY,)


def _principals(statement: dict[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal", ANYBODY)
    if isinstance(principal, dict):
        for value in principal.values():
            yield from _texts(value)
    else:
        yield from _texts(principal)


def _account(text: str) -> str | None:
    if _ACCOUNT.fullmatch(text):
        return text
    found = _ACCOUNT_IN_ARN.match(text)
    return found[1] if found else None


def _accounts_in_conditions(statement: dict[str, Any]) -> tuple[str, ...]:
    """Empty if nothing narrows it to accounts that can be named."""
    for operator, keys in statement.get("Condition", {}).items():
        if operator.lower() in _NARROWING_OPERATORS:
            for key, values in keys.items():
                if key.lower() in _NARROWING_KEYS:
                    accounts = [_account(value) for value in _texts(values)]
                    if all(accounts):
                        return tuple(filter(None, accounts))
    return ()


def _texts(value: Any) -> list[str]:
    texts = value if isinstance(value, list) else [value]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"the policy holds {value!r} where texts belong")
    return texts
