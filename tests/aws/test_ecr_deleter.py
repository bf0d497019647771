"""BatchDeleteImage: the result of each image, and the class of each error."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from bot.aws.ecr_deleter import EcrDeleter, deleting_role
from bot.aws.sessions import deletion_config, open_session
from bot.core.errors import (
    AnswerLostError,
    CallNotSentError,
    ExpiredCredentialsError,
    ServiceError,
    ThrottledError,
)
from bot.playground.aws import AwsStandIn, Fault
from bot.playground.aws.aws_call import AwsCall
from bot.ports import DeletionFailure, ImageDeleter
from tests.aws.plans import plan_of
from tests.support import Shelf

pytestmark = pytest.mark.usefixtures("environment")

ROLE = "arn:aws:iam::123456789012:role/ci/deleter"
MISSING = f"sha256:{'0' * 64}"


def always() -> bool:
    return True


def permitted() -> bool:
    raise AssertionError


@pytest.fixture
def deleter(shelf: Shelf) -> ImageDeleter:
    return EcrDeleter(open_session, shelf.id)


def by_role(aws: AwsStandIn, shelf: Shelf, **role: Any) -> EcrDeleter:
    aws.world.identities.add_role(ROLE, **role)
    assumed = deleting_role(ROLE, None, plan_of(shelf.id))
    return EcrDeleter(lambda: open_session(assumed, "eu-west-1", deletion_config()), shelf.id)


def calls(aws: AwsStandIn) -> Sequence[AwsCall]:
    return list(aws.world.calls.named("ecr:BatchDeleteImage"))


def test_images_are_deleted_by_digest_in_one_call(
    aws: AwsStandIn, shelf: Shelf, deleter: ImageDeleter
) -> None:
    """ECR deletes all tags, and returns an image once for each of its tags."""
    untagged, tagged, stays = shelf.image("a", ""), shelf.image("b", "1", "2"), shelf.image("c")
    assert deleter.delete([untagged, tagged], always) == {untagged: None, tagged: None}
    assert list(shelf.repository.manifests) == [stays]
    (call,) = calls(aws)
    assert call.params == {
        "registryId": "123456789012",
        "repositoryName": "team/api",
        "imageIds": [{"imageDigest": untagged}, {"imageDigest": tagged}],
    }


def test_100_images_a_call(shelf: Shelf, deleter: ImageDeleter) -> None:
    pushed = shelf.images(101)
    with pytest.raises(ServiceError, match="InvalidParameterException"):
        deleter.delete(pushed, always)
    assert len(shelf.repository.manifests) == 101
    assert deleter.delete(pushed[:100], always) == dict.fromkeys(pushed[:100])


def test_failures_by_image(shelf: Shelf, deleter: ImageDeleter) -> None:
    shelf.index("multi", "amd64")
    child = next(d for d, m in shelf.repository.manifests.items() if not m.tags)
    gone = shelf.image("a")
    answer = deleter.delete([child, MISSING, gone], always)
    assert answer == {
        child: DeletionFailure(
            "ImageReferencedByManifestList",
            "Requested image referenced by manifest list: "
            f"[{shelf.repository.digest_by_tag['multi']}]",
        ),
        MISSING: DeletionFailure("ImageNotFound", "Requested image not found"),
        gone: None,
    }


def test_an_image_both_deleted_and_failed_has_failed(
    aws: AwsStandIn, shelf: Shelf, deleter: ImageDeleter
) -> None:
    digest = shelf.image("a")
    entry = {"imageDigest": digest}
    failure = {"imageId": entry, "failureCode": "KmsError"}
    answer = {"imageIds": [entry], "failures": [failure]}
    aws.world.faults.add(Fault(operation="BatchDeleteImage", answer=answer))
    assert deleter.delete([digest], always) == {digest: DeletionFailure("KmsError", "")}


def test_omitted_and_unrequested_images_are_left_out(
    aws: AwsStandIn, shelf: Shelf, deleter: ImageDeleter
) -> None:
    digests = shelf.images(2)
    answer = {"imageIds": [{"imageDigest": digests[0]}, {"imageDigest": MISSING}]}
    aws.world.faults.add(Fault(operation="BatchDeleteImage", answer=answer))
    assert deleter.delete(digests, always) == {digests[0]: None}


ERRORS = {
    "throttled": (Fault(error="ThrottlingException"), ThrottledError),
    "throttled in another way": (Fault(error="TooManyRequestsException"), ThrottledError),
    "throttled with an unknown code": (Fault(error="Busy", status=429), ThrottledError),
    "over a quota": (Fault(error="LimitExceededException"), ServiceError),
    "broken": (Fault(error="ServerException", status=500), AnswerLostError),
    "broken, as a request": (Fault(error="ServerException"), AnswerLostError),
    "away": (Fault(error="Whatever", status=503), AnswerLostError),
    "cut before": (Fault(cut="before"), AnswerLostError),
    "cut after": (Fault(cut="after"), AnswerLostError),
    "cut in the body": (Fault(cut="body"), AnswerLostError),
    "no JSON": (Fault(body="<html>"), AnswerLostError),
    "something else": (Fault(answer={"imageIds": [{}]}), AnswerLostError),
    "nonsense": (Fault(answer={"imageIds": 7}), AnswerLostError),
    "expired": (Fault(error="ExpiredTokenException"), ExpiredCredentialsError),
    "unknown": (Fault(error="UnrecognizedClientException"), ExpiredCredentialsError),
    "wrong signature": (Fault(error="InvalidSignatureException"), ServiceError),
    "denied": (Fault(error="AccessDeniedException"), ServiceError),
    "no repository": (Fault(error="RepositoryNotFoundException"), ServiceError),
}


@pytest.mark.parametrize(("fault", "kind"), ERRORS.values(), ids=ERRORS.keys())
def test_error_classes(
    fault: Fault, kind: type[ServiceError], aws: AwsStandIn, shelf: Shelf, deleter: ImageDeleter
) -> None:
    """Each call has one attempt: the caller checks its lease before a retry."""
    digest = shelf.image("a")
    fault.seen = 0
    aws.world.faults.add(fault)
    with pytest.raises(ServiceError) as caught:
        deleter.delete([digest], always)
    assert type(caught.value) is kind
    assert len(calls(aws)) == 1
    assert "team/api" in str(caught.value)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectTimeoutError(endpoint_url="x"), AnswerLostError),
        (EndpointConnectionError(endpoint_url="x"), AnswerLostError),
        (ReadTimeoutError(endpoint_url="x"), AnswerLostError),
        (CredentialRetrievalError(provider="p", error_msg="key=SECRET"), ServiceError),
    ],
)
def test_connection_errors(
    error: Exception,
    kind: type[ServiceError],
    deleter: ImageDeleter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", fail)
    with pytest.raises(ServiceError) as caught:
        deleter.delete([MISSING], always)
    assert type(caught.value) is kind
    assert "SECRET" not in str(caught.value)


def test_a_call_times_out(
    aws: AwsStandIn, shelf: Shelf, deleter: ImageDeleter, monkeypatch: pytest.MonkeyPatch
) -> None:
    config: Any = deletion_config()
    assert (config.connect_timeout, config.read_timeout) == (3, 10)
    monkeypatch.setattr("bot.aws.ecr_deleter.deletion_config", lambda: config)
    config.read_timeout = 0.3
    digest = shelf.image("a")
    aws.world.faults.add(Fault(operation="BatchDeleteImage", delay=3))
    with pytest.raises(AnswerLostError):
        deleter.delete([digest], always)
    assert len(calls(aws)) == 1


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_boto3s_retry_settings_are_ignored(
    mode: str, aws: AwsStandIn, deleter: ImageDeleter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", mode)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "4")
    aws.world.faults.throttle(times=None)
    with pytest.raises(ThrottledError):
        deleter.delete([MISSING], always)
    assert len(calls(aws)) == 1


def test_a_call_that_may_not_be_sent_is_not_sent(
    aws: AwsStandIn, shelf: Shelf, deleter: ImageDeleter
) -> None:
    digest = shelf.image("a")
    with pytest.raises(CallNotSentError):
        deleter.delete([digest], lambda: False)
    assert not calls(aws)
    assert deleter.delete([digest], always) == {digest: None}


def test_may_send_is_called_last(aws: AwsStandIn, shelf: Shelf) -> None:
    """The check runs once for each call, after the role is assumed, which may be slow."""
    deleter = by_role(aws, shelf)
    seen: list[dict[str, int]] = []

    def may_send() -> bool:
        seen.append(dict(aws.world.calls.counts()))
        return True

    digests = shelf.images(2)
    for digest in digests:
        deleter.delete([digest], may_send)
    assert seen == [{"sts:AssumeRole": 1}, {"sts:AssumeRole": 1, "ecr:BatchDeleteImage": 1}]


def test_an_error_of_may_send_is_raised(aws: AwsStandIn, deleter: ImageDeleter) -> None:
    def may_send() -> bool:
        raise ServiceError("the database is gone")

    with pytest.raises(ServiceError, match="the database is gone"):
        deleter.delete([MISSING], may_send)
    assert not calls(aws)


def test_each_thread_has_its_own_may_send(shelf: Shelf, deleter: ImageDeleter) -> None:
    digests = shelf.images(16)
    meeting = Barrier(len(digests), timeout=20)
    ends: dict[str, Any] = {}

    def delete(digest: str, *, may: bool) -> None:
        def may_send() -> bool:
            meeting.wait()
            return may

        try:
            ends[digest] = deleter.delete([digest], may_send)
        except CallNotSentError as error:
            ends[digest] = error

    threads = [
        Thread(target=delete, args=(digest,), kwargs={"may": number % 2 == 0})
        for number, digest in enumerate(digests)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [isinstance(ends[digest], CallNotSentError) for digest in digests] == [False, True] * 8
    assert sorted(shelf.repository.manifests) == sorted(digests[1::2])


def test_several_threads_share_a_session(aws: AwsStandIn, shelf: Shelf) -> None:
    deleter = by_role(aws, shelf)
    digests = shelf.images(8)
    threads = [Thread(target=deleter.delete, args=([digest], always)) for digest in digests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not shelf.repository.manifests
    assert aws.world.calls.count("sts:AssumeRole") == 1


def test_credentials_that_expired_early_are_renewed(aws: AwsStandIn, shelf: Shelf) -> None:
    """The credentials are expired by ECR's clock, but valid by the local clock."""
    deleter = by_role(aws, shelf)
    digest = shelf.image("a")
    deleter.delete([MISSING], always)
    aws.world.clock.advance(timedelta(hours=1, seconds=1))
    for _ in range(2):
        with pytest.raises(ExpiredCredentialsError):
            deleter.delete([digest], always)
    deleter.renew_credentials()
    assert deleter.delete([digest], always) == {digest: None}
    assert aws.world.calls.count("sts:AssumeRole") == 2


