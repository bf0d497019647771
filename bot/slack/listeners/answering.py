"""Tells somebody something that nobody else sees."""

import logging
from http.client import HTTPException

from slack_sdk.errors import SlackClientError
from slack_sdk.webhook import WebhookClient

from bot.slack.api import MessageContent, SlackError, calling, post_message, safe
from bot.slack.desk import Desk
from bot.slack.payloads import Sender

PATIENCE = 5
"""Seconds."""

_log = logging.getLogger(__name__)


def answer(desk: Desk, sender: Sender, content: MessageContent) -> None:
    """Where they acted, or if nothing else is left in their own conversation with the bot."""
    if sender.response_url and _by_url(sender.response_url, content):
        return
    try:
        if not (sender.channel and _in_channel(desk, sender.channel, sender.user, content)):
            post_message(desk.client, "Answering", sender.user, content)
    except SlackError as error:
        _log.warning("%s was not told why nothing happened: %s", sender.user, error)


def _by_url(url: str, content: MessageContent) -> bool:
    """False if it has run out, or was used too often. Works where the bot is no member."""
    try:
        answered = WebhookClient(url, timeout=PATIENCE).send(
            text=safe(content.text),
            blocks=safe(list(content.blocks)),
            response_type="ephemeral",
            replace_original=False,
        )
    except (SlackClientError, OSError, HTTPException):
        return False
    return answered.status_code == 200


def _in_channel(desk: Desk, channel: str, user: str, content: MessageContent) -> bool:
    """False if the bot, or the person, is not in it."""
    try:
        with calling("Answering"):
            desk.client.chat_postEphemeral(
                channel=channel, user=user, text=content.text, blocks=list(content.blocks)
            )
    except SlackError as error:
        if error.code in {"channel_not_found", "not_in_channel", "user_not_in_channel"}:
            return False
        raise
    return True
