"""Payloads that Slack sends for commands, clicks, modals and the Home tab. Every payload is
validated before any part of it is used. If Slack delivers a payload again, its `trigger_id` is the
same.

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

from bot.slack.action_ids import (
    KEEP_PIN,
    MOST_IN_LINE,
    MOST_IN_OPTION,
    PIN_FOR,
    PIN_REASON,
    PIN_UNTIL,
    PINNED_TAGS,
    TYPED_NAME,
    PinExpiryRef,
    PinRef,
    PlanRef,
    UsageRef,
)

MOST_IN_COMMAND = 40_000
MOST_TYPED = 3000

_CHANNEL = r"^[CDG][A-Z0-9]{1,31}$"


def parsed_by(parse: Callable[[str], Any]) -> BeforeValidator:
    return BeforeValidator(lambda value: parse(str(value)))


def _with_channel(ref: PlanRef) -> PlanRef:
    if not re.match(_CHANNEL, ref.detail):
        raise ValueError("the channel is missing")
    return ref


def input_value(block: str) -> FieldInfo:
    """The value of an input. The action of every input has the same ID as its block."""
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
CommandText = Annotated[str, Field(min_length=1, max_length=MOST_IN_LINE)]
OptionValue = Annotated[str, Field(min_length=1, max_length=MOST_IN_OPTION)]
PlanValue = Annotated[InstanceOf[PlanRef], parsed_by(PlanRef.parse)]
PlanInChannel = Annotated[PlanValue, AfterValidator(_with_channel)]
UsageValue = Annotated[InstanceOf[UsageRef], parsed_by(UsageRef.parse)]
PinValue = Annotated[InstanceOf[PinRef], parsed_by(PinRef.parse)]
PinExpiryValue = Annotated[InstanceOf[PinExpiryRef], parsed_by(PinExpiryRef.parse)]

Value = TypeVar("Value")


class PayloadPart(BaseModel):
    model_config = ConfigDict(frozen=True)


class PayloadSender(PayloadPart):
    """The user who acted. `channel`: of the action, None if unknown; `response_url`: to answer
    there."""

    user: str
    team: str
    channel: str | None = None
    response_url: str | None = None


class _PayloadUser(PayloadPart):
    """A user. `team_id`: their own workspace or, in an Enterprise organization, the
    organization."""

    id: UserId
    team_id: TeamId | None = None


class _PayloadTeam(PayloadPart):
    id: TeamId


class _PayloadChannel(PayloadPart):
    id: ChannelId


class _MessageContainer(PayloadPart):
    """`thread_ts`: the parent of a message in a thread."""

    message_ts: Timestamp
    thread_ts: Timestamp | None = None


class PayloadView(PayloadPart):
    id: ViewId


class _PlanModal(PayloadView):
    """A modal about a plan. `private_metadata`: the plan, and the channel of the message that
    opened the modal."""

    private_metadata: PlanInChannel


class PayloadButton(PayloadPart, Generic[Value]):
    action_id: str
    value: Value


class TextInput(PayloadPart):
    value: Typed


class ChosenOption(PayloadPart):
    value: OptionValue


class _SelectInput(PayloadPart):
    selected_option: ChosenOption


class _MultiSelectInput(PayloadPart):
    selected_options: Annotated[tuple[ChosenOption, ...], Field(min_length=1, max_length=100)]


class _DateInput(PayloadPart):
    selected_date: date | None = None


class UserPayload(PayloadPart):
    """A payload of a user. `team`: null if the app is installed for a whole Enterprise
    organization."""

    user: _PayloadUser
    team: _PayloadTeam | None = None

    @property
    def team_of_user(self) -> str:
        """Empty if the payload has none; an empty text matches no workspace."""
        return self.user.team_id or (self.team.id if self.team else "")

    def sent_from_modal(self, view: _PlanModal) -> PayloadSender:
        channel = view.private_metadata.detail
        return PayloadSender(user=self.user.id, team=self.team_of_user, channel=channel)


class InteractionPayload(UserPayload):
    channel: _PayloadChannel | None = None
    response_url: Url | None = None

    @property
    def sender(self) -> PayloadSender:
        return PayloadSender(
            user=self.user.id,
            team=self.team_of_user,
            channel=self.channel.id if self.channel else None,
            response_url=self.response_url,
        )


class _SlashCommandFields(PayloadPart):
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


class _ChannelPayload(InteractionPayload):
    channel: _PayloadChannel

    @property
    def channel_id(self) -> str:
        return self.channel.id


class MessagePayload(_ChannelPayload):
    container: _MessageContainer

    @property
    def ts(self) -> str:
        return self.container.message_ts

    @property
    def thread(self) -> str | None:
        """The `ts` of the message that the clicked one replies to; None outside of threads."""
        parent = self.container.thread_ts
        return parent if parent != self.ts else None


class ButtonClick(InteractionPayload, Generic[Value]):
    trigger_id: TriggerId
    actions: Annotated[tuple[PayloadButton[Value], ...], Field(min_length=1, max_length=1)]

    @property
    def ref(self) -> Value:
        """The value of the button."""
        return self.actions[0].value


class _ModalSubmission(InteractionPayload):
    """A submission of a modal about a plan."""

    trigger_id: TriggerId
    view: _PlanModal

    @property
    def ref(self) -> PlanRef:
        """`detail`: the channel of the message that opened the modal."""
        return self.view.private_metadata

    @property
    def sender(self) -> PayloadSender:
        return self.sent_from_modal(self.view)


class SlashCommandPayload(_SlashCommandFields):
    """A slash command. `text`: everything after `/ecr-clean`."""

    trigger_id: TriggerId
    text: Annotated[str, Field(max_length=MOST_IN_COMMAND)] = ""


class CommandButtonClick(_ChannelPayload, ButtonClick[CommandText]):
    """A click on a button that carries a slash command."""

    @property
    def text(self) -> str:
        return self.ref


class PlanButtonClick(MessagePayload, ButtonClick[PlanValue]):
    """A click on a button in a plan's message."""


