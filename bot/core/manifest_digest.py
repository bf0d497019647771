"""Finds the part of a manifest's text that its digest names.

Of nearly all manifests that is the whole text. Docker's signed schema 1 manifests carry their
signatures in the same JSON object, and their digest is that of the payload, which is what was
signed: docker/libtrust, jsonsign.go, ParsePrettySignature and Payload; distribution, schema1.
"""

import hashlib
import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from typing import Any

from bot.core.manifest import SCHEMA_1_TYPES

FORMAT_LENGTH, FORMAT_TAIL = "formatLength", "formatTail"


def digested_text(digest: str, text: str, media_type: str | None) -> str | None:
    """The whole text, or the payload of a signed schema 1 manifest; None if neither has this
    digest. `media_type`: as ECR calls it, None if it does not say."""
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
    """What every signature says was signed: the text's first `formatLength` bytes, and
    `formatTail`. None if the text is not signed, or its signatures disagree."""
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
    """Base64 for URLs, without padding: RFC 7515, appendix C."""
    return urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
