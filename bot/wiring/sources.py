"""The sources of usage that are switched on, and how far they look."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bot.aws.ecr import EcrRegistry
from bot.aws.place import AwsPlace
from bot.core.coverage import Coverage
from bot.core.patterns import Patterns
from bot.core.region_lists import without_denied
from bot.core.repository import RegistryId
from bot.core.snapshot import Snapshot
from bot.core.usage import SOURCES, Elsewhere
from bot.ports import Clock, Progress, RegionMemory, ScanMemory, UsageSource
from bot.settings import Settings
from bot.usage.app_runner import app_runner_source
from bot.usage.aws_lambda import LambdaSource
from bot.usage.batch import batch_source
from bot.usage.broken import BrokenSource
from bot.usage.codebuild import codebuild_source
from bot.usage.ecs import EcsSource
from bot.usage.files import FileSource
from bot.usage.other_regions import (
    OtherRegions,
    Question,
    has_ecs_clusters,
    has_eks_clusters,
    may_have_lambda_images,
)
from bot.usage.sagemaker import sagemaker_source
from bot.usage.scan import Scan
from bot.usecases.check_authority import Authority
from bot.usecases.repositories import RepositoryNames
from bot.wiring.accounts import OpenAccount, open_accounts
from bot.wiring.kubernetes import known_clusters, kubernetes_sources

AwsSourceMaker = Callable[[AwsPlace], UsageSource]


class Seen(NamedTuple):
    """What the sources saw at that time, in UTC, how far they look, and which repositories there
    are besides."""

    snapshot: Snapshot
    at: datetime
    coverage: Coverage
    names: RepositoryNames


@dataclass(frozen=True, slots=True)
class UsageSources:
    """Every source that is switched on, and how far the sources look. `registries`: those of the
    repositories of this run, `all_registries` those of the settings."""

    sources: Sequence[UsageSource]
    not_checked: Sequence[str]
    registries: frozenset[RegistryId]
    coverage: Coverage
    all_registries: Sequence[EcrRegistry]
    accounts: Sequence[OpenAccount] = ()
    other_regions: Sequence[OtherRegions] = ()

    def look(
        self,
        settings: Settings,
        authority: Authority,
        memory: ScanMemory,
        clock: Clock,
        progress: Progress,
    ) -> Seen:
        at = clock()
        scan = Scan(
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
        snapshot = scan.take()
        lists = [account.region_list() for account in self.accounts]
        looks = without_denied(snapshot.looks, lists)
        return Seen(
            replace(snapshot, looks=looks), at, self.coverage, RepositoryNames(self.all_registries)
        )

    def scan_other_regions_too(
        self,
        settings: Settings,
        authority: Authority,
        memory: ScanMemory,
        clock: Clock,
        progress: Progress,
    ) -> Seen:
        """As `look`, and names Regions with workloads that no source scans: for plans that are
        stored for approval."""
        seen = self.look(settings, authority, memory, clock, progress)
        elsewhere = self.elsewhere(memory.regions, seen.at)
        unseen = tuple(region for account in elsewhere for region in account.found)
        return seen._replace(snapshot=replace(seen.snapshot, unscanned_regions=unseen))

    def elsewhere(self, memory: RegionMemory, now: datetime) -> Sequence[Elsewhere]:
        """What the scanned accounts have in other Regions."""
        return [others.ask(memory, now) for others in self.other_regions]


def open_sources(
    settings: Settings, registries: Sequence[EcrRegistry], asked: frozenset[RegistryId]
) -> UsageSources:
    """`asked`: the registries of the repositories of this run.

    What cannot be opened is a source that cannot tell, never one that is left out.
    """
    on = switched_on(settings)
    makers = aws_sources(settings)
    files = settings.usage.files or ()
    sources: list[UsageSource] = [
        FileSource(Path(file), sorted(asked, key=str), settings.hosts()) for file in files
    ]
    in_aws = [name for name in SOURCES if name in on - {"files"}]
    accounts, unopened = open_accounts(settings, registries) if in_aws else ((), ())
    places = [place for account in accounts for place in account.places.values()]
    sources += [BrokenSource(name, scope, why) for scope, why in unopened for name in in_aws]
    sources += [maker(place) for place in places for maker in makers.values()]
    sources += kubernetes_sources(settings, places)
    return UsageSources(
        sources=sources,
        not_checked=[name for name in SOURCES if name not in on],
        registries=asked,
        coverage=Coverage(
            places=frozenset(RegistryId(place.account, place.region) for place in places),
            own_accounts=frozenset(registry.account for registry in asked),
            ignored_accounts=frozenset(settings.usage.ignore_accounts),
            sources=on,
            ignored_services=frozenset(settings.usage.ignore_services),
        ),
        all_registries=registries,
        accounts=accounts,
        other_regions=[*_other_regions(settings, accounts)],
    )


def _other_regions(settings: Settings, accounts: Iterable[OpenAccount]) -> Iterator[OtherRegions]:
    questions = _questions(settings)
    for account in accounts:
        if questions and not account.is_whole:
            yield OtherRegions(account.session, account.account, [*account.places], questions)


def _questions(settings: Settings) -> Mapping[str, Question]:
    """By source. A source that is off asks nothing."""
    questions: dict[str, Question] = {}
    if settings.usage.ecs:
        questions["ecs"] = has_ecs_clusters
    if settings.usage.lambda_:
        questions["lambda"] = may_have_lambda_images
    if settings.usage.kubernetes:
        questions["kubernetes"] = has_eks_clusters(known_clusters(settings.usage.kubernetes))
    return questions


def aws_sources(settings: Settings) -> Mapping[str, AwsSourceMaker]:
    makers: dict[str, AwsSourceMaker] = {}
    if settings.usage.ecs:
        makers["ecs"] = partial(EcsSource, revisions=settings.usage.ecs.revisions)
    if settings.usage.lambda_:
        makers["lambda"] = LambdaSource
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
