"""What is sent to Slack."""

from collections.abc import Sequence
from typing import Any, NamedTuple

Block = dict[str, Any]


class Content(NamedTuple):
    """`text` is what notifications and screen readers read: what the blocks say, in short."""

    text: str
    blocks: Sequence[Block] = ()
