"""Packing and unpacking a plan."""

import zlib
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import ErrorText, ServiceError
from bot.core.manifest import Blob
from bot.core.plan import Plan, content_hash
from bot.core.plan_problems import UsageDrop
from bot.core.repository import RegistryId
from bot.core.savings import SavingsTerms, find_savings
from bot.core.usage import (
    SOURCES,
    ImageUser,
    PastTagUser,
    RepositoryUsage,
    SourceScan,
    UnscannedRegion,
)
from bot.core.verdict_reasons import InUse, LegacyReason, RuleName, Verdict
from bot.render.reasons import user_words
from bot.store.plan_packing import pack, unpack
from tests.core import strategies as some
from tests.core.stored import as_stored
from tests.core.strategies import World
from tests.core.test_properties import tries
from tests.store.support import content
from tests.support import NOW

TERMS = SavingsTerms(0.1, layers_stay_within=True)
LOOKS = (SourceScan("ecs", "here", 3), SourceScan("lambda", "there", 0, ErrorText("Access denied")))
UNSEEN = (UnscannedRegion(RegistryId("210987654321", "us-east-1"), ("ecs", "lambda")),)
OLD = content("old", "older")
BY_PAST_TAG = PastTagUser("ECS shop/web", "v1", certain=True)
USED_BY = 19
"""Its position in a manifest row."""


@given(world=some.worlds)
@tries(60)
def test_a_plan_is_equal_after_unpacking(world: World) -> None:
    usage = replace(
        world.inputs.usage, scans=LOOKS, not_checked=SOURCES[2:], unscanned_regions=UNSEEN
    )
    elsewhere = (RegistryId("210987654321", "us-east-1"),)
    plan = world.plan(usage=usage, deleted_also_in=elsewhere)
    read = unpack(pack(plan))
    assert read == as_stored(plan)
    assert content_hash(read) == content_hash(plan)
    assert pack(read) == pack(plan)


@given(world=some.worlds, data=st.data())
@tries(30)
def test_savings_of_fewer_deletions_can_be_computed(world: World, data: st.DataObject) -> None:
    plan = world.plan(usage=RepositoryUsage())
    pinned = frozenset(data.draw(st.sets(st.sampled_from(plan.delete)))) if plan.delete else set()

    def savings(of: Plan) -> object:
        manifests = [(j.manifest, j.verdict, j.manifest.digest in pinned) for j in of.judged]
        deleted = [
            m for m, verdict, is_pinned in manifests if verdict is Verdict.DELETE and not is_pinned
        ]
        kept = [m for m, verdict, is_pinned in manifests if verdict is Verdict.KEEP or is_pinned]
        return find_savings(kept, deleted, TERMS)

    assert savings(unpack(pack(plan))) == savings(plan)


def test_a_layer_with_another_size_in_a_kept_image_is_not_freed() -> None:
    """Blobs are equal if their digests are equal."""
    kept, deleted = OLD.judged
    layer = Blob("sha256:base", 1)
    judged = (
        replace(kept, verdict=Verdict.KEEP, manifest=replace(kept.manifest, blobs=(layer,))),
        replace(deleted, manifest=replace(deleted.manifest, blobs=(layer._replace(size=2),))),
    )
    read = unpack(pack(replace(OLD, judged=judged, delete=(deleted.manifest.digest,))))
    assert [each.manifest.blobs for each in read.judged] == [(), ()]


def test_a_packed_plan_is_small() -> None:
    plan = content(*(f"{number:064x}" for number in range(1000)))
    assert len(pack(plan)) < 100 * 1000


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"nonsense",
        pack(OLD)[:-1],
        pack(OLD)[:20] + b"x" + pack(OLD)[21:],
        zlib.compress(b"nonsense"),
        zlib.compress(b"\xff"),
        zlib.compress(b"[]"),
        zlib.compress(zlib.decompress(pack(OLD)).replace(b"[2,", b"[3,", 1)),
        zlib.compress(zlib.decompress(pack(OLD)).replace(b'"delete"', b'"perish"')),
    ],
)
def test_a_damaged_plan_is_an_error(damaged: bytes) -> None:
    with pytest.raises(ServiceError, match="cannot be read"):
        unpack(damaged)


