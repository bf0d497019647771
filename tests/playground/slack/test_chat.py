"""chat.* with slack_sdk's WebClient."""

from datetime import timedelta

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground.slack import BOT_TOKEN, SimulatedUser, Workspace

from .helpers import actions, button, client, error, http_post, manifest, refusal, section


@pytest.fixture
def secret(slack: Workspace, ann: SimulatedUser) -> str:
    """A private channel that the bot is not in."""
    return slack.remote.add_channel("secret", [ann], kind="private", with_bot=False)


@pytest.fixture
def elsewhere(slack: Workspace, ann: SimulatedUser) -> str:
    """A public channel that the bot is not in."""
    return slack.remote.add_channel("elsewhere", [ann], with_bot=False)


def test_a_message_is_visible(
    web: WebClient, ann: SimulatedUser, general: str, slack: Workspace
) -> None:
    posted = web.chat_postMessage(channel=general, text="hello", blocks=[section("*hello*")])
    [seen] = ann.messages(general)
    assert (seen["ts"], seen["text"], seen["user"]) == (posted["ts"], "hello", slack.app.user_id)
    assert seen["blocks"][0]["text"]["text"] == "*hello*"
    assert (seen["bot_id"], seen["app_id"]) == (slack.app.bot_id, slack.app.id)


def test_form_and_json_are_the_same(web: WebClient, ann: SimulatedUser, general: str) -> None:
    arguments = {"channel": general, "text": "hi", "blocks": '[{"type": "divider"}]'}
    web.api_call("chat.postMessage", params=arguments)
    web.api_call("chat.postMessage", json=arguments)
    first, second = ann.messages(general)
    assert first["blocks"][0]["type"] == second["blocks"][0]["type"] == "divider"


def test_posting_by_channel_name_and_user_id(
    web: WebClient, ann: SimulatedUser, general: str
) -> None:
    assert web.chat_postMessage(channel="#general", text="x")["channel"] == general
    assert web.chat_postMessage(channel="general", text="x")["channel"] == general
    im = web.chat_postMessage(channel=ann.id, text="x")["channel"]
    assert im == ann.opens_im()


def test_channels_that_the_bot_can_post_in(
    slack: Workspace, web: WebClient, secret: str, elsewhere: str, general: str
) -> None:
    assert error(web.chat_postMessage, channel="C404", text="x") == "channel_not_found"
    assert error(web.chat_postMessage, channel=secret, text="x") == "channel_not_found"
    assert web.chat_postMessage(channel=elsewhere, text="x")["ok"]
    slack.set_scopes(["chat:write"])
    assert error(web.chat_postMessage, channel=elsewhere, text="x") == "not_in_channel"
    slack.remote.post("/channels/archive", channel=general)
    assert error(web.chat_postMessage, channel=general, text="x") == "is_archived"


