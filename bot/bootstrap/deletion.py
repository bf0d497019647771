"""Builds the run starter, which runs approved plans, and the deleters that it uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bot.aws.ecr import EcrRegistry
from bot.aws.ecr_deleter import EcrDeleter, deleting_role
from bot.aws.sessions import deletion_config
from bot.bootstrap.planning import open_planner, open_registries
from bot.bootstrap.processes import Shutdown, this_worker
from bot.bootstrap.shared_scans import SharedScans
from bot.bootstrap.sources import CompletedScan, open_sources, session_as
from bot.bootstrap.storage import Storage, open_storage_with
from bot.bootstrap.usecases import open_authority
from bot.core.errors import RequestError, ServiceError
from bot.core.records import PlanRecord
from bot.core.repository import RegistryId
from bot.ports import Progress, RunProgress
from bot.process import system_clock
from bot.settings.model import RegistrySection, Settings
from bot.usecases.check_authority import AuthorityChecker
from bot.usecases.deletion.revalidation import DeletionTarget
from bot.usecases.deletion.run import RunExecutor, ShutdownError
from bot.usecases.deletion.start import RunStarter
from bot.usecases.planning import Planner
from bot.usecases.repositories import FoundRepository

if TYPE_CHECKING:
    from bot.store.store import Store

SCAN_SHARED_FOR = timedelta(minutes=2)
"""How long runs that waited for each other share a scan of usage."""


def find_registry(
    settings: Settings, id_: RegistryId
) -> tuple[EcrRegistry, RegistrySection | None]:
    """The registry with this id, and its entry in the settings; None for the caller's own registry.

    Raises RequestError if the settings have no such registry, and ServiceError if the ids of
    registries cannot be read."""
    entries = settings.registries or (None,)
    failure: RequestError | ServiceError | None = None
    for registry, entry in zip(open_registries(settings), entries, strict=True):
        if entry and (entry.region or id_.region, entry.account or id_.account) != (
            id_.region,
            id_.account,
        ):
            continue
        try:
            if registry.id() == id_:
                return registry, entry
        except (RequestError, ServiceError) as error:
            failure = error
    raise failure or RequestError(
        f"The settings name no registry {id_}: add it to `registries`, or use that account's "
        "credentials"
    )


def open_deleter(plan: PlanRecord, entry: RegistrySection | None) -> EcrDeleter:
    """Uses the role for deletion, else the role that reads the registry, else the caller's own
    credentials, which cannot be restricted to the plan. Assumes a role at the first call.

    `entry`: the settings of the plan's registry."""
    region = plan.repository.registry.region
    arn = entry and (entry.delete_role_arn or entry.role_arn)
    role = deleting_role(arn, entry.external_id, plan) if entry and arn else None
    session = partial(session_as, role, region, deletion_config())
    return EcrDeleter(session, plan.repository)


class RunDisplay(NamedTuple):
    """Shows the progress of a run: of its scans, and of its deletions."""

    scans: Progress
    deletions: RunProgress


def open_run_starter(
    settings: Settings, store: "Store", scans: SharedScans, display: RunDisplay, shutdown: Shutdown
) -> RunStarter:
    """`scans`: of all runs of this process."""
    authority = open_authority(settings)
    progress = unless_shut_down(display.scans, shutdown)
    return RunStarter(
        runner=RunExecutor(
            store, system_clock, shutdown.sleep, display.deletions, shutdown.is_requested
        ),
        worker=this_worker(),
        authority=authority,
        enabled=settings.execution.enabled,
        undo_window=settings.execution.undo_window,
        open_target=_TargetOpener(settings, authority, store, scans, progress).open,
    )


def unless_shut_down(progress: Progress, shutdown: Shutdown) -> Progress:
    """The same progress, but each step raises ShutdownError once shutdown is requested: a scan may
    take minutes."""

    def show(step: str, done: int, total: int | None, note: str = "", /) -> None:
        if shutdown.is_requested():
            raise ShutdownError
        progress(step, done, total, note)

    return show


@dataclass(frozen=True, slots=True)
class _TargetOpener:
    settings: Settings
    authority: AuthorityChecker
    store: "Store"
    scans: SharedScans
    progress: Progress

    @contextmanager
    def open(self, plan: PlanRecord) -> Iterator[DeletionTarget]:
        """Only the thread that opens the target may use it."""
        registry, entry = find_registry(self.settings, plan.repository.registry)
        found = FoundRepository(plan.repository, registry)
        with open_storage_with(self.store) as storage:
            scan_usage = partial(self._scan_usage, plan, storage)
            yield DeletionTarget(found, open_deleter(plan, entry), scan_usage)

    def _scan_usage(self, plan: PlanRecord, storage: Storage) -> Planner:
        registry = plan.repository.registry
        make = partial(self._scan, registry, storage)
        scan = self.scans.scan(registry, make, partial(_can_share, plan))
        return open_planner(self.settings, self.authority, scan, storage, self.progress)

    def _scan(self, registry: RegistryId, storage: Storage) -> CompletedScan:
        sources = open_sources(self.settings, open_registries(self.settings), frozenset([registry]))
        return sources.scan(
            self.settings, self.authority, storage.scans, system_clock, self.progress
        )


def _can_share(plan: PlanRecord, scan: CompletedScan) -> bool:
    """Whether the scan started after the plan's undo window, and is recent."""
    is_after_window = plan.execute_after is not None and scan.at >= plan.execute_after
    return is_after_window and system_clock() - scan.ended_at <= SCAN_SHARED_FOR
