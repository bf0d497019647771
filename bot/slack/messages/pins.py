"""Messages about the pins of one repository: the list, the modal, and the warning before pins
expire."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.core.pins import Pin
from bot.core.records import KnownTag, RepositoryPin
from bot.core.repository import RepositoryId
from bot.render.pins import pin_reason_words
from bot.render.quantities import age, count, size
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

EXTENSION = timedelta(days=30)
"""How long the button of the warning extends a pin."""

MOST_CHOSEN = 100
"""Tags in one submission."""

LONGEST_REASON = 3000
"""docs.slack.dev, Block Kit, plain-text input."""

NO_TAGS: Mapping[str, str] = {}

NO_END = "none"

DURATIONS = {
    "7d": "7 days",
    "30d": "30 days",
    "90d": "90 days",
    "365d": "1 year",
    NO_END: "No end date",
}
"""Labels by the value of the option: a duration, or NO_END."""

DEFAULT_DURATION = "90d"


@dataclass(frozen=True, slots=True)
class PinListView:
    """The list of a repository's pins. `from_settings`: pins in the settings file. `tags`: of
    pinned digests, by digest."""

    repository: RepositoryId
    pins: Sequence[RepositoryPin]
    from_settings: Sequence[Pin]
    tags: Mapping[str, str]


def pinned_message(view: PinListView) -> MessageContent:
    """Lists the pins, each with a button to remove it."""
    name = code(view.repository.name, MOST_IN_NAME)
    number = len(view.pins) + len(view.from_settings)
    if not number:
        text = f"No pins in {name}. To add one: `{COMMAND} pin REPOSITORY TAG… because REASON`"
        return message(text, section(text))
    headline = f"*Pinned in {name}:* {number:,}"
    lines = [
        *(
            section(pin_line(each.pin, view.tags), button=_unpin(view, each.pin, place))
            for place, each in enumerate(view.pins)
        ),
        *(section(f"{pin_line(pin)} _(settings file)_") for pin in view.from_settings),
    ]
    more = and_more(number - SHOWN)
    return message(headline, section(headline), *lines[:SHOWN], *map(context, more))


def expiring_message(
    pins: Sequence[RepositoryPin], repository: RepositoryId, tags: Mapping[str, str]
) -> MessageContent:
    """`pins`: of one owner, each with an end date. `tags`: of pinned digests, by digest."""
    if len(pins) == 1:
        return _one(pins[0].pin, repository, tags)
    return _several(pins, repository, tags)


def pin_line(pin: Pin, tags: Mapping[str, str] = NO_TAGS) -> str:
    """`tags`: shown in place of pinned digests."""
    name = code(tags.get(pin.pin, pin.pin))
    until = f" until {date(pin.until)}" if pin.until else ""
    by = prose(pin.by) if " " in pin.by else mention(pin.by)
    reason = prose(pin_reason_words(pin), MOST_IN_REASON)
    return f"{name}{until}, by {by}: {reason}"


def more_pins(number: int, repository: RepositoryId) -> list[ContextBlock]:
    """The number of omitted pins and the command that lists them; empty if there are none."""
    command = code(f"{COMMAND} pins {repository.name}", MOST_IN_COMMAND)
    return [context(f"… and {number:,} more: {command} lists them")] if number > 0 else []


def _unpin(view: PinListView, pin: Pin, place: int) -> ButtonElement:
    return command_button("Unpin", place, f"unpin {view.repository.uri} `{pin.pin}`")


def _one(pin: Pin, repository: RepositoryId, tags: Mapping[str, str]) -> MessageContent:
    assert pin.until, "the pin expires"
    name = code(tags.get(pin.pin, pin.pin))
    pinned = (
        f"{name} in {code(repository.name, MOST_IN_NAME)} is pinned until {date(pin.until)}, by "
        f"{mention(pin.by)}: {prose(pin_reason_words(pin))}"
    )
    return message(
        f"1 pin expires soon: {pinned}",
        section("*1 pin expires soon.*", pinned),
        ActionsBlock(elements=[_extend_button(KEEP_PIN, pin, repository)]),
    )


def _several(
    pins: Sequence[RepositoryPin], repository: RepositoryId, tags: Mapping[str, str]
) -> MessageContent:
    name = code(repository.name, MOST_IN_NAME)
    headline = f"{count(len(pins), 'pin')} in {name} expire soon"
    lines = [
        section(
            pin_line(each.pin, tags),
            button=_extend_button(f"{KEEP_PIN}:{number}", each.pin, repository),
        )
        for number, each in enumerate(pins[:SHOWN])
    ]
    return message(
        f"{headline}.", section(f"*{headline}.*"), *lines, *more_pins(len(pins) - SHOWN, repository)
    )


def _extend_button(action_id: str, pin: Pin, repository: RepositoryId) -> ButtonElement:
    assert pin.until, "the pin expires"
    label = f"Extend {EXTENSION.days}d"
    return button(label, action_id, PinExpiryRef(PinRef(repository, pin.pin), pin.until))


@dataclass(frozen=True, slots=True)
class PinsModalView:
    """The content of the pin modal. `ref`: the plan whose message opened it, and the channel of
    that message. `from_settings`: pins in the settings file. `tags`: of pinned digests, by
    digest. `notice`: the result of the last action, mrkdwn."""

    ref: PlanRef
    repository: RepositoryId
    pins: Sequence[RepositoryPin]
    from_settings: Sequence[Pin]
    tags: Mapping[str, str]
    notice: str | None = None


def new_pin_view(shown: PinsModalView) -> Json:
    """The modal with inputs for a new pin, and the current pins."""
    blocks = [*_notice(shown), *_inputs(shown), *_listed(shown)]
    return _modal(shown, blocks, submit=plain("Pin"))


def pins_view(shown: PinsModalView) -> Json:
    """The modal with the current pins only."""
    return _modal(shown, [*_notice(shown), *_listed(shown)])


def tag_option(known: KnownTag, now: datetime) -> Option:
    """An option such as `main`, described as `pushed 3 days ago · 120 MB · to delete`."""
    facts = (
        f"pushed {age(now - known.pushed_at)} ago" if known.pushed_at else "",
        size(known.size_bytes) if known.size_bytes is not None else "",
        "to delete" if known.will_be_deleted else "to keep",
    )
    return option(known.tag, pin_option(known.tag), " · ".join(filter(None, facts)))


def pattern_option(pattern: str, matches: int) -> Option:
    match = count(matches, "tag matches", "tags match")
    return option(f"All tags like {pattern}", pin_option(pattern), f"{match} now; later tags too")


def digest_option(digest: str) -> Option:
    return option(f"Image {digest}", pin_option(digest), "with any tags")


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


def _notice(shown: PinsModalView) -> Iterator[Block]:
    if shown.notice:
        yield section(shown.notice)


def _inputs(shown: PinsModalView) -> Iterator[Block]:
    """Each block has the same ID as its action."""
    name = code(shown.repository.name, MOST_IN_NAME)
    yield section(f"Pinned images in {name} are never deleted.")
    tags = ExternalDataMultiSelectElement(
        action_id=PINNED_TAGS,
        placeholder=plain("Type part of a tag, or a pattern such as v1.*"),
        min_query_length=0,
        max_selected_items=MOST_CHOSEN,
    )
    yield InputBlock(block_id=PINNED_TAGS, label=plain("Tags to pin"), element=tags)
    reason = PlainTextInputElement(action_id=PIN_REASON, multiline=True, max_length=LONGEST_REASON)
    yield InputBlock(block_id=PIN_REASON, label=plain("Reason"), element=reason)
    yield InputBlock(block_id=PIN_FOR, label=plain("Duration"), element=_duration())
    yield InputBlock(
        block_id=PIN_UNTIL,
        label=plain("Or until the end of a day (UTC)"),
        element=DatePickerElement(action_id=PIN_UNTIL),
        optional=True,
    )


def _duration() -> StaticSelectElement:
    options = {value: option(text, value) for value, text in DURATIONS.items()}
    return StaticSelectElement(
        action_id=PIN_FOR, options=[*options.values()], initial_option=options[DEFAULT_DURATION]
    )


def _listed(shown: PinsModalView) -> Iterator[Block]:
    yield header("Current pins")
    if not shown.pins and not shown.from_settings:
        yield section("None.")
    for number, each in enumerate(shown.pins[:SHOWN]):
        unpin = _unpin_button(shown.repository, each.pin, number)
        yield section(pin_line(each.pin, shown.tags), button=unpin)
    room = max(0, SHOWN - len(shown.pins))
    yield from (section(pin_line(pin)) for pin in shown.from_settings[:room])
    yield from more_pins(len(shown.pins) + len(shown.from_settings) - SHOWN, shown.repository)


def _unpin_button(repository: RepositoryId, pin: Pin, number: int) -> ButtonElement:
    confirm = danger(
        "Remove this pin?",
        f"The next plan can propose {code(pin.pin)} for deletion.",
        yes="Unpin",
        no="Cancel",
    )
    return button("Unpin", f"{UNPIN}:{number}", PinRef(repository, pin.pin), confirm=confirm)
