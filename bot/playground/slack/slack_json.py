"""Users, channels, messages, files and views as JSON, as in Slack's answers and payloads."""

from typing import Any
from zoneinfo import ZoneInfo

from bot.playground.slack.directory import (
    ENTERPRISE_ID,
    ENTERPRISE_NAME,
    TEAM_DOMAIN,
    TEAM_ID,
)
from bot.playground.slack.field_values import Values
from bot.playground.slack.models import (
    Channel,
    Message,
    SlackView,
    UploadedFile,
    UserGroup,
    WorkspaceUser,
)
from bot.playground.slack.state import WorkspaceState

Json = dict[str, Any]

PERMALINKS = f"https://{TEAM_DOMAIN}.slack.com"


def user_json(state: WorkspaceState, user: WorkspaceUser, scopes: frozenset[str]) -> Json:
    """The email address needs the scope `users:read.email`."""
    local = state.clock.now().astimezone(ZoneInfo(user.tz))
    offset = local.utcoffset()
    assert offset is not None
    shown = {"real_name": user.real_name, "display_name": user.display_name or user.name}
    email = {"email": user.email} if user.email and "users:read.email" in scopes else {}
    return {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.deleted,
        "tz": user.tz,
        "tz_label": local.tzname(),
        "tz_offset": int(offset.total_seconds()),
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_guest,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_bot": user.is_bot,
        "is_app_user": False,
        **_in_organization(user),
        **({"is_stranger": True} if state.directory.is_stranger(user) else {}),
        "profile": {**shown, **email},
    }


def _in_organization(user: WorkspaceUser) -> Json:
    """docs.slack.dev, reference/objects/user-object, `enterprise_user`."""
    if not user.teams:
        return {}
    member = {
        "id": user.id,
        "enterprise_id": ENTERPRISE_ID,
        "enterprise_name": ENTERPRISE_NAME,
        "is_admin": False,
        "is_owner": False,
        "teams": list(user.teams),
    }
    return {"enterprise_user": member}


def channel_json(state: WorkspaceState, channel: Channel) -> Json:
    is_member = state.app.user_id in channel.members
    shared = {"id": channel.id, "created": channel.created, "is_archived": channel.is_archived}
    if channel.kind == "im":
        [user] = channel.members - {state.app.user_id}
        return {**shared, "is_im": True, "user": user}
    return {
        **shared,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_im": False,
        "is_private": channel.kind == "private",
        "is_member": is_member,
        "num_members": len(channel.members),
    }


def group_json(group: UserGroup, *, with_users: bool) -> Json:
    return {
        "id": group.id,
        "team_id": TEAM_ID,
        "is_usergroup": True,
        "handle": group.handle,
        "name": group.name,
        "date_delete": int(group.is_disabled),
        "user_count": len(group.users),
        **({"users": list(group.users)} if with_users else {}),
    }


def message_json(state: WorkspaceState, message: Message) -> Json:
    return {
        "type": "message",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": TEAM_ID,
        **_optional_fields(state, message),
        **_thread_fields(state, message),
    }


def _optional_fields(state: WorkspaceState, message: Message) -> Json:
    parts: Json = {}
    if message.by_app:
        parts |= {"bot_id": state.app.bot_id, "app_id": state.app.id}
    if message.blocks:
        parts["blocks"] = list(message.blocks)
    if message.attachments:
        parts["attachments"] = list(message.attachments)
    if message.metadata:
        parts["metadata"] = message.metadata
    if message.edited_ts:
        parts["edited"] = {"user": message.user, "ts": message.edited_ts}
    if message.files:
        parts["files"] = [file_json(file) for file in map(state.files.find, message.files) if file]
    if message.is_tombstone:
        parts["subtype"] = "tombstone"
    return parts


def _thread_fields(state: WorkspaceState, message: Message) -> Json:
    if message.is_reply:
        return {"thread_ts": message.thread_ts}
    replies = state.messages.replies_to(message)
    if not replies:
        return {}
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": sorted({reply.user for reply in replies}),
        "latest_reply": replies[-1].ts,
    }


def file_json(file: UploadedFile) -> Json:
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "user": file.user,
        "size": file.length,
        "mode": "hosted",
        "permalink": f"{PERMALINKS}/files/{file.user}/{file.id}/{file.name}",
        "channels": [channel for channel, _ in file.shared_in],
    }


def view_json(state: WorkspaceState, view: SlackView, values: Values) -> Json:
    return {
        "id": view.id,
        "team_id": TEAM_ID,
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "close": None,
        "submit": None,
        "clear_on_close": False,
        "notify_on_close": False,
        **view.content,
        "state": {"values": values},
        "hash": view.hash,
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id,
        "app_id": state.app.id,
        "app_installed_team_id": TEAM_ID,
        "bot_id": state.app.bot_id,
    }


def view_with_values(state: WorkspaceState, view: SlackView) -> Json:
    """The view with the values that the user has entered."""
    return view_json(state, view, state.fields.values_of(view.user, view.id, view.blocks))
