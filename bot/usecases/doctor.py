"""Checks everything that planning needs, and reports how to fix problems. Changes nothing."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple

from bot.core.doctor_findings import (
    AllUsageSourcesOff,
    AwsCallFailed,
    CallFailed,
    CheckSkipped,
    CredentialsValid,
    DoctorFinding,
    DoctorFindingStatus,
    OtherRegionsEmpty,
    RegionsUnreadable,
    SomeUsageSourcesOff,
    WorkloadsInUnscannedRegions,
    WorkloadsListed,
    failed,
    ok,
    warning,
)
from bot.core.errors import ErrorText, RequestError, ServiceError
from bot.core.repository import RepositoryId
from bot.core.usage import SOURCES, OtherRegionsUsage, ScanCoverage, SourceScan
from bot.core.usage_snapshot import UsageSnapshot
from bot.ports import AnyRegistry, AwsCaller, NamedRegistry
from bot.usecases.registry_checks import RegistryChecks, list_repositories


class UsageScan(NamedTuple):
    """One scan of all usage sources. `workloads`: how many each listed, by source and scope;
    `coverage`: what was scanned; `elsewhere`: what the scanned accounts have in other Regions."""

    snapshot: UsageSnapshot
    workloads: Mapping[tuple[str, str], int]
    coverage: ScanCoverage
    elsewhere: Sequence[OtherRegionsUsage] = ()


@dataclass(frozen=True, slots=True)
class Doctor(Generic[AnyRegistry]):
    """Runs all checks. `open_registries` is called after the caller is identified. `scan` scans all
    usage sources for images of these registries. `check_prices` checks the prices of storage in
    Regions. `check_patterns` checks whether the patterns of the settings match any of all
    repositories, or of their tags."""

    identify: Callable[[], AwsCaller]
    open_registries: Callable[[], Sequence[NamedRegistry[AnyRegistry]]]
    scan: Callable[[Sequence[AnyRegistry]], UsageScan]
    check_prices: Callable[[Sequence[str]], Iterable[DoctorFinding]]
    check_patterns: Callable[[Sequence[RepositoryId]], Iterable[DoctorFinding]]

    def findings(self) -> Iterator[DoctorFinding]:
        """Yields the finding of each check. Checks continue after a failure, except without
        credentials."""
        try:
            caller = self.identify()
        except (RequestError, ServiceError) as error:
            yield failed("credentials", "AWS", CallFailed(ErrorText.of(error)))
            yield warning("all else", "AWS", CheckSkipped("credentials"))
            return
        yield ok("credentials", "AWS", CredentialsValid(caller.arn))
        opened = [_open(named, caller) for named in self.open_registries()]
        yield from (each.finding for each in opened)
        scan = yield from self._usage([each.registry for each in opened if each.checks])
        all_checks = [each.checks for each in opened if each.checks]
        regions = dict.fromkeys(checks.id.region for checks in all_checks)
        yield from self.check_prices([*regions])
        repositories = [each for one in all_checks for each in one.repositories]
        if all(each.checks and each.checks.is_listed for each in opened):
            yield from self.check_patterns(repositories)
        for checks in all_checks:
            if scan and checks.repositories:
                yield from checks.policies(scan.coverage)
                yield from checks.replication(scan.coverage)
                if checks.is_listed:
                    yield from checks.references(scan.snapshot, repositories)
            if checks.repositories:
                yield checks.ignored()
            yield checks.pull_times()
            yield checks.layers()

    def _usage(
        self, registries: Sequence[AnyRegistry]
    ) -> Generator[DoctorFinding, None, UsageScan | None]:
        """Returns the scan of all sources, None if there is none."""
        if not registries:
            yield warning("usage", "all", CheckSkipped("registries"))
            return None
        try:
            scan = self.scan(registries)
        except (RequestError, ServiceError) as error:
            yield failed("usage", "all", AwsCallFailed(ErrorText.of(error)))
            return None
        yield from (_source_finding(each, scan) for each in scan.snapshot.scans)
        if scan.snapshot.not_checked:
            yield _unchecked(scan.snapshot)
        for elsewhere in scan.elsewhere:
            yield from _other_regions(elsewhere)
        return scan


@dataclass(frozen=True, slots=True)
class _OpenedRegistry(Generic[AnyRegistry]):
    """A registry with its finding. `checks` None: the registry cannot be read."""

    registry: AnyRegistry
    finding: DoctorFinding
    checks: RegistryChecks | None


def _open(named: NamedRegistry[AnyRegistry], caller: AwsCaller) -> _OpenedRegistry[AnyRegistry]:
    registry = named.registry
    try:
        id_ = registry.id()
    except (RequestError, ServiceError) as error:
        finding = failed("registry", named.name, AwsCallFailed(ErrorText.of(error)))
        return _OpenedRegistry(registry, finding, None)
    finding, repositories = list_repositories(registry, str(id_))
    is_whole = named.role is not None or caller.principal == caller.arn
    principal = named.role or caller.principal
    is_listed = finding.status is not DoctorFindingStatus.FAILED
    checks = RegistryChecks(registry, id_, repositories, principal, is_whole, is_listed)
    return _OpenedRegistry(registry, finding, checks)


def _unchecked(snapshot: UsageSnapshot) -> DoctorFinding:
    """Sources that are switched off."""
    is_some_on = any(scan.source in SOURCES for scan in snapshot.scans)
    detail = SomeUsageSourcesOff() if is_some_on else AllUsageSourcesOff()
    return warning("usage", ", ".join(snapshot.not_checked), detail)


def _other_regions(elsewhere: OtherRegionsUsage) -> Iterator[DoctorFinding]:
    """Yields only warnings, since other Regions make no plan incomplete."""
    check, scope = "other Regions", elsewhere.account
    if elsewhere.found:
        yield warning(check, scope, WorkloadsInUnscannedRegions(elsewhere.found))
    if elsewhere.errors:
        first, *others = elsewhere.errors
        yield warning(check, scope, RegionsUnreadable(first, len(others)))
    if not (elsewhere.found or elsewhere.errors):
        detail = OtherRegionsEmpty(len(elsewhere.asked), len(elsewhere.denied))
        yield ok(check, scope, detail)


def _source_finding(source_scan: SourceScan, scan: UsageScan) -> DoctorFinding:
    source, scope = source_scan.source, source_scan.scope
    if source_scan.problem:
        return failed(source, scope, source_scan.problem)
    return ok(source, scope, WorkloadsListed(scan.workloads[source, scope], source_scan.images))
