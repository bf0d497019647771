"""Takes somebody's word that it is right that a source lists so little."""

from bot.core.errors import RequestError
from bot.ports import Listed, UsageMemory


def confirm_usage(memory: UsageMemory, source: str, scope: str) -> Listed:
    """What is believed from now on. Raises RequestError if nothing is in doubt there."""
    confirmed = memory.confirm(source, scope)
    if confirmed is None:
        raise RequestError(
            f"Nothing that {source} lists in {scope!r} is in doubt: {_in_doubt(memory)}"
        )
    return confirmed


def _in_doubt(memory: UsageMemory) -> str:
    doubted = ", ".join(f"{source} {scope!r}" for source, scope in memory.doubted())
    if not doubted:
        return "there is nothing to confirm at all, now that every source lists what it should"
    return f"only these can be confirmed: {doubted}"
