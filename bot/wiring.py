"""Builds every client, on call."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import boto3

from bot.aws.ecr import EcrRegistry
from bot.aws.errors import in_words
from bot.aws.iam_policy import ANY, Duties, partition_of
from bot.aws.place import AwsPlace
from bot.aws.places import ALL_REGIONS, AccountAccess, caller_account, caller_arn, open_places
from bot.aws.principal import iam_principal
from bot.aws.sessions import Role, open_session
from bot.core.coverage import Coverage
from bot.core.errors import ServiceError
from bot.core.repository import RegistryId
from bot.core.snapshot import Snapshot
from bot.core.usage import SOURCES
from bot.ports import Progress, UsageSource
from bot.settings import Settings
from bot.store.manifest_cache import SqliteManifestCache
from bot.usage.aws_lambda import LambdaSource
from bot.usage.broken import BrokenSource
from bot.usage.ecs import EcsSource
from bot.usage.files import FileSource
from bot.usage.scan import Scan
from bot.usecases.doctor import Caller, Patient
from bot.usecases.plan import Planner

AwsSourceMaker = Callable[[AwsPlace], UsageSource]
Principal = str | None
"""The ARN of a role, or None for whoever runs the command."""


def system_clock() -> datetime:
    return datetime.now(UTC)


def open_registries(settings: Settings) -> list[EcrRegistry]:
    """Those of the settings, or the caller's own."""
    with in_words("Opening a session", "AWS"):
        if not settings.registries:
            return [EcrRegistry(open_session())]
        return [
            EcrRegistry(_session(entry.role_arn, entry.external_id), entry.region, entry.account)
            for entry in settings.registries
        ]


def open_manifest_cache() -> SqliteManifestCache:
    return SqliteManifestCache(_cache_folder() / "manifests.db")


@dataclass(frozen=True, slots=True)
class UsageSources:
    """Every source that is switched on, and how far the sources look."""

    sources: Sequence[UsageSource]
    not_checked: Sequence[str]
    registries: frozenset[RegistryId]
    coverage: Coverage

    def scan(self, settings: Settings, cache: SqliteManifestCache, progress: Progress) -> Scan:
        return Scan(
            sources=self.sources,
            not_checked=self.not_checked,
            registries=self.registries,
            hosts=settings.hosts(),
            expect_none=settings.usage.expect_none,
            memory=cache,
            clock=system_clock,
            progress=progress,
        )


def open_sources(
    settings: Settings, registries: Sequence[EcrRegistry], asked: frozenset[RegistryId]
) -> UsageSources:
    """`asked`: the registries of the repositories of this run.

    What cannot be opened is a source that cannot tell, never one that is left out.
    """
    makers = _aws_sources(settings)
    files = settings.usage.files or ()
    sources: list[UsageSource] = [FileSource(Path(file), sorted(asked, key=str)) for file in files]
    places = set(asked)
    if makers:
        for access in _accounts(settings, registries):
            try:
                for place in open_places(access):
                    places.add(RegistryId(place.account, place.region))
                    sources += [maker(place) for maker in makers.values()]
            except ServiceError as error:
                scope = access.account or "the caller's account"
                sources += [BrokenSource(name, scope, str(error)) for name in makers]
    on = {*makers, "files"} if settings.usage.files is not None else set(makers)
    return UsageSources(
        sources=sources,
        not_checked=[name for name in SOURCES if name not in on],
        registries=asked,
        coverage=Coverage(frozenset(places), frozenset(settings.usage.ignore_accounts)),
    )


def open_planner(
    settings: Settings,
    usage: UsageSources,
    snapshot: Snapshot,
    cache: SqliteManifestCache,
    progress: Progress,
) -> Planner:
    return Planner(
        snapshot=snapshot,
        coverage=usage.coverage,
        policies=settings.policy_entries(),
        pins=settings.pin_entries(),
        usd_per_gb_month=settings.price_per_gb_month,
        cache=cache,
        clock=system_clock,
        progress=progress,
    )


def open_patients(settings: Settings) -> list[Patient[EcrRegistry]]:
    """The registries, each with what the settings call it."""
    registries = open_registries(settings)
    if not settings.registries:
        return [Patient(registry, "the caller's own") for registry in registries]
    entries = zip(registries, settings.registries, strict=True)
    return [
        Patient(registry, f"registries[{number}]", entry.role_arn)
        for number, (registry, entry) in enumerate(entries)
    ]


