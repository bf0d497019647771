"""What happens by itself in the registries."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.settings import Settings
from bot.usecases.reports import RunDue
from bot.usecases.repositories import Survey
from bot.wiring.clients import open_named_registries, open_registries

if TYPE_CHECKING:
    from bot.store.store import Store


def open_run_due(settings: Settings, store: "Store", warn: Callable[[str], None]) -> RunDue:
    """`warn` gets sentences for the log."""
    registries = {named.name: named.registry for named in open_named_registries(settings)}
    return RunDue(store, settings.due_entries(), registries, store.made_at, warn)


def open_survey(settings: Settings, store: "Store", warn: Callable[[str], None]) -> Survey:
    """`warn` gets sentences for the log."""
    return Survey(store, open_registries(settings), warn)
