"""Manifests from ECR's description and the text."""

import pytest

from bot.core.errors import ErrorText
from bot.core.manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    SCHEMA_1,
    DescribedImage,
    Manifest,
    ManifestContent,
    ManifestKind,
    ManifestReadFailure,
    make_manifest,
    subject_in_tag,
)

A, B, C = (f"sha256:{letter * 64}" for letter in "abc")
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
UNREAD = ManifestReadFailure(ErrorText("AccessDenied"))


def described_as(
    content: ManifestContent | ManifestReadFailure,
    media_type: str | None = None,
    config_type: str | None = None,
    subject: str | None = None,
    tags: tuple[str, ...] = (),
) -> Manifest:
    described = DescribedImage(A, tags, None, None, 0, "ACTIVE", media_type, config_type, subject)
    return make_manifest(described, content)


def test_the_text_counts_more_than_the_description() -> None:
    read = described_as(
        ManifestContent(OCI_MANIFEST, IMAGE_CONFIG, subject=B), OCI_INDEX, "x", subject=C
    )
    assert (read.is_index, read.config_type, read.subject) == (False, IMAGE_CONFIG, B)


def test_the_description_counts_without_a_readable_text() -> None:
    unread = described_as(UNREAD, OCI_MANIFEST, IMAGE_CONFIG, subject=B)
    assert (unread.kind, unread.subject, unread.blobs) == (ManifestKind.REFERRER, B, None)
    assert unread.unread == ErrorText("AccessDenied")
    assert unread.type_is_known


@pytest.mark.parametrize(
    ("content", "media_type", "config_type", "kind"),
    [
        (ManifestContent(OCI_INDEX), None, None, ManifestKind.INDEX),
        (ManifestContent(SCHEMA_1, blobs=None), None, None, ManifestKind.IMAGE),
        (ManifestContent(OCI_MANIFEST, IMAGE_CONFIG), None, None, ManifestKind.IMAGE),
        (
            ManifestContent(OCI_MANIFEST, "application/vnd.cncf.helm.config.v1+json"),
            None,
            None,
            "artifact",
        ),
        (UNREAD, OCI_INDEX, None, ManifestKind.INDEX),
        (UNREAD, OCI_MANIFEST, IMAGE_CONFIG, ManifestKind.IMAGE),
    ],
)
def test_kinds(
    content: ManifestContent | ManifestReadFailure,
    media_type: str | None,
    config_type: str | None,
    kind: str,
) -> None:
    manifest = described_as(content, media_type, config_type)
    assert manifest.kind == kind
    assert manifest.type_is_known


@pytest.mark.parametrize("media_type", [None, "application/x", OCI_MANIFEST])
def test_an_unknown_media_type_is_an_unknown_kind(media_type: str | None) -> None:
    assert not described_as(UNREAD, media_type).type_is_known


@pytest.mark.parametrize(
    "content", [ManifestContent(OCI_INDEX), ManifestContent(OCI_MANIFEST, IMAGE_CONFIG)]
)
def test_a_referrer_tag_makes_any_manifest_a_referrer(content: ManifestContent) -> None:
    manifest = described_as(content, tags=("1.0.0", f"sha256-{'b' * 64}.sig"))
    assert manifest.kind == ManifestKind.REFERRER
    assert manifest.tag_subjects == (B,)


@pytest.mark.parametrize("suffix", ["", ".sig", ".att", ".sbom", "-something"])
def test_the_subject_in_a_tag(suffix: str) -> None:
    assert subject_in_tag(f"sha256-{'c' * 64}{suffix}") == C


@pytest.mark.parametrize("tag", ["1.0", "sha256-abc", f"sha256:{'c' * 64}", f"x-sha256-{'c' * 64}"])
def test_no_subject_in_a_tag(tag: str) -> None:
    assert subject_in_tag(tag) is None
