"""The use cases by which people decide."""

import secrets
from functools import partial
from typing import TYPE_CHECKING

from bot.core.authority import AwsIdentity, Person
from bot.ports import Clock
from bot.settings import Settings
from bot.usecases.decisions import Decisions
from bot.usecases.pins import Pins
from bot.usecases.planning import Planner
from bot.usecases.proposals import PlanTerms, Proposer
from bot.wiring.authority import open_authority
from bot.wiring.clients import identify, system_clock

if TYPE_CHECKING:
    from bot.store.store import Store

_LETTERS = "bcdfghjkmnpqrstvwxz23456789"
"""None that looks like another, and no words by chance."""

ID_LENGTH = 8


def command_line_person(settings: Settings) -> AwsIdentity:
    """Whoever the AWS credentials belong to. Raises ServiceError."""
    return AwsIdentity(identify(settings).arn)


def open_proposer(settings: Settings, store: "Store", planner: Planner, person: Person) -> Proposer:
    return Proposer(
        store=store,
        planner=planner,
        clock=system_clock,
        new_id=_new_id,
        terms=_terms(settings),
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


def open_pins(
    settings: Settings, store: "Store", workspace: str | None = None, clock: Clock = system_clock
) -> Pins:
    """`workspace` as in `open_decisions`."""
    return Pins(
        store=store,
        clock=clock,
        rules_of=partial(settings.approval_rules, workspace=workspace),
        authority=open_authority(settings),
        terms=_terms(settings),
    )


def _terms(settings: Settings) -> PlanTerms:
    return PlanTerms(settings.price_per_gb_month, settings.approval.expires_after)


def _new_id() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(ID_LENGTH))
