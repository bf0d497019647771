"""All that the Home tab shows one person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.core.estate import Estate
from bot.core.records import Outcome, Pause, PlanRecord, RepositoryPin


class NextReport(NamedTuple):
    """When an entry of `reports` runs next. `repositories`: its patterns, as they are written;
    `channel`: an id. UTC."""

    at: datetime
    repositories: Sequence[str]
    channel: str


class OpenPlan(NamedTuple):
    """`link`: to its newest message, None if it is shown nowhere."""

    plan: PlanRecord
    link: str | None


class LastRun(NamedTuple):
    """A plan that was carried out, wholly or in part."""

    plan: PlanRecord
    counts: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True)
class HomeView:
    """UTC, bytes, USD a GB a month. `open_plans`: the newest; `more_plans`: how many more. `pins`:
    those that run out soon, whoever's they are, soonest first. `saved_bytes`: what all runs of the
    bot have freed so far."""

    user: str
    estate: Estate
    saved_bytes: int
    usd_per_gb_month: float
    pause: Pause | None
    open_plans: Sequence[OpenPlan]
    more_plans: int
    pins: Sequence[RepositoryPin]
    next_reports: Sequence[NextReport]
    last_runs: Sequence[LastRun]
    now: datetime
