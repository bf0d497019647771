"""Posts reports in Slack, without anybody there who listens."""

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from bot.cli.status import StatusCollector
from bot.core.due import DueOutcome, DueReport, Entry, Rest, Round, why_not_posted
from bot.core.errors import ServiceError
from bot.core.plan_state import PlanState
from bot.core.records import PlanRecord
from bot.core.repository import RepositoryId
from bot.render.posted import Posted
from bot.slack.api import PostLimiter, message_link, post_message
from bot.slack.messages.rest import rest_message
from bot.slack.plan_messages import PlanMessages
from bot.usecases.proposals import Proposal
from bot.wiring import Workspace, system_clock


@dataclass(frozen=True, slots=True)
class Postman:
    """What cannot be posted is told, and goes into the outcome."""

    workspace: Workspace
    plan_messages: PlanMessages
    outcome: StatusCollector
    _pace: PostLimiter = field(
        default_factory=lambda: PostLimiter(time.monotonic, time.sleep), init=False
    )
    _rest: defaultdict[str, list[tuple[PlanRecord, DueReport]]] = field(
        default_factory=lambda: defaultdict(list), init=False
    )

    def post(self, proposal: Proposal) -> Iterator[Posted]:
        plan = proposal.record
        usd, channel = proposal.content.savings.usd_per_month, self._channel(plan.repository)
        self._pace.wait(channel)
        try:
            message = self.plan_messages.post(plan.id, channel)
        except ServiceError as error:
            self.outcome.failed(error)
            return
        posted = self._posted(plan, usd, DueOutcome.POSTED, channel, message.ts)
        if self.plan_messages.is_shown(message):
            yield posted
        else:
            self.outcome.failed(_only_begun(posted))

    def post_if_worth_it(self, proposal: Proposal, entry: Entry) -> Iterator[Posted]:
        """What people decided on already is left out; the rest is kept until it is told."""
        plan = proposal.record
        if plan.state is not PlanState.PROPOSED:
            return
        why = why_not_posted(proposal.content, entry.min_saving)
        if why is None:
            yield from self.post(proposal)
            return
        round_ = Round(entry.name, _now(), entry.min_saving)
        usd = proposal.content.savings.usd_per_month
        self._rest[entry.name].append((plan, DueReport(plan.repository.uri, round_, why, usd)))

    def tell_the_rest(self) -> Iterator[Posted]:
        """A line for each entry of `reports`."""
        for kept in self._rest.values():
            yield from self._tell(kept)

    def _tell(self, kept: list[tuple[PlanRecord, DueReport]]) -> Iterator[Posted]:
        reports = tuple(report for _, report in kept)
        content = rest_message(Rest(reports[0].round, reports, ()))
        channel = self._channel(kept[0][0].repository)
        self._pace.wait(channel)
        try:
            ts = post_message(
                self.workspace.client, "Telling of the other repositories", channel, content
            )
        except ServiceError as error:
            self.outcome.failed(error)
            return
        for plan, report in kept:
            assert report.outcome, "it has none only where it was posted"
            yield self._posted(plan, report.usd, report.outcome, channel, ts)

    def _channel(self, repository: RepositoryId) -> str:
        channel = self.workspace.rules_of(repository).channel
        assert channel, "others were left out"
        return channel

    def _posted(
        self, plan: PlanRecord, usd: float, outcome: DueOutcome, channel: str, ts: str
    ) -> Posted:
        link = message_link(self.workspace.url, channel, ts)
        return Posted(plan, usd, outcome, channel, ts, link)


def _only_begun(posted: Posted) -> ServiceError:
    return ServiceError(
        f"The report of {posted.plan.repository.name} is no more than its first line "
        f"({posted.link}), since Slack did not take the rest: a running `ecr-clean serve` "
        "completes it; without one, post it again"
    )


def _now() -> datetime:
    return system_clock().replace(tzinfo=None)
