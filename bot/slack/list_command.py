"""Answers `/ecr-clean list` from the store."""

from collections.abc import Sequence
from functools import partial

from bot.core.errors import PatternError, RequestError
from bot.core.name_syntax import REPOSITORIES
from bot.core.patterns import Patterns
from bot.core.prices import RegionPrices
from bot.core.records import KnownRepository
from bot.core.storage_history import WEEK
from bot.core.storage_totals import storage_changes, storage_of, storage_totals
from bot.slack.api import MessageContent
from bot.slack.command_parser import is_pattern
from bot.slack.listener_context import SlackContext
from bot.slack.messages.repositories import (
    ListedRepository,
    RepositoriesView,
    repositories_message,
)
from bot.slack.plan_messages import with_link

REPOSITORIES_SHOWN = 20


def list_answer(context: SlackContext, pattern: str | None) -> MessageContent:
    """`pattern`: None for all repositories. Raises RequestError for an invalid pattern."""
    store, prices, now = context.store, context.read_prices(), context.clock()
    every, week_ago = store.repositories(), now - WEEK
    by_savings = partial(_possible_savings, prices)
    found = sorted(matching(every, pattern), key=by_savings, reverse=True)
    return repositories_message(
        RepositoriesView(
            pattern=pattern,
            shown=[_listed(context, each) for each in found[:REPOSITORIES_SHOWN]],
            more=len(found[REPOSITORIES_SHOWN:]),
            never_scanned=sum(each.last_scan is None for each in found),
            storage=storage_totals(found, prices),
            changes=storage_changes(found, store.stored_bytes_at(week_ago), week_ago),
            listed_at=min((each.listed_at for each in every), default=None),
            saved=prices.total_of(store.freed_bytes_by_region()),
            prices=prices,
            pause=store.pause(),
            now=now,
        )
    )


def matching(every: Sequence[KnownRepository], pattern: str | None) -> Sequence[KnownRepository]:
    """A pattern without wildcards matches any part of a name. Raises RequestError for an invalid
    one."""
    if pattern is None:
        return every
    glob = pattern if is_pattern(pattern) else f"*{pattern}*"
    try:
        patterns = Patterns.of(REPOSITORIES.check_glob(glob))
    except PatternError as error:
        raise RequestError(f"{error}; write part of a name, or a glob such as team/*") from error
    return [each for each in every if each.repository.matches(patterns)]


def _listed(context: SlackContext, known: KnownRepository) -> ListedRepository:
    plan = known.last_scan.plan if known.last_scan else None
    if plan is None or not plan.is_open or (plan.complete and not plan.deletions):
        return ListedRepository(known, None)
    return ListedRepository(known, with_link(context.store, context.rules_of, context.url, plan))


def _possible_savings(prices: RegionPrices, known: KnownRepository) -> tuple[float, int, int]:
    """A sort key; the smallest for repositories that were never scanned."""
    held = storage_of(known)
    could_free = held.could_free_bytes or 0
    usd = prices.cost_of(known.repository, could_free).usd_per_month
    return usd, could_free, -1 if known.last_scan is None else held.stored_bytes or 0
