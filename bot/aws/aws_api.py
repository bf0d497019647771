"""Calls AWS in one account and Region, and opens the accounts and Regions that sources scan."""

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

from bot.aws.call_rate import CallRate
from bot.aws.errors import error_code, explain_errors
from bot.aws.sessions import Prepare, client_of
from bot.core.errors import DeniedByOrganizationError, FailedAwsCall, ServiceError
from bot.sanitize import quoted

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_sts import STSClient


_TOKENS = {"nextToken": "nextToken", "NextToken": "NextToken", "NextMarker": "Marker"}
"""Keys of the next page's token in answers, and the parameters that take it."""

ErrorPredicate = Callable[[ClientError], bool]
"""Whether an error means that the requested resource does not exist."""

ALL_REGIONS = "all"

_ASSUMED = re.compile(
    r"arn:(?P<partition>[^:]+):sts::(?P<account>\d+):assumed-role/(?P<name>[^/]+)/.+"
)

_IAM = re.compile(r"arn:(?P<partition>[^:]+):iam::(?P<account>\d+):role/(?:.+/)?(?P<name>[^/]+)")

_LASTING = re.compile(r"arn:[^:]+:iam::\d+:(?:user|role)/.+")


def error_with(code: str, message: str = "") -> ErrorPredicate:
    """Matches errors with this code whose message contains `message`."""

    def matches(error: ClientError) -> bool:
        found = error.response.get("Error", {}).get("Message", "")
        return error_code(error) == code and message in found

    return matches


def any_of(*tests: ErrorPredicate) -> ErrorPredicate:
    return lambda error: any(matches(error) for matches in tests)


def _never(_error: ClientError) -> bool:
    return False


def _go_on() -> None: ...


class AwsApi:
    """AWS in one account and Region. Thread-safe. All methods raise ServiceError."""

    def __init__(
        self,
        session: boto3.Session,
        account: str,
        region: str,
        config: Config | None = None,
        rate: CallRate | None = None,
    ) -> None:
        """`config`: replaces the default configuration of clients. `rate`: bounds the calls."""
        self.account = account
        self.region = region
        self.session = session
        self._config = config
        self._rate = rate
        self._before_call: Callable[[], None] = _go_on
        self._is_denied = False
        self._has_answered = False

    def __str__(self) -> str:
        return f"{self.account} in {self.region}"

    def before_each_call(self, check: Callable[[], None]) -> None:
        """`check` may raise an error, which ends what makes the calls."""
        self._before_call = check

    def call(self, service: str, operation: str, **request: Any) -> "AwsAnswer":
        """`operation`: boto3's name, such as `list_tasks`."""
        answer = self.find(service, operation, _never, **request)
        assert answer is not None
        return answer

    def find(
        self, service: str, operation: str, not_found: ErrorPredicate, **request: Any
    ) -> "AwsAnswer | None":
        """Returns None if `not_found` matches the error."""
        client = self.client(service)
        action = f"{service}:{client.meta.method_to_api_mapping[operation]}"
        self._before_call()
        if self._rate:
            self._rate.wait()
        with self._recorded_denial(), explain_errors(action, str(self)):
            try:
                return AwsAnswer(getattr(client, operation)(**request), action, str(self))
            except ClientError as error:
                if not_found(error):
                    return None
                raise
            except ParamValidationError as error:
                raise ServiceError(
                    f"{action} on {self} was not sent, because a value from an earlier answer is "
                    f"invalid ({quoted(error)}): check AWS_ENDPOINT_URL, and any proxy in front of "
                    "AWS",
                    FailedAwsCall(action),
                ) from error

    def pages(
        self,
        service: str,
        operation: str,
        key: str,
        not_found: ErrorPredicate = _never,
        **request: Any,
    ) -> Iterator[Any]:
        """Yields the entries under `key` of all pages. Yields none if `not_found` matches the
        error."""
        while answer := self.find(service, operation, not_found, **request):
            yield from answer[key]
            if not (token := answer.next_page()):
                return
            request |= token

    def place_of(self, service: str) -> str:
        """The endpoint that answers, the account and the Region: another cloud, or a simulator, has
        another place."""
        return f"{self.client(service).meta.endpoint_url} {self}"

    @property
    def is_denied(self) -> bool:
        """Whether service control policies denied calls and no call succeeded. The whole Region
        then counts as denied."""
        return self._is_denied and not self._has_answered

    @contextmanager
    def _recorded_denial(self) -> Iterator[None]:
        try:
            yield
        except DeniedByOrganizationError:
            self._is_denied = True
            raise
        self._has_answered = True

    def lacks(self, service: str) -> bool:
        """Whether AWS does not offer the service in this Region.

        Both must hold: botocore's data does not list it, and its host name does not exist. The data
        alone may be outdated. The host name of ECR must exist, since every Region has ECR:
        otherwise DNS does not resolve AWS names at all, for example behind a proxy.
        """
        return (
            not self._is_listed(service)
            and self._lookup_error(service) == socket.EAI_NONAME
            and self._lookup_error("ecr") is None
        )

    def client(self, service: str, prepare: Prepare | None = None) -> Any:
        """A boto3 client, see `client_of`. Raises RequestError for wrong settings."""
        with explain_errors(service, str(self), is_call=False):
            return client_of(self.session, service, self.region, self._config, prepare)

    def _is_listed(self, service: str) -> bool:
        return any(
            self.region in self.session.get_available_regions(service, partition)
            for partition in self.session.get_available_partitions()
        )

    def _lookup_error(self, service: str) -> int | None:
        """The DNS error number for the service's host name; None if it resolves."""
        host = urlsplit(self.client(service).meta.endpoint_url).hostname
        try:
            socket.getaddrinfo(host, None)
        except socket.gaierror as error:
            return error.errno
        return None


