"""What `ecr-clean doctor` finds about one registry: values with fields.

`repositories` and `plans` are names or URIs of repositories.
"""

from dataclasses import dataclass
from typing import TypeAlias

from bot.core.errors import ErrorText
from bot.core.plan_problems import ReferenceUse
from bot.core.repository import RegistryId

# the registry


@dataclass(frozen=True, slots=True)
class RegistryEmpty:
    """The registry is empty."""


@dataclass(frozen=True, slots=True)
class ImagesReadable:
    """`repositories` were listed, and the images of the first one were read."""

    repositories: int


# repository policies


@dataclass(frozen=True, slots=True)
class PoliciesUnreadable:
    """The error of one repository, and how many more failed."""

    error: ErrorText
    others: int


@dataclass(frozen=True, slots=True)
class AnyAccountMayPull:
    """The policies allow pulls by any account."""

    repositories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountMayPull:
    """The policies allow pulls by an account that no source scans."""

    account: str
    repositories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceMayPull:
    """The policies allow pulls by an AWS service that no enabled source scans. `*`: any service."""

    service: str
    repositories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllPullersScanned:
    """All other accounts and services that may pull are scanned or ignored."""

    accounts: tuple[str, ...]
    services: tuple[str, ...]


# replication


@dataclass(frozen=True, slots=True)
class DeletionsReplicated:
    """Replication repeats deletions in another registry. `is_scanned`: its usage is scanned."""

    registry: RegistryId
    repositories: tuple[str, ...]
    is_scanned: bool


@dataclass(frozen=True, slots=True)
class DeletionsNotReplicated:
    """Replication repeats no deletions."""


# references of workloads


@dataclass(frozen=True, slots=True)
class ReferenceUnreadable:
    """A reference that is not valid. It makes `plans` incomplete."""

    use: ReferenceUse
    plans: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReferenceToMissingRepository:
    """A reference to a missing repository. It makes `plans` incomplete, since it may be a mirror of
    their repositories."""

    use: ReferenceUse
    plans: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MissingReferencedRepositories:
    """References to missing repositories that make no plan incomplete."""

    uses: tuple[ReferenceUse, ...]


@dataclass(frozen=True, slots=True)
class AllReferencesResolved:
    """Every repository that workloads refer to exists."""


# pull times, layers, tags


@dataclass(frozen=True, slots=True)
class PullTimesUnaffected:
    """The bot's reads do not change the pull times of images."""


@dataclass(frozen=True, slots=True)
class PullTimesAffected:
    """The bot's reads count as pulls. `principal`: ARN of its IAM user or role; None if it is
    neither. `is_whole`: the ARN of a role includes its path."""

    principal: str | None
    is_whole: bool
    region: str


@dataclass(frozen=True, slots=True)
class LayerSharingOff:
    """The ECR account setting BLOB_MOUNTING is off."""


@dataclass(frozen=True, slots=True)
class LayerSharingOn:
    """The ECR account setting BLOB_MOUNTING is on."""

    region: str


@dataclass(frozen=True, slots=True)
class ResourceTagsReadable:
    """The resource tags of repositories can be read."""


@dataclass(frozen=True, slots=True)
class ResourceTagsUnreadable:
    """So no resource tag can exclude a repository from scheduled reports."""

    error: ErrorText


RegistryFinding: TypeAlias = (
    RegistryEmpty
    | ImagesReadable
    | PoliciesUnreadable
    | AnyAccountMayPull
    | AccountMayPull
    | ServiceMayPull
    | AllPullersScanned
    | DeletionsReplicated
    | DeletionsNotReplicated
    | ReferenceUnreadable
    | ReferenceToMissingRepository
    | MissingReferencedRepositories
    | AllReferencesResolved
    | PullTimesUnaffected
    | PullTimesAffected
    | LayerSharingOff
    | LayerSharingOn
    | ResourceTagsReadable
    | ResourceTagsUnreadable
)
