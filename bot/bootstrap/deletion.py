"""Builds the run starter, which runs approved plans, and the deleters that it uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from bot.aws.ecr import EcrRegistry
from bot.aws.ecr_deleter import EcrDeleter, deleting_role
from bot.aws.sessions import deletion_config
from bot.bootstrap.planning import open_planner, open_registries
from bot.bootstrap.processes import Shutdown, this_worker
from bot.bootstrap.sources import open_sources, session_as
from bot.bootstrap.storage import open_storage_with
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


def open_run_starter(
    settings: Settings,
    store: "Store",
    progress: Progress,
    run_progress: RunProgress,
    shutdown: Shutdown,
) -> RunStarter:
    """`progress` gets the progress of scans, `run_progress` the progress of the deletion."""
    authority = open_authority(settings)
    return RunStarter(
        runner=RunExecutor(
            store, system_clock, shutdown.sleep, run_progress, shutdown.is_requested
        ),
        worker=this_worker(),
        authority=authority,
        enabled=settings.execution.enabled,
        undo_window=settings.execution.undo_window,
        open_target=partial(
            _target, settings, authority, store, _unless_shut_down(progress, shutdown)
        ),
    )


def _unless_shut_down(progress: Progress, shutdown: Shutdown) -> Progress:
    """The same progress, but each step raises ShutdownError once shutdown is requested: a scan may
    take minutes."""

    def show(step: str, done: int, total: int | None, note: str = "", /) -> None:
        if shutdown.is_requested():
            raise ShutdownError
        progress(step, done, total, note)

    return show


@contextmanager
def _target(
    settings: Settings,
    authority: AuthorityChecker,
    store: "Store",
    progress: Progress,
    plan: PlanRecord,
) -> Iterator[DeletionTarget]:
    """Only the thread that opens it may use it."""
    registry, entry = find_registry(settings, plan.repository.registry)
    asked = frozenset([plan.repository.registry])
    with open_storage_with(store) as storage:

        def scan() -> Planner:
            sources = open_sources(settings, open_registries(settings), asked)
            scan = sources.scan(settings, authority, storage.scans, system_clock, progress)
            return open_planner(settings, authority, scan, storage, progress)

        yield DeletionTarget(
            FoundRepository(plan.repository, registry), open_deleter(plan, entry), scan
        )
