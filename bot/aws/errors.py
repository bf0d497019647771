"""Turns boto3 errors into sentences that name the fix."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

from botocore.exceptions import (
    BaseEndpointResolverError,
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConfigParseError,
    CredentialRetrievalError,
    EndpointConnectionError,
    EndpointProviderError,
    HTTPClientError,
    InvalidConfigError,
    InvalidEndpointConfigurationError,
    InvalidIMDSEndpointError,
    InvalidIMDSEndpointModeError,
    InvalidRegionError,
    InvalidRetryConfigurationError,
    MetadataRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
    UnknownCredentialError,
)
from botocore.exceptions import (
    ConnectionError as AwsConnectionError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import NameResolutionError

from bot.core.errors import (
    AnswerLostError,
    DeniedByOrganizationError,
    ExpiredCredentialsError,
    FailedAwsCall,
    RequestError,
    ServiceError,
    ThrottledError,
)
from bot.sanitize import quoted

_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_BY_ORGANIZATION = (
    "with an explicit deny in a service control policy",
    "because no service control policy allows",
)
"""IAM user guide, Troubleshoot access denied error messages."""

_UNKNOWN_KEY = {"InvalidClientTokenId", "UnrecognizedClientException"}
"""AWS also uses these codes for an expired session."""

_UNKNOWN_CREDENTIALS = _UNKNOWN_KEY | {
    "IncompleteSignature",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
}
_THROTTLED = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
"""From botocore's retries/standard.py, without LimitExceededException: ECR uses it for quotas."""

_BROKEN = {
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServerException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
}

_FOR_CREDENTIALS = {
    "AssumeRole": "sts",
    "AssumeRoleWithWebIdentity": "sts",
    "CreateOAuth2Token": "signin",
    "CreateToken": "sso-oidc",
    "GetRoleCredentials": "sso",
}
"""Operations that boto3 calls to get credentials, and their services."""

_WRONG_SETTINGS = (
    ConfigNotFound,
    ConfigParseError,
    BaseEndpointResolverError,
    EndpointProviderError,
    InvalidConfigError,
    InvalidEndpointConfigurationError,
    InvalidIMDSEndpointError,
    InvalidIMDSEndpointModeError,
    InvalidRegionError,
    InvalidRetryConfigurationError,
    ProfileNotFound,
    UnknownCredentialError,
)
_NO_CREDENTIALS = (
    CredentialRetrievalError,
    MetadataRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
)
_UNREADABLE = (
    AttributeError,
    BotoCoreError,
    LookupError,
    ResponseParserError,
    TypeError,
    ValueError,
)


UNSENDABLE = (
    "The AWS credentials cannot be sent: the access key ID or the session token contains a line "
    "break, or another character that is not allowed in an HTTP header. Correct the environment "
    "variable, the credentials file, or the program that prints the credentials"
)


@contextmanager
def explain_errors(action: str, target: str, *, is_call: bool = True) -> Iterator[None]:
    """Turns boto3 errors into RequestError and ServiceError.

    Wraps one call: `action` is its IAM action (`ecr:DescribeImages`), `target` its account,
    repository or Region. With `is_call=False` it wraps several calls or none, and `action` is
    a description: `Reading ECS`.

    Raises RequestError for wrong settings, and ServiceError or a subclass for other failures.
    Leaves out what AWS says about a signature, also as a cause: the text may quote the request with
    its session token.
    """
    call = FailedAwsCall(action) if is_call else None
    try:
        yield
    except ClientError as error:
        kind, refused = _kind(error), _refused_call(error, action)
        if refused.code in _UNKNOWN_CREDENTIALS:
            raise kind(_unknown_credentials(refused.code, action, target), refused) from None
        raise kind(_refusal(error, refused, action, target), refused) from error
    except _WRONG_SETTINGS as error:
        raise RequestError(wrong_setting(error)) from error
    except ParamValidationError as error:
        raise RequestError(f"{action} on {target} was not sent: {quoted(error)}") from error
    except _NO_CREDENTIALS as error:
        raise ServiceError(_no_credentials(error)) from error
    except _UNREADABLE as error:
        if _is_unsendable(error):
            raise RequestError(UNSENDABLE) from None
        raise AnswerLostError(_no_answer(error, action, target), call) from error


def _refused_call(error: ClientError, action: str) -> FailedAwsCall:
    """The call that failed: the action, or an earlier call of boto3 for credentials."""
    service = _FOR_CREDENTIALS.get(error.operation_name)
    refused = f"{service}:{error.operation_name}" if service else action
    return FailedAwsCall(refused, error_code(error))


