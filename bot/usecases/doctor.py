"""Looks at everything that planning needs, and says how to mend what is wrong. Changes nothing."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from bot.core.coverage import Coverage
from bot.core.errors import RequestError, ServiceError
from bot.core.findings import (
    AwsCallFailed,
    CallFailed,
    CredentialsBelongTo,
    Finding,
    FindingStatus,
    NotLookedAt,
    failed,
    ok,
    warning,
)
from bot.core.sentence import Sentence
from bot.core.snapshot import Snapshot
from bot.core.usage import SOURCES, Elsewhere, Look
from bot.core.usage_findings import (
    AllSourcesOff,
    OtherRegionsEmpty,
    RegionsUnread,
    RegionsUnscanned,
    SourcesOff,
    WorkloadsListed,
)
from bot.ports import Registry
from bot.usecases.registry_checks import RegistryChecks, list_repositories

AnyRegistry = TypeVar("AnyRegistry", bound=Registry)


class Caller(NamedTuple):
    """Whom the credentials belong to. `principal`: the IAM user or role behind them, if any; of a
    role that was assumed the path is missing."""

    arn: str
    principal: str | None


@dataclass(frozen=True, slots=True)
class NamedRegistry(Generic[AnyRegistry]):
    """A registry, what the settings call it, and the ARN of the role through which it is read."""

    registry: AnyRegistry
    name: str
    role: str | None = None


class UsageScan(NamedTuple):
    """What the sources of usage saw, how many workloads each listed (by source and scope), how far
    they look, and what the scanned accounts have in other Regions."""

    snapshot: Snapshot
    workloads: Mapping[tuple[str, str], int]
    coverage: Coverage
    elsewhere: Sequence[Elsewhere] = ()


@dataclass(frozen=True, slots=True)
class Doctor(Generic[AnyRegistry]):
    """`open_patients` is called once the caller is known. `look` opens every source, and looks for
    images of these registries."""

    identify: Callable[[], Caller]
    open_patients: Callable[[], Sequence[NamedRegistry[AnyRegistry]]]
    look: Callable[[Sequence[AnyRegistry]], UsageScan]

    def findings(self) -> Iterator[Finding]:
        """No failure hides another, except that nothing can be asked without credentials."""
        try:
            caller = self.identify()
        except (RequestError, ServiceError) as error:
            yield failed("credentials", "AWS", CallFailed(Sentence.of(error)))
            yield warning("all else", "AWS", NotLookedAt("credentials"))
            return
        yield ok("credentials", "AWS", CredentialsBelongTo(caller.arn))
        visits = [_visit(patient, caller) for patient in self.open_patients()]
        yield from (visit.finding for visit in visits)
        sight = yield from self._usage([v.registry for v in visits if v.examination])
        examinations = [visit.examination for visit in visits if visit.examination]
        repositories = [each for one in examinations for each in one.repositories]
        for examination in examinations:
            if sight and examination.repositories:
                yield from examination.policies(sight.coverage)
                yield from examination.replication(sight.coverage)
                if examination.is_listed:
                    yield from examination.references(sight.snapshot, repositories)
            if examination.repositories:
                yield examination.ignored()
            yield examination.pull_times()
            yield examination.layers()

    def _usage(
        self, registries: Sequence[AnyRegistry]
    ) -> Generator[Finding, None, UsageScan | None]:
        """Returns what the sources saw; None if nobody could look."""
        if not registries:
            yield warning("usage", "all", NotLookedAt("registries"))
            return None
        try:
            sight = self.look(registries)
        except (RequestError, ServiceError) as error:
            yield failed("usage", "all", AwsCallFailed(Sentence.of(error)))
            return None
        yield from (_told(look, sight) for look in sight.snapshot.looks)
        if sight.snapshot.not_checked:
            yield _unchecked(sight.snapshot)
        for elsewhere in sight.elsewhere:
            yield from _other_regions(elsewhere)
        return sight


@dataclass(frozen=True, slots=True)
class _Visit(Generic[AnyRegistry]):
    """`examination` None: the registry cannot be asked anything."""

    registry: AnyRegistry
    finding: Finding
    examination: RegistryChecks | None


def _visit(patient: NamedRegistry[AnyRegistry], caller: Caller) -> _Visit[AnyRegistry]:
    registry = patient.registry
    try:
        id_ = registry.id()
    except (RequestError, ServiceError) as error:
        finding = failed("registry", patient.name, AwsCallFailed(Sentence.of(error)))
        return _Visit(registry, finding, None)
    finding, repositories = list_repositories(registry, str(id_))
    is_whole = patient.role is not None or caller.principal == caller.arn
    principal = patient.role or caller.principal
    is_listed = finding.status is not FindingStatus.FAILED
    examination = RegistryChecks(registry, id_, repositories, principal, is_whole, is_listed)
    return _Visit(registry, finding, examination)


def _unchecked(snapshot: Snapshot) -> Finding:
    """What is switched off."""
    is_some_on = any(look.source in SOURCES for look in snapshot.looks)
    detail = SourcesOff() if is_some_on else AllSourcesOff()
    return warning("usage", ", ".join(snapshot.not_checked), detail)


def _other_regions(elsewhere: Elsewhere) -> Iterator[Finding]:
    """Only warnings: other Regions make no plan incomplete."""
    check, scope = "other Regions", elsewhere.account
    if elsewhere.found:
        yield warning(check, scope, RegionsUnscanned(elsewhere.found))
    if elsewhere.errors:
        first, *others = elsewhere.errors
        yield warning(check, scope, RegionsUnread(first, len(others)))
    if not (elsewhere.found or elsewhere.errors):
        detail = OtherRegionsEmpty(len(elsewhere.asked), len(elsewhere.denied))
        yield ok(check, scope, detail)


def _told(look: Look, sight: UsageScan) -> Finding:
    if look.problem:
        return failed(look.source, look.scope, look.problem)
    workloads = sight.workloads[look.source, look.scope]
    return ok(look.source, look.scope, WorkloadsListed(workloads, look.images))
