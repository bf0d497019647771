"""Typing a slash command."""

from bot.playground.slack import hooks
from bot.playground.slack.acts.desk import Desk
from bot.playground.slack.acts.outcome import NotPossibleError, Outcome
from bot.playground.slack.acts.payloads import command_payload
from bot.playground.slack.arguments import Arguments
from bot.playground.slack.errors import SlackError
from bot.playground.slack.models import Message, ResponseUrl
from bot.playground.slack.posting import read_content
from bot.playground.slack.socket import Ack
from bot.playground.slack.socket.envelopes import Envelope, slash_command


async def type_command(desk: Desk, user: str, channel: str, line: str) -> Outcome:
    """`line` is the whole of it, like `/ecr-clean team/api`."""
    with desk.state.lock:
        url, envelope = _prepare(desk, user, channel, line)
    ack = await desk.send(envelope)
    if ack.payload is not None:
        with desk.state.lock:
            _post_answer(desk, url, ack, line)
    return Outcome("ok", sent=True)


def _prepare(desk: Desk, user: str, channel: str, line: str) -> tuple[ResponseUrl, Envelope]:
    person = desk.user(user)
    place = desk.joined_channel(person, channel)
    command, _, rest = line.partition(" ")
    if command not in desk.state.app.manifest.commands:
        raise NotPossibleError(Outcome("unknown_command", f"{command} is not a valid command"))
    url = desk.state.response_urls.issue("commands", user, channel)
    payload = command_payload(desk.state, person, place, (command, rest.strip()), desk.url_of(url))
    return url, slash_command(payload)


def _post_answer(desk: Desk, url: ResponseUrl, ack: Ack, line: str) -> None:
    """An answer in the acknowledgement itself takes no use of the response URL."""
    arguments = Arguments(ack.payload or {})
    try:
        content = read_content(arguments, desk.state.ids)
    except SlackError as error:
        raise desk.invalid_response("the answer to a command", f"{error} {error.extra}") from error
    if arguments.text("response_type") == "in_channel":
        _echo(desk, url, line)
    hooks.answer(desk.state, url, content, arguments)


def _echo(desk: Desk, url: ResponseUrl, line: str) -> None:
    """A public answer shows the command too."""
    desk.state.messages.put(
        Message(channel=url.channel, ts=desk.state.ids.stamp(), user=url.user, text=line)
    )
