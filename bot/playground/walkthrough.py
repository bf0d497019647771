"""An automated demo in the workspace, in which each step is checked.

A report, a guest without permission, a pin, a new plan, an approval that is stopped, a second
approval, the deletion, and the images that remain. Like the workspace's page, it uses only the
control APIs of the stand-ins. It compares the bot's messages with the contents of the registry.
"""

import re
from collections.abc import Mapping

from bot.playground.slack.workspace_client import SimulatedUser
from bot.playground.walkthrough_session import Json, WalkthroughError, WalkthroughSession, buttons

REPOSITORY = "shop/api"
OTHER_REPOSITORY = "shop/web"
IN_USE = ("1.8.0", "1.12.0", "1.20.0")
"""Releases that rules for age and count alone would delete."""

PULLED = "1.9.0"
"""A release that was pulled recently, without a known workload."""

PIN_REASON = "Our partner tests against it"

_TO_DELETE = re.compile(r"delete ([\d,]+) images")
_KEPT = re.compile(r"Keeps ([\d,]+):")
_DELETED = re.compile(r"deleted ([\d,]+)")

TagsByDigest = Mapping[str, frozenset[str]]


def run_walkthrough(session: WalkthroughSession) -> bool:
    """Prints each step. Returns whether all checks passed."""
    try:
        _run(session)
    except WalkthroughError as error:
        session.print_text(f"\n✗ {error}")
        return False
    session.print_text(f"\nDone: all {session.checks} checks passed in {session.seconds:.0f} s.")
    return True


def _run(session: WalkthroughSession) -> None:
    before, others = session.tags(REPOSITORY), session.tags(OTHER_REPOSITORY)
    report = _request_report(session, before)
    _try_to_approve_as_guest(session, report)
    deletions = _pin_image(session, report)
    _approve_as_mia(session, report)
    _stop(session, report, before)
    _approve_as_ravi(session, report)
    _wait_for_deletion(session, report, deletions)
    _check_registry(session, deletions, before)
    unchanged = session.tags(OTHER_REPOSITORY) == others
    session.check(f"{OTHER_REPOSITORY} is unchanged", unchanged, "changed tags or manifests")


def _request_report(session: WalkthroughSession, before: TagsByDigest) -> Json:
    tom = session.users.tom
    session.print_heading("The report")
    session.print_step(f"Tom, a developer of the shop, types “/ecr-clean {REPOSITORY}” in #shop.")
    tom.types(f"/ecr-clean {REPOSITORY}", session.channel)
    report = session.wait_for(f"a report on {REPOSITORY}", lambda: _newest_report(session))
    session.print_bot_text(report["text"])
    text = session.text_of(report)
    images = _number(_TO_DELETE, text) + _number(_KEPT, text)
    session.check(f"the plan covers all {len(before)} images in ECR", images == len(before), text)
    old = f"{len(IN_USE)} old images are kept only because workloads use them"
    session.check(old, old in text, text)
    session.check(f"{PULLED} is to be deleted, with a warning: pulled recently", _warns(text), text)
    return report


def _try_to_approve_as_guest(session: WalkthroughSession, report: Json) -> None:
    jo = session.users.jo
    session.print_heading("A guest cannot approve")
    session.print_step("Jo, a contractor and a guest in #shop, clicks Approve.")
    session.click(jo, "approve_plan", report)
    answer = session.wait_for("an answer", lambda: _private_answer(session, jo))
    session.print_bot_text(answer["text"], only_to="Jo")
    text = session.text_of(answer)
    session.check("Jo sees the reason", "is not an approver" in text, text)
    session.check("Jo sees who may approve", "@image-approvers" in text, text)
    session.print_step("Jo clicks “Ask them”.")
    session.click(jo, "ask_approvers", answer)
    asked = session.wait_for("a request in the thread", lambda: _request(session, report))
    session.print_bot_text(asked)
    shown = buttons(session.wait_for_text(report, " v1"))
    session.check("the plan is not approved", shown == buttons(report), shown)


def _private_answer(session: WalkthroughSession, user: SimulatedUser) -> Json | None:
    """The last message that only this user sees."""
    private = [each for each in session.messages(user) if each["ephemeral"]]
    return private[-1] if private else None


def _request(session: WalkthroughSession, report: Json) -> str | None:
    """The text with which a user asks for an approval in the thread of the report."""
    messages = session.messages(session.users.mia)
    (shown,) = (each for each in messages if each["ts"] == report["ts"])
    texts = (str(reply["text"]) for reply in shown["replies"])
    return next((text for text in texts if "asks for your approval" in text), None)


