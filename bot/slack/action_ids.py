"""IDs of buttons, modals and inputs, and the values that they carry."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Self

from bot.core.errors import RequestError
from bot.core.pins import check_pin
from bot.core.repository import RepositoryId, parse_repository_uri
from bot.core.verdict_reasons import Verdict

COMMAND = "/ecr-clean"

APPROVE_PLAN = "approve_plan"
DISMISS_PLAN = "dismiss_plan"
SHOW_IMAGES = "show_images"
STOP_PLAN = "stop_plan"
RESULT_DETAILS = "result_details"
TRY_AGAIN = "try_again"
CONFIRM_USAGE = "confirm_usage"
PIN_PULLED = "pin_pulled"
PIN_TAGS = "pin_tags"
UNPIN = "unpin"
KEEP_PIN = "keep_pin"
RUN_COMMAND = "run_command"
ASK_APPROVERS = "ask_approvers"
REVIEW_TAB = "review_tab"
REVIEW_PAGE = "review_page"
REVIEW_PIN = "review_pin"
OPEN_LINK = "open_link"
APPROVE_PLANS = "approve_plans"
DISMISS_PLANS = "dismiss_plans"
STOP_PLANS = "stop_plans"
"""Of buttons. If a message has several of a kind, `:` and a number follow."""

OPEN_REPORT = "open_report"
"""Of the select in a digest."""

CONFIRM_PLAN = "confirm_plan"
REVIEW_IMAGES = "review_images"
ESTIMATE_COST = "estimate_cost"
CHANGE_ESTIMATE = "change_estimate"
CHOOSE_PLANS = "choose_plans"
CONFIRM_PLANS = "confirm_plans"
"""Of modals."""

CHOSEN_PLANS = "chosen_plans"
ALL_WITHOUT_WARNINGS = "all_without_warnings"
TYPED_TOTAL = "typed_total"
"""Blocks and actions of the inputs of the modals `choose_plans` and `confirm_plans`."""

REVIEW_SEARCH = "review_search"
"""Block and action of the input for part of a tag, in the modal `review_images`."""

PINNED_TAGS = "pinned_tags"
PIN_REASON = "pin_reason"
PIN_FOR = "pin_for"
PIN_UNTIL = "pin_until"
"""Blocks and actions of the inputs of the modal `pin_tags`."""

TYPED_NAME = "typed_name"
"""Block and action of the input for the repository's name."""

MOST_IN_LINE = 2000
"""Characters of a button's value: docs.slack.dev, button element."""

MOST_IN_OPTION = 150
"""Characters of an option's value: docs.slack.dev, option object. Tags have up to 300: ECR API
reference, PutImage, imageTag."""

_WHOLE, _CUT = "=", "#"
_HASH_LENGTH = 32
_MOST_CUT = MOST_IN_OPTION - 1 - _HASH_LENGTH

_FORM = re.compile(
    r"(?P<plan>\w{1,40}):(?P<version>\d{1,6})(?::(?P<detail>[\w:-]{1,100}))?", re.ASCII
)

_SELECTION_FORM = re.compile(
    r"(?P<selection>\w{1,40}):(?P<channel>[CDG][A-Z0-9]{1,31}):(?P<images>\d{1,12})", re.ASCII
)

_USAGE_FORM = re.compile(
    r"(?P<plan>\S+) (?P<workloads>\d{1,12}) (?P<source>\S{1,100}) (?P<scope>.+)",
    re.ASCII | re.DOTALL,
)


def numbered(action_id: str) -> re.Pattern[str]:
    """Matches the action ID, with a number appended if the surface has several such buttons."""
    return re.compile(rf"{action_id}(:\d+)?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class PlanRef:
    """A version of a plan. `detail`: a digest or a channel, depending on the button."""

    plan: str
    version: int
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.plan}:{self.version}" + (f":{self.detail}" if self.detail else "")

    @classmethod
    def parse(cls, value: str) -> Self:
        """Raises ValueError for a value that no button carries."""
        found = _FORM.fullmatch(value)
        if found is None:
            raise ValueError(f"invalid plan: {value!r}")
        return cls(found["plan"], int(found["version"]), found["detail"] or "")


