"""Finds which IAM principals need which permissions. Reads the settings only, and calls no AWS
API."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from bot.aws.aws_api import ALL_REGIONS
from bot.aws.iam_policy import (
    ACTIONS_IN_OTHER_REGIONS,
    ANY,
    PRICE_LIST_PARTITION,
    IamPolicyScope,
    partition_of,
)
from bot.bootstrap.sources import aws_sources
from bot.core.patterns import Patterns
from bot.core.repository import RegistryId
from bot.settings.field_types import AUTO
from bot.settings.model import RegistrySection, Settings

Principal = str | None
"""The ARN of a role, or None for the caller."""


def reading_scopes(settings: Settings, own: RegistryId) -> Mapping[Principal, IamPolicyScope]:
    """What each principal reads: the registries of `open_registries`, and the usage that
    `open_sources` scans. `own`: the account and Region of the caller."""
    sources = tuple(_scanned_sources(settings))
    registries = list(_read_registries(settings, own))
    scans = list(_scanned_places(settings, registries)) if sources else []

    def with_scans(principal: Principal, scope: IamPolicyScope) -> IamPolicyScope:
        regions = {
            at.region
            for scanner, at in scans
            if scanner == principal and scope.account in (at.account, ANY)
        }
        checks_others = _checks_other_regions(principal, scope.account, scans)
        other_region_sources = (
            tuple(source for source in sources if source in ACTIONS_IN_OTHER_REGIONS)
            if checks_others
            else ()
        )
        return replace(
            scope,
            sources=sources,
            regions=tuple(sorted(regions)),
            other_region_sources=other_region_sources,
        )

    scopes = dict(_scopes(registries, (role for role, _ in scans), own))
    scopes[None] = replace(scopes[None], reads_prices=_reads_prices(settings, registries))
    return {principal: with_scans(principal, scope) for principal, scope in scopes.items()}


def init_scope(own: RegistryId) -> IamPolicyScope:
    """What `ecr-clean init` reads: the whole account, and the clusters that it proposes."""
    everywhere = Settings.model_validate({"usage": {"regions": [ALL_REGIONS]}})
    scope = reading_scopes(everywhere, own)[None]
    registry = RegistryId(own.account, ANY)
    return replace(scope, registries=(registry,), sources=(*scope.sources, "eks_clusters"))


def _reads_prices(settings: Settings, registries: Sequence[tuple[Principal, RegistryId]]) -> bool:
    """Whether the caller reads AWS's price list, which it does with its own credentials."""
    partitions = {partition_of(at.region) for _, at in registries}
    return settings.price_per_gb_month == AUTO and PRICE_LIST_PARTITION in partitions


def _checks_other_regions(
    principal: Principal, account: str, scans: Sequence[tuple[Principal, RegistryId]]
) -> bool:
    """Whether this principal checks the account's other Regions for workloads. The first principal
    that scans the account does, unless all Regions are scanned. If the account is unknown, it may
    be any account that the principal scans."""
    here: defaultdict[str, list[tuple[Principal, str]]] = defaultdict(list)
    for scanner, at in scans:
        if account in (at.account, ANY):
            here[at.account].append((scanner, at.region))
    return any(
        scanners[0][0] == principal and all(region != ANY for _, region in scanners)
        for scanners in here.values()
    )


def deletion_scopes(settings: Settings, own: RegistryId) -> Mapping[Principal, IamPolicyScope]:
    """What each principal of `open_deleter` deletes: images of the repositories that have a policy
    in the settings."""
    repositories = tuple(Patterns(policy.repositories) for policy in settings.policies)
    scopes = _scopes(list(_registries_with_deletion(settings, own)), (), own)
    return {
        principal: replace(scope, repositories=repositories) for principal, scope in scopes.items()
    }


def _scopes(
    registries: Sequence[tuple[Principal, RegistryId]],
    others: Iterable[Principal],
    own: RegistryId,
) -> Mapping[Principal, IamPolicyScope]:
    """A scope for each principal, with its registries. `others` have no registries. The caller
    assumes all roles."""
    roles = sorted({role for role in (*(each for each, _ in registries), *others) if role})

    def scope_of(principal: Principal) -> IamPolicyScope:
        mine = tuple(at for each, at in registries if each == principal)
        return IamPolicyScope(
            account=principal.split(":")[4] if principal else own.account,
            partition=principal.split(":")[1]
            if principal
            else partition_of((*mine, own)[0].region),
            registries=mine,
            roles=() if principal else tuple(roles),
        )

    return {principal: scope_of(principal) for principal in (None, *roles)}


def _scanned_sources(settings: Settings) -> Iterator[str]:
    """Keys of `ACTIONS_OF_SOURCES`."""
    yield from aws_sources(settings)
    if kubernetes := settings.usage.kubernetes:
        yield "kubernetes"
        if not all(each.kubeconfig or each.in_cluster for each in kubernetes.clusters):
            yield "eks_clusters"


def _read_registries(settings: Settings, own: RegistryId) -> Iterator[tuple[Principal, RegistryId]]:
    """Each registry, with the principal that reads it."""
    if not settings.registries:
        yield None, own
    for entry in settings.registries:
        yield entry.role_arn, _registry_of(entry, own)


def _registries_with_deletion(
    settings: Settings, own: RegistryId
) -> Iterator[tuple[Principal, RegistryId]]:
    """Each registry, with the principal that deletes its images."""
    if not settings.registries:
        yield None, own
    for entry in settings.registries:
        yield entry.delete_role_arn or entry.role_arn, _registry_of(entry, own)


def _registry_of(entry: RegistrySection, own: RegistryId) -> RegistryId:
    role_account = entry.role_arn.split(":")[4] if entry.role_arn else None
    return RegistryId(entry.account or role_account or own.account, entry.region or own.region)


def _scanned_places(
    settings: Settings, registries: Sequence[tuple[Principal, RegistryId]]
) -> Iterator[tuple[Principal, RegistryId]]:
    """Each account and Region, with the principal that scans it for usage. Follows
    `open_accounts`."""
    roles = {entry.account: entry.role_arn for entry in reversed(settings.usage.accounts)}
    regions = settings.usage.regions or tuple(at.region for _, at in registries)
    entries = [(e.role_arn, e.account, e.regions or regions) for e in settings.usage.accounts]
    entries += [(roles.get(at.account, role), at.account, regions) for role, at in registries]
    seen: set[RegistryId] = set()
    for role, account, places in entries:
        for region in [ANY] if ALL_REGIONS in places else places:
            if (place := RegistryId(account, region)) not in seen:
                seen.add(place)
                yield role, place
