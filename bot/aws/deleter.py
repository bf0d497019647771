"""Deletes images of one repository of ECR, in a session that can do nothing else."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, Any

from bot.aws.errors import explain_errors
from bot.aws.iam_policy import DELETION, repository_arn
from bot.aws.sessions import SESSION_NAME, AssumedRole, deletion_config
from bot.core.errors import NotSentError, RequestError, ServiceError
from bot.core.records import PlanRecord
from bot.core.repository import RepositoryId
from bot.ports import DeletionFailure
from bot.sanitize import quoted

if TYPE_CHECKING:
    import boto3
    from types_boto3_ecr import ECRClient
    from types_boto3_ecr.type_defs import BatchDeleteImageResponseTypeDef


ACTION = "ecr:BatchDeleteImage"

_may_send: ContextVar[Callable[[], bool]] = ContextVar("may_send")
"""Of the call that this thread is making."""

MAX_SESSION_NAME = 64
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
        self, digests: Sequence[str], may_send: Callable[[], bool]
    ) -> Mapping[str, DeletionFailure | None]:
        """Deletes at most 100 images by one call of BatchDeleteImage (API reference, imageIds).
        Deleting by digest removes all tags of the image.

        Between the call of `may_send` and the request boto3 only opens a connection. That takes at
        most 3 seconds for each address of the host.
        """
        with (
            _as_service_errors(),
            explain_errors(ACTION, self._repository.uri),
            _with_send_check(may_send),
        ):
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
                    config=deletion_config(),
                )
                client.meta.events.register("before-send.ecr.BatchDeleteImage", _check_before_send)
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
def _with_send_check(may_send: Callable[[], bool]) -> Iterator[None]:
    token = _may_send.set(may_send)
    try:
        yield
    finally:
        _may_send.reset(token)


def _check_before_send(**_: Any) -> None:
    """botocore calls it in the thread of the call, when the request is signed and nothing of it has
    left yet; credentials that had to be renewed are renewed by then."""
    if not _may_send.get()():
        raise NotSentError(f"{ACTION} was held back")


@contextmanager
def _as_service_errors() -> Iterator[None]:
    """Settings that were right when the plan was approved are nobody's request any more."""
    try:
        yield
    except RequestError as error:
        raise ServiceError(str(error)) from error


def deleting_role(arn: str, external_id: str | None, plan: PlanRecord) -> AssumedRole:
    return AssumedRole(
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
        if number and len(longer) > MAX_SESSION_NAME:
            break
        name = longer
    return name[:MAX_SESSION_NAME]


def _short_name(approver: str) -> str:
    """Of an ARN the last part: a user's name, or that of a role's session."""
    return _allowed(re.split(r"[:/]", approver)[-1])


def _allowed(text: str) -> str:
    return _REFUSED.sub("-", text)
