"""The texts of a plan, and the price of a gigabyte."""

import pytest

from bot.core.manifest import OCI_INDEX, ManifestContent
from bot.core.plan import ImageGroupCounts, count_image_groups
from bot.core.prices import BYTES_PER_GB
from bot.core.savings import SavingsTerms, find_savings
from bot.render.plan_problem_sentences import plan_problem_words
from bot.render.reasons import reason_words
from tests.render.builders import image, plan
from tests.scenarios.reader import FOLDER, Case, read_case


def case_of(name: str) -> Case:
    return read_case(FOLDER / f"{name}.yml")


def details(case: Case, name: str) -> list[str]:
    return [*map(reason_words, case.by_name[name].reasons)]


@pytest.mark.parametrize(
    ("case", "name", "expected"),
    [
        ("policy/default", "1.0.10", "one of the 10 newest other images (3rd)"),
        (
            "policy/default",
            "1.0.1",
            "not among the 10 newest other images (12th), and no other rule keeps it",
        ),
        ("policy/default", "2.0.0-SNAPSHOT-6", "one of the 5 newest snapshots (1st)"),
        (
            "indexes/keeps_its_children",
            "arm",
            "inherits the verdict of 1.0.0 (sha256:001000000000…), which lists it",
        ),
        (
            "referrers/by_subject",
            "sig of old",
            "inherits the verdict of old (sha256:004000000000…)",
        ),
        ("policy/default", "just pushed", "less than 1d ago"),
        ("pins/index", "index", "1 is pinned by ann: the big customer"),
        ("usage/by_digest", "running", "is in use by ecs/prod/api, lambda/resize"),
        ("indexes/child_in_use", "outer", "is in use by kubernetes/prod/api"),
        ("within/pulled_recently_is_marked", "a", "last pulled 2026-10-25 12:00 UTC"),
        ("unknown/unreadable_index", "index", "AccessDenied"),
        ("semver/levels", "3.0.1", "version 3.0.1 is not among the newest versions"),
        (
            "semver/flavors",
            "4.1.9-alpine",
            "version 4.1.9-alpine is not among the newest versions in flavor alpine (1 major, ",
        ),
        (
            "semver/flavors",
            "4.3.0-rc1-alpine",
            "version 4.3.0-rc1-alpine is among the newest pre-releases in flavor alpine (",
        ),
        ("semver/prefixes", "web-v1.0.1", "version 1.0.1 is among the newest versions of web ("),
        (
            "semver/prereleases",
            "2.0.0-rc.1",
            "version 2.0.0-rc.1 is a pre-release of a version that is released, and no other rule",
        ),
        ("semver/numbered_builds", "1.3.0-9", "is not among the newest numbered builds ("),
    ],
)
def test_reason_texts(case: str, name: str, expected: str) -> None:
    assert any(expected in detail for detail in details(case_of(case), name))


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ("unknown/unreadable_index", "AccessDenied"),
        ("unknown/several", "sha256:001000000000…"),
        ("unknown/type", "its type is unknown"),
        ("unknown/no_push_time", "push time"),
        ("indexes/circle", "circle"),
    ],
)
def test_an_incomplete_plan_has_one_problem_sentence(case: str, why: str) -> None:
    (problem,) = case_of(case).plan.problems
    assert why in plan_problem_words(problem)


def test_many_unread_manifests_are_named_by_the_first_and_a_count() -> None:
    (problem,) = case_of("unknown/several").plan.problems
    assert "and 1 more" in plan_problem_words(problem)


def test_the_price_of_a_gigabyte_of_2_to_the_30_bytes() -> None:
    case = case_of("savings/no_deletions")
    image = case.manifests[0]
    savings = find_savings([], [image], SavingsTerms(0.10, layers_stay_within=True))
    assert savings.usd_per_month == pytest.approx(0.10 * 100 / BYTES_PER_GB)
    assert BYTES_PER_GB == 1024**3


def test_image_groups_are_roots_with_their_parts() -> None:
    """An index to delete with two children, one of which was pulled; an image to keep."""
    children = [image(n, pulled=3 if n == 2 else None) for n in (1, 2)]
    contents = ManifestContent(OCI_INDEX, None, (), tuple(child.digest for child in children))
    index = image(3, "1.0", content=contents, media_type=OCI_INDEX)
    made = plan(*children, index, image(4, "2.0", age=1), newest=1)
    assert count_image_groups(made) == ImageGroupCounts(2, 1, 1)
