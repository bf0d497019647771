"""Approvals that no longer count, told to those who gave them."""

from bot.core.records import Event, EventName, PlanRecord
from bot.render.events_words import detail_words
from bot.slack.api import MessageContent
from bot.slack.blocks.kit import section
from bot.slack.wording import mention, mentions, prose


def outdated_message(plan: PlanRecord, last: Event | None) -> MessageContent:
    """`last`: what happened to the plan last."""
    earlier = max(each.version for each in plan.approvals if each.version < plan.version)
    approvers = mentions(each.by for each in plan.approvals if each.version == earlier)
    said = (
        f"{approvers}: what you approved, version {earlier}, no longer counts.{_why(last)} "
        f"{_what_to_do(plan)}"
    )
    return MessageContent(said, [section(said)])


def _what_to_do(plan: PlanRecord) -> str:
    if not plan.deletions:
        return "Nothing is left to delete."
    return f"Look at version {plan.version} above, and approve that if it is right."


def _why(last: Event | None) -> str:
    if last is None or last.event is not EventName.PROPOSED:
        return ""
    return f" {mention(last.by)} changed what goes: {prose(detail_words(last.detail)).rstrip('.')}."
