"""The API server of a stand-in cluster on a local port."""

from datetime import datetime
from ssl import CERT_OPTIONAL, PROTOCOL_TLS_SERVER, SSLContext
from types import TracebackType
from typing import Any, NamedTuple, Self

import trustme
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from bot.playground.kubernetes.cluster_address import ClusterAddress
from bot.playground.kubernetes.cluster_state import DEFAULT_TOKEN, ClusterState
from bot.playground.kubernetes.control_api import control_routes
from bot.playground.kubernetes.request_handler import Request, RequestHandler
from bot.playground.server import LOOPBACK, HttpServer, send_reply


class ClientCertificate(NamedTuple):
    """Certificate and key as PEM."""

    certificate: str
    key: str


class Cluster(ClusterState):
    """A stand-in cluster: the Kubernetes API over TLS. Use `with Cluster() as cluster: ...`.
    `expires`: when the server certificate expires.

    The end of the `with` block raises if the stand-in had an internal error, so that no test passes
    because of one.
    """

    def __init__(
        self, name: str = "stand-in", port: int = 0, *, expires: datetime | None = None
    ) -> None:
        super().__init__()
        self.name = name
        self._authority = trustme.CA()
        self.ca_pem = self._authority.cert_pem.bytes().decode()
        self._http_server = HttpServer(_application(self), port, _tls(self._authority, expires))

    def __enter__(self) -> Self:
        self._http_server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http_server.stop()
        if self.bugs and error is None:
            raise AssertionError("; ".join(self.bugs))

    @property
    def url(self) -> str:
        return f"https://{LOOPBACK}:{self._http_server.port}"

    @property
    def address(self) -> ClusterAddress:
        return ClusterAddress(self.name, self.url, self.ca_pem)

    @property
    def certificate_authority(self) -> str:
        return self.address.certificate_authority

    def issue(self, user: str, expires: datetime | None = None) -> ClientCertificate:
        """Issues a client certificate that authenticates the user without a token."""
        issued = self._authority.issue_cert(f"{user}@test", common_name=user, not_after=expires)
        (chain,) = issued.cert_chain_pems
        return ClientCertificate(chain.bytes().decode(), issued.private_key_pem.bytes().decode())

    def kubeconfig(self, token: str = DEFAULT_TOKEN, namespace: str = "default") -> dict[str, Any]:
        return self.address.kubeconfig(token, namespace)


def _tls(authority: trustme.CA, expires: datetime | None) -> SSLContext:
    """Real API servers answer 401 to an untrusted client certificate. Here the handshake fails, as
    behind a proxy."""
    context = SSLContext(PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOOPBACK, "localhost", not_after=expires).configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = CERT_OPTIONAL
    return context


def _application(state: ClusterState) -> Starlette:
    return Starlette(
        routes=[
            Mount("/_control", routes=control_routes(state)),
            Mount("/", app=_KubernetesApp(RequestHandler(state))),
        ]
    )


class _KubernetesApp:
    """The ASGI application for Kubernetes clients."""

    def __init__(self, handler: RequestHandler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        reply = self._handler.handle(
            Request(
                http.method,
                scope["path"],
                dict(http.query_params),
                http.headers.get("authorization", ""),
                _common_name(scope),
            )
        )
        await send_reply(reply, scope, send)


def _common_name(scope: Scope) -> str:
    """The common name of the client certificate; empty without one."""
    certificate = scope["state"]["transport"].get_extra_info("peercert") or {}
    names = dict(pair for part in certificate.get("subject", ()) for pair in part)
    return str(names.get("commonName", ""))
