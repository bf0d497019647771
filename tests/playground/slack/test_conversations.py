"""conversations.*, users.*, usergroups.* and files.* with slack_sdk's WebClient."""

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackRequestError

from bot.playground.slack import BOT_TOKEN, SimulatedUser, Workspace

from .helpers import client, error, http_get, http_post, refusal


@pytest.fixture
def secret(slack: Workspace, ann: SimulatedUser) -> str:
    return slack.remote.add_channel("secret", [ann], kind="private", with_bot=False)


@pytest.fixture
def elsewhere(slack: Workspace, ann: SimulatedUser) -> str:
    return slack.remote.add_channel("elsewhere", [ann], with_bot=False)


def test_info(web: WebClient, general: str, elsewhere: str, secret: str) -> None:
    channel = web.conversations_info(channel=general)["channel"]
    assert (channel["name"], channel["is_member"], channel["is_private"]) == (
        "general",
        True,
        False,
    )
    assert not web.conversations_info(channel=elsewhere)["channel"]["is_member"]
    assert error(web.conversations_info, channel=secret) == "channel_not_found"


def test_scopes_depend_on_the_channel_kind(
    slack: Workspace, web: WebClient, ann: SimulatedUser, general: str
) -> None:
    private = slack.remote.add_channel("hidden", kind="private")
    slack.set_scopes(["channels:read", "channels:history"])
    assert web.conversations_info(channel=general)["ok"]
    assert refusal(web.conversations_info, channel=private)["needed"] == "groups:read"
    assert refusal(web.conversations_members, channel=ann.opens_im())["needed"] == "im:read"
    assert refusal(web.conversations_history, channel=private)["needed"] == "groups:history"
    listed = {"types": "public_channel,private_channel"}
    assert refusal(web.conversations_list, **listed)["needed"] == "groups:read"
    slack.set_scopes([])
    needed = refusal(web.conversations_info, channel=general)["needed"]
    assert needed == "channels:read,groups:read,im:read,mpim:read"


def test_lists(slack: Workspace, web: WebClient, general: str, elsewhere: str, secret: str) -> None:
    def listed(**arguments: Any) -> list[str]:
        return [each["id"] for each in web.conversations_list(**arguments)["channels"]]

    assert listed() == [general, elsewhere]
    assert listed(types="private_channel") == []
    slack.remote.post("/channels/archive", channel=elsewhere)
    assert listed(exclude_archived=True) == [general]
    assert secret not in listed(types="public_channel,private_channel")
    assert error(web.conversations_list, types="mpim") == "invalid_types"


def test_pages(web: WebClient, general: str, elsewhere: str) -> None:
    first = web.conversations_list(limit=1)
    cursor = first["response_metadata"]["next_cursor"]
    second = web.conversations_list(limit=1, cursor=cursor)
    ids = [page["channels"][0]["id"] for page in (first, second)]
    assert ids == [general, elsewhere]
    assert second["response_metadata"]["next_cursor"] == ""
    assert error(web.conversations_list, cursor="x") == "invalid_cursor"
    assert error(web.conversations_list, limit=1001) == "invalid_limit"
    assert error(web.conversations_list, limit="many") == "invalid_arguments"


def test_members(
    slack: Workspace, web: WebClient, ann: SimulatedUser, bob: SimulatedUser, general: str
) -> None:
    members = web.conversations_members(channel=general)["members"]
    assert members == sorted([ann.id, bob.id, slack.app.user_id])


def test_joining(slack: Workspace, web: WebClient, elsewhere: str, secret: str) -> None:
    assert error(web.conversations_join, channel=secret) == "channel_not_found"
    assert web.conversations_join(channel=elsewhere)["channel"]["is_member"]
    private = slack.remote.add_channel("hidden", kind="private")
    refused = error(web.conversations_join, channel=private)
    assert refused == "method_not_supported_for_channel_type"
    slack.remote.post("/channels/archive", channel=elsewhere)
    assert error(web.conversations_join, channel=elsewhere) == "is_archived"


def test_opening_a_conversation(web: WebClient, ann: SimulatedUser) -> None:
    opened = web.conversations_open(users=ann.id, return_im=True)["channel"]
    assert (opened["is_im"], opened["user"]) == (True, ann.id)
    assert web.conversations_open(users=[ann.id])["channel"] == {"id": opened["id"]}
    assert error(web.conversations_open, users="U404") == "user_not_found"
    assert error(web.conversations_open, users="") == "users_list_not_supplied"


def test_history_and_replies(
    web: WebClient, ann: SimulatedUser, general: str, elsewhere: str
) -> None:
    parent = web.chat_postMessage(channel=general, text="one")["ts"]
    web.chat_postMessage(channel=general, text="aside", thread_ts=parent)
    web.chat_postMessage(channel=general, text="aloud", thread_ts=parent, reply_broadcast=True)
    ann.writes("two", general)

    def texts(**arguments: Any) -> list[str]:
        answer = web.conversations_history(channel=general, **arguments)
        return [message["text"] for message in answer["messages"]]

    assert texts() == ["two", "aloud", "one"]
    assert texts(oldest=parent) == ["two", "aloud"]
    assert texts(latest=parent, inclusive=True) == ["one"]
    assert texts(limit=1) == ["two"]
    thread = web.conversations_replies(channel=general, ts=parent)["messages"]
    assert [message["text"] for message in thread] == ["one", "aside", "aloud"]
    assert error(web.conversations_replies, channel=general, ts="1.0") == "thread_not_found"
    assert error(web.conversations_history, channel=elsewhere) == "not_in_channel"


