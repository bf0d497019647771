"""Bars of storage in a terminal, readable without colors, too."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from bot.core.detailed_cost import StorageWeek
from bot.render.cost_sentences import FREEABLE, IN_USE, KEPT, RECONSTRUCTED, UNDIVIDED
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


_ORDER = (
    BarPart(IN_USE, "█", "green"),
    BarPart(KEPT, "▓", "blue"),
    BarPart(FREEABLE, "░", "yellow"),
    BarPart(UNDIVIDED, "▆", ""),
    BarPart(RECONSTRUCTED, "▒", "dim"),
)


def parts_of(week: StorageWeek) -> Sequence[tuple[BarPart, int]]:
    """The parts that are not empty, with their bytes."""
    sizes = (
        week.in_use_bytes,
        week.rule_kept_bytes,
        week.freeable_bytes,
        week.undivided_bytes,
        week.reconstructed_bytes,
    )
    return [(part, held) for part, held in zip(_ORDER, sizes, strict=True) if held]


def storage_bar(parts: Iterable[tuple[BarPart, int]], largest: int) -> "RenderableType":
    """`largest`: bytes of the longest bar. Every part has a character."""
    return shown(*_pieces(list(parts), largest))


def _pieces(parts: Sequence[tuple[BarPart, int]], largest: int) -> Iterator[tuple[str, str]]:
    ends = accumulate((size for _, size in parts), initial=0)
    for (part, _), (start, end) in zip(parts, pairwise(ends), strict=True):
        length = round(end * BAR_WIDTH / largest) - round(start * BAR_WIDTH / largest)
        yield part.sign * max(1, length), part.style


def legend(weeks: Iterable[StorageWeek]) -> "RenderableType":
    """The signs that the bars of these weeks have."""
    used = {part for week in weeks for part, _ in parts_of(week)}
    signs = ((f"{part.sign} {part.name}", part.style) for part in _ORDER if part in used)
    spaced = [text for sign in signs for text in (sign, "   ")]
    return shown(*spaced[:-1])
