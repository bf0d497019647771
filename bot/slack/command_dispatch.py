"""Runs the command in the text after `/ecr-clean`, or suggests similar commands."""

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
    """Raises RequestError if the user may not, or the text is wrong."""
    line = CommandLine.of(payload.text)
    call = CommandCall(context, payload.sender, payload.channel_id, payload.trigger_id, line)
    command = COMMANDS.get(call.line.command)
    if command is None or not command.checks_permission:
        context.report_requests.expect_may_request(call.person)
    try:
        if command:
            command.run(call, read_arguments(call.line, command.usage))
        else:
            _run_without_command(call)
    except AmbiguousRepositoryError as error:
        call.answer(choices(_ambiguous(error), _one_per_registry(call, error)))
    except UnknownRepositoryError as error:
        name = call.line.names[_repository_index(call)]
        call.answer(choices(_unknown(name), _corrections(call, error)))


def _run_without_command(call: CommandCall) -> None:
    """Reports on the repository that the text names. For an unknown name, suggests similar commands
    and repositories."""
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
        call.answer(choices(_unknown(repository), [*suggested, _search_aws(repository)]))
    else:
        report_on(call, repository)


def _suggest_command(call: CommandCall, first: str, second: str) -> None:
    """For a text of several words. Raises RequestError if no command is similar."""
    if second.lower() in COMMANDS:
        swapped = CommandLine.of(call.line.with_word(1, first)).with_word(0, second)
        suggested = [CommandSuggestion(f"{COMMAND} {swapped}", swapped)]
    else:
        suggested = list(_similar_commands(call, first))
    if not suggested:
        raise RequestError(
            f"Unknown command {first[:100]!r}. `{COMMAND} help` lists the commands. A report takes "
            "one repository at a time"
        )
    text = f"Unknown command {first!r}. Did you mean this?"
    call.answer(choices(text, suggested))


def _similar_commands(call: CommandCall, word: str) -> Iterator[CommandSuggestion]:
    """The text with the most similar commands in place of its first word."""
    typed = word.lower()
    same = [command.name for command in COMMANDS.values() if typed in command.synonyms]
    for name in same or get_close_matches(typed, COMMANDS, n=2):
        line = call.line.with_word(0, name)
        yield CommandSuggestion(f"{COMMAND} {line}", line)


def _similar_repositories(call: CommandCall, repository: str) -> Iterator[CommandSuggestion]:
    try:
        call.find(repository)
    except UnknownRepositoryError as error:
        if error.close:
            yield CommandSuggestion(f"{COMMAND} {error.close}", error.close)


def _ambiguous(error: AmbiguousRepositoryError) -> str:
    return f"{error.choices[0].name} exists in several registries. Which one do you mean?"


def _one_per_registry(
    call: CommandCall, error: AmbiguousRepositoryError
) -> Iterator[CommandSuggestion]:
    for each in error.choices:
        line = call.line.with_word(_repository_index(call), each.uri)
        yield CommandSuggestion(str(each.registry), line)


def _unknown(repository: str) -> str:
    return f"Unknown repository {repository}. Choose a suggestion, or search AWS for it:"


def _search_aws(repository: str) -> CommandSuggestion:
    """AWS may have repositories that the bot has not listed yet."""
    return CommandSuggestion("Search AWS", f"report {repository}")


def _corrections(call: CommandCall, error: UnknownRepositoryError) -> Iterator[CommandSuggestion]:
    index = _repository_index(call)
    if error.close:
        line = call.line.with_word(index, error.close)
        yield CommandSuggestion(f"{COMMAND} {line}", line)
    yield _search_aws(call.line.names[index])


def _repository_index(call: CommandCall) -> int:
    """Index of the repository in the words of the text."""
    return 1 if call.line.command in COMMANDS else 0
