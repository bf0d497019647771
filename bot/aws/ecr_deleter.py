"""Deletes images of one ECR repository, in a session that may do nothing else."""

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
from bot.core.errors import CallNotSentError, RequestError, ServiceError
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
"""The check of the call that this thread makes."""

MAX_SESSION_NAME = 64
"""API reference, AssumeRole, RoleSessionName, as are the allowed characters."""

_REFUSED = re.compile(r"[^A-Za-z0-9_+=.@-]+")
"""AWS also allows commas. Here they separate the approvers."""


class EcrDeleter:
    """Calls `open_session` before the first deletion, and again after `renew_credentials`."""

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
    """An image listed as deleted and as failed counts as failed."""
    deleted = dict.fromkeys(image["imageDigest"] for image in answer["imageIds"])
    refused = {
        failure["imageId"]["imageDigest"]: DeletionFailure(
            failure["failureCode"], quoted(failure.get("failureReason", ""))
        )
        for failure in answer.get("failures", ())
    }
    outcomes: dict[str, DeletionFailure | None] = {**deleted, **refused}
    return {digest: outcomes[digest] for digest in digests if digest in outcomes}


@contextmanager
def _with_send_check(may_send: Callable[[], bool]) -> Iterator[None]:
    token = _may_send.set(may_send)
    try:
        yield
    finally:
        _may_send.reset(token)


def _check_before_send(**_: Any) -> None:
    """botocore calls this in the thread of the call, after it renewed credentials and signed the
    request, and before it sends the first byte."""
    if not _may_send.get()():
        raise CallNotSentError(f"{ACTION} was not sent")


@contextmanager
def _as_service_errors() -> Iterator[None]:
    """Raises RequestError as ServiceError: no user made a request when a run deletes."""
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
    """Limits a role to deletions in this repository."""
    statement = {
        "Effect": "Allow",
        "Action": DELETION,
        "Resource": repository_arn(repository),
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return json.dumps(policy, separators=(",", ":"))


def session_name(plan: str, approvers: Iterable[str]) -> str:
    """The session name that CloudTrail shows for each deletion: the plan ID and as many approvers
    as fit. `approvers`: Slack user IDs and ARNs."""
    name = f"{SESSION_NAME}-{_allowed(plan)}"
    for number, approver in enumerate(map(_short_name, approvers)):
        longer = f"{name}{',' if number else '-'}{approver}"
        if number and len(longer) > MAX_SESSION_NAME:
            break
        name = longer
    return name[:MAX_SESSION_NAME]


def _short_name(approver: str) -> str:
    """The last part of an ARN: the name of a user or of a role session."""
    return _allowed(re.split(r"[:/]", approver)[-1])


def _allowed(text: str) -> str:
    return _REFUSED.sub("-", text)
