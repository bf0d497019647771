"""Turns errors of a cluster into sentences that name the cluster, the action and the fix."""

from collections.abc import Iterator
from contextlib import contextmanager
from ssl import SSLCertVerificationError, SSLError

import httpx2
import msgspec
from lightkube.core.exceptions import ConfigError, NotReadyError

from bot.core.errors import ServiceError
from bot.sanitize import quoted
from bot.usage.kubernetes.http_transport import (
    RESTARTING,
    is_of_unknown_host,
    is_refused_by_proxy,
    tls_failure,
)

OLDEST = "Kubernetes 1.21"
"""The oldest version with all kinds that are read: it added CronJobs of batch/v1."""

CHECK_RESOURCE = (
    "check the resource in usage.kubernetes.custom_resources, and list the clusters that have it "
    "under `clusters`"
)
CHECK_VERSION = f"use {OLDEST} or newer, and check that the address is that of an API server"
"""Fixes for a kind that a cluster does not know."""

CHECK_ENTRY = "fix its entry in usage.kubernetes.clusters, or the file or cluster that it names"

_GRANT = "grant the ClusterRole that `ecr-clean iam-policy --kubernetes` prints in a terminal"

_OUT_OF_DATE, _WRONG_HOST = (9, 10), (62, 64)
"""OpenSSL codes: X509_V_ERR_CERT_NOT_YET_VALID and _HAS_EXPIRED, _HOSTNAME_MISMATCH and
_IP_ADDRESS_MISMATCH."""

_CERTIFICATE_REFUSED = ("CERTIFICATE", "UNKNOWN_CA")


class ClusterSettingsError(Exception):
    """The connection settings of a cluster cannot be used. `why`: the cause, shown in brackets.
    `fix`: shown after the colon. Neither contains a secret."""

    def __init__(self, why: str, fix: str = CHECK_ENTRY) -> None:
        super().__init__(f"{why}: {fix}")
        self.why = why
        self.fix = fix


@contextmanager
def explain_errors(action: str, cluster: str, unknown_kind: str = CHECK_RESOURCE) -> Iterator[None]:
    """Raises errors as ServiceError. `action`: a verb phrase that follows "to". `unknown_kind`: the
    fix if the cluster does not know the requested kind."""
    try:
        yield
    except httpx2.HTTPStatusError as error:
        words = _refusal(error, action, unknown_kind)
        raise ServiceError(f"Kubernetes cluster {cluster} {words}") from error
    except (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
        raise ServiceError(_unusable(cluster, type(error).__name__)) from None
    except httpx2.HTTPError as error:
        raise ServiceError(_no_answer(error, action, cluster)) from error
    except ClusterSettingsError as error:
        raise ServiceError(_unusable(cluster, error.why, error.fix)) from None
    except ConfigError as error:
        raise ServiceError(_unusable(cluster, quoted(error))) from None
    except (OSError, LookupError) as error:
        words = f"there is no {error}" if isinstance(error, KeyError) else quoted(error)
        raise ServiceError(_unusable(cluster, words)) from error
    except (
        AssertionError,
        AttributeError,
        msgspec.MsgspecError,
        NotReadyError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise ServiceError(
            f"Kubernetes cluster {cluster} gave an unreadable answer to the request to {action} "
            f"({quoted(error)}): check any proxy in front of its API server"
        ) from error


def _unusable(cluster: str, why: str, fix: str = CHECK_ENTRY) -> str:
    """`why` must not be the text of httpx2's errors: they quote headers and URLs with secrets."""
    return f"Kubernetes cluster {cluster} cannot be reached ({why}): {fix}"


def _no_answer(error: httpx2.HTTPError, action: str, cluster: str) -> str:
    who = f"Kubernetes cluster {cluster}"
    if isinstance(error, httpx2.TimeoutException):
        return (
            f"{who} timed out on the request to {action}: check its address, its API server and "
            "the network, or raise usage.kubernetes.timeout"
        )
    if failure := tls_failure(error):
        return f"{who} {_tls_error(failure)}"
    if is_of_unknown_host(error):
        return f"{who} has an address whose host name does not exist: check the address"
    if is_refused_by_proxy(error):
        answer = quoted(error)
        return f"{who} cannot be reached: the proxy answered {answer}. Check HTTPS_PROXY"
    return (
        f"{who} did not answer the request to {action} ({quoted(error) or type(error).__name__}): "
        "check its address and the network"
    )


def _tls_error(failure: SSLError) -> str:
    if isinstance(failure, SSLCertVerificationError):
        found = f"({failure.reason}: {failure.verify_message})"
        return f"has a certificate that is not trusted {found}: {_trust_fix(failure.verify_code)}"
    reason = failure.reason or type(failure).__name__
    if any(word in reason for word in _CERTIFICATE_REFUSED):
        return f"does not accept the client certificate ({reason}): renew it"
    return (
        f"failed in the TLS handshake ({reason}): check that its address is that of an API server"
    )


def _trust_fix(verify_code: int) -> str:
    if verify_code in _OUT_OF_DATE:
        return "renew the certificate of its API server, or correct the clock of this machine"
    if verify_code in _WRONG_HOST:
        return "use an address that the certificate names"
    return (
        "check its certificate authority (certificate-authority of a kubeconfig), and any proxy in "
        "front of its API server"
    )


def _refusal(error: httpx2.HTTPStatusError, action: str, unknown_kind: str) -> str:
    said = quoted((str(error) or "no reason given").splitlines()[0])
    match error.response.status_code:
        case 401:
            words = f"does not accept {_credentials(error.request)}"
        case 403 if error.response.extensions.get(RESTARTING):
            words = (
                f"refused to {action}, but answered before: its API server may be restarting. Try "
                f"again later. If it still refuses, {_GRANT}. It says: {said}"
            )
        case 403:
            words = f"refused to {action}: {_GRANT}. It says: {said}"
        case 404:
            words = f"does not know the kind in the request to {action}: {unknown_kind}"
        case 410:
            words = f"answered 410 (expired) in every attempt to {action}: try again later"
        case 429:
            words = f"was too busy to {action} in every attempt: try again later"
        case status:
            words = f"failed with status {status} to {action}: {said}"
    return words


def _credentials(request: httpx2.Request) -> str:
    if "authorization" in request.headers:
        return "the credentials: renew the token; on EKS give the IAM principal an access entry"
    return "the client certificate: it is expired or signed by another authority. Renew it"
