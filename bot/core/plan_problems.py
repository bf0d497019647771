"""Why a plan is incomplete: values with fields.

`bot/render/plan_problem_sentences.py` has the sentences.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from bot.core.errors import ErrorText
from bot.core.manifest import UnreadCause
from bot.core.repository import RegistryId


@dataclass(frozen=True, slots=True)
class UsageDrop:
    """A source lists far fewer workloads than before. A user can confirm the number. `at`: when
    the scan started; None in plans of earlier versions. UTC. Equal drops of two scans are one
    problem."""

    workloads: int
    before: int
    before_at: datetime
    at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ReferenceUse:
    """An image reference of workloads, as written there."""

    image: str
    used_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnreadableReferences:
    """Texts that are not valid image references, and may name this repository."""

    uses: tuple[ReferenceUse, ...]


@dataclass(frozen=True, slots=True)
class MissingRepositories:
    """References to missing repositories that may be mirrors of this one."""

    uses: tuple[ReferenceUse, ...]


@dataclass(frozen=True, slots=True)
class NothingInUse:
    """No workload uses any image of these registries; the sources may scan the wrong accounts."""

    registries: tuple[RegistryId, ...]


@dataclass(frozen=True, slots=True)
class RegionsDenied:
    """Service control policies deny all calls in the Regions `denied` of these accounts. `is_own`:
    the accounts need their own Region list under `usage.accounts`."""

    accounts: tuple[str, ...]
    denied: tuple[str, ...]
    allowed: tuple[str, ...]
    is_own: bool


@dataclass(frozen=True, slots=True)
class TagHistoryTooShort:
    """A workload and `others` more run an image that `tag` named at some time since `since`, which
    is unknown. `known_since`: start of the tag history; None without a database. UTC."""

    used_by: str
    tag: str
    since: datetime
    others: int
    known_since: datetime | None


@dataclass(frozen=True, slots=True)
class UnscannedAccountsMayPull:
    """The repository policy allows pulls by accounts that are not scanned. `*`: any account."""

    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnscannedServicesMayPull:
    """The repository policy allows pulls by AWS services that no enabled source scans."""

    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnscannedReplicaRegistries:
    """Replication repeats deletions in registries that are not scanned for usage."""

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
    | UnscannedReplicaRegistries
    | ErrorText
)
"""Why a scan failed."""


@dataclass(frozen=True, slots=True)
class ScanFailed:
    """A usage source could not be read in one scope, or lists too few workloads."""

    source: str
    scope: str
    cause: ScanFailureCause

    @property
    def place(self) -> str:
        return f"{self.source} ({self.scope})"


@dataclass(frozen=True, slots=True)
class UnreadableManifestsProblem:
    """`cause` None: only their types are unknown."""

    digests: tuple[str, ...]
    cause: UnreadCause | None


@dataclass(frozen=True, slots=True)
class MissingPushTimes:
    """ECR lists these images without a push time."""

    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CircularManifests:
    """Each lists itself or is its own subject, directly or through others."""

    digests: tuple[str, ...]


PlanProblem: TypeAlias = (
    ScanFailed | UnreadableManifestsProblem | MissingPushTimes | CircularManifests | ErrorText
)
