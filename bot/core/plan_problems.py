"""Why a plan is incomplete: values with fields. `bot/render/obstacles.py` words them."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.core.errors import ErrorText
from bot.core.manifest import UnreadCause
from bot.core.repository import RegistryId


@dataclass(frozen=True, slots=True)
class UsageDrop:
    """A source lists far fewer workloads than before. A person may confirm the number. UTC."""

    workloads: int
    before: int
    before_at: datetime


@dataclass(frozen=True, slots=True)
class ReferenceUse:
    """An image as a workload's service writes it, and who uses it."""

    image: str
    used_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnreadableReferences:
    """Texts that cannot be read as image references, and may mean this repository."""

    uses: tuple[ReferenceUse, ...]


@dataclass(frozen=True, slots=True)
class MissingRepositories:
    """References to repositories that do not exist, and may mean this one behind a mirror."""

    uses: tuple[ReferenceUse, ...]


@dataclass(frozen=True, slots=True)
class NothingInUse:
    """No workload uses any image of these registries: the sources may look at the wrong place."""

    registries: tuple[RegistryId, ...]


@dataclass(frozen=True, slots=True)
class RegionsDenied:
    """Service control policies deny all calls in the Regions `denied` of these accounts. `is_own`:
    the accounts need a list of their own under `usage.accounts`."""

    accounts: tuple[str, ...]
    denied: tuple[str, ...]
    allowed: tuple[str, ...]
    is_own: bool


@dataclass(frozen=True, slots=True)
class TagHistoryTooShort:
    """A workload and `others` run what a tag named at some time `since` then. `known_since`: when
    the history of tags begins; None without a database. UTC."""

    used_by: str
    tag: str
    since: datetime
    others: int
    known_since: datetime | None


@dataclass(frozen=True, slots=True)
class UnscannedAccountsMayPull:
    """The policy lets accounts pull that are not scanned for usage; `*` is any account."""

    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnscannedServicesMayPull:
    """The policy lets services of AWS pull at which no source that is on looks."""

    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnscannedReplicas:
    """Replication carries deletions to registries that are not scanned for usage."""

    registries: tuple[RegistryId, ...]


ScanFailureCause: TypeAlias = (
    UsageDrop
    | UnreadableReferences
    | MissingRepositories
    | NothingInUse
    | RegionsDenied
    | TagHistoryTooShort
    | UnscannedAccountsMayPull
    | UnscannedServicesMayPull
    | UnscannedReplicas
    | ErrorText
)
"""Why usage is unknown in one place."""


@dataclass(frozen=True, slots=True)
class ScanFailed:
    """A source of usage could not be read, or is in doubt, in one scope."""

    source: str
    scope: str
    cause: ScanFailureCause


@dataclass(frozen=True, slots=True)
class UnreadableManifests:
    """`cause` None: their types alone are unknown."""

    digests: tuple[str, ...]
    cause: UnreadCause | None


@dataclass(frozen=True, slots=True)
class MissingPushTimes:
    """In ECR's answer."""

    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CircularManifests:
    """Each is a part of itself, by what it lists or by its subject."""

    digests: tuple[str, ...]


PlanProblem: TypeAlias = (
    ScanFailed | UnreadableManifests | MissingPushTimes | CircularManifests | ErrorText
)
