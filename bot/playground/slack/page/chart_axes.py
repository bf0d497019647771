"""The axes of charts: ticks, numbers as text, and category labels for each width."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

TICKS = 4
"""About the number of steps on the axis of values."""

LARGEST, SMALLEST = 1e307, 1e-300
"""Numbers beyond are drawn as these, and as zero, so that steps between ticks are finite."""

_NICE_STEPS = (1, 2, 2.5, 5, 10)
_UNITS = {10**12: "T", 10**9: "B", 10**6: "M", 10**3: "K"}
_LARGEST_WITH_UNIT = 10**15
_LARGEST_WITHOUT_UNIT = 10**4

_PIXELS_OF_A_CHARACTER = 7
_PIXELS_OF_A_LINE = 15
_PIXELS_BETWEEN_LABELS = 10
_PIXELS_BESIDE_THE_PLOT = (56, 18)
"""Left and right of it: labels may reach into this room."""


@dataclass(frozen=True)
class Tick:
    """`y`: percent from the top."""

    text: str
    y: float


@dataclass(frozen=True)
class ValueAxis:
    """An axis from the first tick to the last. It always has zero."""

    low: float
    high: float
    step: float

    def y(self, value: float) -> float:
        """Percent from the top."""
        top, at = self.high / self.step, drawable(value) / self.step
        return round(100 * (top - at) / (top - self.low / self.step), 3)

    @property
    def zero(self) -> float:
        return self.y(0)

    @property
    def ticks(self) -> list[Tick]:
        first, last = round(self.low / self.step), round(self.high / self.step)
        values = (number * self.step for number in range(first, last + 1))
        return [Tick(short_number(value), self.y(value)) for value in values]


def drawable(value: float) -> float:
    if abs(value) < SMALLEST:
        return 0
    return max(-LARGEST, min(LARGEST, value))


def value_axis(values: Sequence[float]) -> ValueAxis:
    drawn = [drawable(value) for value in values]
    low, high = min(0, *drawn), max(0, *drawn)
    if low == high:
        return ValueAxis(0, 1, 1)
    step = _nice(high / TICKS - low / TICKS)
    return ValueAxis(math.floor(low / step) * step, math.ceil(high / step) * step, step)


def _nice(step: float) -> float:
    """The next larger step that is easy to read: 1, 2, 2.5 or 5 with any number of zeros."""
    magnitude = 10.0 ** math.floor(math.log10(step))
    return next(nice * magnitude for nice in _NICE_STEPS if nice * magnitude >= step * 0.999)


def short_number(value: float) -> str:
    """At most six characters, apart from the sign."""
    size = abs(value)
    if _LARGEST_WITHOUT_UNIT <= size < _LARGEST_WITH_UNIT:
        unit = next(unit for unit in _UNITS if size >= unit)
        return f"{value / unit:.4g}{_UNITS[unit]}"
    if size < _LARGEST_WITHOUT_UNIT and (size == 0 or size >= 1e-3):
        return f"{float(f'{value:.4g}'):,.10g}"
    return f"{value:.3g}".replace("e+", "e")


def long_number(value: float) -> str:
    return f"{value:,.15g}" if abs(value) < _LARGEST_WITH_UNIT else f"{value:.6g}"


@dataclass(frozen=True)
class CategoryLabel:
    """`x`: percent from the left, the middle of the category."""

    text: str
    x: float


@dataclass(frozen=True)
class CategoryAxis:
    """The labels that a width has room for. `angle`: in degrees, 0 is horizontal; `height`: in
    pixels."""

    width: str
    labels: Sequence[CategoryLabel]
    angle: int
    height: int


_FLAT, _STEEP = 40, 60
"""Angles of tilted labels, in degrees."""

_PLOT_WIDTHS = {"narrow": 230, "medium": 370, "wide": 550}
"""The smallest width of the plot in each range of widths in page.css, in pixels."""


def category_axes(categories: Sequence[str], *, needs_all: bool) -> list[CategoryAxis]:
    """An axis for each range of widths. Labels without room are tilted if the chart needs all of
    them, otherwise some are left out."""
    return [
        _LabelRoom(categories, pixels).axis(width, needs_all=needs_all)
        for width, pixels in _PLOT_WIDTHS.items()
    ]


def middle(index: int, categories: int) -> float:
    """Percent from the left."""
    return round(100 * (index + 0.5) / categories, 3)


@dataclass(frozen=True)
class _LabelRoom:
    """The room for labels below a plot of `pixels` width."""

    categories: Sequence[str]
    pixels: int

    def axis(self, width: str, *, needs_all: bool) -> CategoryAxis:
        if needs_all and self._longest + _PIXELS_BETWEEN_LABELS > self._per_label:
            angle = self._angle
            height = self._longest * math.sin(math.radians(angle)) + _PIXELS_OF_A_LINE
            return CategoryAxis(width, self._every(_PIXELS_OF_A_LINE), -angle, round(height))
        labels = self._every(self._longest + _PIXELS_BETWEEN_LABELS, self._last_that_fits)
        return CategoryAxis(width, labels, 0, _PIXELS_OF_A_LINE + 5)

    @property
    def _longest(self) -> float:
        return max(map(len, self.categories)) * _PIXELS_OF_A_CHARACTER

    @property
    def _per_label(self) -> float:
        return self.pixels / len(self.categories)

    @property
    def _angle(self) -> int:
        """In degrees. Steep if a label would reach too far to the left."""
        missing = (
            len(text) * _PIXELS_OF_A_CHARACTER * math.cos(math.radians(_FLAT))
            - (index + 0.5) * self._per_label
            for index, text in enumerate(self.categories)
        )
        return _FLAT if max(missing) <= _PIXELS_BESIDE_THE_PLOT[0] else _STEEP

    @property
    def _last_that_fits(self) -> int:
        """The index of the last label that does not reach too far to the right."""
        missing = self._longest / 2 - self._per_label / 2 - _PIXELS_BESIDE_THE_PLOT[1]
        return max(0, len(self.categories) - 1 - max(0, math.ceil(missing / self._per_label)))

    def _every(self, pixels: float, last: int | None = None) -> list[CategoryLabel]:
        """Labels at a distance of at least `pixels`, counted back from the label `last`."""
        step = math.ceil(pixels / self._per_label)
        end = len(self.categories) - 1 if last is None else last
        return [
            CategoryLabel(text, middle(index, len(self.categories)))
            for index, text in enumerate(self.categories)
            if index <= end and (end - index) % step == 0
        ]
