"""Fixtures: an approved plan, a database that several workers share, and a Slack workspace."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.playground.aws import AwsStandIn
from bot.playground.slack import SimulatedUser, Workspace
from bot.store.store import Store, open_store
from tests.cli.stored_plans import LOOKED_AT, Write
from tests.journeys.approved_plan import SETTINGS, ApprovedPlan, PreparedPlan, prepare
from tests.postgres import Server
from tests.slack.running_bot import MANIFEST
from tests.slack.support import in_workspace
from tests.support import Shelf

SLACK_SETTINGS = f"{LOOKED_AT}reports: [{{channel: '#ops'}}]\nexecution: {{undo_window: 1h}}\n"
WITHOUT_TYPING = "type_to_confirm_over: 100%"


@pytest.fixture
def shared_store(
    postgresql: Server, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """A store in PostgreSQL; processes find it by DATABASE_URL."""
    del environment
    with postgresql.database(migrated=True) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        with open_store(url) as opened:
            yield opened


@pytest.fixture(scope="session")
def prepared(
    postgresql: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PreparedPlan]:
    with prepare(postgresql, tmp_path_factory.mktemp("prepared")) as made:
        yield made


@pytest.fixture
def due(
    prepared: PreparedPlan,
    environment: Path,
    aws: AwsStandIn,
    settings_file: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ApprovedPlan]:
    """A plan in PostgreSQL; workers find it by DATABASE_URL."""
    del environment
    settings_file(SETTINGS)
    with prepared.copied(aws, monkeypatch) as copied:
        yield copied


# in Slack


@pytest.fixture
def slack(environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace with the product's manifest. Fails the test if the bot sends invalid
    payloads."""
    del environment
    with in_workspace(MANIFEST, monkeypatch) as opened:
        yield opened
        assert opened.remote.warnings() == []
        assert opened.remote.get("/bugs")["bugs"] == []
        assert {call["error"] for call in opened.remote.calls()} <= {None, "ratelimited"}


@pytest.fixture
def ann(slack: Workspace) -> SimulatedUser:
    return slack.remote.add_user("ann", tz="Europe/Berlin")


@pytest.fixture
def bob(slack: Workspace) -> SimulatedUser:
    return slack.remote.add_user("bob")


@pytest.fixture
def guest(slack: Workspace) -> SimulatedUser:
    return slack.remote.add_user("guest", is_restricted=True)


@pytest.fixture
def ops(slack: Workspace, ann: SimulatedUser, bob: SimulatedUser, guest: SimulatedUser) -> str:
    """The channel in which plans can be approved."""
    return slack.remote.add_channel("ops", [ann, bob, guest])


WriteApproval = Callable[[str], Path]


@pytest.fixture
def approval(settings_file: Write, releases: Shelf) -> WriteApproval:
    """Writes the settings with the text in the section `approval`."""
    del releases
    return lambda text: settings_file(f"{SLACK_SETTINGS}approval: {{{text}}}\n")


@pytest.fixture
def without_typing(approval: WriteApproval) -> None:
    """Approvers type no repository name."""
    approval(WITHOUT_TYPING)
