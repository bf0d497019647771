"""Which IAM principal stands behind credentials."""

import re

_ASSUMED = re.compile(
    r"arn:(?P<partition>[^:]+):sts::(?P<account>\d+):assumed-role/(?P<name>[^/]+)/.+"
)
_IAM = re.compile(r"arn:(?P<partition>[^:]+):iam::(?P<account>\d+):role/(?:.+/)?(?P<name>[^/]+)")
_LASTING = re.compile(r"arn:[^:]+:iam::\d+:(?:user|role)/.+")


def is_same_principal(caller: str, principal: str) -> bool:
    """Whether `caller` (as GetCallerIdentity names it) acts as `principal` (an ARN of IAM's).

    An assumed role's ARN leaves out the role's path; role names are unique in an account.
    """
    assumed = _ASSUMED.fullmatch(caller)
    role = _IAM.fullmatch(principal)
    if assumed and role:
        return assumed.groupdict() == role.groupdict()
    return caller == principal


def iam_principal(caller: str) -> str | None:
    """The user or role of IAM's behind `caller`; None behind an account's root and a federated
    user. For an assumed role it is a guess: its path, if it has one, is missing."""
    if assumed := _ASSUMED.fullmatch(caller):
        return "arn:{partition}:iam::{account}:role/{name}".format(**assumed.groupdict())
    return caller if _LASTING.fullmatch(caller) else None
