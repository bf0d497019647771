"""API servers that time out, restart, are too old, or have invalid certificates."""

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
from bot.usage.kubernetes.http_transport import ATTEMPTS
from tests.usage.aws_support import image
from tests.usage.kubernetes.conftest import ClusterScan, Kubeconfig, Rewrite
from tests.usage.kubernetes.test_cluster_access import HERE

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _busy(cluster: Cluster) -> None:
    cluster.apply(*deployment("api", image("team/api")))


HANGS = 60
"""Seconds. Longer than the timeout of a scan."""


def check_gives_up_in_time(scan: ClusterScan) -> None:
    began = time.monotonic()
    with pytest.raises(ServiceError, match=IN_TIME):
        list(scan.source(timeout=1).image_uses())
    assert time.monotonic() - began < HANGS / 2


@contextmanager
def serving(
    answer: Callable[[SSLSocket], None], expects: str | None = None
) -> Iterator[tuple[str, str]]:
    """Runs a TLS server and returns its address and authority. `expects`: the authority of client
    certificates."""
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


def moved_to(scan: ClusterScan, rewrite: Rewrite, url: str, ca_pem: str) -> None:
    (scan.kubeconfig.parent / "ca.pem").write_text(ca_pem)

    def move(content: Kubeconfig) -> None:
        content["clusters"][0]["cluster"] = {"server": url, "certificate-authority": "ca.pem"}

    rewrite(move)


# timeouts


IN_TIME = "prod timed out on the request to list .* or raise usage.kubernetes.timeout"


@pytest.mark.parametrize("path", ["*", "*/pods"])
def test_a_hanging_server_times_out(cluster: Cluster, scan: ClusterScan, path: str) -> None:
    cluster.faults.add(Fault(path=path, times=None, delay=HANGS))
    check_gives_up_in_time(scan)
    for asked in ("GET /api/v1/pods", "GET /apis/apps/v1/deployments"):
        assert cluster.calls.count(asked) <= 2


