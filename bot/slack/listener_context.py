"""The clients, settings and use cases that Slack listeners work with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slack_sdk import WebClient

from bot.core.errors import RequestError
from bot.core.permissions import PermissionRefused, SlackUser, may_ask_for_report
from bot.core.pins import Pin
from bot.core.policy import ApprovalRules
from bot.core.records import PlanRecord
from bot.core.repository import RepositoryId
from bot.ports import Clock, PriceReader
from bot.render.refusals import refusal_words
from bot.slack.block_fallback import BlockFallback
from bot.slack.digest_messages import DigestMessages
from bot.slack.directory import SlackUsers
from bot.slack.payloads import PayloadSender
from bot.slack.plan_contents import PlanContents
from bot.slack.plan_messages import PlanMessages
from bot.store.store import Store
from bot.usecases.decisions import Decisions
from bot.usecases.digests import DigestRequestQueue
from bot.usecases.pins import Pins
from bot.usecases.proposals import find_plan
from bot.usecases.reports import ReportRequestQueue
from bot.usecases.selections import Selections

if TYPE_CHECKING:
    from bot.slack.home_tab import HomeTab


@dataclass(frozen=True, slots=True)
class SlackContext:
    """What listeners use. Thread-safe. `client`: retries only after short waits; `url`: of the
    workspace. The rules name channels by ID; `general_rules`:
    for no particular repository; `file_pins`: pins of a repository in the settings. `debug`: log
    tracebacks."""

    client: WebClient
    block_fallback: BlockFallback
    url: str
    store: Store
    plan_messages: PlanMessages
    digest_messages: DigestMessages
    home_tab: "HomeTab"
    users: SlackUsers
    report_requests: ReportRequestQueue
    digest_requests: DigestRequestQueue
    decisions: Decisions
    selections: Selections
    pins: Pins
    contents: PlanContents
    rules_of: Callable[[RepositoryId], ApprovalRules]
    general_rules: ApprovalRules
    file_pins: Callable[[RepositoryId], Sequence[Pin]]
    read_prices: PriceReader
    clock: Clock
    debug: bool

    def person(self, sender: PayloadSender) -> SlackUser:
        """The user as Slack knows them. Raises RequestError for bots, deactivated and unknown
        users."""
        return self.users.person(sender.user, sender.team)

    def profile(self, sender: PayloadSender) -> SlackUser:
        """As `person`, but without user groups: fast enough to open a modal after it."""
        return self.users.profile(sender.user, sender.team)

    def refusal_of(self, sender: PayloadSender) -> str | None:
        """Why the user may not see plans; None if they may. Raises ServiceError if Slack cannot
        look them up."""
        try:
            decision = may_ask_for_report(self.person(sender), self.general_rules)
        except RequestError as error:
            return str(error)
        return refusal_words(decision.reason) if isinstance(decision, PermissionRefused) else None

    def plan(self, id_: str) -> PlanRecord:
        """The stored plan. Raises RequestError if there is none."""
        return find_plan(self.store, id_, self.clock())
