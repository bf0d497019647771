"""Sentences for the reasons of verdicts and results, and reasons as JSON objects."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never, get_args

from bot.core import result_reasons as result
from bot.core import verdict_reasons as why
from bot.core.errors import ErrorText
from bot.core.last_use import LastUse
from bot.core.manifest import ManifestName, UnreadCause
from bot.core.pins import Pin
from bot.core.records import SETTINGS_ACTOR, PlanRecord
from bot.core.result_reasons import (
    EarlyEndCause,
    ManifestRelation,
    NewPlanProblems,
    ResultReason,
    StartProblem,
)
from bot.core.text_formatting import (
    MOST_NAMES,
    first_few,
    format_duration,
    format_time,
    manifest_label,
    ordinal,
    short_digest,
)
from bot.core.usage import ImageUser, PastTagUser
from bot.core.verdict_reasons import (
    AgeEvent,
    AgeStart,
    CapturedGroup,
    NotKeptByRule,
    Reason,
    TagPatterns,
)
from bot.render.last_uses import last_use_words, remembered_words
from bot.render.newest_words import (
    captured_words,
    group_words,
    newest_of_words,
    newest_versions_words,
    not_active_words,
    placeholder_words,
)
from bot.render.pins import pin_words
from bot.render.plan_problem_sentences import forbidden_words, new_problems_words, unread_words
from bot.render.quantities import iso

NO_OTHER_RULE_KEEPS = ", and no other rule keeps it"

_RELATIONS = {
    ManifestRelation.INDEX: "which lists it",
    ManifestRelation.CHILD: "which it lists",
    ManifestRelation.REFERRER: "which refers to it",
    ManifestRelation.SUBJECT: "which it refers to",
}


def reason_words(reason: ResultReason) -> str:  # noqa: C901, PLR0911, PLR0912 - one line a value
    """A clause about an image, without a full stop."""
    match reason:
        case why.NoRuleKeeps():
            return f"{_nothing_keeps(reason)}{_pulled(reason.pulled_at)}"
        case why.KeptByTag(tag, group):
            return f"tagged {tag}: the policy keeps {group_words(group)}"
        case why.AmongNewest():
            return _among_newest(reason)
        case why.AmongNewestVersions(version, majors, minors, patches, line):
            newest = newest_versions_words(majors, minors, patches, line)
            return f"version {version} is among {newest}"
        case why.PushedRecently(within, at):
            return f"pushed within {format_duration(within)} ({format_time(at)})"
        case why.RestoredRecently(within, at):
            return f"restored within {format_duration(within)} ({format_time(at)})"
        case why.PulledRecently(within, at):
            return f"pulled within {format_duration(within)} ({format_time(at)})"
        case why.UsedRecently(within, at, users, others):
            return f"{last_use_words(LastUse(at, users, others))}, within {format_duration(within)}"
        case why.PulledWithoutMemory(within, at, since):
            pulled = f"pulled within {format_duration(within)} ({format_time(at)})"
            return f"{pulled}, and {remembered_words(since)}"
        case why.TooYoung(min_age, since):
            return f"{_age_start(since)}, less than {format_duration(min_age)} ago"
        case why.InUse(users):
            return f"is in use by {first_few([user_words(user) for user in users])}"
        case why.Pinned(pin):
            return pin_words(pin)
        case why.NotContainerImage(type_):
            kind = type_ or "an index of artifacts"
            return f"is not a container image ({kind}), so no usage source can see its use"
        case why.Archived(is_being_restored):
            return f"is {'being restored' if is_being_restored else 'archived'}, and always kept"
        case why.SubjectNeverSeen(subject):
            return (
                f"refers to {short_digest(subject)}, which was never seen in this repository and "
                "may be in another one"
            )
        case why.NoMatchingPolicy():
            return "no policy in the settings covers this repository"
        case why.PartOfItself():
            return "is part of a circle of manifests that refer to each other"
        case why.KeptAsUnreadable(cause):
            return f"could not be read: {unread_words(cause)}"
        case why.NoPushTime():
            return "has no push time in ECR's answer"
        case why.MayBelongToUnreadableIndex(digest):
            return f"has no tag and may belong to {short_digest(digest)}, which could not be read"
        case why.UsageUnknown(places):
            return f"may be in use: usage is unknown in {first_few(places)}"
        case why.KeptForPart(part, of_part):
            return f"its part {name_words(part)} is kept: {reason_words(of_part)}"
        case why.InheritedVerdict(parent, is_referrer, pulled_at):
            how = "which it refers to" if is_referrer else "which lists it"
            return f"inherits the verdict of {name_words(parent)}, {how}{_pulled(pulled_at)}"
        case why.LegacyReason(_, sentence) | ErrorText(sentence):
            return sentence
        case result.AlreadyDeleted():
            return "is no longer in ECR"
        case result.TagsChanged(before, now):
            return f"its tags changed after the plan was made: {_tags_changed(before, now)}"
        case result.PushedAgain(at):
            return f"was pushed again {format_time(at)}"
        case result.RestoredAfterPlanning(at):
            return f"was restored from the archive {format_time(at)}, after the plan was made"
        case result.PulledAfterPlanning(at):
            return f"was pulled {format_time(at)}, after the plan was made"
        case result.ArchivedAfterPlanning():
            return "was archived after the plan was made"
        case result.KeptByRulesNow(now_kept):
            return f"the rules keep it now: {reason_words(now_kept)}"
        case result.NewRelatedManifest(other, relation):
            return f"{name_words(other)}, {_RELATIONS[relation]}, was added after the plan was made"
        case result.ManifestTextUnreadable():
            return "could not be read, so no copy of its manifest can be stored"
        case result.SkippedWithRelated(other, of_other):
            return f"is skipped with {name_words(other)}: {reason_words(of_other)}"
        case result.PartOfSkipped(other, of_other):
            return f"belongs to {name_words(other)}, which is skipped: {reason_words(of_other)}"
        case result.NotReachedInRun(cause):
            return f"was not reached: {end_cause_words(cause)}"
        case result.RefusedByEcr(code, sentence):
            return f"ECR refused it: {sentence} ({code})"
        case _:
            assert_never(reason)


def short_reason_words(reason: ResultReason) -> str:
    """`reason_words` without the clause that no other rule keeps the image."""
    return reason_words(reason).replace(NO_OTHER_RULE_KEEPS, "")


def end_cause_words(cause: EarlyEndCause) -> str:
    match cause:
        case result.StoppedByPerson(by):
            return f"{by} stopped the run"
        case result.StoppedBySettings(forbidden):
            return f"{_settings(forbidden)} stopped the run"
        case result.TooManyFailedDeletions(failed, tried):
            return f"{failed:,} of {tried:,} deletions failed"
        case NewPlanProblems():
            return new_problems_words(cause)
        case ErrorText(text):
            return text
        case _:
            assert_never(cause)


def stopper_words(plan: PlanRecord) -> str | None:
    """A Slack user's id, an AWS ARN, or the settings with the cause."""
    return _settings(plan.stop_cause) if plan.stop_cause else plan.stop_asked_by


