"""Puts what boto3 raises into sentences that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.exceptions import (
    ConnectionError as AwsConnectionError,
)

from bot.core.errors import RequestError, ServiceError

_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN_CREDENTIALS = {
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_THROTTLED = {
    "RequestLimitExceeded",
    "RequestThrottled",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
}


@contextmanager
def in_words(action: str, place: str) -> Iterator[None]:
    """Around one call: `action` as IAM knows it (`ecr:DescribeImages`), `place` as people do.

    What AWS says of a signature is not repeated: it may quote the request with its token.
    """
    try:
        yield
    except ClientError as error:
        raise ServiceError(_refusal(error, action, place)) from error
    except NoRegionError as error:
        raise RequestError(
            "No AWS Region is set: set AWS_REGION, or `region` of an entry of `registries`"
        ) from error
    except ProfileNotFound as error:
        raise RequestError(f"{error}: set AWS_PROFILE to one that exists") from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise ServiceError(
            "No AWS credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or run where a role gives them"
        ) from error
    except (UnauthorizedSSOTokenError, TokenRetrievalError) as error:
        raise ServiceError("The AWS SSO session has expired: run `aws sso login`") from error
    except (AwsConnectionError, HTTPClientError) as error:
        raise ServiceError(
            f"{action} on {place} got no answer ({error}): check the network, then try again"
        ) from error
    except ParamValidationError as error:
        raise RequestError(f"{action} on {place} was not sent: {error}") from error
    except (BotoCoreError, ValueError, TypeError, AttributeError, LookupError) as error:
        raise ServiceError(
            f"{action} on {place} was answered with something that boto3 cannot read ({error}): "
            "check AWS_ENDPOINT_URL and any proxy between here and AWS"
        ) from error


def error_code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _refusal(error: ClientError, action: str, place: str) -> str:
    code = error_code(error)
    said = error.response.get("Error", {}).get("Message", "") or "no reason given"
    if code in _DENIED:
        return f"AWS refused {action} on {place}: grant that action. AWS says: {said}"
    if code in _EXPIRED:
        return f"The AWS credentials had expired at {action} on {place}: renew them and try again"
    if code in _UNKNOWN_CREDENTIALS:
        return (
            f"AWS does not accept the credentials for {action} on {place} ({code}): check the "
            "keys, the Region and this machine's clock"
        )
    if code in _THROTTLED:
        return f"AWS throttled {action} on {place} until the retries ran out: try again later"
    return f"{action} on {place} failed with {code or 'an unnamed error'}: {said}"
