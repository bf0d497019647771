"""Endpoints outside of the Web API: response URLs, and uploads and downloads of files.

docs.slack.dev/interactivity/handling-user-interaction#message_responses, read on 2026-11-23.
"""

from dataclasses import replace

from bot.playground.slack.app_content import MessageContent, read_message_content
from bot.playground.slack.arguments import CallArguments
from bot.playground.slack.errors import SlackError
from bot.playground.slack.models import Message, ResponseUrl, UploadedFile
from bot.playground.slack.state import WorkspaceState

_KNOWN_ARGUMENTS = frozenset(
    {
        "text",
        "blocks",
        "attachments",
        "metadata",
        "response_type",
        "replace_original",
        "delete_original",
        "thread_ts",
        "unfurl_links",
        "unfurl_media",
    }
)


def respond(state: WorkspaceState, path: str, arguments: CallArguments) -> None:
    """Posts, replaces or deletes a message by a response URL; raises SlackError.

    The bot needs neither membership nor a scope.
    """
    url = state.response_urls.use(path)
    for name in sorted(arguments.keys() - _KNOWN_ARGUMENTS):
        state.warn("response_url", f"unknown argument {name}")
    if arguments.flag("delete_original"):
        state.messages.delete(_original(state, url))
        return
    content = read_message_content(arguments, state.ids)
    if content.lacks_text:
        state.warn("response_url", "no text for screen readers and notifications")
    if arguments.flag("replace_original"):
        _replace(state, _original(state, url), content)
    else:
        post_response(state, url, content, arguments)


def post_response(
    state: WorkspaceState, url: ResponseUrl, content: MessageContent, arguments: CallArguments
) -> Message:
    """Posts a message, visible only to the acting user unless `response_type` is `in_channel`."""
    is_public = arguments.text("response_type", "ephemeral") == "in_channel"
    return state.messages.put(
        Message(
            channel=url.channel,
            ts=state.ids.timestamp(),
            user=state.app.user_id,
            text=content.text,
            blocks=content.blocks or (),
            attachments=content.attachments or (),
            metadata=content.metadata,
            thread_ts=arguments.optional("thread_ts"),
            only_for=None if is_public else url.user,
            by_app=True,
        )
    )


def upload(state: WorkspaceState, path: str, content: bytes) -> UploadedFile:
    """Stores an announced file; raises SlackError if its length differs."""
    file = state.files.find(path.rpartition("/")[2])
    if file is None or file.content is not None:
        raise SlackError("file_not_found", status=404)
    if len(content) != file.length:
        raise SlackError("file_size_mismatch", status=400)
    return state.files.put(replace(file, content=content))


def download(state: WorkspaceState, path: str, token: str) -> bytes:
    """Needs `files:read`; raises SlackError."""
    if "files:read" not in state.tokens.find(token).scopes:
        raise SlackError("missing_scope", status=403)
    file = state.files.find(path.rpartition("/")[2])
    if file is None or file.content is None:
        raise SlackError("file_not_found", status=404)
    return file.content


def _original(state: WorkspaceState, url: ResponseUrl) -> Message:
    message = state.messages.find(url.channel, url.message_ts or "")
    if message is None or message.is_tombstone:
        raise SlackError("message_not_found", status=404)
    return message


def _replace(state: WorkspaceState, message: Message, content: MessageContent) -> None:
    edited_ts = None if message.only_for else state.ids.timestamp()
    state.messages.put(
        replace(
            message,
            text=content.text,
            blocks=content.blocks or (),
            attachments=content.attachments or (),
            edited_ts=edited_ts,
        )
    )