def _settings(forbidden: StartProblem) -> str:
    return f"{SETTINGS_ACTOR} ({forbidden_words(forbidden)})"


def name_words(name: ManifestName) -> str:
    return manifest_label(name.digest, (name.tag,) if name.tag else ())


def user_words(user: ImageUser) -> str:
    """`ECS shop/web`, `ECS shop/web (by the tag v1, which this image had)`."""
    if isinstance(user, str):
        return user
    had = "had" if user.certain else "may have had"
    return f"{user.name} (by the tag {user.tag}, which this image {had})"


def _pulled(at: datetime | None) -> str:
    return f"; last pulled {format_time(at)}" if at else ""


def _among_newest(reason: why.AmongNewest) -> str:
    if isinstance(reason.group, CapturedGroup):
        return _among_newest_of_group(reason, reason.group)
    newest = newest_of_words(reason.of, reason.group)
    first = newest if reason.of == 1 else f"one of {newest}"
    if reason.by_own_tag:
        return f"{first} by its own tag ({ordinal(reason.rank)})"
    since = f": {_age_start(reason.since)}" if reason.since else ""
    return f"{first} ({ordinal(reason.rank)}{since})"


def _among_newest_of_group(reason: why.AmongNewest, group: CapturedGroup) -> str:
    own_tag = " by its own tag" if reason.by_own_tag else ""
    since = f" ({_age_start(reason.since)})" if reason.since else ""
    return (
        f"{ordinal(reason.rank)} newest of {captured_words(group)}{own_tag}{since}: the policy "
        f"keeps {reason.of} of each {placeholder_words(group)}"
    )


