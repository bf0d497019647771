"""Listeners wait for acknowledgements, but not for long."""

from threading import Event
from typing import TYPE_CHECKING

import pytest

from bot.slack.listener import LONGEST_DELAY, LULL, ListenerExecutor

if TYPE_CHECKING:
    from collections.abc import Callable


class Time:
    """Passes once `goes_on`, by as much as listeners sleep. `meanwhile` happens while they do."""

    def __init__(self) -> None:
        self.now = 0.0
        self.goes_on = Event()
        self.meanwhile: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert self.goes_on.wait(20)
        self.now += seconds / 2
        self.meanwhile()
        self.now += seconds / 2


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr("bot.slack.listener.time", made)
    return made


def test_it_begins_after_a_lull(time: Time) -> None:
    noted: list[float] = []
    with ListenerExecutor(2) as executor:

        def note_thrice() -> None:
            if len(noted) < 3:
                noted.append(time.now)
                executor.note_acknowledgement()

        time.meanwhile = note_thrice
        began = executor.submit(time.monotonic)
        time.goes_on.set()
    assert began.result() == pytest.approx(noted[2] + LULL)


def test_it_begins_at_last(time: Time) -> None:
    with ListenerExecutor(2) as executor:
        time.meanwhile = executor.note_acknowledgement
        began = executor.submit(time.monotonic)
        time.goes_on.set()
    assert began.result() == pytest.approx(LONGEST_DELAY)


def test_those_behind_others_wait_no_second_time(time: Time) -> None:
    with ListenerExecutor(1) as executor:
        time.meanwhile = executor.note_acknowledgement
        both = [executor.submit(time.monotonic) for _ in range(2)]
        time.goes_on.set()
    assert [began.result() for began in both] == pytest.approx([LONGEST_DELAY, LONGEST_DELAY])


def test_what_it_raises(time: Time) -> None:
    time.goes_on.set()
    with ListenerExecutor(2) as executor, pytest.raises(ZeroDivisionError):
        executor.submit(divmod, 1, 0).result()
