"""What takes the storage of a repository, against an independent count, blob by blob."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import given

from bot.core.manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    Blob,
    DescribedImage,
    ImageStatus,
    Manifest,
    ManifestArchived,
    ManifestContent,
    ManifestKind,
    ManifestReadFailure,
    make_manifest,
)
from bot.core.patterns import Patterns
from bot.core.plan import Plan
from bot.core.policy import PlanInputs, Policy
from bot.core.rules.newest import NewestRule
from bot.core.rules.selection import TagFilter
from bot.core.storage_breakdown import (
    LARGEST,
    KindStorage,
    LayerState,
    StorageBreakdown,
    StorageKind,
    break_down,
)
from bot.core.usage import RepositoryUsage
from bot.core.verdict_reasons import RuleName
from tests.core import strategies as some
from tests.core.strategies import CHART_CONFIG, IMAGE_CONFIG, NOW, World
from tests.core.test_properties import tries

BASE = Blob("sha256:base", 1000)


def digest(name: str) -> str:
    return f"sha256:{name}".ljust(71, "0")


def manifest(
    name: str,
    content: ManifestContent | ManifestReadFailure,
    *tags: str,
    status: str = ImageStatus.ACTIVE,
    age: int = 40,
) -> Manifest:
    described = DescribedImage(
        digest(name),
        tags,
        NOW - timedelta(days=age),
        pulled_at=None,
        size_bytes=5,
        status=status,
        media_type=OCI_MANIFEST,
        config_type=IMAGE_CONFIG,
    )
    return make_manifest(described, content)


def image(name: str, *tags: str, size: int, age: int = 40) -> Manifest:
    """With a layer of its own of this size, and the layer of all images."""
    blobs = (Blob(f"sha256:layer-{name}", size), BASE)
    return manifest(name, ManifestContent(OCI_MANIFEST, IMAGE_CONFIG, blobs), *tags, age=age)


def index(name: str, *children: str, tag: str | None) -> Manifest:
    listed = tuple(map(digest, children))
    return manifest(name, ManifestContent(OCI_INDEX, children=listed), *filter(None, [tag]))


def signature(name: str, subject: str, size: int) -> Manifest:
    blobs = (Blob(f"sha256:layer-{name}", size),)
    return manifest(
        name, ManifestContent(OCI_MANIFEST, CHART_CONFIG, blobs, subject=digest(subject))
    )


def chart(name: str, *tags: str, size: int) -> Manifest:
    blobs = (Blob(f"sha256:layer-{name}", size),)
    return manifest(name, ManifestContent(OCI_MANIFEST, CHART_CONFIG, blobs), *tags)


def plan_of(*manifests: Manifest, newest: int = 0, in_use: Iterable[str] = ()) -> Plan:
    policy = Policy(timedelta(), Patterns(), (NewestRule(newest, TagFilter()),))
    usage = RepositoryUsage({digest(name): ("ecs/prod",) for name in in_use})
    return World(list(manifests), PlanInputs(policy, NOW, usage=usage)).plan()


def kinds_of(*manifests: Manifest) -> dict[str, tuple[int, int, int | None]]:
    return {
        each.kind: (each.images, each.manifests, each.stored_bytes)
        for each in break_down(plan_of(*manifests)).kinds
    }


def test_each_kind_takes_the_bytes_that_no_other_kind_has() -> None:
    assert kinds_of(
        image("amd", size=1),
        image("arm", size=2),
        index("release", "amd", "arm", tag="1.0"),
        image("snapshot", "2-SNAPSHOT", size=4),
        image("single", "main", size=8),
        image("old", size=16),
        chart("chart", "chart-1", size=32),
        signature("signature", "single", size=64),
    ) == {
        StorageKind.MULTI_ARCH: (1, 3, 1 + 2),
        StorageKind.SNAPSHOT: (1, 1, 4),
        StorageKind.IMAGE: (1, 1, 8),
        StorageKind.UNTAGGED: (1, 1, 16),
        StorageKind.ARTIFACT: (0, 1, 32),
        StorageKind.REFERRER: (0, 1, 64),
    }


def test_shared_bytes_are_in_no_kind() -> None:
    found = break_down(plan_of(image("a", "main", size=1), image("b", size=2)))
    assert found.shared_bytes == BASE.size
    assert [each.stored_bytes for each in found.kinds] == [1, 2]


def test_a_layer_that_one_kind_shares_counts_once() -> None:
    found = break_down(plan_of(image("a", "main", size=1), image("b", "other", size=2)))
    assert found.kinds == [KindStorage(StorageKind.IMAGE, 2, 2, BASE.size + 1 + 2)]
    assert found.shared_bytes == 0


@pytest.mark.parametrize(
    ("description", "tags", "expected"),
    [
        ("the tag of a snapshot", ["1-snapshot"], StorageKind.SNAPSHOT),
        ("one of two tags", ["1-SNAPSHOT", "main"], StorageKind.SNAPSHOT),
        ("another tag", ["main"], StorageKind.MULTI_ARCH),
        ("no tag", [], StorageKind.UNTAGGED),
    ],
)
def test_parts_of_an_index_have_its_kind(
    description: str, tags: list[str], expected: StorageKind
) -> None:
    inner = index("inner", "amd", tag=None)
    content = ManifestContent(OCI_INDEX, children=(digest("inner"),))
    outer = manifest("outer", content, *tags)
    assert kinds_of(image("amd", size=1), inner, outer) == {expected: (1, 3, 1 + BASE.size)}, (
        description
    )


def test_a_part_of_a_release_and_of_an_untagged_index_is_part_of_the_release() -> None:
    found = kinds_of(
        image("amd", size=1), index("old", "amd", tag=None), index("new", "amd", tag="1.0")
    )
    assert found == {
        StorageKind.MULTI_ARCH: (1, 2, 1 + BASE.size),
        StorageKind.UNTAGGED: (1, 1, 0),
    }


def test_a_tagged_part_of_an_untagged_index_is_a_tagged_image() -> None:
    found = kinds_of(image("amd", "amd", size=1), index("old", "amd", tag=None))
    assert found[StorageKind.IMAGE] == (0, 1, 1 + BASE.size)


def test_archived_images_have_an_unknown_size() -> None:
    archived = manifest(
        "cold", ManifestReadFailure(ManifestArchived()), "0.1", status=ImageStatus.ARCHIVED
    )
    assert kinds_of(archived, image("a", "main", size=1)) == {
        StorageKind.IMAGE: (1, 1, 1 + BASE.size),
        StorageKind.ARCHIVED: (1, 1, None),
    }


def test_an_empty_repository_has_no_kinds_and_no_layers() -> None:
    assert break_down(plan_of()) == StorageBreakdown([], 0, [])


def test_the_largest_layers_and_who_shares_them() -> None:
    images = [image(f"v{number}", f"{number}.0", size=number, age=number) for number in range(1, 5)]
    (base, *_) = break_down(plan_of(*images)).largest_layers
    assert (base.digest, base.size_bytes, base.manifests, base.images) == (BASE.digest, 1000, 4, 4)
    assert [each.tag for each in base.examples] == ["1.0", "2.0", "3.0"]


def test_only_the_largest_layers_are_listed() -> None:
    images = [image(f"v{number}", f"{number}.0", size=number) for number in range(1, LARGEST + 5)]
    largest = break_down(plan_of(*images)).largest_layers
    assert [each.size_bytes for each in largest] == [BASE.size, *range(LARGEST + 4, 5, -1)]


def test_the_parts_of_an_index_are_one_image() -> None:
    multi = [image("amd", size=1), image("arm", size=2), index("release", "amd", "arm", tag="1.0")]
    (base, *_) = break_down(plan_of(*multi)).largest_layers
    assert (base.manifests, base.images) == (2, 1)
    assert [each.tag for each in base.examples] == ["1.0"]


@pytest.mark.parametrize(
    ("description", "newest", "in_use", "expected"),
    [
        ("all of its images are deleted", 0, [], LayerState.FREEABLE),
        ("a rule keeps one of them", 1, [], LayerState.KEPT),
        ("one of them is in use", 0, ["b"], LayerState.IN_USE),
        ("one is in use and one is kept", 1, ["b"], LayerState.IN_USE),
    ],
)
def test_the_state_of_a_layer(
    description: str, newest: int, in_use: list[str], expected: LayerState
) -> None:
    images = [image("a", "a", size=1, age=1), image("b", "b", size=2, age=2)]
    (base, *_) = break_down(plan_of(*images, newest=newest, in_use=in_use)).largest_layers
    assert base.state is expected, description


@given(some.worlds)
@tries(150)
def test_bytes_and_counts_are_right_to_the_byte(world: World) -> None:
    plan = world.plan()
    found = break_down(plan)
    kinds = {each.digest: kind_by_definition(each, world.manifests) for each in world.manifests}
    blobs = {blob for each in world.manifests for blob in each.blobs or ()}
    owners = {
        blob: {kinds[each.digest] for each in world.manifests if blob in (each.blobs or ())}
        for blob in blobs
    }
    for each in found.kinds:
        members = [m for m in world.manifests if kinds[m.digest] is each.kind]
        assert each.manifests == len(members)
        assert each.images == sum(is_root_image(m, world.manifests) for m in members)
        if any(m.blobs is None and not m.is_index for m in members):
            assert each.stored_bytes is None
        else:
            own = [blob.size for blob in blobs if owners[blob] == {each.kind}]
            assert each.stored_bytes == sum(own)
    assert found.shared_bytes == sum(blob.size for blob in blobs if len(owners[blob]) > 1)
    assert [each.kind for each in found.kinds] == [k for k in StorageKind if k in kinds.values()]
    if plan.savings.stored_bytes is not None:
        sizes = [each.stored_bytes or 0 for each in found.kinds]
        assert sum(sizes) + found.shared_bytes == plan.savings.stored_bytes


@given(some.worlds)
@tries(150)
def test_the_largest_layers_by_definition(world: World) -> None:
    plan = world.plan()
    blobs = {blob for each in world.manifests for blob in each.blobs or ()}
    largest = break_down(plan).largest_layers
    sizes = sorted((blob.size for blob in blobs), reverse=True)
    assert [layer.size_bytes for layer in largest] == sizes[:LARGEST]
    for layer in largest:
        blob = Blob(layer.digest, layer.size_bytes)
        holders = [each for each in world.manifests if blob in (each.blobs or ())]
        assert layer.manifests == len(holders)
        is_deleted = {each.digest for each in holders} <= set(plan.delete)
        assert (layer.state is LayerState.FREEABLE) == is_deleted
        used = {
            each.manifest.digest
            for each in plan.judged
            if any(reason.rule is RuleName.IN_USE for reason in each.reasons)
        }
        if used.intersection(each.digest for each in holders):
            assert layer.state is LayerState.IN_USE
        named = {each.digest for each in layer.examples}
        assert len(named) == min(layer.images, 3)
        assert named <= {each.digest for each in world.manifests}


def parents_of(part: Manifest, manifests: Iterable[Manifest]) -> list[Manifest]:
    subjects = {part.subject, *part.tag_subjects}
    return [m for m in manifests if part.digest in m.children or m.digest in subjects]


def is_root_image(each: Manifest, manifests: Iterable[Manifest]) -> bool:
    is_image = each.kind in (ManifestKind.IMAGE, ManifestKind.INDEX)
    return is_image and not parents_of(each, manifests)


def kind_by_definition(each: Manifest, manifests: list[Manifest]) -> StorageKind:
    """Slowly, from the manifest up to its roots."""
    if each.status == ImageStatus.ARCHIVED:
        return StorageKind.ARCHIVED
    if each.kind is ManifestKind.REFERRER:
        return StorageKind.REFERRER
    own = kind_of_alone(each, manifests)
    parents = parents_of(each, manifests)
    if not parents or is_in_circle(each, manifests):
        return own
    above = {kind_by_definition(parent, manifests) for parent in parents}
    return next(kind for kind in StorageKind if kind in above or (each.tags and kind is own))


def kind_of_alone(each: Manifest, manifests: list[Manifest]) -> StorageKind:
    if is_artifact(each, manifests):
        return StorageKind.ARTIFACT
    if not each.tags:
        return StorageKind.UNTAGGED
    if any("snapshot" in tag.lower() for tag in each.tags):
        return StorageKind.SNAPSHOT
    return StorageKind.MULTI_ARCH if each.is_index else StorageKind.IMAGE


def is_artifact(each: Manifest, manifests: list[Manifest]) -> bool:
    if is_in_circle(each, manifests):
        return False
    if each.kind is ManifestKind.ARTIFACT:
        return each.type_is_known
    children = [m for m in manifests if m.digest in each.children]
    is_index_of_artifacts = each.kind is ManifestKind.INDEX and (children or each.artifact_type)
    return bool(is_index_of_artifacts) and all(is_artifact(m, manifests) for m in children)


def is_in_circle(each: Manifest, manifests: list[Manifest]) -> bool:
    """Whether following the parents never ends."""
    level = [each]
    for _ in range(len(manifests) + 1):
        level = [parent for one in level for parent in parents_of(one, manifests)]
        level = list({m.digest: m for m in level}.values())
    return bool(level)
