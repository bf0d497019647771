"""Helpers of the tests of AWS sources: the AWS API of the stand-in, and every kind of failure."""

import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from botocore.retries.standard import ExponentialBackoff

from bot.aws.aws_api import AwsApi
from bot.core.errors import ServiceError
from bot.core.usage import ImageUse
from bot.playground.aws import DEFAULT_ACCOUNT, DEFAULT_REGION, AwsStandIn, Fault
from bot.ports import DefinitionCache, OpenDefinitionCache, UsageSource
from bot.store.usage_cache import SqliteUsageCache

HOST = f"{DEFAULT_ACCOUNT}.dkr.ecr.{DEFAULT_REGION}.amazonaws.com"
PLACE = f"{DEFAULT_ACCOUNT} in {DEFAULT_REGION}"
Open = Callable[[AwsApi], UsageSource]
Fail = Callable[[AwsStandIn, str], None]
"""Makes every call of an operation (`ecs:ListTasks`) fail."""


UNLISTED = "xx-nowhere-1"
"""A Region that botocore's data does not list."""


def open_aws_api(patience: float = 60, region: str = DEFAULT_REGION) -> AwsApi:
    """The default account of the stand-in. `patience`: read timeout in seconds."""
    core = botocore.session.get_session()
    core.set_default_client_config(Config(read_timeout=patience))
    return AwsApi(boto3.Session(botocore_session=core), DEFAULT_ACCOUNT, region)


def lose_host(monkeypatch: pytest.MonkeyPatch, service: str, code: int = socket.EAI_NONAME) -> None:
    """Makes DNS lookups of the service's host fail with this code."""
    lost = f"{service}.example"
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *others: Any, **options: Any) -> Any:
        if host == lost:
            raise socket.gaierror(code, "by the test")
        return real(host, *others, **options)

    monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service.upper()}", f"https://{lost}")
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


CACHES = ("no cache", "warm cache")


def cache_in(folder: Path) -> OpenDefinitionCache:
    def opened() -> AbstractContextManager[DefinitionCache]:
        return SqliteUsageCache(folder / "cache" / "manifests.db", lambda: datetime.now(UTC))

    return opened


@dataclass(frozen=True)
class ChangingSource:
    """A source whose cache lacks what `change` adds before each scan."""

    source: UsageSource
    change: Callable[[], object]

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def scope(self) -> str:
        return self.source.scope

    def image_uses(self) -> Iterator[ImageUse]:
        self.change()
        return self.source.image_uses()


def warm_source(source: UsageSource, change: Callable[[], object]) -> ChangingSource:
    """Scans once, to fill the cache."""
    assert scan_source(source)
    return ChangingSource(source, change)


def scan_source(source: UsageSource) -> set[ImageUse]:
    return set(source.image_uses())


def image(name: str, tag: str = "1") -> str:
    return f"{HOST}/{name}:{tag}"


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def _denied(aws: AwsStandIn, call: str) -> None:
    aws.world.deny(call)


def _fault(aws: AwsStandIn, call: str, **effect: Any) -> None:
    service, operation = call.split(":")
    aws.world.faults.add(Fault(**{"service": service, "operation": operation, **effect}))


_ALWAYS: Mapping[str, Mapping[str, Any]] = {
    "always throttled": {"error": "ThrottlingException"},
    "always throttled, as Lambda says it": {"error": "TooManyRequestsException", "status": 429},
    "internal error": {"error": "InternalFailure", "status": 500},
    "unknown error": {"error": "ClientException"},
    "cut off before": {"cut": "before"},
    "cut off after": {"cut": "after"},
    "cut off in the body": {"cut": "body"},
    "no JSON": {"body": "<html>sign in to the network</html>"},
    "truncated JSON": {"body": '{"taskArns": ["arn:aws:ecs:eu'},
    "empty body": {"body": ""},
    "empty answer": {"answer": {}},
    "null": {"body": "null"},
    "a list": {"body": "[]"},
}

FAILURES: Mapping[str, Fail] = {
    "denied": _denied,
    **{name: partial(_fault, times=None, **effect) for name, effect in _ALWAYS.items()},
}

SECOND_PAGE: Mapping[str, Fail] = {
    name: partial(_fault, skip=1, times=None, **_ALWAYS[name])
    for name in (
        "always throttled",
        "cut off after",
        "cut off in the body",
        "no JSON",
        "empty answer",
    )
}


def check_every_failure(
    aws: AwsStandIn, open_source: Open, fail: Fail, calls: Sequence[str] = ()
) -> None:
    """Fails each call of the source, or each of `calls`, separately. The error must name the call,
    the account and the Region."""
    source = open_source(open_aws_api())
    for call in calls or _calls_without_faults(aws, source):
        aws.world.access.clear()
        aws.world.faults.clear()
        fail(aws, call)
        check_error_names_call(call, source)


def check_every_timeout(aws: AwsStandIn, open_source: Open) -> None:
    """Raises botocore's timeout error without waiting."""
    aws_api, late = open_aws_api(), ""

    def time_out(request: Any, event_name: str, **_: Any) -> None:
        if event_name.endswith(f".{late}"):
            raise ReadTimeoutError(endpoint_url=request.url)

    aws_api.session.events.register("before-send", time_out)
    source = open_source(aws_api)
    for call in _calls_without_faults(aws, source):
        late = call.partition(":")[2]
        check_error_names_call(call, source, "got no answer")


def check_error_names_call(call: str, source: UsageSource, words: str | None = None) -> None:
    with pytest.raises(ServiceError, match=words) as raised:
        scan_source(source)
    assert call in str(raised.value)
    assert PLACE in str(raised.value)


def check_throttling_is_retried(
    aws: AwsStandIn, open_source: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)
    source = open_source(open_aws_api())
    well = scan_source(source)
    calls = _calls_without_faults(aws, source)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    for call in calls:
        service, operation = call.split(":")
        aws.world.faults.throttle(service=service, operation=operation)
    assert scan_source(open_source(open_aws_api())) == well


def _calls_without_faults(aws: AwsStandIn, source: UsageSource) -> Sequence[str]:
    aws.world.calls.reset()
    scan_source(source)
    return sorted(aws.world.calls.counts())


def check_incomplete_answers(
    aws: AwsStandIn, open_source: Open, answers: Iterable[tuple[str, Mapping[str, Any]]]
) -> None:
    """Gives each call a well-formed answer that is incomplete or wrong. The source must raise an
    error."""
    source = open_source(open_aws_api())
    for call, answer in answers:
        aws.world.faults.clear()
        _fault(aws, call, times=None, answer=answer)
        assert PLACE in error_of(source), f"{call} with {answer} is accepted as complete"


def error_of(source: UsageSource) -> str:
    """The text of the error; empty if the source accepts the answer."""
    try:
        scan_source(source)
    except ServiceError as error:
        return str(error)
    return ""
