"""Helpers for the tests of the AWS stand-in."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bot.playground.aws import AwsStandIn, manifests

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MISSING = f"sha256:{'0' * 64}"
MakeClient = Callable[..., Any]


def image(name: str, size: int = 1000, **options: Any) -> str:
    """A small image. Its digest is derived from the name."""
    return manifests.image((f"{name} config", 10), [(f"{name} layer", size)], **options)


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    """The code and message of the call's error."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def pushed(aws: AwsStandIn, tag: str, name: str = "team/api", **place: str) -> tuple[str, str]:
    """The reference and digest of a new image."""
    try:
        repository = aws.world.repository(name, **place)
    except KeyError:
        repository = aws.world.create_repository(name, **place)  # type: ignore[arg-type]
    digest = aws.world.push(repository, image(f"{name} {tag}"), tags=[tag])
    return f"{repository.uri}:{tag}", digest


def pages(
    call: Callable[..., Any], member: str, token: tuple[str, str], **params: Any
) -> list[Any]:
    """The lengths of all pages. `token`: its names in requests and answers."""
    lengths: list[int] = []
    given: dict[str, str] = {}
    while True:
        answer = call(**params, **given)
        lengths.append(len(answer[member]))
        if token[1] not in answer:
            return lengths
        given = {token[0]: answer[token[1]]}
