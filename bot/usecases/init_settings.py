"""Reads an account for `ecr-clean init`, and proposes settings. Changes nothing."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from bot.core.errors import (
    DeniedByOrganizationError,
    ErrorText,
    RequestError,
    ServiceError,
)
from bot.core.manifest import CONTAINER_CONFIGS, DescribedImage, ImageStatus
from bot.core.proposed_policies import RepositoryContent, propose_policies
from bot.core.proposed_settings import (
    AccountPart,
    ProposedCluster,
    SettingsProposal,
    UnreadPart,
    UnscannedPullers,
)
from bot.core.repository import Puller, RepositoryId
from bot.core.usage import OtherRegionsUsage, ScanCoverage, UnscannedRegion
from bot.parallel import in_parallel
from bot.ports import AnyRegistry, Clock, Progress, Registry
from bot.usecases.repositories import FoundRepository

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Clusters = Mapping[str, str]
"""Names of EKS clusters by ARN."""


class UsagePlaces(NamedTuple):
    """Where the workloads of an account run. `clusters`: a call for each scanned Region."""

    elsewhere: Sequence[OtherRegionsUsage]
    coverage: ScanCoverage
    clusters: Sequence[Callable[[], Clusters]]


class Proposed(NamedTuple):
    """A proposal, and the repositories that it has read."""

    proposal: SettingsProposal
    found: Sequence[FoundRepository]


class _ReadRepository(NamedTuple):
    content: RepositoryContent
    pullers: frozenset[Puller] | ErrorText


@dataclass(frozen=True, slots=True)
class SettingsProposer(Generic[AnyRegistry]):
    """`registry`: the caller's own, in this `partition` of AWS. `other_registries`: in its other
    Regions; a call, since the Regions may not be readable. `lifecycle_policy`: the text of a
    repository's policy. `usage_places`: where the account's workloads run, if these registries are
    cleaned."""

    registry: AnyRegistry
    partition: str
    other_registries: Callable[[], Sequence[AnyRegistry]]
    lifecycle_policy: Callable[[RepositoryId], str | None]
    usage_places: Callable[[Sequence[AnyRegistry]], UsagePlaces]
    clock: Clock
    progress: Progress

    def propose(self) -> Proposed:
        """Raises ServiceError if the repositories of the caller's own registry cannot be listed."""
        unread: list[UnreadPart] = []
        found = {self.registry: self._list(self.registry), **self._list_others(unread)}
        registries = [registry for registry, listed in found.items() if listed]
        registries = registries or [self.registry]
        repositories = [each for listed in found.values() for each in listed]
        read = self._read_all(repositories)
        places = self.usage_places(registries)
        unread += _unread_parts(read, places.elsewhere)
        clusters = _clusters(places.clusters, unread)
        proposal = SettingsProposal(
            at=self.clock(),
            partition=self.partition,
            registries=tuple(registry.id() for registry in registries),
            policies=propose_policies([each.content for each in read]),
            clusters=clusters,
            workload_regions=_workload_regions(places.elsewhere),
            pullers=_unscanned_pullers(read, places.coverage),
            with_lifecycle_policy=tuple(
                each.content.repository
                for each in read
                if isinstance(each.content.lifecycle_policy, str)
            ),
            unread=tuple(unread),
        )
        return Proposed(proposal, repositories)

    def _list(self, registry: AnyRegistry) -> list[FoundRepository]:
        return [FoundRepository(each, registry) for each in registry.repositories()]

    def _list_others(self, unread: list[UnreadPart]) -> Mapping[AnyRegistry, list[FoundRepository]]:
        """Registries in Regions that the organization denies have no repositories to clean."""
        try:
            others = self.other_registries()
        except (RequestError, ServiceError) as error:
            unread.append(UnreadPart(AccountPart.REGIONS, ErrorText.of(error)))
            return {}
        answers = list(in_parallel(partial(_attempt, self._list), others))
        errors = [each for each in answers if isinstance(each, Exception)]
        unread += _unread(AccountPart.REPOSITORIES, map(ErrorText.of, _without_denied(errors)))
        return {
            registry: answer
            for registry, answer in zip(others, answers, strict=True)
            if not isinstance(answer, Exception)
        }

    def _read_all(self, repositories: Sequence[FoundRepository]) -> list[_ReadRepository]:
        read: list[_ReadRepository] = []
        for number, each in enumerate(in_parallel(self._read, repositories), start=1):
            self.progress("Reading repositories", number, len(repositories))
            if each is not None:
                read.append(each)
        return read

    def _read(self, found: FoundRepository) -> _ReadRepository | None:
        """None if the repository no longer exists."""
        repository, registry = found.repository, found.registry
        try:
            content = self._content(repository, registry)
        except RequestError:
            return None
        pullers = _attempt(registry.pullers, repository)
        return _ReadRepository(
            content, ErrorText.of(pullers) if isinstance(pullers, Exception) else pullers
        )

    def _content(self, repository: RepositoryId, registry: Registry) -> RepositoryContent:
        tags: dict[str, None] = {}
        images, has_images, has_archived = 0, False, False
        unread = None
        try:
            for image in registry.describe(repository):
                images += 1
                has_images |= _may_be_image(image)
                has_archived |= image.status != ImageStatus.ACTIVE
                tags |= dict.fromkeys(image.tags)
        except ServiceError as error:
            unread = ErrorText.of(error)
        policy = _attempt(self.lifecycle_policy, repository)
        return RepositoryContent(
            repository=repository,
            images=images,
            tags=tuple(tags),
            has_images=has_images,
            lifecycle_policy=ErrorText.of(policy) if isinstance(policy, Exception) else policy,
            has_archived=has_archived,
            unread=unread,
        )


