"""The modals of the cost calculator. A middleware answers each submission in the thread of the
payload, since the answer needs neither the store nor Slack."""

from typing import Annotated

from pydantic import Field, Json
from slack_bolt import Ack, App, BoltResponse

from bot.core.cost_estimate import estimate_cost
from bot.core.estimate_inputs import EstimateTexts
from bot.slack.action_ids import CHANGE_ESTIMATE, ESTIMATE_COST
from bot.slack.api import safe
from bot.slack.listener import Body, already_answered
from bot.slack.messages.cost_estimate import LONGEST_INPUT, estimate_view, inputs_view
from bot.slack.payloads import InteractionPayload, PayloadPart, PayloadView, input_value


class _TypedNumber(PayloadPart):
    value: Annotated[str, Field(max_length=LONGEST_INPUT)]


class EstimateSubmission(InteractionPayload):
    """A submission of the modal with the inputs. Its inputs are the fields of EstimateTexts."""

    image_size: Annotated[_TypedNumber, input_value("image_size")]
    new_share: Annotated[_TypedNumber, input_value("new_share")]
    builds_per_day: Annotated[_TypedNumber, input_value("builds_per_day")]
    keep: Annotated[_TypedNumber, input_value("keep")]
    months: Annotated[_TypedNumber, input_value("months")]

    @property
    def texts(self) -> EstimateTexts:
        return EstimateTexts(
            image_size=self.image_size.value,
            new_share=self.new_share.value,
            builds_per_day=self.builds_per_day.value,
            keep=self.keep.value,
            months=self.months.value,
        )


class _EstimateModal(PayloadView):
    private_metadata: Json[EstimateTexts]


class EstimateChange(InteractionPayload):
    """A submission of the modal with the estimate, to change the inputs."""

    view: _EstimateModal


def register(app: App) -> None:
    app.view(ESTIMATE_COST, middleware=[show_estimate])(already_answered)
    app.view(CHANGE_ESTIMATE, middleware=[show_inputs])(already_answered)


def show_estimate(ack: Ack, body: Body) -> BoltResponse:
    """Shows the estimate, or errors at the inputs that are wrong."""
    texts = EstimateSubmission.model_validate(body).texts
    if mistakes := texts.mistakes():
        return ack(response_action="errors", errors=safe(mistakes))
    view = estimate_view(texts, estimate_cost(texts.parse()))
    return ack(response_action="update", view=safe(view))


def show_inputs(ack: Ack, body: Body) -> BoltResponse:
    """Shows the inputs again, with the texts that the user typed."""
    texts = EstimateChange.model_validate(body).view.private_metadata
    return ack(response_action="update", view=safe(inputs_view(texts)))
