"""What Slack sends when people act: as much of it as is used, and nothing of it is used before it
fits. `trigger_id` is new with each act, and stays the same if the act is delivered again.

docs.slack.dev, reference/interaction-payloads, and interactivity/implementing-slash-commands.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    ValidationError,
)

from bot.slack.ids import TYPED_NAME, PlanRef

MOST_IN_COMMAND = 40_000
MOST_TYPED = 3000

_CHANNEL = r"^[CDG][A-Z0-9]{1,31}$"


def _as_ref(value: Any) -> PlanRef:
    return PlanRef.parse(str(value))


def _naming_a_channel(ref: PlanRef) -> PlanRef:
    if not re.match(_CHANNEL, ref.detail):
        raise ValueError("it names no channel")
    return ref


UserId = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{1,31}$")]
TeamId = Annotated[str, Field(pattern=r"^[TE][A-Z0-9]{1,31}$")]
ChannelId = Annotated[str, Field(pattern=_CHANNEL)]
ViewId = Annotated[str, Field(pattern=r"^V[A-Z0-9]{1,31}$")]
Stamp = Annotated[str, Field(pattern=r"^[0-9]{1,12}\.[0-9]{1,9}$")]
TriggerId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=255)]
Url = Annotated[str, Field(pattern=r"^https?://", max_length=2000)]
Ref = Annotated[InstanceOf[PlanRef], BeforeValidator(_as_ref)]
RefWithChannel = Annotated[Ref, AfterValidator(_naming_a_channel)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Sender(_Part):
    """Who acts, and how to answer them. `channel`: where; None if that was not told."""

    user: str
    team: str
    channel: str | None = None
    response_url: str | None = None


class _User(_Part):
    id: UserId
    team_id: TeamId


class _Channel(_Part):
    id: ChannelId


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


class _FromElement(_Part):
    user: _User
    channel: _Channel | None = None
    response_url: Url | None = None

    @property
    def sender(self) -> Sender:
        return Sender(
            user=self.user.id,
            team=self.user.team_id,
            channel=self.channel.id if self.channel else None,
            response_url=self.response_url,
        )


class Command(_FromCommand):
    """A slash command. `text`: the rest of the line."""

    trigger_id: TriggerId
    text: Annotated[str, Field(max_length=MOST_IN_COMMAND)] = ""


class _Button(_Part):
    value: Ref


class _Click(_FromElement):
    trigger_id: TriggerId
    actions: Annotated[tuple[_Button, ...], Field(min_length=1, max_length=1)]

    @property
    def ref(self) -> PlanRef:
        return self.actions[0].value


class _MessagePart(_Part):
    message_ts: Stamp


class Click(_Click):
    """On a button in a message."""

    channel: _Channel
    container: _MessagePart

    @property
    def channel_id(self) -> str:
        return self.channel.id

    @property
    def ts(self) -> str:
        return self.container.message_ts


class _View(_Part):
    id: ViewId


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


class _TypingView(_View):
    private_metadata: RefWithChannel
    state: _State


class Submission(_FromElement):
    """Of the modal in which a repository's name is typed."""

    trigger_id: TriggerId
    view: _TypingView

    @property
    def ref(self) -> PlanRef:
        """`detail`: the channel of the message from which it was opened."""
        return self.view.private_metadata

    @property
    def typed(self) -> str:
        return self.view.state.values.name.name.value

    @property
    def sender(self) -> Sender:
        return Sender(user=self.user.id, team=self.user.team_id, channel=self.ref.detail)


class _HomeEvent(_Part):
    user: UserId
    tab: Annotated[str, Field(max_length=100)]


class HomeOpened(_Part):
    """Somebody opened the app, on whichever of its tabs."""

    event_id: TriggerId
    event: _HomeEvent

    @property
    def trigger_id(self) -> str:
        return self.event_id


def sender_of(body: Mapping[str, Any]) -> Sender | None:
    """Of what may fit nothing else; None if nobody can be answered."""
    for form in (_FromCommand, Submission, _FromElement):
        try:
            return form.model_validate(body).sender
        except ValidationError:
            continue
    return None
