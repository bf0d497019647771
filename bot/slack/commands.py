"""The slash commands and their handlers. A new command is a handler and an entry in COMMANDS, which
defines parser, help and dispatch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot import __version__
from bot.core.errors import RequestError
from bot.core.estimate_inputs import EstimateTexts
from bot.core.permissions import SlackUser
from bot.core.plan import PlanState
from bot.core.records import PlanRecord
from bot.core.report_schedules import REPORT_JOB
from bot.core.repository import RepositoryId
from bot.slack.action_ids import COMMAND
from bot.slack.api import MessageContent
from bot.slack.approver_refusal import naming_approvers
from bot.slack.command_parser import (
    ANYTHING,
    CommandArguments,
    CommandLine,
    CommandUsage,
    as_repositories,
    as_repository,
    is_pattern,
    read_end,
)
from bot.slack.cost_command import all_costs_answer, cost_answer
from bot.slack.list_command import list_answer, matching
from bot.slack.listener import answer
from bot.slack.listener_context import SlackContext
from bot.slack.message_updates import tags_of_pins, update_after_pinning, update_messages
from bot.slack.messages.answers import (
    help_message,
    pin_answer,
    resume_answer,
    stop_answer,
    unpin_answer,
)
from bot.slack.messages.cost_estimate import inputs_view
from bot.slack.messages.pins import PinListView, pinned_message
from bot.slack.messages.plan_lists import HistoryView, history_message
from bot.slack.messages.status import RunningPlan, StatusView, paused_message, status_message
from bot.slack.messages.why import never_scanned_message
from bot.slack.modals import open_view
from bot.slack.mrkdwn import shortened
from bot.slack.payloads import PayloadSender
from bot.slack.plan_messages import ended_plan, first_plans, with_link
from bot.slack.requested_digests import request_digests
from bot.slack.requested_reports import request_report
from bot.slack.view_models import LinkedPlan, OpenPlans
from bot.slack.why_command import why_answer
from bot.usecases.reports import REPORT, expect_at_most_max_reports
from bot.usecases.repositories import AmbiguousRepositoryError, find_known

PLANS_SHOWN = 10
BLOCKED_SHOWN = 5
MOST_IN_HINT = 200


@dataclass(frozen=True, slots=True)
class CommandCall:
    """A command that a user typed in the channel, or that a button there carries. `trigger_id`:
    opens a modal within three seconds."""

    context: SlackContext
    sender: PayloadSender
    channel: str
    trigger_id: str
    line: CommandLine

    @property
    def person(self) -> SlackUser:
        """The user. Raises RequestError for bots, deactivated and unknown users."""
        return self.context.person(self.sender)

    def find(self, repository: str) -> RepositoryId:
        """Raises AmbiguousRepositoryError and UnknownRepositoryError."""
        return find_known(self.context.store, repository)

    def with_link(self, plan: PlanRecord) -> LinkedPlan:
        return with_link(self.context.store, self.context.rules_of, self.context.url, plan)

    def answer(self, content: MessageContent) -> None:
        answer(self.context, self.sender, content)


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A command with its handler `run`. `help`: one line of the help message. `synonyms`: words for
    which the command is suggested. `checks_permission`: the handler checks permissions itself, or
    shows nothing secret; all other commands require the permission to request reports."""

    name: str
    usage: CommandUsage
    help: str
    run: Callable[[CommandCall, CommandArguments], None]
    synonyms: tuple[str, ...] = ()
    checks_permission: bool = False

    @property
    def synopsis(self) -> str:
        return f"{self.name} {self.usage.text}".strip()


def report(call: CommandCall, arguments: CommandArguments) -> None:
    (repository,) = arguments.names
    report_on(call, as_repositories(repository))


def report_on(call: CommandCall, repository: str) -> None:
    """The worker searches AWS for an unknown repository. Raises AmbiguousRepositoryError, and
    RequestError if a pattern matches too many."""
    store = call.context.store
    if is_pattern(repository):
        found = matching(store.repositories(), repository)
        expect_at_most_max_reports(repository, [each.repository for each in found])
    known = store.repositories_named(repository)
    if len(known) > 1:
        raise AmbiguousRepositoryError(repository, known)
    request_report(call.context, repository, call.sender, call.channel)


