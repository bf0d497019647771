"""Parses the text of a manifest, after checking its digest and type. Returns a ManifestReadFailure
for a text that it does not understand.
"""

import hashlib
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from reprlib import repr as shortened
from typing import Any

from bot.core.manifest import (
    DOCKER_MANIFEST,
    INDEX_TYPES,
    KNOWN_TYPES,
    OCI_INDEX,
    OCI_MANIFEST,
    SCHEMA_1,
    SCHEMA_1_TYPES,
    Blob,
    DigestDiffers,
    ImageWithManifests,
    IndexWithLayers,
    MalformedManifest,
    ManifestContent,
    ManifestReadFailure,
    NotJson,
    Schema1WithNewerMembers,
    TypeDoubt,
    TypesDiffer,
    TypeUnknown,
)

FORMAT_LENGTH, FORMAT_TAIL = "formatLength", "formatTail"

LARGEST = 2**63 - 1
"""The largest integer that the database stores."""

_OCI_TYPES = frozenset({OCI_MANIFEST, OCI_INDEX})
"""Docker's types have neither subject nor artifactType."""

_SURROGATE = re.compile(r"[\ud800-\udfff]")
"""JSON can escape a single surrogate, but UTF-8 cannot encode it."""

_OF_LATER_SCHEMAS = ("config", "layers", "manifests")
"""Members that Docker schema 1 does not have."""

_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}")


def digested_text(digest: str, text: str, media_type: str | None) -> str | None:
    """The text, or the payload of a signed schema 1 manifest; None if neither has this digest.
    `media_type`: ECR's, None if unknown."""
    whole = text.encode(errors="surrogatepass")
    if _digest_of(whole) == digest:
        return text
    if media_type is not None and media_type not in SCHEMA_1_TYPES:
        return None
    payload = _signed_payload(whole)
    if payload is None or _digest_of(payload) != digest:
        return None
    return payload.decode(errors="replace")


def _digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _signed_payload(text: bytes) -> bytes | None:
    """The signed part of the text: its first `formatLength` bytes, and `formatTail`. None if the
    text is not signed, or its signatures differ in these."""
    try:
        found = {
            (header[FORMAT_LENGTH], _decoded(header[FORMAT_TAIL]))
            for header in _protected_headers(json.loads(text))
        }
        ((length, tail),) = found
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    is_within = type(length) is int and 0 < length <= len(text)
    return text[:length] + tail if is_within else None


def _protected_headers(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for signature in manifest["signatures"]:
        yield json.loads(_decoded(signature["protected"]))


def _decoded(text: str) -> bytes:
    """Decodes base64url without padding: RFC 7515, appendix C."""
    return urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))


class _MalformedError(Exception):
    """The text is JSON, but not a manifest of its type."""


class _OtherTypeError(Exception):
    """The text and ECR's description of the manifest contradict each other."""

    def __init__(self, doubt: TypeDoubt) -> None:
        super().__init__(doubt)
        self.doubt = doubt


def read_content(
    digest: str, text: str, media_type: str | None
) -> ManifestContent | ManifestReadFailure:
    """Parses `text` if it has this digest, and if it agrees with ECR's `media_type`.

    ECR does not check the text of a manifest whose type it knows. An index that the bot took for an
    image would lose its children.
    """
    try:
        verified = digested_text(digest, text, media_type)
        if verified is None:
            return ManifestReadFailure(DigestDiffers())
        return _parse(verified, media_type)
    except (ValueError, RecursionError):
        return ManifestReadFailure(NotJson())
    except _OtherTypeError as error:
        return ManifestReadFailure(error.doubt, type_in_doubt=True)
    except _MalformedError as error:
        return ManifestReadFailure(MalformedManifest(str(error)))


def _parse(text: str, described_type: str | None) -> ManifestContent:
    data = json.loads(text)
    if not isinstance(data, dict):
        raise _MalformedError("it is not a JSON object")
    media_type = _media_type(data, described_type)
    if media_type in INDEX_TYPES:
        return _index(data, media_type)
    if media_type in SCHEMA_1_TYPES:
        return ManifestContent(media_type, blobs=None)
    return _image(data, media_type)


