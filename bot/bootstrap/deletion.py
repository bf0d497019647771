"""Opens what deletes the images of approved plans."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from bot.aws.deleter import EcrDeleter, deleting_role
from bot.aws.ecr import EcrRegistry
from bot.aws.sessions import deletion_config
from bot.bootstrap.planning import open_planner, open_registries, system_clock
from bot.bootstrap.processes import Shutdown, this_worker
from bot.bootstrap.sources import open_sources, session_as
from bot.bootstrap.storage import open_storage_with
from bot.bootstrap.usecases import open_authority
from bot.core.errors import RequestError, ServiceError
from bot.core.records import PlanRecord
from bot.core.repository import RegistryId
from bot.ports import Progress, RunProgress
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
    """The registry of the settings that is this one, with its entry; None for the caller's own.
    Raises RequestError if there is none, ServiceError if nobody can tell."""
    entries = settings.registries or (None,)
    untold: RequestError | ServiceError | None = None
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
            untold = error
    raise untold or RequestError(
        f"The settings name no registry {id_}: add it to `registries`, or use that account's "
        "credentials"
    )


def open_deleter(plan: PlanRecord, entry: RegistrySection | None) -> EcrDeleter:
    """`entry`: that of the plan's registry. Through its role for deletion, else through the one
    that reads it, else on the caller's own credentials, which cannot be narrowed. No role is
    assumed before the first call."""
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
    """`progress` is told how far looking around is, `run_progress` how far deletion is."""
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
    """Looking around may take minutes: whoever is told to leave ends it in the middle."""

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
    """Belongs to the thread that opens it, as the manifest cache does."""
    registry, entry = find_registry(settings, plan.repository.registry)
    asked = frozenset([plan.repository.registry])
    with open_storage_with(store) as memory:

        def scan() -> Planner:
            sources = open_sources(settings, open_registries(settings), asked)
            seen = sources.scan(settings, authority, memory.scans, system_clock, progress)
            return open_planner(settings, authority, seen, memory, progress)

        yield DeletionTarget(
            FoundRepository(plan.repository, registry), open_deleter(plan, entry), scan
        )
