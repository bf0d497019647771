"""The images of a plan in sections."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.judge import JudgedManifest
from bot.core.manifest import ManifestKind
from bot.core.pins import Pin
from bot.core.usage import RepositoryUsage
from bot.core.verdict_reasons import (
    AmongNewest,
    CapturedGroup,
    InInactiveGroup,
    InUse,
    KeptByTag,
    LegacyReason,
    NoRuleKeeps,
    NotAmongNewest,
    NotAmongNewestVersions,
    Pinned,
    Reason,
    RuleName,
    TagPatterns,
    Verdict,
)
from bot.render.image_sections import (
    best_verdict,
    deleted_sections,
    found_sections,
    kept_sections,
)
from bot.render.plan_summary import PlanSummary
from tests.render.builders import GB, image, plan
from tests.support import NOW

SNAPSHOTS = TagPatterns(("*SNAPSHOT*",))
OTHERS = TagPatterns((), ("*SNAPSHOT*",))


def judged(number: int, tag: str, reason: Reason, *, size: int = GB) -> JudgedManifest:
    keeps = not isinstance(reason, NoRuleKeeps) and reason.rule is not RuleName.NOTHING_KEEPS
    verdict = Verdict.KEEP if keeps else Verdict.DELETE
    tags = (tag,) if tag else ()
    return JudgedManifest(image(number, *tags, size=size), verdict, None, (reason,))


def summary(*manifests: JudgedManifest) -> PlanSummary:
    return PlanSummary(replace(plan(), judged=manifests))


@pytest.mark.parametrize(
    ("tag", "reason", "heading"),
    [
        (
            "b17",
            NoRuleKeeps((NotAmongNewest(12, 10, OTHERS),)),
            "not among the 10 newest images · 1 image",
        ),
        (
            "1.0.0",
            NoRuleKeeps((NotAmongNewest(12, 10, OTHERS),)),
            "not among the 10 newest releases · 1 image",
        ),
        (
            "1-SNAPSHOT",
            NoRuleKeeps((NotAmongNewest(12, 5, SNAPSHOTS),)),
            "not among the 5 newest `*SNAPSHOT*` · 1 image",
        ),
        (
            "1.0.0",
            NoRuleKeeps(
                (NotAmongNewest(9, 3, OTHERS), NotAmongNewestVersions("1.0.0", 2, None, 1))
            ),
            "not among the 3 newest releases, not among the newest versions (2 majors, all minors, "
            "1 patch) · 1 image",
        ),
        (
            "1.0.0-rc.1",
            NoRuleKeeps((NotAmongNewestVersions("1.0.0-rc.1", 2, None, 1, is_released=True),)),
            "pre-releases of released versions · 1 image",
        ),
        ("1.0", NoRuleKeeps(), "not kept by any rule · 1 image"),
        ("", NoRuleKeeps(is_tagged=False), "no tag · 1 image"),
        (
            "x",
            NoRuleKeeps(missing_subject=f"sha256:{'a' * 64}"),
            "referrers of images that are gone · 1 image",
        ),
        ("x", LegacyReason(RuleName.NOTHING_KEEPS, "because"), "other reasons · 1 image"),
    ],
)
def test_headings_of_images_to_delete(tag: str, reason: Reason, heading: str) -> None:
    (section,) = deleted_sections(summary(judged(1, tag, reason)))
    assert section.heading == heading


def test_images_with_the_same_reason_are_one_section() -> None:
    """The largest section and the largest image come first. Referrers are no images."""
    small = [judged(n, f"v{n}", NoRuleKeeps((NotAmongNewest(n, 5, SNAPSHOTS),))) for n in (7, 8, 9)]
    large = judged(1, "1.0", NoRuleKeeps((NotAmongNewest(20, 5, OTHERS),)), size=9 * GB)
    larger = judged(2, "1.1", NoRuleKeeps((NotAmongNewest(19, 5, OTHERS),)), size=10 * GB)
    signature = judged(3, "sig", NoRuleKeeps(missing_subject="sha256:1"), size=1)
    of_kind = replace(signature.manifest, kind=ManifestKind.REFERRER)
    sections = deleted_sections(
        summary(*small, large, larger, replace(signature, manifest=of_kind))
    )
    assert [(each.heading.split(" · ")[1], len(each.images)) for each in sections] == [
        ("2 images", 2),
        ("3 images", 3),
        ("1 manifest", 1),
    ]
    assert [each.name for each in sections[0].images] == ["1.1", "1.0"]


def test_sections_of_images_to_keep() -> None:
    newest = [judged(n, f"1.{n}.0", AmongNewest(n, 5, OTHERS)) for n in (3, 4)]
    pin = Pin("old", "U1", "why")
    sections = kept_sections(
        summary(
            *newest,
            judged(1, "old", Pinned(pin)),
            judged(2, "used", InUse(("ECS a/b", "ECS c"))),
            judged(5, "latest", KeptByTag("latest", TagPatterns(("*latest*",)))),
        )
    )
    assert [each.heading for each in sections] == [
        "1 in use",
        "1 pinned",
        "2 newest releases",
        "`latest`",
    ]
    assert [each.images[0].own_reason for each in sections] == [
        "used by ECS a/b, ECS c",
        "old is pinned by U1: why",
        "",
        "tagged latest: the policy keeps images tagged *latest*",
    ]


def branch(name: str, active_within: timedelta | None = None) -> CapturedGroup:
    return CapturedGroup(TagPatterns(), ("branch",), (name,), active_within)


def test_images_of_all_groups_of_a_rule_are_in_one_section() -> None:
    month = timedelta(days=30)
    deleted = deleted_sections(
        summary(
            judged(1, "a-1", NoRuleKeeps((NotAmongNewest(4, 3, branch("a")),))),
            judged(2, "b-1", NoRuleKeeps((NotAmongNewest(5, 3, branch("b")),))),
            judged(3, "c-1", NoRuleKeeps((InInactiveGroup(1, branch("c", month), NOW),))),
        )
    )
    assert [each.heading for each in deleted] == [
        "not among the 3 newest of their branch · 2 images",
        "branch not active within 30d · 1 image",
    ]
    (kept,) = kept_sections(
        summary(
            judged(1, "a-2", AmongNewest(1, 3, branch("a"))),
            judged(2, "b-2", AmongNewest(2, 3, branch("b"))),
        )
    )
    assert kept.heading == "2 newest of their branch"
    assert sorted(each.own_reason for each in kept.images) == [
        "1st newest of branch a: the policy keeps 3 of each branch",
        "2nd newest of branch b: the policy keeps 3 of each branch",
    ]


def test_the_view_of_the_best_match() -> None:
    usage = RepositoryUsage(by_tag={"1.9": ("ECS a",)})
    found = PlanSummary(plan(image(1, "1.9"), image(2, "1.9-rc"), image(3, "dev"), usage=usage))
    for before in Verdict:
        assert best_verdict(found, "1.9", before) is Verdict.KEEP
        assert best_verdict(found, "1.9-", before) is Verdict.DELETE
        assert best_verdict(found, "DEV", before) is Verdict.DELETE
        assert best_verdict(found, "nothing", before) is before
        assert best_verdict(found, "9", before) is before
    assert found_sections(found, Verdict.KEEP, "rc") == []
