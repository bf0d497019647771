"""Workspaces that refuse charts or data tables get plain blocks in their place, for a day."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from slack_sdk import WebClient

from bot.core.errors import ServiceError
from bot.playground.slack import TEAM_ID, SimulatedUser, Workspace
from bot.slack.api import (
    CHART,
    DATA_TABLE,
    MessageContent,
    SlackError,
    post_message,
    update_message,
)
from bot.slack.block_fallback import NOT_SENT_FOR, BlockFallback, BlockFallbackClient
from bot.slack.listener import answer
from bot.slack.messages.block_kit import message, section
from bot.slack.messages.charts import ChartKind, ChartSeries, SeriesChart
from bot.slack.messages.data_tables import DataTable, TableRow
from bot.slack.payloads import PayloadSender
from bot.store.store import Store, open_store
from tests.slack.running_bot import Clock, RunningBot
from tests.slack.support import calls, message_at

GROWTH = SeriesChart(
    kind=ChartKind.LINE,
    title="Stored GB",
    categories=("Jan", "Feb"),
    series=(ChartSeries("in use", (1, 2)),),
)
CONTENT = message("Stores 2 GB, 1 GB more than in January", section("*2 GB*"), GROWTH)
PLAIN = message("Stores 2 GB", section("*2 GB*"))

REPOSITORIES = DataTable(
    caption="Repositories",
    columns=("Repository", "Frees"),
    rows=(TableRow("shop/api", ("1 GB",)), TableRow("shop/cart", ("2 GB",))),
)
WITH_TABLE = message("Frees 3 GB", section("*3 GB*"), REPOSITORIES)
WITH_BOTH = message("Frees 3 GB", GROWTH, REPOSITORIES, section("*3 GB*"))
ROWS = "*Repositories*\n`shop/api` · Frees 1 GB\n`shop/cart` · Frees 2 GB"

MakeClient = Callable[[Store], WebClient]


@pytest.fixture
def make_client(client: WebClient, clock: Clock) -> MakeClient:
    """Makes the client of a process."""
    return lambda store: BlockFallbackClient(client, BlockFallback(store, TEAM_ID, clock))


@pytest.fixture
def charting(make_client: MakeClient, store: Store) -> WebClient:
    return make_client(store)


def refuse(slack: Workspace, kind: str, error: str = "invalid_blocks") -> None:
    """From now on, the workspace does not know blocks of this kind."""
    slack.remote.add_fault("*", block=kind, error=error, times=None)


def refuse_charts(slack: Workspace, error: str = "invalid_blocks") -> None:
    refuse(slack, CHART, error)


def shown(person: SimulatedUser, channel: str, ts: str) -> list[str]:
    """The types of the message's blocks."""
    return [block["type"] for block in message_at(person, channel, ts).get("blocks", ())]


def sent(slack: Workspace, method: str = "chat.postMessage", kind: str = CHART) -> list[bool]:
    """For each call so far: whether it had a block of this kind."""
    return [
        any(block["type"] == kind for block in arguments["blocks"])
        for arguments in calls(slack, method)
    ]


def sent_kinds(slack: Workspace) -> list[list[str]]:
    """The newer kinds in each call so far."""
    return [
        [block["type"] for block in arguments["blocks"] if block["type"] != "section"]
        for arguments in calls(slack, "chat.postMessage")
    ]


def test_charts_are_shown(
    charting: WebClient, slack: Workspace, ann: SimulatedUser, releases: str
) -> None:
    ts = post_message(charting, "Posting", releases, CONTENT)
    assert shown(ann, releases, ts) == ["section", CHART]
    assert sent(slack) == [True]


@pytest.mark.parametrize("error", ["invalid_blocks", "invalid_blocks_format"])
def test_a_refused_message_is_posted_without_its_charts(
    charting: WebClient, slack: Workspace, ann: SimulatedUser, releases: str, error: str
) -> None:
    refuse_charts(slack, error)
    ts = post_message(charting, "Posting", releases, CONTENT)
    assert shown(ann, releases, ts) == ["section"]
    assert message_at(ann, releases, ts)["text"] == CONTENT.text
    post_message(charting, "Posting", releases, CONTENT)
    assert sent(slack) == [True, False, False]


def test_a_message_of_charts_alone_becomes_text(
    charting: WebClient, slack: Workspace, ann: SimulatedUser, releases: str
) -> None:
    refuse_charts(slack)
    ts = post_message(charting, "Posting", releases, message("Stores 2 GB", GROWTH))
    assert message_at(ann, releases, ts)["text"] == "Stores 2 GB"


