"""What a person may do or not, as a person, in sentences."""

from typing import assert_never

from bot.core import person_reasons as person
from bot.core.errors import Sentence
from bot.core.person_reasons import Grant, PersonRefusal


def grant_words(reason: Grant) -> str:  # noqa: PLR0911 - one case a value
    match reason:
        case person.MadeThePin(who):
            return f"{who} made the pin"
        case person.HasCredentials(who):
            return f"{who} has credentials for the command line"
        case person.FullMember(who):
            return f"{who} is a full member of the workspace"
        case person.NamedApprover(who):
            return f"{who} is one of the approvers"
        case person.InApproverGroup(who, group):
            return f"{who} is in the user group {group}, which is one of the approvers"
        case person.MatchesApprover(who, pattern):
            return f"{who} fits {pattern}, which is one of the approvers"
        case Sentence(text):
            return text
        case _:
            assert_never(reason)


def person_refusal_words(reason: PersonRefusal) -> str:  # noqa: PLR0911 - one case a value
    match reason:
        case person.WorkspaceUnknown(who):
            return (
                f"It is not known which workspace this is, so nobody can tell whether {who} "
                "belongs to it"
            )
        case person.OtherWorkspace(who):
            return f"{who} belongs to another workspace: only full members of this may"
        case person.Guest(who):
            return f"{who} is a guest: only full members of the workspace may"
        case person.GroupUnreadable(who, group):
            return (
                f"The user group {group} could not be read, so nobody knows whether {who} is in it"
            )
        case person.NoApprover(who):
            return f"{who} is none of the approvers that the settings name"
        case person.NoMemberInGroup(group, of_person):
            return f"{person_refusal_words(of_person)}, even in the user group {group}"
        case person.PatternTooWide(pattern):
            return (
                f"{pattern} is too wide to let anybody approve: in the settings, write an "
                "account's 12 digits and more of the resource than wildcards"
            )
        case person.NotCounted(required):
            return only_in_slack(required)
        case Sentence(text):
            return text
        case _:
            assert_never(reason)


def only_in_slack(required: int) -> str:
    return (
        f"{required} people must approve, and approvals from the command line don't count towards "
        "them"
    )
