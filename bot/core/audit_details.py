"""What the audit says of an event: values with fields. `bot/render/reasons.py` words them."""

from dataclasses import dataclass
from typing import TypeAlias

from bot.core.result_reasons import EndCause, ResultReason, Sentence


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """So many images have this reason."""

    images: int
    reason: ResultReason


@dataclass(frozen=True, slots=True)
class DeletedAsApproved:
    """`is_unconfirmed`: ECR's answer was lost, and the images were gone when it was looked up."""

    is_unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class NotDeleted:
    """`reasons`: the most frequent ones. The receipt has that of each image."""

    reasons: tuple[ReasonCount, ...]


@dataclass(frozen=True, slots=True)
class RunEnded:
    """Numbers of images by outcome. `freed_bytes`: by deletions that ECR confirmed; `exact` False:
    at most that. `unconfirmed_bytes`: freed by the `unconfirmed` others. `cause`: why it ended
    before everything was deleted."""

    deleted: int
    skipped: int
    failed: int
    pending: int
    freed_bytes: int
    exact: bool
    unconfirmed: int = 0
    unconfirmed_bytes: int = 0
    cause: EndCause | None = None


EventDetail: TypeAlias = DeletedAsApproved | NotDeleted | RunEnded | Sentence
