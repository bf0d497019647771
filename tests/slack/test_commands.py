"""`/ecr-clean …`: what people ask and do by typing, answered from the store."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.errors import ErrorText
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
from bot.core.records import ImageOutcome as Became
from bot.core.report_schedules import REPORT_JOB
from bot.core.repository import RegistryId, RepositoryId
from bot.playground.slack import Person, Workspace
from bot.slack.commands import COMMANDS
from bot.slack.listener import UNEXPECTED_PAYLOAD
from tests.render.builders import GB, HERE
from tests.slack.conftest import StartBot
from tests.slack.messages.plan_views import STAR, read
from tests.slack.running_bot import Json, RunningBot, content, private_messages, public_messages
from tests.slack.support import buttons, message_at
from tests.slack.test_payloads import action, click, deliver
from tests.store.support import PLACE, closed, event, run_of, seen, started
from tests.support import NOW

THERE = RepositoryId(PLACE, "team/web", HERE.uri.replace("team/api", "team/web"))
AWAY = RegistryId("210987654321", "eu-west-1")
TWIN = RepositoryId(AWAY, HERE.name, HERE.uri.replace(PLACE.account, AWAY.account))
NASTY = "<!channel> *bold* `code` :smile: "


@pytest.fixture
def bot(start_bot: StartBot) -> RunningBot:
    """Two repositories are known. Somebody may type as much as they like."""
    bot = start_bot()
    bot.slack.remote.change_settings(limits=False)
    know(bot, HERE, THERE)
    return bot


def know(bot: RunningBot, *repositories: RepositoryId, registry: RegistryId = PLACE) -> None:
    bot.store.save_repositories(registry, repositories, NOW)


def answers(bot: RunningBot, person: Person) -> Sequence[Json]:
    """What this person alone was told in the channel."""
    return [each for each in person.messages(bot.channel) if each["ephemeral"]]


def asks(bot: RunningBot, person: Person, line: str) -> str:
    """The answer, as it is read."""
    before = len(answers(bot, person))
    assert bot.says(person, f"/ecr-clean {line}").ok
    return _newest(bot, person, before)


def clicks(bot: RunningBot, person: Person, number: int) -> str:
    """A button of the last answer."""
    before = answers(bot, person)
    where = {"channel": bot.channel, "ts": before[-1]["ts"]}
    assert person.uses(f"run_command:{number}", **where).ok
    bot.settle()
    return _newest(bot, person, len(before))


def _newest(bot: RunningBot, person: Person, before: int) -> str:
    every = answers(bot, person)
    assert len(every) == before + 1, "there is one answer"
    return read(every[-1]["blocks"])


def executing(bot: RunningBot, plan_id: str) -> None:
    before = seen(bot.store, plan_id)
    assert bot.store.commit(started(before, run_of(before)))


def carried_out(bot: RunningBot, plan_id: str) -> None:
    """`old` is deleted, and `older` skipped; ann had approved it."""
    before = seen(bot.store, plan_id)
    approved = replace(before, approvals=(Approval("U0000000009", NOW, 1),))
    run = run_of(before)
    assert bot.store.commit(started(before, run))
    one, other = (item.digest for item in bot.store.items(plan_id, 1))
    fates = [
        ImageResult(one, Became.DELETED, ErrorText("it was old")),
        ImageResult(other, Became.SKIPPED, ErrorText("pinned")),
    ]
    assert bot.store.record_results(run, fates, [], [])
    now = seen(bot.store, plan_id)
    after = replace(now, state=PlanState.DONE, freed_bytes=GB, approvals=approved.approvals)
    ended = event(AuditEventName.ENDED, "ecr-clean", plan=plan_id, repository=HERE.uri)
    assert bot.store.commit(StoreChange([ended], now, after))


# help


def test_help_names_every_command(bot: RunningBot, guest: Person) -> None:
    said = asks(bot, guest, "HELP")
    for name, command in COMMANDS.items():
        assert command.synopsis.split()[0] == name
        assert command.help
        assert f"`/ecr-clean {command.synopsis}`: {command.help}" in said
    assert "For example: `/ecr-clean pin team/api v1.2 for 30d because" in said


NOT_LIKE_THIS = [
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


def test_how_to_write_it(bot: RunningBot, ann: Person, subtests: pytest.Subtests) -> None:
    for line in NOT_LIKE_THIS:
        with subtests.test(line=line):
            said = asks(bot, ann, line)
            assert said.startswith(f"Write it like this: `/ecr-clean {line.split(maxsplit=1)[0]}")
            assert bot.jobs() == []


# who may


@pytest.mark.parametrize(
    "line", ["list", "pins team/api", "why team/api 1", "history", "status", "team/ap", "pinz x y"]
)
def test_guests_and_strangers_get_to_know_nothing(
    bot: RunningBot, slack: Workspace, guest: Person, line: str
) -> None:
    assert "is a guest: only full members" in asks(bot, guest, line)
    stranger = slack.remote.add_person("eve", team_id="T0000000009")
    channel = slack.remote.add_channel("shared", [stranger])
    bot.says(stranger, f"/ecr-clean {line}", channel)
    (said,) = private_messages(stranger, channel)
    assert "belongs to another workspace" in said
    assert bot.events() == [AuditEventName.REFUSED] * 2


@pytest.mark.parametrize(
    "line", ["pin team/api 1 because x", "unpin team/api 1", "pause", "resume"]
)
def test_guests_change_nothing(bot: RunningBot, guest: Person, line: str) -> None:
    assert "is a guest: only full members" in asks(bot, guest, line)
    assert bot.store.pins() == []
    assert bot.store.pause() is None


def test_approvers_alone_pause(start_bot: StartBot, ann: Person, bob: Person) -> None:
    bot = start_bot(approval={"approvers": [bob.id]})
    assert "is not an approver" in asks(bot, ann, "pause because I like to")
    assert bot.store.pause() is None
    asks(bot, bob, "pause")
    assert "is not an approver" in asks(bot, ann, "resume")
    assert bot.store.pause()


# list


def scanned_at(bot: RunningBot, stored_bytes: int | None = 100 * GB) -> str:
    """A plan for `team/api` that frees 2 GB."""
    plan = bot.proposed()
    bot.store.save_scan(plan.repository, LastScan(plan, NOW, stored_bytes))
    return plan.id


def test_list(bot: RunningBot, ann: Person) -> None:
    plan = scanned_at(bot)
    said = asks(bot, ann, "list")
    assert said.startswith("*Cost now:* $10.00 a month (100 GB), in 1 of 2 repositories; of the")
    assert "*Could be saved:* $0.20 a month (2.00 GB)\n*Saved so far:* $0.00 a month" in said
    first, second = (line for line in said.splitlines() if line.startswith("•"))
    assert first.startswith("• `team/api` · $10.00 a month (100 GB) · *could free 2.00 GB, $0.20")
    assert first.endswith(f"plan {plan} waits for approval")
    assert second == "• `team/web` · never looked at"
    assert "~ 1 repository was never looked at: `/ecr-clean REPOSITORY` does so." in said
    assert "~ The registries were last listed 2" in said
    assert public_messages(ann, bot.channel) == []


def test_list_after_a_cleanup_and_with_unknown_sizes(bot: RunningBot, ann: Person) -> None:
    carried_out(bot, scanned_at(bot))
    said = asks(bot, ann, "list api")
    assert "• `team/api` · $9.90 a month (99.0 GB) · nothing to free · looked at" in said
    assert "*Saved so far:* $0.10 a month (1.00 GB)" in said
    scanned_at(bot, None)
    assert "• `team/api` · size unknown · *could free" in asks(bot, ann, "list TEAM/A*")


LISTED = [
    ("list *web", "• `team/web`"),
    ("list `WEB`", "• `team/web`"),
    ("list nothing", "No repository that is known fits `nothing`"),
    ("list `{team}/*`", "can match no repository's name or URI (none has '{')"),
    ("list a:b", "can match no repository's name or URI (none has ':')"),
    ("list [", "the [ in '[' is never closed; write a part of a name"),
]


def test_list_by_pattern(bot: RunningBot, ann: Person, subtests: pytest.Subtests) -> None:
    for line, says in LISTED:
        with subtests.test(line=line):
            said = asks(bot, ann, line)
            assert says in said
            assert "team/api" not in said


def test_list_of_nothing(start_bot: StartBot, ann: Person) -> None:
    assert asks(start_bot(), ann, "list").startswith("No repository is known yet.")


def test_list_of_1000_repositories(bot: RunningBot, ann: Person) -> None:
    names = [f"{number:04}/{'x' * 251}" for number in range(1000)]
    host = HERE.uri.partition("/")[0]
    know(bot, *(RepositoryId(PLACE, name, f"{host}/{name}") for name in names))
    said = asks(bot, ann, "list")
    assert said.count("•") == 20
    assert "~ … and 982 more: `/ecr-clean list team/*` shows only those that fit" in said
    assert "1,002 repositories were never looked at" in said


# pins


def test_pins_come_and_go(bot: RunningBot, ann: Person, bob: Person) -> None:
    message = bot.posted()
    said = asks(bot, ann, "pin `team/api` “old” for 30d because " + NASTY)
    assert said.startswith("Pinned `old` in `team/api` until ")
    assert "The plan is version 2 now, and deletes 1 of 3 manifests." in said
    assert "• `old` ·" not in read(message_at(bob, bot.channel, message.ts)["blocks"])
    (stored,) = bot.store.pins(HERE.uri)
    assert (stored.pin.pin, stored.pin.by, stored.pin.reason) == ("old", ann.id, NASTY.strip())
    assert stored.pin.until == NOW + timedelta(days=30)

    said = asks(bot, bob, "pins team/api")
    assert said.startswith("*Pinned in `team/api`:* 1\n`old` until ")
    assert f"by <@{ann.id}>: &lt;!channel&gt; {STAR}bold{STAR} `code`" in said
    assert said.endswith("[Unpin]")
    assert clicks(bot, bob, 0).startswith("Unpinned `old` in `team/api`.")
    assert "is not pinned in team/api" in clicks_again(bot, bob)
    assert "Nothing is pinned in `team/api`." in asks(bot, bob, "pins team/api")


def clicks_again(bot: RunningBot, person: Person) -> str:
    """The button of the answer before the last."""
    before = answers(bot, person)
    assert person.uses("run_command:0", channel=bot.channel, ts=before[-2]["ts"]).ok
    bot.settle()
    return _newest(bot, person, len(before))


def test_pins_of_the_settings_have_no_button(start_bot: StartBot, ann: Person) -> None:
    pin = {"repository": "team/*", "pin": "1.*", "reason": "the audit"}
    bot = start_bot(pins=[pin])
    know(bot, HERE)
    said = asks(bot, ann, "pins team/api")
    assert "the audit _(settings file)_" in said
    assert buttons(answers(bot, ann)[-1]) == []


def test_only_some_pins_are_shown(bot: RunningBot, ann: Person) -> None:
    tags = " ".join(f"v{number}" for number in range(45))
    asks(bot, ann, f"pin team/api {tags} because {'&' * 3000}")
    said = asks(bot, ann, "pins team/api")
    assert said.count("[Unpin]") == 20
    assert said.endswith("~ … and 25 more")


def test_a_pin_needs_a_reason(bot: RunningBot, ann: Person) -> None:
    said = asks(bot, ann, "pin team/api old for 30d")
    assert said == (
        "A pin needs a reason, so that others know when it may go: "
        "`/ecr-clean pin team/api old for 30d because …`"
    )
    assert bot.store.pins() == []


CANNOT_BE = [
    ("pin team/api old because " + "y" * 3001, "The reason has 3,001 characters: shorten it"),
    ("pin team/api t\u00e4g because x", "is not a valid tag, digest or glob of tags"),
    ("pin team/api [ because x", "is never closed"),
    ("pin team/api old for 30 days because x", "'30 days' is no time: write `for 30d`"),
    ("pin team/api old until 2020-01-01 because x", "is in the past: give a later time"),
    ("pin team/api:1.0 old because x", "names an image, not a repository"),
    ("unpin team/api old", "'old' is not pinned in team/api (it has no pins)"),
    ("stop nothing", "No plan nothing"),
    ("resume", "ecr-clean is not paused"),
]


def test_what_cannot_be(bot: RunningBot, ann: Person, subtests: pytest.Subtests) -> None:
    for line, says in CANNOT_BE:
        with subtests.test(line=line):
            assert says in asks(bot, ann, line)
            assert bot.store.pins() == []


def test_a_tag_that_does_not_exist(bot: RunningBot, ann: Person) -> None:
    bot.posted()
    said = asks(bot, ann, "pin team/api odl because x")
    assert "`odl` fits no image that was seen there last" in said
    assert "without end" in said


def test_a_glob_that_fits_5000_tags(bot: RunningBot, ann: Person) -> None:
    bindings = {f"v{n}": TagBinding(f"sha256:{n:064}", None) for n in range(5000)}
    bot.store.save_tag_scan(HERE, TagScan(NOW, bindings, {}))
    assert asks(bot, ann, "pin team/api v* because x") == "Pinned `v*` in `team/api` without end."


def test_pinning_while_it_is_carried_out(bot: RunningBot, ann: Person) -> None:
    executing(bot, bot.posted().plan)
    said = asks(bot, ann, "pin team/api old because x")
    assert "It is being deleted from just now: what is not gone yet is skipped." in said


def test_all_or_none_is_unpinned(start_bot: StartBot, ann: Person, bob: Person) -> None:
    bot = start_bot(approval={"approvers": [bob.id]})
    know(bot, HERE)
    asks(bot, ann, "pin team/api a b because x")
    asks(bot, bob, "pin team/api c because x")
    assert "approver" in asks(bot, ann, "unpin team/api a b c")
    assert len(bot.store.pins()) == 3
    assert asks(bot, ann, "unpin team/api a b").startswith("Unpinned `a`, `b` in")
    assert asks(bot, bob, "unpin team/api c").startswith("Unpinned `c` in")
    assert bot.store.pins() == []


# why


def test_why(bot: RunningBot, ann: Person) -> None:
    plan = bot.proposed().id
    said = asks(bot, ann, "why team/api new")
    assert said.startswith("*`new` in `team/api` stays.*\n*Why:* one of the 1 newest")
    assert f"for plan {plan}, version 1, which is proposed but not approved." in said
    assert "tags: `new`" in said
    said = asks(bot, ann, "why team/api old")
    assert said.startswith("*`old` in `team/api` may go, once somebody approves the plan.*")
    executing(bot, plan)
    assert "is being deleted" in asks(bot, ann, f"why team/api sha256:{1:064}")


def test_why_it_is_there_although_its_plan_is_carried_out(bot: RunningBot, ann: Person) -> None:
    before = bot.proposed()
    run = run_of(before)
    assert bot.store.commit(started(before, run))
    one, other = (item.digest for item in bot.store.items(before.id, 1))
    fates = [
        ImageResult(one, Became.SKIPPED, ErrorText("ECS runs it")),
        ImageResult(other, Became.FAILED, ErrorText("ECR says no")),
    ]
    assert bot.store.record_results(run, fates, [], [])
    assert "`old` in `team/api` was skipped: ECS runs it." in asks(bot, ann, "why team/api old")
    said = asks(bot, ann, "why team/api older")
    assert "`older` in `team/api` could not be deleted: ECR says no." in said


def test_why_what_was_pinned_since_stays(bot: RunningBot, ann: Person) -> None:
    plan = bot.proposed()
    dismissed = closed(plan, PlanState.DISMISSED, AuditEventName.DISMISSED)
    assert bot.store.commit(dismissed)
    assert "may go with a later plan" in asks(bot, ann, "why team/api old")
    asks(bot, ann, "pin team/api old because QA")
    said = asks(bot, ann, "why team/api old")
    assert said.startswith("*`old` in `team/api` stays.*")
    assert f"*Pinned since then, so it stays:*\n`old`, by <@{ann.id}>: QA" in said


def test_why_a_tag_that_is_none(bot: RunningBot, ann: Person) -> None:
    bot.proposed()
    said = asks(bot, ann, "why team/api nwe")
    assert "team/api had no tag or digest nwe when it was looked at, 2" in said
    assert said.endswith("Did you mean this?\n[/ecr-clean why team/api new]")
    assert clicks(bot, ann, 0).startswith("*`new` in `team/api` stays.*")
    assert asks(bot, ann, "why team/api something-else").endswith("[Look into it anew]")


def test_why_without_a_plan(bot: RunningBot, ann: Person) -> None:
    said = asks(bot, ann, "why team/api new")
    assert said.startswith("Nobody has looked into `team/api` yet")
    where = {"channel": bot.channel, "ts": answers(bot, ann)[-1]["ts"]}
    assert ann.uses("run_command:0", **where).ok
    bot.settle()
    (job,) = bot.jobs()
    assert job.payload["repository"] == HERE.uri


def test_why_it_is_gone(bot: RunningBot, ann: Person) -> None:
    plan = bot.proposed().id
    carried_out(bot, plan)
    said = asks(bot, ann, "why team/api old")
    assert said.startswith("*`old` in `team/api` was deleted by ecr-clean* in a cleanup that ended")
    assert f"by plan {plan}, version 1, which <@U0000000009> approved.\n*Why:* it was old." in said
    assert "may go with a later plan" in asks(bot, ann, "why team/api older")
    bot.proposed(content("new"))
    assert "was deleted by ecr-clean" in asks(bot, ann, "why team/api old")


# history and status


def test_history(bot: RunningBot, ann: Person, bob: Person) -> None:
    assert asks(bot, ann, "history").startswith("No plan has ended yet.\n*Saved so far, everywh")
    carried_out(bot, bot.proposed().id)
    bot.store.commit(closed(bot.proposed(), PlanState.DISMISSED, AuditEventName.DISMISSED, bob.id))
    bot.store.commit(closed(bot.proposed(), PlanState.EXPIRED, AuditEventName.EXPIRED, "ecr-clean"))
    bot.store.commit(
        closed(bot.proposed(content("new")), PlanState.EXPIRED, AuditEventName.EXPIRED)
    )
    said = asks(bot, ann, "history team/api")
    assert said.startswith("*The last 3 plans that ended in `team/api`:*")
    assert (
        "• `team/api`: 1 deleted, 1 skipped; freed 1.00 GB, $0.10 a month · approved by "
        "<@U0000000009> · 2"
    ) in said
    assert f"was dismissed by <@{bob.id}> (2 of 3 manifests would have gone) · 2" in said
    assert "expired before it had enough approvals (2 of 3" in said
    assert said.endswith("*Saved so far, everywhere:* $0.10 a month (1.00 GB)")
    assert "No plan has ended yet in `team/web`." in asks(bot, ann, "history team/web")


def test_status(bot: RunningBot, ann: Person, bob: Person) -> None:
    said = asks(bot, ann, "status")
    assert said.startswith("ecr-clean is at work, and not paused.\n*Plans that wait for approval:*")
    message = bot.posted()
    bot.says(bob, "/ecr-clean team/web")
    bot.store.put_job(REPORT_JOB, {}, NOW)
    said = asks(bot, ann, "status")
    link = f"archives/{bot.channel}/p{message.ts.replace('.', '')}|report>"
    assert "*Plans that wait for approval:* 1\n• `team/api`: waits for approval · 2 of 3" in said
    assert link in said
    assert "~ Reports being made: 2 · ecr-clean " in said


def test_status_while_something_is_deleted(bot: RunningBot, ann: Person, bob: Person) -> None:
    message = bot.posted()
    bot.clicks(bob, "approve_plan", message)
    said = asks(bot, ann, "status")
    assert "*Approved:* `team/api`, 2 manifests; deletion starts 2" in said
    assert said.count("[Stop!]") == 1
    assert clicks(bot, ann, 10).startswith("Stopped: nothing was deleted in `team/api`.")
    assert "approve_plan" in buttons(message_at(ann, bot.channel, message.ts))
    executing(bot, message.plan)
    said = asks(bot, ann, "status")
    assert "*Deleting now:* `team/api`, 0 of 2  ░" in said
    assert clicks(bot, ann, 0).startswith("Stopping what is being deleted in `team/api`")
    assert f"<@{ann.id}> stopped it: it ends after" in asks(bot, bob, "status")


def test_status_of_many_plans(bot: RunningBot, ann: Person) -> None:
    for number in range(12):
        name = f"{number:02}/{'x' * 250}"
        made = replace(content("new", "old"), repository=replace(HERE, name=name, uri=f"h/{name}"))
        bot.proposed(made)
    said = asks(bot, ann, "status")
    assert "*Plans that wait for approval:* 12" in said
    assert said.count("•") == 10
    assert "… and 2 more" in said


# stop, pause and resume


def test_stop_in_its_undo_window(bot: RunningBot, ann: Person, bob: Person) -> None:
    message = bot.posted()
    bot.clicks(bob, "approve_plan", message)
    assert asks(bot, ann, f"stop {message.plan}").startswith("Stopped: nothing was deleted in")
    assert bot.stored(message).state is PlanState.PROPOSED
    assert "approve_plan" in buttons(message_at(bob, bot.channel, message.ts))
    assert "is proposed but not approved" in asks(bot, ann, f"stop {message.plan}")


def test_pause_and_resume(bot: RunningBot, ann: Person, bob: Person) -> None:
    said = asks(bot, ann, f"pause because {NASTY}")
    assert said == (
        "Paused. No deletion begins anywhere until `/ecr-clean resume`; every report says so."
    )
    pause = bot.store.pause()
    assert pause
    assert (pause.by, pause.why) == (ann.id, NASTY.strip())
    assert "paused ecr-clean" in asks(bot, bob, "pause")
    for line in ("status", "list"):
        assert f"*ecr-clean is paused* by <@{ann.id}>" in asks(bot, bob, line)
    assert asks(bot, bob, "resume").startswith(f"Resumed: <@{ann.id}> had paused ecr-clean")
    assert bot.store.pause() is None
    assert public_messages(ann, bot.channel) == []


def test_what_goes_on_in_a_pause(bot: RunningBot, ann: Person) -> None:
    message = bot.posted()
    executing(bot, message.plan)
    said = asks(bot, ann, "pause")
    assert "*What is being deleted already goes on*, unless somebody stops it:" in said
    assert clicks(bot, ann, 0).startswith("Stopping what is being deleted")
    assert bot.stored(message).stop_asked_by == ann.id


# slips, and names that mean several


MEANT = [
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


def test_the_nearest_is_offered(bot: RunningBot, ann: Person, subtests: pytest.Subtests) -> None:
    for line, meant in MEANT:
        with subtests.test(line=line):
            assert f"[{meant}" in asks(bot, ann, line)
            assert public_messages(ann, bot.channel) == []
            assert bot.jobs() == []


def test_what_was_meant_is_done_by_a_click(bot: RunningBot, ann: Person) -> None:
    asks(bot, ann, "pinn team/ap old because “it's  fine”")
    assert "No repository team/ap is known." in clicks(bot, ann, 0)
    assert clicks(bot, ann, 0).startswith("Pinned `old` in `team/api`")
    (stored,) = bot.store.pins()
    assert stored.pin.reason == "“it's fine”"


def test_it_may_be_in_aws_all_the_same(bot: RunningBot, ann: Person) -> None:
    said = asks(bot, ann, "team/ap")
    assert said.endswith("[/ecr-clean team/api] [Look for team/ap in AWS]")
    where = {"channel": bot.channel, "ts": answers(bot, ann)[-1]["ts"]}
    for number in (0, 1):
        assert ann.uses(f"run_command:{number}", **where).ok
        bot.settle()
    assert [job.payload["repository"] for job in bot.jobs()] == ["team/api", "team/ap"]


def test_nothing_is_near(bot: RunningBot, ann: Person) -> None:
    said = asks(bot, ann, "pins another/thing/altogether")
    assert said.endswith("What do you mean?\n[Look for another/thing/altogether in AWS]")
    assert "knows no command" in asks(bot, ann, "another/thing altogether")


@pytest.mark.parametrize("value", ["x" * 2001, "", None, {"text": "pause"}, ["pause"]])
def test_forged_buttons_do_nothing(bot: RunningBot, ann: Person, value: object) -> None:
    message = bot.posted()
    deliver(bot, click(ann, bot.channel, message.ts, action("run_command:0", value)))
    assert private_messages(ann, bot.channel) == [UNEXPECTED_PAYLOAD]


def test_a_forged_line_is_read_like_a_typed_one(bot: RunningBot, guest: Person) -> None:
    message = bot.posted()
    for line in ("pause", "unpin team/api x", "\x00 \x00"):
        deliver(bot, click(guest, bot.channel, message.ts, action("run_command", line)))
        assert "is a guest" in private_messages(guest, bot.channel)[-1]
    assert bot.store.pause() is None


def test_a_repository_that_is_called_like_a_command(bot: RunningBot, ann: Person) -> None:
    bot.says(ann, "/ecr-clean report status")
    assert [job.payload["repository"] for job in bot.jobs()] == ["status"]
    assert private_messages(ann, bot.channel) == []


@pytest.mark.parametrize("line", ["Team/*", "report team/*"])
def test_patterns_are_for_a_worker(bot: RunningBot, ann: Person, line: str) -> None:
    bot.says(ann, f"/ecr-clean {line}")
    assert [job.payload["repository"] for job in bot.jobs()] == ["team/*"]


@pytest.mark.parametrize("line", ["{}", "report {}", "why {} new", "pin {} old because `x`"])
def test_several_registries_give_a_choice(bot: RunningBot, ann: Person, line: str) -> None:
    know(bot, TWIN, registry=AWAY)
    said = asks(bot, ann, line.format("team/api"))
    assert said == (
        "team/api stands in several registries. Which one do you mean?\n"
        "[123456789012 in eu-west-1] [210987654321 in eu-west-1]"
    )
    values = [element["value"] for element in answers(bot, ann)[-1]["blocks"][1]["elements"]]
    assert values == [line.format(HERE.uri), line.format(TWIN.uri)]


def test_the_choice_is_carried_out(bot: RunningBot, ann: Person) -> None:
    know(bot, TWIN, registry=AWAY)
    asks(bot, ann, "pin team/api old because x")
    clicks(bot, ann, 1)
    assert [each.repository for each in bot.store.pins()] == [TWIN.uri]


def test_many_registries_and_a_line_that_is_too_long_for_a_button(
    bot: RunningBot, ann: Person
) -> None:
    for number in range(12):
        account = f"{number:012}"
        uri = HERE.uri.replace(PLACE.account, account)
        there = RegistryId(account, PLACE.region)
        know(bot, RepositoryId(there, HERE.name, uri), registry=there)
    said = asks(bot, ann, "pins team/api")
    assert said.count("[") == 10
    assert "To get `000000000010 in eu-west-1`, `000000000011 in eu-west-1`" in said
    said = asks(bot, ann, f"pin team/api old because {'x' * 1990}")
    assert "[" not in said
    assert "and 10 more, type the line anew." in said
    assert bot.store.pins() == []


def test_heard_twice(bot: RunningBot, slack: Workspace, ann: Person) -> None:
    asks(bot, ann, "pause")
    (delivery,) = slack.remote.deliveries("slash_commands")
    assert slack.remote.deliver_again(delivery["envelope_id"])
    bot.settle()
    assert len(answers(bot, ann)) == 1


def test_where_the_bot_is_not(bot: RunningBot, slack: Workspace, ann: Person) -> None:
    channel = slack.remote.add_channel("secret", [ann], kind="private", with_bot=False)
    bot.says(ann, "/ecr-clean status", channel)
    assert "Plans that wait for approval" in private_messages(ann, channel)[0]


def test_a_line_that_is_too_long_is_refused_before_it_is_read(bot: RunningBot, ann: Person) -> None:
    assert "reads at most 8,000" in asks(bot, ann, "„ " * 15_000)
