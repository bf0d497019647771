"""Workspaces that refuse charts get the same messages without them, for a day."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from slack_sdk import WebClient

from bot.core.errors import ServiceError
from bot.playground.slack import TEAM_ID, SimulatedUser, Workspace
from bot.slack.api import CHART, MessageContent, SlackError, post_message, update_message
from bot.slack.chart_fallback import NO_CHARTS_FOR, ChartFallback, ChartFallbackClient
from bot.slack.listener import answer
from bot.slack.messages.block_kit import message, section
from bot.slack.messages.charts import ChartKind, ChartSeries, SeriesChart
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

MakeClient = Callable[[Store], WebClient]


@pytest.fixture
def make_client(client: WebClient, clock: Clock) -> MakeClient:
    """Makes the client of a process."""
    return lambda store: ChartFallbackClient(client, ChartFallback(store, TEAM_ID, clock))


@pytest.fixture
def charting(make_client: MakeClient, store: Store) -> WebClient:
    return make_client(store)


def refuse_charts(slack: Workspace, error: str = "invalid_blocks") -> None:
    """From now on, the workspace does not know charts."""
    slack.remote.add_fault("*", block=CHART, error=error, times=None)


def shown(person: SimulatedUser, channel: str, ts: str) -> list[str]:
    """The types of the message's blocks."""
    return [block["type"] for block in message_at(person, channel, ts).get("blocks", ())]


def sent(slack: Workspace, method: str = "chat.postMessage") -> list[bool]:
    """For each call so far: whether it had a chart."""
    return [
        any(block["type"] == CHART for block in arguments["blocks"])
        for arguments in calls(slack, method)
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
    clock.now += NO_CHARTS_FOR - timedelta(seconds=1)
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
        clock.now += NO_CHARTS_FOR
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
        charting = ChartFallbackClient(client, ChartFallback(store, workspace, clock))
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


class NoReads:
    """A store that must not be used."""

    def was_block_refused(self, *_: object) -> bool:
        raise AssertionError

    def record_refused_block(self, *_: object) -> None:
        raise AssertionError


@pytest.mark.parametrize("blocks", [PLAIN.blocks, ()])
def test_messages_without_charts_read_nothing(blocks: Sequence[dict[str, object]]) -> None:
    fallback = ChartFallback(NoReads(), TEAM_ID, Clock())  # type: ignore[arg-type]
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
    fallback = ChartFallback(ReadOnly(), TEAM_ID, Clock())  # type: ignore[arg-type]
    ts = post_message(ChartFallbackClient(client, fallback), "Posting", releases, CONTENT)
    assert shown(ann, releases, ts) == ["section"]


def test_private_answers(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, releases: str
) -> None:
    """By the response URL, which needs no membership of the bot, and without one."""
    refuse_charts(slack)
    answer(bot.context, sender(ann, releases, url=response_url(bot, ann)), CONTENT)
    answer(bot.context, sender(ann, releases), CONTENT)
    answers = [each for each in ann.messages(releases) if each["text"] == CONTENT.text]
    assert [[block["type"] for block in each["blocks"]] for each in answers] == [["section"]] * 2
    assert sent(slack, "response_url")[-2:] == [True, False]
    assert sent(slack, "chat.postEphemeral") == [False]


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
    (delivery,) = bot.slack.remote.deliveries("slash_commands")
    return str(delivery["payload"]["response_url"])


def sender(person: SimulatedUser, channel: str, url: str | None = None) -> PayloadSender:
    return PayloadSender(user=person.id, team=TEAM_ID, channel=channel, response_url=url)
