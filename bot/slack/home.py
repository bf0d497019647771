"""Shows the Home tab, and lets it follow what happens."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from slack_sdk import WebClient

from bot.core.approval_rules import ApprovalRules
from bot.core.estate import estate_of
from bot.core.records import PlanRecord, RepositoryPin
from bot.core.repository import RepositoryId
from bot.parallel import each_for_itself
from bot.ports import Clock
from bot.slack.api import UNREACHABLE, Block, SlackError, calling
from bot.slack.blocks.home import closed_home, home
from bot.slack.plan_messages import open_plans, with_link
from bot.slack.view import HomeView, LastRun, NextReport, OpenPlan
from bot.store.store import Store

SOON = timedelta(days=14)
PLANS = 10
LAST_RUNS = 5

LOOKED_AT_FOR = timedelta(days=1)
"""After somebody opened the tab: Slack does not tell when they leave it."""

BETWEEN_UPDATES = timedelta(seconds=10)


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """What the settings say. `url`: where people open the workspace; the rules name channels by id;
    `next_reports`: soonest first. USD a GB a month."""

    url: str
    rules_of: Callable[[RepositoryId], ApprovalRules]
    next_reports: Callable[[datetime], Sequence[NextReport]]
    usd_per_gb_month: float


@dataclass(frozen=True, slots=True)
class Home:
    """May be used by several threads. Everything raises ServiceError if the database or Slack
    fails; what was not shown then is behind."""

    client: WebClient
    store: Store
    facts: HomeFacts
    clock: Clock

    def open(self, user: str) -> None:
        self.store.open_home(user, self.clock())
        self._show(user)

    def refuse(self, user: str, why: str) -> None:
        """Shows nothing but that, and lets it follow nothing."""
        self._publish(user, closed_home(why))

    def refresh_behind(self, limit: int) -> None:
        """As many tabs as that, of those that people opened lately."""
        now = self.clock()
        behind = self.store.homes_behind(now - LOOKED_AT_FOR, now - BETWEEN_UPDATES, limit)
        each_for_itself(partial(self._show, user) for user in behind)

    def _show(self, user: str) -> None:
        """What happens meanwhile leaves it behind."""
        number = self.store.last_event_number()
        try:
            self._publish(user, home(self._view(user)))
        except SlackError as error:
            is_over = error.code in UNREACHABLE
            self.store.mark_home_shown(user, number if is_over else None, self.clock())
            if not is_over:
                raise
            _log.warning("%s", error)
        else:
            self.store.mark_home_shown(user, number, self.clock())

    def _publish(self, user: str, tab: Block) -> None:
        with calling("Showing the Home tab"):
            self.client.views_publish(user_id=user, view=tab)

    def _view(self, user: str) -> HomeView:
        now, plans = self.clock(), open_plans(self.store)
        return HomeView(
            user=user,
            estate=estate_of(self.store.repositories()),
            saved_bytes=self.store.freed_bytes_in_all(),
            usd_per_gb_month=self.facts.usd_per_gb_month,
            pause=self.store.pause(),
            open_plans=[self._with_link(plan) for plan in plans[:PLANS]],
            more_plans=len(plans[PLANS:]),
            pins=_running_out(self.store.pins(), now),
            next_reports=self.facts.next_reports(now),
            last_runs=self._last_runs(),
            now=now,
        )

    def _with_link(self, plan: PlanRecord) -> OpenPlan:
        return with_link(self.store, self.facts.rules_of, self.facts.url, plan)

    def _last_runs(self) -> Sequence[LastRun]:
        return [
            LastRun(plan, self.store.tally(plan.id, plan.version, most_told=0).counts)
            for plan in self.store.carried_out_plans(LAST_RUNS)
        ]


def _running_out(pins: Sequence[RepositoryPin], now: datetime) -> Sequence[RepositoryPin]:
    """Soonest first."""
    soon = ((each.pin.until, each) for each in pins if each.pin.protects(now) and each.pin.until)
    return [each for until, each in sorted(soon, key=lambda pair: pair[0]) if until - now < SOON]
