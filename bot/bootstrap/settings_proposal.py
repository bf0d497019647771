"""Opens the account for `ecr-clean init`, and reads the file that it proposes."""

from collections.abc import Sequence
from functools import partial

import boto3

from bot.aws.aws_api import caller_account, enabled_regions
from bot.aws.ecr import EcrRegistry
from bot.aws.eks import EksClusters
from bot.aws.iam_policy import partition_of
from bot.aws.lifecycle_policies import read_lifecycle_policy
from bot.bootstrap.sources import open_accounts, open_sources, session_of
from bot.core.policy import PolicyEntry
from bot.core.proposed_policies import ProposedPolicies
from bot.core.repository import RegistryId, RepositoryId
from bot.ports import Progress
from bot.process import system_clock
from bot.settings.load import parse_yaml
from bot.settings.model import Settings
from bot.usage.other_regions import NullRegionMemory
from bot.usecases.init_settings import SettingsProposer, UsagePlaces


def open_settings_proposer(progress: Progress) -> SettingsProposer[EcrRegistry]:
    """For the account and the default Region of the credentials. Reads no settings file."""
    session = session_of(None)
    registry = EcrRegistry(session)
    return SettingsProposer(
        registry=registry,
        partition=partition_of(registry.region),
        other_registries=partial(_other_registries, session, registry.region),
        lifecycle_policy=partial(read_lifecycle_policy, session),
        usage_places=_usage_places,
        clock=system_clock,
        progress=progress,
    )


def _other_registries(session: boto3.Session, own_region: str) -> Sequence[EcrRegistry]:
    account = caller_account(session)
    regions = enabled_regions(session, account, own_region)
    return [EcrRegistry(session, region) for region in sorted(regions) if region != own_region]


def _usage_places(registries: Sequence[EcrRegistry]) -> UsagePlaces:
    ids = [registry.id() for registry in registries]
    sources = open_sources(_settings(ids), registries, frozenset(ids))
    elsewhere = sources.elsewhere(NullRegionMemory(), system_clock())
    places = [*ids, *(region.place for account in elsewhere for region in account.found)]
    everywhere = _settings(ids, [place.region for place in places])
    accounts, _ = open_accounts(everywhere, registries)
    apis = [aws for account in accounts for aws in account.apis.values()]
    return UsagePlaces(elsewhere, sources.coverage, [EksClusters(aws).clusters for aws in apis])


def _settings(registries: Sequence[RegistryId], regions: Sequence[str] = ()) -> Settings:
    entries = [{"region": each.region, "account": each.account} for each in registries]
    usage = {"regions": list(dict.fromkeys(regions))}
    return Settings.model_validate({"registries": entries, "usage": usage})


def read_proposed_file(text: str, policies: ProposedPolicies) -> Settings:
    """The settings in the text of the proposed file. Checks that each repository gets the entry
    that was proposed for it, or none."""
    settings = Settings.model_validate(parse_yaml(text, "the proposed file"))
    entries = settings.policy_entries()
    for number, policy in enumerate(policies.policies):
        for each in policy.repositories:
            _check_entry(entries, each.repository, number)
    for kept in policies.kept_whole:
        _check_entry(entries, kept.listed.repository, None)
    return settings


def _check_entry(
    entries: Sequence[PolicyEntry], repository: RepositoryId, expected: int | None
) -> None:
    """Raises RuntimeError if another entry than the expected one applies."""
    matching = (n for n, entry in enumerate(entries) if repository.matches(entry.repositories))
    found = next(matching, None)
    if found != expected:
        raise RuntimeError(f"{repository.uri} gets the entry {found} of policies, not {expected}")