class AwsAnswer:
    """An AWS answer, or a part of one, that raises ServiceError for missing keys. botocore returns
    a truncated answer, or one that is not JSON, as an empty answer."""

    def __init__(self, content: dict[str, Any], action: str, target: str) -> None:
        self._content = content
        self._action = action
        self._target = target

    def __getitem__(self, key: str) -> Any:
        try:
            found = self._content[key]
        except (LookupError, TypeError):
            with explain_errors(self._action, self._target):
                raise
        return self._part(found)

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def get(self, key: str) -> Any:
        """Returns None for a missing key."""
        return self._part(self._content.get(key))

    def unusable(self, why: str) -> ServiceError:
        """`why` follows the action and the target, such as `omitted 3 of 10 tasks: try again`."""
        return ServiceError(f"{self._action} on {self._target} {why}", FailedAwsCall(self._action))

    def next_page(self) -> dict[str, str] | None:
        """The request parameter for the next page; None after the last page."""
        for key, parameter in _TOKENS.items():
            if token := self._content.get(key):
                return {parameter: token}
        return None

    def _part(self, value: Any) -> Any:
        if isinstance(value, dict):
            return AwsAnswer(value, self._action, self._target)
        if isinstance(value, list):
            return [self._part(entry) for entry in value]
        return value


@dataclass(frozen=True, slots=True)
class AccountAccess:
    """How to open an account. `account`: None for the account of the credentials. `has_registry`:
    the account is scanned because it has a registry. `has_own_list`: the settings list Regions for
    this account only."""

    session: boto3.Session
    account: str | None
    regions: tuple[str, ...]
    has_registry: bool = False
    has_own_list: bool = False


def open_aws_apis(access: AccountAccess, calls_per_second: float) -> Iterator[AwsApi]:
    """Yields an API for each Region, each with its own rate. Raises ServiceError if the credentials
    belong to another account, whose workloads would otherwise be attributed to this one."""
    caller = caller_account(access.session, access.regions)
    if access.account not in (None, caller):
        raise ServiceError(
            f"the credentials belong to account {caller}: give account {access.account} a role_arn "
            "under usage.accounts, or under registries"
        )
    for region in _regions(access, caller):
        yield AwsApi(access.session, caller, region, rate=CallRate(calls_per_second))


def caller_account(session: boto3.Session, regions: Sequence[str] = ()) -> str:
    return _caller(session, regions, "Account")


def caller_arn(session: boto3.Session, regions: Sequence[str] = ()) -> str:
    return _caller(session, regions, "Arn")


def _caller(session: boto3.Session, regions: Sequence[str], key: Literal["Account", "Arn"]) -> str:
    region = session.region_name or next((r for r in regions if r != ALL_REGIONS), None)
    with explain_errors("sts:GetCallerIdentity", "the credentials"):
        sts: STSClient = client_of(session, "sts", region)
        return sts.get_caller_identity()[key]


def _regions(access: AccountAccess, account: str) -> Sequence[str]:
    """The Regions of an account. `all` means the Regions that the account has enabled."""
    if ALL_REGIONS not in access.regions:
        return access.regions
    return enabled_regions(access.session, account, access.session.region_name)


def enabled_regions(session: boto3.Session, account: str, region: str | None) -> Sequence[str]:
    """The Regions that the account has enabled, by a call in `region`."""
    action = "ec2:DescribeRegions"
    with explain_errors(action, account):
        ec2: EC2Client = client_of(session, "ec2", region)
        regions = [region["RegionName"] for region in ec2.describe_regions()["Regions"]]
    if not regions:
        raise ServiceError(
            f"{action} listed no Region of {account}: name the Regions in the settings",
            FailedAwsCall(action),
        )
    return regions


def is_same_principal(caller: str, principal: str) -> bool:
    """Whether `caller` (an ARN of GetCallerIdentity) acts as `principal` (an IAM ARN).

    The ARN of an assumed role lacks the path of the role. Role names are unique in an account.
    """
    assumed = _ASSUMED.fullmatch(caller)
    role = _IAM.fullmatch(principal)
    if assumed and role:
        return assumed.groupdict() == role.groupdict()
    return caller == principal


def iam_principal(caller: str) -> str | None:
    """The ARN of the IAM user or role of `caller`; None for a root user and a federated user. The
    ARN of an assumed role is a guess: it lacks the path of the role."""
    if assumed := _ASSUMED.fullmatch(caller):
        return "arn:{partition}:iam::{account}:role/{name}".format(**assumed.groupdict())
    return caller if _LASTING.fullmatch(caller) else None
