"""Deletes images of one repository of ECR, in a session that can do nothing else."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, Any

from bot.aws.errors import in_words
from bot.aws.iam_policy import DELETION, repository_arn
from bot.aws.sessions import SESSION_NAME, Role, deleting_config
from bot.core.errors import NotSentError, RequestError, ServiceError
from bot.core.records import PlanRecord
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

LONGEST_NAME = 64
"""API reference, AssumeRole, RoleSessionName; so are the characters that it takes."""

_REFUSED = re.compile(r"[^A-Za-z0-9_+=.@-]+")
"""A comma is taken too, but tells people apart here."""


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


def deleting_role(arn: str, external_id: str | None, plan: PlanRecord) -> Role:
    return Role(
        arn,
        external_id,
        session_name=session_name(plan.id, (each.by for each in plan.current_approvals)),
        policy=session_policy(plan.repository),
    )


def session_policy(repository: RepositoryId) -> str:
    """Takes everything from a role but deleting in this repository."""
    statement = {
        "Effect": "Allow",
        "Action": DELETION,
        "Resource": repository_arn(repository),
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return json.dumps(policy, separators=(",", ":"))


def session_name(plan: str, approvers: Iterable[str]) -> str:
    """What CloudTrail shows beside each deletion: the plan, and who approved it, as far as names
    fit. `approvers`: ids of people in Slack, and ARNs."""
    name = f"{SESSION_NAME}-{_allowed(plan)}"
    for number, approver in enumerate(map(_short_name, approvers)):
        longer = f"{name}{',' if number else '-'}{approver}"
        if number and len(longer) > LONGEST_NAME:
            break
        name = longer
    return name[:LONGEST_NAME]


def _short_name(approver: str) -> str:
    """Of an ARN the last part: a user's name, or that of a role's session."""
    return _allowed(re.split(r"[:/]", approver)[-1])


def _allowed(text: str) -> str:
    return _REFUSED.sub("-", text)
