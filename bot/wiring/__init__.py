"""Builds every client, on call. The only room that knows all but the playground."""

from bot.wiring.clients import (
    identify,
    open_manifest_cache,
    open_patients,
    open_planner,
    open_registries,
    own_place,
    system_clock,
)
from bot.wiring.duties import Principal, duties
from bot.wiring.sources import UsageSources, open_sources

__all__ = [
    "Principal",
    "UsageSources",
    "duties",
    "identify",
    "open_manifest_cache",
    "open_patients",
    "open_planner",
    "open_registries",
    "open_sources",
    "own_place",
    "system_clock",
]
