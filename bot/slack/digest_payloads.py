"""Payloads of a digest, and of the modals in which a user approves several of its plans."""

from typing import Annotated

from pydantic import Field, InstanceOf

from bot.slack.action_ids import (
    ALL_WITHOUT_WARNINGS,
    CHOSEN_PLANS,
    TYPED_TOTAL,
    SelectionRef,
)
from bot.slack.payloads import (
    ButtonClick,
    ChosenOption,
    MessagePayload,
    PayloadPart,
    PayloadSender,
    PayloadView,
    TextInput,
    TriggerId,
    Typed,
    UserPayload,
    input_value,
    parsed_by,
)

MOST_CHOSEN = 1000
"""Plans in one choice. More do not fit in a digest."""

StoredId = Annotated[str, Field(pattern=r"^\w{1,40}$")]


class _SelectedPlan(PayloadPart):
    value: StoredId


class _ReportSelect(PayloadPart):
    selected_option: _SelectedPlan


class _PlansInput(PayloadPart):
    selected_options: Annotated[tuple[_SelectedPlan, ...], Field(max_length=MOST_CHOSEN)] = ()


class _CheckboxInput(PayloadPart):
    selected_options: Annotated[tuple[ChosenOption, ...], Field(max_length=1)] = ()


class _SelectionModal(PayloadView):
    private_metadata: Annotated[InstanceOf[SelectionRef], parsed_by(SelectionRef.parse)]


class _SelectionPayload(UserPayload):
    """A payload of a modal about a selection."""

    view: _SelectionModal

    @property
    def ref(self) -> SelectionRef:
        return self.view.private_metadata

    @property
    def sender(self) -> PayloadSender:
        return PayloadSender(user=self.user.id, team=self.team_of_user, channel=self.ref.channel)


class DigestClick(MessagePayload, ButtonClick[StoredId]):
    """A click on a button of a digest. `ref`: the digest's ID."""


class StopPlansClick(MessagePayload, ButtonClick[StoredId]):
    """A click on *Stop all*. `ref`: the selection's ID."""


class ReportChoice(MessagePayload):
    """A repository chosen in the digest's select."""

    trigger_id: TriggerId
    actions: Annotated[tuple[_ReportSelect, ...], Field(min_length=1, max_length=1)]

    @property
    def plan(self) -> str:
        return self.actions[0].selected_option.value


class ReportSearch(MessagePayload):
    """A user types into the digest's select. `value`: the typed text."""

    value: Typed = ""


class PlanSearch(_SelectionPayload):
    """A user types into the select of the modal. `value`: the typed text."""

    value: Typed = ""


class Choice(_SelectionPayload):
    """What the user has chosen in the modal. `all_input` is None if the modal has no checkbox."""

    trigger_id: TriggerId
    plans_input: Annotated[_PlansInput, input_value(CHOSEN_PLANS)]
    all_input: Annotated[_CheckboxInput | None, input_value(ALL_WITHOUT_WARNINGS)] = None

    @property
    def plans(self) -> frozenset[str]:
        return frozenset(option.value for option in self.plans_input.selected_options)

    @property
    def is_all_without_warnings(self) -> bool:
        return bool(self.all_input and self.all_input.selected_options)


class ChoiceChange(Choice):
    """A repository is added to the choice, or removed."""


class ChoiceSubmission(Choice):
    """A submission of the chosen repositories."""


class TotalSubmission(_SelectionPayload):
    """A submission of the modal in which the user types the number of images."""

    trigger_id: TriggerId
    total: Annotated[TextInput, input_value(TYPED_TOTAL)]

    @property
    def typed(self) -> str:
        return self.total.value
