"""Small batches, and an image group to delete."""

import pytest

from bot.playground.aws import manifests
from tests.support import image_text
from tests.usecases.aws_env import AwsEnv
from tests.usecases.deletion.support import AT_ONCE


@pytest.fixture(autouse=True)
def at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The number of images in a batch. It is small, so that few images make many batches."""
    number: int = getattr(request, "param", AT_ONCE)
    monkeypatch.setattr("bot.usecases.deletion.batches.IMAGES_PER_BATCH", number)
    return number


@pytest.fixture
def family(aws_env: AwsEnv) -> dict[str, str]:
    """Two releases to keep, and an index to delete with two children, one of them signed."""
    shelf = aws_env.shelf
    shelf.image("3.0", age=30)
    shelf.image("2.0", age=31)
    index = shelf.index("1.0", "1.0-amd64", "1.0-arm64", age=40)
    children = {name: manifests.digest_of(image_text(name)) for name in ("1.0-amd64", "1.0-arm64")}
    tag = f"{children['1.0-amd64'].replace(':', '-')}.sig"
    signed = shelf.image("signature", tag, age=40)
    return {"1.0": index, **children, "signature": signed}
