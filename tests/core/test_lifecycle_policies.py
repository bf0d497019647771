"""Lifecycle policies: their text, and the keep rules that are proposed for them."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.lifecycle_policies import (
    LifecycleFault,
    LifecyclePolicyError,
    parse_lifecycle_policy,
)
from bot.core.lifecycle_translation import (
    NoTranslation,
    TranslatedPolicy,
    UntranslatedPolicy,
    translate_lifecycle_policy,
)
from bot.core.manifest import DescribedImage, ImageStatus, Manifest, ManifestContent, make_manifest
from bot.core.patterns import Patterns
from bot.core.plan import make_plan
from bot.core.policy import PlanInputs, Policy
from bot.core.savings import SavingsTerms
from bot.core.verdict_reasons import Verdict
from bot.render.settings_text import rule_text
from bot.settings.keep_option import parse_keep_options
from tests.core.lifecycle_oracle import PushedImage, kept_by_ecr
from tests.core.strategies import IMAGE_CONFIG, NOW, REPOSITORY

TERMS = SavingsTerms(0.10, layers_stay_within=True)
Rule = dict[str, Any]


def rule(
    status: str, count: str, number: int, *, priority: int = 1, action: str = "expire", **more: Any
) -> Rule:
    unit = {} if count == "imageCountMoreThan" else {"countUnit": "days"}
    selection = {"tagStatus": status, "countType": count, "countNumber": number, **unit, **more}
    target = {"targetStorageClass": "archive"} if action == "transition" else {}
    return {
        "rulePriority": priority,
        "description": "a rule",
        "selection": selection,
        "action": {"type": action, **target},
    }


def policy(*rules: Rule) -> str:
    return json.dumps({"rules": rules})


def tagged(number: int, *patterns: str, priority: int = 1, **more: Any) -> Rule:
    count = more.pop("count", "imageCountMoreThan")
    return rule("tagged", count, number, priority=priority, tagPatternList=[*patterns], **more)


def pushed(**more: Any) -> Rule:
    return rule("any", "sinceImagePushed", 1, **more)


def translated(text: str, *tags: str) -> tuple[list[str], list[tuple[str, int | None]]]:
    """The keep rules as in the settings file, and the remarks."""
    found = translate_lifecycle_policy(text, tags)
    assert isinstance(found, TranslatedPolicy)
    remarks = [(str(each.remark), each.priority) for each in found.remarks]
    return [rule_text(each) for each in found.keep], remarks


@pytest.mark.parametrize(
    ("text", "keep", "remarks"),
    [
        (
            policy(rule("untagged", "sinceImagePushed", 7)),
            ["{pushed_within: 7d}", '{tags: ["*"]}'],
            [],
        ),
        (
            policy(
                rule("untagged", "sinceImagePushed", 7),
                rule("any", "imageCountMoreThan", 30, priority=2),
            ),
            ["{pushed_within: 7d}", "{newest: 30}"],
            [],
        ),
        (
            policy(rule("any", "imageCountMoreThan", 30)),
            ["{pushed_within: 14d}", "{newest: 30}"],
            [("untagged_by_age", 1)],
        ),
        (
            policy(rule("any", "sinceImagePushed", 90)),
            ["{pushed_within: 90d}"],
            [],
        ),
        (
            policy(rule("untagged", "imageCountMoreThan", 1)),
            ["{pushed_within: 14d}", '{tags: ["*"]}'],
            [("untagged_by_age", 1)],
        ),
        (
            policy(tagged(10, "dev-*")),
            [
                "{pushed_within: 14d}",
                '{newest: 10, tags: ["dev-*"]}',
                '{except_tags: ["dev-*"]}',
            ],
            [("untagged_by_age", None)],
        ),
        (
            policy(rule("tagged", "sinceImagePushed", 30, tagPrefixList=["pr"])),
            [
                "{pushed_within: 14d}",
                '{pushed_within: 30d, tags: ["pr*"]}',
                '{except_tags: ["pr*"]}',
            ],
            [("untagged_by_age", None)],
        ),
        (
            policy(tagged(3, "prod-*", "eu-*")),
            [
                "{pushed_within: 14d}",
                '{tags: ["prod-*", "eu-*"]}',
                '{except_tags: ["prod-*", "eu-*"]}',
            ],
            [("needs_all_tags", 1), ("untagged_by_age", None)],
        ),
        (
            policy(
                tagged(30, "*-sha-*", count="sinceImagePushed", action="transition"),
                tagged(
                    90,
                    "*-sha-*",
                    count="sinceImageTransitioned",
                    storageClass="archive",
                    priority=2,
                ),
                rule("untagged", "sinceImagePushed", 7, priority=3),
            ),
            ["{pushed_within: 7d}", '{tags: ["*-sha-*"]}', '{except_tags: ["*-sha-*"]}'],
            [("archives", 1), ("deletes_archived", 2)],
        ),
        (
            policy(rule("any", "sinceImagePulled", 60)),
            ["{pushed_within: 60d}", "{pulled_within: 60d}"],
            [],
        ),
        (policy(rule("any", "sinceImagePushed", 10**12)), ["{pushed_within: 36500d}"], []),
    ],
)
def test_keep_rules(text: str, keep: list[str], remarks: list[tuple[str, int | None]]) -> None:
    assert translated(text) == (keep, remarks)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", LifecycleFault.NOT_JSON),
        ("[" * 10_000, LifecycleFault.NOT_JSON),
        ("[]", LifecycleFault.NO_RULES),
        ("{}", LifecycleFault.NO_RULES),
        ('{"rules": []}', LifecycleFault.NO_RULES),
        ('{"rules": {"1": 2}}', LifecycleFault.NO_RULES),
        ('{"rules": [1]}', LifecycleFault.MALFORMED_RULE),
        ('{"rules": [{}]}', LifecycleFault.MALFORMED_RULE),
        (policy(rule("any", "imageCountMoreThan", 0)), LifecycleFault.MALFORMED_RULE),
        (policy(rule("tagged", "imageCountMoreThan", 1)), LifecycleFault.MALFORMED_RULE),
        (policy(tagged(1, "a*", countNumber=True)), LifecycleFault.MALFORMED_RULE),
        (policy(rule("newest", "imageCountMoreThan", 1)), LifecycleFault.UNKNOWN_VALUE),
        (policy(rule("any", "sinceImageBuilt", 1)), LifecycleFault.UNKNOWN_VALUE),
        (policy(pushed(action="rename")), LifecycleFault.UNKNOWN_VALUE),
        (policy(pushed(countUnit="weeks")), LifecycleFault.UNKNOWN_VALUE),
        (policy(pushed(storageClass="cold")), LifecycleFault.UNKNOWN_VALUE),
        (policy(tagged(1, "a[b]*")), LifecycleFault.IMPOSSIBLE_TAG),
        (policy(tagged(1, "/v.*/")), LifecycleFault.IMPOSSIBLE_TAG),
        (policy(tagged(1, "")), LifecycleFault.IMPOSSIBLE_TAG),
        (policy(tagged(1, tagPrefixList=["a*"])), LifecycleFault.IMPOSSIBLE_TAG),
        (policy(tagged(1, tagPrefixList=[7])), LifecycleFault.MALFORMED_RULE),
        (policy(tagged(1, tagPrefixList="dev")), LifecycleFault.MALFORMED_RULE),
    ],
)
def test_a_text_that_is_not_understood(text: str, why: LifecycleFault) -> None:
    assert translate_lifecycle_policy(text, ()) == UntranslatedPolicy(why)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            policy(rule("any", "sinceImagePulled", 90, action="transition")),
            NoTranslation.ONLY_ARCHIVES,
        ),
        (
            policy(
                rule("any", "sinceImagePulled", 90, action="transition", priority=2),
                tagged(10, "dev-*"),
            ),
            NoTranslation.COUNTS_BESIDE_ARCHIVE,
        ),
        (policy(tagged(10, "DEV-*")), NoTranslation.CASE_MATTERS),
    ],
)
def test_a_policy_without_equal_rules(text: str, why: NoTranslation) -> None:
    assert translate_lifecycle_policy(text, ["dev-1"]) == UntranslatedPolicy(why)


def test_archived_images_that_ecr_does_not_count() -> None:
    text = policy(tagged(10, "dev-*"))
    why = NoTranslation.COUNTS_BESIDE_ARCHIVE
    assert translate_lifecycle_policy(text, (), has_archived=True) == UntranslatedPolicy(why)
    by_age = policy(rule("any", "sinceImagePushed", 30))
    found = translate_lifecycle_policy(by_age, (), has_archived=True)
    assert isinstance(found, TranslatedPolicy)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
)


@given(values, st.sampled_from(["rulePriority", "selection", "action"]))
def test_any_value_is_read_or_refused(value: Any, key: str) -> None:
    for text in (json.dumps(value), policy({**tagged(1, "a*"), key: value})):
        with suppress(LifecyclePolicyError):
            parse_lifecycle_policy(text)


TAGS = ["dev-1", "dev-2", "prod-1", "prod-eu-2", "main", "1.0.0"]
PATTERNS = ["dev-*", "prod*", "*-1", "*", "main"]
limits = st.integers(1, 6)


@st.composite
def images(draw: st.DrawFn) -> list[PushedImage]:
    """Each tag on at most one image, all pushed at other times."""
    tags = draw(st.permutations(TAGS))
    found = []
    ages = draw(st.lists(st.integers(2, 12), unique=True, min_size=1, max_size=6))
    for number, age in enumerate(ages):
        taken = draw(st.integers(0, 2))
        own, tags = tuple(tags[:taken]), tags[taken:]
        pulled = draw(st.none() | st.integers(1, age))
        is_archived = draw(st.integers(0, 9)) == 9
        found.append(PushedImage(f"image {number}", own, age, pulled, is_archived))
    return found


@st.composite
def lifecycle_policies(draw: st.DrawFn) -> list[Rule]:
    rules = []
    for priority in range(1, draw(st.integers(1, 3)) + 1):
        status = draw(st.sampled_from(["tagged", "tagged", "untagged", "any"]))
        count = draw(
            st.sampled_from(["imageCountMoreThan", "sinceImagePushed", "sinceImagePulled"])
        )
        action = draw(st.sampled_from(["expire", "expire", "expire", "transition"]))
        more = {}
        if status == "tagged":
            key = draw(st.sampled_from(["tagPatternList", "tagPrefixList"]))
            some = draw(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2, unique=True))
            prefixes = [each.strip("*-") or "m" for each in some]
            more[key] = some if key == "tagPatternList" else prefixes
        rules.append(rule(status, count, draw(limits), priority=priority, action=action, **more))
    return rules


@given(lifecycle_policies(), images())
def test_tagged_images_that_ecr_keeps_are_kept(rules: list[Rule], found: list[PushedImage]) -> None:
    tags = [tag for image in found for tag in image.tags]
    has_archived = any(image.is_archived for image in found)
    proposal = translate_lifecycle_policy(policy(*rules), tags, has_archived=has_archived)
    if isinstance(proposal, UntranslatedPolicy):
        assert proposal.why in NoTranslation
        return
    deleted = _deleted(proposal, found)
    kept = kept_by_ecr(rules, found)
    tagged_images = {image.name for image in found if image.tags}
    assert not deleted & kept & tagged_images


def _deleted(proposal: TranslatedPolicy, found: list[PushedImage]) -> set[str]:
    keep = parse_keep_options([rule_text(each) for each in proposal.keep])
    inputs = PlanInputs(Policy(timedelta(), Patterns(), keep), NOW)
    manifests = {image.name: _manifest(number, image) for number, image in enumerate(found)}
    plan = make_plan(REPOSITORY, manifests.values(), inputs, TERMS)
    names = {manifest.digest: name for name, manifest in manifests.items()}
    return {
        names[judged.manifest.digest] for judged in plan.judged if judged.verdict is Verdict.DELETE
    }


def _manifest(number: int, image: PushedImage) -> Manifest:
    described = DescribedImage(
        digest=f"sha256:{number:064x}",
        tags=image.tags,
        pushed_at=NOW - timedelta(days=image.age),
        pulled_at=None if image.pulled is None else NOW - timedelta(days=image.pulled),
        size_bytes=1,
        config_type=IMAGE_CONFIG,
        status=ImageStatus.ARCHIVED if image.is_archived else ImageStatus.ACTIVE,
    )
    return make_manifest(described, ManifestContent("application/vnd.oci.image.manifest.v1+json"))
