"""Bars of storage in a terminal, readable without colors, too."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from bot.core.storage_history import StorageDay
from bot.render.cost_sentences import FREEABLE, IN_USE, KEPT, RECONSTRUCTED, STORED
from bot.render.terminal import shown

if TYPE_CHECKING:
    from rich.console import RenderableType

BAR_WIDTH = 40
"""Characters of the largest bar."""


class BarPart(NamedTuple):
    """`sign`: the character that the part consists of."""

    name: str
    sign: str
    style: str


IN_USE_PART = BarPart(IN_USE, "█", "green")
KEPT_PART = BarPart(KEPT, "▓", "blue")
FREEABLE_PART = BarPart(FREEABLE, "░", "yellow")
STORED_PART = BarPart(STORED, "▆", "")
RECONSTRUCTED_PART = BarPart(RECONSTRUCTED, "▒", "dim")

_ORDER = (IN_USE_PART, KEPT_PART, FREEABLE_PART, STORED_PART, RECONSTRUCTED_PART)


def parts_of(day: StorageDay) -> Sequence[tuple[BarPart, int]]:
    """The parts with their bytes. Empty if nothing is known."""
    kept = day.rule_kept_bytes
    if day.in_use_bytes is not None and kept is not None and day.freeable_bytes is not None:
        sizes = (day.in_use_bytes, kept, day.freeable_bytes)
        return list(zip(_ORDER[:3], sizes, strict=True))
    if day.stored_bytes is None:
        return []
    return [(STORED_PART if day.is_measured else RECONSTRUCTED_PART, day.stored_bytes)]


def storage_bar(parts: Iterable[tuple[BarPart, int]], largest: int) -> "RenderableType":
    """`largest`: bytes of the longest bar. Every part that is not 0 has a character."""
    return shown(*_pieces(list(parts), largest))


def _pieces(parts: Sequence[tuple[BarPart, int]], largest: int) -> Iterator[tuple[str, str]]:
    ends = accumulate((size for _, size in parts), initial=0)
    for (part, size), (start, end) in zip(parts, pairwise(ends), strict=True):
        length = round(end * BAR_WIDTH / largest) - round(start * BAR_WIDTH / largest)
        if size:
            yield part.sign * max(1, length), part.style


def legend(days: Iterable[StorageDay]) -> "RenderableType":
    """The signs that the bars of these days have."""
    used = {part for day in days for part, size in parts_of(day) if size}
    signs = ((f"{part.sign} {part.name}", part.style) for part in _ORDER if part in used)
    spaced = [text for sign in signs for text in (sign, "   ")]
    return shown(*spaced[:-1])