def _age_start(since: AgeStart) -> str:  # noqa: PLR0911 - one line an event
    at = format_time(since.at)
    match since.event:
        case AgeEvent.PUSHED:
            return f"pushed {at}"
        case AgeEvent.RESTORED:
            return f"restored from the archive {at}"
        case AgeEvent.TAGGED:
            return f"got {f'its tag {since.tag}' if since.tag else 'one of its tags'} {at}"
        case AgeEvent.UNTAGGED:
            return f"lost its last tag {at}"
        case AgeEvent.PART_PUSHED:
            return f"one of its parts was pushed {at}"
        case AgeEvent.PART_RESTORED:
            return f"one of its parts was restored from the archive {at}"
        case AgeEvent.PART_RETAGGED:
            return f"one of its parts got a tag, or lost its last one, {at}"
        case _:
            assert_never(since.event)


def _nothing_keeps(reason: why.NoRuleKeeps) -> str:
    if reason.passed_over:
        return ", ".join(map(not_kept_words, reason.passed_over)) + NO_OTHER_RULE_KEEPS
    if reason.missing_subject:
        return (
            f"refers to {short_digest(reason.missing_subject)}, which is gone, and no rule keeps it"
        )
    if reason.is_forgotten:
        return "no rule matches its tags"
    return "no rule keeps it" if reason.is_tagged else "has no tag, and no rule keeps it"


def not_kept_words(passed_over: NotKeptByRule) -> str:
    match passed_over:
        case why.NotAmongNewest(rank, of, group):
            newest = newest_of_words(of, group)
            return f"{'not' if of == 1 else 'not among'} {newest} ({ordinal(rank)})"
        case why.InInactiveGroup(_, group, last):
            return f"{captured_words(group)} {not_active_words(group)} (last {format_time(last)})"
        case why.NotAmongNewestVersions(version, is_released=True):
            return f"version {version} is a pre-release of a version that is released"
        case why.NotAmongNewestVersions(version, majors, minors, patches, line):
            newest = newest_versions_words(majors, minors, patches, line)
            return f"version {version} is not among {newest}"
        case _:
            assert_never(passed_over)


def _tags_changed(before: Sequence[str], now: Sequence[str]) -> str:
    """Lists all tags if they are few, otherwise only the difference."""
    if max(len(before), len(now)) <= MOST_NAMES:
        return f"{_listed(before)} before, {_listed(now)} now"
    added, removed = sorted({*now} - {*before}), sorted({*before} - {*now})
    return f"added {_listed(added)}; removed {_listed(removed)}"


def _listed(tags: Sequence[str]) -> str:
    return first_few(tags) if tags else "none"


def reason_as_keys(reason: Reason) -> dict[str, Any]:
    """`docs/output.md` has the keys. A key without a value is left out."""
    keys: dict[str, Any] = _as_json(reason)
    return keys


def _as_json(value: Any) -> Any:
    return _RENDERERS[type(value)](value)


class _Renderers(dict[Any, Callable[[Any], Any]]):
    """A cache with one renderer for each type: a plan has a reason for each of its manifests."""

    def __missing__(self, type_: Any) -> Callable[[Any], Any]:
        self[type_] = made = _renderer(type_)
        return made


_RENDERERS = _Renderers()


def _renderer(type_: Any) -> Callable[[Any], Any]:
    if type_ in _IN_SHORT:
        return _IN_SHORT[type_]
    if issubclass(type_, _types(Reason)):
        return _reason_renderer(type_)
    if issubclass(type_, _types(UnreadCause)):
        return unread_words
    if is_dataclass(type_):
        return _fields_renderer(type_)
    return _as_it_is


def _reason_renderer(type_: Any) -> Callable[[Any], dict[str, Any]]:
    own = _fields_renderer(type_)

    def render(reason: Reason) -> dict[str, Any]:
        return {"rule": reason.rule, "detail": reason_words(reason), **own(reason)}

    return render


def _fields_renderer(type_: Any) -> Callable[[Any], dict[str, Any]]:
    names = [each.name for each in fields(type_)]

    def render(value: Any) -> dict[str, Any]:
        found = {}
        for name in names:
            part = getattr(value, name)
            part = _RENDERERS[type(part)](part)
            if part not in (None, [], False):
                found[name] = part
        return found

    return render


def _types(union: Any) -> tuple[type, ...]:
    return get_args(union)


def _as_it_is(value: Any) -> Any:
    return value


_IN_SHORT: Mapping[Any, Callable[[Any], Any]] = {
    TagPatterns: group_words,
    CapturedGroup: captured_words,
    ManifestName: lambda name: name.digest,
    AgeStart: lambda since: iso(since.at),
    Pin: lambda pin: pin.pin,
    PastTagUser: user_words,
    datetime: iso,
    timedelta: format_duration,
    tuple: lambda values: list(map(_as_json, values)),
}
"""How JSON shows values of these types."""
