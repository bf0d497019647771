"""What `ecr-clean doctor` finds about the sources of usage: values with fields."""

from dataclasses import dataclass
from typing import TypeAlias

from bot.core.sentence import Sentence
from bot.core.usage import UnscannedRegion


@dataclass(frozen=True, slots=True)
class WorkloadsListed:
    """`images`: how many different images of the registries the workloads name."""

    workloads: int
    images: int


@dataclass(frozen=True, slots=True)
class SourcesOff:
    """Some sources are switched off."""


@dataclass(frozen=True, slots=True)
class AllSourcesOff:
    """Plans cannot be approved then."""


@dataclass(frozen=True, slots=True)
class RegionsUnscanned:
    """Regions with workloads that no source scans."""

    regions: tuple[UnscannedRegion, ...]


@dataclass(frozen=True, slots=True)
class RegionsUnread:
    """The error of one other Region, and how many others failed."""

    error: Sentence
    others: int


@dataclass(frozen=True, slots=True)
class OtherRegionsEmpty:
    """So many other Regions have no workloads; service control policies deny `denied` more."""

    asked: int
    denied: int


UsageFinding: TypeAlias = (
    WorkloadsListed
    | SourcesOff
    | AllSourcesOff
    | RegionsUnscanned
    | RegionsUnread
    | OtherRegionsEmpty
)