def test_an_update(
    charting: WebClient, slack: Workspace, ann: SimulatedUser, releases: str
) -> None:
    ts = post_message(charting, "Posting", releases, PLAIN)
    update_message(charting, "Updating", releases, ts, CONTENT)
    assert shown(ann, releases, ts) == ["section", CHART]
    update_message(charting, "Updating", releases, ts, CONTENT)
    refuse_charts(slack)
    update_message(charting, "Updating", releases, ts, CONTENT)
    assert shown(ann, releases, ts) == ["section"]
    assert sent(slack, "chat.update") == [True, True, True, False]


def test_charts_come_back_after_a_day(
    charting: WebClient, slack: Workspace, releases: str, clock: Clock
) -> None:
    refuse_charts(slack)
    post_message(charting, "Posting", releases, CONTENT)
    slack.remote.delete("/faults")
    clock.now += NOT_SENT_FOR - timedelta(seconds=1)
    post_message(charting, "Posting", releases, CONTENT)
    clock.now += timedelta(seconds=1)
    post_message(charting, "Posting", releases, CONTENT)
    assert sent(slack) == [True, False, False, True]


def test_a_workspace_that_still_refuses_them_after_a_day(
    charting: WebClient, slack: Workspace, releases: str, clock: Clock
) -> None:
    refuse_charts(slack)
    for _ in range(2):
        post_message(charting, "Posting", releases, CONTENT)
        post_message(charting, "Posting", releases, CONTENT)
        clock.now += NOT_SENT_FOR
    assert sent(slack) == [True, False, False] * 2


def test_other_processes_and_a_restart(
    make_client: MakeClient, store_url: str, slack: Workspace, releases: str
) -> None:
    refuse_charts(slack)
    with open_store(store_url) as store:
        post_message(make_client(store), "Posting", releases, CONTENT)
    with open_store(store_url) as store:
        post_message(make_client(store), "Posting", releases, CONTENT)
    assert sent(slack) == [True, False, False]


def test_another_workspace(
    client: WebClient, store: Store, slack: Workspace, releases: str, clock: Clock
) -> None:
    refuse_charts(slack)
    for workspace in (TEAM_ID, "T0000000002"):
        charting = BlockFallbackClient(client, BlockFallback(store, workspace, clock))
        post_message(charting, "Posting", releases, CONTENT)
    assert sent(slack) == [True, False, True, False]


def test_charts_are_not_blamed_for_other_blocks(
    charting: WebClient, slack: Workspace, releases: str
) -> None:
    wrong = MessageContent("x", [{"type": "banner"}, *CONTENT.blocks])
    for _ in range(2):
        with pytest.raises(SlackError, match="unsupported type: banner") as caught:
            post_message(charting, "Posting", releases, wrong)
        assert caught.value.code == "invalid_blocks"
    post_message(charting, "Posting", releases, CONTENT)
    assert sent(slack) == [True, False, True, False, True]


def test_charts_are_not_blamed_for_other_errors(
    charting: WebClient, slack: Workspace, releases: str
) -> None:
    slack.remote.post("/channels/archive", channel=releases)
    with pytest.raises(SlackError, match="the channel is archived"):
        post_message(charting, "Posting", releases, CONTENT)
    assert sent(slack) == [True]


def test_a_refused_table_becomes_sections(
    charting: WebClient, slack: Workspace, ann: SimulatedUser, releases: str
) -> None:
    refuse(slack, DATA_TABLE)
    for _ in range(2):
        ts = post_message(charting, "Posting", releases, WITH_TABLE)
        assert shown(ann, releases, ts) == ["section", "section"]
        assert message_at(ann, releases, ts)["blocks"][1]["text"]["text"] == ROWS
    assert sent(slack, kind=DATA_TABLE) == [True, False, False]
    ts = post_message(charting, "Posting", releases, CONTENT)
    assert shown(ann, releases, ts) == ["section", CHART]


def test_an_update_of_a_message_with_a_table(
    charting: WebClient, slack: Workspace, ann: SimulatedUser, releases: str
) -> None:
    ts = post_message(charting, "Posting", releases, WITH_TABLE)
    update_message(charting, "Updating", releases, ts, WITH_BOTH)
    assert shown(ann, releases, ts) == [CHART, DATA_TABLE, "section"]
    refuse(slack, DATA_TABLE)
    update_message(charting, "Updating", releases, ts, WITH_TABLE)
    assert shown(ann, releases, ts) == ["section", "section"]
    assert sent(slack, "chat.update", DATA_TABLE) == [True, True, False]


