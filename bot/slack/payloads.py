"""Payloads that Slack sends for commands, clicks, modals and the Home tab. They are validated
before any part of them is used. Slack keeps the `trigger_id` when it delivers a payload again.

docs.slack.dev, reference/interaction-payloads, and interactivity/implementing-slash-commands.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    ValidationError,
)
from pydantic.fields import FieldInfo

from bot.slack.ids import (
    KEEP_PIN,
    MOST_IN_LINE,
    MOST_IN_OPTION,
    PIN_FOR,
    PIN_REASON,
    PIN_UNTIL,
    PINNED_TAGS,
    TYPED_NAME,
    EndOfPin,
    PinRef,
    PlanRef,
    UsageRef,
)

MOST_IN_COMMAND = 40_000
MOST_TYPED = 3000

_CHANNEL = r"^[CDG][A-Z0-9]{1,31}$"


def _parsed_by(parse: Callable[[str], Any]) -> BeforeValidator:
    return BeforeValidator(lambda value: parse(str(value)))


def _with_channel(ref: PlanRef) -> PlanRef:
    if not re.match(_CHANNEL, ref.detail):
        raise ValueError("it names no channel")
    return ref


def _input(block: str) -> FieldInfo:
    """What a person typed or chose. The action of every input has the same id as its block."""
    path = AliasPath("view", "state", "values", block, block)
    return Field(validation_alias=path)  # type: ignore[no-any-return]


UserId = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{1,31}$")]
TeamId = Annotated[str, Field(pattern=r"^[TE][A-Z0-9]{1,31}$")]
ChannelId = Annotated[str, Field(pattern=_CHANNEL)]
ViewId = Annotated[str, Field(pattern=r"^V[A-Z0-9]{1,31}$")]
Timestamp = Annotated[str, Field(pattern=r"^[0-9]{1,12}\.[0-9]{1,9}$")]
TriggerId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=255)]
Url = Annotated[str, Field(pattern=r"^https?://", max_length=2000)]
Typed = Annotated[str, Field(max_length=MOST_TYPED)]
CommandLine = Annotated[str, Field(min_length=1, max_length=MOST_IN_LINE)]
OptionValue = Annotated[str, Field(min_length=1, max_length=MOST_IN_OPTION)]
PlanValue = Annotated[InstanceOf[PlanRef], _parsed_by(PlanRef.parse)]
PlanInChannel = Annotated[PlanValue, AfterValidator(_with_channel)]
UsageValue = Annotated[InstanceOf[UsageRef], _parsed_by(UsageRef.parse)]
PinValue = Annotated[InstanceOf[PinRef], _parsed_by(PinRef.parse)]
EndOfPinValue = Annotated[InstanceOf[EndOfPin], _parsed_by(EndOfPin.parse)]

Value = TypeVar("Value")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class PayloadSender(_Part):
    """The person who acted. `channel`: where, None if unknown; `response_url`: to answer there."""

    user: str
    team: str
    channel: str | None = None
    response_url: str | None = None


class _User(_Part):
    """`team_id`: the person's own workspace, or in an Enterprise organization the organization."""

    id: UserId
    team_id: TeamId | None = None


class _Team(_Part):
    id: TeamId


class _Channel(_Part):
    id: ChannelId


class _Container(_Part):
    message_ts: Timestamp


class _View(_Part):
    id: ViewId


class _ViewOfPlan(_View):
    """`private_metadata`: the plan, and the channel of the message that opened the modal."""

    private_metadata: PlanInChannel


class _Button(_Part, Generic[Value]):
    action_id: str
    value: Value


class _Input(_Part):
    value: Typed


class _Option(_Part):
    value: OptionValue


class _Select(_Part):
    selected_option: _Option


class _MultiSelect(_Part):
    selected_options: Annotated[tuple[_Option, ...], Field(min_length=1, max_length=100)]


class _DatePicker(_Part):
    selected_date: date | None = None


class _FromPerson(_Part):
    """`team`: null where the app is installed for a whole Enterprise organization."""

    user: _User
    team: _Team | None = None

    @property
    def team_of_user(self) -> str:
        """Empty if the payload names none, which is no workspace."""
        return self.user.team_id or (self.team.id if self.team else "")

    def sent_from_modal(self, view: _ViewOfPlan) -> PayloadSender:
        channel = view.private_metadata.detail
        return PayloadSender(user=self.user.id, team=self.team_of_user, channel=channel)


