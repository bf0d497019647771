"""Rejects unknown options, as Python rejects unknown arguments."""

from collections.abc import Mapping
from typing import Any


def reject_unknown_options(options: Mapping[str, Any], allowed: type) -> None:
    """Raises TypeError if the TypedDict `allowed` lacks one of the options."""
    known = allowed.__annotations__
    if unknown := options.keys() - known.keys():
        raise TypeError(
            f"unknown option {', '.join(sorted(unknown))}: use one of {', '.join(known)}"
        )
