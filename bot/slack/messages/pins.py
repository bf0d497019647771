"""Pins of one repository: the modal to pin tags, and the answer that lists them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.core.pins import Pin
from bot.core.records import KnownTag, RepositoryPin
from bot.core.repository import RepositoryId
from bot.render.pins import pin_reason_words
from bot.render.words import count
from bot.slack.api import Block, MessageContent
from bot.slack.ids import (
    COMMAND,
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
from bot.slack.messages.answers import line_button
from bot.slack.messages.kit import (
    Element,
    and_more,
    button,
    context,
    danger,
    field,
    header,
    option,
    plain,
    section,
)
from bot.slack.wording import code, date, mention, prose

SHOWN = 20
"""Pins."""

MOST_CHOSEN = 100
"""Tags at once."""

LONGEST_REASON = 3000
"""docs.slack.dev, Block Kit, plain-text input."""

MOST_IN_REASON = 200

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
    pins of the settings file. `news`: what was done just now, mrkdwn."""

    ref: PlanRef
    repository: RepositoryId
    pins: Sequence[RepositoryPin]
    settled: Sequence[Pin]
    news: str | None = None


def pinning_view(shown: PinsShown) -> Block:
    """To pin something, or take a pin off."""
    return _modal(shown) | {"submit": plain("Pin"), "blocks": [*_inputs(shown), *_listed(shown)]}


def pins_view(shown: PinsShown) -> Block:
    """What is pinned now."""
    return _modal(shown) | {"blocks": [*_news(shown), *_listed(shown)]}


def tag_option(known: KnownTag) -> Element:
    what = "goes, if the plan is carried out" if known.goes else "stays"
    return option(known.tag, pin_option(known.tag), what)


def glob_option(glob: str, fitting: int) -> Element:
    fits = count(fitting, "tag fits", "tags fit")
    return option(f"Every tag like {glob}", pin_option(glob), f"{fits} now, and later ones, too")


def digest_option(digest: str) -> Element:
    return option(f"The image {digest}", pin_option(digest), "whatever its tags are")


def more_pins(number: int, repository: RepositoryId) -> Iterable[Block]:
    command = code(f"{COMMAND} pins {repository.name}", most=300)
    return [context(f"… and {number:,} more: {command} lists them")] if number > 0 else []


def _modal(shown: PinsShown) -> Block:
    return {
        "type": "modal",
        "callback_id": PIN_TAGS,
        "private_metadata": str(shown.ref),
        "title": plain("Pin tags"),
        "close": plain("Close"),
    }


def _inputs(shown: PinsShown) -> Iterator[Block]:
    yield from _news(shown)
    yield section(f"What is pinned in {code(shown.repository.name, most=300)} is never deleted.")
    yield field(
        PINNED_TAGS,
        "What to keep",
        {
            "type": "multi_external_select",
            "placeholder": plain("Type a part of a tag, or a pattern such as v1.*"),
            "min_query_length": 0,
            "max_selected_items": MOST_CHOSEN,
        },
    )
    yield field(
        PIN_REASON,
        "Who needs it for what",
        {"type": "plain_text_input", "multiline": True, "max_length": LONGEST_REASON},
    )
    lasts = {value: option(text, value) for value, text in LASTS.items()}
    select = {"type": "static_select", "options": [*lasts.values()]}
    yield field(PIN_FOR, "For how long", select | {"initial_option": lasts[USUALLY]})
    yield field(PIN_UNTIL, "Or to the end of a day (UTC)", {"type": "datepicker"}) | {
        "optional": True
    }


def _news(shown: PinsShown) -> Iterator[Block]:
    if shown.news:
        yield section(shown.news)


def _listed(shown: PinsShown) -> Iterator[Block]:
    yield header("Pinned now")
    if not shown.pins and not shown.settled:
        yield section("Nothing.")
    for number, each in enumerate(shown.pins[:SHOWN]):
        yield section(pin_line(each.pin), button=_unpin_button(shown.repository, each.pin, number))
    room = max(0, SHOWN - len(shown.pins))
    yield from (section(pin_line(pin)) for pin in shown.settled[:room])
    yield from more_pins(len(shown.pins) + len(shown.settled) - SHOWN, shown.repository)


def pin_line(pin: Pin) -> str:
    until = f" until {date(pin.until)}" if pin.until else ""
    by = prose(pin.by) if " " in pin.by else mention(pin.by)
    return f"{code(pin.pin)}{until}, by {by}: {prose(pin_reason_words(pin), MOST_IN_REASON)}"


def _unpin_button(repository: RepositoryId, pin: Pin, number: int) -> Element:
    confirm = danger(
        "Take this pin off?",
        f"{code(pin.pin)} may go again, once the next plan is made and approved.",
        yes="Unpin",
        no="Cancel",
    )
    return button("Unpin", f"{UNPIN}:{number}", PinRef(repository, pin.pin), confirm=confirm)


LISTED = 20
"""Pins; each may have a long reason."""

MOST_IN_NAME = 256


@dataclass(frozen=True, slots=True)
class PinnedView:
    """`settled`: pins of the settings file."""

    repository: RepositoryId
    pins: Sequence[RepositoryPin]
    settled: Sequence[Pin]


def pinned_message(view: PinnedView) -> MessageContent:
    name = code(view.repository.name, MOST_IN_NAME)
    number = len(view.pins) + len(view.settled)
    if not number:
        said = f"Nothing is pinned in {name}. `{COMMAND} pin REPOSITORY TAG… because REASON` does."
        return MessageContent(said, [section(said)])
    said = f"*Pinned in {name}:* {number:,}"
    lines = [
        *(
            section(pin_line(each.pin), button=_unpin(view, each.pin, place))
            for place, each in enumerate(view.pins)
        ),
        *(section(f"{pin_line(pin)} _(settings file)_") for pin in view.settled),
    ]
    more = and_more(number - LISTED)
    return MessageContent(said, [section(said), *lines[:LISTED], *map(context, more)])


def _unpin(view: PinnedView, pin: Pin, place: int) -> Element:
    return line_button("Unpin", place, f"unpin {view.repository.uri} `{pin.pin}`")
