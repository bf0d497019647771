"""Deletes images of one repository of ECR."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, Any

from bot.aws.errors import in_words
from bot.aws.sessions import deleting_config
from bot.core.errors import NotSentError, RequestError, ServiceError
from bot.core.repository import RepositoryId
from bot.outgoing import quoted
from bot.ports import DeletionFailure

if TYPE_CHECKING:
    import boto3
    from types_boto3_ecr import ECRClient
    from types_boto3_ecr.type_defs import BatchDeleteImageResponseTypeDef

ACTION = "ecr:BatchDeleteImage"

_may_go: ContextVar[Callable[[], bool]] = ContextVar("may_go")
"""Of the call that this thread is making."""


class EcrDeleter:
    """`open_session` is asked for credentials before the first call, and for new ones."""

    def __init__(
        self, open_session: "Callable[[], boto3.Session]", repository: RepositoryId
    ) -> None:
        self._open_session = open_session
        self._repository = repository
        self._known_client: ECRClient | None = None
        self._lock = Lock()

    def delete(
        self, digests: Sequence[str], may_go: Callable[[], bool]
    ) -> Mapping[str, DeletionFailure | None]:
        """BatchDeleteImage takes 100 at the most: API reference, imageIds. By digest an image goes
        with all its tags.

        What lies between asking `may_go` and sending is a connection, which takes 3 seconds at the
        most for each of the host's addresses.
        """
        with _as_service_errors(), in_words(ACTION, self._repository.uri), _asking(may_go):
            answer = self._client.batch_delete_image(
                registryId=self._repository.registry.account,
                repositoryName=self._repository.name,
                imageIds=[{"imageDigest": digest} for digest in digests],
            )
            return _outcomes(digests, answer)

    def renew_credentials(self) -> None:
        with self._lock:
            self._known_client = None

    @property
    def _client(self) -> "ECRClient":
        with self._lock:
            if self._known_client is None:
                client = self._open_session().client(
                    "ecr",
                    region_name=self._repository.registry.region,
                    config=deleting_config(),
                )
                client.meta.events.register("before-send.ecr.BatchDeleteImage", _hold_back)
                self._known_client = client
            return self._known_client


def _outcomes(
    digests: Sequence[str], answer: "BatchDeleteImageResponseTypeDef"
) -> Mapping[str, DeletionFailure | None]:
    """An image that is named among the deleted and among the failures has failed."""
    deleted = dict.fromkeys(image["imageDigest"] for image in answer["imageIds"])
    refused = {
        failure["imageId"]["imageDigest"]: DeletionFailure(
            failure["failureCode"], quoted(failure.get("failureReason", ""))
        )
        for failure in answer.get("failures", ())
    }
    told: dict[str, DeletionFailure | None] = {**deleted, **refused}
    return {digest: told[digest] for digest in digests if digest in told}


@contextmanager
def _asking(may_go: Callable[[], bool]) -> Iterator[None]:
    token = _may_go.set(may_go)
    try:
        yield
    finally:
        _may_go.reset(token)


def _hold_back(**_: Any) -> None:
    """botocore calls it in the thread of the call, when the request is signed and nothing of it has
    left yet; credentials that had to be renewed are renewed by then."""
    if not _may_go.get()():
        raise NotSentError(f"{ACTION} was held back")


@contextmanager
def _as_service_errors() -> Iterator[None]:
    """Settings that were right when the plan was approved are nobody's request any more."""
    try:
        yield
    except RequestError as error:
        raise ServiceError(str(error)) from error
