"""A story that plays in the workspace without anyone clicking: a report, a guest, a pin, a new
plan, an approval that is taken back, another that is not, the deletion, and what is left.

It acts and looks through the controls of the stand-ins alone, as the workspace's page does, and
checks what the bot says against what really is in the registry.
"""

import re
from collections.abc import Mapping

from bot.playground.slack.remote import Person
from bot.playground.stage import Json, Stage, StoryError, buttons

REPOSITORY = "shop/api"
ANOTHER = "shop/web"
IN_USE = ("1.8.0", "1.12.0", "1.20.0")
"""Releases that age and count alone would delete."""

PULLED = "1.9.0"
"""A release that somebody pulled lately, and that nothing known uses."""

_PROPOSED = re.compile(r"([\d,]+) of ([\d,]+) manifests may go")
_DELETED = re.compile(r"Deleted ([\d,]+) of ([\d,]+) manifests")

WHY = "Our partner tests against it"

Stored = Mapping[str, frozenset[str]]


def play(stage: Stage) -> bool:
    """Tells the story as it goes on, and answers whether every step came out right."""
    try:
        _play(stage)
    except StoryError as error:
        stage.say(f"\n✗ {error}")
        return False
    stage.say(f"\nThe end: {stage.checks} checks, all of them right, in {stage.seconds:.0f} s.")
    return True


def _play(stage: Stage) -> None:
    before, others = stage.tags(REPOSITORY), stage.tags(ANOTHER)
    report = _is_reported(stage, before)
    _guest_may_not(stage, report)
    going = _is_pinned(stage, report)
    _is_approved_hastily(stage, report)
    _is_stopped(stage, report, before)
    _is_approved_after_all(stage, report)
    _is_deleted(stage, report, going)
    _is_right(stage, going, before)
    stage.check(f"{ANOTHER} is as it was", stage.tags(ANOTHER) == others, "something else")


def _is_reported(stage: Stage, before: Stored) -> Json:
    tom = stage.cast.tom
    stage.chapter("The report")
    stage.tell(f"Tom, who develops the shop, types “/ecr-clean {REPOSITORY}” in its channel.")
    tom.types(f"/ecr-clean {REPOSITORY}", stage.channel)
    report = stage.until(f"a report on {REPOSITORY}", lambda: _newest_report(stage))
    stage.quote(report["text"])
    _, manifests = _numbers(_PROPOSED, report)
    said = stage.read(report)
    stage.check(
        f"it looked at all {len(before)} manifests that ECR has", manifests == len(before), said
    )
    for tag in IN_USE:
        stage.check(f"{tag} is old, but in use: it stays", f"• `{tag}` by" in said, said)
    stage.check(f"{PULLED} goes, with a warning: somebody pulled it lately", _warns(said), said)
    return report


def _guest_may_not(stage: Stage, report: Json) -> None:
    jo = stage.cast.jo
    stage.chapter("Somebody who may not")
    stage.tell("Jo is a contractor, a guest of the channel, and presses Approve.")
    stage.clicks(jo, "approve_plan", report)
    said = stage.until("a window that says why not", lambda: stage.window(jo, "approvers"))
    stage.quote(said, to="Jo")
    stage.check("Jo is told why not", "none of the approvers" in said, said)
    jo.closes(everything=True)
    shown = buttons(stage.until_shown(report, "version 1"))
    stage.check("nothing is approved", shown == buttons(report), shown)


def _is_pinned(stage: Stage, report: Json) -> int:
    """Answers how many manifests go then."""
    tom = stage.cast.tom
    stage.chapter("The pin")
    stage.tell(
        f"Tom knows who pulled {PULLED}: a partner. He presses “Pin tags…”, and types “1.9”."
    )
    stage.clicks(tom, "pin_tags", report)
    stage.until("a window to pin in", lambda: stage.window(tom, "is never deleted"))
    offered = [*tom.looks_for("1.9", "pinned_tags").options]
    choices = [each["value"] for each in offered if each["text"]["text"] == PULLED]
    stage.check(f"{PULLED} is offered", choices, offered)
    stage.tell(f"Tom chooses {PULLED}, and writes why: “{WHY}”.")
    stage.submits(tom, pinned_tags=choices, pin_reason=WHY)
    stage.quote(stage.until("what was pinned", lambda: stage.window(tom, "Pinned `")), to="Tom")
    tom.closes(everything=True)
    newer = stage.until_shown(report, "version 2")
    stage.quote(newer["text"])
    said = stage.read(newer)
    (going, _), (went_before, _) = _numbers(_PROPOSED, newer), _numbers(_PROPOSED, report)
    stage.check("the new plan deletes one manifest less", going == went_before - 1, said)
    stage.check("there is nothing to warn of any more", not _warns(said), said)
    stage.check("it says who changed it: Tom", "Version 2 by @tom" in said, said)
    return going