def _may_be_image(image: DescribedImage) -> bool:
    """False for artifacts. ECR lists no config type for indexes."""
    return image.config_type is None or image.config_type in CONTAINER_CONFIGS


def _attempt(call: Callable[[Item], Answer], item: Item) -> Answer | RequestError | ServiceError:
    try:
        return call(item)
    except (RequestError, ServiceError) as error:
        return error


def _without_denied(errors: Iterable[Exception]) -> Iterator[Exception]:
    """Without those of Regions that service control policies deny."""
    return (error for error in errors if not isinstance(error, DeniedByOrganizationError))


def _unread(part: AccountPart, errors: Iterable[ErrorText]) -> Iterator[UnreadPart]:
    """Names the first error."""
    found = [*errors]
    if found:
        yield UnreadPart(part, found[0], len(found) - 1)


def _unread_parts(
    read: Sequence[_ReadRepository], elsewhere: Sequence[OtherRegionsUsage]
) -> Iterator[UnreadPart]:
    lifecycle = (each.content.lifecycle_policy for each in read)
    pullers = (each.pullers for each in read)
    workloads = (error for account in elsewhere for error in account.errors)
    yield from _unread(AccountPart.LIFECYCLE_POLICIES, _errors(lifecycle))
    yield from _unread(AccountPart.REPOSITORY_POLICIES, _errors(pullers))
    yield from _unread(AccountPart.WORKLOADS, workloads)


def _errors(answers: Iterable[str | frozenset[Puller] | ErrorText | None]) -> Iterator[ErrorText]:
    for answer in answers:
        if answer is not None and not isinstance(answer, str | frozenset):
            yield answer


def _clusters(
    calls: Sequence[Callable[[], Clusters]], unread: list[UnreadPart]
) -> tuple[ProposedCluster, ...]:
    answers = list(in_parallel(lambda call: _attempt(lambda _: call(), None), calls))
    errors = [each for each in answers if isinstance(each, Exception)]
    unread += _unread(AccountPart.CLUSTERS, map(ErrorText.of, _without_denied(errors)))
    by_arn = {
        arn: name
        for answer in answers
        if not isinstance(answer, Exception)
        for arn, name in answer.items()
    }
    how_many = Counter(by_arn.values())
    return tuple(
        ProposedCluster(name, name) if how_many[name] == 1 else ProposedCluster(arn, arn)
        for arn, name in sorted(by_arn.items())
    )


def _workload_regions(elsewhere: Iterable[OtherRegionsUsage]) -> tuple[UnscannedRegion, ...]:
    return tuple(region for account in elsewhere for region in account.found)


def _unscanned_pullers(read: Sequence[_ReadRepository], coverage: ScanCoverage) -> UnscannedPullers:
    accounts: defaultdict[str, list[str]] = defaultdict(list)
    services: defaultdict[str, list[str]] = defaultdict(list)
    for content, pullers in read:
        if not isinstance(pullers, frozenset):
            continue
        for account in coverage.unscanned_accounts(pullers):
            accounts[account].append(content.repository.name)
        for service in coverage.unscanned_services(pullers):
            services[service].append(content.repository.name)
    return UnscannedPullers(_frozen(accounts), _frozen(services))


def _frozen(names: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
    return {key: tuple(each) for key, each in sorted(names.items())}
