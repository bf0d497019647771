"""Which IAM principal stands behind credentials."""

import re

_ASSUMED = re.compile(
    r"arn:(?P<partition>[^:]+):sts::(?P<account>\d+):assumed-role/(?P<name>[^/]+)/.+"
)
_IAM = re.compile(r"arn:(?P<partition>[^:]+):iam::(?P<account>\d+):role/(?:.+/)?(?P<name>[^/]+)")


def is_same_principal(caller: str, principal: str) -> bool:
    """Whether `caller` (as GetCallerIdentity names it) acts as `principal` (an ARN of IAM's).

    An assumed role's ARN leaves out the role's path; role names are unique in an account.
    """
    assumed = _ASSUMED.fullmatch(caller)
    role = _IAM.fullmatch(principal)
    if assumed and role:
        return assumed.groupdict() == role.groupdict()
    return caller == principal
