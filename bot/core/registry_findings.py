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
class NoRepositories:
    """The registry is empty."""


@dataclass(frozen=True, slots=True)
class ImagesReadable:
    """So many repositories were listed, and images of the first one were read."""

    repositories: int


# repository policies


@dataclass(frozen=True, slots=True)
class PoliciesUnreadable:
    """The error of one repository, and how many others failed."""

    error: ErrorText
    others: int


@dataclass(frozen=True, slots=True)
class AnyAccountMayPull:
    """The policies do not name the accounts."""

    repositories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountMayPull:
    """No source scans the account."""

    account: str
    repositories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceMayPull:
    """No source that is on finds what the AWS service runs; `*` is any service."""

    service: str
    repositories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllPullersScanned:
    """The other accounts and the services that may pull are all scanned or ignored."""

    accounts: tuple[str, ...]
    services: tuple[str, ...]


# replication


@dataclass(frozen=True, slots=True)
class DeletionsReplicated:
    """Replication repeats deletions in another registry. `is_scanned`: usage there is known."""

    registry: RegistryId
    repositories: tuple[str, ...]
    is_scanned: bool


@dataclass(frozen=True, slots=True)
class DeletionsNotReplicated:
    """Replication repeats no deletion elsewhere."""


# references of workloads


@dataclass(frozen=True, slots=True)
class ReferenceUnreadable:
    """`plans` are incomplete as long as a workload names an image like this."""

    use: ReferenceUse
    plans: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReferenceWithoutRepository:
    """`plans` are incomplete, since the reference may mean these repositories behind a mirror."""

    use: ReferenceUse
    plans: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoSuchRepositories:
    """References to repositories that do not exist. They make no plan incomplete."""

    uses: tuple[ReferenceUse, ...]


@dataclass(frozen=True, slots=True)
class AllReferencesResolved:
    """Every repository that workloads name exists."""


# pull times, layers, tags


@dataclass(frozen=True, slots=True)
class PullTimesUnaffected:
    """Reading manifests does not change the pull times of images."""


@dataclass(frozen=True, slots=True)
class PullTimesAffected:
    """Reading manifests counts as a pull. `principal`: the ARN of the IAM user or role that reads,
    None if it is neither; `is_whole`: the path of a role is not missing."""

    principal: str | None
    is_whole: bool
    region: str


@dataclass(frozen=True, slots=True)
class LayersNotShared:
    """ECR's account setting BLOB_MOUNTING is off."""


@dataclass(frozen=True, slots=True)
class LayersShared:
    """ECR's account setting BLOB_MOUNTING is on."""

    region: str


@dataclass(frozen=True, slots=True)
class TagsReadable:
    """The tags of repositories, as AWS resources."""


@dataclass(frozen=True, slots=True)
class TagsUnreadable:
    """So no repository can be left out of scheduled reports by its tag."""

    error: ErrorText


RegistryFinding: TypeAlias = (
    NoRepositories
    | ImagesReadable
    | PoliciesUnreadable
    | AnyAccountMayPull
    | AccountMayPull
    | ServiceMayPull
    | AllPullersScanned
    | DeletionsReplicated
    | DeletionsNotReplicated
    | ReferenceUnreadable
    | ReferenceWithoutRepository
    | NoSuchRepositories
    | AllReferencesResolved
    | PullTimesUnaffected
    | PullTimesAffected
    | LayersNotShared
    | LayersShared
    | TagsReadable
    | TagsUnreadable
)
