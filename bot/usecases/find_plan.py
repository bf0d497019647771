"""Finds a stored plan, as it stands now."""

import re
from collections.abc import Container
from contextlib import suppress
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from bot.core.errors import ReplacedError, RequestError
from bot.core.plan import Plan
from bot.core.plan_state import OPEN, PlanState
from bot.core.records import PlanRecord
from bot.core.repository import RepositoryId
from bot.core.transitions import is_expired
from bot.usecases.expire import expiry

if TYPE_CHECKING:
    from bot.store.store import Store

_ID = re.compile(r"\w+", re.ASCII)
"""Of other signs no id is made, and a database may refuse them."""


class Version(NamedTuple):
    """A plan with the content of its newest version."""

    record: PlanRecord
    content: Plan


def find_plan(store: "Store", id_: str, now: datetime) -> PlanRecord:
    """A plan that has run out is ended first. Raises RequestError if there is none."""
    is_id = _ID.fullmatch(id_) is not None
    while plan := store.plan(id_) if is_id else None:
        if not is_expired(plan, now):
            return plan
        store.commit(expiry(plan, now))
    known = [plan.id for plan in store.open_plans()]
    close = get_close_matches(id_, known, n=1)
    hint = f"did you mean {close[0]}?" if close else "ecr-clean plans lists them"
    raise RequestError(f"There is no plan {id_ if is_id else repr(id_)}: {hint}")


def find_open_plan(store: "Store", repository: RepositoryId, now: datetime) -> PlanRecord | None:
    """A plan that has run out is ended, and open no more."""
    plan = store.open_plan(repository)
    while plan and is_expired(plan, now):
        store.commit(expiry(plan, now))
        plan = store.open_plan(repository)
    return plan


def find_open_version(
    store: "Store", repository: RepositoryId, now: datetime, states: Container[PlanState] = OPEN
) -> Version | None:
    """Of the open plan, if it is in one of these states. Somebody may replace a version while it is
    read: then the next one is read."""
    while (plan := find_open_plan(store, repository, now)) and plan.state in states:
        with suppress(ReplacedError):
            return Version(plan, store.content(plan.id, plan.version))
    return None
