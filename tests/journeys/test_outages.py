"""Outages during a run: the database is unreachable, and credentials expire."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.bootstrap.deletion import RunDisplay, open_run_starter
from bot.bootstrap.processes import Shutdown
from bot.bootstrap.shared_scans import SharedScans
from bot.core.plan import PlanState
from bot.core.records import ImageOutcome
from bot.playground.aws import AwsStandIn
from bot.process import system_clock
from bot.settings.load import load_settings
from bot.store.store import Store
from bot.usecases.deletion.start import RunStarter
from tests.cli.plan_execution import approved
from tests.cli.stored_plans import LOOKED_AT, Write
from tests.journeys.approved_plan import SETTINGS
from tests.postgres import Server
from tests.support import Run, Shelf

BUILDS = 401
"""In five batches, of which four are sent at the same time."""

DELETER = "arn:aws:iam::123456789012:role/deleter"


@pytest.fixture
def builds(shelf: Shelf, settings_file: Write) -> Shelf:
    """A repository with BUILDS images to delete and ten to keep."""
    settings_file(SETTINGS)
    for number in range(BUILDS + 10):
        shelf.image(f"1.{number}", age=100 - number / 100)
    return shelf


def starter(store: Store, sleep: Callable[[float], None]) -> RunStarter:
    display = RunDisplay(lambda *_: None, lambda *_: None)
    opened = open_run_starter(load_settings(None), store, SharedScans(), display, Shutdown())
    return replace(opened, runner=replace(opened.runner, sleep=sleep))


def test_the_database_is_unreachable_for_a_while(
    aws: AwsStandIn, postgresql: Server, shared_store: Store, builds: Shelf, run: Run
) -> None:
    """PostgreSQL closes all connections during a run, and accepts none until the run has waited
    three times."""
    plan = approved(run)
    slept: list[float] = []

    def name() -> str:
        return str(shared_store._database._engine.url.database)

    def close_connections() -> None:
        postgresql.run(f"ALTER DATABASE {name()} ALLOW_CONNECTIONS false")
        postgresql.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{name()}' AND pid <> pg_backend_pid()"
        )

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            postgresql.run(f"ALTER DATABASE {name()} ALLOW_CONNECTIONS true")

    with after_call(aws, "ecr:BatchDeleteImage", 4, close_connections):
        done = starter(shared_store, sleep).start(plan, system_clock())
    assert slept == [2, 4, 8]
    assert done.state is PlanState.DONE
    assert Counter(item.outcome for item in shared_store.items(plan, 1)) == {
        ImageOutcome.DELETED: BUILDS
    }
    assert len(builds.repository.manifests) == 10


@contextmanager
def after_call(aws: AwsStandIn, name: str, number: int, act: Callable[[], None]) -> Iterator[None]:
    """Calls `act` when the stand-in has recorded `number` calls, before it answers the last one."""
    record = aws.world.calls.record

    def recording(call: object) -> None:
        record(call)  # type: ignore[arg-type]
        if getattr(call, "name", "") == name and aws.world.calls.count(name) == number:
            act()

    aws.world.calls.record = recording  # type: ignore[method-assign]
    yield
    del aws.world.calls.record


@pytest.mark.usefixtures("builds")
def test_credentials_expire_during_a_run(
    aws: AwsStandIn,
    shared_store: Store,
    run: Run,
    settings_file: Write,
) -> None:
    """The stand-in's clock advances by an hour, so the session of the deleting role expires."""
    aws.world.identities.add_role(DELETER, external_id="the-id")
    settings_file(
        f"{LOOKED_AT}execution: {{undo_window: 0s}}\n"
        f"registries: [{{delete_role_arn: '{DELETER}', external_id: the-id}}]"
    )
    plan = approved(run)

    def expire() -> None:
        aws.world.clock.advance(timedelta(hours=1, seconds=1))

    opened = starter(shared_store, lambda _seconds: None)
    runner = replace(opened.runner, clock=aws.world.clock.now)
    with after_call(aws, "ecr:BatchDeleteImage", 4, expire):
        done = replace(opened, runner=runner).start(plan, aws.world.clock.now())
    assert done.state is PlanState.DONE
    assert Counter(item.outcome for item in shared_store.items(plan, 1)) == {
        ImageOutcome.DELETED: BUILDS
    }
    sessions = [each for each in aws.world.identities.sessions if each.role_arn == DELETER]
    assert len(sessions) >= 2
    assert {each.name for each in sessions} == {f"ecr-clean-{plan}-demo"}
    callers = {call.principal for call in aws.world.calls.named("ecr:BatchDeleteImage")}
    assert callers == {f"arn:aws:sts::123456789012:assumed-role/deleter/ecr-clean-{plan}-demo"}
