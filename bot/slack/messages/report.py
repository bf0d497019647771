"""The report on a proposed plan: savings, images to delete and to keep, and the buttons to approve
or dismiss it."""

from collections.abc import Iterator
from datetime import timedelta

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    InputBlock,
    PlainTextInputElement,
)
from slack_sdk.models.views import View

from bot.core.judge import PULLED_RECENTLY
from bot.core.permissions import why_unapprovable
from bot.core.plan_problems import PlanProblem, ScanFailed, UsageDrop
from bot.core.records import AuditEventName, PlanRecord
from bot.core.savings import usd_per_month
from bot.core.text_formatting import first_few, format_time
from bot.render.audit_events import detail_words
from bot.render.plan_problem_sentences import plan_problem_words, usage_drop_words
from bot.render.plan_summary import ImageInUse, PlannedImageGroup, PlanSummary, RecentPull, name_of
from bot.render.quantities import about, age, count, freed_of_all, money, size
from bot.render.reasons import user_words
from bot.render.refusals import refusal_words
from bot.slack.action_ids import (
    APPROVE_PLAN,
    CONFIRM_PLAN,
    CONFIRM_USAGE,
    DISMISS_PLAN,
    MOST_IN_LINE,
    PIN_PULLED,
    PIN_TAGS,
    SHOW_IMAGES,
    TRY_AGAIN,
    TYPED_NAME,
    PlanRef,
    UsageRef,
)
from bot.slack.api import Json, MessageContent
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import (
    and_more,
    button,
    context,
    danger,
    header,
    message,
    plain,
    section,
)
from bot.slack.mrkdwn import channel_link, code, date, escape, mention, mentions, prose
from bot.slack.view_models import PlanView

LARGEST = 3
USED = 3
PULLED = 3
MOST_IN_USER = 60

PIN_LASTS = timedelta(days=30)
"""For the button next to an image that was pulled recently."""

LONGEST_NAME = 256
"""ECR API reference, CreateRepository."""

PROBLEMS = 8

MOST_IN_PROBLEM = 600

_IRREVERSIBLE = "You can stop the deletion at any time, but deleted images cannot be restored."


def report(view: PlanView) -> MessageContent:
    summary = PlanSummary(view.content)
    obstacle = _obstacle(view)
    return message(
        _text(view),
        header(view.plan.repository.name),
        section(*_headline(view)),
        *_news(view),
        section(*_kept(summary)),
        *_pinned(summary),
        section(*_largest(summary, view)),
        *_recent_pulls(summary, view),
        *_warnings(view),
        context(*_small_print(summary, view)),
        *([section(obstacle)] if obstacle else []),
        ActionsBlock(elements=[*_buttons(view)]),
    )


def typing_view(plan: PlanRecord, channel: str, usd_per_gb_month: float) -> Json:
    """The modal in which the approver of a large plan types the repository's name.
    `private_metadata` is a PlanRef whose detail is the channel. USD per GB per month."""
    name = plan.repository.name
    usd = usd_per_month(plan.freed_bytes, usd_per_gb_month)
    consequences = section(
        f"Deletes *{plan.deletions:,} of {count(plan.manifests, 'manifest')}*, frees up to "
        f"{size(plan.freed_bytes)} and saves up to {money(usd)} a month. {_IRREVERSIBLE}",
        f"To approve, type the repository's name: {code(name, LONGEST_NAME)}",
    )
    typed = InputBlock(
        block_id=TYPED_NAME,
        label=plain("Repository name"),
        element=PlainTextInputElement(action_id=TYPED_NAME, focus_on_load=True),
    )
    return View(
        type="modal",
        callback_id=CONFIRM_PLAN,
        private_metadata=str(PlanRef(plan.id, plan.version, channel)),
        title=plain("Approve a large plan"),
        submit=plain("Approve"),
        close=plain("Cancel"),
        blocks=[consequences, typed],
    ).to_dict()


def _text(view: PlanView) -> str:
    savings = view.content.savings
    return (
        f"{escape(view.plan.repository.name)}: {common_texts.deletions(view)} to delete. Frees "
        f"{freed_of_all(savings)} and saves {about(savings)}"
        f"{common_texts.a_month_and_a_year(savings.usd_per_month)}. "
        f"{_obstacle(view) or f'Open until {format_time(view.plan.expires_at)}.'}"
    )


def _headline(view: PlanView) -> Iterator[str]:
    savings = view.content.savings
    usd = common_texts.a_month_and_a_year(savings.usd_per_month)
    yield f"*Saves {about(savings)}{usd}*"
    yield f"Deletes *{common_texts.deletions(view)}*, which frees {freed_of_all(savings)}."


