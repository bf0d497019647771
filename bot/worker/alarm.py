"""Looks every minute for reports that are due."""

import logging
from dataclasses import dataclass, field

from bot.ports import Clock
from bot.settings import Settings
from bot.store.store import SqlStore
from bot.usecases.run_due import RunDue
from bot.wiring import open_run_due
from bot.worker.told import told

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Alarm:
    """Opens what it needs once it is called, so that nothing else waits for it."""

    settings: Settings
    store: SqlStore
    clock: Clock
    debug: bool
    _run_due: RunDue | None = field(default=None, init=False)

    def __call__(self) -> None:
        try:
            self._opened()(self.clock())
        except Exception as error:  # noqa: BLE001 - a bug of ours: told, never hidden
            _log.error(
                "Reports that are due come a minute later: %s", told(error), exc_info=self.debug
            )

    def _opened(self) -> RunDue:
        if self._run_due is None:
            self._run_due = open_run_due(self.settings, self.store, _log.warning)
        return self._run_due
