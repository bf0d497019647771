"""The digest of a text, or of the payload of a signed schema 1 manifest."""

import base64
import json
from hashlib import sha256
from typing import Any

import pytest

from bot.core.manifest import (
    OCI_MANIFEST,
    SCHEMA_1,
    SCHEMA_1_SIGNED,
    DigestDiffers,
    ManifestContent,
    ManifestReadFailure,
    NotJson,
)
from bot.core.manifest_content import digested_text, read_content

LAYER = f"sha256:{'a' * 64}"
PAYLOAD = f"""{{
   "schemaVersion": 1,
   "name": "team/api",
   "tag": "1.0 für alle",
   "architecture": "amd64",
   "fsLayers": [
      {{
         "blobSum": "{LAYER}"
      }}
   ]
}}"""
"""As Docker 1.9 wrote it, with characters of several bytes, since the length counts bytes."""


def digest_of(text: str) -> str:
    return "sha256:" + sha256(text.encode()).hexdigest()


def encoded(content: bytes | str) -> str:
    content = content.encode() if isinstance(content, str) else content
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def header(**changes: Any) -> dict[str, Any]:
    length = len(PAYLOAD.encode()) - 2
    return {"formatLength": length, "formatTail": encoded("\n}"), "time": "2015"} | changes


def signed(*headers: object) -> str:
    """Adds a signature for each header."""
    blocks = [
        {"header": {"alg": "ES256"}, "signature": "c2ln", "protected": encoded(json.dumps(each))}
        for each in headers or (header(),)
    ]
    return f'{PAYLOAD[:-2]},\n   "signatures": {json.dumps(blocks, indent=3)}\n}}'


@pytest.mark.parametrize("media_type", [SCHEMA_1_SIGNED, SCHEMA_1, None])
@pytest.mark.parametrize("headers", [[header()], [header(), header(time="2016")]])
def test_the_digest_of_the_payload(media_type: str | None, headers: list[dict[str, Any]]) -> None:
    text = signed(*headers)
    assert json.loads(text)["signatures"]
    assert digested_text(digest_of(PAYLOAD), text, media_type) == PAYLOAD
    assert isinstance(read_content(digest_of(PAYLOAD), text, media_type), ManifestContent)


def test_the_type_is_the_one_that_ecr_describes() -> None:
    found = read_content(digest_of(PAYLOAD), signed(), SCHEMA_1_SIGNED)
    assert found == ManifestContent(SCHEMA_1_SIGNED, blobs=None)


@pytest.mark.parametrize("text", [PAYLOAD, signed(), "", "\ud800"])
def test_the_digest_of_the_whole_text(text: str) -> None:
    whole = "sha256:" + sha256(text.encode(errors="surrogatepass")).hexdigest()
    assert digested_text(whole, text, SCHEMA_1_SIGNED) == text
    assert digested_text(whole, text, OCI_MANIFEST) == text


def test_a_payload_that_is_not_utf_8() -> None:
    """The payload ends in the middle of a character."""
    length = PAYLOAD.encode().index("ü".encode()) + 1
    payload = PAYLOAD.encode()[:length] + b"\n}"
    digest = "sha256:" + sha256(payload).hexdigest()
    text = signed(header(formatLength=length))
    assert digested_text(digest, text, SCHEMA_1_SIGNED)
    assert read_content(digest, text, SCHEMA_1_SIGNED) == ManifestReadFailure(NotJson())


def test_only_schema_1_has_signatures() -> None:
    assert digested_text(digest_of(PAYLOAD), signed(), OCI_MANIFEST) is None


@pytest.mark.parametrize(
    "text",
    [
        signed().replace("1.0", "1.1"),
        signed(header(), header(formatLength=10)),
        signed(header(), header(formatTail=encoded("}"))),
        signed(header(formatLength=len(PAYLOAD) * 9)),
        signed(header(formatLength=-2)),
        signed(header(formatLength=0)),
        signed(header(formatLength=True)),
        signed(header(formatLength="10")),
        signed(header(formatLength=[])),
        signed(header(formatTail=7)),
        signed(header(formatTail="A")),
        signed({"formatLength": 10}),
        signed([]),
        signed("text"),
        json.dumps({"signatures": []}),
        json.dumps({"signatures": 7}),
        json.dumps({"signatures": [{"protected": "e30"}]}),
        json.dumps({"signatures": [{"protected": "???"}]}),
        json.dumps({"signatures": [{}]}),
        "[]",
        "7",
        "no JSON",
        "[" * 100_000,
        "\ud800",
    ],
    ids=str.__len__,
)
def test_inconsistent_signatures_match_no_digest(text: str) -> None:
    assert digested_text(digest_of(PAYLOAD), text, SCHEMA_1_SIGNED) is None
    found = read_content(digest_of(PAYLOAD), text, SCHEMA_1_SIGNED)
    assert found == ManifestReadFailure(DigestDiffers())