def _news(view: PlanView) -> Iterator[Block]:
    """Why the plan is proposed again."""
    last = view.last_event
    if view.why_not_started:
        yield section(
            ":warning: *Approved, but the deletion could not start:* "
            f"{prose(view.why_not_started).rstrip('.')}. Nothing was deleted. Approve the plan "
            "again to retry."
        )
    elif last and last.event is AuditEventName.STOPPED:
        yield section(
            f"Stopped by {mention(last.by)} {date(last.at)}, before anything was deleted. "
            "Approve the plan again to delete."
        )


def _kept(summary: PlanSummary) -> Iterator[str]:
    number = len(summary.kept)
    if not number:
        yield "*Keeps nothing.*"
        return
    yield f"*Keeps {number:,}:* {common_texts.kept_by_reason(summary)}."
    only_by_use = summary.kept_only_by_use
    if only_by_use:
        they_are = "it is" if len(only_by_use) == 1 else "they are"
        yield f"*{count(len(only_by_use), 'is', 'are')} kept only because {they_are} in use:*"
    elif summary.used:
        yield "In use:"
    yield from map(_used, (only_by_use or summary.used)[:USED])
    yield from and_more(len(only_by_use or summary.used) - USED)


def _used(used: ImageInUse) -> str:
    names = first_few([prose(user_words(user), MOST_IN_USER) for user in used.users])
    return f"• {code(name_of(used.root))} by {names or 'users of its parts'}"


def _pinned(summary: PlanSummary) -> Iterator[Block]:
    if lines := [*common_texts.pinned(summary)]:
        yield section("*Pinned:*", *lines)


def _largest(summary: PlanSummary, view: PlanView) -> Iterator[str]:
    yield "*Largest images to delete*, with the sizes that ECR lists:"
    yield from (_deleted(group, view) for group in summary.deleted_groups[:LARGEST])


def _deleted(group: PlannedImageGroup, view: PlanView) -> str:
    pushed_at = group.root.manifest.pushed_at
    pushed = f" · pushed {age(view.plan.proposed_at - pushed_at)} ago" if pushed_at else ""
    number = f" ({len(group.members):,} manifests)" if group.others else ""
    return f"• {code(name_of(group.root))}{number} · {size(group.listed_bytes)}{pushed}"


def _recent_pulls(summary: PlanSummary, view: PlanView) -> Iterator[Block]:
    pulled = summary.recent_pulls
    if not pulled:
        return
    it = "it" if len(pulled) == 1 else "them"
    yield section(
        f":warning: *{count(len(pulled), 'image to delete was', 'images to delete were')} pulled "
        f"in the last {PULLED_RECENTLY.days} days.* No known workload uses {it}:"
    )
    for number, each in enumerate(pulled[:PULLED]):
        yield section(_pull(each), button=_pin_button(each, number, view))
    if len(pulled) > PULLED:
        yield context(*and_more(len(pulled) - PULLED))


def _pull(pulled: RecentPull) -> str:
    return f"{code(name_of(pulled.group.root))} · last pulled {date(pulled.at)}"


def _pin_button(pulled: RecentPull, number: int, view: PlanView) -> ButtonElement:
    digest = pulled.group.root.manifest.digest
    return button(
        f"Pin {PIN_LASTS.days}d", f"{PIN_PULLED}:{number}", common_texts.ref(view, digest)
    )


def _warnings(view: PlanView) -> Iterator[Block]:
    if lines := [*common_texts.also_deleted_in(view), *common_texts.paused(view.pause)]:
        yield section(*lines)


def _small_print(summary: PlanSummary, view: PlanView) -> Iterator[str]:
    yield from common_texts.checked(view, summary.scopes_by_source)
    yield from common_texts.not_checked(view)
    yield from _change(view)
    yield from _approvals(view)
    yield f"{common_texts.place_and_version(view)} · open until {date(view.plan.expires_at)}"


def _change(view: PlanView) -> Iterator[str]:
    """The change that made this version, such as a pin."""
    last = view.last_event
    if view.plan.version > 1 and last and last.event is AuditEventName.PROPOSED:
        why = prose(detail_words(last.detail))
        yield f"Version {view.plan.version} by {mention(last.by)}: {why}."


