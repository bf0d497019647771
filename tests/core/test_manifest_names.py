"""References to a manifest by tag or digest."""

import pytest

from bot.core.manifest import reference_matches

DIGEST = f"sha256:0123456789ab{'c' * 52}"


@pytest.mark.parametrize(
    ("reference", "called"),
    [
        ("1.0", True),
        ("latest", True),
        (DIGEST, True),
        ("sha256:0123456789ab", True),
        ("sha256:012345", True),
        ("sha256:01234", False),
        ("sha256:", False),
        ("sha256:012346", False),
        ("0123456789ab", False),
        (f"{DIGEST}0", False),
        ("1", False),
        ("1.0.0", False),
        ("LATEST", False),
        ("", False),
    ],
)
def test_a_tag_the_digest_or_its_start(reference: str, *, called: bool) -> None:
    assert reference_matches(reference, DIGEST, ("1.0", "latest")) is called


def test_without_tags_only_the_digest_matches() -> None:
    assert reference_matches(DIGEST, DIGEST, ())
    assert not reference_matches("1.0", DIGEST, ())
