"""Opens registries and planners, and identifies the caller."""

from bot.aws.aws_api import caller_account, caller_arn, iam_principal
from bot.aws.ecr import EcrRegistry
from bot.aws.errors import explain_errors
from bot.aws.iam_policy import ANY
from bot.bootstrap.prices import open_price_lookup
from bot.bootstrap.sources import CompletedScan, named_regions, session_of
from bot.bootstrap.storage import Storage
from bot.core.errors import ServiceError
from bot.core.repository import RegistryId
from bot.ports import AwsCaller, NamedRegistry, Progress
from bot.process import system_clock
from bot.settings.model import Settings
from bot.usecases.check_authority import AuthorityChecker
from bot.usecases.planning import Planner


def open_registries(settings: Settings) -> list[EcrRegistry]:
    """The registries of the settings, or the caller's own registry."""
    if not settings.registries:
        return [EcrRegistry(session_of(None))]
    return [
        EcrRegistry(
            session_of(entry.role_arn, entry.external_id, entry.region), entry.region, entry.account
        )
        for entry in settings.registries
    ]


def open_planner(
    settings: Settings,
    authority: AuthorityChecker,
    scan: CompletedScan,
    storage: Storage,
    progress: Progress,
) -> Planner:
    return Planner(
        snapshot=scan.snapshot,
        scanned_at=scan.at,
        coverage=scan.coverage,
        policies=settings.policy_entries(),
        pins=settings.pin_entries(),
        price_of=open_price_lookup(settings, storage),
        cache=storage.manifests,
        store=storage.store,
        authority=authority,
        clock=system_clock,
        progress=progress,
        names=scan.names,
        covered_since=scan.covered_since,
    )


def open_named_registries(settings: Settings) -> list[NamedRegistry[EcrRegistry]]:
    """The registries, each with its name in the settings."""
    registries = open_registries(settings)
    if not settings.registries:
        return [NamedRegistry(registry, "the caller's own") for registry in registries]
    entries = zip(registries, settings.registries, strict=True)
    return [
        NamedRegistry(registry, f"registries[{number}]", entry.role_arn)
        for number, (registry, entry) in enumerate(entries)
    ]


def has_aws_credentials() -> bool:
    """Raises RequestError if boto3's own settings are wrong."""
    with explain_errors("Looking for credentials", "AWS", is_call=False):
        return session_of(None).get_credentials() is not None


def identify(settings: Settings) -> AwsCaller:
    """Raises ServiceError."""
    arn = caller_arn(session_of(None), named_regions(settings))
    return AwsCaller(arn, iam_principal(arn))


def own_place(settings: Settings) -> RegistryId:
    """The caller's account, and boto3's default Region; `*` if unknown."""
    session = session_of(None)
    try:
        account = caller_account(session, named_regions(settings))
    except ServiceError:
        account = ANY
    return RegistryId(account, session.region_name or ANY)
