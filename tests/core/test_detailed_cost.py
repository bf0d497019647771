"""Sums of repositories of which some are known better than others."""

from dataclasses import replace

from bot.core.detailed_cost import StorageWeek, storage_week, summarize
from tests.render.builders import GB
from tests.render.costs import GROWING, day, detailed
from tests.support import NOW

DIVIDED = day(0, 100, in_use=10, freeable=60)
UNDIVIDED = day(0, 7)
RECONSTRUCTED = replace(day(0, 5), is_measured=False)
UNKNOWN = day(0, None)


def test_the_parts_of_a_week_are_those_of_all_repositories() -> None:
    week = storage_week([DIVIDED, UNDIVIDED, RECONSTRUCTED, UNKNOWN])
    assert week == StorageWeek(NOW, 10 * GB, 30 * GB, 60 * GB, 7 * GB, 5 * GB, is_known=True)
    assert week.stored_bytes == 112 * GB


def test_a_week_of_unknown_sizes() -> None:
    assert storage_week([UNKNOWN, UNKNOWN]) == StorageWeek(NOW, 0, 0, 0, 0, 0, is_known=False)


def test_weeks_are_aligned_at_the_last_one() -> None:
    summary = summarize([detailed(), detailed("young", [day(0, 1, in_use=1, freeable=0)])])
    assert [week.stored_bytes for week in summary.weeks] == [
        *(gb * GB for gb in range(100, 220, 10)),
        221 * GB,
    ]


def test_no_policy_is_tried() -> None:
    summary = summarize([detailed()])
    assert (summary.has_tried, summary.with_tried) == (False, None)


def test_a_tried_policy() -> None:
    one = detailed(tried_freeable=150)
    summary = summarize([one, detailed("team/web", tried_freeable=100)])
    assert summary.has_tried
    assert summary.tried_freeable.bytes == 250 * GB
    assert summary.with_tried
    assert summary.with_tried.projection.start_bytes == 2 * 70 * GB


def test_what_a_tried_policy_frees_may_be_unknown() -> None:
    one = detailed(tried_freeable=150)
    assert one.tried
    unknown = replace(one, tried=replace(one.tried, freed_bytes=None))
    assert unknown.tried_freeable is None
    assert summarize([unknown, one]).tried_freeable.bytes == 150 * GB


def test_with_incomplete_plans_alone_no_policy_is_known() -> None:
    summary = summarize([detailed(days=[*GROWING[:-1], day(0, 220)], tried_freeable=1)])
    assert summary.without_cleanup
    assert (summary.with_policy, summary.with_tried) == (None, None)


def test_empty_repositories_have_no_unknown_growth() -> None:
    empty, young = day(0, 0, in_use=0, freeable=0), day(0, 1, in_use=1, freeable=0)
    costs = [detailed(), detailed("empty", [empty]), detailed("young", [young])]
    assert summarize([*costs, detailed("unknown", [UNKNOWN])]).unknown_growth == 2
