"""Who has to be allowed what: read off the settings, without asking AWS."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from bot.aws.aws_api import ALL_REGIONS
from bot.aws.iam_policy import ACTIONS_IN_OTHER_REGIONS, ANY, PolicyScope, partition_of
from bot.bootstrap.sources import aws_sources
from bot.core.patterns import Patterns
from bot.core.repository import RegistryId
from bot.settings.model import RegistrySection, Settings

Principal = str | None
"""The ARN of a role, or None for whoever runs the command."""


def duties(settings: Settings, own: RegistryId) -> Mapping[Principal, PolicyScope]:
    """What everybody has to do whom `open_registries` and `open_sources` send out. `own`: where
    whoever runs this is."""
    kinds = tuple(_kinds_of_looks(settings))
    reads = list(_reads(settings, own))
    looks = list(_looks(settings, reads)) if kinds else []

    def with_looks(who: Principal, found: PolicyScope) -> PolicyScope:
        nearby = {
            at.region
            for looker, at in looks
            if looker == who and found.account in (at.account, ANY)
        }
        asks = _asks_elsewhere(who, found.account, looks)
        elsewhere = (
            tuple(kind for kind in kinds if kind in ACTIONS_IN_OTHER_REGIONS) if asks else ()
        )
        return replace(
            found, sources=kinds, regions=tuple(sorted(nearby)), other_region_sources=elsewhere
        )

    shares = _shares(reads, (role for role, _ in looks), own)
    return {who: with_looks(who, found) for who, found in shares.items()}


def _asks_elsewhere(
    who: Principal, account: str, looks: Sequence[tuple[Principal, RegistryId]]
) -> bool:
    """Whether this principal asks what the account has in other Regions: the first one that scans
    the account does, unless all Regions are scanned."""
    here = [(looker, at.region) for looker, at in looks if account in (at.account, ANY)]
    return bool(here) and here[0][0] == who and all(region != ANY for _, region in here)


def deleting_duties(settings: Settings, own: RegistryId) -> Mapping[Principal, PolicyScope]:
    """What each principal behind `open_deleter` has to do: delete where a policy of the settings
    may propose something."""
    repositories = tuple(Patterns(policy.repositories) for policy in settings.policies)
    shares = _shares(list(_deletions(settings, own)), (), own)
    return {who: replace(share, repositories=repositories) for who, share in shares.items()}


def _shares(
    registries: Sequence[tuple[Principal, RegistryId]],
    others: Iterable[Principal],
    own: RegistryId,
) -> Mapping[Principal, PolicyScope]:
    """Who has which registries; `others` have none. Whoever runs this assumes all roles."""
    roles = sorted({role for role in (*(who for who, _ in registries), *others) if role})

    def share(principal: Principal) -> PolicyScope:
        mine = tuple(at for who, at in registries if who == principal)
        return PolicyScope(
            account=principal.split(":")[4] if principal else own.account,
            partition=principal.split(":")[1]
            if principal
            else partition_of((*mine, own)[0].region),
            registries=mine,
            roles=() if principal else tuple(roles),
        )

    return {principal: share(principal) for principal in (None, *roles)}


def _kinds_of_looks(settings: Settings) -> Iterator[str]:
    """Keys of `ACTIONS_OF_SOURCES`."""
    yield from aws_sources(settings)
    if (ecs := settings.usage.ecs) and ecs.revisions > 1:
        yield "ecs_revisions"
    if kubernetes := settings.usage.kubernetes:
        yield "kubernetes"
        if not all(each.kubeconfig or each.in_cluster for each in kubernetes.clusters):
            yield "eks_clusters"


def _reads(settings: Settings, own: RegistryId) -> Iterator[tuple[Principal, RegistryId]]:
    """Who reads which registry."""
    if not settings.registries:
        yield None, own
    for entry in settings.registries:
        yield entry.role_arn, _registry_of(entry, own)


def _deletions(settings: Settings, own: RegistryId) -> Iterator[tuple[Principal, RegistryId]]:
    """Who deletes in which registry."""
    if not settings.registries:
        yield None, own
    for entry in settings.registries:
        yield entry.delete_role_arn or entry.role_arn, _registry_of(entry, own)


def _registry_of(entry: RegistrySection, own: RegistryId) -> RegistryId:
    roles_own = entry.role_arn.split(":")[4] if entry.role_arn else None
    return RegistryId(entry.account or roles_own or own.account, entry.region or own.region)


def _looks(
    settings: Settings, reads: Sequence[tuple[Principal, RegistryId]]
) -> Iterator[tuple[Principal, RegistryId]]:
    """Who looks where for usage, as `_accounts` has it."""
    told = {entry.account: entry.role_arn for entry in reversed(settings.usage.accounts)}
    regions = settings.usage.regions or tuple(at.region for _, at in reads)
    entries = [(e.role_arn, e.account, e.regions or regions) for e in settings.usage.accounts]
    entries += [(told.get(at.account, role), at.account, regions) for role, at in reads]
    seen: set[RegistryId] = set()
    for role, account, places in entries:
        for region in [ANY] if ALL_REGIONS in places else places:
            if (place := RegistryId(account, region)) not in seen:
                seen.add(place)
                yield role, place
