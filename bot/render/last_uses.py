"""Sentences about earlier uses of images, and how far scans of usage are remembered."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.core.last_use import LastUse, MemoryReach
from bot.core.text_formatting import format_duration, format_time

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def last_use_words(use: LastUse) -> str:
    """`last seen in use 2026-11-20 03:00 UTC by ECS prod/batch`."""
    return f"last seen in use {format_time(use.at)} by {users_words(use.users, use.others)}"


def users_words(users: Sequence[str], others: int) -> str:
    names = ", ".join(users)
    return f"{names} and {others:,} more" if others else names


def remembered_words(since: datetime | None) -> str:
    """Why a pull counts as a use. None: there is no database, scans are not regular, or a source
    was never scanned whole."""
    if since is None:
        return "no regular scans of usage are remembered"
    return f"usage is remembered only since {format_time(since)}"


def short_memory_words(memory: MemoryReach | None, now: datetime) -> str | None:
    """How far the memory reaches back, if `used_within` needs more. A sentence. `now`: when the
    plan was made."""
    if memory is None or memory.is_whole(now):
        return None
    within = format_duration(memory.within)
    kept = f"`used_within` also keeps images pulled in the last {within}"
    if memory.since is None:
        return f"No regular scans of usage are remembered: {kept}."
    covered = _rounded_down(max(now - memory.since, timedelta()))
    return f"Usage is remembered since {format_time(memory.since)} ({covered} of {within}): {kept}."


def _rounded_down(duration: timedelta) -> str:
    """In days, or in hours if that is less than one."""
    unit = _DAY if duration >= _DAY else _HOUR
    return format_duration(duration // unit * unit)
