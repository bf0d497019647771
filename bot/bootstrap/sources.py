"""Opens the usage sources that are switched on, and the AWS sessions and accounts that they
scan."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import boto3
from botocore.config import Config

from bot.aws.aws_api import ALL_REGIONS, AccountAccess, AwsApi, open_aws_apis
from bot.aws.call_rate import CallRate
from bot.aws.ecr import EcrRegistry
from bot.aws.errors import explain_errors
from bot.aws.sessions import AssumedRole, SharedAwsSessions
from bot.bootstrap.kubernetes import known_clusters, kubernetes_sources
from bot.bootstrap.storage import open_usage_cache
from bot.core.errors import ErrorText, RequestError, ServiceError
from bot.core.last_use import ScanPlace
from bot.core.patterns import Patterns
from bot.core.repository import RegistryId
from bot.core.usage import (
    SOURCES,
    AccountRegions,
    OtherRegionsUsage,
    ScanCoverage,
    merge_denied_regions,
)
from bot.core.usage_snapshot import UsageSnapshot
from bot.ports import Clock, OpenDefinitionCache, Progress, RegionMemory, ScanMemory, UsageSource
from bot.settings.environment import check_aws_secrets
from bot.settings.model import Settings
from bot.usage.app_runner import app_runner_source
from bot.usage.aws_lambda import LambdaSource
from bot.usage.batch import batch_source
from bot.usage.codebuild import codebuild_source
from bot.usage.ecs import EcsSource
from bot.usage.files import FileSource
from bot.usage.other_regions import (
    OtherRegionsCheck,
    Question,
    has_ecs_clusters,
    has_eks_clusters,
    may_have_lambda_images,
)
from bot.usage.sagemaker import sagemaker_source
from bot.usage.usage_scan import BrokenUsageSource, UsageScanner
from bot.usecases.check_authority import AuthorityChecker
from bot.usecases.repositories import RepositoryNames
from bot.usecases.usage_history import MemoryOfScans, UsageRecorder

_log = logging.getLogger(__name__)

_SESSIONS = SharedAwsSessions()
"""Shared by the whole process."""

AwsSourceMaker = Callable[[AwsApi], UsageSource]


def session_of(
    role_arn: str | None, external_id: str | None = None, region: str | None = None
) -> boto3.Session:
    """A session with the role, assumed in `region`, or with the caller's own credentials. Equal
    arguments get the same session. Raises RequestError if an AWS secret in the environment has
    characters that cannot be sent."""
    check_aws_secrets(os.environ)
    with explain_errors("Opening a session", "AWS", is_call=False):
        return _SESSIONS.get(AssumedRole(role_arn, external_id) if role_arn else None, region)


def session_as(role: AssumedRole | None, region: str | None, config: Config) -> boto3.Session:
    """A separate session with the role, or the shared session without a role. `config`: how to
    assume the role. Raises RequestError as `session_of` does."""
    check_aws_secrets(os.environ)
    with explain_errors("Opening a session", "AWS", is_call=False):
        return (
            _SESSIONS.open_separately(role, region, config) if role else _SESSIONS.get(None, region)
        )


def named_regions(settings: Settings) -> list[str]:
    return [entry.region for entry in settings.registries if entry.region]


@dataclass(slots=True)
class OpenedAccount:
    """An AWS account that is scanned for usage. `session`: the one that opened it first.
    `is_whole`: all of its Regions are scanned. For the other fields, see AccountAccess."""

    session: boto3.Session
    account: str
    apis: dict[str, AwsApi] = field(default_factory=dict)
    has_registry: bool = False
    has_own_list: bool = False
    is_whole: bool = False

    def region_list(self) -> AccountRegions:
        """Call it after a scan: only AWS's answers show which Regions are denied."""
        denied = [region for region, aws in self.apis.items() if aws.is_denied]
        return AccountRegions(
            account=self.account,
            is_own=self.has_own_list,
            has_registry=self.has_registry,
            allowed=tuple(region for region in self.apis if region not in denied),
            denied=tuple(denied),
        )


class UnopenedAccount(NamedTuple):
    """An account that could not be opened, and why."""

    scope: str
    why: ErrorText


