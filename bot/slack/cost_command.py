"""Answers `/ecr-clean cost` from the store, without calls to AWS."""

from collections.abc import Iterator, Sequence

from bot.core.records import KnownRepository
from bot.core.repository import RepositoryId
from bot.core.repository_cost import (
    RepositoryCost,
    replicated_copies,
    repository_cost,
    total_cost_of,
)
from bot.core.storage_history import WEEK
from bot.core.storage_projection import WEEKS
from bot.slack.api import MessageContent
from bot.slack.listener_context import SlackContext
from bot.slack.messages.costs import CostView, cost_message, no_cost_message, no_costs_message
from bot.usecases.costs import stored_cost


def cost_answer(context: SlackContext, repository: RepositoryId) -> MessageContent:
    """With replicated copies, which the last plan knows."""
    price_of, plan = context.read_prices().of, context.store.last_plan(repository)
    if plan is None:
        return no_cost_message(repository)
    price, now = price_of(repository.registry.region), context.clock()
    copies = replicated_copies(context.contents.content(plan.id, plan.version), price_of)
    found = stored_cost(context.store, repository, price, copies, now)
    if found is None:
        return no_cost_message(repository)
    return cost_message(CostView(repository, [found], total_cost_of([found]), 0, now))


def all_costs_answer(context: SlackContext) -> MessageContent:
    """Without replicated copies: reading all plans would take too long."""
    known = context.store.repositories()
    costs = [*_costs(context, known)]
    if not costs:
        return no_costs_message()
    total, never_scanned = total_cost_of(costs), len(known) - len(costs)
    return cost_message(CostView(None, costs, total, never_scanned, context.clock()))


def _costs(context: SlackContext, known: Sequence[KnownRepository]) -> Iterator[RepositoryCost]:
    now, prices = context.clock(), context.read_prices()
    histories = context.store.storage_histories((now - WEEKS * WEEK).date())
    for repository in (each.repository for each in known):
        history = histories.get(repository.uri)
        price = prices.of(repository.registry.region)
        if history and (cost := repository_cost(repository, history, price, (), now)):
            yield cost