@pytest.mark.parametrize("place", [-1, 2, 2**70])
def test_an_invalid_position_is_an_error(place: int) -> None:
    document = msgspec.json.decode(zlib.decompress(pack(OLD)))
    document[5] = [place]
    with pytest.raises(ServiceError, match="cannot be read"):
        unpack(zlib.compress(msgspec.json.encode(document)))


def test_plans_of_an_earlier_version_are_read() -> None:
    """It did not store the size of the repository, doubted numbers of scans, and artifact types."""
    plan = replace(OLD, usage=RepositoryUsage(scans=LOOKS))
    document = with_sentences(plan)
    rows, savings, scans = document[2], document[6], document[7]
    for row in rows:
        row.pop()
    del savings["stored_bytes"]
    for scan in scans:
        del scan["doubt"]
        scan["in_doubt"] = True
    read = unpack(zlib.compress(msgspec.json.encode(document)))
    assert read.savings == replace(plan.savings, stored_bytes=None)
    assert read.usage.scans == LOOKS


def with_sentences(plan: Plan) -> Any:
    """In format 1, in which reasons were sentences."""
    document = msgspec.json.decode(zlib.decompress(pack(plan)))
    document[0] = 1
    document[3] = [["nothing_keeps", "no rule keeps it"]]
    document[7] = [
        {
            "source": scan.source,
            "scope": scan.scope,
            "images": scan.images,
            "error": "Access denied" if scan.failure else None,
            "doubt": scan.usage_drop and msgspec.to_builtins(scan.usage_drop),
        }
        for scan in plan.usage.scans
    ]
    document[10] = ["lambda (there): Access denied"]
    return document


def used_by(*users: ImageUser) -> Plan:
    first, *others = OLD.judged
    kept = replace(first, verdict=Verdict.KEEP, reasons=(InUse(users),), used_by=users)
    return replace(OLD, judged=(kept, *others))


def test_users_by_past_tags_are_values() -> None:
    plan = used_by(BY_PAST_TAG, "pod")
    assert unpack(pack(plan)).judged[0] == as_stored(plan).judged[0]


def test_users_of_the_last_version_are_texts() -> None:
    """It stored a user by a past tag as a sentence instead of a value."""
    words = "ECS shop/web (by the tag v1, which this image had)"
    document = msgspec.json.decode(zlib.decompress(pack(used_by("pod"))))
    document[2][0][USED_BY] = [words, "pod"]
    document[3][0] = ["in_use", [words, "pod"]]
    (first, _) = unpack(zlib.compress(msgspec.json.encode(document))).judged
    assert first.used_by == (words, "pod")
    assert first.reasons == (InUse((words, "pod")),)
    assert user_words(first.used_by[0]) == words


@pytest.mark.parametrize("damaged", [7, {"name": "pod"}, ["pod"]])
def test_a_damaged_user_is_an_error(damaged: object) -> None:
    document = msgspec.json.decode(zlib.decompress(pack(OLD)))
    document[2][0][USED_BY] = [damaged]
    with pytest.raises(ServiceError, match="cannot be read"):
        unpack(zlib.compress(msgspec.json.encode(document)))


def test_sentences_of_the_last_version_are_kept() -> None:
    scans = (*LOOKS, SourceScan("files", "here", 1, UsageDrop(1, 10, NOW)))
    problems = (ErrorText("lambda (there): Access denied"),)
    plan = replace(OLD, usage=RepositoryUsage(scans=scans), problems=problems)
    read = unpack(zlib.compress(msgspec.json.encode(with_sentences(plan))))
    assert read.usage.scans == scans
    assert read.problems == problems
    assert {reason for judged in read.judged for reason in judged.reasons} == {
        LegacyReason(RuleName.NOTHING_KEEPS, "no rule keeps it")
    }
    assert content_hash(read) == content_hash(plan)


@pytest.mark.parametrize(
    ("place", "damaged"),
    [
        (3, [["no rule", "why"]]),
        (3, [["nothing_keeps"]]),
        (3, [7]),
        (7, [["ecs"]]),
        (7, [{"source": "ecs"}]),
        (10, [7]),
    ],
)
def test_damaged_sentences_are_an_error(place: int, damaged: object) -> None:
    document = with_sentences(OLD)
    document[place] = damaged
    with pytest.raises(ServiceError, match="cannot be read"):
        unpack(zlib.compress(msgspec.json.encode(document)))