@pytest.mark.parametrize(
    ("refused", "first", "second"),
    [
        ([CHART], [[CHART, DATA_TABLE], [DATA_TABLE]], [[DATA_TABLE]]),
        ([DATA_TABLE], [[CHART, DATA_TABLE], [DATA_TABLE], []], [[CHART]]),
        ([CHART, DATA_TABLE], [[CHART, DATA_TABLE], [DATA_TABLE], []], [[CHART], []]),
    ],
    ids=["charts", "tables", "both"],
)
def test_which_kind_a_workspace_refuses(
    charting: WebClient,
    slack: Workspace,
    releases: str,
    refused: list[str],
    first: list[list[str]],
    second: list[list[str]],
) -> None:
    """At most three calls a message. The kind whose absence helped is remembered."""
    for kind in refused:
        refuse(slack, kind)
    post_message(charting, "Posting", releases, WITH_BOTH)
    assert sent_kinds(slack) == first
    post_message(charting, "Posting", releases, WITH_BOTH)
    assert sent_kinds(slack) == first + second
    post_message(charting, "Posting", releases, WITH_BOTH)
    assert sent_kinds(slack)[-1] == second[-1]
    assert len(sent_kinds(slack)) == len(first + second) + 1


def test_neither_kind_is_blamed_for_other_blocks(
    charting: WebClient, slack: Workspace, releases: str
) -> None:
    wrong = MessageContent("x", [{"type": "banner"}, *WITH_BOTH.blocks])
    with pytest.raises(SlackError, match="unsupported type: banner"):
        post_message(charting, "Posting", releases, wrong)
    post_message(charting, "Posting", releases, WITH_BOTH)
    assert sent_kinds(slack)[-1] == [CHART, DATA_TABLE]


class NoReads:
    """A store that must not be used."""

    def was_block_refused(self, *_: object) -> bool:
        raise AssertionError

    def record_refused_block(self, *_: object) -> None:
        raise AssertionError


@pytest.mark.parametrize("blocks", [PLAIN.blocks, ()])
def test_messages_without_charts_read_nothing(blocks: Sequence[dict[str, object]]) -> None:
    fallback = BlockFallback(NoReads(), TEAM_ID, Clock())  # type: ignore[arg-type]
    assert fallback.send(blocks, list) == list(blocks)


class ReadOnly:
    """A store that fails to write."""

    def was_block_refused(self, *_: object) -> bool:
        return False

    def record_refused_block(self, *_: object) -> None:
        raise ServiceError("the disk is full")


def test_a_sent_message_stays_sent_if_the_database_fails(
    client: WebClient, slack: Workspace, ann: SimulatedUser, releases: str
) -> None:
    refuse_charts(slack)
    fallback = BlockFallback(ReadOnly(), TEAM_ID, Clock())  # type: ignore[arg-type]
    ts = post_message(BlockFallbackClient(client, fallback), "Posting", releases, CONTENT)
    assert shown(ann, releases, ts) == ["section"]


def test_private_answers(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, releases: str
) -> None:
    """By the response URL, which needs no membership of the bot, and without one."""
    refuse_charts(slack)
    refuse(slack, DATA_TABLE)
    for content in (CONTENT, WITH_TABLE):
        answer(bot.context, sender(ann, releases, url=response_url(bot, ann)), content)
        answer(bot.context, sender(ann, releases), content)
    for content, kinds in ((CONTENT, ["section"]), (WITH_TABLE, ["section", "section"])):
        answers = [each for each in ann.messages(releases) if each["text"] == content.text]
        assert [[block["type"] for block in each["blocks"]] for each in answers] == [kinds] * 2
    assert sent(slack, "response_url").count(True) == 1
    assert sent(slack, "response_url", DATA_TABLE).count(True) == 1
    assert sent(slack, "chat.postEphemeral") == [False, False]


def test_a_response_url_that_accepts_charts(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, releases: str
) -> None:
    answer(bot.context, sender(ann, releases, url=response_url(bot, ann)), CONTENT)
    assert CHART in [block["type"] for block in ann.messages(releases)[-1]["blocks"]]
    assert sent(slack, "chat.postEphemeral") == []


def test_a_response_url_that_refuses_the_answer(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, releases: str
) -> None:
    """Slack may refuse with status 200. The user then gets the answer in another way."""
    url = response_url(bot, ann)
    slack.remote.add_fault("response_url", error="invalid_blocks")
    answer(bot.context, sender(ann, releases, url=url), PLAIN)
    assert ann.messages(releases)[-1]["text"] == PLAIN.text
    assert len(calls(slack, "chat.postEphemeral")) == 1


def response_url(bot: RunningBot, person: SimulatedUser) -> str:
    bot.send_command(person, "/ecr-clean help")
    *_, delivery = bot.slack.remote.deliveries("slash_commands")
    return str(delivery["payload"]["response_url"])


def sender(person: SimulatedUser, channel: str, url: str | None = None) -> PayloadSender:
    return PayloadSender(user=person.id, team=TEAM_ID, channel=channel, response_url=url)
