"""A manifest in ECR, with the fields that ECR reads from its text."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson

from bot.playground.aws.manifests import DOCKER_SCHEMA_1, payload_of

Status = Literal["ACTIVE", "ARCHIVED", "ACTIVATING"]

RESTORE_TIME = timedelta(minutes=20)
"""The maximum duration of a restore (guide)."""


class UnreadableManifestError(ValueError):
    """The text is not a manifest, or its media type is unknown."""


@dataclass(slots=True, eq=False)
class StoredManifest:
    """One digest in a repository.

    - `own_size`: the size of config and layers. An index has the size of its largest child.
    - `rendered`: the cached entry of DescribeImages, None after each change.
    """

    digest: str
    text: str
    media_type: str
    artifact_media_type: str | None
    artifact_type: str | None
    annotations: dict[str, str]
    own_size: int
    children: tuple[str, ...]
    subject: str | None
    pushed_at: datetime
    is_index: bool
    pulled_at: datetime | None = None
    status: Status = "ACTIVE"
    archived_at: datetime | None = None
    activated_at: datetime | None = None
    restored_at: datetime | None = None
    tags: set[str] = field(default_factory=set)
    rendered: Any = None

    def pull(self, now: datetime) -> None:
        self.pulled_at = now
        self.rendered = None

    def archive(self, now: datetime) -> None:
        self.status = "ARCHIVED"
        self.archived_at = now
        self.restored_at = None
        self.rendered = None

    def restore(self, now: datetime) -> None:
        self.status = "ACTIVATING"
        self.restored_at = now + RESTORE_TIME
        self.rendered = None

    def activate(self, at: datetime) -> None:
        self.status = "ACTIVE"
        self.activated_at = at
        self.restored_at = None
        self.rendered = None


def _digest_of(text: str, media_type: str) -> str:
    """The digest that Docker shows (guide): for signed schema 1, that of the payload."""
    digested = payload_of(text) if media_type == DOCKER_SCHEMA_1 else text
    return f"sha256:{hashlib.sha256(digested.encode()).hexdigest()}"


def read_manifest(text: str, media_type: str | None, pushed_at: datetime) -> StoredManifest:
    """Raises UnreadableManifestError if ECR would answer 'Invalid JSON syntax'."""
    content = _content(text)
    kind = media_type or content.get("mediaType") or _schema_1(content)
    if not isinstance(kind, str):
        raise UnreadableManifestError("the manifest has no media type, and none was given")
    config = content.get("config") or {}
    listed = content.get("manifests")
    return StoredManifest(
        digest=_digest_of(text, kind),
        text=text,
        media_type=kind,
        artifact_media_type=config.get("mediaType") or content.get("artifactType"),
        artifact_type=content.get("artifactType") or config.get("mediaType"),
        annotations=content.get("annotations") or {},
        own_size=config.get("size", 0) + sum(b["size"] for b in content.get("layers") or ()),
        children=tuple(child["digest"] for child in listed or ()),
        subject=(content.get("subject") or {}).get("digest"),
        pushed_at=pushed_at,
        is_index=listed is not None,
    )


def _content(text: str) -> dict[str, Any]:
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UnreadableManifestError(str(error)) from error
    if not isinstance(content, dict):
        raise UnreadableManifestError("the manifest is not a JSON object")
    return content


def _schema_1(content: dict[str, Any]) -> str | None:
    return DOCKER_SCHEMA_1 if content.get("schemaVersion") == 1 else None
