"""How buttons and modals are called, and what they carry."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from bot.core.pins import check_pin
from bot.core.repository import RepositoryId, parse_repository_uri

COMMAND = "/ecr-clean"

APPROVE_PLAN = "approve_plan"
DISMISS_PLAN = "dismiss_plan"
SHOW_IMAGES = "show_images"
STOP_PLAN = "stop_plan"
TRY_AGAIN = "try_again"
CONFIRM_USAGE = "confirm_usage"
PIN_PULLED = "pin_pulled"
PIN_TAGS = "pin_tags"
UNPIN = "unpin"
KEEP_PIN = "keep_pin"
RUN_COMMAND = "run_command"
IMAGES_PAGE = "images_page"
"""Of buttons; where there are several in one message, `:` and a number follow."""

CONFIRM_PLAN = "confirm_plan"
IMAGES = "images"
"""Of modals."""

PINNED_TAGS = "pinned_tags"
PIN_REASON = "pin_reason"
PIN_FOR = "pin_for"
PIN_UNTIL = "pin_until"
"""Blocks and actions of the inputs of the modal `pin_tags`."""

TYPED_NAME = "typed_name"
"""Block and action of the input in which the repository's name is typed."""

MOST_IN_LINE = 2000
"""Characters that a button carries: docs.slack.dev, button element."""

_FORM = re.compile(
    r"(?P<plan>\w{1,40}):(?P<version>\d{1,6})(?::(?P<detail>[\w:-]{1,100}))?", re.ASCII
)

_USAGE_FORM = re.compile(
    r"(?P<plan>\S+) (?P<workloads>\d{1,12}) (?P<source>\S{1,100}) (?P<scope>.+)",
    re.ASCII | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class PlanRef:
    """The version of a plan that a button is about, and what of it: a digest, a place, a page."""

    plan: str
    version: int
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.plan}:{self.version}" + (f":{self.detail}" if self.detail else "")

    @classmethod
    def parse(cls, value: str) -> Self:
        """Raises ValueError for anything that no button of ours carries."""
        found = _FORM.fullmatch(value)
        if found is None:
            raise ValueError(f"{value!r} is no plan")
        return cls(found["plan"], int(found["version"]), found["detail"] or "")


@dataclass(frozen=True, slots=True)
class UsageRef:
    """How many workloads of a source, in one scope, a button confirms, and the version of the plan
    whose message it is in."""

    plan: str
    version: int
    workloads: int
    source: str
    scope: str

    def __str__(self) -> str:
        return f"{self.plan}:{self.version} {self.workloads} {self.source} {self.scope}"

    @classmethod
    def parse(cls, value: str) -> Self:
        """Raises ValueError for anything that no button of ours carries."""
        found = _USAGE_FORM.fullmatch(value)
        if found is None:
            raise ValueError(f"{value!r} is no usage of a source")
        plan = PlanRef.parse(found["plan"])
        return cls(
            plan.plan, plan.version, int(found["workloads"]), found["source"], found["scope"]
        )


@dataclass(frozen=True, slots=True)
class EndOfPin:
    """A pin, and when it runs out, as a message told it. UTC."""

    pin: "PinRef"
    until: datetime

    def __str__(self) -> str:
        return f"{self.until.timestamp()} {self.pin}"

    @classmethod
    def parse(cls, value: str) -> Self:
        """Raises ValueError for anything that no button of ours carries."""
        until, _, pin = value.partition(" ")
        try:
            return cls(PinRef.parse(pin), datetime.fromtimestamp(float(until), UTC))
        except OverflowError as error:
            raise ValueError(f"{until!r} is no time") from error


@dataclass(frozen=True, slots=True)
class PinRef:
    """The pin that a button is about, by the text that it was made with."""

    repository: RepositoryId
    pin: str

    def __str__(self) -> str:
        return f"{self.repository.uri} {self.pin}"

    @classmethod
    def parse(cls, value: str) -> Self:
        """Raises ValueError for anything that no button of ours carries."""
        uri, _, pin = value.partition(" ")
        repository = parse_repository_uri(uri)
        if repository is None:
            raise ValueError(f"{uri!r} is no repository")
        return cls(repository, check_pin(pin))
