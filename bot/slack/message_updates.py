"""Updates of a plan's messages after a user's action, and warnings about pins that expire."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from slack_sdk import WebClient

from bot.core.errors import RequestError, ServiceError
from bot.core.pins import Pin, PinKind
from bot.core.policy import ApprovalRules
from bot.core.records import PlanMessage, PlanRecord, RepositoryPin
from bot.core.repository import RepositoryId, parse_repository_uri
from bot.parallel import call_all
from bot.slack.action_ids import PlanRef
from bot.slack.api import UNREACHABLE, SlackError, post_message
from bot.slack.listener import answer
from bot.slack.listener_context import SlackContext
from bot.slack.messages.answers import refused
from bot.slack.messages.pins import PinsModalView, expiring_message
from bot.slack.mrkdwn import is_user
from bot.slack.payloads import ConfirmUsageClick, PlanButtonClick
from bot.slack.plan_messages import PlanMessages
from bot.store.store import Store
from bot.usecases.pins import NewPins

MOST_OUTDATED_PLANS = 5

_log = logging.getLogger(__name__)


@contextmanager
def updating_messages(
    context: SlackContext, click: PlanButtonClick | ConfirmUsageClick
) -> Iterator[None]:
    """Updates the plan's messages after the click is handled. If the click is refused, answers why.
    After a refusal or a failure, updates the clicked message."""
    try:
        yield
    except RequestError as error:
        answer(context, click.sender, refused(error))
        _update_clicked_message(context, click)
    except ServiceError:
        _update_clicked_message(context, click)
        raise
    else:
        update_messages(context, click.ref.plan)


def update_messages(context: SlackContext, plan_id: str) -> None:
    """Updates the messages of the plan, and the digests with it. If an update fails, the worker
    retries it."""
    updates = (context.plan_messages.update, context.digest_messages.update_of_plan)
    try:
        call_all(partial(update, plan_id) for update in updates)
    except ServiceError as error:
        _log.warning("%s; the worker retries it", error)


def update_after_pinning(context: SlackContext, pinned: NewPins) -> None:
    """If pinning changed the open plan, updates its messages, posts the pins in their threads, and
    notifies the approvers of the former version. If that fails, the worker retries it."""
    plan = pinned.plan
    if plan is None:
        return
    if pinned.content:
        context.contents.remember(plan.id, plan.version, pinned.content)
    update_messages(context, plan.id)
    try:
        call_all(_notices(context.plan_messages, plan, pinned.pins))
    except ServiceError as error:
        _log.warning("%s; the worker retries it", error)


def _notices(
    messages: PlanMessages, plan: PlanRecord, pins: Sequence[Pin]
) -> Iterator[Callable[[], None]]:
    yield partial(messages.update_threads_of, plan.id)
    yield partial(messages.threads.post_pins, plan, pins)
    yield partial(messages.notify_approvers, MOST_OUTDATED_PLANS)


def pins_modal_view(
    context: SlackContext, repository: RepositoryId, ref: PlanRef, notice: str | None = None
) -> PinsModalView:
    """The content of the modal with the repository's pins."""
    stored = context.pins.in_force(repository)
    from_settings = _pins_in_settings(context, repository)
    tags = tags_of_pins(context.store, stored)
    return PinsModalView(ref, repository, stored, from_settings, tags, notice)


def tags_of_pins(store: Store, pins: Iterable[RepositoryPin]) -> Mapping[str, str]:
    """The first tag of each pinned digest at the last scan, by digest. `pins`: of one
    repository."""
    pinned = [each for each in pins if each.pin.kind is PinKind.DIGEST]
    digests = [each.pin.pin for each in pinned]
    return store.tags_of_digests(pinned[0].repository, digests) if pinned else {}


def active_pins(context: SlackContext, repository: RepositoryId) -> Sequence[Pin]:
    """The pins that protect now, stored ones and those of the settings."""
    stored = [each.pin for each in context.pins.in_force(repository)]
    return [*stored, *_pins_in_settings(context, repository)]


def _pins_in_settings(context: SlackContext, repository: RepositoryId) -> Sequence[Pin]:
    now = context.clock()
    return [pin for pin in context.file_pins(repository) if pin.protects(now)]


def _update_clicked_message(
    context: SlackContext, click: PlanButtonClick | ConfirmUsageClick
) -> None:
    """Updates the message even if it is not stored, or shows an outdated revision."""
    try:
        known = context.store.message(click.channel_id, click.ts)
        plan_id = known.plan if known else click.ref.plan
        if context.store.plan(plan_id):
            clicked = PlanMessage(plan_id, click.channel_id, click.ts, click.thread)
            context.plan_messages.update_clicked(clicked)
    except ServiceError as error:
        _log.warning("%s; the worker retries it", error)


@dataclass(frozen=True, slots=True)
class PinExpiryNotifier:
    """Sends warnings before pins expire. The rules name channels by ID."""

    client: WebClient
    store: Store
    rules_of: Callable[[RepositoryId], ApprovalRules]

    def send(self, pins: Sequence[RepositoryPin]) -> None:
        """`pins`: of one owner and one repository. Sends a direct message to the owner; for pins
        from the command line, posts in the repository's channel, if it has one. Raises SlackError,
        except for users and channels for which a retry is useless."""
        repository, by = parse_repository_uri(pins[0].repository), pins[0].pin.by
        assert repository, "pins are stored by URI"
        channel = by if is_user(by) else self.rules_of(repository).channel
        if channel is None:
            return
        tags = tags_of_pins(self.store, pins)
        content = expiring_message(pins, repository, tags)
        try:
            post_message(self.client, "Warning about an expiring pin", channel, content)
        except SlackError as error:
            if error.code not in UNREACHABLE:
                raise
            _log.warning("%s", error)
