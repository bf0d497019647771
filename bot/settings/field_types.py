"""The types of values in the settings file. Errors quote the descriptions, which say what is
allowed."""

import re
from datetime import UTC, date, datetime, timedelta
from math import inf
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from bot.core.approver_arns import check_arn_pattern, is_arn_pattern
from bot.core.name_syntax import (
    ABOUT_PATTERNS,
    CLUSTER_ARNS,
    CLUSTERS,
    CLUSTERS_OR_ARNS,
    MEDIA_TYPES,
    REPOSITORIES,
    TAGS,
    is_arn,
)
from bot.core.patterns import Patterns
from bot.core.pins import check_pin
from bot.core.regular_expressions import is_regular_expression
from bot.core.repository import NAME, parse_registry_host
from bot.core.rules.tag_groups import GroupPattern
from bot.core.text_formatting import LAST_YEAR, end_of_day, parse_duration
from bot.core.version_pattern import version_pattern

_DAY = "(?:mon|tue|wed|thu|fri|sat|sun)"
_SCHEDULE = re.compile(rf"(?:daily|{_DAY}(?:,{_DAY})*) (?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
AUTO: Literal["auto"] = "auto"

LONGEST_MEMORY = timedelta(days=3650)
"""Of scans of usage: there is no time so long ago that the bot could not compute it."""

_PERCENT = re.compile(r"\d{1,3}%", re.ASCII)


def _duration(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


def _group_pattern(value: str) -> str:
    GroupPattern(value)
    return value


def _reference_pattern(value: str) -> str:
    """Any text may be a reference, also one that cannot be parsed."""
    Patterns.of(value)
    return value


def _cluster_pattern(pattern: str) -> str:
    if is_regular_expression(pattern):
        return CLUSTERS_OR_ARNS.check(pattern)
    return (CLUSTER_ARNS if is_arn(pattern) else CLUSTERS).check(pattern)


def _version_pattern(value: str) -> str:
    return version_pattern(value).text


def _approver(value: str) -> str:
    return check_arn_pattern(value) if is_arn_pattern(value) else value


def _share(value: Any) -> float:
    if isinstance(value, str) and _PERCENT.fullmatch(value):
        return int(value[:-1]) / 100
    raise ValueError("it is not a percentage")


def _gb_price(value: Any) -> Any:
    if value == AUTO:
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value < inf:
        raise ValueError("it is not a price")
    return float(value)


def _schedule(value: str) -> str:
    if not _SCHEDULE.fullmatch(value):
        raise ValueError("it is not a schedule")
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("it is not a known time zone") from error
    return value


def _registry_host(value: str) -> str:
    if parse_registry_host(value) is None:
        raise ValueError("it is not an ECR registry")
    return value


def _jmes_path(value: str) -> str:
    import jmespath  # noqa: PLC0415 - few settings have one

    try:
        jmespath.compile(value)
    except jmespath.exceptions.JMESPathError as error:
        raise ValueError(
            f"it is not a JMESPath expression: {str(error).splitlines()[0]}"
        ) from error
    return value


def _until(value: Any) -> Any:
    if isinstance(value, date) and not 2 <= value.year <= LAST_YEAR:
        raise ValueError(f"its year is not from 2 to {LAST_YEAR}")
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return end_of_day(value)
    return value


Account = Annotated[
    str, Field(pattern=r"^\d{12}$", description="a 12-digit AWS account ID, in quotes")
]
AccountOrAny = Annotated[
    str,
    Field(pattern=r"^(\d{12}|\*)$", description="a 12-digit AWS account ID, in quotes, or '*'"),
]
ServicePrincipal = Annotated[
    str,
    Field(
        pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+){2,}|\*)$",
        description="a service principal, such as emr-serverless.amazonaws.com, or '*'",
    ),
]
AliasHost = Annotated[
    str,
    Field(
        pattern=r"^(?i:localhost|[a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9-]+(\.[a-z0-9-]+)*:\d+)"
        rf"(/{NAME})?$",
        description="a host name with a dot or a port, with an optional path and no scheme, such "
        "as harbor.example.com/ecr-proxy",
    ),
]
RegistryHost = Annotated[
    str,
    AfterValidator(_registry_host),
    Field(description="a registry URI, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com"),
]
Region = Annotated[
    str,
    Field(pattern=r"^[a-z]{2,5}(-[a-z]+)+-\d+$", description="an AWS Region, such as eu-west-1"),
]
RoleArn = Annotated[
    str,
    Field(
        pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$",
        description="the ARN of an IAM role",
    ),
]
NonEmptyText = Annotated[str, Field(min_length=1, description="a non-empty string")]
ResourceName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9-]+\.v\d+[a-z0-9]*\.[a-z0-9-]+(\.[a-z0-9-]+)*$",
        description="PLURAL.VERSION.GROUP, as for kubectl, such as rollouts.v1alpha1.argoproj.io",
    ),
]
JmesPath = Annotated[
    str,
    AfterValidator(_jmes_path),
    Field(description="a JMESPath to the pod template, such as spec.template"),
]
NonNegativeInt = Annotated[int, Field(ge=0, description="an integer, at least 0")]
PositiveInt = Annotated[int, Field(ge=1, description="an integer, at least 1")]
UsdAmount = Annotated[
    float, Field(ge=0, allow_inf_nan=False, description="an amount in USD, at least 0")
]
GbPriceSetting = Annotated[
    float | Literal["auto"],
    BeforeValidator(_gb_price),
    Field(description="an amount in USD, at least 0, or `auto` to read AWS's price list"),
]
Boolean = Annotated[bool, Field(description="true or false")]
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    Field(description="a duration, such as 30s, 5m, 24h or 30d"),
]
PositiveDuration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    Field(ge=timedelta(seconds=1), description="a duration of at least 1s, such as 30s, 5m or 24h"),
]
UseDuration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    Field(
        ge=timedelta(seconds=1),
        le=LONGEST_MEMORY,
        description="a duration from 1s to 3650d, such as 30d",
    ),
]
ScanInterval = Annotated[
    timedelta, BeforeValidator(_duration), Field(ge=timedelta(minutes=5), le=LONGEST_MEMORY)
]
Percentage = Annotated[
    float, BeforeValidator(_share), Field(le=1, description="a percentage from 0% to 100%")
]
Schedule = Annotated[
    str,
    AfterValidator(_schedule),
    Field(description="DAY[,DAY…] HH:MM or daily HH:MM, such as `mon,thu 09:00`"),
]
TimeZone = Annotated[
    str, AfterValidator(_time_zone), Field(description="a time zone, such as Europe/Berlin")
]
TagPattern = Annotated[
    str,
    AfterValidator(TAGS.check),
    Field(description=f"a pattern for tags (letters, digits, _ . -): {ABOUT_PATTERNS}"),
]
VersionPatternText = Annotated[
    str,
    AfterValidator(_version_pattern),
    Field(
        description="a pattern for tags with a place for the version, such as release-{version}, "
        "or a regular expression with the named group version, such as /r(?P<version>[0-9.]+)/"
    ),
]
GroupPatternText = Annotated[
    str,
    AfterValidator(_group_pattern),
    Field(
        description="a pattern for tags with placeholders, such as feature-{branch}-*, or a "
        "regular expression with named groups, such as /(?P<branch>.+)-[0-9]+/"
    ),
]
RepositoryPattern = Annotated[
    str,
    AfterValidator(REPOSITORIES.check),
    Field(
        description="a pattern for repository names or URIs (lowercase letters, digits, . _ - /)"
        f": {ABOUT_PATTERNS}"
    ),
]
ClusterPattern = Annotated[
    str,
    AfterValidator(_cluster_pattern),
    Field(
        description="a pattern for EKS cluster names (letters, digits, - _) or, if it starts "
        f"with `arn:`, for cluster ARNs: {ABOUT_PATTERNS}"
    ),
]
ReferencePattern = Annotated[
    str,
    AfterValidator(_reference_pattern),
    Field(description="a pattern for image references, not empty and with every [ closed"),
]
MediaTypePattern = Annotated[
    str,
    AfterValidator(MEDIA_TYPES.check),
    Field(description=f"a pattern for media types, such as application/*helm*: {ABOUT_PATTERNS}"),
]
PinText = Annotated[
    str,
    AfterValidator(check_pin),
    Field(description=f"a tag, a full digest, or a pattern for tags: {ABOUT_PATTERNS}"),
]
Approver = Annotated[
    str,
    Field(pattern=r"^([UWS][A-Z0-9]{2,}|@[^\s@,<>]{1,80}|arn:.+|/.+/)$"),
    AfterValidator(_approver),
    Field(
        description="a Slack user ID (U…), a Slack user group ID (S…), the @handle of a Slack user "
        "or user group, or a pattern for AWS ARNs as in `aws sts get-caller-identity`: "
        "arn:aws:sts::ACCOUNT:assumed-role/ROLE/*"
    ),
]
EndDate = Annotated[
    datetime,
    BeforeValidator(_until),
    Field(description="a date, which includes that day, or a time; UTC if no zone is given"),
]
