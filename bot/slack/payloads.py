"""What Slack sends when people act: as much of it as is used, and nothing of it is used before it
fits. `trigger_id` is new with each act, and stays the same if the act is delivered again.

docs.slack.dev, reference/interaction-payloads, and interactivity/implementing-slash-commands.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    ValidationError,
)

from bot.slack.ids import (
    KEEP_PIN,
    MOST_IN_LINE,
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


def _as_ref(value: Any) -> PlanRef:
    return PlanRef.parse(str(value))


def _naming_a_channel(ref: PlanRef) -> PlanRef:
    if not re.match(_CHANNEL, ref.detail):
        raise ValueError("it names no channel")
    return ref


def _as_pin_ref(value: Any) -> PinRef:
    return PinRef.parse(str(value))


def _as_usage_ref(value: Any) -> UsageRef:
    return UsageRef.parse(str(value))


def _as_end_of_pin(value: Any) -> EndOfPin:
    return EndOfPin.parse(str(value))


UserId = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{1,31}$")]
TeamId = Annotated[str, Field(pattern=r"^[TE][A-Z0-9]{1,31}$")]
ChannelId = Annotated[str, Field(pattern=_CHANNEL)]
ViewId = Annotated[str, Field(pattern=r"^V[A-Z0-9]{1,31}$")]
Stamp = Annotated[str, Field(pattern=r"^[0-9]{1,12}\.[0-9]{1,9}$")]
TriggerId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=255)]
Url = Annotated[str, Field(pattern=r"^https?://", max_length=2000)]
Ref = Annotated[InstanceOf[PlanRef], BeforeValidator(_as_ref)]
RefWithChannel = Annotated[Ref, AfterValidator(_naming_a_channel)]
EndOfPinField = Annotated[InstanceOf[EndOfPin], BeforeValidator(_as_end_of_pin)]
RefOfUsage = Annotated[InstanceOf[UsageRef], BeforeValidator(_as_usage_ref)]
RefOfPin = Annotated[InstanceOf[PinRef], BeforeValidator(_as_pin_ref)]
OptionValue = Annotated[str, Field(min_length=1, max_length=150)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Sender(_Part):
    """Who acts, and how to answer them. `channel`: where; None if that was not told."""

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


class _FromPerson(_Part):
    """`team`: null where the app is installed for a whole Enterprise organization."""

    user: _User
    team: _Team | None = None

    @property
    def team_of_user(self) -> str:
        """Empty if the payload names none: nobody belongs to that."""
        return self.user.team_id or (self.team.id if self.team else "")

    def sent_from_modal(self, ref: PlanRef) -> Sender:
        """`ref`: what the modal carries, with the channel that it was opened from."""
        return Sender(user=self.user.id, team=self.team_of_user, channel=ref.detail)


class _FromCommand(_Part):
    user_id: UserId
    team_id: TeamId
    channel_id: ChannelId
    response_url: Url

    @property
    def sender(self) -> Sender:
        return Sender(
            user=self.user_id,
            team=self.team_id,
            channel=self.channel_id,
            response_url=self.response_url,
        )


class _FromElement(_FromPerson):
    channel: _Channel | None = None
    response_url: Url | None = None

    @property
    def sender(self) -> Sender:
        return Sender(
            user=self.user.id,
            team=self.team_of_user,
            channel=self.channel.id if self.channel else None,
            response_url=self.response_url,
        )


class Command(_FromCommand):
    """A slash command. `text`: the rest of the line."""

    trigger_id: TriggerId
    text: Annotated[str, Field(max_length=MOST_IN_COMMAND)] = ""


class _Button(_Part):
    value: Ref


ButtonType = TypeVar("ButtonType", bound=_Part)


class _Pressed(_FromElement, Generic[ButtonType]):
    """One button."""

    trigger_id: TriggerId
    actions: Annotated[tuple[ButtonType, ...], Field(min_length=1, max_length=1)]

    @property
    def button(self) -> ButtonType:
        return self.actions[0]


class _Click(_Pressed[_Button]):
    @property
    def ref(self) -> PlanRef:
        return self.button.value


class _MessagePart(_Part):
    message_ts: Stamp


class _InMessage(_FromElement):
    channel: _Channel
    container: _MessagePart

    @property
    def channel_id(self) -> str:
        return self.channel.id

    @property
    def ts(self) -> str:
        return self.container.message_ts


class Click(_Click, _InMessage):
    """On a button in a message."""


class _LineButton(_Part):
    value: Annotated[str, Field(min_length=1, max_length=MOST_IN_LINE)]


class CommandClick(_Pressed[_LineButton]):
    """On a button that stands for a line after the slash command."""

    channel: _Channel

    @property
    def channel_id(self) -> str:
        return self.channel.id

    @property
    def text(self) -> str:
        return self.button.value


class _View(_Part):
    id: ViewId


class _UsageButton(_Part):
    value: RefOfUsage


class ClickOnUsage(_Pressed[_UsageButton], _InMessage):
    """On a button in a message that confirms how little a source lists."""

    @property
    def ref(self) -> UsageRef:
        return self.button.value


class ClickInModal(_Click):
    view: _View


class _Text(_Part):
    value: Annotated[str, Field(max_length=MOST_TYPED)]


class _Input(_Part):
    name: Annotated[_Text, Field(alias=TYPED_NAME)]


class _Inputs(_Part):
    name: Annotated[_Input, Field(alias=TYPED_NAME)]


class _State(_Part):
    values: _Inputs


class _ViewOfPlan(_View):
    private_metadata: RefWithChannel


ViewType = TypeVar("ViewType", bound=_ViewOfPlan)


class _Submitted(_FromElement, Generic[ViewType]):
    """A modal that is about a plan."""

    trigger_id: TriggerId
    view: ViewType

    @property
    def ref(self) -> PlanRef:
        """`detail`: the channel of the message from which it was opened."""
        return self.view.private_metadata

    @property
    def sender(self) -> Sender:
        return self.sent_from_modal(self.ref)


class _TypingView(_ViewOfPlan):
    state: _State


class Submission(_Submitted[_TypingView]):
    """Of the modal in which a repository's name is typed."""

    @property
    def typed(self) -> str:
        return self.view.state.values.name.name.value


