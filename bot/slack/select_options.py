"""Options that selects suggest while a user types: tags of the last scan, and plans of a digest."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from slack_bolt import Ack, App, BoltResponse
from slack_sdk.models.blocks import Option

from bot.core.patterns import Patterns
from bot.core.pins import Pin, check_pin
from bot.core.plan_choices import found_by_name
from bot.core.repository import RepositoryId
from bot.slack.action_ids import CHOSEN_PLANS, OPEN_REPORT, PINNED_TAGS, fits_option
from bot.slack.api import safe
from bot.slack.digest_payloads import PlanSearch, ReportSearch
from bot.slack.listener import Body, already_answered, log_error
from bot.slack.listener_context import SlackContext
from bot.slack.messages.pins import digest_option, pattern_option, tag_option
from bot.slack.messages.plan_selection import MOST_OPTIONS, plan_option, report_option
from bot.slack.payloads import TagSearchPayload

Search = TypeVar("Search", TagSearchPayload, PlanSearch, ReportSearch)


def register(app: App, context: SlackContext) -> None:
    """A middleware answers in the thread of the payload, since the user waits for the options."""
    middleware = {
        PINNED_TAGS: suggesting(context, TagSearchPayload, _tags),
        CHOSEN_PLANS: suggesting(context, PlanSearch, _plans),
        OPEN_REPORT: suggesting(context, ReportSearch, _reports),
    }
    for action_id, suggest in middleware.items():
        app.options(action_id, middleware=[suggest])(already_answered)


def suggesting(
    context: SlackContext,
    form: type[Search],
    find: Callable[[SlackContext, Search], Iterable[Option]],
) -> Callable[[Ack, Body], BoltResponse]:
    """Offers no options to users who may not see plans."""

    def suggest(ack: Ack, body: Body) -> BoltResponse:
        """Answers without options if the search fails."""
        try:
            search = form.model_validate(body)
            found = () if context.refusal_of(search.sender) else find(context, search)
            options = [option.to_dict() for option in islice(found, MOST_OPTIONS)]
            return ack(options=safe(options))
        except Exception as error:  # noqa: BLE001 - it is logged
            log_error(error, debug=context.debug)
            return ack(options=[])

    return suggest


def _plans(context: SlackContext, search: PlanSearch) -> Iterator[Option]:
    """The plans that the user can still choose in the modal."""
    selection = context.store.selection(search.ref.selection)
    if selection is None:
        return
    person = context.person(search.sender)
    offer = context.selections.offer(selection, person, search.ref.channel)
    choices = {each.plan: each for each in offer.choosable}
    yield from (plan_option(choices[plan]) for plan in found_by_name(choices, search.value))


def _reports(context: SlackContext, search: ReportSearch) -> Iterator[Option]:
    """The plans of the digest."""
    digest = context.store.digest_of_message(search.channel_id, search.ts)
    if digest is None:
        return
    prices = context.read_prices()
    for plan in found_by_name(context.selections.plans(digest), search.value):
        yield report_option(plan, prices.cost_of(plan.repository, plan.freed_bytes))


def _tags(context: SlackContext, search: TagSearchPayload) -> Iterator[Option]:
    return _found(context, context.plan(search.ref.plan).repository, search.value.strip())


def _found(context: SlackContext, repository: RepositoryId, typed: str) -> Iterator[Option]:
    if typed.startswith("sha256:"):
        digests = context.store.find_digests(repository, typed, MOST_OPTIONS)
        yield from map(digest_option, digests or filter(_is_pin, [typed]))
    elif _is_pattern(typed):
        patterns = Patterns.of(typed)
        matches = sum(map(patterns.match, context.store.all_tags(repository)))
        yield pattern_option(typed, matches)
    else:
        now = context.clock()
        for known in context.store.find_tags(repository, typed, MOST_OPTIONS):
            yield tag_option(known, now)


def _is_pattern(typed: str) -> bool:
    """False for a pattern too long for an option; the slash command can pin that."""
    return _is_pin(typed) and fits_option(typed) and Pin(typed, "", "").kind.is_pattern


def _is_pin(typed: str) -> bool:
    try:
        check_pin(typed)
    except ValueError:
        return False
    return True
