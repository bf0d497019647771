"""The session of a role that carries one plan out, and can do nothing else."""

import json
import re
from collections.abc import Iterable

from bot.aws.iam_policy import DELETION, repository_arn
from bot.aws.sessions import SESSION_NAME, Role
from bot.core.records import PlanRecord
from bot.core.repository import RepositoryId

LONGEST_NAME = 64
"""API reference, AssumeRole, RoleSessionName; so are the characters that it takes."""

_REFUSED = re.compile(r"[^A-Za-z0-9_+=.@-]+")
"""A comma is taken too, but tells people apart here."""


def deleting_role(arn: str, external_id: str | None, plan: PlanRecord) -> Role:
    return Role(
        arn,
        external_id,
        session_name=session_name(plan.id, (each.by for each in plan.current_approvals)),
        policy=session_policy(plan.repository),
    )


def session_policy(repository: RepositoryId) -> str:
    """Takes everything from a role but deleting in this repository."""
    statement = {
        "Effect": "Allow",
        "Action": DELETION,
        "Resource": repository_arn(repository),
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return json.dumps(policy, separators=(",", ":"))


def session_name(plan: str, approvers: Iterable[str]) -> str:
    """What CloudTrail shows beside each deletion: the plan, and who approved it, as far as names
    fit. `approvers`: ids of people in Slack, and ARNs."""
    name = f"{SESSION_NAME}-{_allowed(plan)}"
    for number, approver in enumerate(map(_short_name, approvers)):
        longer = f"{name}{',' if number else '-'}{approver}"
        if number and len(longer) > LONGEST_NAME:
            break
        name = longer
    return name[:LONGEST_NAME]


def _short_name(approver: str) -> str:
    """Of an ARN the last part: a user's name, or that of a role's session."""
    return _allowed(re.split(r"[:/]", approver)[-1])


def _allowed(text: str) -> str:
    return _REFUSED.sub("-", text)
