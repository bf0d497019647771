"""What went wrong with a cluster, in sentences: which cluster, what it was asked, and the fix."""

from collections.abc import Iterator
from contextlib import contextmanager
from ssl import SSLCertVerificationError, SSLError

import httpx2
import msgspec
from lightkube.core.exceptions import ConfigError, NotReadyError

from bot.core.errors import ServiceError
from bot.sanitize import quoted
from bot.usage.kubernetes.transport import (
    RESTARTING,
    is_of_unknown_host,
    is_refused_by_proxy,
    tls_failure,
)

OLDEST = "Kubernetes 1.21"
"""The first with all kinds in the versions that are read: it brought CronJobs of batch/v1."""

CHECK_RESOURCE = (
    "check the resource in usage.kubernetes.custom_resources, and name there the clusters that "
    "have it"
)
CHECK_VERSION = f"it must be {OLDEST} or newer, and its address that of an API server"
"""What to do about a kind that a cluster does not know."""

CHECK_ENTRY = "mend its entry of usage.kubernetes.clusters, or what that names"

_GRANT = "ecr-clean iam-policy --kubernetes prints the ClusterRole"

_OUT_OF_DATE, _OF_ANOTHER_HOST = (9, 10), (62, 64)
"""OpenSSL's codes: X509_V_ERR_CERT_NOT_YET_VALID and _HAS_EXPIRED, _HOSTNAME_MISMATCH and
_IP_ADDRESS_MISMATCH."""

_CERTIFICATE_REFUSED = ("CERTIFICATE", "UNKNOWN_CA")


class UnusableError(Exception):
    """The way to a cluster that the settings name cannot be used. `why`: the cause, for brackets.
    `fix`: what to do, for after the colon. Neither repeats a secret."""

    def __init__(self, why: str, fix: str = CHECK_ENTRY) -> None:
        super().__init__(f"{why}: {fix}")
        self.why = why
        self.fix = fix


@contextmanager
def explain_errors(action: str, cluster: str, unknown_kind: str = CHECK_RESOURCE) -> Iterator[None]:
    """`action` follows "asked to". `unknown_kind`: what to do if the cluster does not know what it
    was asked for. Raises ServiceError."""
    try:
        yield
    except httpx2.HTTPStatusError as error:
        words = _refusal(error, action, unknown_kind)
        raise ServiceError(f"Kubernetes cluster {cluster} {words}") from error
    except (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
        raise ServiceError(_unusable(cluster, type(error).__name__)) from None
    except httpx2.HTTPError as error:
        raise ServiceError(_no_answer(error, action, cluster)) from error
    except UnusableError as error:
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
            f"Kubernetes cluster {cluster} gave an answer that cannot be understood when asked to "
            f"{action} ({quoted(error)}): check what stands between here and its API server"
        ) from error


def _unusable(cluster: str, why: str, fix: str = CHECK_ENTRY) -> str:
    """httpx2 quotes headers and URLs that it cannot send: tokens and passwords stand there."""
    return f"Kubernetes cluster {cluster} cannot be reached ({why}): {fix}"


def _no_answer(error: httpx2.HTTPError, action: str, cluster: str) -> str:
    who = f"Kubernetes cluster {cluster}"
    if isinstance(error, httpx2.TimeoutException):
        return (
            f"{who} gave no answer in time when asked to {action}: check its address, its API "
            "server and the network, or raise usage.kubernetes.timeout"
        )
    if failure := tls_failure(error):
        return f"{who} {_distrust(failure)}"
    if is_of_unknown_host(error):
        return f"{who} has an address with a host name that does not exist: check the address"
    if is_refused_by_proxy(error):
        answer = quoted(error)
        return f"{who} is not reached through the proxy, which answers {answer}: check HTTPS_PROXY"
    return (
        f"{who} gave no answer when asked to {action} ({quoted(error) or type(error).__name__}): "
        "check its address and the network"
    )


def _distrust(failure: SSLError) -> str:
    if isinstance(failure, SSLCertVerificationError):
        found = f"({failure.reason}: {failure.verify_message})"
        return f"shows a certificate that is not trusted {found}: {_trust_fix(failure.verify_code)}"
    reason = failure.reason or type(failure).__name__
    if any(word in reason for word in _CERTIFICATE_REFUSED):
        return f"does not accept the client certificate ({reason}): renew it"
    return f"speaks no TLS that can be used ({reason}): check that its address is an API server's"


def _trust_fix(verify_code: int) -> str:
    if verify_code in _OUT_OF_DATE:
        return "renew the certificate of its API server, or set the clock of this machine"
    if verify_code in _OF_ANOTHER_HOST:
        return "use an address that the certificate names"
    return (
        "check its certificate authority (certificate-authority of a kubeconfig), and what stands "
        "between here and its API server"
    )


def _refusal(error: httpx2.HTTPStatusError, action: str, unknown_kind: str) -> str:
    said = quoted((str(error) or "no reason given").splitlines()[0])
    match error.response.status_code:
        case 401:
            words = f"does not accept {_credentials(error.request)}"
        case 403 if error.response.extensions.get(RESTARTING):
            words = (
                f"refused to {action}, though it had answered otherwise a moment before: its API "
                f"server may be restarting. Try again later; if it still refuses, grant it, "
                f"{_GRANT}. It says: {said}"
            )
        case 403:
            words = f"refused to {action}: grant it, {_GRANT}. It says: {said}"
        case 404:
            words = f"does not know what it was asked to {action}: {unknown_kind}"
        case 410:
            words = f"let every attempt to {action} expire: try again later"
        case 429:
            words = f"was too busy to {action} in all attempts: try again later"
        case status:
            words = f"failed with {status} to {action}: {said}"
    return words


def _credentials(request: httpx2.Request) -> str:
    if "authorization" in request.headers:
        return "the credentials: renew the token; on EKS give the IAM principal an access entry"
    return "the client certificate: it has expired, or another authority signed it. Renew it"
