"""Payloads of the modal *Review images*."""

from typing import Annotated

from pydantic import Field, InstanceOf

from bot.slack.action_ids import REVIEW_SEARCH, ReviewState
from bot.slack.payloads import (
    CommandText,
    InteractionPayload,
    PayloadButton,
    PayloadPart,
    PayloadSender,
    PayloadView,
    TriggerId,
    Typed,
    input_value,
    parsed_by,
)

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class _SearchInput(PayloadPart):
    value: Typed | None = None


class _ReviewModal(PayloadView):
    private_metadata: Annotated[InstanceOf[ReviewState], parsed_by(ReviewState.parse)]


class _ReviewPayload(InteractionPayload):
    """A payload of the modal *Review images*."""

    trigger_id: TriggerId
    view: _ReviewModal

    @property
    def state(self) -> ReviewState:
        return self.view.private_metadata

    @property
    def sender(self) -> PayloadSender:
        channel = self.state.ref.detail
        return PayloadSender(user=self.user.id, team=self.team_of_user, channel=channel)


class ReviewClick(_ReviewPayload):
    """A click on a button that shows other images. `value`: a verdict or a page."""

    actions: Annotated[tuple[PayloadButton[CommandText], ...], Field(min_length=1, max_length=1)]

    @property
    def value(self) -> str:
        return self.actions[0].value


class ReviewPinClick(_ReviewPayload):
    """A click on Keep next to an image."""

    actions: Annotated[tuple[PayloadButton[Digest], ...], Field(min_length=1, max_length=1)]

    @property
    def digest(self) -> str:
        return self.actions[0].value


class ReviewSearch(_ReviewPayload):
    """A search for a tag: a click or a submission."""

    search_input: Annotated[_SearchInput, input_value(REVIEW_SEARCH)]

    @property
    def typed(self) -> str:
        return (self.search_input.value or "").strip()
