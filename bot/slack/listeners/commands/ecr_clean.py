"""`/ecr-clean REPOSITORY`, and `/ecr-clean help`."""

from difflib import get_close_matches

from bot.core.errors import RequestError
from bot.slack.desk import Desk
from bot.slack.ids import COMMAND
from bot.slack.listeners.answering import answer
from bot.slack.listeners.reports import report
from bot.slack.listeners.wording import HELP
from bot.slack.payloads import Command

LONGEST_REPOSITORY = 512
"""A registry's host and a name: ECR API reference, CreateRepository."""

WORDS = ("help",)
ELSEWHERE = (
    "approve",
    "audit",
    "dismiss",
    "pin",
    "pins",
    "plan",
    "plans",
    "propose",
    "report",
    "show",
    "stop",
    "unpin",
    "why",
)
"""Commands of the command line, which people may try here."""


def ecr_clean(desk: Desk, command: Command) -> None:
    words = command.text.split()
    if words in ([], ["help"]):
        answer(desk, command.sender, HELP)
    else:
        _report(desk, command, words)


def _report(desk: Desk, command: Command, words: list[str]) -> None:
    """Raises RequestError."""
    repository, *others = words
    if others or repository in ELSEWHERE:
        raise RequestError(_unknown(repository))
    if len(repository) > LONGEST_REPOSITORY:
        raise RequestError("No repository has a name as long as that: check it")
    report(desk, repository, command)


def _unknown(word: str) -> str:
    close = get_close_matches(word, WORDS, n=1)
    meant = f"Did you mean {COMMAND} {close[0]}?" if close else f"{COMMAND} help says what it can."
    return f"{COMMAND} takes one repository, and knows no {word!r}. {meant}"
