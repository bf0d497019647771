"""The modal "Pin tags": inputs for new pins, the pins of the repository, and options to choose."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    Block,
    ButtonElement,
    DatePickerElement,
    ExternalDataMultiSelectElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.core.pins import Pin
from bot.core.records import KnownTag, RepositoryPin
from bot.core.repository import RepositoryId
from bot.render.words import count
from bot.slack.api import Json
from bot.slack.ids import (
    PIN_FOR,
    PIN_REASON,
    PIN_TAGS,
    PIN_UNTIL,
    PINNED_TAGS,
    UNPIN,
    PinRef,
    PlanRef,
    pin_option,
)
from bot.slack.messages.kit import button, danger, header, option, plain, section
from bot.slack.messages.pins import SHOWN, more_pins, pin_line
from bot.slack.wording import code

MOST_CHOSEN = 100
"""Tags at once."""

MOST_IN_NAME = 300

LONGEST_REASON = 3000
"""docs.slack.dev, Block Kit, plain-text input."""

NO_END = "none"
LASTS = {
    "7d": "7 days",
    "30d": "30 days",
    "90d": "90 days",
    "365d": "1 year",
    NO_END: "without end",
}
"""By the value that the select carries, a duration or NO_END."""

USUALLY = "90d"


@dataclass(frozen=True, slots=True)
class PinsShown:
    """`ref`: the plan from which the modal was opened, and the channel of its message. `settled`:
    pins of the settings file. `news`: the result of the last action, mrkdwn."""

    ref: PlanRef
    repository: RepositoryId
    pins: Sequence[RepositoryPin]
    settled: Sequence[Pin]
    news: str | None = None


def pinning_view(shown: PinsShown) -> Json:
    """With inputs for a new pin."""
    blocks = [*_news(shown), *_inputs(shown), *_listed(shown)]
    return _modal(shown, blocks, submit=plain("Pin"))


def pins_view(shown: PinsShown) -> Json:
    """The pins alone."""
    return _modal(shown, [*_news(shown), *_listed(shown)])


def tag_option(known: KnownTag) -> Option:
    verdict = "goes, if the plan is carried out" if known.goes else "stays"
    return option(known.tag, pin_option(known.tag), verdict)


def glob_option(glob: str, matches: int) -> Option:
    fits = count(matches, "tag fits", "tags fit")
    return option(f"Every tag like {glob}", pin_option(glob), f"{fits} now, and later ones, too")


def digest_option(digest: str) -> Option:
    return option(f"The image {digest}", pin_option(digest), "whatever its tags are")


def _modal(
    shown: PinsShown, blocks: Sequence[Block], submit: PlainTextObject | None = None
) -> Json:
    return View(
        type="modal",
        callback_id=PIN_TAGS,
        private_metadata=str(shown.ref),
        title=plain("Pin tags"),
        submit=submit,
        close=plain("Close"),
        blocks=blocks,
    ).to_dict()


def _news(shown: PinsShown) -> Iterator[Block]:
    if shown.news:
        yield section(shown.news)


def _inputs(shown: PinsShown) -> Iterator[Block]:
    """Each block has the same id as its action."""
    name = code(shown.repository.name, MOST_IN_NAME)
    yield section(f"What is pinned in {name} is never deleted.")
    tags = ExternalDataMultiSelectElement(
        action_id=PINNED_TAGS,
        placeholder=plain("Type a part of a tag, or a pattern such as v1.*"),
        min_query_length=0,
        max_selected_items=MOST_CHOSEN,
    )
    yield InputBlock(block_id=PINNED_TAGS, label=plain("What to keep"), element=tags)
    reason = PlainTextInputElement(action_id=PIN_REASON, multiline=True, max_length=LONGEST_REASON)
    yield InputBlock(block_id=PIN_REASON, label=plain("Who needs it for what"), element=reason)
    yield InputBlock(block_id=PIN_FOR, label=plain("For how long"), element=_duration())
    yield InputBlock(
        block_id=PIN_UNTIL,
        label=plain("Or to the end of a day (UTC)"),
        element=DatePickerElement(action_id=PIN_UNTIL),
        optional=True,
    )


def _duration() -> StaticSelectElement:
    lasts = {value: option(text, value) for value, text in LASTS.items()}
    return StaticSelectElement(
        action_id=PIN_FOR, options=[*lasts.values()], initial_option=lasts[USUALLY]
    )


def _listed(shown: PinsShown) -> Iterator[Block]:
    yield header("Pinned now")
    if not shown.pins and not shown.settled:
        yield section("Nothing.")
    for number, each in enumerate(shown.pins[:SHOWN]):
        yield section(pin_line(each.pin), button=_unpin_button(shown.repository, each.pin, number))
    room = max(0, SHOWN - len(shown.pins))
    yield from (section(pin_line(pin)) for pin in shown.settled[:room])
    yield from more_pins(len(shown.pins) + len(shown.settled) - SHOWN, shown.repository)


def _unpin_button(repository: RepositoryId, pin: Pin, number: int) -> ButtonElement:
    confirm = danger(
        "Take this pin off?",
        f"{code(pin.pin)} may go again, once the next plan is made and approved.",
        yes="Unpin",
        no="Cancel",
    )
    return button("Unpin", f"{UNPIN}:{number}", PinRef(repository, pin.pin), confirm=confirm)
