"""User action: slash command."""

from bot.playground.slack import response_urls_and_files
from bot.playground.slack.app_content import read_message_content
from bot.playground.slack.arguments import CallArguments
from bot.playground.slack.errors import SlackError
from bot.playground.slack.models import Message, ResponseUrl
from bot.playground.slack.socket_mode import Acknowledgement
from bot.playground.slack.socket_mode.envelopes import SocketEnvelope, slash_command
from bot.playground.slack.user_actions.context import ActionContext
from bot.playground.slack.user_actions.outcome import ActionNotPossibleError, ActionOutcome
from bot.playground.slack.user_actions.payloads import command_payload


async def type_command(context: ActionContext, user: str, channel: str, line: str) -> ActionOutcome:
    """`line` is the complete command, like `/ecr-clean team/api`."""
    with context.state.lock:
        url, envelope = _prepare(context, user, channel, line)
    ack = await context.send(envelope)
    if ack.payload is not None:
        with context.state.lock:
            _post_answer(context, url, ack, line)
    return ActionOutcome("ok", sent=True)


def _prepare(
    context: ActionContext, user: str, channel: str, line: str
) -> tuple[ResponseUrl, SocketEnvelope]:
    actor = context.user(user)
    typed_in = context.joined_channel(actor, channel)
    command, _, rest = line.partition(" ")
    if command not in context.state.app.manifest.commands:
        raise ActionNotPossibleError(
            ActionOutcome("unknown_command", f"{command} is not a valid command")
        )
    url = context.state.response_urls.issue("commands", user, channel)
    payload = command_payload(
        context.state, actor, typed_in, (command, rest.strip()), context.url_of(url)
    )
    return url, slash_command(payload)


def _post_answer(context: ActionContext, url: ResponseUrl, ack: Acknowledgement, line: str) -> None:
    """Posts an answer from the acknowledgement, without a use of the response URL."""
    arguments = CallArguments(ack.payload or {})
    try:
        content = read_message_content(arguments, context.state.ids)
    except SlackError as error:
        raise context.invalid_response(
            "answer to a slash command", f"{error} {error.extra}"
        ) from error
    if arguments.text("response_type") == "in_channel":
        _show_command(context, url, line)
    response_urls_and_files.post_response(context.state, url, content, arguments)


def _show_command(context: ActionContext, url: ResponseUrl, line: str) -> None:
    """Shows the command in the channel, together with its public answer."""
    context.state.messages.put(
        Message(channel=url.channel, ts=context.state.ids.timestamp(), user=url.user, text=line)
    )
