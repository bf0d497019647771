"""The placeholder of a report shows the progress, or why there is no report."""

import pytest
from slack_sdk import WebClient

from bot.bootstrap.slack import open_client_without_retries
from bot.playground.slack import CallFault, SimulatedUser, Workspace
from bot.slack.api import MessageContent, SlackError
from bot.slack.requested_reports import (
    SECONDS_AFTER_FAILURE,
    SECONDS_BETWEEN_UPDATES,
    ReportPlaceholder,
)
from tests.slack.support import calls, message_at
from tests.slack.test_users import Watch


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def placeholder(client: WebClient, releases: str, watch: Watch) -> ReportPlaceholder:
    ts = client.chat_postMessage(channel=releases, text="Looking …")["ts"]
    return ReportPlaceholder(client, open_client_without_retries(), releases, ts, watch)


def progress(placeholder: ReportPlaceholder, words: str = "reading") -> None:
    placeholder.show_progress(lambda: MessageContent(words))


def test_progress_updates_are_limited(
    placeholder: ReportPlaceholder, watch: Watch, slack: Workspace
) -> None:
    for number in range(100):
        watch.now = number * SECONDS_BETWEEN_UPDATES / 10
        progress(placeholder, f"step {number}")
    texts = [call["text"] for call in calls(slack, "chat.update")]
    assert texts == [f"step {number}" for number in range(10, 100, 10)]


@pytest.mark.parametrize("error", ["ratelimited", "message_not_found"])
def test_failed_progress_updates_are_not_retried(
    placeholder: ReportPlaceholder, watch: Watch, slack: Workspace, waits: list[float], error: str
) -> None:
    slack.faults.add(CallFault(method="chat.update", error=error))
    watch.now = SECONDS_BETWEEN_UPDATES
    progress(placeholder)
    watch.now += SECONDS_AFTER_FAILURE - 1
    progress(placeholder)
    assert len(calls(slack, "chat.update")) == 1
    watch.now += 1
    progress(placeholder)
    assert len(calls(slack, "chat.update")) == 2
    assert waits == []


def test_a_failure_replaces_the_placeholder(
    placeholder: ReportPlaceholder, ann: SimulatedUser
) -> None:
    placeholder.show_failure(MessageContent("No."))
    assert placeholder.ts
    assert message_at(ann, placeholder.channel, placeholder.ts)["text"] == "No."


def test_a_failure_without_a_placeholder_is_a_new_message(
    placeholder: ReportPlaceholder, client: WebClient, ann: SimulatedUser
) -> None:
    assert placeholder.ts
    client.chat_delete(channel=placeholder.channel, ts=placeholder.ts)
    placeholder.show_failure(MessageContent("No."))
    assert [message["text"] for message in ann.messages(placeholder.channel)] == ["No."]


def test_no_placeholder_was_posted(client: WebClient, releases: str, ann: SimulatedUser) -> None:
    placeholder = ReportPlaceholder(client, open_client_without_retries(), releases, None)
    progress(placeholder)
    placeholder.show_failure(MessageContent("No."))
    assert [message["text"] for message in ann.messages(releases)] == ["No."]


def test_slack_rejects_the_failure_message(
    placeholder: ReportPlaceholder, slack: Workspace
) -> None:
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    with pytest.raises(SlackError, match="Answering in Slack failed"):
        placeholder.show_failure(MessageContent("No."))
