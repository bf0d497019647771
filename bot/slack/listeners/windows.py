"""Modals: opened within three seconds, and filled when there is something to show."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.core.errors import RequestError, ServiceError
from bot.slack.api import Block, MessageContent, SlackError, calling
from bot.slack.blocks import loading_view, refused
from bot.slack.blocks.kit import plain
from bot.slack.context import SlackContext
from bot.slack.listener import answer
from bot.slack.payloads import Sender

_TOO_LATE = frozenset({"exchanged_trigger_id", "expired_trigger_id", "invalid_trigger_id"})


@dataclass(frozen=True, slots=True)
class Window:
    """One that is open, as far as anybody knows."""

    context: SlackContext
    id: str

    def show(self, view: Block) -> bool:
        """False if it was closed meanwhile."""
        try:
            with calling("Showing a window"):
                self.context.client.views_update(view_id=self.id, view=view)
        except SlackError as error:
            if error.code == "not_found":
                return False
            raise
        return True


def open_window(context: SlackContext, trigger_id: str) -> Window:
    """Which shows that it is waiting. Raises RequestError if it comes too late."""
    try:
        with calling("Opening a window"):
            opened = context.client.views_open(trigger_id=trigger_id, view=loading_view())
    except SlackError as error:
        if error.code in _TOO_LATE:
            raise RequestError(
                "Slack lets a window open only in the first three seconds, and this took longer: "
                "click once more"
            ) from error
        raise
    return Window(context, str(opened["view"]["id"]))


@contextmanager
def telling(window: Window, sender: Sender) -> Iterator[None]:
    """What is refused meanwhile, or fails, is told in the window; elsewhere if it was closed."""
    try:
        yield
    except (RequestError, ServiceError) as error:
        said = refused(error)
        if not window.show(saying(said)):
            answer(window.context, sender, said)


def saying(content: MessageContent) -> Block:
    return {
        "type": "modal",
        "title": plain("ecr-clean"),
        "close": plain("Close"),
        "blocks": list(content.blocks),
    }
