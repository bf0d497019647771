"""The registry of an account and Region."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.playground.aws.ecr.repository import Repository


@dataclass
class Registry:
    """The repositories and settings of a registry."""

    account: str
    region: str
    repositories: dict[str, Repository] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=lambda: {"BLOB_MOUNTING": "DISABLED"})
    pull_time_exclusions: dict[str, datetime] = field(default_factory=dict)
    policy: str | None = None
    replication_rules: list[dict[str, Any]] = field(default_factory=list)


class Registries:
    """All registries, created empty on first access."""

    def __init__(self) -> None:
        self._registries: dict[tuple[str, str], Registry] = {}

    def at(self, account: str, region: str) -> Registry:
        key = (account, region)
        if key not in self._registries:
            self._registries[key] = Registry(account, region)
        return self._registries[key]
