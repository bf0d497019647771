"""Addresses besides the Web API: response URLs, and those of files.

docs.slack.dev/interactivity/handling-user-interaction#message_responses, read on 2026-11-23.
"""

from dataclasses import replace

from bot.playground.slack.arguments import Arguments
from bot.playground.slack.errors import SlackError
from bot.playground.slack.models import File, Message, ResponseUrl
from bot.playground.slack.posting import Content, read_content
from bot.playground.slack.state import State

_TAKES = frozenset(
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


def respond(state: State, path: str, arguments: Arguments) -> None:
    """Works without membership and without a scope; raises SlackError."""
    url = state.response_urls.use(path)
    for name in sorted(arguments.keys() - _TAKES):
        state.warn("response_url", f"there is no argument {name}")
    if arguments.flag("delete_original"):
        state.messages.delete(_original(state, url))
        return
    content = read_content(arguments, state.ids)
    if content.lacks_text:
        state.warn("response_url", "there is no text for screen readers and notifications")
    if arguments.flag("replace_original"):
        _replace(state, _original(state, url), content)
    else:
        answer(state, url, content, arguments)


def answer(state: State, url: ResponseUrl, content: Content, arguments: Arguments) -> Message:
    """A new message, which only the acting person sees unless `response_type` says otherwise."""
    is_public = arguments.text("response_type", "ephemeral") == "in_channel"
    return state.messages.put(
        Message(
            channel=url.channel,
            ts=state.ids.stamp(),
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


def upload(state: State, path: str, content: bytes) -> File:
    """Takes the bytes that were promised, and no others; raises SlackError."""
    file = state.files.find(path.rpartition("/")[2])
    if file is None or file.content is not None:
        raise SlackError("file_not_found", status=404)
    if len(content) != file.length:
        raise SlackError("file_size_mismatch", status=400)
    return state.files.put(replace(file, content=content))


def download(state: State, path: str, token: str) -> bytes:
    """Needs `files:read`; raises SlackError."""
    if "files:read" not in state.tokens.behind(token).scopes:
        raise SlackError("missing_scope", status=403)
    file = state.files.find(path.rpartition("/")[2])
    if file is None or file.content is None:
        raise SlackError("file_not_found", status=404)
    return file.content


def _original(state: State, url: ResponseUrl) -> Message:
    message = state.messages.find(url.channel, url.message_ts or "")
    if message is None or message.is_tombstone:
        raise SlackError("message_not_found", status=404)
    return message


def _replace(state: State, message: Message, content: Content) -> None:
    edited_ts = None if message.only_for else state.ids.stamp()
    state.messages.put(
        replace(
            message,
            text=content.text,
            blocks=content.blocks or (),
            attachments=content.attachments or (),
            edited_ts=edited_ts,
        )
    )
