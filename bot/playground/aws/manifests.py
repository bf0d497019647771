"""Builds manifests as docker, buildx, cosign, notation and helm push them.

A blob is a name and a size. Its digest is derived from the name, so that images can share layers.
Equal arguments give equal texts and digests.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypedDict, Unpack

import orjson

OCI_IMAGE = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_IMAGE = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
DOCKER_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
HELM_CONFIG = "application/vnd.cncf.helm.config.v1+json"
HELM_CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
COSIGN_SIGNATURE = "application/vnd.dev.cosign.simplesigning.v1+json"
NOTARY_SIGNATURE = "application/vnd.cncf.notary.signature"
IN_TOTO = "application/vnd.in-toto+json"
SPDX = "application/spdx+json"

_SIGNED_AT = "2015-11-03T09:12:44Z"

Blob = tuple[str, int]
"""A config or layer: its name and its compressed size in bytes."""


@dataclass(frozen=True)
class ChildManifest:
    """A child manifest of an index."""

    text: str
    platform: str = "linux/amd64"
    annotations: Mapping[str, str] | None = None


def digest_of(text: str) -> str:
    """The digest of a manifest."""
    return f"sha256:{hashlib.sha256(payload_of(text).encode()).hexdigest()}"


@lru_cache(maxsize=65536)
def blob_digest(name: str) -> str:
    return f"sha256:{hashlib.sha256(f'blob {name}'.encode()).hexdigest()}"


class ImageOptions(TypedDict, total=False):
    """`subject`: the text of the manifest that this one refers to."""

    docker: bool
    config_type: str
    layer_type: str
    artifact_type: str
    subject: str
    annotations: Mapping[str, str]


def image(config: Blob, layers: Iterable[Blob], **options: Unpack[ImageOptions]) -> str:
    """An image or artifact with a config and layers, in OCI format unless `docker`."""
    docker = options.get("docker", False)
    config_type = options.get("config_type", DOCKER_CONFIG if docker else OCI_CONFIG)
    layer_type = options.get("layer_type", DOCKER_LAYER if docker else OCI_LAYER)
    return _text(
        {
            "schemaVersion": 2,
            "mediaType": DOCKER_IMAGE if docker else OCI_IMAGE,
            "artifactType": options.get("artifact_type"),
            "config": _blob(config, config_type),
            "layers": [_blob(layer, layer_type) for layer in layers],
            "subject": _descriptor(options["subject"]) if "subject" in options else None,
            "annotations": options.get("annotations"),
        }
    )


def index(
    children: Iterable[ChildManifest],
    *,
    docker: bool = False,
    artifact_type: str | None = None,
    subject: str | None = None,
    annotations: Mapping[str, str] | None = None,
) -> str:
    """An index. Its children may be indexes, too."""
    return _text(
        {
            "schemaVersion": 2,
            "mediaType": DOCKER_LIST if docker else OCI_INDEX,
            "artifactType": artifact_type,
            "manifests": [_child_descriptor(child) for child in children],
            "subject": _descriptor(subject) if subject is not None else None,
            "annotations": annotations,
        }
    )


def provenance(of: str, name: str, size: int = 12_000) -> ChildManifest:
    """A provenance attestation that buildx adds to an index: a child without a platform."""
    return ChildManifest(
        image(
            (f"{name} provenance config", 167), [(f"{name} provenance", size)], layer_type=IN_TOTO
        ),
        "unknown/unknown",
        {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": digest_of(of),
        },
    )


def cosign_signature(subject: str, name: str = "cosign", size: int = 250) -> str:
    """A signature in cosign's older scheme. Push it with `cosign_tag(subject)`."""
    layer = f"{name} signature of {digest_of(subject)}"
    return image((f"{layer} config", 233), [(layer, size)], layer_type=COSIGN_SIGNATURE)


def cosign_tag(subject: str, suffix: str = "sig") -> str:
    """`sha256-<hex>.sig`, `.att` or `.sbom`."""
    return f"{fallback_tag(subject)}.{suffix}"


