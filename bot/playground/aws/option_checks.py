"""Options that nobody knows are refused, as Python does with arguments."""

from collections.abc import Mapping
from typing import Any


def reject_unknown_options(options: Mapping[str, Any], allowed: type) -> None:
    """Raises TypeError if the TypedDict `allowed` lacks one of the options."""
    known = allowed.__annotations__
    if unknown := options.keys() - known.keys():
        raise TypeError(
            f"there is no option {', '.join(sorted(unknown))}; there are {', '.join(known)}"
        )
