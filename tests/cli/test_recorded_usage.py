"""Commands record what is in use, if there is a database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.last_use import ScanPlace
from bot.playground.aws import DEFAULT_ACCOUNT, AwsStandIn
from bot.process import system_clock
from bot.store.store import Store, open_store
from bot.usecases.usage_history import USES_KEPT_FOR
from tests.cli.stored_plans import Write
from tests.support import Run, Shelf, others_off

LISTS = "ecr:DescribeImages"
ECS = ScanPlace("ecs", f"{DEFAULT_ACCOUNT} in eu-west-1")


@pytest.fixture
def running(aws: AwsStandIn, shelf: Shelf, settings_file: Write) -> str:
    """The digest of an image that a service runs by its tag."""
    settings_file(f"usage: {{{others_off('ecs')}}}")
    digest = shelf.image("a", "1.0")
    aws.world.ecs().create_service("prod", "api", [f"{shelf.id.uri}:1.0"])
    return digest


@pytest.fixture
def store(own_database: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{own_database}") as opened:
        yield opened


def scanned(store: Store) -> set[str]:
    return {place.source for place in store.usage_scans(system_clock() - USES_KEPT_FOR)}


@pytest.mark.usefixtures("running")
def test_a_plan_without_a_database_resolves_no_tags(aws: AwsStandIn, plan: Run) -> None:
    assert plan().status == 0
    assert aws.world.calls.count(LISTS) == 1


@pytest.mark.parametrize(
    "command", [("plan", "team/api"), ("why", "team/api", "1.0"), ("propose", "team/api")]
)
def test_a_command_records_what_is_in_use(
    command: tuple[str, ...], aws: AwsStandIn, store: Store, running: str, run: Run
) -> None:
    """One call resolves the tag."""
    assert run(*command).status == 0
    (use,) = store.last_uses([running]).values()
    assert any("ECS prod/api" in user for user in use.users)
    assert scanned(store) == {"ecs", "tags"}
    assert aws.world.calls.count(LISTS) == 2


def test_doctor_records_what_is_in_use(store: Store, running: str, run: Run) -> None:
    run("doctor")
    assert store.last_uses([running])


def test_a_comparison_does_not_record_the_other_settings(
    environment: Path, store: Store, running: str, run: Run
) -> None:
    (environment / "images.txt").write_text("team/api:1.0\n")
    other = f"usage: {{{others_off('files')}, files: [images.txt]}}"
    (environment / "other.yml").write_text(other)
    assert run("plan", "team/api", "--compare", "other.yml").status == 0
    assert store.last_uses([running])
    assert scanned(store) == {"ecs", "tags"}


def test_a_database_that_fails_is_an_error(
    own_database: Path, store: Store, running: str, plan: Run
) -> None:
    """As for everything else that is stored."""
    del running
    with store._database.writing() as session:
        session.connection().exec_driver_sql("DROP TABLE digest_uses")
    del own_database
    result = plan()
    assert result.status == 1
    assert "digest_uses" in result.sentence
