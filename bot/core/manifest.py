"""What is in a repository: manifests, as ECR describes them and as their own text tells, or why a
text cannot be read.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from bot.core.errors import ErrorText

_SHORTEST_DIGEST_START = len("sha256:") + 6
"""Of the beginning of a digest, so that no tag passes for one."""

DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"

OCI_INDEX = "application/vnd.oci.image.index.v1+json"

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"

SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+json"

SCHEMA_1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"

INDEX_TYPES = frozenset({DOCKER_INDEX, OCI_INDEX})

SCHEMA_1_TYPES = frozenset({SCHEMA_1, SCHEMA_1_SIGNED})

KNOWN_TYPES = INDEX_TYPES | SCHEMA_1_TYPES | {DOCKER_MANIFEST, OCI_MANIFEST}

CONTAINER_CONFIGS = frozenset(
    {
        "application/vnd.docker.container.image.v1+json",
        "application/vnd.oci.image.config.v1+json",
    }
)

_REFERRER_TAG = re.compile(r"sha256-([0-9a-f]{64})")


def reference_matches(reference: str, digest: str, tags: Collection[str]) -> bool:
    """By a tag, by the digest, or by the beginning of that."""
    return reference in tags or (
        len(reference) >= _SHORTEST_DIGEST_START and digest.startswith(reference)
    )


@dataclass(frozen=True, slots=True)
class DigestDiffers:
    """ECR returned a text that does not match the manifest's digest."""


@dataclass(frozen=True, slots=True)
class NotJson:
    """The text is no JSON."""


@dataclass(frozen=True, slots=True)
class MalformedManifest:
    """`how`: a part of a sentence, of whatever reads the text."""

    how: str


@dataclass(frozen=True, slots=True)
class TypeUnknown:
    """`type`: what the text names, as it is written there."""

    type: str


@dataclass(frozen=True, slots=True)
class TypesDiffer:
    by_ecr: str
    by_text: str


@dataclass(frozen=True, slots=True)
class IndexWithLayers:
    """ECR calls it an index."""


@dataclass(frozen=True, slots=True)
class ImageWithManifests:
    """ECR calls it an image, and its text lists other manifests."""


@dataclass(frozen=True, slots=True)
class Schema1WithNewerMembers:
    """ECR calls it a schema 1 manifest."""


@dataclass(frozen=True, slots=True)
class ManifestArchived:
    """ECR gives no text of archived images."""


@dataclass(frozen=True, slots=True)
class MediaTypeUnknown:
    """`type`: what ECR calls it."""

    type: str


@dataclass(frozen=True, slots=True)
class MissingInAnswer:
    """Of ECR's answer."""


TypeDoubt: TypeAlias = (
    TypeUnknown | TypesDiffer | IndexWithLayers | ImageWithManifests | Schema1WithNewerMembers
)
"""The text is something else than ECR describes."""

UnreadCause: TypeAlias = (
    DigestDiffers
    | NotJson
    | MalformedManifest
    | TypeDoubt
    | ManifestArchived
    | MediaTypeUnknown
    | MissingInAnswer
    | ErrorText
)


class ManifestKind(StrEnum):
    IMAGE = "image"
    INDEX = "index"
    ARTIFACT = "artifact"
    REFERRER = "referrer"


class ImageStatus(StrEnum):
    """Where ECR keeps an image: DescribeImages, imageStatus."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"
    ACTIVATING = "ACTIVATING"


class Blob(NamedTuple):
    """A config or a layer: stored and billed once in a repository. Size in bytes."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class ManifestContent:
    """What a manifest's own text says; it never changes for a digest.

    `blobs` is None where the format tells no sizes (Docker schema 1); an index has none.
    `artifact_type` is what OCI 1.1 manifests and indexes say of themselves.
    """

    media_type: str
    config_type: str | None = None
    blobs: tuple[Blob, ...] | None = ()
    children: tuple[str, ...] = ()
    subject: str | None = None
    artifact_type: str | None = None


@dataclass(frozen=True, slots=True)
class UnreadManifest:
    """A manifest's text that could not be read, and why.

    `type_in_doubt`: the text says that it is something else than ECR describes.
    """

    why: UnreadCause
    type_in_doubt: bool = False


