"""The stand-in's control, from another process."""

from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import orjson


class Control:
    """The stand-in's control over HTTP."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc

    def send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        connection = HTTPConnection(self._address, timeout=60)
        try:
            connection.request(method, f"/_control{path}", orjson.dumps(body))
            response = connection.getresponse()
            answer = orjson.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"{method} {path}: {answer}")
        return answer
