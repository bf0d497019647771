"""Plans that wait for somebody, and where they are shown."""

from collections.abc import Callable, Sequence

from bot.core.approval_rules import ApprovalRules
from bot.core.records import PlanRecord
from bot.core.repository import RepositoryId
from bot.slack.api import message_link
from bot.slack.home_view import OpenPlan
from bot.store.store import Store

RulesOf = Callable[[RepositoryId], ApprovalRules]


def open_plans(store: Store) -> Sequence[PlanRecord]:
    """Those that delete something or are incomplete, last proposed first."""
    plans = (each for each in store.open_plans() if each.deletions or not each.complete)
    return sorted(plans, key=lambda plan: plan.proposed_at, reverse=True)


def with_link(store: Store, rules_of: RulesOf, url: str, plan: PlanRecord) -> OpenPlan:
    """To a message in its own channel, if there is one. `url`: that of the workspace; the rules
    name channels by id."""
    channel = rules_of(plan.repository).channel
    messages = store.messages_of(plan.id)
    in_its_own = [each for each in messages if each.channel == channel]
    newest = next(reversed(in_its_own or messages), None)
    return OpenPlan(plan, message_link(url, newest.channel, newest.ts) if newest else None)
