"""The worker announces pauses, and reminds approvers, once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.digests import Digest
from bot.core.plan import PlanState
from bot.core.records import Approval, AuditEventName, Pause, StoreChange
from bot.core.report_schedules import ReportOutcome, ReportRound, ScheduledReport
from bot.core.repository import RepositoryId
from bot.playground.slack import CallFault, SimulatedUser, Workspace
from bot.process import system_clock
from bot.settings.load import load_settings
from bot.slack.api import SlackError
from bot.store.store import Store
from tests.cli.stored_plans import LOOKED_AT
from tests.store.support import HERE, THERE, closed, event, new_version, propose, seen
from tests.support import Run
from tests.worker.conftest import MakeOffice
from tests.worker.support import Office

DAY = timedelta(days=1)


def post(office: Office, channel: str | None = None, **facts: Any) -> str:
    """Posts a plan that was proposed four days ago. Returns the `ts` of its message."""
    now = system_clock()
    times = {"proposed_at": now - 4 * DAY, "expires_at": now + 4 * DAY}
    plan = propose(office.store, **{**times, **facts})
    messages = office.slack.services().plan_messages
    ts = messages.post(plan.id, channel or office.channel).ts
    office.slack.services().plan_messages.update_threads(9)
    return ts


def sweep(office: Office) -> None:
    """Makes the next sweep."""
    office.updater._sweep_at = 0.0
    office.updater.do_next(0)


def pause(office: Office, why: str = "the registry moves") -> Pause:
    started = Pause(office.person.id, system_clock(), why)
    assert office.store.set_pause(started, event(AuditEventName.PAUSED))
    return started


def resume(office: Office, by: str | None = None) -> None:
    ended = event(AuditEventName.RESUMED, by or office.person.id, at=system_clock())
    assert office.store.set_pause(None, ended)


def announced(office: Office, channel: str | None = None) -> list[str]:
    """Texts of announcements in the channel."""
    texts = [each["text"] for each in office.person.messages(channel or office.channel)]
    return [text for text in texts if "ecr-clean is paused*" in text or "was resumed" in text]


# pauses


def test_a_pause_and_its_end_are_announced_once(office: Office) -> None:
    post(office)
    pause(office)
    for _ in range(3):
        sweep(office)
    (said,) = announced(office)
    assert f"*ecr-clean is paused* by <@{office.person.id}>" in said
    assert "Reason: the registry moves." in said
    assert "Plans can still be approved; their deletion starts after that." in said
    resume(office)
    for _ in range(3):
        sweep(office)
    _, said = announced(office)
    assert said.startswith(f"*ecr-clean was resumed* by <@{office.person.id}> <!date^")


@pytest.mark.usefixtures("shelf")
def test_a_pause_on_the_command_line_is_announced(office: Office, run: Run) -> None:
    post(office)
    assert run("pause", "--reason", "an audit").status == 0
    sweep(office)
    assert run("resume").status == 0
    sweep(office)
    paused, resumed = announced(office)
    assert "Reason: an audit." in paused
    assert "*ecr-clean was resumed* by `" in resumed


def test_every_channel_with_an_open_plan(
    office: Office, slack: Workspace, ann: SimulatedUser
) -> None:
    """Not those with decided plans or with plans that delete nothing."""
    shop, done, empty = (slack.remote.add_channel(name, [ann]) for name in ("shop", "done", "none"))
    post(office)
    post(office, shop, repository=THERE)
    post(office, done, repository=_other("done"), state=PlanState.DISMISSED)
    post(office, empty, repository=_other("empty"), deletions=0)
    pause(office)
    sweep(office)
    found = {each: len(announced(office, each)) for each in (office.channel, shop, done, empty)}
    assert found == {office.channel: 1, shop: 1, done: 0, empty: 0}


def test_the_end_is_announced_where_no_plan_is_open_any_more(office: Office) -> None:
    post(office)
    pause(office)
    sweep(office)
    (plan,) = office.store.plans()
    change = closed(seen(office.store, plan.id), PlanState.DISMISSED, AuditEventName.DISMISSED)
    assert office.store.commit(change)
    resume(office)
    sweep(office)
    assert len(announced(office)) == 2


def test_a_second_pause(office: Office) -> None:
    post(office)
    pause(office, "one")
    sweep(office)
    resume(office)
    pause(office, "two")
    for _ in range(3):
        sweep(office)
    one, end, two = announced(office)
    assert "Reason: one." in one
    assert "was resumed" in end
    assert "Reason: two." in two


def test_a_short_pause_is_not_announced(office: Office) -> None:
    post(office)
    pause(office)
    resume(office)
    sweep(office)
    assert announced(office) == []


def test_two_workers_announce_once(
    office: Office, make_office: MakeOffice, settings: Any, own_store: Store
) -> None:
    post(office)
    other = make_office(settings, own_store)
    with ThreadPoolExecutor(2) as pool:
        for change in (pause, resume):
            change(office)
            sweeps = [
                pool.submit(each.slack.services().pauses.announce, 9) for each in (office, other)
            ]
            for each in sweeps:
                each.result()
    assert len(announced(office)) == 2


def test_an_announcement_that_slack_refuses_for_now(office: Office, slack: Workspace) -> None:
    post(office)
    for change in (pause, resume):
        change(office)
        slack.faults.add(CallFault(method="chat.postMessage", error="internal_error"))
        with pytest.raises(SlackError, match="Announcing a pause in Slack failed"):
            sweep(office)
        sweep(office)
    assert len(announced(office)) == 2


def test_an_archived_channel(office: Office, slack: Workspace) -> None:
    """No worker tries it again."""
    post(office)
    slack.directory.archive(office.channel)
    pause(office)
    sweep(office)
    sweep(office)
    slack.directory.archive(office.channel, is_archived=False)
    sweep(office)
    assert announced(office) == []


def _other(name: str) -> RepositoryId:
    return replace(HERE, name=f"team/{name}", uri=HERE.uri.replace("team/api", f"team/{name}"))


# reminders


@pytest.fixture
def remind(make_office: MakeOffice, own_store: Store, settings_file: Any, channel: str) -> Any:
    """Makes a worker with these settings of `approval`."""
    del channel

    def make(approval: str = "", report: str = "", rest: str = "") -> Office:
        settings_file(
            f"{LOOKED_AT}\nreports: [{{channel: '#cleanups'{report}}}]\n"
            f"approval: {{remind_after: 3d{approval}}}\n{rest}\n"
        )
        return make_office(load_settings(None), own_store)

    return make


def thread(office: Office, ts: str) -> list[str]:
    return [each["text"] for each in office.shown(ts)["replies"]]


def reminders(office: Office, ts: str) -> list[str]:
    """Texts of reminders in the thread of the message."""
    return [text for text in thread(office, ts) if "waits for" in text]


def test_a_plan_is_reminded_of_once(remind: Any) -> None:
    office = remind()
    ts = post(office)
    for _ in range(3):
        sweep(office)
    (said,) = reminders(office, ts)
    assert said.startswith(
        "The plan for `team/api` still waits for 1 approval. It was proposed <!date^"
    )
    assert "expires <!date^" in said
    assert "<!here>" not in said


def test_no_reminder_by_default(office: Office) -> None:
    ts = post(office)
    sweep(office)
    assert reminders(office, ts) == []


def test_each_version_has_its_reminder(remind: Any) -> None:
    office = remind()
    ts = post(office)
    sweep(office)
    (plan,) = office.store.plans()
    change = new_version(plan, "old")
    assert change.after
    times = {"proposed_at": plan.proposed_at, "expires_at": plan.expires_at}
    assert office.store.commit(replace(change, after=replace(change.after, **times)))
    for _ in range(2):
        sweep(office)
    assert len(reminders(office, ts)) == 2


@pytest.mark.parametrize(
    ("case", "facts"),
    [
        ("recent", {"proposed_at": system_clock() - 2 * DAY}),
        ("approved", {"state": PlanState.APPROVED}),
        ("dismissed", {"state": PlanState.DISMISSED}),
        ("every source is off", {"checked": False}),
        ("nothing to delete", {"deletions": 0}),
    ],
)
def test_no_reminder(remind: Any, case: str, facts: dict[str, Any]) -> None:
    office = remind()
    ts = post(office, **facts)
    sweep(office)
    assert reminders(office, ts) == [], case


def test_no_reminder_where_no_approval_counts(
    remind: Any, slack: Workspace, ann: SimulatedUser
) -> None:
    office = remind()
    elsewhere = slack.remote.add_channel("elsewhere", [ann])
    post(office, elsewhere)
    sweep(office)
    texts = [each["text"] for each in (*ann.messages(elsewhere), *office.messages)]
    assert not any("waits for" in text for text in texts)


def test_no_reminder_in_report_only_mode(remind: Any) -> None:
    office = remind(rest="execution: {enabled: false}")
    ts = post(office)
    sweep(office)
    assert reminders(office, ts) == []


def test_few_approvers_are_mentioned(remind: Any, slack: Workspace, ann: SimulatedUser) -> None:
    bob = slack.remote.add_user("bob")
    group = slack.remote.add_user_group("image-approvers", [ann, bob])
    office = remind(", approvers: ['@image-approvers', '@bob', '@nobody', 'arn:aws:iam::*']")
    ts = post(office)
    sweep(office)
    (said,) = reminders(office, ts)
    assert said.startswith(
        f"<!subteam^{group}>, <@{bob.id}>: the plan for `team/api` still waits for 1 approval."
    )


def test_many_approvers_are_not_mentioned(remind: Any, slack: Workspace) -> None:
    slack.remote.add_user_group("everyone", [slack.remote.add_user(f"u{n}") for n in range(6)])
    office = remind(", approvers: ['@everyone']")
    ts = post(office)
    sweep(office)
    (said,) = reminders(office, ts)
    assert said.startswith("The plan for `team/api` still waits")


def test_one_of_two_approvals_is_missing(remind: Any) -> None:
    """The reminder does not mention the approver who approved."""
    office = remind(", required: 2, approvers: [U01, U02]")
    now = system_clock()
    ts = post(office)
    (plan,) = office.store.plans()
    approval = Approval("U01", now, plan.version, plan.hash)
    after = replace(plan, approvals=(approval,), revision=plan.revision + 1)
    approved = event(AuditEventName.APPROVED, plan=plan.id)
    assert office.store.commit(StoreChange([approved], plan, after))
    sweep(office)
    (said,) = reminders(office, ts)
    assert said.startswith("<@U02>: the plan for `team/api` still waits for 1 more approval.")


def test_two_workers_remind_once(remind: Any) -> None:
    office, other = remind(), remind()
    ts = post(office)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(each.slack.services().reminders.send, 9) for each in (office, other)]
        for each in both:
            each.result()
    assert len(reminders(office, ts)) == 1


def test_a_reminder_that_slack_refuses_for_now(remind: Any, slack: Workspace) -> None:
    office = remind()
    ts = post(office)
    slack.faults.add(CallFault(method="chat.postMessage", error="internal_error"))
    with pytest.raises(SlackError, match="Reminding approvers in Slack failed"):
        sweep(office)
    sweep(office)
    assert len(reminders(office, ts)) == 1


def test_the_thread_of_a_reminder_is_gone(remind: Any, slack: Workspace) -> None:
    office = remind()
    ts = post(office)
    slack.faults.add(CallFault(method="chat.postMessage", error="thread_not_found"))
    for _ in range(2):
        sweep(office)
    assert reminders(office, ts) == []


def test_another_worker_has_just_reminded(remind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    office = remind()
    ts = post(office)
    monkeypatch.setattr(office.store, "mark_reminded", lambda _: False)
    sweep(office)
    assert reminders(office, ts) == []


def test_approvers_that_cannot_be_looked_up(remind: Any, slack: Workspace) -> None:
    """The reminder mentions no one."""
    office = remind(", approvers: ['@ann', S0123456789]")
    slack.faults.add(CallFault(method="users.list", error="missing_scope", times=None))
    ts = post(office)
    sweep(office)
    (said,) = reminders(office, ts)
    assert said.startswith("The plan for `team/api` still waits")


def test_plans_of_a_digest_have_one_reminder(remind: Any) -> None:
    """In the thread of the digest, except for a plan with a message of its own."""
    office, now = remind(), system_clock()
    times = {"proposed_at": now - 4 * DAY, "expires_at": now + 4 * DAY}
    lab = replace(HERE, name="lab/a", uri=HERE.uri.replace("team/api", "lab/a"))
    plans = [propose(office.store, each, **times) for each in (HERE, THERE, lab)]
    round_ = ReportRound("*", now.replace(tzinfo=None), 0.0)
    office.store.add_reports(
        (
            ScheduledReport(each.repository.uri, round_, ReportOutcome.READY, plan=each.id)
            for each in plans
        ),
        now,
    )
    services = office.slack.services()
    digest = office.store.make_digest(Digest("d1", "*", round_.local, office.channel, now))
    digest = services.digests.post(digest)
    own = services.plan_messages.post(plans[2].id, office.channel)
    for _ in range(3):
        sweep(office)
    (said,) = [text for text in thread(office, digest.ts or "") if "still wait" in text]
    assert said.startswith("2 plans of this digest still wait for approval: `team/api`, `team/web`")
    assert len(reminders(office, own.ts)) == 1
