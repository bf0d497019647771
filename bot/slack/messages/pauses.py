"""Announcements of a pause, and of its end."""

from bot.core.records import AuditEvent, Pause
from bot.slack.api import MessageContent
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import message, section
from bot.slack.mrkdwn import date, mention


def pause_announcement(pause: Pause) -> MessageContent:
    said = " ".join(
        (
            *common_texts.paused(pause),
            "Plans can still be approved; their deletion starts after that. Running deletions "
            "continue.",
        )
    )
    return message(said, section(said))


def resumption_announcement(ended: AuditEvent | None) -> MessageContent:
    """`ended`: the event that ended the pause; None if unknown."""
    by_whom = f" by {mention(ended.by)} {date(ended.at)}" if ended else ""
    said = f"*ecr-clean was resumed*{by_whom}: deletions of approved plans can start again."
    return message(said, section(said))