class DescribedImage(NamedTuple):
    """A manifest as DescribeImages lists it. Times in UTC, size in bytes.

    `size_bytes` of an index is the largest of its manifests' (API reference, ImageDetail).
    `restored_at`: when it last came back from the archive (`lastActivatedAt`); whether that changes
    ECR's push time is not documented.
    """

    digest: str
    tags: tuple[str, ...]
    pushed_at: datetime | None
    pulled_at: datetime | None
    size_bytes: int
    status: str = ImageStatus.ACTIVE
    media_type: str | None = None
    config_type: str | None = None
    subject: str | None = None
    restored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ManifestName:
    """A manifest as messages name it: `tag` is its first one."""

    digest: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest in a repository. Its facts are settled: what its text says goes before
    what DescribeImages says of it.

    `tags` are sorted. `names` are those that people gave it: tags by which a referrer finds its
    subject (`sha256-<hex>…`) are a mechanism, and say nothing of releases or versions.
    """

    digest: str
    tags: tuple[str, ...]
    names: tuple[str, ...]
    kind: ManifestKind
    is_index: bool
    pushed_at: datetime | None
    pulled_at: datetime | None
    size_bytes: int
    status: str
    config_type: str | None
    children: tuple[str, ...]
    subject: str | None
    tag_subjects: tuple[str, ...]
    blobs: tuple[Blob, ...] | None
    unread: UnreadCause | None
    """Why the text could not be read, None if it was."""
    type_is_known: bool
    artifact_type: str | None = None
    restored_at: datetime | None = None

    @property
    def shown_name(self) -> ManifestName:
        return ManifestName(self.digest, self.tags[0] if self.tags else None)

    @property
    def types(self) -> tuple[str, ...]:
        """The media types that say what it is for, the most telling one first: those of artifacts
        whose config is empty have it in `artifact_type`."""
        return tuple(filter(None, (self.artifact_type, self.config_type)))


def subject_in_tag(tag: str) -> str | None:
    """The digest that a tag of cosign's, SOCI's or OCI's fallback scheme is about."""
    form = _REFERRER_TAG.match(tag)
    return f"sha256:{form[1]}" if form else None


def make_manifest(described: DescribedImage, content: ManifestContent | UnreadManifest) -> Manifest:
    """Joins what ECR describes with what the text says."""
    read = content if isinstance(content, ManifestContent) else None
    media_type = read.media_type if read else described.media_type
    config_type = (read.config_type if read else None) or described.config_type
    subject = (read.subject if read else None) or described.subject
    tags = tuple(sorted(described.tags))
    subjects_by_tag = _subjects_by_tag(described.digest, tags)
    return Manifest(
        digest=described.digest,
        tags=tags,
        names=_names(tags, subjects_by_tag),
        kind=(
            ManifestKind.REFERRER
            if subject or subjects_by_tag
            else _kind_by_type(media_type, config_type)
        ),
        is_index=media_type in INDEX_TYPES,
        pushed_at=described.pushed_at,
        pulled_at=described.pulled_at,
        size_bytes=described.size_bytes,
        status=described.status,
        config_type=config_type,
        children=read.children if read else (),
        subject=subject,
        tag_subjects=tuple(sorted(set(subjects_by_tag.values()))),
        blobs=read.blobs if read else None,
        unread=None if isinstance(content, ManifestContent) else content.why,
        type_is_known=isinstance(content, ManifestContent)
        or (not content.type_in_doubt and _type_is_known(media_type, config_type)),
        artifact_type=read.artifact_type if read else None,
        restored_at=described.restored_at,
    )


def _subjects_by_tag(digest: str, tags: tuple[str, ...]) -> dict[str, str]:
    """Mirroring tools tag an image with its own digest: that makes it no referrer."""
    named = ((tag, subject_in_tag(tag)) for tag in tags)
    return {tag: subject for tag, subject in named if subject and subject != digest}


def _names(tags: tuple[str, ...], subjects_by_tag: dict[str, str]) -> tuple[str, ...]:
    if not subjects_by_tag:
        return tags
    return tuple(tag for tag in tags if tag not in subjects_by_tag)


def _kind_by_type(media_type: str | None, config_type: str | None) -> ManifestKind:
    if media_type in INDEX_TYPES:
        return ManifestKind.INDEX
    if config_type in CONTAINER_CONFIGS or media_type in SCHEMA_1_TYPES:
        return ManifestKind.IMAGE
    return ManifestKind.ARTIFACT


def _type_is_known(media_type: str | None, config_type: str | None) -> bool:
    """Without the text, an image manifest also needs its config's type."""
    if media_type in INDEX_TYPES or media_type in SCHEMA_1_TYPES:
        return True
    return media_type in KNOWN_TYPES and config_type is not None
