"""A digest in the channel of a running bot, and users who approve several of its plans."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.core.digests import Digest
from bot.core.plan import Plan
from bot.core.plan_transitions import with_new_content
from bot.core.records import AuditEventName, PlanRecord, StoreChange
from bot.core.report_schedules import ReportOutcome, ReportRound, ScheduledReport
from bot.core.repository import RepositoryId
from bot.playground.slack import ActionOutcome, SimulatedUser
from bot.slack.action_ids import APPROVE_PLANS, CHOSEN_PLANS
from tests.render.builders import HERE
from tests.slack.messages.plan_views import read
from tests.slack.running_bot import WEEK, Json, RunningBot, content
from tests.slack.support import message_at
from tests.support import NOW

ROUND = ReportRound("*", NOW.replace(tzinfo=None), 0.0)


def named(name: str) -> RepositoryId:
    return replace(HERE, name=name, uri=f"{HERE.uri.partition('/')[0]}/{name}")


@dataclass
class PostedDigest:
    """A digest with these plans, and its message."""

    bot: RunningBot
    digest: Digest
    plans: Sequence[PlanRecord]

    @property
    def message(self) -> Json:
        return {"channel": self.digest.channel, "ts": self.digest.ts}

    def clicks(self, person: SimulatedUser, action_id: str, **how: Any) -> ActionOutcome:
        """Confirms the dialog, if there is one."""
        outcome = person.uses(action_id, **self.message, **how)
        if outcome.result == "confirm":
            outcome = person.uses(action_id, confirm=True, **self.message, **how)
        self.bot.wait_until_idle()
        return outcome

    def opens(self, person: SimulatedUser) -> str:
        """Clicks *Approve several…*, and returns the text of the modal."""
        assert self.clicks(person, APPROVE_PLANS).ok
        return shown(person)

    def picks(self, person: SimulatedUser, plans: Iterable[PlanRecord]) -> str:
        """Chooses among the first options, and returns the text of the modal."""
        person.looks_for("", CHOSEN_PLANS)
        assert person.uses(CHOSEN_PLANS, value=[plan.id for plan in plans]).ok
        self.bot.wait_until_idle()
        return shown(person)

    def chooses(self, person: SimulatedUser, plans: Iterable[PlanRecord]) -> str:
        """Opens the modal and submits a choice. Returns the text of the second modal."""
        self.opens(person)
        self.picks(person, plans)
        return self.submits(person)

    def submits(self, person: SimulatedUser) -> str:
        assert self.bot.submits(person).ok
        return shown(person)

    def approves(self, person: SimulatedUser, total: int | str) -> str:
        """Types the number of images, and returns the text of the modal."""
        assert self.bot.submits(person, typed_total=str(total)).ok
        return shown(person)

    def shown(self, person: SimulatedUser) -> Json:
        """The digest as the user sees it."""
        return message_at(person, self.digest.channel, self.digest.ts or "")

    def thread(self, person: SimulatedUser) -> list[Json]:
        """The replies to the digest after the list of all repositories."""
        listed, *others = self.shown(person)["replies"]
        assert listed["files"]
        return list(others)

    def now(self, plan: PlanRecord) -> PlanRecord:
        found = self.bot.store.plan(plan.id)
        assert found
        return found

    def approvals(self) -> list[str]:
        """The plans of all audit events about approvals."""
        events = self.bot.store.events()
        return [each.plan or "" for each in events if each.event is AuditEventName.APPROVED]


def post_digest(bot: RunningBot, plans: Sequence[PlanRecord]) -> PostedDigest:
    reports = [
        ScheduledReport(plan.repository.uri, ROUND, ReportOutcome.READY, plan=plan.id)
        for plan in plans
    ]
    bot.store.add_reports(reports, NOW)
    made = Digest("d1", ROUND.entry, ROUND.local, bot.channel, NOW)
    bot.store.make_digest(made)
    bot.context.digest_messages.post(made)
    bot.context.digest_messages.update(made.id)
    digest = bot.store.digest("d1")
    assert digest
    return PostedDigest(bot, digest, plans)


def changed(bot: RunningBot, plan: PlanRecord, *tags: str, **facts: Any) -> PlanRecord:
    """The next version of the plan, which deletes all images but the first."""
    made = replace(content(*tags or ("new", "old"), **facts), repository=plan.repository)
    after = with_new_content(plan, made, bot.clock(), bot.clock() + WEEK)
    assert bot.store.commit(StoreChange((), plan, after, made))
    return after


def repositories(
    bot: RunningBot, number: int, what: Plan | None = None, prefix: str = "team/r"
) -> list[PlanRecord]:
    """Proposed plans of `number` repositories; each deletes two images."""
    made = what or content("new", "old", "older")
    names = (f"{prefix}{n:04}" for n in range(number))
    return [bot.proposed(replace(made, repository=named(name))) for name in names]


def shown(person: SimulatedUser) -> str:
    modal = person.modal()
    assert modal
    return read(modal["blocks"])
