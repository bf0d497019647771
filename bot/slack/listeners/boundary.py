"""Where everything ends that a listener could not do: the person gets to know it, and nobody gets
to see a traceback."""

import logging
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from slack_bolt import App, BoltResponse
from slack_bolt.error import BoltUnhandledRequestError

from bot.core.errors import RequestError, ServiceError
from bot.slack.api import MessageContent
from bot.slack.blocks import refusal, refused
from bot.slack.desk import Desk
from bot.slack.listeners.answering import answer
from bot.slack.payloads import sender_of

MISFIT = (
    "That is from another version of ecr-clean, so nothing was done. Ask for a new report: "
    "/ecr-clean REPOSITORY"
)
BUG = "That did not work: a bug of ecr-clean's own. Its log shows more."

_log = logging.getLogger(__name__)


class MisfitError(Exception):
    """What was sent is none of what this version sends out."""


def register(app: App, desk: Desk) -> None:
    @app.error
    def end(error: Exception, body: dict[str, Any]) -> BoltResponse:
        """Of what no listener took. It is acknowledged, so that nobody waits."""
        tell(desk, error, body)
        return BoltResponse(status=200)


def tell(desk: Desk, error: Exception, body: Mapping[str, Any]) -> None:
    note(error, debug=desk.debug)
    if sender := sender_of(body):
        answer(desk, sender, _in_words(error))


def _in_words(error: Exception) -> MessageContent:
    if _is_misfit(error):
        return refusal(MISFIT)
    if isinstance(error, RequestError):
        return refused(error)
    if isinstance(error, ServiceError):
        return refusal(f"That did not work. {error}")
    return refusal(BUG)


def note(error: Exception, *, debug: bool) -> None:
    """Without what was sent. What was refused stands in the audit."""
    if isinstance(error, RequestError):
        return
    if _is_misfit(error):
        _log.warning("What Slack sent does not fit: %s", _where(error))
    elif isinstance(error, ServiceError):
        _log.warning("%s", error, exc_info=debug)
    else:
        what = type(error).__name__
        _log.error("A bug of ecr-clean's own (%s): --debug shows more", what, exc_info=debug)


def _is_misfit(error: Exception) -> bool:
    return isinstance(error, ValidationError | MisfitError | BoltUnhandledRequestError)


def _where(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return "nothing here listens to it"
    places = (".".join(map(str, each["loc"])) for each in error.errors(include_input=False))
    return ", ".join(sorted(set(places))) or "it is empty"
