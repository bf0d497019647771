"""Sends batches of digests to be deleted, and finds out what became of each."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain, starmap
from typing import NamedTuple

from bot.core.errors import (
    AnswerLostError,
    ExpiredCredentialsError,
    NotSentError,
    ServiceError,
    ThrottledError,
)
from bot.core.passes import in_batches
from bot.core.records import Batch, Fate, KeptManifest, Outcome
from bot.core.result_reasons import RefusedByEcr, SkipReason
from bot.core.sentence import Sentence
from bot.parallel import in_parallel
from bot.ports import DeletionFailure, ManifestText
from bot.usecases.lease import Lease, RunLostError
from bot.usecases.ledger import Ledger
from bot.usecases.lookout import Lookout, Workplace

DELETED_AT_ONCE = 100
"""BatchDeleteImage takes no more: API reference, imageIds."""

NOT_THERE = "ImageNotFound"
LOOK_AGAIN = ("ImageReferencedByManifestList", NOT_THERE)
"""ECR knows of an index that lists the image, or knows it no more: API reference, ImageFailure."""

TRIES = 4
"""Of an image that ECR refuses for such a reason."""


class Answer(NamedTuple):
    """What ECR said of each image of a batch. `error`: it said nothing of any."""

    batch: Batch
    images: Mapping[str, DeletionFailure | None]
    error: ServiceError | None = None

    @property
    def may_pass(self) -> bool:
        """Whether the error is one that may be over the next time."""
        return isinstance(
            self.error, AnswerLostError | ExpiredCredentialsError | NotSentError | ThrottledError
        )


@dataclass(frozen=True, slots=True)
class Sender:
    """`numbers` are those of the next batches. `unsure`: digests of calls that left and that ECR
    did not answer, with the time at which the last of these calls had left. `refused`: how often
    ECR refused which, so that all had to be looked at again."""

    lease: Lease
    workplace: Workplace
    ledger: Ledger
    lookout: Lookout
    numbers: Iterator[int]
    unsure: dict[str, datetime]
    refused: Counter[str] = field(default_factory=Counter)

    def send(self, digests: Sequence[str], texts: Mapping[str, ManifestText]) -> list[Answer]:
        """Some calls at a time, all of them written down before and after. Raises RunLostError, and
        ServiceError if something could not be written down."""
        some = in_batches(digests, DELETED_AT_ONCE)
        batches = [Batch(next(self.numbers), tuple(batch)) for batch in some]
        kept = (self._kept(digest, texts[digest]) for digest in digests)
        if not self.lease.store.journal(self.lease.run, batches, kept):
            raise RunLostError
        self.lookout.count_batches(len(batches))
        answers = []
        for answer in in_parallel(self._send, batches):
            self._take_in(answer)
            answers.append(answer)
        return answers

    def give_up(self, answers: Iterable[Answer]) -> None:
        """On what is pending of these. Each has an error."""
        for answer in answers:
            assert answer.error is not None
            reason = Sentence.of(answer.error)
            pending = self.ledger.pending.intersection(answer.batch.digests)
            self._settle([Fate(digest, Outcome.FAILED, reason) for digest in sorted(pending)])

    def _kept(self, digest: str, text: ManifestText) -> KeptManifest:
        manifest = self.lookout.approved(digest)
        repository = self.lookout.repository.uri
        return KeptManifest(repository, digest, manifest.tags, text.media_type, text.text)

    def _send(self, batch: Batch) -> Answer:
        self.lease.hold()
        try:
            may_go = partial(self._may_go, batch)
            return Answer(batch, self.workplace.deleter.delete(batch.digests, may_go))
        except ExpiredCredentialsError as error:
            self.workplace.deleter.renew_credentials()
            return Answer(batch, {}, error)
        except ServiceError as error:
            return Answer(batch, {}, error)

    def _may_go(self, batch: Batch) -> bool:
        """Writes down that the call leaves, as late as possible: a batch without that mark claims
        nothing. A process that was frozen since the last look learns it here. Raises NotSentError
        if the mark cannot be written."""
        if not self._is_current():
            return False
        try:
            is_marked = self.lease.store.mark_sent(self.lease.run, batch, self.lease.clock())
        except ServiceError as error:
            raise NotSentError(str(error)) from error
        return is_marked and self._is_current()

    def _is_current(self) -> bool:
        return self.lease.is_sure() and self.lookout.check_holds()

    def _take_in(self, answer: Answer) -> None:
        """A batch of which something is not known stays open until the end of the run: a call may
        take effect after it was looked up."""
        fates = list(chain.from_iterable(starmap(self._fates, answer.images.items())))
        unknown = [digest for digest in answer.batch.digests if digest not in answer.images]
        if answer.error is not None and not answer.may_pass:
            fates += [Fate(digest, Outcome.FAILED, Sentence.of(answer.error)) for digest in unknown]
        elif answer.error is None or isinstance(answer.error, AnswerLostError):
            self.unsure.update(dict.fromkeys(unknown, self.lease.clock()))
        is_open = any(digest in self.unsure for digest in unknown)
        self._settle(fates, [] if is_open else [answer.batch])

    def _fates(self, digest: str, refusal: DeletionFailure | None) -> Iterator[Fate]:
        """None for what is to be tried again."""
        if refusal is None:
            yield self.ledger.confirmed_deletion(digest)
        elif refusal.code == NOT_THERE and digest in self.unsure:
            yield self.ledger.unconfirmed_deletion(digest)
        elif refusal.code in LOOK_AGAIN and self.refused[digest] + 1 < TRIES:
            self.refused[digest] += 1
            self.lookout.doubt()
        else:
            yield Fate(digest, Outcome.FAILED, RefusedByEcr(refusal.code, refusal.reason))

    def _settle(self, fates: Sequence[Fate], answered: Sequence[Batch] = ()) -> None:
        """What hangs on something that stays, stays too: both are written at once."""
        why: dict[str, SkipReason] = {}
        for fate in fates:
            if fate.outcome is Outcome.FAILED:
                why |= self.lookout.below(fate.digest, fate.reason, self.ledger)
        settled = {fate.digest for fate in fates}
        below = [
            Fate(digest, Outcome.SPARED, reason)
            for digest, reason in why.items()
            if digest not in settled
        ]
        self.ledger.settle([*fates, *below], answered)
        self.lookout.forget(settled)