@pytest.mark.parametrize(("seconds", "sessions"), [(890, 3), (960, 1)])
def test_credentials_are_renewed_before_they_expire(
    seconds: int, sessions: int, aws: AwsStandIn, shelf: Shelf
) -> None:
    """botocore renews 15 minutes before the end."""
    deleter = by_role(aws, shelf, max_session_seconds=seconds)
    for digest in shelf.images(3):
        deleter.delete([digest], always)
    assert aws.world.calls.count("sts:AssumeRole") == sessions
    assert not any(call.error for call in aws.world.calls)


REFUSED = {
    "denied": (Fault(error="AccessDenied", status=403), ServiceError, "sts:AssumeRole"),
    "throttled": (Fault(error="Throttling"), ThrottledError, "sts:AssumeRole"),
    "expired": (Fault(error="ExpiredToken", status=403), ExpiredCredentialsError, "expired"),
    "unknown": (Fault(error="InvalidClientTokenId"), ExpiredCredentialsError, "accept"),
    "cut": (Fault(cut="after"), AnswerLostError, "no answer"),
    "unreadable": (Fault(cut="body"), AnswerLostError, "cannot read"),
}


@pytest.mark.parametrize(("fault", "kind", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_a_role_that_cannot_be_assumed(
    fault: Fault, kind: type[ServiceError], says: str, aws: AwsStandIn, shelf: Shelf
) -> None:
    deleter = by_role(aws, shelf)
    fault.seen = 0
    aws.world.faults.add(fault)
    with pytest.raises(ServiceError, match=says) as caught:
        deleter.delete([shelf.image("a")], permitted)
    assert type(caught.value) is kind
    assert aws.world.calls.counts() == {"sts:AssumeRole": 1}


def test_a_role_that_no_longer_trusts_us(aws: AwsStandIn, shelf: Shelf) -> None:
    deleter = by_role(aws, shelf)
    deleter.delete([MISSING], always)
    aws.world.deny("sts:AssumeRole")
    deleter.renew_credentials()
    with pytest.raises(ServiceError) as caught:
        deleter.delete([MISSING], always)
    assert type(caught.value) is ServiceError
    assert str(caught.value).startswith(
        f"AWS refused sts:AssumeRole for ecr:BatchDeleteImage on {shelf.id.uri}: grant that action"
    )


def test_settings_that_became_invalid(
    deleter: ImageDeleter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "gone")
    with pytest.raises(ServiceError, match="set AWS_PROFILE to one that exists"):
        deleter.delete([MISSING], always)


def test_no_credentials(deleter: ImageDeleter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(ServiceError, match="No AWS credentials were found"):
        deleter.delete([MISSING], always)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda world: world.deny("ecr:BatchDeleteImage"),
        lambda world: world.clock.advance(timedelta(hours=2)),
        lambda world: world.faults.add(Fault(error="InvalidSignatureException", message="TOKEN")),
    ],
)
def test_no_secret_in_any_message(
    spoil: Callable[[Any], Any], aws: AwsStandIn, shelf: Shelf
) -> None:
    deleter = by_role(aws, shelf)
    deleter.delete([MISSING], always)
    spoil(aws.world)
    with pytest.raises(ServiceError) as caught:
        deleter.delete([MISSING], always)
    (session,) = aws.world.identities.sessions
    for secret in (session.access_key, session.secret_key, session.token, "TOKEN"):
        assert secret not in str(caught.value)
