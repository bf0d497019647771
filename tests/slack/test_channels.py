"""The lookup of channels that the settings name."""

from collections.abc import Sequence

import pytest
from slack_sdk import WebClient

from bot.core.errors import RequestError
from bot.playground.slack import SimulatedUser, Workspace
from bot.slack.api import SlackError
from bot.slack.directory import channel_ids
from tests.slack.support import calls


def test_ids_need_no_lookup(client: WebClient, slack: Workspace) -> None:
    assert channel_ids(client, ["C0123456789", "G0123456789"]) == {
        "C0123456789": "C0123456789",
        "G0123456789": "G0123456789",
    }
    assert calls(slack, "conversations.list") == []


@pytest.mark.parametrize("name", ["releases", "#releases"])
def test_names(client: WebClient, releases: str, name: str) -> None:
    assert channel_ids(client, [name, "C0123456789"])[name] == releases


def test_a_private_channel_that_the_bot_is_in(
    client: WebClient, slack: Workspace, ann: SimulatedUser
) -> None:
    secret = slack.remote.add_channel("secret", [ann], kind="private")
    assert channel_ids(client, ["secret"]) == {"secret": secret}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hidden", "The bot cannot see the channel #hidden in `reports`: check the name; if the"),
        ("old", "The bot cannot see the channel #old in `reports`"),
        ("#release", "did you mean #releases?"),
    ],
)
@pytest.mark.usefixtures("releases")
def test_unknown_names(
    client: WebClient, slack: Workspace, ann: SimulatedUser, name: str, words: str
) -> None:
    slack.remote.add_channel("hidden", [ann], kind="private", with_bot=False)
    archived = slack.remote.add_channel("old", [ann])
    slack.remote.post("/channels/archive", channel=archived)
    with pytest.raises(RequestError) as caught:
        channel_ids(client, [name])
    assert words in str(caught.value)


@pytest.mark.parametrize(("wanted", "pages"), [(["c1"], 1), (["c1", "c4"], 2), (["c6"], 3)])
def test_reads_only_the_pages_that_it_needs(
    client: WebClient,
    slack: Workspace,
    ann: SimulatedUser,
    monkeypatch: pytest.MonkeyPatch,
    wanted: Sequence[str],
    pages: int,
) -> None:
    monkeypatch.setattr("bot.slack.directory.CHANNELS_PER_PAGE", 3)
    ids = {f"c{number}": slack.remote.add_channel(f"c{number}", [ann]) for number in range(8)}
    assert channel_ids(client, wanted) == {name: ids[name] for name in wanted}
    assert len(calls(slack, "conversations.list")) == pages


def test_the_app_may_not_list_channels(client: WebClient, slack: Workspace) -> None:
    slack.remote.put("/scopes", bot=["chat:write"])
    with pytest.raises(SlackError, match="lacks the scope channels:read: add it"):
        channel_ids(client, ["releases"])
