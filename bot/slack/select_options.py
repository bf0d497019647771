"""Tags that the pin modal suggests while a user types. They come from the last scan."""

from collections.abc import Callable, Iterator
from itertools import islice

from slack_bolt import Ack, App, BoltResponse
from slack_sdk.models.blocks import Option

from bot.core.patterns import Patterns
from bot.core.pins import Pin, PinKind, check_pin
from bot.core.repository import RepositoryId
from bot.slack.action_ids import PINNED_TAGS, fits_option
from bot.slack.api import Json, safe
from bot.slack.listener import Body, already_answered, log_error
from bot.slack.listener_context import SlackContext
from bot.slack.messages.pins import digest_option, glob_option, tag_option
from bot.slack.payloads import TagSearchPayload

MOST_OPTIONS = 100
"""docs.slack.dev, Block Kit, select menu."""


def register(app: App, context: SlackContext) -> None:
    """A middleware answers in the thread of the payload, since the user waits for the options."""
    app.options(PINNED_TAGS, middleware=[suggesting_tags(context)])(already_answered)


def suggesting_tags(context: SlackContext) -> Callable[[Ack, Body], BoltResponse]:
    def suggest(ack: Ack, body: Body) -> BoltResponse:
        """Answers without options if the search fails."""
        try:
            return ack(options=safe(_options(context, TagSearchPayload.model_validate(body))))
        except Exception as error:  # noqa: BLE001 - it is logged
            log_error(error, debug=context.debug)
            return ack(options=[])

    return suggest


def _options(context: SlackContext, suggestion: TagSearchPayload) -> list[Json]:
    """Empty for users who may not see plans."""
    if context.refusal_of(suggestion.sender):
        return []
    repository = context.plan(suggestion.ref.plan).repository
    found = _found(context, repository, suggestion.value.strip())
    return [option.to_dict() for option in islice(found, MOST_OPTIONS)]


def _found(context: SlackContext, repository: RepositoryId, typed: str) -> Iterator[Option]:
    if typed.startswith("sha256:"):
        digests = context.store.find_digests(repository, typed, MOST_OPTIONS)
        yield from map(digest_option, digests or filter(_is_pin, [typed]))
    elif _is_glob(typed):
        patterns = Patterns.of(typed)
        matches = sum(map(patterns.match, context.store.all_tags(repository)))
        yield glob_option(typed, matches)
    else:
        now = context.clock()
        for known in context.store.find_tags(repository, typed, MOST_OPTIONS):
            yield tag_option(known, now)


def _is_glob(typed: str) -> bool:
    """False for a glob too long for an option; the slash command can pin that."""
    return _is_pin(typed) and fits_option(typed) and Pin(typed, "", "").kind is PinKind.GLOB


def _is_pin(typed: str) -> bool:
    try:
        check_pin(typed)
    except ValueError:
        return False
    return True
