"""The clients of a session, each created once: creating one takes 20 to 200 ms and 0.2 to 1.4 MB,
and boto3's clients may be used by several threads."""

from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from bot.aws.sessions import client_config

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config

Prepare = Callable[[Any], None]
"""Adds event handlers to a new client before anyone else gets it: botocore loses handlers that are
added while another thread makes a call."""


def client_of(
    session: "boto3.Session",
    service: str,
    region: str | None,
    config: "Config | None" = None,
    prepare: Prepare | None = None,
) -> Any:
    """The same client for the same arguments, as long as the session lives. `region`: None for the
    session's own. `config`: None for `client_config`. Clients that are prepared in different ways
    are different ones. Raises what boto3 raises, and RequestError."""
    return _CLIENTS.setdefault(session, _Clients()).get(session, service, region, config, prepare)


class _Clients:
    """Of one session. Holds no reference to it: the clients are dropped with the session."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._usual_config: Config | None = None
        self._created: dict[tuple[object, ...], Any] = {}

    def get(
        self,
        session: "boto3.Session",
        service: str,
        region: str | None,
        config: "Config | None",
        prepare: Prepare | None,
    ) -> Any:
        key = (service, region, config, prepare)
        with self._lock:
            if key not in self._created:
                create: Callable[..., Any] = session.client
                client = create(service, region_name=region, config=config or self._usual())
                if prepare:
                    prepare(client)
                self._created[key] = client
            return self._created[key]

    def _usual(self) -> "Config":
        if self._usual_config is None:
            self._usual_config = client_config()
        return self._usual_config


_CLIENTS: "WeakKeyDictionary[boto3.Session, _Clients]" = WeakKeyDictionary()