class _PinButton(_Part):
    value: RefOfPin


class _EndButton(_Part):
    action_id: str
    value: EndOfPinField


class ClickOnEnd(_Pressed[_EndButton]):
    """On a pin that runs out, in the message that tells so."""

    channel: _Channel
    container: _MessagePart

    @property
    def end(self) -> EndOfPin:
        return self.button.value

    @property
    def is_of_several(self) -> bool:
        """Other pins have buttons in the same message."""
        return self.button.action_id != KEEP_PIN


class ClickOnPin(_Pressed[_PinButton]):
    """In the modal of one repository's pins."""

    view: _ViewOfPlan

    @property
    def ref(self) -> PinRef:
        return self.button.value

    @property
    def sender(self) -> Sender:
        return self.sent_from_modal(self.view.private_metadata)


class _Option(_Part):
    value: OptionValue


class _ChosenTags(_Part):
    selected_options: Annotated[tuple[_Option, ...], Field(min_length=1, max_length=100)]


class _ChosenTime(_Part):
    selected_option: _Option


class _ChosenDay(_Part):
    selected_date: date | None = None


class _TagsInput(_Part):
    tags: Annotated[_ChosenTags, Field(alias=PINNED_TAGS)]


class _ReasonInput(_Part):
    reason: Annotated[_Text, Field(alias=PIN_REASON)]


class _TimeInput(_Part):
    time: Annotated[_ChosenTime, Field(alias=PIN_FOR)]


class _DayInput(_Part):
    day: Annotated[_ChosenDay, Field(alias=PIN_UNTIL)]


class _PinInputs(_Part):
    tags: Annotated[_TagsInput, Field(alias=PINNED_TAGS)]
    reason: Annotated[_ReasonInput, Field(alias=PIN_REASON)]
    time: Annotated[_TimeInput, Field(alias=PIN_FOR)]
    day: Annotated[_DayInput, Field(alias=PIN_UNTIL)]


class _PinState(_Part):
    values: _PinInputs


class _PinningView(_ViewOfPlan):
    state: _PinState


class PinSubmission(_Submitted[_PinningView]):
    """Of the modal in which tags are pinned."""

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(each.value for each in self.view.state.values.tags.tags.selected_options)

    @property
    def reason(self) -> str:
        return self.view.state.values.reason.reason.value

    @property
    def lasts(self) -> str:
        return self.view.state.values.time.time.selected_option.value

    @property
    def until(self) -> date | None:
        return self.view.state.values.day.day.selected_date


class Suggestion(_FromPerson):
    """Somebody types into a select, and waits for what it might mean."""

    view: _ViewOfPlan
    value: Annotated[str, Field(max_length=MOST_TYPED)] = ""

    @property
    def ref(self) -> PlanRef:
        return self.view.private_metadata

    @property
    def sender(self) -> Sender:
        return self.sent_from_modal(self.ref)


class _HomeEvent(_Part):
    user: UserId
    tab: Annotated[str, Field(max_length=100)]


class HomeOpened(_Part):
    """Somebody opened the app, on whichever of its tabs."""

    event_id: TriggerId
    team_id: TeamId
    event: _HomeEvent

    @property
    def trigger_id(self) -> str:
        return self.event_id

    @property
    def sender(self) -> Sender:
        return Sender(user=self.event.user, team=self.team_id)


def sender_of(body: Mapping[str, Any]) -> Sender | None:
    """Of what may fit nothing else; None if nobody can be answered."""
    for form in (_FromCommand, Submission, PinSubmission, ClickOnPin, _FromElement):
        try:
            return form.model_validate(body).sender
        except ValidationError:
            continue
    return None
