"""What a kubeconfig names: files, users that are supported or not, addresses."""

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
from tests.usage.kubernetes.conftest import Kubeconfig, Looker, Rewrite, by
from tests.usage.kubernetes.test_reaching import HERE, SECRET, images


@pytest.fixture(autouse=True)
def _busy(cluster: Cluster) -> None:
    cluster.apply(*deployment("api", image("team/api")))


def user(content: Kubeconfig, **given: Any) -> None:
    content["users"][0]["user"] = {name.replace("_", "-"): value for name, value in given.items()}


# files in its folder


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder is another one than the kubeconfig's."""
    (tmp_path / "working").mkdir()
    monkeypatch.chdir(tmp_path / "working")
    return tmp_path


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("trust", KubeconfigTrust)
def test_a_token_file_beside_the_kubeconfig(
    look: Looker, rewrite: Rewrite, trust: KubeconfigTrust
) -> None:
    (look.kubeconfig.parent / "secrets").mkdir()
    (look.kubeconfig.parent / "secrets" / "token").write_text(f"{DEFAULT_TOKEN}\n")
    rewrite(lambda content: user(content, tokenFile="secrets/token"))
    assert images(by(look.kubeconfig, trust=trust)) == HERE


def test_the_kubeconfigs_own_path_may_be_relative(
    look: Looker, rewrite: Rewrite, elsewhere: Path
) -> None:
    (elsewhere / "token").write_text(DEFAULT_TOKEN)
    rewrite(lambda content: user(content, tokenFile="token"))
    assert images(by(Path("..", look.kubeconfig.name))) == HERE


@pytest.mark.usefixtures("elsewhere")
def test_certificates_beside_the_kubeconfig(
    cluster: Cluster, look: Looker, rewrite: Rewrite
) -> None:
    issued = cluster.issue(DEFAULT_USER)
    folder = look.kubeconfig.parent
    (folder / "ca.pem").write_text(cluster.ca_pem)
    (folder / "user.pem").write_text(issued.certificate)
    (folder / "user.key").write_text(issued.key)

    def by_files(content: Kubeconfig) -> None:
        user(content, client_certificate="user.pem", client_key="./user.key")
        content["clusters"][0]["cluster"].pop("certificate-authority-data")
        content["clusters"][0]["cluster"]["certificate-authority"] = "ca.pem"

    rewrite(by_files)
    assert images(by(look.kubeconfig)) == HERE


@pytest.mark.parametrize(
    "key", ["tokenFile", "client-certificate", "client-key", "certificate-authority"]
)
def test_a_file_that_is_missing(cluster: Cluster, look: Looker, rewrite: Rewrite, key: str) -> None:
    def without_it(content: Kubeconfig) -> None:
        if key == "certificate-authority":
            content["clusters"][0]["cluster"] = {"server": cluster.url, key: "gone.pem"}
        else:
            content["users"][0]["user"] = {key: "gone.pem"}

    rewrite(without_it)
    with pytest.raises(ServiceError) as told:
        images(by(look.kubeconfig))
    path = look.kubeconfig.parent / "gone.pem"
    assert f"{key} of {look.kubeconfig} names {path}, which cannot be read: No" in str(told.value)


def test_a_key_with_a_pass_phrase(cluster: Cluster, look: Looker, rewrite: Rewrite) -> None:
    issued = cluster.issue(DEFAULT_USER)
    key = load_pem_private_key(issued.key.encode(), None)
    locked = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(SECRET.encode())
    )
    (look.kubeconfig.parent / "user.pem").write_text(issued.certificate)
    (look.kubeconfig.parent / "user.key").write_bytes(locked)
    rewrite(lambda c: user(c, client_certificate="user.pem", client_key="user.key"))
    with pytest.raises(ServiceError, match="its client certificate and key cannot be used"):
        images(by(look.kubeconfig))


def test_data_counts_before_a_file(look: Looker, rewrite: Rewrite) -> None:
    rewrite(lambda c: c["clusters"][0]["cluster"].update({"certificate-authority": "gone"}))
    assert images(by(look.kubeconfig)) == HERE


