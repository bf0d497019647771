"""The manifests of a repository: ECR's description and the text of each, or why the text cannot be
read.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from bot.core.errors import ErrorText

_SHORTEST_DIGEST_START = len("sha256:") + 6
"""Characters. A shorter text is a tag."""

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
    """Whether the reference is a tag, the digest, or the start of the digest."""
    return reference in tags or (
        len(reference) >= _SHORTEST_DIGEST_START and digest.startswith(reference)
    )


@dataclass(frozen=True, slots=True)
class DigestDiffers:
    """ECR returned a text with another digest."""


@dataclass(frozen=True, slots=True)
class NotJson:
    """The text is not JSON."""


@dataclass(frozen=True, slots=True)
class MalformedManifest:
    """The text is JSON, but not a manifest. `how`: what is wrong, as part of a sentence."""

    how: str


@dataclass(frozen=True, slots=True)
class TypeUnknown:
    """The text names a media type that the bot does not know. `type`: as in the text."""

    type: str


@dataclass(frozen=True, slots=True)
class TypesDiffer:
    """ECR and the text name different media types."""

    by_ecr: str
    by_text: str


@dataclass(frozen=True, slots=True)
class IndexWithLayers:
    """ECR describes an index, and the text has layers or a config."""


@dataclass(frozen=True, slots=True)
class ImageWithManifests:
    """ECR describes an image, and the text lists other manifests."""


@dataclass(frozen=True, slots=True)
class Schema1WithNewerMembers:
    """ECR describes a schema 1 manifest, and the text has members of later schemas."""


@dataclass(frozen=True, slots=True)
class ManifestArchived:
    """The image is archived. ECR returns no text of archived images."""


@dataclass(frozen=True, slots=True)
class MediaTypeUnknown:
    """ECR names a media type that the bot does not know."""

    type: str


@dataclass(frozen=True, slots=True)
class MissingInAnswer:
    """ECR's answer does not have the manifest."""


TypeDoubt: TypeAlias = (
    TypeUnknown | TypesDiffer | IndexWithLayers | ImageWithManifests | Schema1WithNewerMembers
)
"""Why the text and ECR's description of the manifest contradict each other."""

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
    """The storage status of an image: API reference, ImageDetail, imageStatus."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"
    ACTIVATING = "ACTIVATING"


class Blob(NamedTuple):
    """A config or a layer. A repository stores it once, and AWS bills it once. Size in bytes."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class ManifestContent:
    """The content of a manifest's text. It never changes for a digest.

    `blobs`: empty for an index; None for Docker schema 1, which has no sizes. `artifact_type`: that
    of OCI 1.1.
    """

    media_type: str
    config_type: str | None = None
    blobs: tuple[Blob, ...] | None = ()
    children: tuple[str, ...] = ()
    subject: str | None = None
    artifact_type: str | None = None


@dataclass(frozen=True, slots=True)
class ManifestReadFailure:
    """A manifest whose text could not be read, and why. `type_in_doubt`: the text contradicts the
    type that ECR describes."""

    why: UnreadCause
    type_in_doubt: bool = False


class DescribedImage(NamedTuple):
    """A manifest as DescribeImages lists it. Times in UTC, size in bytes.

    `size_bytes` of an index: the size of its largest manifest (API reference, ImageDetail).
    `restored_at`: when it was last restored from the archive (`lastActivatedAt`). AWS does not
    document whether a restoration changes the push time.
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
    """The name of a manifest in messages. `tag`: its first one."""

    digest: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest in a repository. Where its text and DescribeImages differ, the text counts.

    `tags` are sorted. `names`: the tags without those that link a referrer to its subject
    (`sha256-<hex>…`). `unread`: why the text could not be read, None if it was.
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
    type_is_known: bool
    artifact_type: str | None = None
    restored_at: datetime | None = None

    @property
    def shown_name(self) -> ManifestName:
        return ManifestName(self.digest, self.tags[0] if self.tags else None)

    @property
    def types(self) -> tuple[str, ...]:
        """The media types that identify its kind: `artifact_type` first, since artifacts may have
        an empty config."""
        return tuple(filter(None, (self.artifact_type, self.config_type)))


def subject_in_tag(tag: str) -> str | None:
    """The subject's digest in a referrer's tag: the schemes of cosign, SOCI, and OCI's fallback."""
    form = _REFERRER_TAG.match(tag)
    return f"sha256:{form[1]}" if form else None


def make_manifest(
    described: DescribedImage, content: ManifestContent | ManifestReadFailure
) -> Manifest:
    """Combines ECR's description with the text."""
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
    """Leaves out tags with the image's own digest, which mirroring tools set."""
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
    """Whether these are enough without the text. An image manifest also needs its config's type."""
    if media_type in INDEX_TYPES or media_type in SCHEMA_1_TYPES:
        return True
    return media_type in KNOWN_TYPES and config_type is not None
