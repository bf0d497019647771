"""Sentences for findings of `ecr-clean doctor` about the approvers in the settings."""

from typing import assert_never

from bot.core import doctor_findings as found
from bot.core.doctor_findings import ApproverFinding
from bot.render.quantities import count

REMOVE_APPROVER = "remove them from `approvers`, unless this is intended"


def approver_words(detail: ApproverFinding) -> str:  # noqa: C901, PLR0911 - one case a value
    match detail:
        case found.AllMembersMayApprove():
            return "every full member of the workspace may approve"
        case found.ApproverGroupEmpty():
            return "the user group is empty"
        case found.ApproverGroupHasMembers(members):
            return f"the user group has {count(members, 'member')}"
        case found.ApproverUnknown(error):
            return error.text
        case found.HandleUnknown():
            return "no user and no user group has this handle, so it does not count"
        case found.ApproverHandleAmbiguous(owners):
            return f"{', '.join(owners)} have this handle, so it does not count"
        case found.HandleOfNonMember(user):
            return f"belongs to {user}, a guest or a user of another workspace, who may not approve"
        case found.HandleOfMember(user):
            return f"belongs to {user}, a full member of the workspace"
        case found.OutsiderMayApprove():
            return "belongs to another workspace, and may approve"
        case found.GuestMayApprove():
            return "is a guest of the workspace, and may approve"
        case found.MemberMayApprove():
            return "is a full member of the workspace"
        case _:
            assert_never(detail)


def approver_fix(detail: ApproverFinding) -> str | None:  # noqa: PLR0911 - one case a value
    match detail:
        case (
            found.AllMembersMayApprove()
            | found.ApproverGroupHasMembers()
            | found.HandleOfMember()
            | found.MemberMayApprove()
        ):
            return None
        case found.ApproverGroupEmpty():
            return "add the people who approve"
        case found.ApproverUnknown():
            return "remove them from `approvers`, or correct the id"
        case found.HandleUnknown():
            return "correct the handle in `approvers`, or write the ID (U… or S…) instead"
        case found.ApproverHandleAmbiguous():
            return "in `approvers`, write the ID of the right one instead of the handle"
        case found.HandleOfNonMember(user):
            return f"remove the handle from `approvers`, or write {user} if this is intended"
        case found.OutsiderMayApprove() | found.GuestMayApprove():
            return REMOVE_APPROVER
        case _:
            assert_never(detail)
