"""Reasons and other values as JSON: `["newest", 3, 10, ["group", ["1.*"], []]]`.

The first element names the value, the others are its fields in order. A field that is added later
comes last and has a default; a value that was stored is never renamed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from sqlalchemy import Dialect, String
from sqlalchemy.types import TypeDecorator

from bot import sanitize
from bot.core import (
    audit_details,
    decision_reasons,
    manifest,
    obstacles,
    person_reasons,
    reasons,
    result_reasons,
    schedules,
)
from bot.core.errors import DamagedError, FailedCall, Sentence
from bot.core.manifest import ManifestName
from bot.core.pins import Pin
from bot.core.repository import RegistryId
from bot.core.usage import PastTagUser, SourceScan

NAMES: Mapping[type, str] = {
    ManifestName: "manifest",
    Pin: "pin",
    RegistryId: "registry",
    SourceScan: "look",
    PastTagUser: "past_tag_user",
    Sentence: "sentence",
    FailedCall: "failed_call",
    reasons.TagGroup: "group",
    reasons.AgeStart: "age",
    reasons.Tagged: "tagged",
    reasons.AmongNewest: "newest",
    reasons.AmongNewestVersions: "versions",
    reasons.PushedRecently: "pushed_recently",
    reasons.RestoredRecently: "restored_recently",
    reasons.PulledRecently: "pulled_recently",
    reasons.TooYoung: "young",
    reasons.InUse: "in_use",
    reasons.Pinned: "pinned",
    reasons.NoContainerImage: "artifact",
    reasons.Archived: "archived",
    reasons.SubjectNeverSeen: "subject_never_seen",
    reasons.NoPolicy: "no_policy",
    reasons.InACircle: "circle",
    reasons.CouldNotBeRead: "unread",
    reasons.NoPushTime: "no_push_time",
    reasons.MayBelongToUnread: "may_belong",
    reasons.UsageUnknown: "usage_unknown",
    reasons.PartKept: "part_kept",
    reasons.PartOf: "part_of",
    reasons.NotAmongNewest: "not_newest",
    reasons.NotAmongNewestVersions: "not_versions",
    reasons.NothingKeeps: "nothing_keeps",
    reasons.StoredReason: "stored",
    result_reasons.DeletedElsewhere: "deleted_elsewhere",
    result_reasons.TagsChanged: "tags_changed",
    result_reasons.PushedAgain: "pushed_again",
    result_reasons.RestoredSince: "restored_since",
    result_reasons.PulledSince: "pulled_since",
    result_reasons.ArchivedSince: "archived_since",
    result_reasons.KeptNow: "kept_now",
    result_reasons.GotRelative: "got_relative",
    result_reasons.TextUnreadable: "text_unreadable",
    result_reasons.SkippedWith: "skipped_with",
    result_reasons.PartOfKept: "part_of_kept",
    result_reasons.RefusedByEcr: "refused_by_ecr",
    result_reasons.StoppedBy: "stopped_by",
    result_reasons.StoppedBySettings: "stopped_by_settings",
    result_reasons.TooManyFailures: "too_many_failures",
    result_reasons.NotReached: "not_reached",
    person_reasons.MadeThePin: "made_the_pin",
    person_reasons.HasCredentials: "has_credentials",
    person_reasons.FullMember: "full_member",
    person_reasons.NamedApprover: "approver",
    person_reasons.InApproverGroup: "in_approver_group",
    person_reasons.MatchesApprover: "matches_approver",
    person_reasons.WorkspaceUnknown: "workspace_unknown",
    person_reasons.OtherWorkspace: "other_workspace",
    person_reasons.Guest: "guest",
    person_reasons.GroupUnreadable: "group_unreadable",
    person_reasons.NoApprover: "no_approver",
    person_reasons.NoMemberInGroup: "no_member_in_group",
    person_reasons.PatternTooWide: "pattern_too_wide",
    person_reasons.NotCounted: "not_counted",
    person_reasons.RemovedInVain: "removed_in_vain",
    decision_reasons.PlanStands: "plan_stands",
    decision_reasons.OtherVersion: "other_version",
    decision_reasons.PlanIncomplete: "plan_incomplete",
    decision_reasons.NoSourceOn: "no_source_on",
    decision_reasons.NothingToDelete: "nothing_to_delete",
    decision_reasons.ReportOnly: "report_only",
    decision_reasons.NoChannel: "no_channel",
    decision_reasons.OnlyInSlack: "only_in_slack",
    decision_reasons.OnlyInChannel: "only_in_channel",
    decision_reasons.ApprovedAlready: "approved_already",
    decision_reasons.NameMustBeTyped: "name_must_be_typed",
    decision_reasons.OtherNameTyped: "other_name_typed",
    decision_reasons.PinOfAnother: "pin_of_another",
    decision_reasons.TooFewApprovals: "too_few_approvals",
    decision_reasons.UndoWindowOpen: "undo_window_open",
    decision_reasons.UsageFigures: "usage_figures",
    decision_reasons.OtherNumber: "other_number",
    decision_reasons.PausedAlready: "paused_already",
    manifest.DigestDiffers: "digest_differs",
    manifest.NotJson: "not_json",
    manifest.Malformed: "malformed",
    manifest.TypeUnknown: "type_unknown",
    manifest.TypesDiffer: "types_differ",
    manifest.IndexWithLayers: "index_with_layers",
    manifest.ImageWithManifests: "image_with_manifests",
    manifest.LaterSchema: "later_schema",
    manifest.InArchive: "in_archive",
    manifest.MediaTypeUnknown: "media_type_unknown",
    manifest.LeftOut: "left_out",
    obstacles.Doubt: "doubt",
    obstacles.ReferenceUse: "use",
    obstacles.NoReferences: "no_references",
    obstacles.RepositoriesMissing: "repositories_missing",
    obstacles.NothingInUse: "nothing_in_use",
    obstacles.RegionsDenied: "regions_denied",
    obstacles.TagHistoryTooShort: "tag_history_too_short",
    obstacles.AccountsPull: "accounts_pull",
    obstacles.ServicesPull: "services_pull",
    obstacles.DeletedElsewhereToo: "deleted_elsewhere_too",
    obstacles.ScanFailed: "scan_failed",
    obstacles.ManifestsUnread: "manifests_unread",
    obstacles.PushTimesMissing: "push_times_missing",
    obstacles.ManifestsInACircle: "manifests_in_a_circle",
    result_reasons.NothingScanned: "nothing_looked_at",
    result_reasons.SourceSwitchedOff: "source_switched_off",
    result_reasons.DeletedThereToo: "deleted_there_too",
    result_reasons.GroundChanged: "ground_changed",
    result_reasons.ExecutionOff: "execution_off",
    result_reasons.NotWhatWasApproved: "not_what_was_approved",
    audit_details.PlanProposed: "proposed",
    audit_details.FoundUnchanged: "found_unchanged",
    audit_details.PinsKeep: "pins_keep",
    audit_details.ApprovalCounts: "approval_counts",
    audit_details.RefusedFor: "refused_for",
    audit_details.NotThisTime: "not_this_time",
    audit_details.NotCarriedOut: "not_carried_out",
    audit_details.PinText: "pin_text",
    audit_details.UsageIsRight: "usage_is_right",
    audit_details.PausedFor: "paused_for",
    audit_details.PausedBefore: "paused_before",
    audit_details.StartsLater: "starts_later",
    audit_details.RunBegins: "run_begins",
    audit_details.RunTakenOver: "run_taken_over",
    audit_details.CouldNotBegin: "could_not_begin",
    audit_details.OnlyStopped: "only_stopped",
    audit_details.StopsAfterBatches: "stops_after_batches",
    audit_details.StoppedBeforeStart: "stopped_before_start",
    audit_details.ReasonCount: "reason_count",
    audit_details.DeletedAsApproved: "deleted_as_approved",
    audit_details.NotDeleted: "not_deleted",
    audit_details.RunEnded: "run_ended",
    schedules.TooManyAttempts: "too_many_attempts",
    schedules.NotDoneInADay: "not_done_in_a_day",
}

_TYPES = {name: type_ for type_, name in NAMES.items()}

Text = Callable[[str], str]
Read = Callable[[Any], Any]
Write = Callable[[Any, Text], Any]


def as_it_is(text: str) -> str:
    return text


def to_json(value: object, text: Text = as_it_is) -> Any:
    """What msgspec and JSON know. `text` is applied to every string that is no enum's."""
    return _WRITERS[type(value)](value, text)


