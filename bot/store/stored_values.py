"""Reasons and other values as JSON: `["newest", 3, 10, ["group", ["1.*"], []]]`.

The first element is the name of the value, the others are its fields in order. New fields come last
and have a default. Names never change.
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
    manifest,
    permission_reasons,
    plan_problems,
    refusal_reasons,
    report_schedules,
    result_reasons,
    verdict_reasons,
)
from bot.core.errors import DamagedDataError, ErrorText, FailedAwsCall
from bot.core.manifest import ManifestName
from bot.core.pins import Pin
from bot.core.repository import RegistryId
from bot.core.usage import PastTagUser, SourceScan
from bot.core.version_tags import VersionLine

NAMES: Mapping[type, str] = {
    ManifestName: "manifest",
    Pin: "pin",
    RegistryId: "registry",
    SourceScan: "look",
    PastTagUser: "past_tag_user",
    ErrorText: "sentence",
    FailedAwsCall: "failed_call",
    verdict_reasons.TagPatterns: "group",
    verdict_reasons.CapturedGroup: "captured_group",
    verdict_reasons.AgeStart: "age",
    VersionLine: "version_line",
    verdict_reasons.KeptByTag: "tagged",
    verdict_reasons.AmongNewest: "newest",
    verdict_reasons.AmongNewestVersions: "versions",
    verdict_reasons.PushedRecently: "pushed_recently",
    verdict_reasons.RestoredRecently: "restored_recently",
    verdict_reasons.PulledRecently: "pulled_recently",
    verdict_reasons.UsedRecently: "used_recently",
    verdict_reasons.PulledWithoutMemory: "pulled_without_memory",
    verdict_reasons.TooYoung: "young",
    verdict_reasons.InUse: "in_use",
    verdict_reasons.Pinned: "pinned",
    verdict_reasons.NotContainerImage: "artifact",
    verdict_reasons.Archived: "archived",
    verdict_reasons.SubjectNeverSeen: "subject_never_seen",
    verdict_reasons.NoMatchingPolicy: "no_policy",
    verdict_reasons.PartOfItself: "circle",
    verdict_reasons.KeptAsUnreadable: "unread",
    verdict_reasons.NoPushTime: "no_push_time",
    verdict_reasons.MayBelongToUnreadableIndex: "may_belong",
    verdict_reasons.UsageUnknown: "usage_unknown",
    verdict_reasons.KeptForPart: "part_kept",
    verdict_reasons.InheritedVerdict: "part_of",
    verdict_reasons.NotAmongNewest: "not_newest",
    verdict_reasons.InInactiveGroup: "inactive_group",
    verdict_reasons.NotAmongNewestVersions: "not_versions",
    verdict_reasons.NoRuleKeeps: "nothing_keeps",
    verdict_reasons.LegacyReason: "stored",
    result_reasons.AlreadyDeleted: "deleted_elsewhere",
    result_reasons.TagsChanged: "tags_changed",
    result_reasons.PushedAgain: "pushed_again",
    result_reasons.RestoredAfterPlanning: "restored_since",
    result_reasons.PulledAfterPlanning: "pulled_since",
    result_reasons.ArchivedAfterPlanning: "archived_since",
    result_reasons.KeptByRulesNow: "kept_now",
    result_reasons.NewRelatedManifest: "got_relative",
    result_reasons.ManifestTextUnreadable: "text_unreadable",
    result_reasons.SkippedWithRelated: "skipped_with",
    result_reasons.PartOfSkipped: "part_of_kept",
    result_reasons.RefusedByEcr: "refused_by_ecr",
    result_reasons.StoppedByPerson: "stopped_by",
    result_reasons.StoppedBySettings: "stopped_by_settings",
    result_reasons.TooManyFailedDeletions: "too_many_failures",
    result_reasons.NotReachedInRun: "not_reached",
    permission_reasons.PinAuthor: "made_the_pin",
    permission_reasons.HasAwsCredentials: "has_credentials",
    permission_reasons.FullWorkspaceMember: "full_member",
    permission_reasons.NamedApprover: "approver",
    permission_reasons.InApproverGroup: "in_approver_group",
    permission_reasons.MatchesApproverPattern: "matches_approver",
    permission_reasons.WorkspaceUnknown: "workspace_unknown",
    permission_reasons.MemberOfOtherWorkspace: "other_workspace",
    permission_reasons.WorkspaceGuest: "guest",
    permission_reasons.UserGroupUnreadable: "group_unreadable",
    permission_reasons.NotAnApprover: "no_approver",
    permission_reasons.GroupMemberNotAllowed: "no_member_in_group",
    permission_reasons.ApproverPatternTooWide: "pattern_too_wide",
    permission_reasons.CommandLineApprovalNotCounted: "not_counted",
    permission_reasons.InvalidPinRemoval: "removed_in_vain",
    refusal_reasons.WrongPlanState: "plan_stands",
    refusal_reasons.OutdatedVersion: "other_version",
    refusal_reasons.PlanIncomplete: "plan_incomplete",
    refusal_reasons.NoSourceEnabled: "no_source_on",
    refusal_reasons.NothingToDelete: "nothing_to_delete",
    refusal_reasons.ReportOnlyMode: "report_only",
    refusal_reasons.NoApprovalChannel: "no_channel",
    refusal_reasons.ApprovableOnlyInSlack: "only_in_slack",
    refusal_reasons.ApprovableOnlyInChannel: "only_in_channel",
    refusal_reasons.AlreadyApproved: "approved_already",
    refusal_reasons.RepositoryNameNotTyped: "name_must_be_typed",
    refusal_reasons.WrongNameTyped: "other_name_typed",
    refusal_reasons.PinnedByAnotherPerson: "pin_of_another",
    refusal_reasons.TooFewApprovals: "too_few_approvals",
    refusal_reasons.UndoWindowOpen: "undo_window_open",
    refusal_reasons.WorkloadFigures: "usage_figures",
    refusal_reasons.OutdatedWorkloadCount: "other_number",
    refusal_reasons.AlreadyPaused: "paused_already",
    manifest.DigestDiffers: "digest_differs",
    manifest.NotJson: "not_json",
    manifest.MalformedManifest: "malformed",
    manifest.TypeUnknown: "type_unknown",
    manifest.TypesDiffer: "types_differ",
    manifest.IndexWithLayers: "index_with_layers",
    manifest.ImageWithManifests: "image_with_manifests",
    manifest.Schema1WithNewerMembers: "later_schema",
    manifest.ManifestArchived: "in_archive",
    manifest.MediaTypeUnknown: "media_type_unknown",
    manifest.MissingInAnswer: "left_out",
    plan_problems.UsageDrop: "doubt",
    plan_problems.ReferenceUse: "use",
    plan_problems.UnreadableReferences: "no_references",
    plan_problems.MissingRepositories: "repositories_missing",
    plan_problems.NothingInUse: "nothing_in_use",
    plan_problems.RegionsDenied: "regions_denied",
    plan_problems.TagHistoryTooShort: "tag_history_too_short",
    plan_problems.UnscannedAccountsMayPull: "accounts_pull",
    plan_problems.UnscannedServicesMayPull: "services_pull",
    plan_problems.UnscannedReplicaRegistries: "deleted_elsewhere_too",
    plan_problems.ScanFailed: "scan_failed",
    plan_problems.UnreadableManifestsProblem: "manifests_unread",
    plan_problems.MissingPushTimes: "push_times_missing",
    plan_problems.CircularManifests: "manifests_in_a_circle",
    result_reasons.AllSourcesSwitchedOff: "nothing_looked_at",
    result_reasons.SourceSwitchedOff: "source_switched_off",
    result_reasons.NewReplicaRegistry: "deleted_there_too",
    result_reasons.NewPlanProblems: "ground_changed",
    result_reasons.ExecutionDisabled: "execution_off",
    result_reasons.ApprovedHashDiffers: "not_what_was_approved",
    audit_details.PlanProposed: "proposed",
    audit_details.PlanFoundUnchanged: "found_unchanged",
    audit_details.ImagesKeptByPins: "pins_keep",
    audit_details.ApprovalGiven: "approval_counts",
    audit_details.RequestRefused: "refused_for",
    audit_details.PlanDismissed: "not_this_time",
    audit_details.PlanExpired: "not_carried_out",
    audit_details.PinDetail: "pin_text",
    audit_details.UsageConfirmed: "usage_is_right",
    audit_details.PauseStarted: "paused_for",
    audit_details.PauseEnded: "paused_before",
    audit_details.StartPostponed: "starts_later",
    audit_details.RunStarted: "run_begins",
    audit_details.RunTakenOver: "run_taken_over",
    audit_details.StartPrevented: "could_not_begin",
    audit_details.RunStoppedAtTakeover: "only_stopped",
    audit_details.StopRequested: "stops_after_batches",
    audit_details.StoppedBeforeStart: "stopped_before_start",
    audit_details.ReasonCount: "reason_count",
    audit_details.DeletedAsApproved: "deleted_as_approved",
    audit_details.ImagesNotDeleted: "not_deleted",
    audit_details.RunEnded: "run_ended",
    report_schedules.TooManyAttempts: "too_many_attempts",
    report_schedules.NotDoneWithinADay: "not_done_in_a_day",
}

_TYPES = {name: type_ for type_, name in NAMES.items()}

Text = Callable[[str], str]
Read = Callable[[Any], Any]
Write = Callable[[Any, Text], Any]


def unchanged(text: str) -> str:
    return text


def to_json(value: object, text: Text = unchanged) -> Any:
    """Converts to JSON types. `text` is applied to every string except enum values."""
    return _WRITERS[type(value)](value, text)


def from_json(found: object) -> Any:
    """The reverse of `to_json`. Raises DamagedError."""
    try:
        return _value(found)
    except (LookupError, TypeError, ValueError) as error:
        raise DamagedDataError(
            "A stored reason cannot be read: it is damaged, or a newer ecr-clean wrote it"
        ) from error


def from_text(text: str) -> Any:
    """Like `from_json`, from a database column."""
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise DamagedDataError("A stored reason is not valid JSON: it is damaged") from error
    return from_json(found)


class StoredValue(TypeDecorator[object]):
    """A column with a value as JSON. Secrets are removed from its strings."""

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
    """A cache of writers by type, since a plan has one reason per manifest."""

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
    """A reader for each field."""
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
    """Values are stored as lists; other types of the field are not."""
    others = [kind for kind in kinds if kind not in NAMES]
    if not others:
        return _value
    read_other = _reader(Union[*others])
    return lambda found: _value(found) if type(found) is list else read_other(found)


def _plain_reader(kind: type) -> Read:
    def read(found: Any) -> Any:
        if type(found) is not kind:
            raise ValueError(f"{found!r} is not a {kind.__name__}")
        return found

    return read


def _alternatives(hint: Any) -> tuple[Any, ...]:
    is_union = get_origin(hint) in (Union, UnionType)
    return get_args(hint) if is_union else (hint,)