def identify(settings: Settings) -> Caller:
    """Raises ServiceError."""
    arn = caller_arn(_own_session(), _named_regions(settings))
    return Caller(arn, iam_principal(arn))


def own_place(settings: Settings) -> RegistryId:
    """The caller's account, and the Region of boto3's own settings; `*` for what is not known."""
    session = _own_session()
    try:
        account = caller_account(session, _named_regions(settings))
    except ServiceError:
        account = ANY
    return RegistryId(account, session.region_name or ANY)


def duties(settings: Settings, own: RegistryId) -> Mapping[Principal, Duties]:
    """What everybody has to do whom `open_registries` and `open_sources` send out. `own`: where
    whoever runs this is."""
    sources = tuple(_aws_sources(settings))
    reads = list(_reads(settings, own))
    looks = list(_looks(settings, reads)) if sources else []
    roles = sorted({role for role, _ in (*reads, *looks) if role})
    ecs = settings.usage.ecs

    def duties_of(principal: Principal) -> Duties:
        account = principal.split(":")[4] if principal else own.account
        registries = tuple(at for who, at in reads if who == principal)
        nearby = {
            at.region for who, at in looks if who == principal and account in (at.account, ANY)
        }
        first = (*registries, own)[0]
        return Duties(
            account=account,
            partition=principal.split(":")[1] if principal else partition_of(first.region),
            registries=registries,
            sources=sources,
            regions=tuple(sorted(nearby)),
            older_revisions=ecs is not None and ecs.revisions > 1,
            roles=() if principal else tuple(roles),
        )

    return {principal: duties_of(principal) for principal in (None, *roles)}


def _reads(settings: Settings, own: RegistryId) -> Iterator[tuple[Principal, RegistryId]]:
    """Who reads which registry."""
    if not settings.registries:
        yield None, own
    for entry in settings.registries:
        roles_own = entry.role_arn.split(":")[4] if entry.role_arn else None
        account = entry.account or roles_own or own.account
        yield entry.role_arn, RegistryId(account, entry.region or own.region)


def _looks(
    settings: Settings, reads: Sequence[tuple[Principal, RegistryId]]
) -> Iterator[tuple[Principal, RegistryId]]:
    """Who looks where for usage, as `_accounts` has it."""
    told = {entry.account: entry for entry in settings.usage.accounts}
    regions = settings.usage.regions or tuple(at.region for _, at in reads)
    accounts = {at.account: (role, regions) for role, at in reversed(reads)}
    accounts |= {a: (entry.role_arn, entry.regions or regions) for a, entry in told.items()}
    for account, (role, places) in accounts.items():
        for region in [ANY] if ALL_REGIONS in places else places:
            yield role, RegistryId(account, region)


def _own_session() -> boto3.Session:
    with in_words("Opening a session", "AWS"):
        return open_session()


def _named_regions(settings: Settings) -> list[str]:
    return [entry.region for entry in settings.registries if entry.region]


def _aws_sources(settings: Settings) -> Mapping[str, AwsSourceMaker]:
    makers: dict[str, AwsSourceMaker] = {}
    if settings.usage.ecs:
        makers["ecs"] = partial(EcsSource, revisions=settings.usage.ecs.revisions)
    if settings.usage.lambda_:
        makers["lambda"] = LambdaSource
    return makers


def _accounts(settings: Settings, registries: Sequence[EcrRegistry]) -> Iterator[AccountAccess]:
    """The registries' own accounts, unless the settings tell how to look into them, and those
    that the settings add. Each once."""
    own_regions = tuple(sorted({registry.region for registry in registries}))
    regions = settings.usage.regions or own_regions
    seen = {entry.account for entry in settings.usage.accounts}
    for registry in registries:
        if registry.account is None or registry.account not in seen:
            seen |= {registry.account} if registry.account else set()
            yield AccountAccess(registry.session, registry.account, regions)
    for entry in settings.usage.accounts:
        session = _session(entry.role_arn, entry.external_id)
        yield AccountAccess(session, entry.account, entry.regions or regions)


def _session(role_arn: str | None, external_id: str | None) -> boto3.Session:
    return open_session(Role(role_arn, external_id) if role_arn else None)


def _cache_folder() -> Path:
    """XDG Base Directory Specification: a relative path counts as none."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (given if given.is_absolute() else Path.home() / ".cache") / "ecr-clean"