def _approvals(view: PlanView) -> Iterator[str]:
    if view.required_approvals > 1:
        given = view.plan.current_approvals
        by = f": {mentions(each.by for each in given)}" if given else ""
        missing = view.required_approvals - len(given)
        yield (
            f"*{len(given):,} of {view.required_approvals:,} approvals*{by}. "
            f"{count(missing, 'more approval is', 'more approvals are')} needed."
        )


def _obstacle(view: PlanView) -> str | None:
    """Why the plan cannot be approved in this channel."""
    if why := why_unapprovable(view.plan):
        return f"{refusal_words(why)}."
    if view.report_only:
        return "Report only: the settings have `execution.enabled: false`."
    if view.approval_channel is None:
        return "Cannot be approved in Slack: set its `channel` under `reports` in the settings."
    if view.channel != view.approval_channel:
        return f"Can be approved only in {channel_link(view.approval_channel)}."
    return None


def _buttons(view: PlanView) -> Iterator[ButtonElement]:
    ref = common_texts.ref(view)
    if _obstacle(view) is None:
        confirm = None if view.needs_typing else _confirm(view)
        yield button("Approve", APPROVE_PLAN, ref, style="danger", confirm=confirm)
    yield button("Pin tags…", PIN_TAGS, ref)
    yield button("Show images", SHOW_IMAGES, ref)
    yield button("Dismiss", DISMISS_PLAN, ref)


def _confirm(view: PlanView) -> ConfirmObject:
    savings = view.content.savings
    return danger(
        f"Delete {count(view.plan.deletions, 'manifest')}?",
        f"Deletes {common_texts.deletions(view)} in {common_texts.repository(view)} and saves "
        f"{about(savings)}{money(savings.usd_per_month)} a month. {_IRREVERSIBLE}",
        yes="Approve",
        no="Cancel",
    )


def incomplete(view: PlanView) -> MessageContent:
    ref = common_texts.ref(view)
    return message(
        _incomplete_text(view),
        header(view.plan.repository.name),
        section(
            f":warning: *{_problem_count(view)}, so nothing can be deleted.*",
            _next_step(view),
        ),
        *_problems(view),
        *map(section, common_texts.paused(view.pause)),
        context(
            *common_texts.not_checked(view),
            f"{common_texts.place_and_version(view)} · {date(view.scanned_at)}",
        ),
        ActionsBlock(
            elements=[
                button("Try again", TRY_AGAIN, ref, style="primary"),
                button("Show images", SHOW_IMAGES, ref),
                button("Dismiss", DISMISS_PLAN, ref),
            ]
        ),
    )


def _incomplete_text(view: PlanView) -> str:
    first = prose(plan_problem_words(view.content.problems[0]), MOST_IN_PROBLEM)
    more = len(view.content.problems) - 1
    others = f" And {count(more, 'more problem')}." if more else ""
    return (
        f"{escape(view.plan.repository.name)}: {_problem_count(view)}, so nothing can be deleted. "
        f"{first}.{others}"
    )


def _problem_count(view: PlanView) -> str:
    return f"{count(len(view.content.problems), 'check')} failed"


def _next_step(view: PlanView) -> str:
    them = "it" if len(view.content.problems) == 1 else "them"
    return f"Fix {them}, then press *Try again*:"


def _problems(view: PlanView) -> Iterator[Block]:
    problems = view.content.problems
    for place, problem in enumerate(problems[:PROBLEMS]):
        confirm = _confirm_button(view, problem, place)
        text = _doubt(problem) if confirm else plan_problem_words(problem)
        yield section(f"• {prose(text, MOST_IN_PROBLEM)}", button=confirm)
    if (more := len(problems) - PROBLEMS) > 0:
        yield context(f"… and {more:,} more")


def _doubt(problem: PlanProblem) -> str:
    """Omits the command that confirms the usage, since the button does the same."""
    assert isinstance(problem, ScanFailed)
    assert isinstance(problem.cause, UsageDrop)
    return f"{problem.source} ({problem.scope}): {usage_drop_words(problem.cause)}"


def _confirm_button(view: PlanView, problem: PlanProblem, place: int) -> ButtonElement | None:
    """None if the problem is no doubt about usage, or if its scope is too long for a button. The
    text then contains the command."""
    if not (isinstance(problem, ScanFailed) and isinstance(problem.cause, UsageDrop)):
        return None
    plan, workloads = view.plan, problem.cause.workloads
    ref = UsageRef(plan.id, plan.version, workloads, problem.source, problem.scope)
    if len(str(ref)) > MOST_IN_LINE:
        return None
    return button("Confirm usage", f"{CONFIRM_USAGE}:{place}", ref)
