"""Opens a database of the last version that stored sentences, with plans in every state, shows it,
and runs its plans. `version_0010.json` was written by that version."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, insert, text

from bot.core.plan import PlanState
from bot.core.records import ImageOutcome
from bot.playground.aws import AwsStandIn
from bot.render.audit_events import detail_words, item_words
from bot.render.plan_summary import why
from bot.store.database import upgrade
from bot.store.manifest_cache import SqliteManifestCache
from bot.store.store import Store, open_database, open_store
from tests.postgres import postgresql
from tests.store.conftest import empty_url, kind
from tests.support import NOW, Shelf
from tests.usecases.aws_env import THERE, AwsEnv

__all__ = ["empty_url", "kind", "postgresql"]

STORED = Path(__file__).with_name("version_0010.json")
NEXT_EVENT = "SELECT setval(pg_get_serial_sequence('audit_events', 'id'), 100)"
"""PostgreSQL does not count rows whose numbers were given."""

DONE, EXECUTING, CUT, APPROVED, PROPOSED = (f"plan{number}" for number in range(1, 6))


@pytest.fixture
def store(empty_url: str) -> Iterator[Store]:
    database = open_database(empty_url)
    with database.writing() as session:
        upgrade(session.connection(), "0010")
    with database.writing() as session:
        tables = MetaData()
        tables.reflect(session.connection())
        stored = json.loads(STORED.read_text())
        for table in tables.sorted_tables:
            if rows := stored.get(table.name):
                kept = [{name: _value(found) for name, found in row.items()} for row in rows]
                if table.name == "about":
                    session.execute(table.delete())
                session.execute(insert(table).values(kept))
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text(NEXT_EVENT))
    database.close()
    with open_store(empty_url) as opened:
        yield opened


def _value(found: Any) -> Any:
    if isinstance(found, dict) and "base64" in found:
        return base64.b64decode(found["base64"])
    if isinstance(found, dict) and "utc" in found:
        return datetime.fromisoformat(found["utc"])
    return found


@pytest.fixture
def aws_envs(
    aws: AwsStandIn, environment: Path, store: Store, tmp_path: Path
) -> Iterator["AwsEnvs"]:
    del environment
    aws.world.clock.set(NOW)
    with SqliteManifestCache(tmp_path / "manifests.db") as cache:
        yield AwsEnvs(aws, store, cache)


class AwsEnvs:
    """The repositories in their state when the database was written."""

    def __init__(self, aws: AwsStandIn, store: Store, cache: SqliteManifestCache) -> None:
        self._parts = aws, store, cache

    def at(self, name: str) -> AwsEnv:
        aws, store, cache = self._parts
        shelf = Shelf(aws, f"team/{name}")
        for number in range(6):
            shelf.image(f"1.{number}", age=100 - number)
        shelf.index("2.0", "2.0-arm", "2.0-amd", age=110)
        aws_env = AwsEnv(aws, shelf, store, cache)
        aws_env.wait(minutes=5)
        return aws_env


def test_old_sentences_are_shown(store: Store) -> None:
    items = store.items(DONE, 1)
    assert {item_words(item) for item in items if item.outcome is ImageOutcome.SKIPPED} == {
        "somebody pulled it 2026-11-23 12:05 UTC, after the plan was made"
    }
    assert "not among the 2 newest images tagged * (7th), and no other rule keeps it" in {
        item_words(item) for item in items
    }
    reasons = {why(judged) for judged in store.content(PROPOSED, 2).judged}
    assert "1.0 is pinned by arn:aws:iam::123456789012:user/ann: a customer runs it" in reasons
    details = [detail_words(event.detail) for event in store.events()]
    assert "6 deleted, 1 spared; 5,050 bytes freed" in details
    assert "pins spare 1 of 7 that were to go" in details


def test_every_plan_is_read(store: Store) -> None:
    states = {plan.id: plan.state for plan in store.plans()}
    assert states == {
        DONE: PlanState.DONE,
        EXECUTING: PlanState.EXECUTING,
        CUT: PlanState.EXECUTING,
        APPROVED: PlanState.APPROVED,
        PROPOSED: PlanState.PROPOSED,
    }
    for plan in store.plans():
        content = store.content(plan.id, plan.version)
        assert [item.digest for item in store.items(plan.id, plan.version)] == [*content.delete]


def test_an_old_approval_counts(aws_envs: AwsEnvs, store: Store) -> None:
    aws_env = aws_envs.at("approved")
    plan = store.plan(APPROVED)
    assert plan
    after = aws_env.execute(plan)
    assert after.state is PlanState.DONE
    assert {item.outcome for item in store.items(APPROVED, 1)} == {ImageOutcome.DELETED}
    aws_env.check_results(plan)


def test_a_shortened_run_ends_as_stopped(aws_envs: AwsEnvs, store: Store) -> None:
    aws_env = aws_envs.at("executing")
    plan = store.plan(EXECUTING)
    assert plan
    aws_env.wait(minutes=5)
    assert aws_env.take_over(plan, THERE).state is PlanState.STOPPED
    assert {item.outcome for item in store.items(EXECUTING, 1)} == {ImageOutcome.SKIPPED}
    assert {item_words(item) for item in store.items(EXECUTING, 1)} == {
        "was not reached: arn:aws:iam::123456789012:user/ann stopped the run"
    }


def test_a_run_is_resumed(aws_envs: AwsEnvs, store: Store) -> None:
    aws_env = aws_envs.at("interrupted")
    plan = store.plan(CUT)
    assert plan
    aws_env.wait(minutes=5)
    assert aws_env.take_over(plan, THERE).state is PlanState.DONE
    assert {item.outcome for item in store.items(CUT, 1)} == {ImageOutcome.DELETED}


def test_a_proposal_is_approved_and_run(aws_envs: AwsEnvs, store: Store) -> None:
    aws_env = aws_envs.at("proposed")
    plan = store.plan(PROPOSED)
    assert plan
    approved = aws_env.approve(plan)
    aws_env.wait(minutes=5)
    assert aws_env.execute(approved).state is PlanState.DONE
    pinned = aws_env.shelf.world.manifest(aws_env.shelf.repository, "1.0")
    assert pinned.digest in aws_env.there
