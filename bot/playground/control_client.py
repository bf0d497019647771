"""HTTP client for the control API of a stand-in."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from http.client import HTTPConnection, HTTPSConnection
from itertools import islice
from ssl import create_default_context
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import orjson

Item = TypeVar("Item")


class ControlClient:
    """Sends requests to `/_control`, over HTTP, or over HTTPS with the CA certificate `ca_pem`."""

    def __init__(self, url: str, ca_pem: str = "") -> None:
        self._connect = _connection_factory(urlsplit(url), ca_pem)

    def send(self, method: str, path: str, body: Any) -> Any:
        """Returns the JSON answer; raises RuntimeError for any status but 200."""
        connection = self._connect()
        try:
            connection.request(method, f"/_control{path}", orjson.dumps(body))
            response = connection.getresponse()
            answer = orjson.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"{method} {path}: {answer}")
        return answer


def in_chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of at most `size` items, which keeps request bodies small."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def _connection_factory(url: SplitResult, ca_pem: str) -> Callable[[], HTTPConnection]:
    if url.scheme == "http":
        return partial(HTTPConnection, url.netloc, timeout=60)
    trust = create_default_context(cadata=ca_pem)
    return partial(HTTPSConnection, url.netloc, timeout=60, context=trust)
