"""The sources of usage that are switched on, and how far they look."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bot.aws.ecr import EcrRegistry
from bot.aws.place import AwsPlace
from bot.aws.places import AccountAccess, open_places
from bot.core.coverage import Coverage
from bot.core.errors import RequestError, ServiceError
from bot.core.repository import RegistryId
from bot.core.snapshot import Snapshot
from bot.core.usage import SOURCES
from bot.ports import Clock, Progress, UsageMemory, UsageSource
from bot.settings import Settings
from bot.usage.app_runner import app_runner_source
from bot.usage.aws_lambda import LambdaSource
from bot.usage.batch import batch_source
from bot.usage.broken import BrokenSource
from bot.usage.codebuild import codebuild_source
from bot.usage.ecs import EcsSource
from bot.usage.files import FileSource
from bot.usage.sagemaker import sagemaker_source
from bot.usage.scan import Scan
from bot.usecases.check_authority import Authority
from bot.wiring.kubernetes import kubernetes_sources
from bot.wiring.sessions import session_of

AwsSourceMaker = Callable[[AwsPlace], UsageSource]


class Seen(NamedTuple):
    """What the sources saw at that time, in UTC, and how far they look."""

    snapshot: Snapshot
    at: datetime
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class UsageSources:
    """Every source that is switched on, and how far the sources look."""

    sources: Sequence[UsageSource]
    not_checked: Sequence[str]
    registries: frozenset[RegistryId]
    coverage: Coverage

    def look(
        self,
        settings: Settings,
        authority: Authority,
        memory: UsageMemory,
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
            memory=memory,
            may_confirm=authority.may_have_confirmed_usage,
            clock=clock,
            progress=progress,
        )
        return Seen(scan.take(), at, self.coverage)


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
    places: dict[RegistryId, AwsPlace] = {}
    in_aws = [name for name in SOURCES if name in on - {"files"}]
    for access in _accounts(settings, registries) if in_aws else ():
        try:
            for place in open_places(access):
                places.setdefault(RegistryId(place.account, place.region), place)
        except (RequestError, ServiceError) as error:
            scope = access.account or "the caller's account"
            sources += [BrokenSource(name, scope, str(error)) for name in in_aws]
    sources += [maker(place) for place in places.values() for maker in makers.values()]
    sources += kubernetes_sources(settings, places.values())
    return UsageSources(
        sources=sources,
        not_checked=[name for name in SOURCES if name not in on],
        registries=asked,
        coverage=Coverage(
            places=frozenset(places),
            own_accounts=frozenset(registry.account for registry in asked),
            ignored_accounts=frozenset(settings.usage.ignore_accounts),
        ),
    )


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


def _accounts(settings: Settings, registries: Sequence[EcrRegistry]) -> Iterator[AccountAccess]:
    """Those that the settings tell how to look into, each in its Regions, and then the registries'
    own. Who opens a Region of an account first looks into it."""
    own_regions = tuple(sorted({registry.region for registry in registries}))
    regions = settings.usage.regions or own_regions
    told = {entry.account: entry for entry in reversed(settings.usage.accounts)}
    for entry in settings.usage.accounts:
        session = session_of(entry.role_arn, entry.external_id, own_regions[0])
        yield AccountAccess(session, entry.account, entry.regions or regions)
    for registry in registries:
        entry_of_it = told.get(registry.account or "")
        session = (
            session_of(entry_of_it.role_arn, entry_of_it.external_id, registry.region)
            if entry_of_it
            else registry.session
        )
        yield AccountAccess(session, registry.account, regions)