class ConfirmUsageClick(MessagePayload, ButtonClick[UsageValue]):
    """A click on a button that confirms the usage of a source."""


class ExtendPinClick(MessagePayload, ButtonClick[PinExpiryValue]):
    """A click on a button that extends a pin."""

    @property
    def is_of_several(self) -> bool:
        """The message has buttons for other pins too."""
        return self.actions[0].action_id != KEEP_PIN


class UnpinClick(ButtonClick[PinValue]):
    """A click on Unpin in the modal with a repository's pins."""

    view: _PlanModal

    @property
    def sender(self) -> PayloadSender:
        return self.sent_from_modal(self.view)


class AskApproversClick(ButtonClick[PlanInChannel]):
    """A click on Ask them in a refusal: a message that only the user sees, or a modal (`view`)."""

    view: PayloadView | None = None

    @property
    def sender(self) -> PayloadSender:
        return PayloadSender(
            user=self.user.id,
            team=self.team_of_user,
            channel=self.ref.detail,
            response_url=self.response_url,
        )


class ApprovalSubmission(_ModalSubmission):
    """A submission of the modal in which an approver types a repository's name."""

    name: Annotated[TextInput, input_value(TYPED_NAME)]

    @property
    def typed(self) -> str:
        return self.name.value


class PinSubmission(_ModalSubmission):
    """A submission of the modal in which a user pins tags."""

    tags_input: Annotated[_MultiSelectInput, input_value(PINNED_TAGS)]
    reason_input: Annotated[TextInput, input_value(PIN_REASON)]
    duration_input: Annotated[_SelectInput, input_value(PIN_FOR)]
    day_input: Annotated[_DateInput, input_value(PIN_UNTIL)]

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(option.value for option in self.tags_input.selected_options)

    @property
    def reason(self) -> str:
        return self.reason_input.value

    @property
    def duration(self) -> str:
        return self.duration_input.selected_option.value

    @property
    def until(self) -> date | None:
        return self.day_input.selected_date


class TagSearchPayload(UserPayload):
    """A user types into the select for tags. `value`: the typed text."""

    view: _PlanModal
    value: Typed = ""

    @property
    def ref(self) -> PlanRef:
        return self.view.private_metadata

    @property
    def sender(self) -> PayloadSender:
        return self.sent_from_modal(self.view)


class _HomeEvent(PayloadPart):
    user: UserId
    tab: Annotated[str, Field(max_length=100)]


class HomeTabOpened(PayloadPart):
    """A user opened a tab of the app."""

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
    """The sender of a payload that may be invalid in other parts; None if it has no sender."""
    for form in (
        _SlashCommandFields,
        ApprovalSubmission,
        PinSubmission,
        UnpinClick,
        InteractionPayload,
    ):
        try:
            return form.model_validate(body).sender
        except ValidationError:
            continue
    return None
