"""Calls what is to happen now and then, and survives whatever goes wrong with it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.ports import Clock
from bot.worker.told import told

Deed = Callable[[datetime], None]

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Alarm:
    """Opens what it needs once it is called, so that nothing else waits for it. `or_else`: what
    follows if it fails, as a sentence for the log."""

    open: Callable[[], Deed]
    clock: Clock
    or_else: str
    debug: bool
    _deed: Deed | None = field(default=None, init=False)

    def __call__(self) -> None:
        try:
            self._opened()(self.clock())
        except Exception as error:  # noqa: BLE001 - a bug of ours: told, never hidden
            _log.error("%s: %s", self.or_else, told(error), exc_info=self.debug)

    def _opened(self) -> Deed:
        if self._deed is None:
            self._deed = self.open()
        return self._deed
