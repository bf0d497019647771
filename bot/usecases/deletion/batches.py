"""Sends batches of digests to ECR. Stores each batch before its call, and marks it as sent right
before the request."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.core.errors import (
    AnswerLostError,
    CallNotSentError,
    ExpiredCredentialsError,
    ServiceError,
    ThrottledError,
)
from bot.core.records import DeletionBatch, KeptManifest
from bot.parallel import in_batches, in_parallel
from bot.ports import DeletionFailure, ImageDeleter
from bot.usecases.deletion.lease import LeasedRun, LeaseLostError

IMAGES_PER_BATCH = 100
"""The maximum of BatchDeleteImage: API reference, imageIds."""

BATCHES_PER_ROUND = 4

MAX_DESCRIPTION_AGE = timedelta(seconds=60)
"""A request is sent at most this long after its images were described."""


def images_per_round() -> int:
    return IMAGES_PER_BATCH * BATCHES_PER_ROUND


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """ECR's answer for each image of a batch, None for deleted images. `error`: why there is no
    answer; then `images` is empty."""

    batch: DeletionBatch
    images: Mapping[str, DeletionFailure | None]
    error: ServiceError | None = None

    @property
    def is_worth_a_retry(self) -> bool:
        """Whether a retry may succeed."""
        return isinstance(
            self.error,
            AnswerLostError | ExpiredCredentialsError | CallNotSentError | ThrottledError,
        )


@dataclass(frozen=True, slots=True)
class BatchSender:
    leased: LeasedRun
    deleter: ImageDeleter

    def journal(self, manifests: Sequence[KeptManifest], first: int) -> Sequence[DeletionBatch]:
        """Stores the next batches and the texts of their manifests. `first`: the number of the
        first batch. Raises LeaseLostError if another worker has the run, and ServiceError if
        storing fails."""
        digests = [manifest.digest for manifest in manifests]
        parts = in_batches(digests, IMAGES_PER_BATCH)
        batches = [DeletionBatch(number, tuple(part)) for number, part in enumerate(parts, first)]
        if not self.leased.store.journal(self.leased.run, batches, manifests):
            raise LeaseLostError
        return batches

    def send(
        self, batches: Sequence[DeletionBatch], described_at: datetime
    ) -> Iterator[BatchAnswer]:
        """Yields the answers in the order of the batches. Raises LeaseLostError if another worker
        has the run, and ServiceError if the lease cannot be renewed."""
        return in_parallel(partial(self._send, described_at), batches)

    def _send(self, described_at: datetime, batch: DeletionBatch) -> BatchAnswer:
        self.leased.lease.renew()
        may_leave: Callable[[], bool] = partial(self._may_leave, batch, described_at)
        try:
            return BatchAnswer(batch, self.deleter.delete(batch.digests, may_leave))
        except ExpiredCredentialsError as error:
            self.deleter.renew_credentials()
            return BatchAnswer(batch, {}, error)
        except ServiceError as error:
            return BatchAnswer(batch, {}, error)

    def _may_leave(self, batch: DeletionBatch, described_at: datetime) -> bool:
        """Marks the batch as sent right before the request: a batch without that mark has deleted
        nothing. Returns False if this process was frozen for too long. Raises NotSentError if the
        mark cannot be stored."""
        if not self._is_current(described_at):
            return False
        store, run = self.leased.store, self.leased.run
        try:
            is_marked = store.mark_sent(run, batch, self.leased.clock())
        except ServiceError as error:
            raise CallNotSentError(str(error)) from error
        return is_marked and self._is_current(described_at)

    def _is_current(self, described_at: datetime) -> bool:
        is_recent = self.leased.clock() - described_at <= MAX_DESCRIPTION_AGE
        return self.leased.lease.is_certain() and is_recent
