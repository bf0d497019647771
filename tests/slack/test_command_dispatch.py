"""Requests of reports by `/ecr-clean`, and failures on the way."""

import pytest

from bot.core.errors import ServiceError
from bot.core.records import AuditEventName
from bot.playground.slack import CallFault, SimulatedUser, Workspace
from bot.playground.slack.faults import DeliveryFault
from tests.slack.conftest import StartBot
from tests.slack.running_bot import (
    RunningBot,
    private_messages,
    public_messages,
    until_acknowledged,
)


def test_a_report_is_queued_and_a_placeholder_is_posted(
    bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser, releases: str
) -> None:
    assert bot.send_command(ann, "/ecr-clean team/api").ok
    (message,) = public_messages(bob, releases)
    assert message["text"] == f"Scanning team/api for <@{ann.id}> …"
    (job,) = bot.jobs()
    assert job.kind == "report"
    assert job.payload == {
        "repository": "team/api",
        "channel": releases,
        "user": ann.id,
        "ts": message["ts"],
    }


@pytest.mark.parametrize(
    "line", ["/ecr-clean", "/ecr-clean help", "/ecr-clean   help ", "/ecr-clean --help?"]
)
def test_only_the_requester_sees_the_help(
    bot: RunningBot, guest: SimulatedUser, bob: SimulatedUser, releases: str, line: str
) -> None:
    bot.send_command(guest, line)
    (said,) = private_messages(guest, releases)
    assert "`/ecr-clean REPOSITORY`" in said
    assert bob.messages(releases) == []
    assert bot.jobs() == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("team/api team/web", "A report takes one repository at a time"),
        ("a" * 513, "The repository's name is longer than 512 characters"),
        ("team/api:1.0", "leave out tag and digest (`team/api`)"),
        ("\N{PILE OF POO}", "Invalid repository name"),
        ("x" * 7_999, "The repository's name is longer than 512 characters"),
        ("<!channel> " * 700, "Unknown command"),
    ],
)
def test_wrong_commands(
    bot: RunningBot, ann: SimulatedUser, releases: str, line: str, says: str
) -> None:
    bot.send_command(ann, f"/ecr-clean {line}")
    (said,) = private_messages(ann, releases)
    assert says in said
    assert public_messages(ann, releases) == []
    assert bot.jobs() == []


def test_a_guest_is_refused(bot: RunningBot, guest: SimulatedUser, releases: str) -> None:
    bot.send_command(guest, "/ecr-clean team/api")
    assert private_messages(guest, releases) == [
        f"<@{guest.id}> is a guest: only full members of the workspace are allowed"
    ]
    assert public_messages(guest, releases) == []
    assert bot.jobs() == []
    assert bot.events() == [AuditEventName.REFUSED]


def test_a_stranger_is_refused(bot: RunningBot, slack: Workspace) -> None:
    stranger = slack.remote.add_user("eve", team_id="T0000000009")
    channel = slack.remote.add_channel("shared", [stranger])
    bot.send_command(stranger, "/ecr-clean team/api", channel)
    (said,) = private_messages(stranger, channel)
    assert "belongs to another workspace" in said
    assert bot.jobs() == []


