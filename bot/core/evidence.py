"""What a decision rests on besides the manifests themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.pins import Pin
from bot.core.policy import Policy
from bot.core.repository import RegistryId
from bot.core.usage import Usage


@dataclass(frozen=True, slots=True)
class Evidence:
    """`policy` None: no entry of the settings covers the repository. `subjects_seen`: digests
    that were seen in this repository at an earlier time. `deleted_also_in`: registries to which
    replication rules carry deletions. `renewed_at`: by digest when an image that was there
    before got a tag, or lost its last one. `now` in UTC."""

    policy: Policy | None
    now: datetime
    usage: Usage = field(default_factory=Usage)
    pins: tuple[Pin, ...] = ()
    subjects_seen: frozenset[str] = frozenset()
    deleted_also_in: tuple[RegistryId, ...] = ()
    renewed_at: Mapping[str, datetime] = field(default_factory=dict)
