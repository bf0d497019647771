"""Runs the command of a line after `/ecr-clean`, or suggests what it could mean."""

from collections.abc import Iterator
from difflib import get_close_matches

from slack_bolt import App

from bot.core.errors import RequestError
from bot.slack.action_ids import COMMAND
from bot.slack.command_parser import CommandLine, as_repositories, is_pattern, read_arguments
from bot.slack.commands import COMMANDS, CommandCall, report_on
from bot.slack.listener import acknowledge, make_listener
from bot.slack.listener_context import SlackContext
from bot.slack.messages.answers import CommandSuggestion, choices
from bot.slack.payloads import CommandButtonClick, SlashCommandPayload
from bot.usecases.repositories import AmbiguousRepositoryError, UnknownRepositoryError


def register(app: App, context: SlackContext) -> None:
    listener = make_listener(context, SlashCommandPayload, run_command)
    app.command(COMMAND, middleware=[acknowledge])(listener)


def run_command(context: SlackContext, payload: SlashCommandPayload | CommandButtonClick) -> None:
    """Raises RequestError if the person may not, or the line is wrong."""
    call = CommandCall(context, payload.sender, payload.channel_id, CommandLine.of(payload.text))
    command = COMMANDS.get(call.line.command)
    if command is None or not command.decides_itself:
        context.report_requests.expect_may_request(call.person)
    try:
        if command:
            command.run(call, read_arguments(call.line, command.usage))
        else:
            _run_without_command(call)
    except AmbiguousRepositoryError as error:
        call.answer(choices(_ambiguous(error), _one_per_registry(call, error)))
    except UnknownRepositoryError as error:
        name = call.line.names[_place_of_repository(call)]
        call.answer(choices(_unknown(name), _similar(call, error)))


def _run_without_command(call: CommandCall) -> None:
    """Reports the repository that the line names, unless the word is rather a mistyped one."""
    first, *others = call.line.names
    if others:
        _suggest_command(call, first, others[0])
        return
    repository = as_repositories(first)
    is_known = is_pattern(repository) or call.context.store.repositories_named(repository)
    suggested = (
        []
        if is_known
        else [*_similar_commands(call, first), *_similar_repositories(call, repository)]
    )
    if suggested:
        call.answer(choices(_unknown(repository), [*suggested, _look_in_aws(repository)]))
    else:
        report_on(call, repository)


def _suggest_command(call: CommandCall, first: str, second: str) -> None:
    """For a line of several words. Raises RequestError if no command is similar."""
    if second.lower() in COMMANDS:
        swapped = CommandLine.of(call.line.with_word(1, first)).with_word(0, second)
        suggested = [CommandSuggestion(f"{COMMAND} {swapped}", swapped)]
    else:
        suggested = list(_similar_commands(call, first))
    if not suggested:
        raise RequestError(
            f"{COMMAND} takes one repository at a time, and knows no command {first[:100]!r}: "
            f"`{COMMAND} help` lists what it can"
        )
    text = f"{COMMAND} knows no command {first!r}. Did you mean this?"
    call.answer(choices(text, suggested))


def _similar_commands(call: CommandCall, word: str) -> Iterator[CommandSuggestion]:
    """The line with the most similar commands in place of its first word."""
    typed = word.lower()
    alike = [command.name for command in COMMANDS.values() if typed in command.like]
    for name in alike or get_close_matches(typed, COMMANDS, n=2):
        line = call.line.with_word(0, name)
        yield CommandSuggestion(f"{COMMAND} {line}", line)


def _similar_repositories(call: CommandCall, repository: str) -> Iterator[CommandSuggestion]:
    try:
        call.find(repository)
    except UnknownRepositoryError as error:
        if error.close:
            yield CommandSuggestion(f"{COMMAND} {error.close}", error.close)


def _ambiguous(error: AmbiguousRepositoryError) -> str:
    return f"{error.choices[0].name} stands in several registries. Which one do you mean?"


def _one_per_registry(
    call: CommandCall, error: AmbiguousRepositoryError
) -> Iterator[CommandSuggestion]:
    for each in error.choices:
        line = call.line.with_word(_place_of_repository(call), each.uri)
        yield CommandSuggestion(str(each.registry), line)


def _unknown(repository: str) -> str:
    return f"No repository {repository} is known. What do you mean?"


def _look_in_aws(repository: str) -> CommandSuggestion:
    """AWS may have repositories that the bot has not listed yet."""
    return CommandSuggestion(f"Look for {repository} in AWS", f"report {repository}")


def _similar(call: CommandCall, error: UnknownRepositoryError) -> Iterator[CommandSuggestion]:
    place = _place_of_repository(call)
    if error.close:
        line = call.line.with_word(place, error.close)
        yield CommandSuggestion(f"{COMMAND} {line}", line)
    yield _look_in_aws(call.line.names[place])


def _place_of_repository(call: CommandCall) -> int:
    """In the words of the line."""
    return 1 if call.line.command in COMMANDS else 0
