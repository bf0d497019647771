"""Digests in Slack: requests, updates after clicks, links, notices, and any number of plans."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.core.digests import Digest
from bot.core.report_schedules import ReportOutcome, ReportRound, ScheduledReport
from bot.playground.slack import CallFault, SimulatedUser, Workspace
from bot.slack.api import SlackError
from bot.slack.messages.digest_notices import empty_digest_message
from bot.slack.plan_messages import with_link
from bot.usecases.digests import DIGEST
from tests.slack.conftest import StartBot
from tests.slack.digests import PostedDigest, changed, named, post_digest, repositories
from tests.slack.messages.plan_views import read
from tests.slack.messages.test_limits import LONG_NAME
from tests.slack.running_bot import (
    IN_DOUBT,
    RunningBot,
    content,
    private_messages,
    public_messages,
    until,
)
from tests.slack.support import buttons, calls, queries_of
from tests.slack.test_home_tab import opened, seen
from tests.store.support import approval, run_of, started

MINUTE = timedelta(minutes=1)


@pytest.fixture
def bot(start_bot: StartBot) -> RunningBot:
    bot = start_bot()
    bot.slack.remote.change_settings(limits=False)
    return bot


def states(digest: PostedDigest, person: SimulatedUser) -> dict[str, str]:
    (table,) = (b for b in digest.shown(person)["blocks"] if b["type"] == "data_table")
    return {row[0]["text"]: row[-1]["text"] for row in table["rows"][1:]}


def next_digest(bot: RunningBot, older: Digest) -> Digest:
    """Posts the first line of an empty digest a minute later."""
    local, made_at = older.local + MINUTE, older.made_at + MINUTE
    newer = Digest("d2", older.entry, local, older.channel, made_at)
    return bot.context.digest_messages.post(bot.store.make_digest(newer))


def updates(bot: RunningBot) -> int:
    return len(calls(bot.slack, "chat.update"))


def settle(bot: RunningBot, *names: str, outcome: ReportOutcome | None) -> None:
    """Adds reports to the newest digest's round."""
    digest = bot.store.newest_digest()
    assert digest
    round_ = ReportRound(digest.entry, digest.local, 0.0)
    reports = [ScheduledReport(named(name).uri, round_, outcome) for name in names]
    bot.store.add_reports(reports, bot.clock())


# requests


def test_a_requested_digest(bot: RunningBot, ann: SimulatedUser) -> None:
    assert bot.send_command(ann, "/ecr-clean digest").ok
    (message,) = public_messages(ann, bot.channel)
    assert message["text"] == f"Listing the repositories of `*` for <@{ann.id}> …"
    digest = bot.store.newest_digest()
    assert digest
    assert (digest.ts, digest.is_requested) == (message["ts"], True)
    (job,) = bot.jobs()
    assert (job.kind, job.payload) == (DIGEST, {"digest": digest.id})


def test_it_shows_the_progress(bot: RunningBot, ann: SimulatedUser) -> None:
    bot.send_command(ann, "/ecr-clean digest")
    settle(bot, "a", "b", outcome=None)
    settle(bot, "c", outcome=ReportOutcome.NOTHING)
    bot.context.digest_messages.update_outdated(5)
    (message,) = public_messages(ann, bot.channel)
    assert message["text"] == "ECR cleanup: 1 of 3 repositories scanned …"
    before = updates(bot)
    bot.context.digest_messages.update_outdated(5)
    assert updates(bot) == before


def test_a_second_request_links_to_the_first(bot: RunningBot, ann: SimulatedUser) -> None:
    bot.send_command(ann, "/ecr-clean digest")
    settle(bot, "a", outcome=None)
    bot.clock.now += MINUTE
    bot.send_command(ann, "/ecr-clean digest")
    (message,) = public_messages(ann, bot.channel)
    (answer,) = private_messages(ann, bot.channel)
    assert answer.startswith("A digest of `*` is <https://")
    assert message["ts"].replace(".", "") in answer