def from_json(found: object) -> Any:
    """The value that `to_json` was given. Raises DamagedError if it was none."""
    try:
        return _value(found)
    except (LookupError, TypeError, ValueError) as error:
        raise DamagedError(
            "A stored reason cannot be read: it is damaged, or a newer ecr-clean wrote it"
        ) from error


def from_text(text: str) -> Any:
    """As `from_json`, from what stands in the database."""
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise DamagedError("A stored reason is no JSON: it is damaged") from error
    return from_json(found)


class Value(TypeDecorator[object]):
    """Secrets are removed from its strings."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: object, _: Dialect) -> str | None:
        if value is None:
            return None
        return msgspec.json.encode(to_json(value, sanitize.redacted)).decode()

    def process_result_value(self, value: str | None, _: Dialect) -> Any:
        return None if value is None else from_text(value)


def _writer(type_: Any) -> Write:
    if type_ in NAMES:
        return _dataclass_writer(type_)
    if type_ is tuple:
        return lambda value, text: [_WRITERS[type(each)](each, text) for each in value]
    if type_ is timedelta:
        return lambda value, _: value // timedelta(microseconds=1)
    if type_ is datetime:
        return lambda value, _: value.isoformat()
    if issubclass(type_, Enum):
        return lambda value, _: value.value
    return (lambda value, text: text(value)) if type_ is str else (lambda value, _: value)


def _dataclass_writer(type_: Any) -> Write:
    stored_as, names = NAMES[type_], [each.name for each in fields(type_)]

    def write(value: Any, text: Text) -> list[Any]:
        parts = [getattr(value, name) for name in names]
        return [stored_as, *[_WRITERS[type(part)](part, text) for part in parts]]

    return write


class _Writers(dict[type, Write]):
    """Each is made once: a plan of 20,000 manifests has as many reasons."""

    def __missing__(self, type_: type) -> Write:
        self[type_] = made = _writer(type_)
        return made


_WRITERS = _Writers()


def _value(found: Any) -> Any:
    name, *parts = found
    readers = _readers(name)
    if len(parts) > len(readers):
        raise ValueError(f"{name} has {len(readers)} fields")
    return _TYPES[name](*[read(part) for read, part in zip(readers, parts, strict=False)])


@cache
def _readers(name: str) -> tuple[Read, ...]:
    """One for each field of the value of that name."""
    type_: Any = _TYPES[name]
    hints = get_type_hints(type_)
    return tuple(_reader(hints[each.name]) for each in fields(type_))


def _reader(hint: Any) -> Read:
    kinds = _alternatives(hint)
    if NoneType in kinds:
        read = _reader(Union[*(kind for kind in kinds if kind is not NoneType)])
        return lambda found: None if found is None else read(found)
    if any(kind in NAMES for kind in kinds):
        return _value_reader(kinds)
    (kind,) = kinds
    if get_origin(kind) is tuple:
        read_one = _reader(get_args(kind)[0])
        return lambda found: tuple([read_one(each) for each in found])
    if kind is timedelta:
        return lambda found: timedelta(microseconds=found)
    if kind is datetime:
        return datetime.fromisoformat
    return kind if issubclass(kind, Enum) else _plain_reader(kind)


def _value_reader(kinds: Sequence[Any]) -> Read:
    """A value is stored as a list. Other kinds of the same field are not."""
    others = [kind for kind in kinds if kind not in NAMES]
    if not others:
        return _value
    read_other = _reader(Union[*others])
    return lambda found: _value(found) if type(found) is list else read_other(found)


def _plain_reader(kind: type) -> Read:
    def read(found: Any) -> Any:
        if type(found) is not kind:
            raise ValueError(f"{found!r} is no {kind.__name__}")
        return found

    return read


def _alternatives(hint: Any) -> tuple[Any, ...]:
    is_union = get_origin(hint) in (Union, UnionType)
    return get_args(hint) if is_union else (hint,)
