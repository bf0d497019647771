"""The parsing of manifest texts."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from bot.core.manifest import (
    DOCKER_INDEX,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    SCHEMA_1,
    SCHEMA_1_SIGNED,
    Blob,
    DescribedImage,
    DigestDiffers,
    ManifestContent,
    ManifestReadFailure,
    Schema1WithNewerMembers,
    make_manifest,
)
from bot.core.manifest_content import read_content
from bot.render.plan_problem_sentences import unread_words
from bot.store.manifest_cache import SqliteManifestCache

A, B, C = (f"sha256:{letter * 64}" for letter in "abc")
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
MODEL = "application/vnd.cncf.model.manifest.v1+json"
CONFIG = {"mediaType": IMAGE_CONFIG, "digest": A, "size": 7}
IMAGE: dict[str, Any] = {"mediaType": OCI_MANIFEST, "config": CONFIG, "layers": []}
INDEX: dict[str, Any] = {"mediaType": OCI_INDEX, "manifests": [{"digest": A}, {"digest": B}]}


def read(
    manifest: object, described_as: str | None = None
) -> ManifestContent | ManifestReadFailure:
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    return read_content(f"sha256:{sha256(text.encode()).hexdigest()}", text, described_as)


def complaint(manifest: object, described_as: str | None = None) -> str:
    content = read(manifest, described_as)
    assert isinstance(content, ManifestReadFailure)
    return unread_words(content.why)


def test_config_and_layers_of_an_image_without_duplicates() -> None:
    layers = [{"digest": B, "size": 9}, {"digest": C, "size": 0}, {"digest": B, "size": 9}]
    assert read(IMAGE | {"layers": layers, "subject": {"digest": C}}) == ManifestContent(
        OCI_MANIFEST, IMAGE_CONFIG, (Blob(A, 7), Blob(B, 9), Blob(C, 0)), subject=C
    )


def test_read_content_fits_the_cache(tmp_path: Path) -> None:
    content = read(IMAGE | {"layers": [{"digest": B, "size": 2**63 - 1}]})
    assert isinstance(content, ManifestContent)
    with SqliteManifestCache(tmp_path / "cache.db") as cache:
        cache.add_contents({C: content})
        assert cache.contents([C]) == {C: content}


def test_layers_with_urls_are_left_out() -> None:
    layers = [{"digest": B, "size": 9, "urls": ["https://example.com"]}, {"digest": C, "size": 1}]
    content = read(IMAGE | {"layers": layers})
    assert isinstance(content, ManifestContent)
    assert content.blobs == (Blob(A, 7), Blob(C, 1))


def test_children_of_an_index_without_duplicates() -> None:
    manifests = [{"digest": B}, {"digest": A}, {"digest": B}]
    assert read(INDEX | {"manifests": manifests, "subject": {"digest": C}}) == ManifestContent(
        OCI_INDEX, children=(B, A), subject=C
    )


@pytest.mark.parametrize("manifest", [IMAGE, INDEX])
def test_oci_1_1_has_an_artifact_type(manifest: dict[str, Any]) -> None:
    for given, expected in ((MODEL, MODEL), ("", None), (None, None)):
        content = read(manifest | {"artifactType": given})
        assert isinstance(content, ManifestContent)
        assert content.artifact_type == expected


def test_docker_types_have_no_subject_and_no_artifact_type() -> None:
    more = {"subject": {"digest": C}, "artifactType": MODEL}
    image = read(IMAGE | {"mediaType": DOCKER_MANIFEST, **more})
    index = read(INDEX | {"mediaType": DOCKER_INDEX, **more})
    assert isinstance(image, ManifestContent)
    assert isinstance(index, ManifestContent)
    assert image.subject is index.subject is None
    assert image.artifact_type is index.artifact_type is None


@pytest.mark.parametrize("described_as", [None, SCHEMA_1_SIGNED])
def test_schema_1_has_no_sizes(described_as: str | None) -> None:
    text = {"mediaType": SCHEMA_1_SIGNED, "fsLayers": [{"blobSum": A}]}
    assert read(text, described_as) == ManifestContent(SCHEMA_1_SIGNED, blobs=None)


def test_schema_1_is_recognized_by_its_version() -> None:
    assert read({"schemaVersion": 1, "fsLayers": []}) == ManifestContent(SCHEMA_1, blobs=None)


@pytest.mark.parametrize("key", ["config", "layers", "manifests"])
def test_schema_1_with_newer_members_is_unread(key: str) -> None:
    found = read({"schemaVersion": 1, key: []}, SCHEMA_1_SIGNED)
    assert found == ManifestReadFailure(Schema1WithNewerMembers(), type_in_doubt=True)


@pytest.mark.parametrize(("manifest", "media_type"), [(IMAGE, OCI_MANIFEST), (INDEX, OCI_INDEX)])
@pytest.mark.parametrize("described", [True, False])
def test_oci_manifests_may_have_no_type(
    manifest: dict[str, Any], media_type: str, *, described: bool
) -> None:
    bare = {key: value for key, value in manifest.items() if key != "mediaType"}
    content = read(bare, media_type if described else None)
    assert isinstance(content, ManifestContent)
    assert content.media_type == media_type


def test_a_text_with_another_digest_is_unread() -> None:
    assert read_content(A, json.dumps(IMAGE), None) == ManifestReadFailure(DigestDiffers())


@pytest.mark.parametrize(
    "text", ["", "<html>", "{", "[" * 100_000, '{"a": ' * 100_000, "9" * 5000], ids=len
)
def test_invalid_json_is_unread(text: str) -> None:
    assert complaint(text) == "its text is not JSON"


def test_a_text_that_utf_8_cannot_encode_is_unread() -> None:
    assert isinstance(read_content(A, "\ud800", None), ManifestReadFailure)


@pytest.mark.parametrize(
    ("manifest", "described_as", "why"),
    [
        ([], None, "not a JSON object"),
        ("null", None, "not a JSON object"),
        (IMAGE | {"mediaType": "application/x"}, None, "the unknown type 'application/x'"),
        (IMAGE | {"mediaType": 5}, None, "the unknown type 5"),
        ({"config": CONFIG, "layers": []}, "application/x", "the unknown type 'application/x'"),
        (INDEX, OCI_MANIFEST, "ECR calls it"),
        (INDEX, DOCKER_INDEX, "ECR calls it"),
        (INDEX | {"layers": []}, None, "an index, but its text has layers"),
        (INDEX | {"config": CONFIG}, None, "an index, but its text has layers"),
        (IMAGE | {"manifests": []}, None, "an image, but its text lists other manifests"),
        ({"mediaType": OCI_INDEX}, None, "manifests is not a list"),
        (INDEX | {"manifests": {}}, None, "manifests is not a list"),
        (INDEX | {"manifests": ["x"]}, None, "manifests has an entry that is not a descriptor"),
        (INDEX | {"manifests": [{}]}, None, "None is not a digest"),
        (
            INDEX | {"manifests": [{"digest": "sha256:short"}]},
            None,
            "'sha256:short' is not a digest",
        ),
        (INDEX | {"manifests": [{"digest": 7}]}, None, "7 is not a digest"),
        (INDEX | {"subject": "x"}, None, "subject has an entry that is not a descriptor"),
        (IMAGE | {"subject": {"digest": "x"}}, None, "'x' is not a digest"),
        (IMAGE | {"config": None}, None, "config has an entry that is not a descriptor"),
        (IMAGE | {"config": {"digest": A, "size": 7}}, None, "its config has no type"),
        (IMAGE | {"config": CONFIG | {"mediaType": ""}}, None, "its config has no type"),
        (IMAGE | {"config": CONFIG | {"size": True}}, None, "True is not a size"),
        (IMAGE | {"config": CONFIG | {"mediaType": "\ud800"}}, None, r"type '\ud800' is not text"),
        (IMAGE | {"config": CONFIG | {"digest": A + "\ud800"}}, None, "is not a digest"),
        (IMAGE | {"artifactType": 7}, None, "its artifactType 7 is not text"),
        (INDEX | {"artifactType": "\ud800"}, None, r"its artifactType '\ud800' is not text"),
        (IMAGE | {"mediaType": "\ud800"}, None, r"the unknown type '\ud800'"),
        (
            IMAGE | {"layers": [{"digest": B, "size": 2**63}]},
            None,
            "9223372036854775808 is not a size",
        ),
        (IMAGE | {"layers": [{"digest": B, "size": 10**4000}]}, None, "0000 is not a size"),
        (IMAGE | {"layers": 5}, None, "layers is not a list"),
        (IMAGE | {"layers": [{"digest": B, "size": -1}]}, None, "-1 is not a size"),
        (IMAGE | {"layers": [{"digest": B, "size": 1.5}]}, None, "1.5 is not a size"),
        (IMAGE | {"layers": [{"digest": B}]}, None, "None is not a size"),
    ],
)
def test_a_malformed_manifest_is_unread_with_a_reason(
    manifest: object, described_as: str | None, why: str
) -> None:
    assert why in complaint(manifest, described_as)


@pytest.mark.parametrize(
    "manifest",
    [INDEX, IMAGE | {"manifests": INDEX["manifests"]}, INDEX | {"config": CONFIG}],
    ids=["an index", "an image that lists others", "an index that has a config"],
)
def test_a_manifest_with_children_is_never_an_image(manifest: dict[str, Any]) -> None:
    """Otherwise its children would be lost. The text counts more than ECR's type."""
    described = DescribedImage(
        A, (), None, None, 0, media_type=OCI_MANIFEST, config_type=IMAGE_CONFIG
    )
    found = make_manifest(described, read(manifest, OCI_MANIFEST))
    assert found.is_index or not found.type_is_known