def test_users(slack: Workspace, web: WebClient) -> None:
    remote = slack.remote
    guest = remote.add_user("gil", is_ultra_restricted=True, tz="America/New_York")
    stranger = remote.add_user("sam", team_id="T9999999999", email="sam@example.org")

    def shown(person: SimulatedUser) -> dict[str, Any]:
        user: dict[str, Any] = web.users_info(user=person.id)["user"]
        return user

    assert shown(guest)["is_restricted"] is shown(guest)["is_ultra_restricted"] is True
    assert shown(guest)["tz"] == "America/New_York"
    assert shown(guest)["tz_offset"] in (-18_000, -14_400)
    assert shown(stranger)["is_stranger"] is True
    assert "email" not in shown(stranger)["profile"]
    remote.add_channel("shared", [stranger])
    assert "is_stranger" not in shown(stranger)
    slack.set_scopes(["users:read", "users:read.email"])
    assert shown(stranger)["profile"]["email"] == "sam@example.org"
    slack.change_user(guest.id, deleted=True)
    assert shown(guest)["deleted"] is True
    assert error(web.users_info, user="U404") == "user_not_found"
    members = web.users_list()["members"]
    assert [member["id"] for member in members] == [slack.app.user_id, guest.id, stranger.id]


def test_user_groups(slack: Workspace, web: WebClient, ann: SimulatedUser) -> None:
    group = slack.remote.add_user_group("owners", [ann])
    [listed] = web.usergroups_list(include_users=True)["usergroups"]
    assert (listed["id"], listed["handle"], listed["users"]) == (group, "owners", [ann.id])
    assert web.usergroups_users_list(usergroup=group)["users"] == [ann.id]
    slack.remote.put("/user-groups", group=group, users=[], is_disabled=True)
    assert web.usergroups_list()["usergroups"] == []
    assert error(web.usergroups_users_list, usergroup=group) == "no_such_subteam"
    assert web.usergroups_users_list(usergroup=group, include_disabled=True)["users"] == []
    slack.set_scopes([])
    assert error(web.usergroups_users_list, usergroup=group) == "missing_scope"


@pytest.mark.parametrize("handle", ["ann", "general", "owners"])
def test_handles_are_unique(
    slack: Workspace, ann: SimulatedUser, general: str, handle: str
) -> None:
    """Among users, channels and user groups. Display names are not."""
    del ann, general
    slack.add_user("bob", display_name="team")
    for free in ("owners", "team"):
        slack.add_user_group(free)
    with pytest.raises(ValueError, match=f"the handle {handle} is taken"):
        slack.add_user_group(handle)


def test_a_file_in_a_thread(
    slack: Workspace, web: WebClient, ann: SimulatedUser, general: str
) -> None:
    parent = web.chat_postMessage(channel=general, text="x")["ts"]
    shared = web.files_upload_v2(
        channel=general,
        thread_ts=parent,
        filename="plan.csv",
        title="Plan",
        content="digest,tags\n",
        initial_comment="all of them",
    )
    [message] = ann.messages(general)
    [reply] = message["replies"]
    [file] = reply["files"]
    assert (reply["text"], file["name"], file["title"]) == ("all of them", "plan.csv", "Plan")
    assert shared["file"]["id"] == file["id"]
    assert http_get(f"{slack.url}/_control/file?id={file['id']}").text == "digest,tags\n"
    headers = {"authorization": f"Bearer {BOT_TOKEN}"}
    downloaded = http_get(f"{slack.url}/files/{file['id']}", headers=headers)
    assert downloaded.text == "digest,tags\n"
    assert http_get(f"{slack.url}/files/F404", headers=headers).status_code == 404
    assert http_get(f"{slack.url}/_control/file?id=F404").status_code == 400
    slack.set_scopes([])
    assert http_get(f"{slack.url}/files/{file['id']}", headers=headers).status_code == 403


def test_files_need_membership(
    slack: Workspace, web: WebClient, elsewhere: str, secret: str, general: str
) -> None:
    def upload(channel: str) -> str:
        return error(web.files_upload_v2, channel=channel, filename="x", content="x")

    assert upload(elsewhere) == "not_in_channel"
    assert upload(secret) == "channel_not_found"
    slack.remote.post("/channels/archive", channel=general)
    assert upload(general) == "is_archived"


def test_invalid_uploads(web: WebClient, general: str) -> None:
    started = web.files_getUploadURLExternal(filename="x", length=3)
    file = [{"id": started["file_id"]}]
    assert error(web.files_completeUploadExternal, files=file) == "file_not_found"
    assert http_post(started["upload_url"], content=b"four").status_code == 400
    assert http_post(started["upload_url"], content=b"xyz").text == "OK - 3"
    assert http_post(started["upload_url"], content=b"xyz").status_code == 404
    thread = {"files": file, "channel_id": general, "thread_ts": "1.0"}
    assert error(web.files_completeUploadExternal, **thread) == "thread_not_found"
    assert web.files_completeUploadExternal(files=file)["files"][0]["channels"] == []
    refused = refusal(web.files_getUploadURLExternal, filename="x", length=0)
    assert refused["error"] == "invalid_arguments"
    assert error(web.files_completeUploadExternal, files=[]) == "invalid_arguments"


def test_an_upload_that_fails(slack: Workspace, web: WebClient, general: str) -> None:
    slack.remote.add_fault("upload_url", status=500)
    with pytest.raises((SlackRequestError, OSError)):
        web.files_upload_v2(channel=general, filename="x", content="x")


def test_tokens_in_the_body(slack: Workspace) -> None:
    answer = client(slack, "").api_call("auth.test", params={"token": BOT_TOKEN})
    assert answer["ok"]
    [call] = slack.calls
    assert "token" not in call.arguments
