"""Services and users quote secrets of the environment. No secret reaches Slack, the database or the
log."""

import logging
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from bot.playground.aws import AwsStandIn
from bot.playground.aws import Fault as AwsFault
from bot.playground.slack import APP_TOKEN, BOT_TOKEN, CallFault, Workspace
from bot.store.store import Store
from tests.matrices import the_first
from tests.support import Shelf, others_off
from tests.tables import stored_texts
from tests.worker.conftest import MakeOffice, WriteSettings
from tests.worker.support import Office

SECRET = "S3CRET-planted/by+tests="
PARTS = ("S3CRET", "by+tests", BOT_TOKEN, APP_TOKEN)
QUOTING = f"Invalid header value b'{SECRET}\\n', with {SECRET}, {BOT_TOKEN} and {APP_TOKEN}"

Expect = Callable[[], None]


@pytest.fixture
def office(
    shelf: Shelf,
    write_settings: WriteSettings,
    make_office: MakeOffice,
    own_store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> Office:
    """A worker with `team/api`, which has 13 releases."""
    shelf.images(13)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    return make_office(write_settings(f"usage: {{{others_off('lambda')}}}"), own_store)


@pytest.fixture
def expect_nothing(slack: Workspace, environment: Path, caplog: pytest.LogCaptureFixture) -> Expect:
    def expect() -> None:
        sent = [orjson.dumps(call["arguments"]).decode() for call in slack.remote.calls()]
        assert sent
        logged = [record.getMessage() for record in caplog.records if record.name[:4] == "bot."]
        everything = "\n".join((*sent, *logged, *stored_texts(environment)))
        everything = everything.replace(f'"token":"{BOT_TOKEN}"', "")
        assert [part for part in PARTS if part in everything] == []

    caplog.set_level(logging.INFO, "bot")
    return expect


@pytest.mark.parametrize(
    "operation",
    the_first(2, ["DescribeImages", "ListFunctions", "DescribeRepositories", "BatchGetImage"]),
)
def test_aws_quotes_a_secret(
    operation: str, office: Office, aws: AwsStandIn, expect_nothing: Expect
) -> None:
    fault = AwsFault(operation=operation, error="Surprise", message=QUOTING, times=None)
    aws.world.faults.add(fault)
    office.ask()
    assert office.jobs.do_next()
    expect_nothing()


def test_an_exception_quotes_a_secret(
    office: Office, expect_nothing: Expect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise ValueError(QUOTING)

    monkeypatch.setattr("bot.worker.report_maker.open_planner", break_down)
    ts = office.ask()
    assert office.jobs.do_next()
    assert "internal error (ValueError: Invalid header value" in office.shown(ts)["text"]
    expect_nothing()


def test_slack_quotes_a_secret(office: Office, slack: Workspace, expect_nothing: Expect) -> None:
    said = {"ok": False, "error": "invalid_blocks", "response_metadata": {"messages": [QUOTING]}}
    slack.faults.add(CallFault(method="chat.update", body=orjson.dumps(said).decode(), times=None))
    office.ask()
    assert office.jobs.do_next()
    expect_nothing()


def test_a_user_types_a_secret(office: Office, expect_nothing: Expect) -> None:
    """Users may paste secrets into messages to the bot."""
    ts = office.ask(f"team/{SECRET}")
    assert office.jobs.do_next()
    assert SECRET not in office.shown(ts)["text"]
    expect_nothing()
