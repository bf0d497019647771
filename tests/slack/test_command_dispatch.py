"""`/ecr-clean`: answered at once, once, and in words."""

import pytest

from bot.core.errors import ServiceError
from bot.core.records import AuditEventName
from bot.playground.slack import CallFault, Person, Workspace
from bot.playground.slack.faults import DeliveryFault
from tests.slack.conftest import StartBot
from tests.slack.running_bot import (
    RunningBot,
    private_messages,
    public_messages,
    until_acknowledged,
)


def test_a_worker_gets_to_know_it_and_everybody_sees_that(
    bot: RunningBot, ann: Person, bob: Person, releases: str
) -> None:
    assert bot.says(ann, "/ecr-clean team/api").ok
    (message,) = public_messages(bob, releases)
    assert message["text"] == f"Looking into team/api for <@{ann.id}> …"
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
def test_help_is_for_whoever_asks(
    bot: RunningBot, guest: Person, bob: Person, releases: str, line: str
) -> None:
    bot.says(guest, line)
    (said,) = private_messages(guest, releases)
    assert "`/ecr-clean REPOSITORY`" in said
    assert bob.messages(releases) == []
    assert bot.jobs() == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("team/api team/web", "takes one repository at a time, and knows no command"),
        ("a" * 513, "No repository has a name as long as that"),
        ("team/api:1.0", "leave out tag and digest (`team/api`)"),
        ("\N{PILE OF POO}", "is no repository"),
        ("x" * 7_999, "No repository has a name as long as that"),
        ("<!channel> " * 700, "knows no command"),
    ],
)
def test_what_is_no_command(
    bot: RunningBot, ann: Person, releases: str, line: str, says: str
) -> None:
    bot.says(ann, f"/ecr-clean {line}")
    (said,) = private_messages(ann, releases)
    assert says in said
    assert public_messages(ann, releases) == []
    assert bot.jobs() == []


def test_a_guest_is_refused(bot: RunningBot, guest: Person, releases: str) -> None:
    bot.says(guest, "/ecr-clean team/api")
    assert private_messages(guest, releases) == [
        f"<@{guest.id}> is a guest: only full members of the workspace are allowed"
    ]
    assert public_messages(guest, releases) == []
    assert bot.jobs() == []
    assert bot.events() == [AuditEventName.REFUSED]


def test_a_stranger_is_refused(bot: RunningBot, slack: Workspace) -> None:
    stranger = slack.remote.add_person("eve", team_id="T0000000009")
    channel = slack.remote.add_channel("shared", [stranger])
    bot.says(stranger, "/ecr-clean team/api", channel)
    (said,) = private_messages(stranger, channel)
    assert "belongs to another workspace" in said
    assert bot.jobs() == []


def test_where_the_bot_is_not(bot: RunningBot, slack: Workspace, ann: Person) -> None:
    channel = slack.remote.add_channel("secret", [ann], kind="private", with_bot=False)
    bot.says(ann, "/ecr-clean team/api", channel)
    (said,) = private_messages(ann, channel)
    assert "invite me with /invite first" in said
    assert bot.jobs() == []


def test_in_a_public_channel_that_it_has_not_joined(
    bot: RunningBot, slack: Workspace, ann: Person
) -> None:
    channel = slack.remote.add_channel("lounge", [ann], with_bot=False)
    bot.says(ann, "/ecr-clean team/api", channel)
    assert len(public_messages(ann, channel)) == 1
    assert len(bot.jobs()) == 1


def test_slack_is_busy(bot: RunningBot, slack: Workspace, ann: Person, releases: str) -> None:
    """The report is a message of its own then, and nobody waits in silence."""
    slack.faults.add(CallFault(method="chat.postMessage", error="ratelimited", retry_after=60))
    bot.says(ann, "/ecr-clean team/api")
    assert public_messages(ann, releases) == []
    (job,) = bot.jobs()
    assert job.payload["ts"] == ""
    assert private_messages(ann, releases) == [f"Looking into team/api for <@{ann.id}> …"]


