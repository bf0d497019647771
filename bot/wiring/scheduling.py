"""What makes reports come by themselves."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.settings import Settings
from bot.usecases.run_due import RunDue
from bot.wiring.clients import open_patients

if TYPE_CHECKING:
    from bot.store.store import SqlStore


def open_run_due(settings: Settings, store: "SqlStore", warn: Callable[[str], None]) -> RunDue:
    """`warn` gets sentences for the log."""
    registries = {patient.name: patient.registry for patient in open_patients(settings)}
    return RunDue(store, settings.due_entries(), registries, store.made_at, warn)