def test_a_channel_of_no_entry(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    channel = slack.remote.add_channel("other", [ann, bob])
    bot.send_command(ann, "/ecr-clean digest", channel)
    (answer,) = private_messages(ann, channel)
    assert answer.startswith("No entry of `reports` in the settings has this channel")
    assert public_messages(ann, channel) == []
    assert bot.jobs() == []


def test_guests_may_not(bot: RunningBot, guest: SimulatedUser) -> None:
    bot.send_command(guest, "/ecr-clean digest")
    assert public_messages(guest, bot.channel) == []
    assert len(private_messages(guest, bot.channel)) == 1
    assert bot.jobs() == []


def test_two_entries_of_a_channel(start_bot: StartBot, ann: SimulatedUser) -> None:
    entries = [{"repositories": [f"{name}/*"], "channel": "#releases"} for name in ("a", "b")]
    bot = start_bot(reports=entries)
    bot.slack.remote.change_settings(limits=False)
    bot.send_command(ann, "/ecr-clean digest")
    texts = [message["text"] for message in public_messages(ann, bot.channel)]
    assert [text.split()[4] for text in texts] == ["`a/*`", "`b/*`"]
    assert len(bot.jobs()) == 2


def test_the_bot_cannot_post(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    slack.faults.add(CallFault(method="chat.postMessage", error="not_in_channel"))
    bot.send_command(ann, "/ecr-clean digest")
    (answer,) = private_messages(ann, bot.channel)
    assert answer.startswith("The bot cannot post here.")
    assert bot.jobs() == []


def test_slack_fails_for_a_moment(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    """The digest is then a new message."""
    slack.faults.add(CallFault(method="chat.postMessage", error="internal_error"))
    bot.send_command(ann, "/ecr-clean digest")
    assert public_messages(ann, bot.channel) == []
    assert len(private_messages(ann, bot.channel)) == 1
    (job,) = bot.jobs()
    digest = bot.store.digest(job.payload["digest"])
    assert digest
    assert digest.ts is None
    bot.context.digest_messages.end(digest, empty_digest_message(digest.entry))
    (message,) = public_messages(ann, bot.channel)
    assert message["text"].startswith("No repository matches")


def test_two_requests_in_the_same_second(bot: RunningBot, ann: SimulatedUser) -> None:
    for _ in range(2):
        bot.send_command(ann, "/ecr-clean digest")
    assert len(public_messages(ann, bot.channel)) == 1
    assert len(bot.jobs()) == 1


# updates


def test_a_click_updates_the_digest_at_once(bot: RunningBot, ann: SimulatedUser) -> None:
    first, *_ = plans = repositories(bot, 3)
    digest = post_digest(bot, plans)
    report = bot.plan_messages.post(first.id, bot.channel)
    assert bot.clicks(ann, "approve_plan", report).ok
    assert states(digest, ann)["team/r0000"].startswith("approved, starts ")
    assert bot.clicks(ann, "stop_plan", report).ok
    assert states(digest, ann)["team/r0000"] == "waiting"


def test_at_most_one_update_a_minute_while_deleting(bot: RunningBot, ann: SimulatedUser) -> None:
    first, second, *_ = plans = repositories(bot, 3)
    digest = post_digest(bot, plans)
    assert bot.store.commit(approval(first, ann.id))
    bot.context.digest_messages.update_outdated(5)
    bot.clock.now += MINUTE
    approved = digest.now(first)
    assert bot.store.commit(started(approved, run_of(approved)))
    bot.context.digest_messages.update_outdated(5)
    assert states(digest, ann)["team/r0000"] == "deleting"
    before = updates(bot)
    assert bot.store.commit(approval(second, ann.id))
    for _ in range(3):
        bot.context.digest_messages.update_outdated(5)
        bot.context.digest_messages.update_of_plan(second.id)
    assert updates(bot) == before
    bot.clock.now += MINUTE
    bot.context.digest_messages.update_outdated(5)
    assert updates(bot) == before + 1
    assert states(digest, ann)["team/r0001"].startswith("approved")


def test_a_click_on_a_plan_without_a_digest_costs_one_query(
    bot: RunningBot, ann: SimulatedUser
) -> None:
    report = bot.posted()
    with queries_of("FROM digests") as queries:
        assert bot.clicks(ann, "dismiss_plan", report).ok
    assert len(queries) == 1


def test_two_processes_post_a_digest(bot: RunningBot, ann: SimulatedUser) -> None:
    """The second one deletes its message."""
    digest = post_digest(bot, repositories(bot, 2))
    unposted = replace(digest.digest, ts=None)
    assert bot.context.digest_messages.post(unposted).ts == digest.digest.ts
    (message,) = public_messages(ann, bot.channel)
    assert message["ts"] == digest.digest.ts


def test_a_second_digest_that_cannot_be_deleted(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    """It has no buttons."""
    digest = post_digest(bot, repositories(bot, 2))
    slack.faults.add(CallFault(method="chat.delete", error="internal_error"))
    bot.context.digest_messages.post(replace(digest.digest, ts=None))
    first, second = public_messages(ann, bot.channel)
    assert (buttons(first) != [], buttons(second)) == (True, [])


def test_the_older_digest_cannot_be_shortened(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    """The next update of the newer one retries it."""
    older = post_digest(bot, repositories(bot, 2)).digest
    newer = next_digest(bot, older)
    slack.faults.add(
        CallFault(method="chat.update", arguments={"ts": older.ts}, error="internal_error")
    )
    for shortened in (False, True):
        bot.context.digest_messages.update(newer.id)
        assert ("newer digest" in public_messages(ann, bot.channel)[0]["text"]) is shortened


def test_a_digest_without_a_message_is_not_updated(bot: RunningBot) -> None:
    digest = post_digest(bot, repositories(bot, 2))
    bot.store.forget_digest(digest.digest)
    before = updates(bot)
    for id_ in (digest.digest.id, "unknown"):
        bot.context.digest_messages.update(id_)
    assert updates(bot) == before


def test_the_older_digest_was_deleted(bot: RunningBot, client: WebClient) -> None:
    older = post_digest(bot, repositories(bot, 2)).digest
    client.chat_delete(channel=older.channel, ts=older.ts or "")
    newer = next_digest(bot, older)
    bot.context.digest_messages.update(newer.id)
    assert bot.store.older_digests(newer) == []


def test_a_failed_update_is_retried(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    plan, *_ = plans = repositories(bot, 2)
    digest = post_digest(bot, plans)
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    assert bot.store.commit(approval(plan, ann.id))
    with pytest.raises(SlackError):
        bot.context.digest_messages.update_outdated(5)
    bot.context.digest_messages.update_outdated(5)
    assert states(digest, ann)["team/r0000"].startswith("approved")


def test_a_blocked_plan_that_cannot_be_read(bot: RunningBot, ann: SimulatedUser) -> None:
    (plan,) = repositories(bot, 1, content("new", "old", scans=[IN_DOUBT]))
    with bot.store._database.writing() as session:
        session.connection().exec_driver_sql("UPDATE plan_versions SET hash = 'another'")
    digest = post_digest(bot, [plan])
    assert "*Blocked:* `team/r0000`: The plan is incomplete" in read(digest.shown(ann)["blocks"])


def test_a_pause_is_shown(bot: RunningBot, ann: SimulatedUser) -> None:
    digest = post_digest(bot, repositories(bot, 1))
    bot.send_command(ann, "/ecr-clean pause because of the release")
    bot.context.digest_messages.update_outdated(5)
    assert "*ecr-clean is paused*" in read(digest.shown(ann)["blocks"])
    bot.send_command(ann, "/ecr-clean resume")
    bot.context.digest_messages.update_outdated(5)
    assert "paused" not in read(digest.shown(ann)["blocks"])


# links and notices


def test_plans_without_a_message_link_to_their_digest(bot: RunningBot) -> None:
    plan, other, *_ = plans = repositories(bot, 3)
    digest = post_digest(bot, plans)
    report = bot.plan_messages.post(other.id, bot.channel)

    def link(which: Any) -> str:
        found = with_link(bot.store, bot.context.rules_of, bot.context.url, which).link
        assert found
        return found

    assert link(plan).endswith((digest.digest.ts or "").replace(".", ""))
    assert link(other).endswith(report.ts.replace(".", ""))
    bot.store.forget_digest(digest.digest)
    assert with_link(bot.store, bot.context.rules_of, bot.context.url, plan).link is None


def test_home_leads_to_the_newest_digest(bot: RunningBot, ann: SimulatedUser) -> None:
    assert "digest" not in opened(bot, ann)
    digest = post_digest(bot, repositories(bot, 1))
    assert ann.opens_home().ok
    until(lambda: "*Newest digest:*" in seen(ann))
    home = ann.home()
    assert home
    assert (digest.digest.ts or "").replace(".", "") in str(home["blocks"])


def test_outdated_approvals_are_noticed_in_the_thread(
    start_bot: StartBot, ann: SimulatedUser
) -> None:
    bot = start_bot(approval={"required": 2})
    (plan,) = plans = repositories(bot, 1)
    digest = post_digest(bot, plans)
    report = bot.plan_messages.post(plan.id, bot.channel)
    assert bot.clicks(ann, "approve_plan", report).ok
    bot.store.delete_message(report)
    changed(bot, digest.now(plan))
    bot.plan_messages.notify_approvers(5)
    (notice,) = digest.thread(ann)
    assert notice["text"].startswith(f"<@{ann.id}>: your approval of version 1 no longer counts.")


# limits


def test_long_names_and_more_rows_than_fit(bot: RunningBot, ann: SimulatedUser) -> None:
    plans = repositories(bot, 101, prefix=LONG_NAME[:-4])
    digest = post_digest(bot, plans)
    text = read(digest.shown(ann)["blocks"])
    assert len(states(digest, ann)) < 101
    assert f"{101 - len(states(digest, ann))} more in the CSV file in the thread" in text
    assert bot.slack.remote.warnings() == []


def test_a_workspace_that_refuses_new_blocks(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    for block in ("data_visualization", "data_table"):
        slack.faults.add(
            CallFault(method="chat.*", block=block, error="invalid_blocks", times=None)
        )
    digest = post_digest(bot, repositories(bot, 30))
    message = digest.shown(ann)
    text = read(message["blocks"])
    assert "`team/r0000` · Delete 2 · of 3" in text
    assert "State waiting" in text
    assert "approve_plans" in str(message["blocks"])


@pytest.mark.slow
def test_a_thousand_repositories(bot: RunningBot, ann: SimulatedUser) -> None:
    digest = post_digest(bot, repositories(bot, 1000))
    assert len(states(digest, ann)) == 100
    assert "1,000 repositories" in digest.shown(ann)["text"]
