"""Pins: tags and digests that users protect from deletion."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.manifest import Manifest
from bot.core.name_syntax import TAGS
from bot.core.patterns import Patterns
from bot.core.permission_reasons import InvalidPinRemoval
from bot.core.regular_expressions import is_regular_expression

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

_BARE_DIGEST = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
_TAG = re.compile(r"\w[\w.-]{0,299}", re.ASCII)

_GLOB_SIGNS = "*?["


class PinKind(StrEnum):
    TAG = "tag"
    DIGEST = "digest"
    GLOB = "glob"
    REGEX = "regex"

    @property
    def is_pattern(self) -> bool:
        return self in (PinKind.GLOB, PinKind.REGEX)


@dataclass(frozen=True, slots=True)
class Pin:
    """Protects the image of a tag, a digest, or the images of all tags that match a pattern.

    `until`: when it expires, in UTC; None means never. `kept_on`: it was removed by a person
    without permission, so it still protects.
    """

    pin: str
    by: str
    reason: str
    until: datetime | None = None
    kept_on: InvalidPinRemoval | None = None

    @property
    def kind(self) -> PinKind:
        if _DIGEST.fullmatch(self.pin):
            return PinKind.DIGEST
        if is_regular_expression(self.pin):
            return PinKind.REGEX
        return PinKind.GLOB if any(sign in self.pin for sign in _GLOB_SIGNS) else PinKind.TAG

    def protects(self, now: datetime) -> bool:
        return self.until is None or now < self.until


def check_pin(pin: str) -> str:
    """Raises ValueError for a text that can never match a tag or digest."""
    if _DIGEST.fullmatch(pin):
        return pin
    if pin.startswith("sha256:"):
        raise ValueError(f"{pin!r} is not a complete digest: write sha256: and 64 hex digits")
    if _BARE_DIGEST.fullmatch(pin):
        raise ValueError(f"{pin!r} has no algorithm: write sha256:{pin.lower()}")
    if is_regular_expression(pin) or any(sign in pin for sign in _GLOB_SIGNS):
        TAGS.check(pin)
        if not pin.isprintable():
            raise ValueError(f"{pin!r} contains an invisible character: remove it")
    elif not _TAG.fullmatch(pin):
        raise ValueError(f"{pin!r} is not a valid tag, digest or pattern for tags")
    return pin


class PinIndex:
    """The active pins of one repository, indexed by tag and digest."""

    def __init__(self, pins: Iterable[Pin], now: datetime) -> None:
        valid = [pin for pin in pins if pin.protects(now)]
        self._exact: dict[str, list[Pin]] = {}
        for pin in valid:
            if not pin.kind.is_pattern:
                self._exact.setdefault(pin.pin, []).append(pin)
        self._patterns = [(Patterns.of(p.pin), p) for p in valid if p.kind.is_pattern]

    def of(self, manifest: Manifest) -> list[Pin]:
        exact = self._exact.get(manifest.digest, [])
        return [*exact, *self.of_tags(manifest.tags)]

    def of_tags(self, tags: Collection[str]) -> list[Pin]:
        exact = [pin for tag in tags for pin in self._exact.get(tag, ())]
        return exact + [pin for patterns, pin in self._patterns if patterns.match_any(tags)]
