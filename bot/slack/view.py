"""All that a message about a plan shows: stored state, and what the settings say of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.plan import Plan
from bot.core.records import Event, Item, Outcome, Pause, PlanRecord


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan as one message shows it. UTC, bytes, USD a GB a month.

    `looked_at`: when its content was last found to be so. `counts`: how many digests have which
    outcome; `told`: some that were spared or failed, failed first. `here`: the channel of the
    message; `home`: the only one in which the plan can be approved, None if there is none.
    `saved_bytes`: what all runs of the bot have freed so far. `why_not_started`: why the plan could
    not begin, and was proposed again. `needs_typing`: whoever approves has to type the repository's
    name. `last_event`: what happened to the plan last, apart from refusals; None if nobody knows.
    `pause`: nothing begins as long as it lasts.
    """

    plan: PlanRecord
    content: Plan
    looked_at: datetime
    counts: Mapping[Outcome, int]
    told: Sequence[Item]
    required: int
    here: str
    home: str | None
    report_only: bool
    usd_per_gb_month: float
    saved_bytes: int
    why_not_started: str | None
    now: datetime
    needs_typing: bool
    last_event: Event | None
    pause: Pause | None

    @property
    def done(self) -> int:
        """Digests whose fate is known."""
        return sum(n for outcome, n in self.counts.items() if outcome is not Outcome.PENDING)