def digest(call: CommandCall, _: CommandArguments) -> None:
    request_digests(call.context, call.sender, call.channel)


def list_repositories(call: CommandCall, arguments: CommandArguments) -> None:
    pattern = next(iter(arguments.names), None)
    call.answer(list_answer(call.context, pattern))


def show_costs(call: CommandCall, arguments: CommandArguments) -> None:
    name = next(iter(arguments.names), None)
    if name is None:
        call.answer(all_costs_answer(call.context))
    else:
        call.answer(cost_answer(call.context, call.find(as_repository(name))))


def why(call: CommandCall, arguments: CommandArguments) -> None:
    name, reference = arguments.names
    repository = call.find(as_repository(name))
    plan = call.context.store.last_plan(repository)
    if plan is None:
        call.answer(never_scanned_message(repository))
    else:
        call.answer(why_answer(call.context, plan, reference, call.line))


def show_pins(call: CommandCall, arguments: CommandArguments) -> None:
    (name,) = arguments.names
    repository = call.find(as_repository(name))
    context, now = call.context, call.context.clock()
    pins = context.pins.in_force(repository)
    from_settings = [pin for pin in context.file_pins(repository) if pin.protects(now)]
    tags = tags_of_pins(context.store, pins)
    call.answer(pinned_message(PinListView(repository, pins, from_settings, tags)))


def pin(call: CommandCall, arguments: CommandArguments) -> None:
    name, *pins = arguments.names
    wanted = as_repository(name)
    now = call.context.clock()
    until = None if arguments.time is None else read_end(arguments.time, now)
    if not arguments.reason:
        typed = shortened(call.line.text.strip(), MOST_IN_HINT)
        raise RequestError(f"A pin needs a reason. Add it: `{COMMAND} {typed} because …`")
    repository = call.find(wanted)
    pinned = call.context.pins.pin(repository, pins, call.person, arguments.reason, until)
    call.answer(pin_answer(pinned, repository.name))
    update_after_pinning(call.context, pinned)


def unpin(call: CommandCall, arguments: CommandArguments) -> None:
    """Removes all of the pins, or none."""
    name, *pins = arguments.names
    repository = call.find(as_repository(name))
    with naming_approvers(call.context.users, call.context.rules_of(repository)):
        call.context.pins.unpin(repository, pins, call.person)
    call.answer(unpin_answer(pins, repository.name))


def estimate(call: CommandCall, _: CommandArguments) -> None:
    open_view(call.context, call.trigger_id, inputs_view(EstimateTexts()))


def show_history(call: CommandCall, arguments: CommandArguments) -> None:
    store, prices = call.context.store, call.context.read_prices()
    name = next(iter(arguments.names), None)
    repository = call.find(as_repository(name)) if name else None
    call.answer(
        history_message(
            HistoryView(
                repository=repository.name if repository else None,
                ended=[
                    ended_plan(store, plan, call.with_link)
                    for plan in store.ended_plans(PLANS_SHOWN, repository)
                ],
                saved=prices.total_of(store.freed_bytes_by_region()),
                prices=prices,
            )
        )
    )


def show_status(call: CommandCall, _: CommandArguments) -> None:
    context, store = call.context, call.context.store
    prices = context.read_prices()
    plans = OpenPlans.of(store.open_plans(), prices)
    call.answer(
        status_message(
            StatusView(
                pause=store.pause(),
                deleting=_running_deletions(context),
                approved=[plan for plan in plans.approved if plan.state is PlanState.APPROVED],
                waiting=first_plans(plans.waiting, PLANS_SHOWN, call.with_link, prices),
                blocked=first_plans(plans.blocked, BLOCKED_SHOWN, call.with_link, prices),
                reports=store.jobs_left(REPORT, REPORT_JOB),
                version=__version__,
                prices=prices,
                now=context.clock(),
            )
        )
    )


