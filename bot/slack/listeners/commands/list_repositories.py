"""`/ecr-clean list [PATTERN]`."""

from collections.abc import Sequence

from bot.core.errors import RequestError
from bot.core.estate import estate_of, holding
from bot.core.legal_texts import REPOSITORIES
from bot.core.patterns import PatternError, Patterns
from bot.core.records import KnownRepository
from bot.slack.blocks.repositories import RepositoriesView, repositories_message
from bot.slack.listeners.commands.asked import Asked
from bot.slack.listeners.commands.grammar import arguments, is_pattern

SHOWN = 20


def list_repositories(asked: Asked) -> None:
    pattern = next(iter(arguments(asked.line, 0, 1)), None)
    store, every = asked.context.store, asked.context.store.repositories()
    fitting = sorted(_fitting(every, pattern), key=_could_free, reverse=True)
    asked.answer(
        repositories_message(
            RepositoriesView(
                pattern=pattern,
                shown=fitting[:SHOWN],
                more=len(fitting[SHOWN:]),
                never=sum(each.look is None for each in fitting),
                estate=estate_of(fitting),
                listed_at=min((each.listed_at for each in every), default=None),
                saved_bytes=store.freed_bytes_in_all(),
                usd_per_gb_month=asked.context.usd_per_gb_month,
                pause=store.pause(),
                now=asked.context.clock(),
            )
        )
    )


def _fitting(every: Sequence[KnownRepository], pattern: str | None) -> Sequence[KnownRepository]:
    """A word without signs of a glob may stand anywhere in a name."""
    if pattern is None:
        return every
    glob = pattern if is_pattern(pattern) else f"*{pattern}*"
    try:
        patterns = Patterns.of(REPOSITORIES.check(glob))
    except PatternError as error:
        raise RequestError(f"{error}; write a part of a name, or a glob such as team/*") from error
    return [each for each in every if each.repository.matches(patterns)]


def _could_free(known: KnownRepository) -> tuple[int, int]:
    """Those that were never looked at come last."""
    held = holding(known)
    return held.could_free_bytes or 0, -1 if known.look is None else held.stored_bytes or 0
