"""Checks EKS tokens: presigned GetCallerIdentity requests of STS.

The checks follow aws-iam-authenticator's pkg/token/token.go. It then sends the URL to STS with the
header `x-k8s-aws-id: <cluster name>`, so that a token is valid for one cluster only. The
URL alone does not show the signature key or the value of that header. So this stand-in also accepts
tokens for other clusters and tokens signed with a wrong key.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, parse_qsl, urlsplit

from bot.playground.kubernetes import base64url

PREFIX = "k8s-aws-v1."
_LONGEST = 4096
_LIFETIME = timedelta(minutes=15)
_SKEW = timedelta(minutes=5)
_STS_HOST = re.compile(r"sts(?:-fips)?\.(?:([a-z0-9-]+)\.)?amazonaws\.com(?:\.cn)?")
_CREDENTIAL = re.compile(r"([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")
_PARAMETERS = {
    "action",
    "version",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
}
_OPTIONAL = {"x-amz-security-token"}


class BadTokenError(Exception):
    """The cause of a 401. Only the call log of the stand-in shows it."""


class StsOrigins:
    """STS endpoints outside of AWS that are accepted, such as `http://127.0.0.1:4566`."""

    def __init__(self) -> None:
        self._trusted: set[str] = set()

    def trust(self, url: str) -> None:
        parts = urlsplit(url)
        self._trusted.add(f"{parts.scheme}://{parts.netloc}")

    def check(self, url: SplitResult, region: str) -> None:
        """Raises BadTokenError unless the host is trusted, or an STS host in the Region of the
        credential: STS rejects a signature for another Region."""
        if f"{url.scheme}://{url.netloc}" in self._trusted:
            return
        if url.scheme != "https":
            raise BadTokenError(f"unexpected scheme {url.scheme}")
        host = _STS_HOST.fullmatch(url.netloc)
        if host is None or (host[1] or "us-east-1") != region:
            raise BadTokenError(f"unexpected host {url.netloc} for {region}")


def access_key_of(token: str, now: datetime, origins: StsOrigins) -> str:
    """Returns the access key that signed the token. Raises BadTokenError."""
    url = urlsplit(_decoded(token))
    if url.path != "/":
        raise BadTokenError(f"unexpected path {url.path}")
    query = _parameters(url.query)
    access_key, region = _credential(query)
    origins.check(url, region)
    _check_call(query)
    _check_dates(query, now)
    if access_key.startswith("ASIA") and "x-amz-security-token" not in query:
        raise BadTokenError("temporary credentials without X-Amz-Security-Token")
    return access_key


def _decoded(token: str) -> str:
    if len(token) > _LONGEST:
        raise BadTokenError("the token is too long")
    try:
        return base64url.decode(token.removeprefix(PREFIX)).decode()
    except ValueError as error:
        raise BadTokenError(f"the token is not base64url: {error}") from None


def _parameters(query: str) -> Mapping[str, str]:
    pairs = [(name.lower(), value) for name, value in parse_qsl(query, keep_blank_values=True)]
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadTokenError("a parameter is given twice")
    if unknown := found.keys() - _PARAMETERS:
        raise BadTokenError(f"unexpected parameters: {', '.join(sorted(unknown))}")
    if missing := _PARAMETERS - _OPTIONAL - found.keys():
        raise BadTokenError(f"missing parameters: {', '.join(sorted(missing))}")
    return found


def _credential(query: Mapping[str, str]) -> tuple[str, str]:
    """Returns the access key and the Region of the signature."""
    scope = _CREDENTIAL.fullmatch(query["x-amz-credential"])
    if scope is None or scope[4] != "sts" or not query["x-amz-date"].startswith(scope[2]):
        raise BadTokenError(f"unexpected credential {query['x-amz-credential']}")
    return scope[1], scope[3]


def _check_call(query: Mapping[str, str]) -> None:
    if query["action"] != "GetCallerIdentity":
        raise BadTokenError(f"unexpected action {query['action']}")
    if "x-k8s-aws-id" not in query["x-amz-signedheaders"].lower().split(";"):
        raise BadTokenError("x-k8s-aws-id is not signed")
    expires = query["x-amz-expires"]
    if not expires.isdecimal() or int(expires) > 900:
        raise BadTokenError(f"X-Amz-Expires is {expires}")


def _check_dates(query: Mapping[str, str], now: datetime) -> None:
    """STS accepts signatures of the last 15 minutes, and rejects future ones."""
    try:
        signed = datetime.strptime(query["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadTokenError(f"X-Amz-Date: {error}") from None
    if now > signed + _LIFETIME or now < signed - _SKEW:
        raise BadTokenError(f"X-Amz-Date is {signed}, now is {now}")
