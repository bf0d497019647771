"""Builds use cases: decisions, pins, proposals, scheduled reports and permission checks."""

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bot.bootstrap.planning import identify, open_named_registries, open_registries
from bot.bootstrap.prices import open_price_reader
from bot.bootstrap.slack import approvers_to_look_up, is_in_slack, open_client
from bot.core.errors import RequestError, ServiceError
from bot.core.permissions import AwsIdentity, Person, SlackUser
from bot.parallel import ExpiringCache
from bot.ports import Clock
from bot.process import system_clock
from bot.settings.model import Settings
from bot.usecases.check_authority import AuthorityChecker
from bot.usecases.decisions import Decisions
from bot.usecases.pins import Pins
from bot.usecases.planning import Planner
from bot.usecases.proposals import PlanTerms, Proposer
from bot.usecases.reports import ReportScheduler
from bot.usecases.repositories import RepositorySync
from bot.usecases.selections import Selections

if TYPE_CHECKING:
    from bot.slack.directory import SlackUsers
    from bot.store.store import Store


SECONDS_BETWEEN_RETRIES = 15.0

_LETTERS = "bcdfghjkmnpqrstvwxz23456789"
"""Without characters that look alike, and without vowels, so that no id is a word by chance."""

ID_LENGTH = 8


def open_authority(settings: Settings) -> AuthorityChecker:
    """Connects to Slack only when it is first needed."""
    return AuthorityChecker(
        rules_of=partial(settings.approval_rules, workspace=None),
        general_rules=settings.general_rules(workspace=None),
        directory=SlackUserDirectory(settings) if is_in_slack() else MissingUserDirectory(),
    )


class _OpenedWorkspace(NamedTuple):
    workspace: str
    people: "SlackUsers"


class SlackUserDirectory:
    """Looks up people in Slack. May be used by several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection: ExpiringCache[None, _OpenedWorkspace] = ExpiringCache(
            lambda _: self._open(), math.inf, SECONDS_BETWEEN_RETRIES
        )

    def workspace(self) -> str:
        return self._connection.get(None).workspace

    def person(self, user_id: str) -> SlackUser:
        return self._connection.get(None).people.member(user_id)

    def _open(self) -> _OpenedWorkspace:
        from bot.slack.api import calling  # noqa: PLC0415 - few commands need Slack
        from bot.slack.directory import SlackUsers  # noqa: PLC0415

        try:
            client = open_client()
        except RequestError as error:
            raise ServiceError(str(error)) from error
        with calling("Asking who the bot is"):
            workspace = str(client.auth_test()["team_id"])
        return _OpenedWorkspace(
            workspace, SlackUsers(client, workspace, approvers_to_look_up(self._settings))
        )


@dataclass(frozen=True, slots=True)
class MissingUserDirectory:
    """For a process without a Slack token: raises ServiceError."""

    def workspace(self) -> str:
        raise ServiceError(
            "This process does not know its Slack workspace, since SLACK_BOT_TOKEN is not set"
        )

    def person(self, user_id: str) -> SlackUser:
        raise ServiceError(
            f"This process cannot look up {user_id} in Slack, since SLACK_BOT_TOKEN is not set: "
            "set it, or let a process with a token run the plan"
        )


def command_line_person(settings: Settings) -> AwsIdentity:
    """The owner of the AWS credentials. Raises ServiceError."""
    return AwsIdentity(identify(settings).arn)


def open_proposer(settings: Settings, store: "Store", planner: Planner, person: Person) -> Proposer:
    return Proposer(
        store=store,
        planner=planner,
        clock=system_clock,
        new_id=new_id,
        terms=_terms(settings, store),
        person=person,
    )


def open_decisions(
    settings: Settings, store: "Store", workspace: str | None = None, clock: Clock = system_clock
) -> Decisions:
    """`workspace`: the id of the Slack workspace, None on the command line."""
    return Decisions(
        store=store,
        clock=clock,
        rules_of=partial(settings.approval_rules, workspace=workspace),
        general_rules=settings.general_rules(workspace),
        undo_window=settings.execution.undo_window,
    )


def open_selections(settings: Settings, store: "Store", decisions: Decisions) -> Selections:
    return Selections(store, decisions, open_price_reader(settings, store), new_id)


def open_pins(
    settings: Settings, store: "Store", workspace: str | None = None, clock: Clock = system_clock
) -> Pins:
    """`workspace` as in `open_decisions`."""
    return Pins(
        store=store,
        clock=clock,
        rules_of=partial(settings.approval_rules, workspace=workspace),
        authority=open_authority(settings),
        terms=_terms(settings, store),
    )


def _terms(settings: Settings, store: "Store") -> PlanTerms:
    read_prices = open_price_reader(settings, store)
    return PlanTerms(lambda region: read_prices().of(region), settings.approval.expires_after)


def new_id() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(ID_LENGTH))


def open_report_scheduler(
    settings: Settings, store: "Store", warn: Callable[[str], None]
) -> ReportScheduler:
    """`warn` gets sentences for the log."""
    registries = {named.name: named.registry for named in open_named_registries(settings)}
    return ReportScheduler(store, settings.due_entries(), registries, store.made_at, warn)


def open_repository_sync(
    settings: Settings, store: "Store", warn: Callable[[str], None]
) -> RepositorySync:
    """`warn` gets sentences for the log."""
    return RepositorySync(store, open_registries(settings), warn)
