"""Whether this process has been told to leave."""

import signal
import time

SECONDS_BETWEEN_LOOKS = 0.1


class Leaving:
    """A signal handler may tell it: unlike a threading.Event it has no lock, which the very thread
    that is interrupted might hold."""

    def __init__(self) -> None:
        self._is_told = False

    def tell(self) -> None:
        self._is_told = True

    def is_told(self) -> bool:
        return self._is_told

    def sleep(self, seconds: float) -> None:
        """Less long, once it is told."""
        end = time.monotonic() + seconds
        while not self._is_told and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, SECONDS_BETWEEN_LOOKS))


def leaving_on_signals() -> Leaving:
    """SIGTERM and SIGINT tell it. Only the main thread may call this."""
    leaving = Leaving()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: leaving.tell())
    return leaving