# users


EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "x"}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"username": "ann", "password": SECRET}, "uses password for prod, which is not supported"),
        ({"username": "ann"}, "uses username for prod, which is not supported"),
        ({"token": SECRET, "as-user-extra": {"a": ["b"]}}, "as-user-extra for prod"),
        ({"auth-provider": {"name": "gcp"}}, "has auth-provider for prod"),
        ({}, "user prod of .*kubeconfig has no credentials.*: give it a token, a tokenFile"),
        (None, "has no credentials"),
        ({"token": "", "client-certificate": ""}, "has no credentials"),
        ({"token": " \n"}, "token of user prod in .* is empty"),
        ({"token": f"{SECRET}\n{SECRET}"}, "token of user prod in .* has a line break"),
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
def test_a_user_that_cannot_be(
    cluster: Cluster, look: Looker, rewrite: Rewrite, entry: dict[str, Any] | None, words: str
) -> None:
    """Reported before any call."""
    rewrite(lambda content: content["users"][0].update(user=entry))
    with pytest.raises(ServiceError, match=words) as told:
        images(by(look.kubeconfig))
    assert SECRET not in str(told.value)
    assert not list(cluster.calls)


def test_keys_that_are_there_and_empty_mean_nothing(look: Looker, rewrite: Rewrite) -> None:
    empty: dict[str, Any] = {
        "username": "",
        "password": None,
        "as-groups": [],
        "auth-provider": None,
    }
    rewrite(lambda content: content["users"][0]["user"].update(empty))
    assert images(by(look.kubeconfig)) == HERE


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
        ("http://127.0.0.1:{port}", "no credentials are sent over plain HTTP"),
        ("HTTP://127.0.0.1:{port}", "no credentials are sent over plain HTTP"),
        (
            "127.0.0.1:{port}",
            "its address has no scheme.*: use an address that starts with https://",
        ),
        ("localhost:{port}", "its address has no scheme"),
        (f"https://ann:{SECRET}@127.0.0.1:{{port}}", "contains a user name"),
        ("", "cluster prod of .* has no server"),
    ],
)
def test_an_address_that_nothing_is_sent_to(
    look: Looker,
    rewrite: Rewrite,
    port: socket.socket,
    waits: list[float],
    address: str,
    words: str,
) -> None:
    server = address.format(port=port.getsockname()[1])
    rewrite(lambda content: content["clusters"][0]["cluster"].update(server=server))
    with pytest.raises(ServiceError, match=words) as told:
        images(by(look.kubeconfig))
    assert SECRET not in str(told.value)
    assert waits == []
    with pytest.raises(BlockingIOError):
        port.accept()


@pytest.mark.parametrize("server", ["gopher://x", "https://\x01", "https://[::1"])
def test_an_address_that_cannot_be_used_is_tried_once(
    look: Looker, rewrite: Rewrite, waits: list[float], server: str
) -> None:
    rewrite(lambda content: content["clusters"][0]["cluster"].update(server=server))
    with pytest.raises(ServiceError, match="cannot be reached"):
        images(by(look.kubeconfig))
    assert waits == []


# settings found in the working folder


@pytest.mark.parametrize("by_link", [False, True])
def test_a_token_file_elsewhere_is_read_only_for_settings_that_were_named(
    cluster: Cluster, look: Looker, rewrite: Rewrite, tmp_path: Path, *, by_link: bool
) -> None:
    folder, outside = tmp_path / "hostile", tmp_path / "token"
    folder.mkdir()
    outside.write_text(DEFAULT_TOKEN)
    (folder / "link").symlink_to(outside)
    name = "link" if by_link else str(outside)
    rewrite(lambda content: user(content, tokenFile=name))
    kubeconfig = look.kubeconfig.rename(folder / "kubeconfig")
    with pytest.raises(
        ServiceError, match=r"is outside of its folder.*name their file with --config"
    ):
        images(by(kubeconfig, trust=KubeconfigTrust.FOUND))
    assert not list(cluster.calls)
    assert images(by(kubeconfig)) == HERE
