"""The kinds of values in the settings file. A description says what is allowed: errors quote it."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from bot.core.name_syntax import (
    CLUSTER_ARNS,
    CLUSTERS,
    IDENTITY_ARNS,
    MEDIA_TYPES,
    ONLY_GLOBS,
    REPOSITORIES,
    TAGS,
    is_arn,
)
from bot.core.patterns import Patterns
from bot.core.pins import check_pin
from bot.core.repository import NAME, parse_registry_host
from bot.core.text_formatting import LAST_YEAR, end_of_day, parse_duration

_DAY = "(?:mon|tue|wed|thu|fri|sat|sun)"
_SCHEDULE = re.compile(rf"(?:daily|{_DAY}(?:,{_DAY})*) (?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_PERCENT = re.compile(r"\d{1,3}%", re.ASCII)


def _duration(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


def _reference_glob(value: str) -> str:
    """References that cannot be read may be matched, too: any text can be one."""
    Patterns.of(value)
    return value


def _cluster_glob(glob: str) -> str:
    return (CLUSTER_ARNS if is_arn(glob) else CLUSTERS).check(glob)


def _approver(value: str) -> str:
    return IDENTITY_ARNS.check(value) if is_arn(value) else value


def _share(value: Any) -> float:
    if isinstance(value, str) and _PERCENT.fullmatch(value):
        return int(value[:-1]) / 100
    raise ValueError("this is no percentage")


def _schedule(value: str) -> str:
    if not _SCHEDULE.fullmatch(value):
        raise ValueError("this is no schedule")
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("this is no time zone that is known here") from error
    return value


def _registry_host(value: str) -> str:
    if parse_registry_host(value) is None:
        raise ValueError("this is no registry of ECR")
    return value


def _jmes_path(value: str) -> str:
    import jmespath  # noqa: PLC0415 - few settings have one

    try:
        jmespath.compile(value)
    except jmespath.exceptions.JMESPathError as error:
        raise ValueError(f"this is no JMESPath: {str(error).splitlines()[0]}") from error
    return value


def _until(value: Any) -> Any:
    if isinstance(value, date) and not 2 <= value.year <= LAST_YEAR:
        raise ValueError(f"its year is none from 2 to {LAST_YEAR}")
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return end_of_day(value)
    return value


Account = Annotated[
    str, Field(pattern=r"^\d{12}$", description="an AWS account's 12 digits, in quotes")
]
AccountOrAny = Annotated[
    str,
    Field(pattern=r"^(\d{12}|\*)$", description="an AWS account's 12 digits, in quotes, or '*'"),
]
ServicePrincipal = Annotated[
    str,
    Field(
        pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+){2,}|\*)$",
        description="a service's principal, as in emr-serverless.amazonaws.com, or '*'",
    ),
]
AliasHost = Annotated[
    str,
    Field(
        pattern=r"^(?i:localhost|[a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9-]+(\.[a-z0-9-]+)*:\d+)"
        rf"(/{NAME})?$",
        description="a host name with a dot or a port, without scheme, with or without a path: "
        "harbor.example.com/ecr-proxy",
    ),
]
RegistryHost = Annotated[
    str,
    AfterValidator(_registry_host),
    Field(description="a registry's URI: 123456789012.dkr.ecr.eu-west-1.amazonaws.com"),
]
Region = Annotated[
    str, Field(pattern=r"^[a-z]{2,5}(-[a-z]+)+-\d+$", description="the name of an AWS Region")
]
RoleArn = Annotated[
    str,
    Field(
        pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$",
        description="the ARN of an IAM role",
    ),
]
NonEmptyText = Annotated[str, Field(min_length=1, description="a text that is not empty")]
ResourceName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9-]+\.v\d+[a-z0-9]*\.[a-z0-9-]+(\.[a-z0-9-]+)*$",
        description="PLURAL.VERSION.GROUP as kubectl knows it: rollouts.v1alpha1.argoproj.io",
    ),
]
JmesPath = Annotated[
    str,
    AfterValidator(_jmes_path),
    Field(description="a JMESPath to the pod template, as in spec.template"),
]
NonNegativeInt = Annotated[int, Field(ge=0, description="a whole number, 0 or more")]
PositiveInt = Annotated[int, Field(ge=1, description="a whole number, 1 or more")]
UsdAmount = Annotated[float, Field(ge=0, allow_inf_nan=False, description="USD, 0 or more")]
Boolean = Annotated[bool, Field(description="true or false")]
Duration = Annotated[
    timedelta, BeforeValidator(_duration), Field(description="a duration: 30s, 5m, 24h or 30d")
]
PositiveDuration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    Field(ge=timedelta(seconds=1), description="a duration from 1s: 30s, 5m, 24h or 30d"),
]
Percentage = Annotated[
    float, BeforeValidator(_share), Field(le=1, description="a percentage from 0% to 100%")
]
Schedule = Annotated[
    str,
    AfterValidator(_schedule),
    Field(description="DAY[,DAY…] HH:MM or daily HH:MM, as in `mon,thu 09:00`"),
]
TimeZone = Annotated[
    str, AfterValidator(_time_zone), Field(description="a time zone's name, as in Europe/Berlin")
]
TagGlob = Annotated[
    str,
    AfterValidator(TAGS.check),
    Field(description=f"a shell glob of tags (letters, digits, _ . -): {ONLY_GLOBS}"),
]
RepositoryGlob = Annotated[
    str,
    AfterValidator(REPOSITORIES.check),
    Field(
        description="a shell glob of repositories' names or URIs (lower case letters, digits, "
        f". _ - /): {ONLY_GLOBS}"
    ),
]
ClusterGlob = Annotated[
    str,
    AfterValidator(_cluster_glob),
    Field(
        description="a shell glob of EKS clusters' names (letters, digits, - _) or, if it begins "
        f"with `arn:`, of their ARNs: {ONLY_GLOBS}"
    ),
]
ReferenceGlob = Annotated[
    str,
    AfterValidator(_reference_glob),
    Field(description="a shell glob of image references, not empty and every [ closed"),
]
MediaTypeGlob = Annotated[
    str,
    AfterValidator(MEDIA_TYPES.check),
    Field(description=f"a shell glob of media types, as in application/*helm*: {ONLY_GLOBS}"),
]
PinText = Annotated[
    str,
    AfterValidator(check_pin),
    Field(description=f"a tag, a whole digest, or a shell glob of tags: {ONLY_GLOBS}"),
]
Approver = Annotated[
    str,
    Field(pattern=r"^([UWS][A-Z0-9]{2,}|arn:.+)$"),
    AfterValidator(_approver),
    Field(
        description="a Slack person (U…), a Slack user group (S…), or a glob of AWS ARNs as "
        "`aws sts get-caller-identity` shows them: arn:aws:sts::ACCOUNT:assumed-role/ROLE/*"
    ),
]
EndDate = Annotated[
    datetime,
    BeforeValidator(_until),
    Field(description="a date (meant to its end) or a time, UTC where no zone is given"),
]
