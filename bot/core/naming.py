"""What people call a manifest."""

from collections.abc import Collection

_SHORTEST = len("sha256:") + 6
"""Of the beginning of a digest, so that no tag passes for one."""


def is_called(reference: str, digest: str, tags: Collection[str]) -> bool:
    """By a tag, by the digest, or by the beginning of that."""
    return reference in tags or (len(reference) >= _SHORTEST and digest.startswith(reference))