def referrer(subject: str, artifact_type: str = SPDX, *, name: str = "", size: int = 40_000) -> str:
    """An artifact with a subject (OCI 1.1)."""
    return image(
        ("{}", 2),
        [(f"{name}{artifact_type} of {digest_of(subject)}", size)],
        config_type=OCI_EMPTY,
        layer_type=artifact_type,
        artifact_type=artifact_type,
        subject=subject,
    )


def referrers_fallback(referrers: Sequence[str]) -> str:
    """The index for registries without the referrers API. Push it with `fallback_tag(subject)`."""
    return _text(
        {
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "manifests": [_referrer_descriptor(text) for text in referrers],
        }
    )


def fallback_tag(subject: str) -> str:
    return digest_of(subject).replace(":", "-")


def helm_chart(name: str, version: str, size: int = 9_000) -> str:
    return image(
        (f"{name} {version} chart config", 180),
        [(f"{name} {version} chart", size)],
        config_type=HELM_CONFIG,
        layer_type=HELM_CHART,
        annotations={
            "org.opencontainers.image.title": name,
            "org.opencontainers.image.version": version,
        },
    )


def schema_1(name: str, tag: str, layers: Sequence[str]) -> str:
    """A schema 1 manifest of Docker 1.9, which has no sizes and no media type."""
    return _text(
        {
            "schemaVersion": 1,
            "name": name,
            "tag": tag,
            "architecture": "amd64",
            "fsLayers": [{"blobSum": blob_digest(layer)} for layer in layers],
            "history": [{"v1Compatibility": "{}"} for _ in layers],
        }
    )


def signed(text: str, keys: Sequence[str] = ("key",)) -> str:
    """A schema 1 manifest, signed as by Docker 1.9 (libtrust, jsonsign.go, PrettySignature).

    The digest is that of the payload, which is `text` in Docker's format. The signatures are not
    real.
    """
    payload = json.dumps(json.loads(text), indent=3)
    length = payload.rindex("\n}")
    header = {"formatLength": length, "formatTail": _base64(payload[length:]), "time": _SIGNED_AT}
    signatures = [
        {
            "header": {"jwk": {"kid": key, "kty": "EC"}, "alg": "ES256"},
            "signature": _base64(f"signature by {key}"),
            "protected": _base64(json.dumps(header)),
        }
        for key in keys
    ]
    added = json.dumps({"signatures": signatures}, indent=3).removeprefix("{")
    return f"{payload[:length]},{added}"


def payload_of(text: str) -> str:
    """The digested part: the payload of a signed schema 1 manifest, otherwise the whole text."""
    if '"signatures"' not in text:
        return text
    try:
        first = json.loads(text)["signatures"][0]
        header = json.loads(_from_base64(first["protected"]))
        signed_part = text.encode()[: header["formatLength"]]
        return (signed_part + _from_base64(header["formatTail"])).decode()
    except (ValueError, LookupError, TypeError, RecursionError):
        return text


def _base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _from_base64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(content: Mapping[str, Any]) -> str:
    return orjson.dumps(_without_nones(content)).decode()


def _without_nones(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value is not None}


def _blob(blob: Blob, media_type: str) -> dict[str, Any]:
    name, size = blob
    return {"mediaType": media_type, "digest": blob_digest(name), "size": size}


def _descriptor(text: str) -> dict[str, Any]:
    media_type = orjson.loads(text).get("mediaType", DOCKER_SCHEMA_1)
    return {"mediaType": media_type, "digest": digest_of(text), "size": len(text.encode())}


def _child_descriptor(child: ChildManifest) -> dict[str, Any]:
    platform = dict(zip(("os", "architecture", "variant"), child.platform.split("/"), strict=False))
    return _descriptor(child.text) | _without_nones(
        {"platform": platform, "annotations": child.annotations}
    )


def _referrer_descriptor(text: str) -> dict[str, Any]:
    content = orjson.loads(text)
    artifact_type = content.get("artifactType") or content["config"]["mediaType"]
    return {**_descriptor(text), "artifactType": artifact_type}
