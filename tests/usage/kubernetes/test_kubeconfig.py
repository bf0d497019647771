"""Files, users and addresses in kubeconfigs."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from bot.core.errors import ServiceError
from bot.playground.kubernetes import DEFAULT_TOKEN, DEFAULT_USER, Cluster
from bot.playground.kubernetes.builders import deployment
from bot.usage.kubernetes.kubeconfig import KubeconfigTrust
from tests.usage.aws_support import image
from tests.usage.kubernetes.conftest import ClusterScan, Kubeconfig, Rewrite, config_from
from tests.usage.kubernetes.test_cluster_access import HERE, SECRET, images


@pytest.fixture(autouse=True)
def _busy(cluster: Cluster) -> None:
    cluster.apply(*deployment("api", image("team/api")))


def user(content: Kubeconfig, **given: Any) -> None:
    content["users"][0]["user"] = {name.replace("_", "-"): value for name, value in given.items()}


# files in its folder


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Changes the working folder to another folder than the kubeconfig's."""
    (tmp_path / "working").mkdir()
    monkeypatch.chdir(tmp_path / "working")
    return tmp_path


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("trust", KubeconfigTrust)
def test_a_token_file_in_the_folder_of_the_kubeconfig(
    scan: ClusterScan, rewrite: Rewrite, trust: KubeconfigTrust
) -> None:
    (scan.kubeconfig.parent / "secrets").mkdir()
    (scan.kubeconfig.parent / "secrets" / "token").write_text(f"{DEFAULT_TOKEN}\n")
    rewrite(lambda content: user(content, tokenFile="secrets/token"))
    assert images(config_from(scan.kubeconfig, trust=trust)) == HERE


def test_the_kubeconfigs_own_path_may_be_relative(
    scan: ClusterScan, rewrite: Rewrite, elsewhere: Path
) -> None:
    (elsewhere / "token").write_text(DEFAULT_TOKEN)
    rewrite(lambda content: user(content, tokenFile="token"))
    assert images(config_from(Path("..", scan.kubeconfig.name))) == HERE


@pytest.mark.usefixtures("elsewhere")
def test_certificates_in_the_folder_of_the_kubeconfig(
    cluster: Cluster, scan: ClusterScan, rewrite: Rewrite
) -> None:
    issued = cluster.issue(DEFAULT_USER)
    folder = scan.kubeconfig.parent
    (folder / "ca.pem").write_text(cluster.ca_pem)
    (folder / "user.pem").write_text(issued.certificate)
    (folder / "user.key").write_text(issued.key)

    def by_files(content: Kubeconfig) -> None:
        user(content, client_certificate="user.pem", client_key="./user.key")
        content["clusters"][0]["cluster"].pop("certificate-authority-data")
        content["clusters"][0]["cluster"]["certificate-authority"] = "ca.pem"

    rewrite(by_files)
    assert images(config_from(scan.kubeconfig)) == HERE


@pytest.mark.parametrize(
    "key", ["tokenFile", "client-certificate", "client-key", "certificate-authority"]
)
def test_a_file_that_is_missing(
    cluster: Cluster, scan: ClusterScan, rewrite: Rewrite, key: str
) -> None:
    def without_it(content: Kubeconfig) -> None:
        if key == "certificate-authority":
            content["clusters"][0]["cluster"] = {"server": cluster.url, key: "gone.pem"}
        else:
            content["users"][0]["user"] = {key: "gone.pem"}

    rewrite(without_it)
    with pytest.raises(ServiceError) as raised:
        images(config_from(scan.kubeconfig))
    path = scan.kubeconfig.parent / "gone.pem"
    assert f"{key} of {scan.kubeconfig} names {path}, which cannot be read: No" in str(raised.value)


def test_a_key_with_a_pass_phrase(cluster: Cluster, scan: ClusterScan, rewrite: Rewrite) -> None:
    issued = cluster.issue(DEFAULT_USER)
    key = load_pem_private_key(issued.key.encode(), None)
    locked = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(SECRET.encode())
    )
    (scan.kubeconfig.parent / "user.pem").write_text(issued.certificate)
    (scan.kubeconfig.parent / "user.key").write_bytes(locked)
    rewrite(lambda c: user(c, client_certificate="user.pem", client_key="user.key"))
    with pytest.raises(ServiceError, match="its client certificate and key cannot be used"):
        images(config_from(scan.kubeconfig))


def test_data_takes_precedence_over_a_file(scan: ClusterScan, rewrite: Rewrite) -> None:
    rewrite(lambda c: c["clusters"][0]["cluster"].update({"certificate-authority": "gone"}))
    assert images(config_from(scan.kubeconfig)) == HERE


# users


EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "x"}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            {"username": "ann", "password": SECRET},
            "uses `password` for prod, which is not supported",
        ),
        ({"username": "ann"}, "uses `username` for prod, which is not supported"),
        ({"token": SECRET, "as-user-extra": {"a": ["b"]}}, "`as-user-extra` for prod"),
        ({"auth-provider": {"name": "gcp"}}, "uses `auth-provider` for prod"),
        ({}, "user prod of .*kubeconfig has no credentials.*: give it a token, a tokenFile"),
        (None, "has no credentials"),
        ({"token": "", "client-certificate": ""}, "has no credentials"),
        ({"token": " \n"}, "token of user prod in .* is empty"),
        ({"token": f"{SECRET}\n{SECRET}"}, "token of user prod in .* contains a line break"),
        ({"token": f"{SECRET}é"}, "contains a line break or another character"),
        ({"client-certificate-data": "eA=="}, "has a client certificate or its key, not both"),
        ({"client-key-data": "eA=="}, "has a client certificate or its key, not both"),
        (
            {"client-certificate-data": "eA==", "client-key-data": "eA=="},
            "its client certificate and key cannot be used",
        ),
        ({"exec": {"command": "x"}}, "missing required field `apiVersion`"),
        ({"exec": {**EXEC, "interactiveMode": 1}}, "exec of user prod in .*interactiveMode"),
    ],
)
def test_unusable_users(
    cluster: Cluster, scan: ClusterScan, rewrite: Rewrite, entry: dict[str, Any] | None, words: str
) -> None:
    """The error comes before any call."""
    rewrite(lambda content: content["users"][0].update(user=entry))
    with pytest.raises(ServiceError, match=words) as raised:
        images(config_from(scan.kubeconfig))
    assert SECRET not in str(raised.value)
    assert not list(cluster.calls)


def test_empty_keys_are_ignored(scan: ClusterScan, rewrite: Rewrite) -> None:
    empty: dict[str, Any] = {
        "username": "",
        "password": None,
        "as-groups": [],
        "auth-provider": None,
    }
    rewrite(lambda content: content["users"][0]["user"].update(empty))
    assert images(config_from(scan.kubeconfig)) == HERE


# addresses


@pytest.fixture
def port() -> Iterator[socket.socket]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0)
        yield listening


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:{port}", "credentials are not sent over plain HTTP"),
        ("HTTP://127.0.0.1:{port}", "credentials are not sent over plain HTTP"),
        (
            "127.0.0.1:{port}",
            "its address has no scheme.*: use an address that starts with https://",
        ),
        ("localhost:{port}", "its address has no scheme"),
        (f"https://ann:{SECRET}@127.0.0.1:{{port}}", "contains a user name"),
        ("", "cluster prod of .* has no server"),
    ],
)
def test_unusable_addresses(
    scan: ClusterScan,
    rewrite: Rewrite,
    port: socket.socket,
    waits: list[float],
    address: str,
    words: str,
) -> None:
    server = address.format(port=port.getsockname()[1])
    rewrite(lambda content: content["clusters"][0]["cluster"].update(server=server))
    with pytest.raises(ServiceError, match=words) as raised:
        images(config_from(scan.kubeconfig))
    assert SECRET not in str(raised.value)
    assert waits == []
    with pytest.raises(BlockingIOError):
        port.accept()


@pytest.mark.parametrize("server", ["gopher://x", "https://\x01", "https://[::1"])
def test_an_unusable_address_is_tried_once(
    scan: ClusterScan, rewrite: Rewrite, waits: list[float], server: str
) -> None:
    rewrite(lambda content: content["clusters"][0]["cluster"].update(server=server))
    with pytest.raises(ServiceError, match="cannot be reached"):
        images(config_from(scan.kubeconfig))
    assert waits == []


# settings found in the working folder


@pytest.mark.parametrize("by_link", [False, True])
def test_a_token_file_elsewhere_is_only_read_for_named_settings(
    cluster: Cluster, scan: ClusterScan, rewrite: Rewrite, tmp_path: Path, *, by_link: bool
) -> None:
    folder, outside = tmp_path / "hostile", tmp_path / "token"
    folder.mkdir()
    outside.write_text(DEFAULT_TOKEN)
    (folder / "link").symlink_to(outside)
    name = "link" if by_link else str(outside)
    rewrite(lambda content: user(content, tokenFile=name))
    kubeconfig = scan.kubeconfig.rename(folder / "kubeconfig")
    with pytest.raises(
        ServiceError, match=r"is outside of its folder.*name their file with --config"
    ):
        images(config_from(kubeconfig, trust=KubeconfigTrust.FOUND))
    assert not list(cluster.calls)
    assert images(config_from(kubeconfig)) == HERE
