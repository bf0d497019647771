"""The builders of manifest texts."""

import hashlib
import json
from typing import Any

import pytest

from bot.playground.aws import manifests


def read(text: str) -> Any:
    return json.loads(text)


def test_equal_arguments_give_equal_texts_and_shared_layers() -> None:
    one = manifests.image(("c1", 1), [("base", 5), ("code 1", 2)])
    two = manifests.image(("c2", 1), [("base", 5), ("code 2", 2)])
    assert one == manifests.image(("c1", 1), [("base", 5), ("code 1", 2)])
    assert one != two
    assert read(one)["layers"][0] == read(two)["layers"][0]
    assert manifests.digest_of(one) == "sha256:" + hashlib.sha256(one.encode()).hexdigest()


def test_docker_and_oci_have_their_own_types() -> None:
    docker = read(manifests.image(("c", 1), [("l", 2)], docker=True))
    oci = read(manifests.image(("c", 1), [("l", 2)]))
    assert docker["mediaType"] == manifests.DOCKER_IMAGE
    assert docker["config"]["mediaType"] == manifests.DOCKER_CONFIG
    assert docker["layers"][0]["mediaType"] == manifests.DOCKER_LAYER
    assert oci["mediaType"] == manifests.OCI_IMAGE
    assert set(oci) == {"schemaVersion", "mediaType", "config", "layers"}


def test_an_index_describes_its_children() -> None:
    child = manifests.image(("c", 1), [])
    [listed] = read(manifests.index([manifests.ChildManifest(child, "linux/arm/v7")]))["manifests"]
    assert listed == {
        "mediaType": manifests.OCI_IMAGE,
        "digest": manifests.digest_of(child),
        "size": len(child),
        "platform": {"os": "linux", "architecture": "arm", "variant": "v7"},
    }
    docker = read(manifests.index([manifests.ChildManifest(child)], docker=True))
    assert docker["mediaType"] == manifests.DOCKER_LIST


def test_an_index_can_list_indexes_and_have_a_subject() -> None:
    inner = manifests.index([manifests.ChildManifest(manifests.image(("c", 1), []))])
    outer = read(manifests.index([manifests.ChildManifest(inner)], subject=inner))
    assert outer["manifests"][0]["mediaType"] == manifests.OCI_INDEX
    assert outer["subject"]["digest"] == manifests.digest_of(inner)


def test_provenance_is_a_child_without_platform() -> None:
    of = manifests.image(("c", 1), [])
    child = manifests.provenance(of, "app")
    [listed] = read(manifests.index([child]))["manifests"]
    assert listed["platform"] == {"os": "unknown", "architecture": "unknown"}
    assert listed["annotations"]["vnd.docker.reference.digest"] == manifests.digest_of(of)


def test_signatures_by_tag_and_by_subject() -> None:
    subject = manifests.image(("c", 1), [])
    hexadecimal = manifests.digest_of(subject).removeprefix("sha256:")
    assert manifests.cosign_tag(subject) == f"sha256-{hexadecimal}.sig"
    assert manifests.cosign_tag(subject, "att") == f"sha256-{hexadecimal}.att"
    assert manifests.fallback_tag(subject) == f"sha256-{hexadecimal}"
    assert "subject" not in read(manifests.cosign_signature(subject))

    referrer = manifests.referrer(subject, manifests.NOTARY_SIGNATURE)
    assert read(referrer)["subject"] == {
        "mediaType": manifests.OCI_IMAGE,
        "digest": manifests.digest_of(subject),
        "size": len(subject),
    }
    [listed] = read(manifests.referrers_fallback([referrer]))["manifests"]
    assert listed["artifactType"] == manifests.NOTARY_SIGNATURE
    assert listed["digest"] == manifests.digest_of(referrer)


def test_a_signed_manifest_has_the_digest_of_its_payload() -> None:
    text = manifests.schema_1("team/api", "old", ["a"])
    signed = manifests.signed(text)
    assert read(signed).keys() == read(text).keys() | {"signatures"}
    payload = manifests.payload_of(signed)
    assert read(payload) == read(text)
    assert manifests.digest_of(signed) == manifests.digest_of(payload)


@pytest.mark.parametrize("text", ['{"signatures"', '{"signatures": [{}]}', '{"signatures": 7}'])
def test_an_unsigned_manifest_has_the_digest_of_its_text(text: str) -> None:
    assert manifests.payload_of(text) == text


def test_charts_and_schema_1() -> None:
    assert read(manifests.helm_chart("api", "1.0"))["config"]["mediaType"] == manifests.HELM_CONFIG
    old = read(manifests.schema_1("team/api", "old", ["a", "b"]))
    assert old["schemaVersion"] == 1
    assert len(old["fsLayers"]) == len(old["history"]) == 2
    assert "mediaType" not in old
