"""All slash commands, answered from the store."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from bot.core.errors import ErrorText
from bot.core.last_use import LastUse, SeenUses
from bot.core.pins import PinKind
from bot.core.plan import PlanState
from bot.core.records import (
    Approval,
    AuditEventName,
    ImageResult,
    LastScan,
    StoreChange,
    TagBinding,
    TagScan,
)
from bot.core.records import ImageOutcome as ItemOutcome
from bot.core.report_schedules import REPORT_JOB
from bot.core.repository import RegistryId, RepositoryId
from bot.core.storage_history import StorageDay
from bot.playground.slack import SimulatedUser, Workspace
from bot.slack.commands import COMMANDS
from bot.slack.listener import UNEXPECTED_PAYLOAD
from bot.usecases.reports import MAX_REPORTS
from tests.render.builders import GB, HERE, image
from tests.slack.conftest import StartBot
from tests.slack.messages.plan_views import STAR, read
from tests.slack.running_bot import (
    IN_DOUBT,
    SCANNED,
    Json,
    RunningBot,
    content,
    private_messages,
    public_messages,
)
from tests.slack.support import buttons, message_at, queries_of
from tests.slack.test_payloads import action, click, deliver
from tests.store.support import PLACE, closed, event, run_of, seen, started
from tests.support import NOW

THERE = RepositoryId(PLACE, "team/web", HERE.uri.replace("team/api", "team/web"))
AWAY = RegistryId("210987654321", "eu-west-1")
TWIN = RepositoryId(AWAY, HERE.name, HERE.uri.replace(PLACE.account, AWAY.account))
NASTY = "<!channel> *bold* `code` :smile: "


@pytest.fixture
def bot(start_bot: StartBot) -> RunningBot:
    """A bot that knows two repositories, without rate limits."""
    bot = start_bot()
    bot.slack.remote.change_settings(limits=False)
    know(bot, HERE, THERE)
    return bot


def know(bot: RunningBot, *repositories: RepositoryId, registry: RegistryId = PLACE) -> None:
    bot.store.save_repositories(registry, repositories, NOW)


def answers(bot: RunningBot, person: SimulatedUser) -> Sequence[Json]:
    """The answers in the channel that only this user sees."""
    return [each for each in person.messages(bot.channel) if each["ephemeral"]]


def answer_to(bot: RunningBot, person: SimulatedUser, line: str) -> str:
    """Runs a command and returns the answer as text."""
    before = len(answers(bot, person))
    assert bot.send_command(person, f"/ecr-clean {line}").ok
    return _newest(bot, person, before)


def clicks(bot: RunningBot, person: SimulatedUser, number: int) -> str:
    """Clicks a button of the last answer and returns the new answer."""
    before = answers(bot, person)
    where = {"channel": bot.channel, "ts": before[-1]["ts"]}
    assert person.uses(f"run_command:{number}", **where).ok
    bot.wait_until_idle()
    return _newest(bot, person, len(before))


def _newest(bot: RunningBot, person: SimulatedUser, before: int) -> str:
    every = answers(bot, person)
    assert len(every) == before + 1, "there is one answer"
    return read(every[-1]["blocks"])


def start_execution(bot: RunningBot, plan_id: str) -> None:
    before = seen(bot.store, plan_id)
    assert bot.store.commit(started(before, run_of(before)))


def execute(bot: RunningBot, plan_id: str) -> None:
    """Deletes `old` and skips `older`."""
    before = seen(bot.store, plan_id)
    approved = replace(before, approvals=(Approval("U0000000009", NOW, 1),))
    run = run_of(before)
    assert bot.store.commit(started(before, run))
    one, other = (item.digest for item in bot.store.items(plan_id, 1))
    results = [
        ImageResult(one, ItemOutcome.DELETED, ErrorText("it was old")),
        ImageResult(other, ItemOutcome.SKIPPED, ErrorText("pinned")),
    ]
    assert bot.store.record_results(run, results, [], [])
    now = seen(bot.store, plan_id)
    after = replace(now, state=PlanState.DONE, freed_bytes=GB, approvals=approved.approvals)
    ended = event(AuditEventName.ENDED, "ecr-clean", plan=plan_id, repository=HERE.uri)
    assert bot.store.commit(StoreChange([ended], now, after))


# help


def test_help_names_every_command(bot: RunningBot, guest: SimulatedUser) -> None:
    said = answer_to(bot, guest, "HELP")
    for name, command in COMMANDS.items():
        assert command.synopsis.split()[0] == name
        assert command.help
        assert f"`/ecr-clean {command.synopsis}`: {command.help}" in said
    assert "Example: `/ecr-clean pin team/api v1.2 for 30d because" in said


WRONG_USAGE = [
    "list a b",
    "pins",
    "pins team/api 1.0",
    "pin",
    "pin team/api because x",
    "unpin team/api",
    "why team/api",
    "why team/api 1 2",
    "history a b",
    "status now",
    "stop",
    "stop a b",
    "pause for a while",
    "resume because x",
    "report",
]


def test_wrong_usage(bot: RunningBot, ann: SimulatedUser, subtests: pytest.Subtests) -> None:
    for line in WRONG_USAGE:
        with subtests.test(line=line):
            said = answer_to(bot, ann, line)
            assert said.startswith(f"Usage: `/ecr-clean {line.split(maxsplit=1)[0]}")
            assert bot.jobs() == []


# permissions


@pytest.mark.parametrize(
    "line", ["list", "pins team/api", "why team/api 1", "history", "status", "team/ap", "pinz x y"]
)
def test_guests_and_strangers_see_nothing(
    bot: RunningBot, slack: Workspace, guest: SimulatedUser, line: str
) -> None:
    assert "is a guest: only full members" in answer_to(bot, guest, line)
    stranger = slack.remote.add_user("eve", team_id="T0000000009")
    channel = slack.remote.add_channel("shared", [stranger])
    bot.send_command(stranger, f"/ecr-clean {line}", channel)
    (said,) = private_messages(stranger, channel)
    assert "belongs to another workspace" in said
    assert bot.events() == [AuditEventName.REFUSED] * 2


@pytest.mark.parametrize(
    "line", ["pin team/api 1 because x", "unpin team/api 1", "pause", "resume"]
)
def test_guests_may_not_change_anything(bot: RunningBot, guest: SimulatedUser, line: str) -> None:
    assert "is a guest: only full members" in answer_to(bot, guest, line)
    assert bot.store.pins() == []
    assert bot.store.pause() is None


def test_only_approvers_may_pause(
    start_bot: StartBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    bot = start_bot(approval={"approvers": [bob.id]})
    assert "is not an approver" in answer_to(bot, ann, "pause because I like to")
    assert bot.store.pause() is None
    answer_to(bot, bob, "pause")
    assert "is not an approver" in answer_to(bot, ann, "resume")
    assert bot.store.pause()


# list


def scanned_at(bot: RunningBot, stored_bytes: int | None = 100 * GB) -> str:
    """A plan for `team/api` that frees 2 GB."""
    plan = bot.proposed()
    bot.store.save_scan(plan.repository, LastScan(plan, NOW, stored_bytes))
    return plan.id


def test_list(bot: RunningBot, ann: SimulatedUser) -> None:
    scanned_at(bot)
    said = answer_to(bot, ann, "list")
    assert said.startswith(
        "*Cost now:* $120 a year (100 GB), in 1 of 2 repositories; 1 other is unknown"
    )
    assert "*Could be saved:* $2.40 a year (2 GB)\n*Saved so far:* nothing" in said
    first, second = (line for line in said.splitlines() if line.startswith("•"))
    assert first.startswith(
        "• `team/api`: *could save $2.40 a year* (2 GB) · costs $120 a year (100 GB) · waiting for"
    )
    assert "~ Scanned within the last day, unless a date is given." in said
    assert second == "• `team/web`: never scanned"
    assert "~ 1 repository was never scanned. `/ecr-clean REPOSITORY` scans one." in said
    assert "~ The registries were last listed 2" in said
    assert public_messages(ann, bot.channel) == []


def test_list_after_a_deletion_and_with_unknown_sizes(bot: RunningBot, ann: SimulatedUser) -> None:
    execute(bot, scanned_at(bot))
    said = answer_to(bot, ann, "list api")
    assert "• `team/api`: nothing to save · costs $119 a year (99 GB)\n" in said
    assert "*Saved so far:* $1.20 a year (1 GB)" in said
    scanned_at(bot, None)
    said = answer_to(bot, ann, "list TEAM/A*")
    assert "• `team/api`: *could save $2.40 a year* (2 GB) · size unknown · waiting" in said


def test_list_with_changes_of_the_last_week(bot: RunningBot, ann: SimulatedUser) -> None:
    """With one query for any number of repositories."""
    scanned_at(bot)
    bot.store.save_storage_day(HERE, StorageDay(NOW - timedelta(days=8), 90, 108 * GB))
    with queries_of("storage_history") as found:
        said = answer_to(bot, ann, "list")
    assert "*Within a week:* $9.60 a year less (8 GB)" in said
    assert "costs $120 a year (100 GB), 8 GB less than a week ago · waiting for" in said
    assert len(found) == 1
    bot.store.save_storage_day(HERE, StorageDay(NOW - timedelta(days=7), 90, 100 * GB - 1))
    said = answer_to(bot, ann, "list")
    assert "*Within a week:* < $1 a year more (1 byte)" in unescape(said)
    assert "costs $120 a year (100 GB) · waiting for" in said


def test_list_of_the_change_in_some_repositories(bot: RunningBot, ann: SimulatedUser) -> None:
    scanned_at(bot)
    plan = bot.proposed(replace(content("new", "old"), repository=THERE))
    bot.store.save_scan(THERE, LastScan(plan, NOW, GB))
    bot.store.save_storage_day(HERE, StorageDay(NOW - timedelta(days=8), 90, 100 * GB))
    said = answer_to(bot, ann, "list")
    assert "*Within a week:* no change, in 1 of 2 repositories\n" in said


def test_list_links_to_reports(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    plan = bot.stored(message)
    bot.store.save_scan(plan.repository, LastScan(plan, NOW, 100 * GB))
    link = f"archives/{bot.channel}/p{message.ts.replace('.', '')}|waiting for approval>"
    assert link in answer_to(bot, ann, "list")
    bot.clock.now += timedelta(days=2)
    assert f"{link} · scanned 2026-11-23" in answer_to(bot, ann, "list")


LIST_PATTERNS = [
    ("list *web", "• `team/web`"),
    ("list `WEB`", "• `team/web`"),
    ("list nothing", "No known repository matches `nothing`"),
    ("list `{team}/*`", "can match no repository's name or URI (none has '{')"),
    ("list a:b", "can match no repository's name or URI (none has ':')"),
    ("list [", "the [ in '[' is never closed; write part of a name"),
]


def test_list_by_pattern(bot: RunningBot, ann: SimulatedUser, subtests: pytest.Subtests) -> None:
    for line, says in LIST_PATTERNS:
        with subtests.test(line=line):
            said = answer_to(bot, ann, line)
            assert says in said
            assert "team/api" not in said


def test_list_without_repositories(start_bot: StartBot, ann: SimulatedUser) -> None:
    assert answer_to(start_bot(), ann, "list").startswith("No repository is known yet.")


def test_list_of_1000_repositories(bot: RunningBot, ann: SimulatedUser) -> None:
    names = [f"{number:04}/{'x' * 251}" for number in range(1000)]
    host = HERE.uri.partition("/")[0]
    know(bot, *(RepositoryId(PLACE, name, f"{host}/{name}") for name in names))
    said = answer_to(bot, ann, "list")
    assert said.count("•") == 20
    assert "~ … and 982 more. To filter the list, use a pattern: `/ecr-clean list t" in said
    assert "1,002 repositories were never scanned" in said


# pins


def test_pin_list_and_unpin(bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser) -> None:
    message = bot.posted()
    said = answer_to(bot, ann, "pin `team/api` “old” for 30d because " + NASTY)
    assert said.startswith("Pinned `old` in `team/api` until ")
    assert "The plan is now version 2. 1 image is left to delete." in said
    assert "• `old` ·" not in read(message_at(bob, bot.channel, message.ts)["blocks"])
    (stored,) = bot.store.pins(HERE.uri)
    assert (stored.pin.pin, stored.pin.by, stored.pin.reason) == ("old", ann.id, NASTY.strip())
    assert stored.pin.until == NOW + timedelta(days=30)

    said = answer_to(bot, bob, "pins team/api")
    assert said.startswith("*Pinned in `team/api`:* 1\n`old` until ")
    assert f"by <@{ann.id}>: &lt;!channel&gt; {STAR}bold{STAR} `code`" in said
    assert said.endswith("[Unpin]")
    assert clicks(bot, bob, 0).startswith("Unpinned `old` in `team/api`.")
    assert "is not pinned in team/api" in clicks_again(bot, bob)
    assert "No pins in `team/api`." in answer_to(bot, bob, "pins team/api")


def clicks_again(bot: RunningBot, person: SimulatedUser) -> str:
    """Clicks the button of the answer before the last."""
    before = answers(bot, person)
    assert person.uses("run_command:0", channel=bot.channel, ts=before[-2]["ts"]).ok
    bot.wait_until_idle()
    return _newest(bot, person, len(before))


def test_pins_of_the_settings_have_no_button(start_bot: StartBot, ann: SimulatedUser) -> None:
    pin = {"repository": "team/*", "pin": "1.*", "reason": "the audit"}
    bot = start_bot(pins=[pin])
    know(bot, HERE)
    said = answer_to(bot, ann, "pins team/api")
    assert "the audit _(settings file)_" in said
    assert buttons(answers(bot, ann)[-1]) == []


def test_omitted_pins_are_counted(bot: RunningBot, ann: SimulatedUser) -> None:
    tags = " ".join(f"v{number}" for number in range(45))
    answer_to(bot, ann, f"pin team/api {tags} because {'&' * 3000}")
    said = answer_to(bot, ann, "pins team/api")
    assert said.count("[Unpin]") == 20
    assert said.endswith("~ … and 25 more")


def test_regular_expressions_as_pins(bot: RunningBot, ann: SimulatedUser) -> None:
    answer_to(bot, ann, "pin team/api `/v[0-9]{1,3}/` /rc|beta/ because the audit")
    assert sorted((each.pin.pin, each.pin.kind) for each in bot.store.pins()) == [
        ("/rc|beta/", PinKind.REGEX),
        ("/v[0-9]{1,3}/", PinKind.REGEX),
    ]
    answer_to(bot, ann, "unpin team/api /rc|beta/")
    assert [each.pin.pin for each in bot.store.pins()] == ["/v[0-9]{1,3}/"]


def test_a_pin_needs_a_reason(bot: RunningBot, ann: SimulatedUser) -> None:
    said = answer_to(bot, ann, "pin team/api old for 30d")
    assert said == "A pin needs a reason. Add it: `/ecr-clean pin team/api old for 30d because …`"
    assert bot.store.pins() == []


INVALID = [
    ("pin team/api old because " + "y" * 3001, "The reason has 3,001 characters: shorten it"),
    ("pin team/api t\u00e4g because x", "is not a valid tag, digest or pattern for tags"),
    ("pin team/api [ because x", "is never closed"),
    ("pin team/api old for 30 days because x", "Invalid time '30 days': write `for 30d`"),
    ("pin team/api old until 2020-01-01 because x", "is in the past: give a later time"),
    ("pin team/api:1.0 old because x", "names an image, not a repository"),
    ("unpin team/api old", "'old' is not pinned in team/api (it has no pins)"),
    ("stop nothing", "No plan nothing: `/ecr-clean status` lists open plans, and `/ecr-clean h"),
    ("resume", "ecr-clean is not paused"),
]


def test_invalid_commands(bot: RunningBot, ann: SimulatedUser, subtests: pytest.Subtests) -> None:
    for line, says in INVALID:
        with subtests.test(line=line):
            assert says in answer_to(bot, ann, line)
            assert bot.store.pins() == []


def test_a_tag_that_does_not_exist(bot: RunningBot, ann: SimulatedUser) -> None:
    bot.posted()
    said = answer_to(bot, ann, "pin team/api odl because x")
    assert "`odl` matches no image of the last scan" in said
    assert "with no end date" in said


def test_a_glob_that_matches_5000_tags(bot: RunningBot, ann: SimulatedUser) -> None:
    bindings = {f"v{n}": TagBinding(f"sha256:{n:064}", None) for n in range(5000)}
    bot.store.save_tag_scan(HERE, TagScan(NOW, bindings, {}))
    said = answer_to(bot, ann, "pin team/api v* because x")
    assert said == "Pinned `v*` in `team/api` with no end date."


def test_pinning_during_a_deletion(bot: RunningBot, ann: SimulatedUser) -> None:
    start_execution(bot, bot.posted().plan)
    said = answer_to(bot, ann, "pin team/api old because x")
    assert "A deletion is running there: pinned images that still exist are skipped." in said


def test_unpin_removes_all_pins_or_none(
    start_bot: StartBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    bot = start_bot(approval={"approvers": [bob.id]})
    know(bot, HERE)
    answer_to(bot, ann, "pin team/api a b because x")
    answer_to(bot, bob, "pin team/api c because x")
    assert "approver" in answer_to(bot, ann, "unpin team/api a b c")
    assert len(bot.store.pins()) == 3
    assert answer_to(bot, ann, "unpin team/api a b").startswith("Unpinned `a`, `b` in")
    assert answer_to(bot, bob, "unpin team/api c").startswith("Unpinned `c` in")
    assert bot.store.pins() == []


# why


def test_why(bot: RunningBot, ann: SimulatedUser) -> None:
    plan = bot.proposed().id
    said = answer_to(bot, ann, "why team/api new")
    assert said.startswith("*`new` in `team/api` is kept.*\n*Why:* the newest of the")
    assert f"for plan {plan}, version 1, which is proposed but not approved." in said
    assert "tags: `new`" in said
    said = answer_to(bot, ann, "why team/api old")
    assert said.startswith("*`old` in `team/api` will be deleted if the plan is approved.*")
    start_execution(bot, plan)
    assert "is being deleted" in answer_to(bot, ann, f"why team/api sha256:{1:064}")


def test_why_names_the_last_use(bot: RunningBot, ann: SimulatedUser) -> None:
    bot.proposed()
    use = LastUse(NOW - timedelta(days=3), ("ECS prod/batch",))
    bot.store.record_usage(SeenUses({image(1).digest: use}, {}), (), NOW)
    said = answer_to(bot, ann, "why team/api old")
    assert "*Last seen in use:* 2026-11-20 12:00 UTC by ECS prod/batch." in said
    assert "Last seen in use" not in answer_to(bot, ann, "why team/api older")


def test_why_of_skipped_and_failed_images(bot: RunningBot, ann: SimulatedUser) -> None:
    before = bot.proposed()
    run = run_of(before)
    assert bot.store.commit(started(before, run))
    one, other = (item.digest for item in bot.store.items(before.id, 1))
    results = [
        ImageResult(one, ItemOutcome.SKIPPED, ErrorText("ECS runs it")),
        ImageResult(other, ItemOutcome.FAILED, ErrorText("ECR says no")),
    ]
    assert bot.store.record_results(run, results, [], [])
    assert "`old` in `team/api` was skipped: ECS runs it." in answer_to(
        bot, ann, "why team/api old"
    )
    said = answer_to(bot, ann, "why team/api older")
    assert "`older` in `team/api` could not be deleted: ECR says no." in said


def test_why_with_a_pin_after_the_plan(bot: RunningBot, ann: SimulatedUser) -> None:
    plan = bot.proposed()
    dismissed = closed(plan, PlanState.DISMISSED, AuditEventName.DISMISSED)
    assert bot.store.commit(dismissed)
    assert "can be deleted by a later plan" in answer_to(bot, ann, "why team/api old")
    answer_to(bot, ann, "pin team/api old because QA")
    said = answer_to(bot, ann, "why team/api old")
    assert said.startswith("*`old` in `team/api` is kept.*")
    assert f"*Pinned since that scan:*\n`old`, by <@{ann.id}>: QA" in said


def test_why_of_an_unknown_tag(bot: RunningBot, ann: SimulatedUser) -> None:
    bot.proposed()
    said = answer_to(bot, ann, "why team/api nwe")
    assert "team/api had no tag or digest nwe at the last scan, 2" in said
    assert said.endswith("Did you mean this?\n[/ecr-clean why team/api new]")
    assert clicks(bot, ann, 0).startswith("*`new` in `team/api` is kept.*")
    assert answer_to(bot, ann, "why team/api something-else").endswith("[Scan again]")


def test_why_without_a_plan(bot: RunningBot, ann: SimulatedUser) -> None:
    said = answer_to(bot, ann, "why team/api new")
    assert said.startswith("`team/api` has not been scanned yet")
    where = {"channel": bot.channel, "ts": answers(bot, ann)[-1]["ts"]}
    assert ann.uses("run_command:0", **where).ok
    bot.wait_until_idle()
    (job,) = bot.jobs()
    assert job.payload["repository"] == HERE.uri


def test_why_of_a_deleted_image(bot: RunningBot, ann: SimulatedUser) -> None:
    plan = bot.proposed().id
    execute(bot, plan)
    said = answer_to(bot, ann, "why team/api old")
    assert said.startswith("*`old` in `team/api` was deleted by ecr-clean* in a deletion that ende")
    assert f"plan {plan}, version 1, approved by <@U0000000009>.\n*Why:* it was old." in said
    assert "can be deleted by a later plan" in answer_to(bot, ann, "why team/api older")
    bot.proposed(content("new"))
    assert "was deleted by ecr-clean" in answer_to(bot, ann, "why team/api old")


# history and status


def test_history(bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser) -> None:
    assert answer_to(bot, ann, "history").startswith(
        "No plan has ended yet.\n*Saved so far, all rep"
    )
    execute(bot, bot.proposed().id)
    bot.store.commit(closed(bot.proposed(), PlanState.DISMISSED, AuditEventName.DISMISSED, bob.id))
    bot.store.commit(closed(bot.proposed(), PlanState.EXPIRED, AuditEventName.EXPIRED, "ecr-clean"))
    bot.store.commit(
        closed(bot.proposed(content("new")), PlanState.EXPIRED, AuditEventName.EXPIRED)
    )
    said = answer_to(bot, ann, "history team/api")
    assert said.startswith("*Last 3 ended plans in `team/api`:*")
    assert (
        "• `team/api`: 1 manifest deleted, 1 skipped; freed 1 GB, saves $1.20 a year · approved by "
        "<@U0000000009> · 2"
    ) in said
    assert f"was dismissed by <@{bob.id}> (proposed to delete 2 of 3 manifests) · 2" in said
    assert "expired before it had enough approvals (proposed to delete 2 of 3" in said
    assert said.endswith("*Saved so far, all repositories:* $1.20 a year (1 GB)")
    assert "No plan has ended yet in `team/web`." in answer_to(bot, ann, "history team/web")


def test_status(bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser) -> None:
    said = answer_to(bot, ann, "status")
    assert said.startswith("ecr-clean is running, not paused.\n*Open plans:* 0 waiting for approva")
    message = bot.posted()
    bot.send_command(bob, "/ecr-clean team/web")
    bot.store.put_job(REPORT_JOB, {}, NOW)
    said = answer_to(bot, ann, "status")
    link = f"archives/{bot.channel}/p{message.ts.replace('.', '')}|Open>"
    assert "*Open plans:* 1 waiting for approval\n• `team/api`: *saves $2.40 a year*, fr" in said
    assert link in said
    assert "~ Reports in progress: 2 · ecr-clean " in said


def test_status_counts_blocked_plans(bot: RunningBot, ann: SimulatedUser) -> None:
    bot.proposed(content("new", "old", scans=[SCANNED, IN_DOUBT]))
    said = answer_to(bot, ann, "status")
    assert "*Open plans:* 0 waiting for approval · 1 blocked\n• `team/api`: some checks" in said


def test_status_during_a_deletion(bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(bob, "approve_plan", message)
    said = answer_to(bot, ann, "status")
    assert "*Approved:* `team/api`, 2 manifests; deletion starts 2" in said
    assert said.count("[Stop!]") == 1
    assert clicks(bot, ann, 10).startswith("Stopped: nothing was deleted in `team/api`.")
    assert "approve_plan" in buttons(message_at(ann, bot.channel, message.ts))
    start_execution(bot, message.plan)
    said = answer_to(bot, ann, "status")
    assert "*Deleting now:* `team/api`, 0 of 2  ░" in said
    assert clicks(bot, ann, 0).startswith("Stopping the deletion in `team/api`")
    assert f"current batches (stopped by <@{ann.id}>)" in answer_to(bot, bob, "status")


def test_status_of_many_plans(bot: RunningBot, ann: SimulatedUser) -> None:
    for number in range(12):
        name = f"{number:02}/{'x' * 250}"
        made = replace(content("new", "old"), repository=replace(HERE, name=name, uri=f"h/{name}"))
        bot.proposed(made)
    said = answer_to(bot, ann, "status")
    assert "*Open plans:* 12 waiting for approval" in said
    assert said.count("•") == 10
    assert "… and 2 more" in said


# stop, pause and resume


def test_stop_within_the_undo_window(
    bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    message = bot.posted()
    bot.clicks(bob, "approve_plan", message)
    assert answer_to(bot, ann, f"stop {message.plan}").startswith("Stopped: nothing was deleted in")
    assert bot.stored(message).state is PlanState.PROPOSED
    assert "approve_plan" in buttons(message_at(bob, bot.channel, message.ts))
    assert "is proposed but not approved" in answer_to(bot, ann, f"stop {message.plan}")


def test_pause_and_resume(bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser) -> None:
    said = answer_to(bot, ann, f"pause because {NASTY}")
    assert said == (
        "Paused. No deletion starts until `/ecr-clean resume`. Channels with open plans get a "
        "message."
    )
    pause = bot.store.pause()
    assert pause
    assert (pause.by, pause.why) == (ann.id, NASTY.strip())
    assert "paused ecr-clean" in answer_to(bot, bob, "pause")
    for line in ("status", "list"):
        assert f"*ecr-clean is paused* by <@{ann.id}>" in answer_to(bot, bob, line)
    assert answer_to(bot, bob, "resume").startswith(f"Resumed: <@{ann.id}> had paused ecr-clean")
    assert bot.store.pause() is None
    assert public_messages(ann, bot.channel) == []


def test_running_deletions_continue_during_a_pause(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    start_execution(bot, message.plan)
    said = answer_to(bot, ann, "pause")
    assert "*Running deletions continue* unless you stop them:" in said
    assert clicks(bot, ann, 0).startswith("Stopping the deletion in")
    assert bot.stored(message).stop_asked_by == ann.id


# typing errors and ambiguous names


SUGGESTIONS = [
    ("pinz team/api", "/ecr-clean pins team/api"),
    ("histroy", "/ecr-clean history"),
    ("Lst", "/ecr-clean list"),
    ("team/api pins", "/ecr-clean pins team/api"),
    ("plan team/api", "/ecr-clean report team/api"),
    ("plans", "/ecr-clean status"),
    ("team/ap", "/ecr-clean team/api"),
    ("pins team/ap", "/ecr-clean pins team/api"),
    (f"pins {HERE.uri}x", f"/ecr-clean pins {HERE.uri}"[:58]),
]


def test_similar_names_are_suggested(
    bot: RunningBot, ann: SimulatedUser, subtests: pytest.Subtests
) -> None:
    for line, meant in SUGGESTIONS:
        with subtests.test(line=line):
            assert f"[{meant}" in answer_to(bot, ann, line)
            assert public_messages(ann, bot.channel) == []
            assert bot.jobs() == []


def test_a_click_runs_the_suggested_command(bot: RunningBot, ann: SimulatedUser) -> None:
    answer_to(bot, ann, "pinn team/ap old because “it's  fine”")
    assert "Unknown repository team/ap." in clicks(bot, ann, 0)
    assert clicks(bot, ann, 0).startswith("Pinned `old` in `team/api`")
    (stored,) = bot.store.pins()
    assert stored.pin.reason == "“it's fine”"


def test_an_unknown_repository_can_be_searched_in_aws(bot: RunningBot, ann: SimulatedUser) -> None:
    said = answer_to(bot, ann, "team/ap")
    assert said.endswith("[/ecr-clean team/api] [Search AWS]")
    where = {"channel": bot.channel, "ts": answers(bot, ann)[-1]["ts"]}
    for number in (0, 1):
        assert ann.uses(f"run_command:{number}", **where).ok
        bot.wait_until_idle()
    assert [job.payload["repository"] for job in bot.jobs()] == ["team/api", "team/ap"]


def test_no_similar_name(bot: RunningBot, ann: SimulatedUser) -> None:
    said = answer_to(bot, ann, "pins another/thing/altogether")
    assert said.endswith("or search AWS for it:\n[Search AWS]")
    assert "Unknown command" in answer_to(bot, ann, "another/thing altogether")


@pytest.mark.parametrize("value", ["x" * 2001, "", None, {"text": "pause"}, ["pause"]])
def test_forged_buttons_do_nothing(bot: RunningBot, ann: SimulatedUser, value: object) -> None:
    message = bot.posted()
    deliver(bot, click(ann, bot.channel, message.ts, action("run_command:0", value)))
    assert private_messages(ann, bot.channel) == [UNEXPECTED_PAYLOAD]


def test_a_forged_command_needs_the_same_permissions(bot: RunningBot, guest: SimulatedUser) -> None:
    message = bot.posted()
    for line in ("pause", "unpin team/api x", "\x00 \x00"):
        deliver(bot, click(guest, bot.channel, message.ts, action("run_command", line)))
        assert "is a guest" in private_messages(guest, bot.channel)[-1]
    assert bot.store.pause() is None


def test_a_repository_with_the_name_of_a_command(bot: RunningBot, ann: SimulatedUser) -> None:
    bot.send_command(ann, "/ecr-clean report status")
    assert [job.payload["repository"] for job in bot.jobs()] == ["status"]
    assert private_messages(ann, bot.channel) == []


@pytest.mark.parametrize("line", ["Team/*", "report team/*"])
def test_the_worker_resolves_patterns(bot: RunningBot, ann: SimulatedUser, line: str) -> None:
    bot.send_command(ann, f"/ecr-clean {line}")
    assert [job.payload["repository"] for job in bot.jobs()] == ["team/*"]


@pytest.mark.parametrize("line", ["team-*", "report team-*"])
def test_a_pattern_that_matches_too_many(bot: RunningBot, ann: SimulatedUser, line: str) -> None:
    know(
        bot,
        *(
            replace(HERE, name=f"team-{number}", uri=HERE.uri.replace("team/api", f"team-{number}"))
            for number in range(MAX_REPORTS + 1)
        ),
    )
    said = answer_to(bot, ann, line)
    assert "team-* matches 11 repositories (team-0, team-1, team-10 and 8 more), but" in said
    assert said.endswith("use a narrower pattern")
    assert public_messages(ann, bot.channel) == []
    assert bot.jobs() == []


@pytest.mark.parametrize("line", ["{}", "report {}", "why {} new", "pin {} old because `x`"])
def test_a_name_in_several_registries(bot: RunningBot, ann: SimulatedUser, line: str) -> None:
    know(bot, TWIN, registry=AWAY)
    said = answer_to(bot, ann, line.format("team/api"))
    assert said == (
        "team/api exists in several registries. Which one do you mean?\n"
        "[123456789012 in eu-west-1] [210987654321 in eu-west-1]"
    )
    values = [element["value"] for element in answers(bot, ann)[-1]["blocks"][1]["elements"]]
    assert values == [line.format(HERE.uri), line.format(TWIN.uri)]


def test_a_click_chooses_the_registry(bot: RunningBot, ann: SimulatedUser) -> None:
    know(bot, TWIN, registry=AWAY)
    answer_to(bot, ann, "pin team/api old because x")
    clicks(bot, ann, 1)
    assert [each.repository for each in bot.store.pins()] == [TWIN.uri]


def test_many_registries_and_a_command_too_long_for_a_button(
    bot: RunningBot, ann: SimulatedUser
) -> None:
    for number in range(12):
        account = f"{number:012}"
        uri = HERE.uri.replace(PLACE.account, account)
        there = RegistryId(account, PLACE.region)
        know(bot, RepositoryId(there, HERE.name, uri), registry=there)
    said = answer_to(bot, ann, "pins team/api")
    assert said.count("[") == 10
    assert "Without a button: `000000000010 in eu-west-1`, `000000000011 in eu-west-1`" in said
    said = answer_to(bot, ann, f"pin team/api old because {'x' * 1990}")
    assert "[" not in said
    assert "and 10 more. Type the command for these." in said
    assert bot.store.pins() == []


def test_delivered_twice(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    answer_to(bot, ann, "pause")
    (delivery,) = slack.remote.deliveries("slash_commands")
    assert slack.remote.deliver_again(delivery["envelope_id"])
    bot.wait_until_idle()
    assert len(answers(bot, ann)) == 1


def test_in_a_private_channel_without_the_bot(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    channel = slack.remote.add_channel("secret", [ann], kind="private", with_bot=False)
    bot.send_command(ann, "/ecr-clean status", channel)
    assert "waiting for approval" in private_messages(ann, channel)[0]


def test_a_command_that_is_too_long_is_not_parsed(bot: RunningBot, ann: SimulatedUser) -> None:
    assert "the limit is 8,000" in answer_to(bot, ann, "„ " * 15_000)
