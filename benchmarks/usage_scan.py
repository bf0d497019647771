"""Scans usage as `ecr-clean plan` does, without a plan. Argument: the settings file."""

import sys
from pathlib import Path

from bot.bootstrap.planning import open_registries
from bot.bootstrap.sources import open_sources
from bot.bootstrap.storage import open_storage
from bot.bootstrap.usecases import open_authority
from bot.process import system_clock, tune_garbage_collection
from bot.settings.load import load_settings


def no_progress(_step: str, _done: int, _total: int | None, _note: str = "") -> None: ...


tune_garbage_collection()
settings = load_settings(Path(sys.argv[1]))
registries = open_registries(settings)
with open_storage() as storage:
    sources = open_sources(settings, registries, frozenset(each.id() for each in registries))
    authority = open_authority(settings)
    scans = sources.scan(
        settings, authority, storage.scans, system_clock, no_progress
    ).snapshot.scans
failures = [each.failure for each in scans if each.failure]
sys.exit(f"{failures}" if failures else 0)
