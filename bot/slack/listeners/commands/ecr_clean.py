"""`/ecr-clean …`: which command it is, and what was meant where it is none."""

from collections.abc import Callable, Iterator
from difflib import get_close_matches

from bot.core.errors import RequestError
from bot.slack.blocks.choice import Choice, choices
from bot.slack.context import SlackContext
from bot.slack.ids import COMMAND
from bot.slack.listeners.commands.asked import Asked
from bot.slack.listeners.commands.grammar import FORMS, Line, as_repositories, is_pattern
from bot.slack.listeners.commands.list_repositories import list_repositories
from bot.slack.listeners.commands.pause import pause
from bot.slack.listeners.commands.pin import pin
from bot.slack.listeners.commands.report import report, report_on
from bot.slack.listeners.commands.resume import resume
from bot.slack.listeners.commands.show_help import show_help
from bot.slack.listeners.commands.show_history import show_history
from bot.slack.listeners.commands.show_pins import show_pins
from bot.slack.listeners.commands.show_status import show_status
from bot.slack.listeners.commands.stop import stop
from bot.slack.listeners.commands.unpin import unpin
from bot.slack.listeners.commands.why import why
from bot.slack.payloads import Command, CommandClick
from bot.usecases.repositories import AmbiguousError, UnknownError

Act = Callable[[Asked], None]

COMMANDS: dict[str, Act] = {
    "report": report,
    "list": list_repositories,
    "why": why,
    "pins": show_pins,
    "pin": pin,
    "unpin": unpin,
    "history": show_history,
    "status": show_status,
    "stop": stop,
    "pause": pause,
    "resume": resume,
    "help": show_help,
}

FOR_EVERYBODY = frozenset({"help", "stop", "pause", "resume"})
"""They show nothing, or their use cases decide who may."""

INSTEAD = {
    "plan": "report",
    "propose": "report",
    "plans": "status",
    "show": "status",
    "approve": "status",
    "dismiss": "status",
    "audit": "history",
}
"""Commands of the command line, which people may try here."""


def ecr_clean(context: SlackContext, command: Command | CommandClick) -> None:
    run(Asked(context, command.sender, command.channel_id, Line.of(command.text)))


def run(asked: Asked) -> None:
    """Raises RequestError for whoever may not, and for what cannot be done."""
    command = asked.line.command
    if command not in FOR_EVERYBODY:
        asked.context.asker.expect_may_ask(asked.person)
    try:
        COMMANDS.get(command, _other)(asked)
    except AmbiguousError as error:
        asked.answer(choices(_several(error), _of_each_registry(asked, error)))
    except UnknownError as error:
        name = asked.line.names[_place(asked)]
        asked.answer(choices(_unknown(name), _near(asked, error)))


def _other(asked: Asked) -> None:
    """No command of ours: a repository, or a slip."""
    first, *others = asked.line.names
    if others:
        _correct(asked, first, others[0])
        return
    repository = as_repositories(first)
    known = is_pattern(repository) or asked.context.store.repositories_called(repository)
    meant = [] if known else [*_commands_like(asked, first), *_repositories_like(asked, repository)]
    if meant:
        asked.answer(choices(_unknown(repository), [*meant, _in_aws(repository)]))
    else:
        report_on(asked, repository)


def _correct(asked: Asked, first: str, second: str) -> None:
    """Raises RequestError if nothing is near."""
    if second.lower() in COMMANDS:
        turned = Line.of(asked.line.with_word(1, first)).with_word(0, second)
        meant = [Choice(f"{COMMAND} {turned}", turned)]
    else:
        meant = list(_commands_like(asked, first))
    if not meant:
        raise RequestError(
            f"{COMMAND} takes one repository at a time, and knows no command {first[:100]!r}: "
            f"`{COMMAND} help` lists what it can"
        )
    asked.answer(choices(f"{COMMAND} knows no command {first!r}. Did you mean this?", meant))


def _commands_like(asked: Asked, word: str) -> Iterator[Choice]:
    """The same line with the nearest commands."""
    lowered = word.lower()
    instead = INSTEAD.get(lowered)
    for near in [instead] if instead else get_close_matches(lowered, COMMANDS, n=2):
        line = asked.line.with_word(0, near)
        yield Choice(f"{COMMAND} {line}", line)


def _repositories_like(asked: Asked, repository: str) -> Iterator[Choice]:
    try:
        asked.find(repository)
    except UnknownError as error:
        if error.close:
            yield Choice(f"{COMMAND} {error.close}", error.close)


def _several(error: AmbiguousError) -> str:
    return f"{error.choices[0].name} stands in several registries. Which one do you mean?"


def _of_each_registry(asked: Asked, error: AmbiguousError) -> Iterator[Choice]:
    for each in error.choices:
        yield Choice(str(each.registry), asked.line.with_word(_place(asked), each.uri))


def _unknown(repository: str) -> str:
    return f"No repository {repository} is known. What do you mean?"


def _in_aws(repository: str) -> Choice:
    """Where it may be all the same."""
    return Choice(f"Look for {repository} in AWS", f"report {repository}")


def _near(asked: Asked, error: UnknownError) -> Iterator[Choice]:
    place = _place(asked)
    if error.close:
        line = asked.line.with_word(place, error.close)
        yield Choice(f"{COMMAND} {line}", line)
    yield _in_aws(asked.line.names[place])


def _place(asked: Asked) -> int:
    """Of the repository in the line."""
    return 1 if asked.line.command in FORMS else 0
