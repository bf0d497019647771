"""A channel gets about a message a second, however many post there."""

from bot.slack.pace import SECONDS_BETWEEN_POSTS, Pace


class Time:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))


def test_each_channel_has_its_own_pace() -> None:
    time = Time()
    pace = Pace(time, time.sleep)
    for channel in ("C1", "C2", "C1", "C1"):
        pace.wait(channel)
    assert time.slept == [SECONDS_BETWEEN_POSTS, 2 * SECONDS_BETWEEN_POSTS]


def test_whoever_comes_later_need_not_wait() -> None:
    time = Time()
    pace = Pace(time, time.sleep)
    pace.wait("C1")
    time.now += SECONDS_BETWEEN_POSTS
    pace.wait("C1")
    time.now += 1
    pace.wait("C1")
    assert time.slept == [round(SECONDS_BETWEEN_POSTS - 1, 3)]