def test_slack_is_busy_for_a_moment(
    bot: RunningBot, slack: Workspace, ann: Person, waits: list[float]
) -> None:
    slack.faults.add(CallFault(method="chat.postMessage", error="ratelimited", retry_after=1))
    bot.says(ann, "/ecr-clean team/api")
    (job,) = bot.jobs()
    assert job.payload["ts"]
    assert len(waits) == 1


def test_delivered_twice(bot: RunningBot, slack: Workspace, ann: Person, releases: str) -> None:
    slack.delivery_faults.add(DeliveryFault(kind="slash_commands", copies=2))
    bot.says(ann, "/ecr-clean team/api")
    (first, *_) = slack.remote.deliveries("slash_commands")
    assert slack.remote.deliver_again(first["envelope_id"])
    until_acknowledged(slack, "slash_commands", 4)
    bot.settle()
    assert len(public_messages(ann, releases)) == 1
    assert len(bot.jobs()) == 1
    assert private_messages(ann, releases) == []


def test_delivered_to_two_replicas(
    start_bot: StartBot, slack: Workspace, ann: Person, releases: str
) -> None:
    replicas = [start_bot(), start_bot()]
    slack.delivery_faults.add(DeliveryFault(kind="slash_commands", copies=3))
    ann.types("/ecr-clean team/api", releases)
    until_acknowledged(slack, "slash_commands", 4)
    for replica in replicas:
        replica.settle()
    connections = {each["connection"] for each in slack.remote.deliveries("slash_commands")}
    assert len(connections) == 2
    assert len(public_messages(ann, releases)) == 1
    assert len(replicas[0].jobs()) == 1


def test_the_database_fails(
    bot: RunningBot, ann: Person, releases: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ServiceError("The database is full")

    monkeypatch.setattr(bot.store, "put", fail)
    bot.says(ann, "/ecr-clean team/api")
    assert private_messages(ann, releases) == ["That did not work. The database is full"]
    (message,) = public_messages(ann, releases)
    assert message["text"] == "The database is full"


@pytest.mark.parametrize("effect", [{"status": 404}, {"status": 500}, {"cut": "before"}])
def test_the_response_url_is_of_no_use(
    bot: RunningBot, slack: Workspace, ann: Person, bob: Person, releases: str, effect: object
) -> None:
    assert isinstance(effect, dict)
    slack.faults.add(CallFault(method="response_url", times=None, **effect))
    bot.says(ann, "/ecr-clean help")
    assert len(private_messages(ann, releases)) == 1
    assert bob.messages(releases) == []


def test_nothing_is_left_but_their_own_conversation(
    bot: RunningBot, slack: Workspace, ann: Person
) -> None:
    channel = slack.remote.add_channel("secret", [ann], kind="private", with_bot=False)
    slack.faults.add(CallFault(method="response_url", status=404))
    bot.says(ann, "/ecr-clean help", channel)
    assert ann.messages(channel) == []
    (message,) = ann.messages(ann.opens_im())
    assert "REPOSITORY" in message["text"]


def test_nobody_can_be_told(
    bot: RunningBot, slack: Workspace, ann: Person, caplog: pytest.LogCaptureFixture
) -> None:
    for method in ("response_url", "chat.postEphemeral"):
        slack.faults.add(CallFault(method=method, status=500, times=None))
    bot.says(ann, "/ecr-clean help")
    assert f"{ann.id} was not told" in caplog.text


def test_people_slack_knows_nothing_of(
    bot: RunningBot, slack: Workspace, ann: Person, releases: str
) -> None:
    slack.faults.add(CallFault(method="users.info", error="user_not_found"))
    bot.says(ann, "/ecr-clean team/api")
    assert private_messages(ann, releases) == [f"Slack knows nobody called <@{ann.id}> here"]


def test_slack_cannot_tell_who_it_is(
    bot: RunningBot, slack: Workspace, ann: Person, releases: str
) -> None:
    slack.faults.add(CallFault(method="users.info", error="internal_error"))
    bot.says(ann, "/ecr-clean team/api")
    (said,) = private_messages(ann, releases)
    assert said.startswith("That did not work. Looking somebody up in Slack failed")
    assert bot.jobs() == []