def test_a_disabled_messages_tab() -> None:
    closed = manifest()
    closed["features"]["app_home"]["messages_tab_enabled"] = False
    with Workspace(closed) as slack:
        person = slack.remote.add_user("cleo")
        refused = error(client(slack).chat_postMessage, channel=person.id, text="x")
    assert refused == "messages_tab_disabled"


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": "[{"}, "invalid_blocks_format"),
        ({"text": "x", "blocks": "{}"}, "invalid_blocks_format"),
        ({"text": "x", "blocks": [{"type": "x"}]}, "invalid_blocks"),
        ({"text": "x", "attachments": [{"blocks": [{"type": "x"}]}]}, "invalid_blocks"),
        ({"text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
        ({"text": "x", "attachments": "x"}, "invalid_attachments"),
        ({"text": "x", "metadata": {"x": 1}}, "invalid_metadata_format"),
        ({"text": "x", "thread_ts": "1.0"}, "thread_not_found"),
        ({"text": ["x"]}, "invalid_arguments"),
        ({"text": "x", "attachments": {}}, "invalid_attachments"),
    ],
)
def test_invalid_arguments_are_rejected(
    web: WebClient, general: str, arguments: dict[str, object], name: str
) -> None:
    body = {"channel": general, **arguments}
    assert error(web.api_call, api_method="chat.postMessage", json=body) == name


def test_a_missing_argument_is_named(web: WebClient) -> None:
    body = refusal(web.api_call, api_method="chat.postMessage", json={"text": "x"})
    assert body["error"] == "invalid_arguments"
    assert body["errors"] == ["missing required field: channel"]


def test_text_at_its_limit(web: WebClient, general: str) -> None:
    assert web.chat_postMessage(channel=general, text="x" * 40_000)["ok"]


def test_metadata_and_attachments_are_kept(
    web: WebClient, ann: SimulatedUser, general: str
) -> None:
    metadata = {"event_type": "plan", "event_payload": {"id": "1"}}
    posted = web.chat_postMessage(
        channel=general,
        text="x",
        metadata=metadata,
        attachments=[{"color": "#ff0000", "blocks": [actions(button())]}],
    )
    web.chat_update(channel=general, ts=posted["ts"], text="y")
    [seen] = ann.messages(general)
    assert seen["metadata"] == metadata
    assert seen["attachments"][0]["color"] == "#ff0000"


def test_messages_without_text_add_a_warning(
    slack: Workspace, web: WebClient, general: str
) -> None:
    web.api_call("chat.postMessage", json={"channel": general, "blocks": [section()]})
    [warning] = slack.remote.warnings()
    assert warning["where"] == "chat.postMessage"
    assert "screen readers" in warning["text"]
    slack.remote.delete("/warnings")
    assert slack.remote.warnings() == []


def test_unknown_arguments_add_a_warning(slack: Workspace, web: WebClient, general: str) -> None:
    web.chat_postMessage(channel=general, text="x", thread="1.0")
    [warning] = slack.remote.warnings()
    assert warning["text"] == "unknown argument thread"


def test_a_thread(web: WebClient, ann: SimulatedUser, general: str) -> None:
    parent = web.chat_postMessage(channel=general, text="parent")["ts"]
    reply = web.chat_postMessage(channel=general, text="reply", thread_ts=parent)
    deeper = web.chat_postMessage(channel=general, text="deeper", thread_ts=reply["ts"])
    assert deeper["message"]["thread_ts"] == parent
    [seen] = ann.messages(general)
    assert [each["text"] for each in seen["replies"]] == ["reply", "deeper"]
    assert (seen["reply_count"], seen["latest_reply"]) == (2, deeper["ts"])


def test_text_without_blocks_removes_the_blocks(
    web: WebClient, ann: SimulatedUser, general: str
) -> None:
    posted = web.chat_postMessage(channel=general, text="x", blocks=[section()])
    updated = web.chat_update(channel=general, ts=posted["ts"], text="y")
    assert (updated["ts"], updated["text"]) == (posted["ts"], "y")
    [seen] = ann.messages(general)
    assert "blocks" not in seen
    assert seen["edited"]["user"] == seen["user"]


def test_messages_that_cannot_be_updated(
    slack: Workspace, web: WebClient, ann: SimulatedUser, general: str
) -> None:
    own = web.chat_postMessage(channel=general, text="x")["ts"]
    hers = ann.writes("hello", general).detail
    private = web.chat_postEphemeral(channel=general, user=ann.id, text="x")["message_ts"]
    for ts, name in (
        (hers, "cant_update_message"),
        (private, "message_not_found"),
        ("1.0", "message_not_found"),
    ):
        assert error(web.chat_update, channel=general, ts=ts, text="y") == name
    assert error(web.chat_delete, channel=general, ts=hers) == "cant_delete_message"
    bare = {"channel": general, "ts": own}
    assert error(web.api_call, api_method="chat.update", json=bare) == "no_text"
    slack.remote.post("/channels/archive", channel=general)
    assert error(web.chat_update, channel=general, ts=own, text="y") == "is_inactive"


def test_deleting(web: WebClient, ann: SimulatedUser, general: str) -> None:
    first = web.chat_postMessage(channel=general, text="x")["ts"]
    second = web.chat_postMessage(channel=general, text="y")["ts"]
    web.chat_postMessage(channel=general, text="reply", thread_ts=second)
    web.chat_delete(channel=general, ts=first)
    web.chat_delete(channel=general, ts=second)
    [seen] = ann.messages(general)
    assert (seen["subtype"], seen["text"]) == ("tombstone", "This message was deleted.")
    assert [reply["text"] for reply in seen["replies"]] == ["reply"]
    assert error(web.chat_delete, channel=general, ts=first) == "message_not_found"
    assert error(web.chat_delete, channel=general, ts=second) == "message_not_found"


def test_ephemerals(
    *,
    slack: Workspace,
    web: WebClient,
    ann: SimulatedUser,
    bob: SimulatedUser,
    general: str,
    elsewhere: str,
) -> None:
    web.chat_postEphemeral(channel=general, user=ann.id, text="psst")
    assert [each["text"] for each in ann.messages(general)] == ["psst"]
    assert bob.messages(general) == []
    assert web.conversations_history(channel=general)["messages"] == []
    stranger = slack.remote.add_user("cleo")
    closed = slack.remote.add_channel("closed", [ann])
    slack.remote.post("/channels/archive", channel=closed)
    for channel, user, name in (
        (closed, ann.id, "is_archived"),
        (general, stranger.id, "user_not_in_channel"),
        (elsewhere, ann.id, "not_in_channel"),
        ("C404", ann.id, "channel_not_found"),
    ):
        assert error(web.chat_postEphemeral, channel=channel, user=user, text="x") == name


def test_permalinks(web: WebClient, ann: SimulatedUser, general: str) -> None:
    parent = web.chat_postMessage(channel=general, text="x")["ts"]
    reply = web.chat_postMessage(channel=general, text="x", thread_ts=parent)["ts"]
    link = web.chat_getPermalink(channel=general, message_ts=reply)["permalink"]
    base = f"https://stand-in.slack.com/archives/{general}"
    assert link == f"{base}/p{reply.replace('.', '')}?thread_ts={parent}&cid={general}"
    private = web.chat_postEphemeral(channel=general, user=ann.id, text="x")["message_ts"]
    for ts in (private, "1.0"):
        refused = error(web.chat_getPermalink, channel=general, message_ts=ts)
        assert refused == "message_not_found"


def test_a_channel_accepts_one_message_per_second(
    slack: Workspace, web: WebClient, general: str, elsewhere: str
) -> None:
    slack.clock.set(slack.clock.now())
    for _ in range(4):
        web.chat_postMessage(channel=general, text="x")
    with pytest.raises(SlackApiError) as caught:
        web.chat_postMessage(channel=general, text="x")
    answer = caught.value.response
    assert (answer.status_code, answer["error"]) == (429, "ratelimited")
    assert answer.headers["retry-after"] == "1"
    assert web.chat_postMessage(channel=elsewhere, text="x")["ok"]
    slack.clock.advance(timedelta(seconds=1))
    assert web.chat_postMessage(channel=general, text="x")["ok"]


def test_rate_limit_tiers(slack: Workspace, web: WebClient, general: str) -> None:
    slack.clock.set(slack.clock.now())
    ts = web.chat_postMessage(channel=general, text="x")["ts"]
    for _ in range(50):
        web.chat_update(channel=general, ts=ts, text="x")
    assert error(web.chat_update, channel=general, ts=ts, text="x") == "ratelimited"
    slack.remote.change_settings(limits=False)
    assert web.chat_update(channel=general, ts=ts, text="x")["ok"]


def test_every_method_needs_its_scope(slack: Workspace, web: WebClient, general: str) -> None:
    slack.set_scopes(["commands", "users:read"])
    body = refusal(web.chat_postMessage, channel=general, text="x")
    assert body["error"] == "missing_scope"
    assert (body["needed"], body["provided"]) == ("chat:write", "commands,users:read")


@pytest.mark.parametrize(("token", "name"), [("xoxb-unknown", "invalid_auth"), ("", "not_authed")])
def test_tokens(slack: Workspace, token: str, name: str) -> None:
    assert error(client(slack, token).auth_test) == name


def test_a_revoked_token(slack: Workspace) -> None:
    slack.remote.post("/tokens/revoke", kind="bot")
    assert error(client(slack).auth_test) == "token_revoked"


def test_the_app_can_read_its_ids(slack: Workspace, web: WebClient) -> None:
    answer = web.auth_test()
    assert (answer["user_id"], answer["bot_id"]) == (slack.app.user_id, slack.app.bot_id)
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")
    assert web.bots_info(bot=answer["bot_id"])["bot"]["name"] == "cleaner"
    assert error(web.bots_info, bot="B404") == "bot_not_found"


def test_unknown_methods_fail(web: WebClient) -> None:
    body = refusal(web.reactions_add, channel="C1", name="x", timestamp="1.0")
    assert (body["error"], body["req_method"]) == ("unknown_method", "reactions.add")


@pytest.mark.parametrize(
    ("kind", "body", "name"),
    [
        ("application/json", b"{", "invalid_json"),
        ("application/json", b"[]", "json_not_object"),
        ("text/html", b"x", "invalid_post_type"),
        ("", b"x", "missing_post_type"),
        ("application/x-www-form-urlencoded", b"\xff=\xff", "invalid_form_data"),
    ],
)
def test_invalid_bodies_are_rejected(slack: Workspace, kind: str, body: bytes, name: str) -> None:
    headers = {"authorization": f"Bearer {BOT_TOKEN}", "content-type": kind}
    answer = http_post(f"{slack.api_url}auth.test", content=body, headers=headers)
    assert answer.json() == {"ok": False, "error": name}
