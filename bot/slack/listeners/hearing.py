"""How every listener hears: acknowledged at once, and once if it was delivered twice."""

from collections.abc import Callable
from typing import Any, TypeVar

from slack_bolt import Ack, BoltResponse

from bot.slack.desk import Desk
from bot.slack.listeners import boundary
from bot.slack.payloads import (
    Click,
    ClickInModal,
    ClickOnEnd,
    ClickOnPin,
    ClickOnUsage,
    Command,
    CommandClick,
    HomeOpened,
    PinSubmission,
    Submission,
)

Heard = TypeVar(
    "Heard",
    Command,
    CommandClick,
    Click,
    ClickInModal,
    ClickOnEnd,
    ClickOnPin,
    ClickOnUsage,
    Submission,
    PinSubmission,
    HomeOpened,
)
Body = dict[str, Any]
Listener = Callable[[Body], None]


def acknowledge(ack: Ack, next_: Callable[[], None]) -> BoltResponse:
    """As middleware of a listener, since Bolt runs those where the payload came in: before anything
    waits for a thread, so that slow work holds up no acknowledgement."""
    acknowledged = ack()
    next_()
    return acknowledged


def hearing(desk: Desk, form: type[Heard], act: Callable[[Desk, Heard], None]) -> Listener:
    """What `act` raises goes to the boundary from here: Bolt would bring it there, too, and on the
    way forget that it was acknowledged (slack_bolt 1.30, ThreadListenerRunner)."""

    def listener(body: Body) -> None:
        try:
            heard = form.model_validate(body)
            if desk.store.hear(heard.trigger_id, desk.clock()):
                act(desk, heard)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody is told
            boundary.tell(desk, error, body)

    return listener