def stop(call: CommandCall, arguments: CommandArguments) -> None:
    (plan_id,) = arguments.names
    plan = call.context.decisions.stop(plan_id, call.person)
    call.answer(stop_answer(plan))
    update_messages(call.context, plan.id)


def pause(call: CommandCall, arguments: CommandArguments) -> None:
    """Lists the running deletions, since the pause does not stop them. The worker
    announces the pause in the channels."""
    with naming_approvers(call.context.users, call.context.general_rules):
        call.context.decisions.pause(call.person, arguments.reason)
    call.answer(paused_message(_running_deletions(call.context)))


def resume(call: CommandCall, _: CommandArguments) -> None:
    with naming_approvers(call.context.users, call.context.general_rules):
        ended = call.context.decisions.resume(call.person)
    call.answer(resume_answer(ended))


def show_help(call: CommandCall, _: CommandArguments) -> None:
    call.answer(help_message((each.synopsis, each.help) for each in COMMANDS.values()))


_EVERY_COMMAND = (
    SlashCommand(
        "report",
        CommandUsage.of("REPOSITORY"),
        "the same, for a repository with the name of a command",
        report,
        synonyms=("plan", "propose"),
    ),
    SlashCommand(
        "digest",
        CommandUsage.of(""),
        "posts one message about all repositories of this channel",
        digest,
        synonyms=("weekly", "overview", "summary"),
    ),
    SlashCommand(
        "list",
        CommandUsage.of("[PATTERN]"),
        "lists repositories with their costs and possible savings",
        list_repositories,
    ),
    SlashCommand(
        "cost",
        CommandUsage.of("[REPOSITORY]"),
        "shows costs over time: the last 12 weeks and the next 12 months",
        show_costs,
        synonyms=("costs", "price", "growth"),
    ),
    SlashCommand(
        "why",
        CommandUsage.of("REPOSITORY TAG"),
        "shows why an image is deleted or kept, and what uses it",
        why,
    ),
    SlashCommand(
        "pins",
        CommandUsage.of("REPOSITORY"),
        "lists pins with authors and reasons",
        show_pins,
    ),
    SlashCommand(
        "pin",
        CommandUsage.of("REPOSITORY TAG… [for 30d | until 2026-12-31] because REASON"),
        "pins tags, digests, or all tags that match a pattern",
        pin,
    ),
    SlashCommand(
        "unpin",
        CommandUsage.of("REPOSITORY TAG…"),
        "removes your own pins; approvers can remove any pin",
        unpin,
    ),
    SlashCommand(
        "estimate",
        CommandUsage.of(""),
        "calculates what a repository costs with and without cleanup",
        estimate,
        synonyms=("calculate", "calculator", "savings"),
        checks_permission=True,
    ),
    SlashCommand(
        "history",
        CommandUsage.of("[REPOSITORY]"),
        "shows the results of the last plans",
        show_history,
        synonyms=("audit",),
    ),
    SlashCommand(
        "status",
        CommandUsage.of(""),
        "shows running deletions, open plans and reports in progress",
        show_status,
        synonyms=("plans", "show", "approve", "dismiss"),
    ),
    SlashCommand(
        "stop",
        CommandUsage.of("PLAN"),
        "stops a deletion, before it starts or while it runs",
        stop,
        checks_permission=True,
    ),
    SlashCommand(
        "pause",
        CommandUsage.of("[because REASON]"),
        "prevents deletions from starting (approvers)",
        pause,
        checks_permission=True,
    ),
    SlashCommand(
        "resume",
        CommandUsage.of(""),
        "ends the pause (approvers)",
        resume,
        checks_permission=True,
    ),
    SlashCommand("help", ANYTHING, "shows this help", show_help, checks_permission=True),
)

COMMANDS: Mapping[str, SlashCommand] = {each.name: each for each in _EVERY_COMMAND}
"""By name, in the order of the help."""


def _running_deletions(context: SlackContext) -> Sequence[RunningPlan]:
    store = context.store
    executing = (plan for plan in store.open_plans() if plan.state is PlanState.EXECUTING)
    return [
        RunningPlan(plan, store.outcome_summary(plan.id, plan.version, most_not_deleted=0).counts)
        for plan in executing
    ]
