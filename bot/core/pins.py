"""Pins: what people keep, with who, why and until when."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.manifest import Manifest
from bot.core.name_syntax import TAGS
from bot.core.patterns import Patterns
from bot.core.permission_reasons import InvalidPinRemoval

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

_BARE_DIGEST = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
_TAG = re.compile(r"\w[\w.-]{0,299}", re.ASCII)

_GLOB_SIGNS = "*?["


class PinKind(StrEnum):
    TAG = "tag"
    DIGEST = "digest"
    GLOB = "glob"


@dataclass(frozen=True, slots=True)
class Pin:
    """Protects the tag (wherever it moves), the digest or every tag that fits the glob.

    `until` is the UTC time at which it expires; None is never. `kept_on`: somebody removed it who
    may not.
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
        return PinKind.GLOB if any(sign in self.pin for sign in _GLOB_SIGNS) else PinKind.TAG

    def protects(self, now: datetime) -> bool:
        return self.until is None or now < self.until


def check_pin(pin: str) -> str:
    """Raises ValueError for what could never protect anything."""
    if _DIGEST.fullmatch(pin):
        return pin
    if pin.startswith("sha256:"):
        raise ValueError(f"{pin!r} is no whole digest: sha256: and 64 lower case hex digits")
    if _BARE_DIGEST.fullmatch(pin):
        raise ValueError(f"{pin!r} lacks what digests begin with: write sha256:{pin.lower()}")
    if any(sign in pin for sign in _GLOB_SIGNS):
        TAGS.check(pin)
        if not pin.isprintable():
            raise ValueError(f"{pin!r} holds a character that cannot be shown")
    elif not _TAG.fullmatch(pin):
        raise ValueError(f"{pin!r} can be no tag, digest or glob of tags")
    return pin


class PinIndex:
    """The pins of one repository that have not run out, ready for look-ups."""

    def __init__(self, pins: Iterable[Pin], now: datetime) -> None:
        valid = [pin for pin in pins if pin.protects(now)]
        self._exact: dict[str, list[Pin]] = {}
        for pin in valid:
            if pin.kind is not PinKind.GLOB:
                self._exact.setdefault(pin.pin, []).append(pin)
        self._globs = [(Patterns.of(p.pin), p) for p in valid if p.kind is PinKind.GLOB]

    def of(self, manifest: Manifest) -> list[Pin]:
        exact = self._exact.get(manifest.digest, [])
        return [*exact, *self.of_tags(manifest.tags)]

    def of_tags(self, tags: Collection[str]) -> list[Pin]:
        exact = [pin for tag in tags for pin in self._exact.get(tag, ())]
        return exact + [pin for globs, pin in self._globs if globs.match_any(tags)]