def open_accounts(
    settings: Settings, registries: Sequence[EcrRegistry]
) -> tuple[Sequence[OpenedAccount], Sequence[UnopenedAccount]]:
    """Each Region of an account is scanned with the access that opens it first."""
    accounts: dict[str, OpenedAccount] = {}
    failures: list[UnopenedAccount] = []
    for access in _account_accesses(settings, registries):
        try:
            for aws in open_aws_apis(access, settings.usage.calls_per_second):
                account = accounts.setdefault(
                    aws.account, OpenedAccount(access.session, aws.account)
                )
                account.apis.setdefault(aws.region, aws)
                account.has_registry |= access.has_registry
                account.has_own_list |= access.has_own_list
                account.is_whole |= ALL_REGIONS in access.regions
        except (RequestError, ServiceError) as error:
            failures.append(
                UnopenedAccount(access.account or "the caller's account", ErrorText.of(error))
            )
    return list(accounts.values()), failures


def _account_accesses(
    settings: Settings, registries: Sequence[EcrRegistry]
) -> Iterator[AccountAccess]:
    """First the accounts under `usage.accounts`, each with its Regions, then the accounts of the
    registries."""
    own_regions = tuple(sorted({registry.region for registry in registries}))
    regions = settings.usage.regions or own_regions
    entries = {entry.account: entry for entry in reversed(settings.usage.accounts)}
    for entry in settings.usage.accounts:
        session = session_of(entry.role_arn, entry.external_id, own_regions[0])
        yield AccountAccess(
            session,
            entry.account,
            entry.regions or regions,
            has_own_list=bool(entry.regions),
        )
    for registry in registries:
        own_entry = entries.get(registry.account or "")
        session = (
            session_of(own_entry.role_arn, own_entry.external_id, registry.region)
            if own_entry
            else registry.session
        )
        yield AccountAccess(session, registry.account, regions, has_registry=True)


class CompletedScan(NamedTuple):
    """One scan of all usage sources. `at`, `ended_at`: in UTC; `coverage`: what was scanned;
    `names`: all repositories of the registries. `covered_since`: since when remembered scans
    without a gap cover a registry; registries that they do not cover may be left out. `unresolved`:
    registries where a tag in use could not be resolved, so that the memory has a gap."""

    snapshot: UsageSnapshot
    at: datetime
    ended_at: datetime
    coverage: ScanCoverage
    names: RepositoryNames
    covered_since: Mapping[RegistryId, datetime | None]
    unresolved: frozenset[RegistryId]


@dataclass(frozen=True, slots=True)
class UsageSources:
    """All usage sources that are switched on. `coverage`: what they scan; `registries`: those of
    the repositories to plan; `all_registries`: those of the settings."""

    sources: Sequence[UsageSource]
    not_checked: Sequence[str]
    registries: frozenset[RegistryId]
    coverage: ScanCoverage
    all_registries: Sequence[EcrRegistry]
    accounts: Sequence[OpenedAccount] = ()
    other_regions: Sequence[OtherRegionsCheck] = ()

    def scan(
        self,
        settings: Settings,
        authority: AuthorityChecker,
        memory: ScanMemory,
        clock: Clock,
        progress: Progress,
    ) -> CompletedScan:
        at = clock()
        scanner = UsageScanner(
            sources=self.sources,
            not_checked=self.not_checked,
            registries=self.registries,
            hosts=settings.hosts(),
            expect_none=settings.usage.expect_none,
            memory=memory.usage,
            may_confirm=authority.may_have_confirmed_usage,
            clock=clock,
            progress=progress,
            ignored=Patterns(settings.usage.ignore_references),
        )
        snapshot = scanner.scan()
        unresolved = self._record(snapshot, at, settings, memory)
        lists = [account.region_list() for account in self.accounts]
        scans = merge_denied_regions(snapshot.scans, lists)
        return CompletedScan(
            replace(snapshot, scans=scans),
            at,
            clock(),
            self.coverage,
            RepositoryNames(self.all_registries),
            self._covered_since(at, settings, memory),
            unresolved,
        )

    def _record(
        self, snapshot: UsageSnapshot, at: datetime, settings: Settings, memory: ScanMemory
    ) -> frozenset[RegistryId]:
        """Records what the scan saw in use. Returns `unresolved` as in CompletedScan."""
        if memory.writer is None:
            return frozenset()
        recorder = UsageRecorder(
            memory.writer,
            self.all_registries,
            self.registries,
            settings.hosts(),
            settings.usage.scan_every,
            CallRate(settings.usage.calls_per_second).wait,
            _log.warning,
        )
        return recorder.record(snapshot, at)

    def _covered_since(
        self, at: datetime, settings: Settings, memory: ScanMemory
    ) -> Mapping[RegistryId, datetime | None]:
        """As in CompletedScan."""
        within = settings.longest_used_within()
        if memory.history is None or within is None:
            return {}
        places = {ScanPlace(source.name, source.scope) for source in self.sources}
        scans = MemoryOfScans(
            memory.history, places, settings.hosts(), at, settings.usage.scan_every
        )
        return scans.covered_since(self.registries | self.coverage.places, within)

    def scan_with_other_regions(
        self,
        settings: Settings,
        authority: AuthorityChecker,
        memory: ScanMemory,
        clock: Clock,
        progress: Progress,
    ) -> CompletedScan:
        """As `scan`, and also finds Regions with workloads that no source scans. For plans that are
        stored for approval."""
        scan = self.scan(settings, authority, memory, clock, progress)
        elsewhere = self.elsewhere(memory.regions, scan.at)
        unscanned = tuple(region for account in elsewhere for region in account.found)
        return scan._replace(snapshot=replace(scan.snapshot, unscanned_regions=unscanned))

    def elsewhere(self, memory: RegionMemory, now: datetime) -> Sequence[OtherRegionsUsage]:
        """The workloads of the scanned accounts in Regions that no source scans."""
        return [others.check(memory, now) for others in self.other_regions]


