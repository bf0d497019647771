"""Tags to pin, as somebody types a part of one: from the last scan, without asking AWS."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from slack_bolt import Ack, BoltResponse

from bot.core.patterns import Patterns
from bot.core.pins import Pin, PinKind, check_pin
from bot.core.repository import RepositoryId
from bot.slack.blocks.kit import Element
from bot.slack.blocks.pins import digest_option, glob_option, tag_option
from bot.slack.desk import Desk
from bot.slack.listeners import boundary
from bot.slack.payloads import Suggestion

MOST_OPTIONS = 100
"""docs.slack.dev, Block Kit, select menu."""

ALL_TAGS = 1_000_000

Body = dict[str, Any]


def suggesting_tags(desk: Desk) -> Callable[[Ack, Body], BoltResponse]:
    def suggest(ack: Ack, body: Body) -> BoltResponse:
        """Whatever goes wrong, they get an answer."""
        try:
            return ack(options=_options(desk, Suggestion.model_validate(body)))
        except Exception as error:  # noqa: BLE001 - it is noted
            boundary.note(error, debug=desk.debug)
            return ack(options=[])

    return suggest


def _options(desk: Desk, suggestion: Suggestion) -> list[Element]:
    repository = desk.plan(suggestion.ref.plan).repository
    found = _found(desk, repository, suggestion.value.strip())
    return list(islice(found, MOST_OPTIONS))


def _found(desk: Desk, repository: RepositoryId, typed: str) -> Iterator[Element]:
    match _kind_of(typed):
        case PinKind.DIGEST:
            yield digest_option(typed)
        case PinKind.GLOB:
            patterns = Patterns.of(typed)
            known = desk.store.find_tags(repository, "", ALL_TAGS)
            yield glob_option(typed, sum(patterns.match(each.tag) for each in known))
        case _:
            found = desk.store.find_tags(repository, typed, MOST_OPTIONS)
            yield from map(tag_option, found)


def _kind_of(typed: str) -> PinKind | None:
    """None: a part of something."""
    try:
        kind = Pin(check_pin(typed), "", "").kind
    except ValueError:
        return None
    return None if kind is PinKind.TAG else kind