@dataclass(frozen=True, slots=True)
class SelectionRef:
    """A stored selection of plans, and the channel of the digest. `images`: the number that the
    approver types; 0 while they choose."""

    selection: str
    channel: str
    images: int = 0

    def __str__(self) -> str:
        return f"{self.selection}:{self.channel}:{self.images}"

    @classmethod
    def parse(cls, value: str) -> Self:
        """Raises ValueError for a value that no modal has."""
        found = _SELECTION_FORM.fullmatch(value)
        if found is None:
            raise ValueError(f"invalid selection: {value!r}")
        return cls(found["selection"], found["channel"], int(found["images"]))


@dataclass(frozen=True, slots=True)
class ReviewState:
    """What the modal *Review images* shows. `ref`: the version of the plan that was the newest when
    the modal opened, and as `detail` the channel of the message that opened it. `page`: from 0.
    `search`: part of a tag, or empty."""

    ref: PlanRef
    verdict: Verdict = Verdict.DELETE
    page: int = 0
    search: str = ""

    def __str__(self) -> str:
        return f"{self.ref} {self.verdict} {self.page} {self.search}"

    @classmethod
    def parse(cls, value: str) -> Self:
        """Raises ValueError for a value that no modal has."""
        ref, verdict, page, search = value.split(" ", 3)
        return cls(PlanRef.parse(ref), Verdict(verdict), int(page), search)


@dataclass(frozen=True, slots=True)
class UsageRef:
    """The number of workloads of a source in one scope, which a button confirms, and the version of
    the plan in the button's message."""

    plan: str
    version: int
    workloads: int
    source: str
    scope: str

    def __str__(self) -> str:
        return f"{self.plan}:{self.version} {self.workloads} {self.source} {self.scope}"

    @classmethod
    def parse(cls, value: str) -> Self:
        """Raises ValueError for a value that no button carries."""
        found = _USAGE_FORM.fullmatch(value)
        if found is None:
            raise ValueError(f"invalid usage of a source: {value!r}")
        plan = PlanRef.parse(found["plan"])
        return cls(
            plan.plan, plan.version, int(found["workloads"]), found["source"], found["scope"]
        )


@dataclass(frozen=True, slots=True)
class PinExpiryRef:
    """A pin and its end as the message shows it. UTC."""

    pin: "PinRef"
    until: datetime

    def __str__(self) -> str:
        return f"{self.until.timestamp()} {self.pin}"

    @classmethod
    def parse(cls, value: str) -> Self:
        """Raises ValueError for a value that no button carries."""
        until, _, pin = value.partition(" ")
        try:
            return cls(PinRef.parse(pin), datetime.fromtimestamp(float(until), UTC))
        except OverflowError as error:
            raise ValueError(f"invalid time: {until!r}") from error


@dataclass(frozen=True, slots=True)
class PinRef:
    """A pin, by its tag, digest or pattern."""

    repository: RepositoryId
    pin: str

    def __str__(self) -> str:
        return f"{self.repository.uri} {self.pin}"

    @classmethod
    def parse(cls, value: str) -> Self:
        """Raises ValueError for a value that no button carries."""
        uri, _, pin = value.partition(" ")
        repository = parse_repository_uri(uri)
        if repository is None:
            raise ValueError(f"invalid repository: {uri!r}")
        return cls(repository, check_pin(pin))


def fits_option(pin: str) -> bool:
    """Whether the value of an option can hold the whole pin."""
    return len(pin) < MOST_IN_OPTION


def pin_option(pin: str) -> str:
    """The value of an option. For a long pin: its beginning, and a hash of the whole pin."""
    if fits_option(pin):
        return _WHOLE + pin
    return f"{_CUT}{_hash(pin)}{pin[:_MOST_CUT]}"


def chosen_pin(option: str, all_tags: Callable[[], Iterable[str]]) -> str:
    """The pin in the value of an option. `all_tags`: called for a long pin only. Raises
    RequestError if the tag no longer exists, or for a value that the bot never offered."""
    sign, text = option[:1], option[1:]
    if sign == _WHOLE:
        return _checked(text)
    wanted, beginning = text[:_HASH_LENGTH], text[_HASH_LENGTH:]
    known = all_tags() if sign == _CUT else ()
    found = next((tag for tag in known if _hash(tag) == wanted), None)
    if found is None:
        raise RequestError(
            f"The tag that starts with {beginning[:40]!r} no longer exists: choose again"
        )
    return found


def _checked(pin: str) -> str:
    try:
        return check_pin(pin)
    except ValueError as error:
        raise RequestError(f"{error}: choose again") from error


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_HASH_LENGTH]