def test_in_a_private_channel_without_the_bot(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    channel = slack.remote.add_channel("secret", [ann], kind="private", with_bot=False)
    bot.send_command(ann, "/ecr-clean team/api", channel)
    (said,) = private_messages(ann, channel)
    assert "invite it first with /invite" in said
    assert bot.jobs() == []


def test_in_a_public_channel_without_the_bot(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    channel = slack.remote.add_channel("lounge", [ann], with_bot=False)
    bot.send_command(ann, "/ecr-clean team/api", channel)
    assert len(public_messages(ann, channel)) == 1
    assert len(bot.jobs()) == 1


def test_slack_is_busy(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, releases: str
) -> None:
    """The user gets an answer, and the report will be a new message."""
    slack.faults.add(CallFault(method="chat.postMessage", error="ratelimited", retry_after=60))
    bot.send_command(ann, "/ecr-clean team/api")
    assert public_messages(ann, releases) == []
    (job,) = bot.jobs()
    assert job.payload["ts"] == ""
    assert private_messages(ann, releases) == [f"Scanning team/api for <@{ann.id}> …"]


def test_slack_is_busy_for_a_second(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, waits: list[float]
) -> None:
    slack.faults.add(CallFault(method="chat.postMessage", error="ratelimited", retry_after=1))
    bot.send_command(ann, "/ecr-clean team/api")
    (job,) = bot.jobs()
    assert job.payload["ts"]
    assert len(waits) == 1


def test_delivered_twice(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, releases: str
) -> None:
    slack.delivery_faults.add(DeliveryFault(kind="slash_commands", copies=2))
    bot.send_command(ann, "/ecr-clean team/api")
    (first, *_) = slack.remote.deliveries("slash_commands")
    assert slack.remote.deliver_again(first["envelope_id"])
    until_acknowledged(slack, "slash_commands", 4)
    bot.wait_until_idle()
    assert len(public_messages(ann, releases)) == 1
    assert len(bot.jobs()) == 1
    assert private_messages(ann, releases) == []


def test_delivered_to_two_replicas(
    start_bot: StartBot, slack: Workspace, ann: SimulatedUser, releases: str
) -> None:
    replicas = [start_bot(), start_bot()]
    slack.delivery_faults.add(DeliveryFault(kind="slash_commands", copies=3))
    ann.types("/ecr-clean team/api", releases)
    until_acknowledged(slack, "slash_commands", 4)
    for replica in replicas:
        replica.wait_until_idle()
    connections = {each["connection"] for each in slack.remote.deliveries("slash_commands")}
    assert len(connections) == 2
    assert len(public_messages(ann, releases)) == 1
    assert len(replicas[0].jobs()) == 1


def test_the_database_fails(
    bot: RunningBot, ann: SimulatedUser, releases: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ServiceError("The database is full")

    monkeypatch.setattr(bot.store, "put_job", fail)
    bot.send_command(ann, "/ecr-clean team/api")
    assert private_messages(ann, releases) == ["The database is full"]
    (message,) = public_messages(ann, releases)
    assert message["text"] == "The database is full"


@pytest.mark.parametrize("effect", [{"status": 404}, {"status": 500}, {"cut": "before"}])
def test_the_response_url_fails(
    bot: RunningBot,
    slack: Workspace,
    ann: SimulatedUser,
    bob: SimulatedUser,
    releases: str,
    effect: object,
) -> None:
    assert isinstance(effect, dict)
    slack.faults.add(CallFault(method="response_url", times=None, **effect))
    bot.send_command(ann, "/ecr-clean help")
    assert len(private_messages(ann, releases)) == 1
    assert bob.messages(releases) == []


def test_the_answer_is_a_direct_message_as_a_last_resort(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    channel = slack.remote.add_channel("secret", [ann], kind="private", with_bot=False)
    slack.faults.add(CallFault(method="response_url", status=404))
    bot.send_command(ann, "/ecr-clean help", channel)
    assert ann.messages(channel) == []
    (message,) = ann.messages(ann.opens_im())
    assert "REPOSITORY" in message["text"]


def test_no_way_to_answer(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, caplog: pytest.LogCaptureFixture
) -> None:
    for method in ("response_url", "chat.postEphemeral"):
        slack.faults.add(CallFault(method=method, status=500, times=None))
    bot.send_command(ann, "/ecr-clean help")
    assert f"Could not answer {ann.id}" in caplog.text


def test_an_unknown_user(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, releases: str
) -> None:
    slack.faults.add(CallFault(method="users.info", error="user_not_found"))
    bot.send_command(ann, "/ecr-clean team/api")
    assert private_messages(ann, releases) == [f"This Slack workspace has no user <@{ann.id}>"]


def test_the_lookup_of_the_user_fails(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, releases: str
) -> None:
    slack.faults.add(CallFault(method="users.info", error="internal_error"))
    bot.send_command(ann, "/ecr-clean team/api")
    (said,) = private_messages(ann, releases)
    assert said.startswith("Looking up a user in Slack failed")
    assert bot.jobs() == []
