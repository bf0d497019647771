"""Reads the inputs of the cost calculator, as users type them in a terminal and in Slack.

Each parser raises ValueError with what was found and what is allowed. The caller names the input.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.core.cost_estimate import EstimateInputs

_UNITS = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,12})?", re.ASCII)
_SIZE = re.compile(rf"({_NUMBER.pattern}) ?([kmgt])i?b", re.ASCII | re.IGNORECASE)
_PERCENTAGE = re.compile(rf"({_NUMBER.pattern}) ?%", re.ASCII)
_INTEGER = re.compile(r"\d{1,12}", re.ASCII)

LEAST_BYTES, MOST_BYTES = 2**10, 2**40
LEAST_BUILDS, MOST_BUILDS = 0.01, 100_000
MOST_KEPT = 100_000
"""AWS's default quota of images in a repository: Amazon ECR service quotas."""

MOST_MONTHS = 120
MOST_SHOWN = 40
"""Characters of a wrong text in an error."""


@dataclass(frozen=True, slots=True)
class EstimateTexts:
    """The inputs as the user typed them."""

    image_size: str = "500 MB"
    new_share: str = "20%"
    builds_per_day: str = "30"
    keep: str = "15"
    months: str = "12"

    def parse(self) -> EstimateInputs:
        """Raises ValueError."""
        return EstimateInputs(
            image_bytes=parse_image_size(self.image_size),
            new_share=parse_new_share(self.new_share),
            builds_per_day=parse_builds_per_day(self.builds_per_day),
            kept_images=parse_kept_images(self.keep),
            months=parse_months(self.months),
        )

    def mistakes(self) -> Mapping[str, str]:
        """Sentences by the name of the field that is wrong."""
        return dict(self._mistakes())

    def _mistakes(self) -> Iterator[tuple[str, str]]:
        for name, parse in _PARSERS.items():
            try:
                parse(getattr(self, name))
            except ValueError as error:
                yield name, str(error)


def parse_image_size(text: str) -> int:
    """In bytes. Units are powers of 1024, whether written `MB` or `MiB`."""
    found = _SIZE.fullmatch(_tidy(text))
    size = round(float(found[1]) * _UNITS[found[2].lower()]) if found else 0
    if not LEAST_BYTES <= size <= MOST_BYTES:
        raise ValueError(
            f"{_shown(text)} is not a size from 1 kB to 1 TB with its unit: write 500MB or 1.2 GB"
        )
    return size


def parse_new_share(text: str) -> float:
    """From 0 to 1."""
    tidy = _tidy(text)
    if percentage := _PERCENTAGE.fullmatch(tidy):
        share = float(percentage[1]) / 100
    else:
        share = float(tidy) if _NUMBER.fullmatch(tidy) else -1
    if not 0 <= share <= 1:
        raise ValueError(f"{_shown(text)} is not a share from 0% to 100%: write 20% or 0.2")
    return share


def parse_builds_per_day(text: str) -> float:
    tidy = _tidy(text)
    builds = float(tidy) if _NUMBER.fullmatch(tidy) else 0
    if not LEAST_BUILDS <= builds <= MOST_BUILDS:
        raise ValueError(
            f"{_shown(text)} is not a number from {LEAST_BUILDS} to {MOST_BUILDS:,}: write 30 or "
            "0.5"
        )
    return builds


def parse_kept_images(text: str) -> int:
    return _parse_integer(text, MOST_KEPT, example=15)


def parse_months(text: str) -> int:
    return _parse_integer(text, MOST_MONTHS, example=12)


def _parse_integer(text: str, most: int, example: int) -> int:
    tidy = _tidy(text)
    number = int(tidy) if _INTEGER.fullmatch(tidy) else 0
    if not 1 <= number <= most:
        raise ValueError(
            f"{_shown(text)} is not a whole number from 1 to {most:,}: write {example}"
        )
    return number


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _shown(text: str) -> str:
    return repr(text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…")


_PARSERS: Mapping[str, Callable[[str], object]] = {
    "image_size": parse_image_size,
    "new_share": parse_new_share,
    "builds_per_day": parse_builds_per_day,
    "keep": parse_kept_images,
    "months": parse_months,
}
"""By field of EstimateTexts."""
