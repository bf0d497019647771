"""API servers that do not answer in time, restart, are too old, or have bad certificates."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from socketserver import BaseRequestHandler, ThreadingTCPServer
from ssl import CERT_REQUIRED, PROTOCOL_TLS_SERVER, SSLContext, SSLSocket
from threading import Thread

import pytest
import trustme

from bot.core.errors import ServiceError
from bot.playground.kubernetes import DEFAULT_USER, Cluster, Fault
from bot.playground.kubernetes.builders import deployment
from bot.usage.kubernetes.cluster_source import CustomResource
from bot.usage.kubernetes.transport import ATTEMPTS
from tests.usage.aws_support import image
from tests.usage.kubernetes.conftest import Kubeconfig, Looker, Rewrite
from tests.usage.kubernetes.test_reaching import HERE

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _busy(cluster: Cluster) -> None:
    cluster.apply(*deployment("api", image("team/api")))


HANGS = 60
"""Seconds. Whoever gives up in time has not waited for it."""


def gives_up_in_time(look: Looker) -> None:
    began = time.monotonic()
    with pytest.raises(ServiceError, match=IN_TIME):
        list(look.source(timeout=1).sightings())
    assert time.monotonic() - began < HANGS / 2


@contextmanager
def serving(
    answer: Callable[[SSLSocket], None], expects: str | None = None
) -> Iterator[tuple[str, str]]:
    """A server that talks TLS itself: its address, and its authority. `expects`: the authority of
    client certificates."""
    authority = trustme.CA()
    context = SSLContext(PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    if expects:
        context.load_verify_locations(cadata=expects)
        context.verify_mode = CERT_REQUIRED

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), context.wrap_socket(self.request, server_side=True) as made:
                made.recv(65536)
                answer(made)

    with listening(Handler) as port:
        yield f"https://127.0.0.1:{port}", authority.cert_pem.bytes().decode()


@contextmanager
def listening(handler: type[BaseRequestHandler]) -> Iterator[int]:
    with ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def moved_to(look: Looker, rewrite: Rewrite, url: str, ca_pem: str) -> None:
    (look.kubeconfig.parent / "ca.pem").write_text(ca_pem)

    def move(content: Kubeconfig) -> None:
        content["clusters"][0]["cluster"] = {"server": url, "certificate-authority": "ca.pem"}

    rewrite(move)


# what does not answer


IN_TIME = "prod timed out on the request to list .* or raise usage.kubernetes.timeout"


@pytest.mark.parametrize("path", ["*", "*/pods"])
def test_a_server_that_hangs_is_given_up_in_time(cluster: Cluster, look: Looker, path: str) -> None:
    cluster.faults.add(Fault(path=path, times=None, delay=HANGS))
    gives_up_in_time(look)
    for asked in ("GET /api/v1/pods", "GET /apis/apps/v1/deployments"):
        assert cluster.calls.count(asked) <= 2


def test_a_server_that_hangs_once_is_asked_again(cluster: Cluster, look: Looker) -> None:
    cluster.faults.add(Fault(path="*/pods", times=1, delay=HANGS))
    assert {sighting.image for sighting in look.source(timeout=6).sightings()} == HERE


def test_a_server_that_asks_for_more_patience_than_there_is(
    cluster: Cluster, look: Looker, waits: list[float]
) -> None:
    cluster.faults.add(Fault(path="*/pods", times=None, status=429, retry_after=20))
    with pytest.raises(ServiceError, match="was too busy to list pods"):
        list(look.source(timeout=20).sightings())
    assert waits == []


def test_the_time_of_the_next_scan_is_its_own(
    cluster: Cluster, look: Looker, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.faults.add(Fault(path="*/pods", times=None, status=500))
    source = look.source(timeout=60)
    with pytest.raises(ServiceError):
        list(source.sightings())
    cluster.faults.clear()
    an_hour_later = time.monotonic() + 3600
    monkeypatch.setattr("bot.usage.kubernetes.transport.monotonic", lambda: an_hour_later)
    assert {sighting.image for sighting in source.sightings()} == HERE


def test_a_server_that_drips(look: Looker, rewrite: Rewrite) -> None:
    """A byte now and then is no answer."""

    def drip(connection: SSLSocket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.02)

    with serving(drip) as (url, ca_pem):
        moved_to(look, rewrite, url, ca_pem)
        gives_up_in_time(look)


# what restarts


def test_a_server_that_refuses_while_it_restarts(cluster: Cluster, look: Looker) -> None:
    well = look()
    for resource in ("pods", "deployments"):
        cluster.faults.add(Fault(path=f"*/{resource}", times=ATTEMPTS - 1, status=403))
    assert look() == well


@pytest.mark.parametrize(
    "before", [Fault(path="*/pods", cut="before"), Fault(path="*/pods", status=503)]
)
def test_a_server_that_goes_on_refusing_after_it_failed(
    cluster: Cluster, look: Looker, before: Fault
) -> None:
    cluster.faults.add(before)
    cluster.faults.add(Fault(path="*/pods", skip=1, times=None, status=403))
    with pytest.raises(ServiceError) as told:
        look()
    assert (
        "its API server may be restarting. Try again later. If it still refuses, grant the Cluster"
        in str(told.value)
    )


def test_a_grant_that_is_missing_is_told_as_such(cluster: Cluster, look: Looker) -> None:
    cluster.access.clear()
    with pytest.raises(ServiceError, match=r"refused to list .*: grant the ClusterRole") as told:
        look()
    assert "restarting" not in str(told.value)


# what is too old


def test_a_cluster_before_1_21(cluster: Cluster, look: Looker) -> None:
    cluster.kinds.remove("batch", "v1", "cronjobs")
    with pytest.raises(ServiceError) as told:
        look()
    assert "list cronjobs: use Kubernetes 1.21 or newer" in str(told.value)
    assert "custom_resources" not in str(told.value)


def test_a_custom_resource_that_a_cluster_does_not_know(look: Looker) -> None:
    with pytest.raises(ServiceError, match="list things: check the resource"):
        look(CustomResource("example.com", "v1", "things", ("spec",)))


# certificates


def another_authority() -> str:
    return trustme.CA().cert_pem.bytes().decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("expired", "CERTIFICATE_VERIFY_FAILED: certificate has expired.*: renew the certificate"),
        ("another authority", "CERTIFICATE_VERIFY_FAILED: .*: check its certificate authority"),
        ("another name", "CERTIFICATE_VERIFY_FAILED: .*: use an address that the certificate"),
    ],
)
def test_a_certificate_that_is_not_trusted(
    look: Looker, rewrite: Rewrite, waits: list[float], change: str, words: str
) -> None:
    with Cluster("prod", expires=LONG_AGO if change == "expired" else None) as other:
        ca_pem = another_authority() if change == "another authority" else other.ca_pem
        url = other.url.replace("127.0.0.1", "127.1") if change == "another name" else other.url
        moved_to(look, rewrite, url, ca_pem)
        with pytest.raises(ServiceError, match=words):
            look()
    assert waits == []


def by_certificate(
    cluster: Cluster, look: Looker, rewrite: Rewrite, expires: datetime | None
) -> None:
    issued = cluster.issue(DEFAULT_USER, expires)
    (look.kubeconfig.parent / "user.pem").write_text(issued.certificate)
    (look.kubeconfig.parent / "user.key").write_text(issued.key)

    def change(content: Kubeconfig) -> None:
        content["users"][0]["user"] = {"client-certificate": "user.pem", "client-key": "user.key"}

    rewrite(change)


def test_a_client_certificate_that_expired(
    cluster: Cluster, look: Looker, rewrite: Rewrite, waits: list[float]
) -> None:
    """As proxies do that verify certificates at once."""
    by_certificate(cluster, look, rewrite, LONG_AGO)
    with serving(lambda _connection: None, expects=cluster.ca_pem) as (url, ca_pem):
        moved_to(look, rewrite, url, ca_pem)
        with pytest.raises(ServiceError, match=r"accept the client certificate .*EXPIRED"):
            look()
    assert waits == []


def test_a_client_certificate_that_is_refused_with_401(
    cluster: Cluster, look: Looker, rewrite: Rewrite, waits: list[float]
) -> None:
    """As API servers do that ask for certificates and judge them later."""
    by_certificate(cluster, look, rewrite, None)
    cluster.faults.add(Fault(times=None, status=401))
    with pytest.raises(ServiceError, match="does not accept the client certificate: it is") as told:
        look()
    assert "token" not in str(told.value)
    assert waits == []


def test_a_host_that_does_not_exist(look: Looker, rewrite: Rewrite, waits: list[float]) -> None:
    moved_to(look, rewrite, "https://no-such-host.invalid", another_authority())
    with pytest.raises(ServiceError, match="host name does not exist: check the address"):
        look()
    assert waits == []


def test_a_server_without_tls(look: Looker, rewrite: Rewrite, waits: list[float]) -> None:
    class Plain(BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with listening(Plain) as port:
        moved_to(look, rewrite, f"https://127.0.0.1:{port}", another_authority())
        with pytest.raises(ServiceError, match="failed in the TLS handshake"):
            look()
    assert waits == []