def _media_type(data: dict[str, Any], described_type: str | None) -> str:
    """The media type. OCI manifests may have none in the text. Raises _OtherTypeError if the text
    contradicts ECR's description."""
    own = data.get("mediaType")
    media_type = own or described_type or _guess_from_shape(data)
    if not isinstance(media_type, str) or media_type not in KNOWN_TYPES:
        raise _OtherTypeError(TypeUnknown(repr(media_type)))
    if own and described_type and own != described_type:
        raise _OtherTypeError(TypesDiffer(described_type, str(own)))
    if media_type in INDEX_TYPES and ("layers" in data or "config" in data):
        raise _OtherTypeError(IndexWithLayers())
    if media_type in (DOCKER_MANIFEST, OCI_MANIFEST) and "manifests" in data:
        raise _OtherTypeError(ImageWithManifests())
    if media_type in SCHEMA_1_TYPES and not data.keys().isdisjoint(_OF_LATER_SCHEMAS):
        raise _OtherTypeError(Schema1WithNewerMembers())
    return media_type


def _guess_from_shape(data: dict[str, Any]) -> str:
    if data.get("schemaVersion") == 1:
        return SCHEMA_1
    return OCI_INDEX if "manifests" in data else OCI_MANIFEST


def _index(data: dict[str, Any], media_type: str) -> ManifestContent:
    children = [_digest(child) for child in _descriptors(data, "manifests")]
    return ManifestContent(
        media_type,
        children=tuple(dict.fromkeys(children)),
        subject=_subject(data, media_type),
        artifact_type=_artifact_type(data, media_type),
    )


def _image(data: dict[str, Any], media_type: str) -> ManifestContent:
    config = _descriptor(data.get("config"), "config")
    config_type = config.get("mediaType")
    if not isinstance(config_type, str) or not config_type:
        raise _MalformedError("its config has no type")
    _expect_text(config_type, "its config's type")
    stored = [config, *filter(_is_stored, _descriptors(data, "layers"))]
    return ManifestContent(
        media_type,
        config_type=config_type,
        blobs=tuple({_digest(entry): _blob(entry) for entry in stored}.values()),
        subject=_subject(data, media_type),
        artifact_type=_artifact_type(data, media_type),
    )


def _is_stored(layer: dict[str, Any]) -> bool:
    """Whether the registry stores the layer. Clients fetch layers with `urls` (Windows base layers)
    from there: image-spec, layer.md, Non-Distributable Layers."""
    return not layer.get("urls")


def _subject(data: dict[str, Any], media_type: str) -> str | None:
    subject = data.get("subject")
    if subject is None or media_type not in _OCI_TYPES:
        return None
    return _digest(_descriptor(subject, "subject"))


def _artifact_type(data: dict[str, Any], media_type: str) -> str | None:
    """OCI image-spec 1.1, manifest.md and image-index.md, artifactType. Empty counts as missing, as
    in Go."""
    artifact_type = data.get("artifactType")
    if not artifact_type or media_type not in _OCI_TYPES:
        return None
    _expect_text(artifact_type, "its artifactType")
    return str(artifact_type)


def _expect_text(value: Any, what: str) -> None:
    if not isinstance(value, str) or _SURROGATE.search(value):
        raise _MalformedError(f"{what} {shortened(value)} is not text")


def _descriptors(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Accepts null for an empty list, since Go writes that."""
    entries = [] if key in data and data[key] is None else data.get(key)
    if not isinstance(entries, list):
        raise _MalformedError(f"{key} is not a list")
    return [_descriptor(entry, key) for entry in entries]


def _descriptor(entry: Any, key: str) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise _MalformedError(f"{key} has an entry that is not a descriptor")
    return entry


def _digest(descriptor: dict[str, Any]) -> str:
    digest = descriptor.get("digest")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise _MalformedError(f"{digest!r} is not a digest")
    return digest


def _blob(descriptor: dict[str, Any]) -> Blob:
    size = descriptor.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= LARGEST:
        raise _MalformedError(f"{shortened(size)} is not a size")
    return Blob(_digest(descriptor), size)
