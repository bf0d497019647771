"""The doctor's checks of one registry: permissions for planning, and other users of its images."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TypeVar

from bot.core.doctor_findings import AwsCallFailed, DoctorFinding, failed, ok, warning
from bot.core.doctor_registry_findings import (
    AccountMayPull,
    AllPullersScanned,
    AllReferencesResolved,
    AnyAccountMayPull,
    DeletionsNotReplicated,
    DeletionsReplicated,
    ImagesReadable,
    LayerSharingOff,
    LayerSharingOn,
    MissingReferencedRepositories,
    PoliciesUnreadable,
    PullTimesAffected,
    PullTimesUnaffected,
    ReferenceToMissingRepository,
    ReferenceUnreadable,
    RegistryEmpty,
    RegistryFinding,
    ResourceTagsReadable,
    ResourceTagsUnreadable,
    ServiceMayPull,
)
from bot.core.errors import ErrorText, RequestError, ServiceError
from bot.core.manifest import DescribedImage
from bot.core.plan_problems import ReferenceUse
from bot.core.repository import ANY_PRINCIPAL, Puller, RegistryId, RepositoryId
from bot.core.usage import ScanCoverage
from bot.core.usage_snapshot import REFERENCES, RepositoryMention, UsageSnapshot
from bot.parallel import in_parallel
from bot.ports import Registry

NO_IMAGE = DescribedImage("sha256:" + 64 * "0", (), None, None, 0)
"""Reading it needs the same permission as reading an image, and changes no pull time."""

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class RegistryChecks:
    """The checks of one registry. `principal`: the ARN of the IAM user or role that reads it, if
    there is one. `is_whole` False: the role's path may be missing in the ARN. `is_listed` False:
    repositories may be missing."""

    registry: Registry
    id: RegistryId
    repositories: Sequence[RepositoryId]
    principal: str | None
    is_whole: bool = True
    is_listed: bool = True

    def policies(self, coverage: ScanCoverage) -> Iterator[DoctorFinding]:
        """Checks whether the accounts and services that the repositories' policies allow to pull
        are scanned for usage."""
        check, scope = "repository policies", str(self.id)
        unread: list[ErrorText] = []
        accounts: list[tuple[str, str]] = []
        services: list[tuple[str, str]] = []
        allowed: set[Puller] = set()
        for name, answer in self._pullers():
            if isinstance(answer, ServiceError):
                unread.append(ErrorText.of(answer))
            else:
                allowed |= answer
                accounts += [(account, name) for account in coverage.unscanned_accounts(answer)]
                services += [(service, name) for service in coverage.unscanned_services(answer)]
        if unread:
            first, *others = unread
            yield failed(check, scope, PoliciesUnreadable(first, len(others)))
        for account, names in sorted(_grouped(accounts).items()):
            yield failed(check, scope, _unseen_account(account, names))
        for service, names in sorted(_grouped(services).items()):
            yield failed(check, scope, ServiceMayPull(service, tuple(names)))
        if not (unread or accounts or services):
            yield ok(check, scope, self._all_seen(allowed))

    def replication(self, coverage: ScanCoverage) -> Iterator[DoctorFinding]:
        """Checks whether registries to which deletions are replicated are scanned for usage."""
        check, scope = "replication", str(self.id)
        try:
            carried = _grouped(
                (place, repository.name)
                for repository in self.repositories
                for place in self.registry.deleted_also_in(repository)
            )
        except ServiceError as error:
            yield failed(check, scope, AwsCallFailed(ErrorText.of(error)))
            return
        unseen = set(coverage.unscanned(carried))
        for place, names in carried.items():
            is_scanned = place not in unseen
            report = warning if is_scanned else failed
            detail = DeletionsReplicated(place, tuple(names), is_scanned=is_scanned)
            yield report(check, scope, detail)
        if not carried:
            yield ok(check, scope, DeletionsNotReplicated())

    def references(
        self, snapshot: UsageSnapshot, all_repositories: Iterable[RepositoryId]
    ) -> Iterator[DoctorFinding]:
        """Finds references to this registry that cannot be read, or whose repository does not
        exist. `all_repositories`: those of all registries, since a reference may mean another
        one."""
        scope = str(self.id)
        by_name = _grouped((each.name, each.uri) for each in all_repositories)
        names = {each.name for each in self.repositories}
        findings = [*self._unreadable(snapshot), *self._held_back(snapshot, names, by_name)]
        yield from findings
        unknown = tuple(
            _use(naming)
            for naming in snapshot.mentions
            if naming.registry == self.id
            and naming.name not in names
            and not any(ending in by_name for ending in naming.endings)
        )
        if unknown:
            yield warning(REFERENCES, scope, MissingReferencedRepositories(unknown))
        elif not findings:
            yield ok(REFERENCES, scope, AllReferencesResolved())

    def _unreadable(self, snapshot: UsageSnapshot) -> Iterator[DoctorFinding]:
        for each in snapshot.unreadable:
            if self.id not in {possible.registry for possible in each.possible_names}:
                continue
            meant = tuple(r.name for r in self.repositories if each.may_mean(self.id, r.name))
            detail = ReferenceUnreadable(ReferenceUse(each.image, each.used_by), meant)
            report = failed if meant else warning
            yield report(REFERENCES, str(self.id), detail)

    def _held_back(
        self, snapshot: UsageSnapshot, names: Set[str], by_name: Mapping[str, Sequence[str]]
    ) -> Iterator[DoctorFinding]:
        for naming in snapshot.mentions:
            meant = tuple(uri for ending in naming.endings for uri in by_name.get(ending, ()))
            if naming.registry == self.id and naming.name not in names and meant:
                detail = ReferenceToMissingRepository(_use(naming), meant)
                yield failed(REFERENCES, str(self.id), detail)

    def pull_times(self) -> DoctorFinding:
        check, scope = "pull times", str(self.id)
        try:
            if not self.registry.records_our_pulls():
                return ok(check, scope, PullTimesUnaffected())
        except ServiceError as error:
            return warning(check, scope, AwsCallFailed(ErrorText.of(error)))
        blurred = PullTimesAffected(self.principal, self.is_whole, self.id.region)
        return warning(check, scope, blurred)

    def layers(self) -> DoctorFinding:
        check, scope = "shared layers", str(self.id)
        try:
            if self.registry.layers_stay_within_repositories():
                return ok(check, scope, LayerSharingOff())
        except ServiceError as error:
            return warning(check, scope, AwsCallFailed(ErrorText.of(error)))
        return warning(check, scope, LayerSharingOn(self.id.region))

    def ignored(self) -> DoctorFinding:
        """Checks with the first repository whether the resource tag that excludes repositories from
        reports can be read."""
        check, scope = "resource tags", str(self.id)
        try:
            self.registry.resource_tags(self.repositories[0])
        except (RequestError, ServiceError) as error:
            return warning(check, scope, ResourceTagsUnreadable(ErrorText.of(error)))
        return ok(check, scope, ResourceTagsReadable())

    def _all_seen(self, pullers: Iterable[Puller]) -> AllPullersScanned:
        accounts, services = set[str](), set[str]()
        for puller in pullers:
            if puller.service:
                services.add(puller.service)
            elif puller.account != self.id.account:
                accounts.add(puller.account)
        return AllPullersScanned(tuple(sorted(accounts)), tuple(sorted(services)))

    def _pullers(self) -> Iterator[tuple[str, frozenset[Puller] | ServiceError]]:
        """Yields the name of each repository with its answer."""
        answers = in_parallel(self._pullers_of, self.repositories)
        for repository, answer in zip(self.repositories, answers, strict=True):
            yield repository.name, answer

    def _pullers_of(self, repository: RepositoryId) -> frozenset[Puller] | ServiceError:
        try:
            return self.registry.pullers(repository)
        except ServiceError as error:
            return error


def list_repositories(
    registry: Registry, scope: str
) -> tuple[DoctorFinding, Sequence[RepositoryId]]:
    """Lists the repositories, and tries to list and read images of the first one."""
    repositories: list[RepositoryId] = []
    try:
        repositories += registry.repositories()
        for first in repositories[:1]:
            next(iter(registry.describe(first)), None)
            next(iter(registry.digests(first)), None)
            registry.read(first, [NO_IMAGE])
    except (RequestError, ServiceError) as error:
        return failed("registry", scope, AwsCallFailed(ErrorText.of(error))), repositories
    if not repositories:
        return warning("registry", scope, RegistryEmpty()), repositories
    return ok("registry", scope, ImagesReadable(len(repositories))), repositories


def _unseen_account(account: str, names: Sequence[str]) -> RegistryFinding:
    if account == ANY_PRINCIPAL:
        return AnyAccountMayPull(tuple(names))
    return AccountMayPull(account, tuple(names))


def _grouped(pairs: Iterable[tuple[Key, str]]) -> Mapping[Key, Sequence[str]]:
    groups: defaultdict[Key, list[str]] = defaultdict(list)
    for key, name in pairs:
        groups[key].append(name)
    return groups


def _use(naming: RepositoryMention) -> ReferenceUse:
    return ReferenceUse(naming.image, (naming.used_by,))
