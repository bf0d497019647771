"""Messages about the pins of one repository: the list, and the warning before they expire."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    DatePickerElement,
    ExternalDataMultiSelectElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.core.pins import Pin
from bot.core.records import KnownTag, RepositoryPin
from bot.core.repository import RepositoryId
from bot.render.pins import pin_reason_words
from bot.render.quantities import count
from bot.slack.action_ids import (
    COMMAND,
    KEEP_PIN,
    PIN_FOR,
    PIN_REASON,
    PIN_TAGS,
    PIN_UNTIL,
    PINNED_TAGS,
    UNPIN,
    PinExpiryRef,
    PinRef,
    PlanRef,
    pin_option,
)
from bot.slack.api import Json, MessageContent
from bot.slack.messages.block_kit import (
    and_more,
    button,
    command_button,
    context,
    danger,
    header,
    message,
    option,
    plain,
    section,
)
from bot.slack.mrkdwn import code, date, mention, prose

SHOWN = 20
"""Pins; each may have a long reason."""

MOST_IN_NAME = 256
MOST_IN_COMMAND = 300
MOST_IN_REASON = 200

KEEPS_FOR = timedelta(days=30)
"""By the button of the warning."""

MOST_CHOSEN = 100
"""Tags at once."""

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
class PinListView:
    """`settled`: pins of the settings file."""

    repository: RepositoryId
    pins: Sequence[RepositoryPin]
    settled: Sequence[Pin]


def pinned_message(view: PinListView) -> MessageContent:
    """Lists the pins, each with a button to remove it."""
    name = code(view.repository.name, MOST_IN_NAME)
    number = len(view.pins) + len(view.settled)
    if not number:
        said = f"Nothing is pinned in {name}. `{COMMAND} pin REPOSITORY TAG… because REASON` does."
        return message(said, section(said))
    said = f"*Pinned in {name}:* {number:,}"
    lines = [
        *(
            section(pin_line(each.pin), button=_unpin(view, each.pin, place))
            for place, each in enumerate(view.pins)
        ),
        *(section(f"{pin_line(pin)} _(settings file)_") for pin in view.settled),
    ]
    more = and_more(number - SHOWN)
    return message(said, section(said), *lines[:SHOWN], *map(context, more))


def expiring_message(pins: Sequence[RepositoryPin], repository: RepositoryId) -> MessageContent:
    """`pins`: all of one owner, with an end."""
    return _one(pins[0].pin, repository) if len(pins) == 1 else _several(pins, repository)


def pin_line(pin: Pin) -> str:
    until = f" until {date(pin.until)}" if pin.until else ""
    by = prose(pin.by) if " " in pin.by else mention(pin.by)
    return f"{code(pin.pin)}{until}, by {by}: {prose(pin_reason_words(pin), MOST_IN_REASON)}"


def more_pins(number: int, repository: RepositoryId) -> list[ContextBlock]:
    """The number of pins left out, if there are any, and the command that lists them."""
    command = code(f"{COMMAND} pins {repository.name}", MOST_IN_COMMAND)
    return [context(f"… and {number:,} more: {command} lists them")] if number > 0 else []


def _unpin(view: PinListView, pin: Pin, place: int) -> ButtonElement:
    return command_button("Unpin", place, f"unpin {view.repository.uri} `{pin.pin}`")


def _one(pin: Pin, repository: RepositoryId) -> MessageContent:
    assert pin.until, "it expires"
    said = (
        f"{code(pin.pin)} in {code(repository.name, MOST_IN_NAME)} is pinned until "
        f"{date(pin.until)}, by {mention(pin.by)}: {prose(pin_reason_words(pin))}"
    )
    keep = _keep(f"Keep for {KEEPS_FOR.days} more days", KEEP_PIN, pin, repository)
    return message(
        f"A pin runs out soon: {said}",
        section("*A pin runs out soon.*", said),
        ActionsBlock(elements=[keep]),
    )


def _several(pins: Sequence[RepositoryPin], repository: RepositoryId) -> MessageContent:
    name = code(repository.name, MOST_IN_NAME)
    said = f"{count(len(pins), 'pin')} in {name} run out soon"
    lines = [_line(each.pin, number, repository) for number, each in enumerate(pins[:SHOWN])]
    return message(
        f"{said}.", section(f"*{said}.*"), *lines, *more_pins(len(pins) - SHOWN, repository)
    )


def _line(pin: Pin, number: int, repository: RepositoryId) -> SectionBlock:
    label = f"Keep {KEEPS_FOR.days} days"
    return section(pin_line(pin), button=_keep(label, f"{KEEP_PIN}:{number}", pin, repository))


def _keep(label: str, action_id: str, pin: Pin, repository: RepositoryId) -> ButtonElement:
    assert pin.until, "it expires"
    return button(label, action_id, PinExpiryRef(PinRef(repository, pin.pin), pin.until))


@dataclass(frozen=True, slots=True)
class PinsModalView:
    """`ref`: the plan from which the modal was opened, and the channel of its message. `settled`:
    pins of the settings file. `news`: the result of the last action, mrkdwn."""

    ref: PlanRef
    repository: RepositoryId
    pins: Sequence[RepositoryPin]
    settled: Sequence[Pin]
    news: str | None = None


def pinning_view(shown: PinsModalView) -> Json:
    """With inputs for a new pin."""
    blocks = [*_news(shown), *_inputs(shown), *_listed(shown)]
    return _modal(shown, blocks, submit=plain("Pin"))


def pins_view(shown: PinsModalView) -> Json:
    """The pins alone."""
    return _modal(shown, [*_news(shown), *_listed(shown)])


def tag_option(known: KnownTag) -> Option:
    verdict = "goes, if the plan is carried out" if known.will_be_deleted else "stays"
    return option(known.tag, pin_option(known.tag), verdict)


def glob_option(glob: str, matches: int) -> Option:
    fits = count(matches, "tag fits", "tags fit")
    return option(f"Every tag like {glob}", pin_option(glob), f"{fits} now, and later ones, too")


def digest_option(digest: str) -> Option:
    return option(f"The image {digest}", pin_option(digest), "whatever its tags are")


def _modal(
    shown: PinsModalView, blocks: Sequence[Block], submit: PlainTextObject | None = None
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


def _news(shown: PinsModalView) -> Iterator[Block]:
    if shown.news:
        yield section(shown.news)


def _inputs(shown: PinsModalView) -> Iterator[Block]:
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


def _listed(shown: PinsModalView) -> Iterator[Block]:
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