class _FromElement(_FromPerson):
    channel: _Channel | None = None
    response_url: Url | None = None

    @property
    def sender(self) -> PayloadSender:
        return PayloadSender(
            user=self.user.id,
            team=self.team_of_user,
            channel=self.channel.id if self.channel else None,
            response_url=self.response_url,
        )


class _FromCommand(_Part):
    user_id: UserId
    team_id: TeamId
    channel_id: ChannelId
    response_url: Url

    @property
    def sender(self) -> PayloadSender:
        return PayloadSender(
            user=self.user_id,
            team=self.team_id,
            channel=self.channel_id,
            response_url=self.response_url,
        )


class _InChannel(_FromElement):
    channel: _Channel

    @property
    def channel_id(self) -> str:
        return self.channel.id


class _InMessage(_InChannel):
    container: _Container

    @property
    def ts(self) -> str:
        return self.container.message_ts


class _Pressed(_FromElement, Generic[Value]):
    """A click on one button."""

    trigger_id: TriggerId
    actions: Annotated[tuple[_Button[Value], ...], Field(min_length=1, max_length=1)]

    @property
    def ref(self) -> Value:
        """The value of the button."""
        return self.actions[0].value


class _Submitted(_FromElement):
    """A modal about a plan."""

    trigger_id: TriggerId
    view: _ViewOfPlan

    @property
    def ref(self) -> PlanRef:
        """`detail`: the channel of the message that opened the modal."""
        return self.view.private_metadata

    @property
    def sender(self) -> PayloadSender:
        return self.sent_from_modal(self.view)


class Command(_FromCommand):
    """A slash command. `text`: the line after it."""

    trigger_id: TriggerId
    text: Annotated[str, Field(max_length=MOST_IN_COMMAND)] = ""


class CommandClick(_InChannel, _Pressed[CommandLine]):
    """On a button that carries a slash command."""

    @property
    def text(self) -> str:
        return self.ref


class Click(_InMessage, _Pressed[PlanValue]):
    """On a button in a plan's message."""


class ClickOnUsage(_InMessage, _Pressed[UsageValue]):
    """On a button that confirms the usage of a source."""


class ClickOnEnd(_InMessage, _Pressed[EndOfPinValue]):
    """On a button that extends a pin."""

    @property
    def is_of_several(self) -> bool:
        """Other pins have buttons in the same message."""
        return self.actions[0].action_id != KEEP_PIN


class ClickInModal(_Pressed[PlanValue]):
    view: _View


class ClickOnPin(_Pressed[PinValue]):
    """In the modal of a repository's pins."""

    view: _ViewOfPlan

    @property
    def sender(self) -> PayloadSender:
        return self.sent_from_modal(self.view)


class Submission(_Submitted):
    """The modal in which a person types a repository's name."""

    name: Annotated[_Input, _input(TYPED_NAME)]

    @property
    def typed(self) -> str:
        return self.name.value


class PinSubmission(_Submitted):
    """The modal in which a person pins tags."""

    tags_input: Annotated[_MultiSelect, _input(PINNED_TAGS)]
    reason_input: Annotated[_Input, _input(PIN_REASON)]
    duration_input: Annotated[_Select, _input(PIN_FOR)]
    day_input: Annotated[_DatePicker, _input(PIN_UNTIL)]

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(option.value for option in self.tags_input.selected_options)

    @property
    def reason(self) -> str:
        return self.reason_input.value

    @property
    def lasts(self) -> str:
        return self.duration_input.selected_option.value

    @property
    def until(self) -> date | None:
        return self.day_input.selected_date


class Suggestion(_FromPerson):
    """A person types into a select. `value`: the text so far."""

    view: _ViewOfPlan
    value: Typed = ""

    @property
    def ref(self) -> PlanRef:
        return self.view.private_metadata

    @property
    def sender(self) -> PayloadSender:
        return self.sent_from_modal(self.view)


class _HomeEvent(_Part):
    user: UserId
    tab: Annotated[str, Field(max_length=100)]


class HomeOpened(_Part):
    """A person opened a tab of the app."""

    event_id: TriggerId
    team_id: TeamId
    event: _HomeEvent

    @property
    def trigger_id(self) -> str:
        return self.event_id

    @property
    def sender(self) -> PayloadSender:
        return PayloadSender(user=self.event.user, team=self.team_id)


def sender_of(body: Mapping[str, Any]) -> PayloadSender | None:
    """The sender of a payload that is otherwise invalid; None if it has none."""
    for form in (_FromCommand, Submission, PinSubmission, ClickOnPin, _FromElement):
        try:
            return form.model_validate(body).sender
        except ValidationError:
            continue
    return None