def _kind(error: ClientError) -> type[ServiceError]:
    code = error_code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if has_expired(code):
        return ExpiredCredentialsError
    if is_denied(code) and _is_by_organization(error):
        return DeniedByOrganizationError
    if code in _THROTTLED or status == HTTPStatus.TOO_MANY_REQUESTS:
        return ThrottledError
    if code in _BROKEN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return AnswerLostError
    return ServiceError


def setup_error(error: Exception) -> RequestError | ServiceError | None:
    """Returns an error for wrong settings or missing credentials of this machine, else None."""
    if isinstance(error, _WRONG_SETTINGS):
        return RequestError(wrong_setting(error))
    if isinstance(error, _NO_CREDENTIALS):
        return ServiceError(_no_credentials(error))
    return None


def wrong_setting(error: Exception) -> str:
    if isinstance(error, NoRegionError):
        return "No AWS Region is set: set AWS_REGION, or `region` of an entry of `registries`"
    if isinstance(error, InvalidRegionError):
        return (
            f"{error.kwargs['region_name']!r} cannot be the name of an AWS Region: correct "
            "AWS_REGION, `region` in the AWS profile, or the settings"
        )
    if isinstance(error, ProfileNotFound):
        return f"{quoted(error)}: set AWS_PROFILE to one that exists"
    return f"boto3's own settings are wrong: {quoted(error)}"


def _no_credentials(error: Exception) -> str:
    """Leaves out the output of programs and of the machine's metadata service."""
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        missing = error.kwargs.get("cred_var")
        return (
            f"No AWS credentials were found{f' ({missing} is missing)' if missing else ''}: set "
            "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run ecr-clean with an "
            "IAM role"
        )
    return (
        f"The AWS credentials could not be renewed ({type(error).__name__}): check their source, "
        "then try again"
    )


def _is_unsendable(error: Exception) -> bool:
    """Whether http.client rejected a header. It raises a plain ValueError or a UnicodeError, which
    botocore wraps. Only headers with credentials come from outside of the bot."""
    cause = error.kwargs.get("error") if isinstance(error, HTTPClientError) else None
    return isinstance(cause, UnicodeError) or type(cause) is ValueError


def _no_answer(error: Exception, action: str, target: str) -> str:
    said = quoted(error)
    if isinstance(error, EndpointConnectionError) and _has_unknown_name(error):
        host = urlsplit(error.kwargs["endpoint_url"]).hostname
        return (
            f"{action} on {target} got no answer, because the host {host} was not found: check the "
            "network, the Region and AWS_ENDPOINT_URL"
        )
    if isinstance(error, SSLError):
        return (
            f"{action} on {target} failed, because the TLS connection is not trusted ({said}): "
            "check AWS_CA_BUNDLE, and any proxy in front of AWS"
        )
    if isinstance(error, AwsConnectionError | HTTPClientError):
        return f"{action} on {target} got no answer ({said}): check the network, then try again"
    return (
        f"{action} on {target} got an answer that boto3 cannot read ({said}): check "
        "AWS_ENDPOINT_URL, and any proxy in front of AWS"
    )


def _is_by_organization(error: ClientError) -> bool:
    said = error.response.get("Error", {}).get("Message", "")
    return any(words in said for words in _BY_ORGANIZATION)


def _has_unknown_name(error: EndpointConnectionError) -> bool:
    return isinstance(error.kwargs.get("error"), NameResolutionError)


def is_denied(code: str) -> bool:
    """Whether the error code means that a permission is missing."""
    return code in _DENIED


def has_expired(code: str) -> bool:
    """Whether the error code means that new credentials may help."""
    return code in _EXPIRED | _UNKNOWN_KEY


def error_code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _unknown_credentials(code: str, action: str, target: str) -> str:
    return (
        f"AWS does not accept the credentials for {action} on {target} ({code}): check "
        "the keys, the Region and this machine's clock"
    )


def _refusal(error: ClientError, refused: FailedAwsCall, action: str, target: str) -> str:
    if refused.action != action:
        action = f"{refused.action} for {action}"
    code = refused.code
    said = quoted(error.response.get("Error", {}).get("Message", "")) or "no reason given"
    if _kind(error) is DeniedByOrganizationError:
        return (
            f"A service control policy denies {action} on {target}: switch the source off, leave "
            f"the Region out, or ask for a change of the policy. AWS says: {said}"
        )
    if is_denied(code):
        return f"AWS refused {action} on {target}: grant that action. AWS says: {said}"
    if code in _EXPIRED:
        return f"The AWS credentials expired before {action} on {target}: renew them and try again"
    if _kind(error) is ThrottledError:
        return f"AWS throttled {action} on {target} in every attempt: try again later"
    return f"{action} on {target} failed with {code or 'an error without a code'}: {said}"
