"""files.*: docs.slack.dev/reference/methods, read on 2026-11-23."""

from dataclasses import replace
from typing import Any

from bot.playground.slack.errors import SlackError, wrong
from bot.playground.slack.limits import TIER_4
from bot.playground.slack.methods.channels import joined_channel
from bot.playground.slack.methods.registry import Answer, Ask, method
from bot.playground.slack.models import Channel, File, Message
from bot.playground.slack.wire import file_json


@method(
    "files.getUploadURLExternal",
    TIER_4,
    scope="files:write",
    takes="filename length alt_txt snippet_type",
)
def get_upload_url(ask: Ask) -> Answer:
    name, length = ask.arguments.required("filename"), ask.arguments.number("length", 0)
    if length <= 0:
        raise wrong("invalid_arguments", ["must be greater than 0 [json-pointer:/length]"])
    file = ask.state.files.promise(name, length, ask.state.app.user_id, ask.state.seconds)
    return {"upload_url": f"{ask.base_url}/upload/v1/{file.id}", "file_id": file.id}


@method(
    "files.completeUploadExternal",
    TIER_4,
    scope="files:write",
    takes="files channel_id channels initial_comment thread_ts",
)
def complete_upload(ask: Ask) -> Answer:
    """`chat:write.public` does not help here: the bot has to be in the channel."""
    files = _uploaded(ask)
    shared = [_share(ask, files, channel) for channel in _channels(ask)]
    return {"files": [file_json(file) for file in (shared[-1] if shared else files)]}


def _uploaded(ask: Ask) -> list[File]:
    ask.arguments.required_value("files")
    listed = ask.arguments.parsed("files", "invalid_arguments")
    if not isinstance(listed, list) or not listed:
        raise wrong("invalid_arguments", ["must be an array [json-pointer:/files]"])
    return [_one_uploaded(ask, entry) for entry in listed]


def _one_uploaded(ask: Ask, entry: Any) -> File:
    file = ask.state.files.find(entry.get("id", "")) if isinstance(entry, dict) else None
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    return ask.state.files.put(replace(file, title=entry.get("title", file.title)))


def _channels(ask: Ask) -> list[Channel]:
    listed = ask.arguments.names("channels") or ask.arguments.names("channel_id")
    channels = [joined_channel(ask, channel_id) for channel_id in listed]
    if any(channel.is_archived for channel in channels):
        raise SlackError("is_archived")
    return channels


def _share(ask: Ask, files: list[File], channel: Channel) -> list[File]:
    thread_ts = ask.arguments.optional("thread_ts")
    if thread_ts and ask.state.messages.find(channel.id, thread_ts) is None:
        raise SlackError("thread_not_found")
    message = ask.state.messages.put(
        Message(
            channel=channel.id,
            ts=ask.state.ids.stamp(),
            user=ask.state.app.user_id,
            text=ask.arguments.text("initial_comment"),
            thread_ts=thread_ts,
            files=tuple(file.id for file in files),
            by_app=True,
        )
    )
    return [ask.state.files.share(file, channel.id, message.ts) for file in files]