def _is_approved_hastily(stage: Stage, report: Json) -> None:
    mia = stage.cast.mia
    stage.chapter("Mia approves")
    _asks_for_the_name(stage, mia, report)
    stage.tell("Mia is in a hurry, and types “shop/ap”.")
    refused = mia.submits(typed_name="shop/ap")
    stage.check("the window does not take that", refused.errors, refused)
    _types_the_name(stage, mia, report)


def _is_approved_after_all(stage: Stage, report: Json) -> None:
    ravi = stage.cast.ravi
    stage.chapter("Ravi approves")
    stage.tell("The partner has no objection.")
    _asks_for_the_name(stage, ravi, report)
    _types_the_name(stage, ravi, report)


def _asks_for_the_name(stage: Stage, who: Person, report: Json) -> None:
    name = stage.name(who)
    stage.tell(f"{name} is an approver, and presses Approve. So much goes that the bot asks back.")
    stage.clicks(who, "approve_plan", report)
    asked = stage.until("a window", lambda: stage.window(who, "type the repository"))
    stage.quote(asked, to=name)


def _types_the_name(stage: Stage, who: Person, report: Json) -> None:
    name = stage.name(who)
    stage.tell(f"{name} types “{REPOSITORY}”.")
    stage.submits(who, typed_name=REPOSITORY)
    approved = stage.until_shown(report, f"Approved by @{name.lower()}")
    who.closes(everything=True)
    stage.quote(approved["text"])
    said = stage.read(approved)
    stage.check("everybody sees when deletion starts", "Deletion starts" in said, said)
    stage.check("everybody can stop it", "stop_plan" in buttons(approved), said)


def _is_stopped(stage: Stage, report: Json, before: Stored) -> None:
    stage.chapter("Stop!")
    stage.tell("Tom wants to ask the partner first, and presses Stop.")
    stage.clicks(stage.cast.tom, "stop_plan", report)
    stopped = stage.until_shown(report, "Stopped by @tom")
    stage.quote(stage.sentence(stopped, "Stopped by"))
    shown = buttons(stopped)
    anew = "approve_plan" in shown and "stop_plan" not in shown
    stage.check("it has to be approved anew", anew, shown)
    there = stage.tags(REPOSITORY)
    stage.check(f"ECR still has all {len(before)} manifests", there == before, len(there))


def _is_deleted(stage: Stage, report: Json, going: int) -> None:
    stage.chapter("The deletion")
    stage.tell("Nobody stops it this time.")
    done = stage.until_shown(report, "Deleted ")
    stage.tell("The undo window is over, and the deletion too.")
    stage.quote(done["text"])
    deleted = _numbers(_DELETED, done)
    stage.check(f"ECR took all {going} deletions", deleted == (going, going), done["text"])
    stage.check("there is nothing left to press", not buttons(done), buttons(done))


def _is_right(stage: Stage, going: int, before: Stored) -> None:
    stage.chapter("What ECR really has now")
    there = stage.tags(REPOSITORY)
    tags = {tag for each in there.values() for tag in each}
    gone = len(before) - len(there)
    stage.tell(f"Of {len(before)} manifests {len(there)} are left.")
    stage.check(f"{going} are gone, as many as were approved", gone == going, gone)
    stage.check("nothing that stayed has changed", there.items() <= before.items(), sorted(tags))
    for tag in IN_USE:
        stage.check(f"{tag}, which runs, is there", tag in tags, sorted(tags))
    stage.check(f"{PULLED}, which Tom pinned, is there", PULLED in tags, sorted(tags))
    stage.check("the newest release is there", "latest" in tags, sorted(tags))


def _newest_report(stage: Stage) -> Json | None:
    for message in reversed(stage.messages(stage.cast.mia)):
        if message["text"].startswith(f"{REPOSITORY}: ") and "approve_plan" in buttons(message):
            return message
    return None


def _warns(said: str) -> bool:
    return f"`{PULLED}` · last pulled" in said


def _numbers(form: re.Pattern[str], message: Json) -> tuple[int, int]:
    """Raises StoryError if the message does not speak of them."""
    found = form.search(message["text"])
    if found is None:
        raise StoryError(f"expected: “{form.pattern}”\n  found:    {message['text']}")
    first, second = (int(each.replace(",", "")) for each in found.groups())
    return first, second
