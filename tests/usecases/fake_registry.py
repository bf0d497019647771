"""A registry with one repository, and its deleter, in memory, with the behavior of ECR."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count

from bot.core.errors import (
    AnswerLostError,
    CallNotSentError,
    ErrorText,
    ExpiredCredentialsError,
    ServiceError,
    ThrottledError,
)
from bot.core.manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    Blob,
    DescribedImage,
    ManifestContent,
    ManifestReadFailure,
)
from bot.core.repository import Puller, RegistryId, RepositoryId
from bot.ports import Clock, DatedAnswer, DeletionFailure, ManifestText
from bot.usecases.deletion.lease import RUN_LEASE

HERE = RegistryId("123456789012", "eu-west-1")
API = RepositoryId(HERE, "team/api", f"{HERE.account}.dkr.ecr.eu-west-1.amazonaws.com/team/api")
CONFIG = "application/vnd.oci.image.config.v1+json"
SIGNATURE = "application/vnd.dev.cosign.artifact.sig.v1+json"
AT_ONCE = 2


class FakeRegistry:
    """`by_us` and `by_others`: digests that the bot and users deleted. `described_images`: the last
    answers of `describe_some`."""

    read_at_once = AT_ONCE

    def __init__(self, clock: Clock) -> None:
        self.images: dict[str, DescribedImage] = {}
        self.contents: dict[str, ManifestContent] = {}
        self.by_us: set[str] = set()
        self.by_others: set[str] = set()
        self.described_images: dict[str, DescribedImage] = {}
        self.under_way: list[Iterator[object]] = []
        self.clock = clock
        self._numbers = count(1)

    # actions of users

    def push(
        self,
        *tags: str,
        children: Sequence[str] = (),
        subject: str | None = None,
    ) -> str:
        digest = f"sha256:{next(self._numbers):064x}"
        for tag in tags:
            self.untag(tag)
        config = None if children else SIGNATURE if subject else CONFIG
        media_type = OCI_INDEX if children else OCI_MANIFEST
        layers = () if children else (Blob(digest[::-1], 1000), Blob("sha256:base", 500))
        self.contents[digest] = ManifestContent(
            media_type, config, layers, tuple(children), subject
        )
        self.images[digest] = DescribedImage(
            digest, tags, self.clock(), None, 1000,
            media_type=media_type, config_type=config, subject=subject,
        )  # fmt: skip
        return digest

    def tag(self, digest: str, tag: str) -> None:
        self.untag(tag)
        image = self.images[digest]
        self.images[digest] = image._replace(tags=(*image.tags, tag))

    def untag(self, tag: str) -> None:
        for digest, image in self.images.items():
            if tag in image.tags:
                others = tuple(each for each in image.tags if each != tag)
                self.images[digest] = image._replace(tags=others)

    def pull(self, digest: str) -> None:
        self.images[digest] = self.images[digest]._replace(pulled_at=self.clock())

    def remove(self, digest: str) -> None:
        """Deletes an image, unless an index lists it, as in ECR."""
        if not self.indexes_of(digest):
            del self.images[digest]
            self.by_others.add(digest)

    def push_again(self, digest: str) -> None:
        """Deletes an image and pushes it again."""
        image = self.images[digest]
        self.remove(digest)
        if digest not in self.images:
            self.images[digest] = image._replace(pushed_at=self.clock(), pulled_at=None)

    def indexes_of(self, digest: str) -> list[str]:
        return [each for each in self.images if digest in self.contents[each].children]

    # calls of the bot

    def id(self) -> RegistryId:
        return HERE

    def repositories(self) -> Iterator[RepositoryId]:
        yield API

    def repository(self, name: str) -> RepositoryId | None:
        return API if name == API.name else None

    def resource_tags(self, repository: RepositoryId) -> Mapping[str, str]:
        assert repository == API
        return {}

    def describe(self, repository: RepositoryId) -> Iterator[DescribedImage]:
        for digest in self.digests(repository):
            yield self.images[digest]

    def digests(self, repository: RepositoryId) -> Iterator[str]:
        assert repository == API
        self._let_calls_arrive()
        yield from list(self.images)

    def describe_some(
        self, repository: RepositoryId, digests: Sequence[str]
    ) -> Mapping[str, DescribedImage]:
        assert repository == API
        assert len(digests) <= AT_ONCE
        self._let_calls_arrive()
        found = {digest: self.images[digest] for digest in digests if digest in self.images}
        self.described_images |= found
        return found

    def digests_of_tags(self, name: str, tags: Sequence[str]) -> Mapping[str, str]:
        assert name == API.name
        return {
            tag: digest
            for digest, image in self.images.items()
            for tag in image.tags
            if tag in tags
        }

    def read(
        self, repository: RepositoryId, batch: Sequence[DescribedImage]
    ) -> DatedAnswer[ManifestContent | ManifestReadFailure]:
        texts, answered_at, text_bytes = self.texts(repository, [each.digest for each in batch])
        contents = {
            each.digest: self.contents[each.digest]
            if each.digest in texts
            else ManifestReadFailure(ErrorText("it is gone"))
            for each in batch
        }
        return DatedAnswer(contents, answered_at, text_bytes)

    def texts(self, repository: RepositoryId, digests: Sequence[str]) -> DatedAnswer[ManifestText]:
        assert repository == API
        assert len(digests) <= AT_ONCE
        there = [digest for digest in digests if digest in self.images]
        for digest in there:
            self.pull(digest)
        texts = {
            d: ManifestText(self.contents[d].media_type, json.dumps({"digest": d})) for d in there
        }
        return DatedAnswer(texts, self.clock(), sum(len(each.text) for each in texts.values()))

    def pullers(self, repository: RepositoryId) -> frozenset[Puller]:
        assert repository == API
        return frozenset()

    def deleted_also_in(self, repository: RepositoryId) -> tuple[RegistryId, ...]:
        assert repository == API
        return ()

    def layers_stay_within_repositories(self) -> bool:
        return True

    def records_our_pulls(self) -> bool:
        return True

    def _let_calls_arrive(self) -> None:
        """Lets late calls, which nobody waits for any more, take effect."""
        self.under_way = [call for call in self.under_way if next(call, None)]


class FakeDeleter:
    """Deletes images like BatchDeleteImage: one by one, except children of existing indexes.

    `faults`: the faults of the next calls. `stuck`: digests that ECR cannot delete. `asked` is
    called with the digests of every request. `asked_for` has all of them.
    """

    def __init__(self, registry: FakeRegistry, asked: Callable[[Sequence[str]], None]) -> None:
        self._registry = registry
        self._asked = asked
        self.faults: list[str | None] = []
        self.stuck: set[str] = set()
        self.asked_for: set[str] = set()

    def delete(
        self, digests: Sequence[str], may_send: Callable[[], bool]
    ) -> Mapping[str, DeletionFailure | None]:
        assert 0 < len(digests) <= AT_ONCE
        if not may_send():
            raise CallNotSentError("it was held back")
        self._asked(digests)
        self.asked_for.update(digests)
        fault = self.faults.pop(0) if self.faults else None
        if error := REFUSALS.get(fault or ""):
            raise error
        if fault == "late":
            self._registry.under_way.append(
                self._take_effect_later(digests, self._registry.clock())
            )
        if fault in ("lost before", "late"):
            raise AnswerLostError("the answer was lost")
        answer = self._take_effect(digests)
        if fault == "lost after":
            raise AnswerLostError("the answer was lost")
        if fault == "cut short":
            del answer[digests[0]]
        return answer

    def renew_credentials(self) -> None:
        pass

    def _take_effect_later(self, digests: Sequence[str], sent_at: datetime) -> Iterator[str]:
        """Takes effect before the lease of the run expires."""
        if self._registry.clock() - sent_at <= RUN_LEASE:
            yield "is still under way"
        self._take_effect(digests)

    def _take_effect(self, digests: Sequence[str]) -> dict[str, DeletionFailure | None]:
        return {digest: self._delete(digest) for digest in digests}

    def _delete(self, digest: str) -> DeletionFailure | None:
        if digest not in self._registry.images:
            return DeletionFailure("ImageNotFound", "it is not there")
        if self._registry.indexes_of(digest):
            return DeletionFailure("ImageReferencedByManifestList", "an index lists it")
        if digest in self.stuck:
            return DeletionFailure("KmsError", "the key is gone")
        del self._registry.images[digest]
        self._registry.by_us.add(digest)
        return None


REFUSALS = {
    "throttled": ThrottledError("too many calls"),
    "expired": ExpiredCredentialsError("the credentials expired"),
    "denied": ServiceError("access denied"),
}
FAULTS = [*REFUSALS, "lost before", "lost after", "late", "cut short"]