def open_sources(
    settings: Settings,
    registries: Sequence[EcrRegistry],
    asked: frozenset[RegistryId],
    open_cache: OpenDefinitionCache = open_usage_cache,
) -> UsageSources:
    """`asked`: the registries of the repositories to plan. `open_cache`: what earlier scans read.

    An account that cannot be opened becomes a source whose scan fails, so it is never left out.
    """
    on = switched_on(settings)
    makers = aws_sources(settings, open_cache)
    files = settings.usage.files or ()
    sources: list[UsageSource] = [
        FileSource(Path(file), sorted(asked, key=str), settings.hosts()) for file in files
    ]
    in_aws = [name for name in SOURCES if name in on - {"files"}]
    accounts, unopened = open_accounts(settings, registries) if in_aws else ((), ())
    apis = [aws for account in accounts for aws in account.apis.values()]
    sources += [BrokenUsageSource(name, scope, why) for scope, why in unopened for name in in_aws]
    sources += [maker(aws) for aws in apis for maker in makers.values()]
    sources += kubernetes_sources(settings, apis)
    return UsageSources(
        sources=sources,
        not_checked=[name for name in SOURCES if name not in on],
        registries=asked,
        coverage=ScanCoverage(
            places=frozenset(RegistryId(aws.account, aws.region) for aws in apis),
            own_accounts=frozenset(registry.account for registry in asked),
            ignored_accounts=frozenset(settings.usage.ignore_accounts),
            sources=on,
            ignored_services=frozenset(settings.usage.ignore_services),
        ),
        all_registries=registries,
        accounts=accounts,
        other_regions=[*_other_regions(settings, accounts)],
    )


def _other_regions(
    settings: Settings, accounts: Iterable[OpenedAccount]
) -> Iterator[OtherRegionsCheck]:
    questions = _questions(settings)
    for account in accounts:
        if questions and not account.is_whole:
            yield OtherRegionsCheck(account.session, account.account, [*account.apis], questions)


def _questions(settings: Settings) -> Mapping[str, Question]:
    """How to check a Region for workloads, by source. A source that is off checks nothing."""
    questions: dict[str, Question] = {}
    if settings.usage.ecs:
        questions["ecs"] = has_ecs_clusters
    if settings.usage.lambda_:
        questions["lambda"] = may_have_lambda_images
    if settings.usage.kubernetes:
        questions["kubernetes"] = has_eks_clusters(known_clusters(settings.usage.kubernetes))
    return questions


def aws_sources(
    settings: Settings, open_cache: OpenDefinitionCache = open_usage_cache
) -> Mapping[str, AwsSourceMaker]:
    makers: dict[str, AwsSourceMaker] = {}
    if settings.usage.ecs:
        makers["ecs"] = partial(
            EcsSource, revisions=settings.usage.ecs.revisions, open_cache=open_cache
        )
    if settings.usage.lambda_:
        makers["lambda"] = partial(LambdaSource, open_cache=open_cache)
    if settings.usage.app_runner:
        makers["app_runner"] = app_runner_source
    if settings.usage.batch:
        makers["batch"] = batch_source
    if settings.usage.sagemaker:
        makers["sagemaker"] = sagemaker_source
    if settings.usage.codebuild:
        makers["codebuild"] = codebuild_source
    return makers


def switched_on(settings: Settings) -> frozenset[str]:
    """Names of sources."""
    on = {*aws_sources(settings)}
    if settings.usage.kubernetes:
        on.add("kubernetes")
    if settings.usage.files is not None:
        on.add("files")
    return frozenset(on)