def test_a_server_that_hangs_once_is_retried(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.faults.add(Fault(path="*/pods", times=1, delay=HANGS))
    assert {image_use.image for image_use in scan.source(timeout=6).image_uses()} == HERE


def test_a_retry_after_beyond_the_deadline(
    cluster: Cluster, scan: ClusterScan, waits: list[float]
) -> None:
    cluster.faults.add(Fault(path="*/pods", times=None, status=429, retry_after=20))
    with pytest.raises(ServiceError, match="was too busy to list pods"):
        list(scan.source(timeout=20).image_uses())
    assert waits == []


def test_each_scan_has_its_own_deadline(
    cluster: Cluster, scan: ClusterScan, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.faults.add(Fault(path="*/pods", times=None, status=500))
    source = scan.source(timeout=60)
    with pytest.raises(ServiceError):
        list(source.image_uses())
    cluster.faults.clear()
    an_hour_later = time.monotonic() + 3600
    monkeypatch.setattr("bot.usage.kubernetes.http_transport.monotonic", lambda: an_hour_later)
    assert {image_use.image for image_use in source.image_uses()} == HERE


def test_a_slow_answer_times_out(scan: ClusterScan, rewrite: Rewrite) -> None:
    """The server sends single bytes until the deadline."""

    def send_slowly(connection: SSLSocket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.02)

    with serving(send_slowly) as (url, ca_pem):
        moved_to(scan, rewrite, url, ca_pem)
        check_gives_up_in_time(scan)


# restarts


def test_a_server_that_refuses_during_its_restart(cluster: Cluster, scan: ClusterScan) -> None:
    well = scan()
    for resource in ("pods", "deployments"):
        cluster.faults.add(Fault(path=f"*/{resource}", times=ATTEMPTS - 1, status=403))
    assert scan() == well


@pytest.mark.parametrize(
    "before", [Fault(path="*/pods", cut="before"), Fault(path="*/pods", status=503)]
)
def test_a_server_that_still_refuses_after_a_failure(
    cluster: Cluster, scan: ClusterScan, before: Fault
) -> None:
    cluster.faults.add(before)
    cluster.faults.add(Fault(path="*/pods", skip=1, times=None, status=403))
    with pytest.raises(ServiceError) as raised:
        scan()
    assert (
        "its API server may be restarting. Try again later. If it still refuses, grant the Cluster"
        in str(raised.value)
    )


def test_a_missing_permission(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.access.clear()
    with pytest.raises(ServiceError, match=r"refused to list .*: grant the ClusterRole") as raised:
        scan()
    assert "restarting" not in str(raised.value)


# old clusters


def test_a_cluster_before_1_21(cluster: Cluster, scan: ClusterScan) -> None:
    cluster.kinds.remove("batch", "v1", "cronjobs")
    with pytest.raises(ServiceError) as raised:
        scan()
    assert "list cronjobs: use Kubernetes 1.21 or newer" in str(raised.value)
    assert "custom_resources" not in str(raised.value)


def test_an_unknown_custom_resource(scan: ClusterScan) -> None:
    with pytest.raises(ServiceError, match="list things: check the resource"):
        scan(CustomResource("example.com", "v1", "things", ("spec",)))


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
def test_an_untrusted_certificate(
    scan: ClusterScan, rewrite: Rewrite, waits: list[float], change: str, words: str
) -> None:
    with Cluster("prod", expires=LONG_AGO if change == "expired" else None) as other:
        ca_pem = another_authority() if change == "another authority" else other.ca_pem
        url = other.url.replace("127.0.0.1", "127.1") if change == "another name" else other.url
        moved_to(scan, rewrite, url, ca_pem)
        with pytest.raises(ServiceError, match=words):
            scan()
    assert waits == []


def by_certificate(
    cluster: Cluster, scan: ClusterScan, rewrite: Rewrite, expires: datetime | None
) -> None:
    issued = cluster.issue(DEFAULT_USER, expires)
    (scan.kubeconfig.parent / "user.pem").write_text(issued.certificate)
    (scan.kubeconfig.parent / "user.key").write_text(issued.key)

    def change(content: Kubeconfig) -> None:
        content["users"][0]["user"] = {"client-certificate": "user.pem", "client-key": "user.key"}

    rewrite(change)


def test_an_expired_client_certificate(
    cluster: Cluster, scan: ClusterScan, rewrite: Rewrite, waits: list[float]
) -> None:
    """As with proxies, which verify certificates in the handshake."""
    by_certificate(cluster, scan, rewrite, LONG_AGO)
    with serving(lambda _connection: None, expects=cluster.ca_pem) as (url, ca_pem):
        moved_to(scan, rewrite, url, ca_pem)
        with pytest.raises(ServiceError, match=r"accept the client certificate .*EXPIRED"):
            scan()
    assert waits == []


def test_a_client_certificate_rejected_with_401(
    cluster: Cluster, scan: ClusterScan, rewrite: Rewrite, waits: list[float]
) -> None:
    """As with API servers, which request certificates and check them later."""
    by_certificate(cluster, scan, rewrite, None)
    cluster.faults.add(Fault(times=None, status=401))
    with pytest.raises(
        ServiceError, match="does not accept the client certificate: it is"
    ) as raised:
        scan()
    assert "token" not in str(raised.value)
    assert waits == []


def test_an_unknown_host(scan: ClusterScan, rewrite: Rewrite, waits: list[float]) -> None:
    moved_to(scan, rewrite, "https://no-such-host.invalid", another_authority())
    with pytest.raises(ServiceError, match="host name does not exist: check the address"):
        scan()
    assert waits == []


def test_a_server_without_tls(scan: ClusterScan, rewrite: Rewrite, waits: list[float]) -> None:
    class Plain(BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with listening(Plain) as port:
        moved_to(scan, rewrite, f"https://127.0.0.1:{port}", another_authority())
        with pytest.raises(ServiceError, match="failed in the TLS handshake"):
            scan()
    assert waits == []