def _pin_image(session: WalkthroughSession, report: Json) -> int:
    """Returns the number of deletions in the new plan."""
    tom = session.users.tom
    session.print_heading("The pin")
    session.print_step(
        f"Tom knows that a partner pulled {PULLED}. He clicks “Pin tags…” and types “1.9”."
    )
    session.click(tom, "pin_tags", report)
    session.wait_for("a modal for pins", lambda: session.modal_text(tom, "are never deleted"))
    offered = [*tom.looks_for("1.9", "pinned_tags").options]
    choices = [each["value"] for each in offered if each["text"]["text"] == PULLED]
    session.check(f"{PULLED} is offered", choices, offered)
    session.print_step(f"Tom chooses {PULLED} and enters a reason: “{PIN_REASON}”.")
    session.submit(tom, pinned_tags=choices, pin_reason=PIN_REASON)
    confirmation = session.wait_for("a confirmation", lambda: session.modal_text(tom, "Pinned `"))
    session.print_bot_text(confirmation, only_to="Tom")
    tom.closes(everything=True)
    newer = session.wait_for_text(report, "Version 2")
    session.print_bot_text(newer["text"])
    text = session.text_of(newer)
    deletions = _number(_TO_DELETE, text)
    before = _number(_TO_DELETE, session.text_of(report))
    session.check("the new plan deletes one image less", deletions == before - 1, text)
    session.check("the warning is gone", not _warns(text), text)
    session.check("the message names Tom as the author", "Version 2: @tom pinned" in text, text)
    return deletions


def _approve_as_mia(session: WalkthroughSession, report: Json) -> None:
    mia = session.users.mia
    session.print_heading("Mia approves")
    _click_approve(session, mia, report)
    session.print_step("Mia mistypes the name: “shop/ap”.")
    refused = mia.submits(typed_name="shop/ap")
    session.check("the modal rejects the wrong name", refused.errors, refused)
    _type_name(session, mia, report)


def _approve_as_ravi(session: WalkthroughSession, report: Json) -> None:
    ravi = session.users.ravi
    session.print_heading("Ravi approves")
    session.print_step("The partner has no objection.")
    _click_approve(session, ravi, report)
    _type_name(session, ravi, report)


def _click_approve(session: WalkthroughSession, user: SimulatedUser, report: Json) -> None:
    name = session.name(user)
    session.print_step(
        f"{name}, an approver, clicks Approve. The plan is large: the bot asks for the name."
    )
    session.click(user, "approve_plan", report)
    question = session.wait_for(
        "a modal that asks for the name", lambda: session.modal_text(user, "type the repository")
    )
    session.print_bot_text(question, only_to=name)


def _type_name(session: WalkthroughSession, user: SimulatedUser, report: Json) -> None:
    name = session.name(user)
    session.print_step(f"{name} types “{REPOSITORY}”.")
    session.submit(user, typed_name=REPOSITORY)
    approved = session.wait_for_text(report, f"Approved by @{name.lower()}")
    user.closes(everything=True)
    session.print_bot_text(approved["text"])
    text = session.text_of(approved)
    session.check("the message shows when deletion starts", "Deletion starts" in text, text)
    session.check("the message has a Stop button", "stop_plan" in buttons(approved), text)


def _stop(session: WalkthroughSession, report: Json, before: TagsByDigest) -> None:
    session.print_heading("Tom stops the plan")
    session.print_step("Tom wants to ask the partner first, and clicks Stop.")
    session.click(session.users.tom, "stop_plan", report)
    stopped = session.wait_for_text(report, "Stopped by @tom")
    session.print_bot_text(session.sentence(stopped, "Stopped by"))
    shown = buttons(stopped)
    needs_approval = "approve_plan" in shown and "stop_plan" not in shown
    session.check("the plan needs a new approval", needs_approval, shown)
    stored = session.tags(REPOSITORY)
    session.check(f"ECR still has all {len(before)} manifests", stored == before, len(stored))


def _wait_for_deletion(session: WalkthroughSession, report: Json, deletions: int) -> None:
    session.print_heading("The deletion")
    session.print_step("The undo window is open. This time, no user clicks Stop.")
    done = session.wait_for_text(report, "deleted ")
    session.print_step("The undo window has ended, and the images are deleted.")
    session.print_bot_text(done["text"])
    deleted = _number(_DELETED, done["text"])
    session.check(f"ECR deleted all {deletions} images", deleted == deletions, done["text"])
    shown = buttons(done)
    session.check("of the buttons, only Details is left", shown == ["result_details"], shown)


def _check_registry(session: WalkthroughSession, deletions: int, before: TagsByDigest) -> None:
    session.print_heading("The contents of ECR")
    stored = session.tags(REPOSITORY)
    tags = {tag for each in stored.values() for tag in each}
    missing = len(before) - len(stored)
    session.print_step(f"{len(stored)} of {len(before)} manifests remain.")
    session.check(f"{deletions} manifests are gone, as approved", missing == deletions, missing)
    unchanged = stored.items() <= before.items()
    session.check("the remaining manifests are unchanged", unchanged, sorted(tags))
    for tag in IN_USE:
        session.check(f"{tag}, which is in use, exists", tag in tags, sorted(tags))
    session.check(f"{PULLED}, which Tom pinned, exists", PULLED in tags, sorted(tags))
    session.check("the newest release exists", "latest" in tags, sorted(tags))


def _newest_report(session: WalkthroughSession) -> Json | None:
    for message in reversed(session.messages(session.users.mia)):
        if message["text"].startswith(f"{REPOSITORY}: ") and "approve_plan" in buttons(message):
            return message
    return None


def _warns(text: str) -> bool:
    return "No known workload uses it" in text and f"`{PULLED}`" in text


def _number(pattern: re.Pattern[str], text: str) -> int:
    """The number in the text. Raises WalkthroughError if the pattern does not match."""
    found = pattern.search(text)
    if found is None:
        raise WalkthroughError(f"expected: “{pattern.pattern}” in the message\n  actual:   {text}")
    return int(found[1].replace(",", ""))
