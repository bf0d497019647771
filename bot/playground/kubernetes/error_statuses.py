"""Error answers of an API server: a Status, or a plain page.

Texts and reasons are those of apimachinery's pkg/api/errors/errors.go, apiserver's
pkg/endpoints/handlers/responsewriters/errors.go and pkg/storage/errors.go.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from bot.playground.kubernetes.request_paths import ResourceRequest
from bot.playground.server import HttpReply

JSON = {"content-type": "application/json"}
TEXT = {"content-type": "text/plain; charset=utf-8"}


class ErrorReplyError(Exception):
    """A request that gets an error answer."""

    def reply(self) -> HttpReply:
        raise NotImplementedError


@dataclass(eq=False)
class StatusError(ErrorReplyError):
    """An error answered as a Status. `metadata`: that of the list, if there was one."""

    code: int
    reason: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def reply(self) -> HttpReply:
        return HttpReply(self.code, orjson.dumps(self._status()), JSON | self._retry_header())

    def _status(self) -> dict[str, Any]:
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            **({"details": self.details} if self.details else {}),
            "code": self.code,
        }

    def _retry_header(self) -> dict[str, str]:
        seconds = self.details.get("retryAfterSeconds")
        return {"retry-after": str(seconds)} if seconds is not None else {}


class NoSuchPageError(ErrorReplyError):
    """An unknown group, version or custom resource: answered without a Status."""

    def reply(self) -> HttpReply:
        return HttpReply(404, b"404 page not found\n", TEXT)


def unauthorized() -> StatusError:
    return StatusError(401, "Unauthorized", "Unauthorized")


def forbidden(user: str, requested: ResourceRequest) -> StatusError:
    where = (
        f'in the namespace "{requested.namespace}"'
        if requested.namespace
        else "at the cluster scope"
    )
    name = f' "{requested.name}"' if requested.name else ""
    return StatusError(
        403,
        "Forbidden",
        f'{requested.qualified_resource}{name} is forbidden: User "{user}" cannot {requested.verb} '
        f'resource "{requested.resource_path}" in API group "{requested.group}" {where}',
        {
            **({"name": requested.name} if requested.name else {}),
            **({"group": requested.group} if requested.group else {}),
            "kind": requested.resource,
        },
    )


def not_found() -> StatusError:
    return StatusError(404, "NotFound", "the server could not find the requested resource")


def method_not_allowed() -> StatusError:
    return StatusError(
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
    )


def bad_request(message: str) -> StatusError:
    return StatusError(400, "BadRequest", message)


def expired_list() -> StatusError:
    return StatusError(410, "Expired", "The resourceVersion for the provided list is too old.")


def expired_continue(inconsistent: str) -> StatusError:
    """Includes a token that continues at the same key in the current objects."""
    return StatusError(
        410,
        "Expired",
        "The provided continue parameter is too old to display a consistent list result. "
        "You can start a new list without the continue parameter, or use the continue token in "
        "this response to retrieve the remainder of the results. Continuing with the provided "
        "token results in an inconsistent list - objects that were created, modified, or deleted "
        "between the time the first chunk was returned and now may show up in the list.",
        metadata={"continue": inconsistent},
    )


def too_many_requests(retry_after: int) -> StatusError:
    return StatusError(
        429,
        "TooManyRequests",
        "the server has received too many requests and has asked us to try again later",
        {"retryAfterSeconds": retry_after},
    )


def internal_error() -> StatusError:
    why = "injected by the stand-in"
    message = f"Internal error occurred: {why}"
    return StatusError(500, "InternalError", message, {"causes": [{"message": why}]})


def unavailable() -> StatusError:
    message = "the server is currently unable to handle the request"
    return StatusError(503, "ServiceUnavailable", message)


def not_supported(what: str) -> StatusError:
    return StatusError(501, "NotImplemented", f"The stand-in does not support {what}")


def stand_in_bug(text: str) -> StatusError:
    return StatusError(500, "StandInBug", text)
