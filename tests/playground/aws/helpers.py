"""What the tests of this folder share."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bot.playground.aws import manifests

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MISSING = f"sha256:{'0' * 64}"
MakeClient = Callable[..., Any]


def image(name: str, size: int = 1000, **options: Any) -> str:
    """A small image; its name makes its digest."""
    return manifests.image((f"{name} config", 10), [(f"{name} layer", size)], **options)


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    """The code and message of the error that the call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
