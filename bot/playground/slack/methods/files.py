"""files.*: docs.slack.dev/reference/methods, read on 2026-11-23."""

from dataclasses import replace
from typing import Any

from bot.playground.slack.errors import SlackError, error_with_problems
from bot.playground.slack.methods.channels import joined_channel
from bot.playground.slack.methods.registry import MethodCall, MethodResult, method
from bot.playground.slack.models import Channel, Message, UploadedFile
from bot.playground.slack.rate_limits import TIER_4
from bot.playground.slack.slack_json import file_json


@method(
    "files.getUploadURLExternal",
    TIER_4,
    scope="files:write",
    takes="filename length alt_txt snippet_type",
)
def get_upload_url(call: MethodCall) -> MethodResult:
    name, length = call.arguments.required("filename"), call.arguments.number("length", 0)
    if length <= 0:
        raise error_with_problems(
            "invalid_arguments", ["must be greater than 0 [json-pointer:/length]"]
        )
    file = call.state.files.start_upload(name, length, call.state.app.user_id, call.state.seconds)
    return {"upload_url": f"{call.base_url}/upload/v1/{file.id}", "file_id": file.id}


@method(
    "files.completeUploadExternal",
    TIER_4,
    scope="files:write",
    takes="files channel_id channels initial_comment thread_ts",
)
def complete_upload(call: MethodCall) -> MethodResult:
    """The bot must be in the channel, even with `chat:write.public`."""
    files = _uploaded(call)
    shared = [_share(call, files, channel) for channel in _channels(call)]
    return {"files": [file_json(file) for file in (shared[-1] if shared else files)]}


def _uploaded(call: MethodCall) -> list[UploadedFile]:
    call.arguments.required_value("files")
    listed = call.arguments.parsed("files", "invalid_arguments")
    if not isinstance(listed, list) or not listed:
        raise error_with_problems("invalid_arguments", ["must be an array [json-pointer:/files]"])
    return [_one_uploaded(call, entry) for entry in listed]


def _one_uploaded(call: MethodCall, entry: Any) -> UploadedFile:
    file = call.state.files.find(entry.get("id", "")) if isinstance(entry, dict) else None
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    return call.state.files.put(replace(file, title=entry.get("title", file.title)))


def _channels(call: MethodCall) -> list[Channel]:
    listed = call.arguments.comma_separated("channels") or call.arguments.comma_separated(
        "channel_id"
    )
    channels = [joined_channel(call, channel_id) for channel_id in listed]
    if any(channel.is_archived for channel in channels):
        raise SlackError("is_archived")
    return channels


def _share(call: MethodCall, files: list[UploadedFile], channel: Channel) -> list[UploadedFile]:
    thread_ts = call.arguments.optional("thread_ts")
    if thread_ts and call.state.messages.find(channel.id, thread_ts) is None:
        raise SlackError("thread_not_found")
    message = call.state.messages.put(
        Message(
            channel=channel.id,
            ts=call.state.ids.timestamp(),
            user=call.state.app.user_id,
            text=call.arguments.text("initial_comment"),
            thread_ts=thread_ts,
            files=tuple(file.id for file in files),
            by_app=True,
        )
    )
    return [call.state.files.share(file, channel.id, message.ts) for file in files]
