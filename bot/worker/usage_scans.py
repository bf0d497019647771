"""Scans usage for all registries, so that the bot remembers what was in use between reports."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.bootstrap.deletion import unless_shut_down
from bot.bootstrap.planning import open_registries
from bot.bootstrap.processes import Shutdown, this_worker
from bot.bootstrap.sources import UsageSources, open_sources
from bot.bootstrap.storage import open_storage_with
from bot.bootstrap.usecases import open_authority
from bot.core.errors import RequestError, ServiceError
from bot.core.last_use import longest_gap
from bot.core.plan_problems import ScanFailed, ScanFailureCause
from bot.core.repository import RegistryId
from bot.core.text_formatting import first_few
from bot.core.usage import ImageUse
from bot.ports import Clock, Registry, UsageSource
from bot.process import system_clock
from bot.render.plan_problem_sentences import scan_words
from bot.settings.model import Settings
from bot.store.store import Store
from bot.usecases.usage_history import USES_KEPT_FOR
from bot.usecases.usage_scans import RegularUsageScans

_log = logging.getLogger(__name__)


def open_usage_scans(
    settings: Settings, store: Store, shutdown: Shutdown, clock: Clock = system_clock
) -> RegularUsageScans:
    """`settings.usage.scan_every` is set."""
    every = settings.usage.scan_every
    assert every is not None
    scan = RegistriesScan(settings, store, shutdown, clock)
    worker = this_worker()
    name = f"{worker.host} {worker.pid}"
    return RegularUsageScans(store, name, every, _kept_for(settings), scan, clock)


def _kept_for(settings: Settings) -> timedelta:
    """A rule's memory is whole only with a scan from before its duration."""
    within = settings.longest_used_within() or timedelta()
    gap = longest_gap(settings.usage.scan_every) or timedelta()
    return max(USES_KEPT_FOR, within + gap)


@dataclass(frozen=True, slots=True)
class RegistriesScan:
    settings: Settings
    store: Store
    shutdown: Shutdown
    clock: Clock

    def __call__(self, expect_turn: Callable[[], None]) -> bool:
        """Stops by ShutdownError, and by what `expect_turn` raises. Logs what fails. False if
        something failed."""

        def go_on(_step: str, _done: int, _total: int | None, _note: str = "", /) -> None:
            expect_turn()

        progress = unless_shut_down(go_on, self.shutdown)
        registries = open_registries(self.settings)
        ids = [id_ for registry in registries if (id_ := _id_or_none(registry))]
        if not ids:
            return False
        opened = stoppable(
            open_sources(self.settings, registries, frozenset(ids)), lambda: progress("", 0, 0)
        )
        with open_storage_with(self.store) as storage:
            scan = opened.scan(
                self.settings, open_authority(self.settings), storage.scans, self.clock, progress
            )
        problems = [scan.problem for scan in scan.snapshot.scans if scan.problem]
        _log_once(problems)
        return not problems and not scan.unresolved and len(ids) == len(registries)


def _log_once(problems: Iterable[ScanFailed]) -> None:
    """A cause that several sources have is logged once: a missing role fails all of its account."""
    by_cause: defaultdict[ScanFailureCause, list[ScanFailed]] = defaultdict(list)
    for problem in problems:
        by_cause[problem.cause].append(problem)
    for failed in by_cause.values():
        places = first_few([*dict.fromkeys(each.scope for each in failed)])
        _log.warning("Usage is not recorded whole in %s: %s", places, scan_words(failed[0]))


def _id_or_none(registry: Registry) -> RegistryId | None:
    try:
        return registry.id()
    except (RequestError, ServiceError) as error:
        _log.warning("%s; what is in use of this registry is not recorded", error)
        return None


def stoppable(opened: UsageSources, go_on: Callable[[], None]) -> UsageSources:
    """The same sources. `go_on` is called for each call of AWS and each image use, and stops the
    scan if it raises an error: a source may take minutes."""
    for account in opened.accounts:
        for aws in account.apis.values():
            aws.before_each_call(go_on)
    return replace(opened, sources=[StoppableSource(each, go_on) for each in opened.sources])


@dataclass(frozen=True, slots=True)
class StoppableSource:
    """The same source. `go_on`: as in `stoppable`, for each image use."""

    source: UsageSource
    go_on: Callable[[], None]

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def scope(self) -> str:
        return self.source.scope

    def image_uses(self) -> Iterator[ImageUse]:
        for image_use in self.source.image_uses():
            self.go_on()
            yield image_use
