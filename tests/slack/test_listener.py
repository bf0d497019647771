"""Listeners wait for acknowledgements, up to a limit."""

from threading import Event
from typing import TYPE_CHECKING

import pytest

from bot.slack.listener import LONGEST_DELAY, QUIET_SECONDS, ListenerExecutor

if TYPE_CHECKING:
    from collections.abc import Callable


class Time:
    """A clock that advances by the time that listeners sleep, after `may_advance` is set. Calls
    `during_sleep` in the middle of each sleep."""

    def __init__(self) -> None:
        self.now = 0.0
        self.may_advance = Event()
        self.during_sleep: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert self.may_advance.wait(20)
        self.now += seconds / 2
        self.during_sleep()
        self.now += seconds / 2


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr("bot.slack.listener.time", made)
    return made


def test_it_starts_after_a_quiet_time(time: Time) -> None:
    noted: list[float] = []
    with ListenerExecutor(2) as executor:

        def note_thrice() -> None:
            if len(noted) < 3:
                noted.append(time.now)
                executor.note_acknowledgement()

        time.during_sleep = note_thrice
        began = executor.submit(time.monotonic)
        time.may_advance.set()
    assert began.result() == pytest.approx(noted[2] + QUIET_SECONDS)


def test_it_starts_after_the_longest_delay(time: Time) -> None:
    with ListenerExecutor(2) as executor:
        time.during_sleep = executor.note_acknowledgement
        began = executor.submit(time.monotonic)
        time.may_advance.set()
    assert began.result() == pytest.approx(LONGEST_DELAY)


def test_queued_listeners_do_not_wait_again(time: Time) -> None:
    with ListenerExecutor(1) as executor:
        time.during_sleep = executor.note_acknowledgement
        both = [executor.submit(time.monotonic) for _ in range(2)]
        time.may_advance.set()
    assert [began.result() for began in both] == pytest.approx([LONGEST_DELAY, LONGEST_DELAY])


def test_exceptions_are_passed_on(time: Time) -> None:
    time.may_advance.set()
    with ListenerExecutor(2) as executor, pytest.raises(ZeroDivisionError):
        executor.submit(divmod, 1, 0).result()
