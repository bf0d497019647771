"""The use cases by which people decide."""

import secrets
from functools import partial
from typing import TYPE_CHECKING

from bot.core.approval_rules import ApprovalRules
from bot.core.authority import AwsIdentity, Person
from bot.settings import Settings
from bot.usecases.approve import Approver
from bot.usecases.dismiss import Dismisser
from bot.usecases.pin import Pinner
from bot.usecases.planning import Planner
from bot.usecases.propose import Proposer
from bot.usecases.stop import Stopper
from bot.usecases.unpin import Unpinner
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
        pinner=open_pinner(settings, store),
        clock=system_clock,
        new_id=_new_id,
        expires_after=settings.approval.expires_after,
        person=person,
    )


def open_pinner(settings: Settings, store: "Store") -> Pinner:
    return Pinner(
        store=store,
        clock=system_clock,
        rules_of=_rules_of(settings),
        usd_per_gb_month=settings.price_per_gb_month,
        expires_after=settings.approval.expires_after,
    )


def open_unpinner(settings: Settings, store: "Store") -> Unpinner:
    return Unpinner(store, system_clock, _rules_of(settings), open_authority(settings))


def open_approver(settings: Settings, store: "Store") -> Approver:
    return Approver(store, system_clock, _rules_of(settings), settings.execution.undo_window)


def open_dismisser(settings: Settings, store: "Store") -> Dismisser:
    return Dismisser(store, system_clock, _rules_of(settings))


def open_stopper(settings: Settings, store: "Store") -> Stopper:
    return Stopper(store, system_clock, _rules_of(settings))


def _rules_of(settings: Settings) -> partial[ApprovalRules]:
    """On the command line there is no workspace."""
    return partial(settings.approval_rules, workspace=None)


def _new_id() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(ID_LENGTH))
