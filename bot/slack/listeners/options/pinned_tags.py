"""Tags to pin, as somebody types a part of one: from the last scan, without asking AWS."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from slack_bolt import Ack, BoltResponse

from bot.core.patterns import Patterns
from bot.core.pins import Pin, PinKind, check_pin
from bot.core.repository import RepositoryId
from bot.slack.api import safe
from bot.slack.blocks.kit import Element
from bot.slack.blocks.pins import digest_option, glob_option, tag_option
from bot.slack.context import SlackContext
from bot.slack.listener import log_error
from bot.slack.payloads import Suggestion
from bot.slack.pin_choices import fits

MOST_OPTIONS = 100
"""docs.slack.dev, Block Kit, select menu."""

Body = dict[str, Any]


def suggesting_tags(context: SlackContext) -> Callable[[Ack, Body], BoltResponse]:
    def suggest(ack: Ack, body: Body) -> BoltResponse:
        """Whatever goes wrong, they get an answer."""
        try:
            return ack(options=safe(_options(context, Suggestion.model_validate(body))))
        except Exception as error:  # noqa: BLE001 - it is noted
            log_error(error, debug=context.debug)
            return ack(options=[])

    return suggest


def _options(context: SlackContext, suggestion: Suggestion) -> list[Element]:
    """None for whoever takes no part."""
    if context.refusal_of(suggestion.sender):
        return []
    repository = context.plan(suggestion.ref.plan).repository
    found = _found(context, repository, suggestion.value.strip())
    return list(islice(found, MOST_OPTIONS))


def _found(context: SlackContext, repository: RepositoryId, typed: str) -> Iterator[Element]:
    if typed.startswith("sha256:"):
        digests = context.store.find_digests(repository, typed, MOST_OPTIONS)
        yield from map(digest_option, digests or filter(_is_pin, [typed]))
    elif _is_glob(typed):
        patterns = Patterns.of(typed)
        yield glob_option(typed, sum(map(patterns.match, context.store.all_tags(repository))))
    else:
        yield from map(tag_option, context.store.find_tags(repository, typed, MOST_OPTIONS))


def _is_glob(typed: str) -> bool:
    """One that a select can carry; whoever needs a longer one types it into the command."""
    return _is_pin(typed) and fits(typed) and Pin(typed, "", "").kind is PinKind.GLOB


def _is_pin(typed: str) -> bool:
    try:
        check_pin(typed)
    except ValueError:
        return False
    return True
