"""The Home tab: publishes it, and updates it after every event."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.core.policy import ApprovalRules
from bot.core.records import PlanRecord, RepositoryPin
from bot.core.repository import RepositoryId
from bot.core.storage_history import WEEK
from bot.core.storage_totals import storage_changes, storage_totals, total_change
from bot.parallel import call_all
from bot.ports import Clock, PriceReader
from bot.slack.action_ids import OPEN_LINK, numbered
from bot.slack.api import UNREACHABLE, Json, SlackError, calling, message_link
from bot.slack.listener import make_listener
from bot.slack.listener_context import SlackContext
from bot.slack.message_updates import tags_of_pins
from bot.slack.messages.home_tab import home_tab, refused_home_tab
from bot.slack.payloads import HomeTabOpened
from bot.slack.plan_messages import ended_plan, first_plans, with_link
from bot.slack.view_models import HomeView, LinkedDigest, LinkedPlan, NextReport, OpenPlans
from bot.store.store import Store

PLANS = 10
LAST_RUNS = 5

UPDATED_FOR = timedelta(days=1)
"""After a user opened the tab: Slack does not report when they close it."""

BETWEEN_UPDATES = timedelta(seconds=10)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HomeTabSettings:
    """Settings of the Home tab. `url`: of the workspace. The rules name channels by ID.
    `next_reports`: soonest first."""

    url: str
    rules_of: Callable[[RepositoryId], ApprovalRules]
    next_reports: Callable[[datetime], Sequence[NextReport]]
    read_prices: PriceReader


@dataclass(frozen=True, slots=True)
class HomeTab:
    """Publishes Home tabs. A tab is outdated if events happened since it was shown;
    `update_outdated` updates it. Thread-safe. Every method raises ServiceError if the database or
    Slack fails, and leaves the tab outdated."""

    client: WebClient
    store: Store
    settings: HomeTabSettings
    clock: Clock

    def open(self, user: str) -> None:
        self.store.open_home(user, self.clock())
        self._show(user)

    def refuse(self, user: str, why: str) -> None:
        """Shows the refusal only. The tab is not updated later."""
        self._publish(user, refused_home_tab(why))

    def update_outdated(self, limit: int) -> None:
        """Updates up to `limit` tabs that users opened recently."""
        now = self.clock()
        outdated = self.store.homes_behind(now - UPDATED_FOR, now - BETWEEN_UPDATES, limit)
        call_all(partial(self._show, user) for user in outdated)

    def _show(self, user: str) -> None:
        """Events that happen during the call leave the tab outdated."""
        number = self.store.last_event_number()
        try:
            self._publish(user, home_tab(self._view(user)))
        except SlackError as error:
            is_final = error.code in UNREACHABLE
            self.store.mark_home_shown(user, number if is_final else None, self.clock())
            if not is_final:
                raise
            _log.warning("%s", error)
        else:
            self.store.mark_home_shown(user, number, self.clock())

    def _publish(self, user: str, tab: Json) -> None:
        with calling("Showing the Home tab"):
            self.client.views_publish(user_id=user, view=tab)

    def _view(self, user: str) -> HomeView:
        now, prices = self.clock(), self.settings.read_prices()
        plans = OpenPlans.of(self.store.open_plans(), prices)
        known, week_ago = self.store.repositories(), now - WEEK
        before = self.store.stored_bytes_at(week_ago)
        return HomeView(
            user=user,
            storage=storage_totals(known, prices),
            change=total_change(storage_changes(known, before, week_ago), prices),
            saved=prices.total_of(self.store.freed_bytes_by_region()),
            prices=prices,
            pause=self.store.pause(),
            digest=self._newest_digest(),
            approved=first_plans(plans.approved, PLANS, self._with_link, prices),
            waiting=first_plans(plans.waiting, PLANS, self._with_link, prices),
            blocked=first_plans(plans.blocked, PLANS, self._with_link, prices),
            pins=[*map(self._by_tag, _own(self.store.pins(), user, now))],
            next_reports=self.settings.next_reports(now),
            last_runs=[
                ended_plan(self.store, plan, self._with_link)
                for plan in self.store.executed_plans(LAST_RUNS)
            ],
            now=now,
        )

    def _newest_digest(self) -> LinkedDigest | None:
        digest = self.store.newest_digest()
        if digest is None or digest.ts is None:
            return None
        link = message_link(self.settings.url, digest.channel, digest.ts)
        return LinkedDigest(digest.made_at, digest.channel, link)

    def _by_tag(self, each: RepositoryPin) -> RepositoryPin:
        """A pinned digest is shown as a tag."""
        tags = tags_of_pins(self.store, [each])
        tag = tags.get(each.pin.pin, each.pin.pin)
        return replace(each, pin=replace(each.pin, pin=tag))

    def _with_link(self, plan: PlanRecord) -> LinkedPlan:
        return with_link(self.store, self.settings.rules_of, self.settings.url, plan)


def register(app: App, context: SlackContext) -> None:
    """Bolt acknowledges events before it calls a listener. Slack opens the links of buttons
    itself, and needs an acknowledgement of the click."""
    app.event("app_home_opened")(make_listener(context, HomeTabOpened, open_home))
    app.action(numbered(OPEN_LINK))(acknowledge_link)


def acknowledge_link(ack: Ack) -> None:
    ack()


def open_home(context: SlackContext, opened: HomeTabOpened) -> None:
    """Users who may not see plans get the reason instead."""
    if opened.event.tab != "home":
        return
    if refusal := context.refusal_of(opened.sender):
        context.home_tab.refuse(opened.event.user, refusal)
    else:
        context.home_tab.open(opened.event.user)


def _own(pins: Sequence[RepositoryPin], user: str, now: datetime) -> Sequence[RepositoryPin]:
    """The user's pins that are in force, soonest end first."""
    own = [each for each in pins if each.pin.by == user and each.pin.protects(now)]
    return sorted(own, key=lambda each: (each.pin.until is None, each.pin.until or now))
