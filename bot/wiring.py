"""Builds every client, on call."""

import os
from datetime import UTC, datetime
from pathlib import Path

from bot.aws.ecr import EcrRegistry
from bot.aws.errors import in_words
from bot.aws.sessions import Role, open_session
from bot.ports import Progress, Registry
from bot.settings import Settings
from bot.store.manifest_cache import SqliteManifestCache
from bot.usecases.plan import Planner


def system_clock() -> datetime:
    return datetime.now(UTC)


def open_registries(settings: Settings) -> list[Registry]:
    """Those of the settings, or the caller's own."""
    with in_words("Opening a session", "AWS"):
        if not settings.registries:
            return [EcrRegistry(open_session())]
        return [
            EcrRegistry(
                open_session(Role(entry.role_arn, entry.external_id) if entry.role_arn else None),
                region=entry.region,
                account=entry.account,
            )
            for entry in settings.registries
        ]


def open_manifest_cache() -> SqliteManifestCache:
    return SqliteManifestCache(_cache_folder() / "manifests.db")


def open_planner(settings: Settings, cache: SqliteManifestCache, progress: Progress) -> Planner:
    return Planner(
        policies=settings.policy_entries(),
        pins=settings.pin_entries(),
        usd_per_gb_month=settings.price_per_gb_month,
        cache=cache,
        clock=system_clock,
        progress=progress,
    )


def _cache_folder() -> Path:
    """XDG Base Directory Specification: a relative path counts as none."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (given if given.is_absolute() else Path.home() / ".cache") / "ecr-clean"
