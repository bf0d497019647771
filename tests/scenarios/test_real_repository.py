"""A realistic repository, and what lifecycle policies would delete in it."""

from datetime import timedelta

import pytest

from bot.core.judge import JudgedManifest
from tests.scenarios.reader import FOLDER, Case, read_case


@pytest.fixture
def case() -> Case:
    return read_case(FOLDER / "big" / "real_repository.yml")


def test_29_of_84_manifests_are_deleted(case: Case) -> None:
    assert len(case.plan.judged) == 84
    assert len(case.plan.delete) == 29


def test_the_listed_sizes_are_twelve_times_the_freed_bytes(case: Case) -> None:
    gone = (judged for judged in case.plan.judged if judged.verdict == "delete")
    assert sum(judged.manifest.size_bytes for judged in gone) == 2163
    assert case.plan.savings.freed_bytes == 178


def test_age_and_count_alone_would_break_every_release(case: Case) -> None:
    """As lifecycle policies do: untagged images after a day, and all but 10 of each kind of tag."""
    asked = untagged(case) | beyond_the_tenth(case)
    right = {case.name_of(digest) for digest in case.plan.delete}
    wrong = asked - right
    assert len(asked) == 63
    assert len(wrong) == 36
    assert right - asked == {"2.12.0-SNAPSHOT-4", "2.12.0-SNAPSHOT-1"}
    assert {"2.0.0", "2.0.0 amd", "was latest 4", "sbom", "signature of the sbom"} <= wrong
    assert {f"2.{minor}.0 {arch}" for minor in range(2, 12) for arch in ("amd", "arm")} <= wrong


def untagged(case: Case) -> set[str]:
    return {
        name
        for name, judged in case.by_name.items()
        if not judged.manifest.tags and age(case, judged) > timedelta(days=1)
    }


def beyond_the_tenth(case: Case) -> set[str]:
    tagged = [name for name, judged in case.by_name.items() if judged.manifest.tags]
    tagged.sort(key=lambda name: age(case, case.by_name[name]))
    classes = [[n for n in tagged if is_snapshot(case, n) is wanted] for wanted in (True, False)]
    return {name for members in classes for name in members[10:]}


def is_snapshot(case: Case, name: str) -> bool:
    return "SNAPSHOT" in case.by_name[name].manifest.tags[0]


def age(case: Case, judged: JudgedManifest) -> timedelta:
    assert judged.manifest.pushed_at
    return case.now - judged.manifest.pushed_at
