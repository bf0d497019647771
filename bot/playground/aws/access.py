"""Access control. By default, all is allowed within an account, and nothing across accounts."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from bot.playground.aws.identity import Principal
from bot.playground.aws.session_policy import read_policy


@dataclass(frozen=True)
class DenyRule:
    """Denies an action. All fields are globs. `account`: the owner of the resource.

    `by_organization`: denied by a service control policy, not by a missing identity-based policy.
    """

    action: str
    principal: str = "*"
    account: str = "*"
    region: str = "*"
    resource: str = "*"
    by_organization: bool = False


@dataclass(frozen=True)
class CrossAccountGrant:
    """Allows callers of other accounts, like a resource policy in `account`. All fields are globs.

    `principal` is matched against the caller's account and ARNs.
    """

    account: str
    principal: str = "*"
    action: str = "*"
    resource: str = "*"


@dataclass(frozen=True)
class AccessRequest:
    """A caller, an action and a resource, to check."""

    principal: Principal
    action: str
    resource: str
    region: str

    @property
    def owner(self) -> str:
        """The account that owns the resource; the caller's if the ARN has no account."""
        parts = self.resource.split(":")
        return parts[4] if len(parts) > 5 and parts[4] else self.principal.account

    def comes_from(self, pattern: str) -> bool:
        caller = self.principal
        return any(
            fnmatchcase(name, pattern) for name in (caller.account, caller.arn, caller.iam_arn)
        )


class AccessPolicy:
    """All deny rules and cross-account grants."""

    def __init__(self) -> None:
        self._denials: list[DenyRule] = []
        self._grants: list[CrossAccountGrant] = []

    def deny(self, denial: DenyRule) -> None:
        self._denials.append(denial)

    def grant(self, grant: CrossAccountGrant) -> None:
        self._grants.append(grant)

    def clear(self) -> None:
        self._denials.clear()
        self._grants.clear()

    def denial(self, request: AccessRequest) -> str | None:
        """AWS's text for a call that is not allowed, or None."""
        if denial := self.caller_denial(request):
            return denial
        is_cross_account = request.owner != request.principal.account
        if is_cross_account and not any(_allows(grant, request) for grant in self._grants):
            return _not_authorized(request, "resource-based")
        return None

    def caller_denial(self, request: AccessRequest) -> str | None:
        """Like `refusal`, without resource policies. The session policy and the role must both
        allow the action: API reference, AssumeRole."""
        session = request.principal.session
        policy = read_policy(session.policy) if session and session.policy else None
        if policy and not policy.allows(request.action, request.resource):
            return _not_authorized(request, "session")
        denials = [denial for denial in self._denials if _denies(denial, request)]
        if any(denial.by_organization for denial in denials):
            return _denied_by_organization(request)
        return _not_authorized(request, "identity-based") if denials else None


def _denies(denial: DenyRule, request: AccessRequest) -> bool:
    return (
        fnmatchcase(request.action, denial.action)
        and request.comes_from(denial.principal)
        and fnmatchcase(request.owner, denial.account)
        and fnmatchcase(request.region, denial.region)
        and fnmatchcase(request.resource, denial.resource)
    )


def _allows(grant: CrossAccountGrant, request: AccessRequest) -> bool:
    return (
        grant.account == request.owner
        and request.comes_from(grant.principal)
        and fnmatchcase(request.action, grant.action)
        and fnmatchcase(request.resource, grant.resource)
    )


def _denied_by_organization(request: AccessRequest) -> str:
    """Text: IAM user guide, Troubleshoot access denied error messages."""
    return (
        f"User: {request.principal.arn} is not authorized to perform: {request.action} "
        f"on resource: {request.resource} with an explicit deny in a service control policy: "
        "arn:aws:organizations::999999999999:policy/o-exampleorg/service_control_policy/p-regions"
    )


def _not_authorized(request: AccessRequest, kind: str) -> str:
    return (
        f"User: {request.principal.arn} is not authorized to perform: {request.action} "
        f"on resource: {request.resource} "
        f"because no {kind} policy allows the {request.action} action"
    )
