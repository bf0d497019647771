"""Costs of repositories in Regions with different prices, with `price_per_gb_month: auto`."""

from dataclasses import replace

import pytest

from bot.core.plan import PlanState
from bot.core.records import AuditEventName, LastScan, PlanRecord, StoreChange
from bot.core.repository import RegistryId, RepositoryId
from bot.playground.slack import SimulatedUser
from tests.render.builders import GB, HERE
from tests.slack.conftest import StartBot
from tests.slack.running_bot import RunningBot, content
from tests.slack.test_commands import answer_to
from tests.slack.test_home_tab import opened
from tests.store.support import PLACE, event
from tests.support import NOW

AWAY = RegistryId(PLACE.account, "ap-east-1")
THERE = RepositoryId(AWAY, "team/far", f"{PLACE.account}.dkr.ecr.ap-east-1.amazonaws.com/team/far")


@pytest.fixture
def bot(start_bot: StartBot) -> RunningBot:
    """`team/api` frees 2 of 100 GB, `team/far` frees 1 of 10 GB and was cleaned before."""
    bot = start_bot(price_per_gb_month="auto")
    bot.store.save_repositories(PLACE, [HERE], NOW)
    bot.store.save_repositories(AWAY, [THERE], NOW)
    ended(bot, bot.proposed(replace(content("new", "old"), repository=THERE)), 5 * GB)
    scanned(bot, bot.proposed(), 100 * GB)
    scanned(bot, bot.proposed(replace(content("new", "old"), repository=THERE)), 10 * GB)
    return bot


def scanned(bot: RunningBot, plan: PlanRecord, stored_bytes: int) -> None:
    bot.store.save_scan(plan.repository, LastScan(plan, NOW, stored_bytes))


def ended(bot: RunningBot, plan: PlanRecord, freed_bytes: int) -> None:
    after = replace(plan, state=PlanState.DONE, freed_bytes=freed_bytes)
    assert bot.store.commit(StoreChange([event(AuditEventName.ENDED)], plan, after))


def read_prices(bot: RunningBot) -> None:
    bot.store.save_price(PLACE.region, 0.10, NOW)
    bot.store.save_price(AWAY.region, 1.00, NOW)


def test_home_adds_up_what_each_region_costs(bot: RunningBot, ann: SimulatedUser) -> None:
    read_prices(bot)
    said = opened(bot, ann)
    assert "*Cost now:* $240 a year (110 GB), in 2 repositories\n" in said
    assert "*Could be saved:* $14 a year (3 GB)" in said
    assert "*Saved so far:* $60 a year (5 GB)" in said
    assert "~ 2 plans, $14 a year (3 GB) together. Largest savings first." in said
    waiting = said.partition("# Waiting for approval\n")[2]
    assert waiting.index("`team/far`: *saves $12 a year*") < waiting.index("`team/api`: *saves $2")


def test_list_shows_the_largest_savings_first(bot: RunningBot, ann: SimulatedUser) -> None:
    read_prices(bot)
    said = answer_to(bot, ann, "list")
    assert said.startswith("*Cost now:* $240 a year (110 GB), in 2 repositories\n")
    first, second = (line for line in said.splitlines() if line.startswith("•"))
    assert first.startswith("• `team/far`: *could save $12 a year* (1 GB) · costs $120 a year")
    assert second.startswith("• `team/api`: *could save $2.40 a year* (2 GB) · costs $120 a year")


def test_status_and_history(bot: RunningBot, ann: SimulatedUser) -> None:
    read_prices(bot)
    said = answer_to(bot, ann, "status")
    assert said.index("`team/far`: *saves $12 a year*") < said.index("`team/api`: *saves $2.40 a")
    said = answer_to(bot, ann, "history")
    assert "`team/far`: 0 manifests deleted; freed 5 GB, saves $60 a year" in said
    assert "*Saved so far, all repositories:* $60 a year (5 GB)" in said


def test_prices_that_were_not_read_yet(bot: RunningBot, ann: SimulatedUser) -> None:
    """This process never asks AWS: there is none here."""
    assert "*Cost now:* $132 a year (110 GB), in 2 repositories\n" in opened(bot, ann)
    bot.store.save_price(AWAY.region, 1.00, NOW)
    assert answer_to(bot, ann, "list").startswith("*Cost now:* $240 a year (110 GB)")
