"""Sentences for permissions: why a person may or may not act."""

from typing import assert_never

from bot.core import permission_reasons as person
from bot.core.errors import ErrorText
from bot.core.permission_reasons import GrantReason, PersonRefusal


def grant_words(reason: GrantReason) -> str:  # noqa: PLR0911 - one case a value
    match reason:
        case person.PinAuthor(who):
            return f"{who} made the pin"
        case person.HasAwsCredentials(who):
            return f"{who} has credentials for the command line"
        case person.FullWorkspaceMember(who):
            return f"{who} is a full member of the workspace"
        case person.NamedApprover(who):
            return f"{who} is one of the approvers"
        case person.InApproverGroup(who, group):
            return f"{_is_in(who, group)}, which is one of the approvers"
        case person.MatchesApproverPattern(who, pattern):
            return f"{who} matches {pattern}, which is one of the approvers"
        case ErrorText(text):
            return text
        case _:
            assert_never(reason)


def person_refusal_words(reason: PersonRefusal) -> str:  # noqa: PLR0911 - one case a value
    match reason:
        case person.WorkspaceUnknown(who):
            return f"The id of this workspace is unknown, so {who} cannot be verified as a member"
        case person.MemberOfOtherWorkspace(who):
            return f"{who} belongs to another workspace: only full members of this one are allowed"
        case person.WorkspaceGuest(who):
            return f"{who} is a guest: only full members of the workspace are allowed"
        case person.UserGroupUnreadable(who, group):
            return _unreadable(who, group)
        case person.NotAnApprover(who):
            return f"{who} is not an approver in the settings"
        case person.GroupMemberNotAllowed(group, of_person):
            return f"{person_refusal_words(of_person)}, even {_listed_as(group)}"
        case person.ApproverPatternTooWide(pattern):
            return (
                f"{pattern} is too broad, so it is ignored: in the settings, write an "
                "account's 12 digits and more of the resource than wildcards"
            )
        case person.CommandLineApprovalNotCounted(required):
            return only_in_slack(required)
        case ErrorText(text):
            return text
        case _:
            assert_never(reason)


def only_in_slack(required: int) -> str:
    return f"{required} people must approve, and approvals from the command line do not count"


def _is_in(who: str, group: str) -> str:
    """`group`: a user group ID, or the handle of a user or of a user group."""
    named = group.startswith("@")
    return f"Slack's {group} includes {who}" if named else f"{who} is in the user group {group}"


def _unreadable(who: str, group: str) -> str:
    if group.startswith("@"):
        return f"Slack could not look up {group}, so it is unknown whether it includes {who}"
    return f"The user group {group} could not be read, so the membership of {who} is unknown"


def _listed_as(group: str) -> str:
    return f"if {group} includes them" if group.startswith("@") else f"in the user group {group}"
