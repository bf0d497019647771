"""Pulls by others are separated from reads by the bot. Both change lastRecordedPullTime."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.pull_times import BotRead, TimeSpan, pull_by_others, recorded_span

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BEFORE = NOON - timedelta(days=90)
BY_BOT = BotRead(NOON, BEFORE, TimeSpan(NOON, NOON + timedelta(seconds=2)))


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_an_image_without_pulls() -> None:
    assert pull_by_others(None, [BY_BOT]) is None


def test_without_a_read_by_the_bot_the_pull_is_by_others() -> None:
    assert pull_by_others(NOON, []) == NOON


@pytest.mark.parametrize("seconds", [0, 1, 2])
def test_a_read_by_the_bot_is_replaced_by_the_earlier_pull(seconds: float) -> None:
    assert pull_by_others(at(seconds), [BY_BOT]) == BEFORE


@pytest.mark.parametrize("seconds", [-300, -0.1, 2.1, 5, 60, 240, 295, 60 * 60 * 24])
def test_any_other_time_is_a_pull_by_others(seconds: float) -> None:
    assert pull_by_others(at(seconds), [BY_BOT]) == at(seconds)


def test_a_call_with_unknown_end_explains_no_pull() -> None:
    assert pull_by_others(NOON, [BotRead(NOON, BEFORE)]) == NOON


@pytest.mark.parametrize("turned", [False, True])
def test_two_reads_are_replaced_by_the_pull_before_the_first(*, turned: bool) -> None:
    second = BotRead(at(60), NOON, TimeSpan(at(60), at(61)))
    reads = [second, BY_BOT] if turned else [BY_BOT, second]
    assert pull_by_others(at(60.5), reads) == BEFORE


@pytest.mark.parametrize(
    ("description", "ended", "answered_at", "span"),
    [
        ("both clocks agree", 0.5, 0, (-1.5, 2)),
        ("this clock is an hour late", 0.5, 3600, (3598.5, 3602)),
        ("this clock is an hour ahead", 0.5, -3600, (-3601.5, -3598)),
        ("a long call counts from its end", 90, 90, (79, 92)),
        ("no date in the answer", 0.5, None, (-1, 1.5)),
        ("this clock is set back during the call", -3600, 0, (-1, 2)),
        ("and there is no date", -3600, None, (-1, 1)),
    ],
)
def test_when_a_call_may_have_been_recorded(
    description: str, ended: float, answered_at: float | None, span: tuple[float, float]
) -> None:
    dated = None if answered_at is None else at(answered_at)
    assert recorded_span(NOON, at(ended), dated) == TimeSpan(*map(at, span)), description


def test_a_long_call_without_an_answer_has_no_recorded_span() -> None:
    assert recorded_span(NOON, at(10.1), None) is None
