"""The settings that `ecr-clean init` proposes for an account, and what they would save."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.core.errors import ErrorText
from bot.core.plan import Plan
from bot.core.proposed_policies import ProposedPolicies
from bot.core.repository import RegistryId, RepositoryId
from bot.core.usage import UnscannedRegion


class AccountPart(StrEnum):
    """What `init` reads."""

    REGIONS = "regions"
    REPOSITORIES = "repositories"
    LIFECYCLE_POLICIES = "lifecycle_policies"
    REPOSITORY_POLICIES = "repository_policies"
    WORKLOADS = "workloads"
    CLUSTERS = "clusters"


@dataclass(frozen=True, slots=True)
class UnreadPart:
    """A part of the account that could not be read, entirely or in some places. `others`: how many
    more errors there were."""

    part: AccountPart
    error: ErrorText
    others: int = 0


@dataclass(frozen=True, slots=True)
class ProposedCluster:
    """`eks`: the name, or the ARN if several clusters have that name. `name`: in the settings."""

    name: str
    eks: str


Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnscannedPullers:
    """Accounts and services that may pull and that no usage source scans, each with the names of
    the repositories that allow it. `*`: any account or service."""

    accounts: Mapping[str, Names] = field(default_factory=dict)
    services: Mapping[str, Names] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SettingsProposal:
    """`registries`: those with repositories, or the caller's own. `workload_regions`: other Regions
    in which workloads may use images. `with_lifecycle_policy`: repositories in which ECR deletes
    images, too. `partition`: of AWS, as in ARNs. `at`: UTC."""

    at: datetime
    partition: str
    registries: tuple[RegistryId, ...]
    policies: ProposedPolicies
    clusters: tuple[ProposedCluster, ...]
    workload_regions: tuple[UnscannedRegion, ...]
    pullers: UnscannedPullers
    with_lifecycle_policy: tuple[RepositoryId, ...] = ()
    unread: tuple[UnreadPart, ...] = ()

    @property
    def account(self) -> str:
        return self.registries[0].account

    @property
    def usage_regions(self) -> tuple[str, ...]:
        """Empty: those of the registries."""
        if not self.workload_regions:
            return ()
        places = (*self.registries, *(each.place for each in self.workload_regions))
        return tuple(dict.fromkeys(place.region for place in places))

    def unread_part(self, part: AccountPart) -> UnreadPart | None:
        return next((each for each in self.unread if each.part is part), None)


@dataclass(frozen=True, slots=True)
class PlannedProposal:
    """Plans under the proposed settings, for the repositories with an entry. `failed`: those that
    could not be planned."""

    plans: tuple[Plan, ...]
    failed: tuple[RepositoryId, ...] = ()
