"""What carries plans out."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from bot.core.records import PlanRecord
from bot.ports import Progress, RunProgress
from bot.settings import Settings
from bot.usecases.check_authority import Authority
from bot.usecases.deletion.revalidation import DeletionTarget
from bot.usecases.deletion.run import Runner, ShutdownError
from bot.usecases.deletion.start import Executor
from bot.usecases.planning import Planner
from bot.usecases.repositories import Found
from bot.wiring.authority import open_authority
from bot.wiring.clients import open_planner, open_registries, system_clock
from bot.wiring.deleting import find_registry, open_deleter
from bot.wiring.leaving import Leaving
from bot.wiring.memory import memory_of
from bot.wiring.processes import this_worker
from bot.wiring.sources import open_sources

if TYPE_CHECKING:
    from bot.store.store import Store


def open_executor(
    settings: Settings,
    store: "Store",
    progress: Progress,
    run_progress: RunProgress,
    leaving: Leaving,
) -> Executor:
    """`progress` is told how far looking around is, `run_progress` how far deletion is."""
    authority = open_authority(settings)
    return Executor(
        runner=Runner(store, system_clock, leaving.sleep, run_progress, leaving.is_told),
        worker=this_worker(),
        authority=authority,
        enabled=settings.execution.enabled,
        undo_window=settings.execution.undo_window,
        open_target=partial(
            _target, settings, authority, store, _unless_shut_down(progress, leaving)
        ),
    )


def _unless_shut_down(progress: Progress, leaving: Leaving) -> Progress:
    """Looking around may take minutes: whoever is told to leave ends it in the middle."""

    def show(step: str, done: int, total: int | None, note: str = "", /) -> None:
        if leaving.is_told():
            raise ShutdownError
        progress(step, done, total, note)

    return show


@contextmanager
def _target(
    settings: Settings,
    authority: Authority,
    store: "Store",
    progress: Progress,
    plan: PlanRecord,
) -> Iterator[DeletionTarget]:
    """Belongs to the thread that opens it, as the manifest cache does."""
    registry, entry = find_registry(settings, plan.repository.registry)
    asked = frozenset([plan.repository.registry])
    with memory_of(store) as memory:

        def scan() -> Planner:
            sources = open_sources(settings, open_registries(settings), asked)
            seen = sources.look(settings, authority, memory.scans, system_clock, progress)
            return open_planner(settings, authority, seen, memory, progress)

        yield DeletionTarget(Found(plan.repository, registry), open_deleter(plan, entry), scan)
