"""What listeners work with."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from slack_sdk import WebClient

from bot.core.approval_rules import ApprovalRules
from bot.core.authority import Refused, SlackPerson, may_ask_for_report
from bot.core.errors import RequestError
from bot.core.pins import Pin
from bot.core.plan import Plan
from bot.core.records import PlanRecord
from bot.core.repository import RepositoryId
from bot.ports import Clock, UsageMemory
from bot.render.decisions import refusal_words
from bot.slack.board import Board
from bot.slack.home import Home
from bot.slack.payloads import Sender
from bot.slack.people import People
from bot.store.store import Store
from bot.usecases.approve import Approver
from bot.usecases.ask_for_report import Asker
from bot.usecases.dismiss import Dismisser
from bot.usecases.find_plan import find_plan
from bot.usecases.pause import Pauser
from bot.usecases.pin import Pinner
from bot.usecases.stop import Stopper
from bot.usecases.unpin import Unpinner


@dataclass(frozen=True, slots=True)
class Desk:
    """May be used by several threads. `client` never waits for long; `url` is that of the
    workspace; `content` is that of a version of a plan. The rules name channels by id;
    `general_rules` are those of no repository in particular; `file_pins` those pins that the
    settings give a repository. `debug`: tracebacks are logged."""

    client: WebClient
    url: str
    store: Store
    board: Board
    home: Home
    people: People
    asker: Asker
    approver: Approver
    dismisser: Dismisser
    stopper: Stopper
    pinner: Pinner
    unpinner: Unpinner
    pauser: Pauser
    open_usage_memory: Callable[[], AbstractContextManager[UsageMemory]]
    content: Callable[[str, int], Plan]
    rules_of: Callable[[RepositoryId], ApprovalRules]
    general_rules: ApprovalRules
    file_pins: Callable[[RepositoryId], Sequence[Pin]]
    usd_per_gb_month: float
    clock: Clock
    debug: bool

    def person(self, sender: Sender) -> SlackPerson:
        """Raises RequestError for whoever is nobody to decide anything."""
        return self.people.person(sender.user, sender.team)

    def why_not(self, sender: Sender) -> str | None:
        """Why they are told nothing, in a sentence; None for whoever takes part. Raises
        ServiceError if Slack cannot tell who they are."""
        try:
            decision = may_ask_for_report(self.person(sender), self.general_rules)
        except RequestError as error:
            return str(error)
        return refusal_words(decision.reason) if isinstance(decision, Refused) else None

    def plan(self, id_: str) -> PlanRecord:
        """As it stands now. Raises RequestError if there is none."""
        return find_plan(self.store, id_, self.clock())
