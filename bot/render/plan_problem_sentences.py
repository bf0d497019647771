"""Sentences for problems that make a plan incomplete or prevent its start."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import assert_never

from bot.core import manifest
from bot.core import plan_problems as why
from bot.core import result_reasons as start
from bot.core.errors import ErrorText
from bot.core.hints import ConfirmUsage
from bot.core.manifest import UnreadCause
from bot.core.plan_problems import (
    PlanProblem,
    ReferenceUse,
    ScanFailed,
    ScanFailureCause,
    UsageDrop,
)
from bot.core.repository import ANY_PRINCIPAL
from bot.core.result_reasons import NewPlanProblem, NewPlanProblems, StartProblem
from bot.core.text_formatting import first_few, format_time, short_digest
from bot.core.usage import SourceScan, source_for
from bot.render.hints import Surface, hint_words
from bot.render.quantities import count
from bot.render.refusals import approval_problem_words, most_words

IGNORE_REFERENCES = "usage.ignore_references"
FIX_UNREADABLE = f"write [HOST/]REPOSITORY[:TAG][@DIGEST] there, or list it in {IGNORE_REFERENCES}"
SWITCHED_OFF = "execution.enabled: false"
FIX_MISSING = (
    "name the mirror in usage.registry_aliases, with its path, or list the reference in "
    f"{IGNORE_REFERENCES}"
)


def plan_problem_words(problem: PlanProblem, surface: Surface | None = None) -> str:
    """A sentence without a full stop. It names a command of `surface` if that fixes the problem;
    None: no command."""
    match problem:
        case why.ScanFailed():
            return f"{problem.place}: {scan_words(problem, surface)}"
        case why.UnreadableManifestsProblem(digests, cause):
            return f"{_some(digests)} could not be read: {unread_words(cause)}"
        case why.MissingPushTimes(digests):
            return f"ECR returned no push time for {_some(digests)}"
        case why.CircularManifests(digests):
            return f"{_some(digests)} refer to each other in a circle"
        case ErrorText(text):
            return text
        case _:
            assert_never(problem)


def unread_words(cause: UnreadCause | None) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a value
    """A clause about a manifest."""
    match cause:
        case manifest.DigestDiffers():
            return "the text that ECR returned does not match its digest"
        case manifest.NotJson():
            return "its text is not JSON"
        case manifest.MalformedManifest(how):
            return f"its text is malformed: {how}"
        case manifest.TypeUnknown(type_):
            return f"its text has the unknown type {type_}"
        case manifest.TypesDiffer(by_ecr, by_text):
            return f"ECR calls it {by_ecr}, its text {by_text}"
        case manifest.IndexWithLayers():
            return "ECR calls it an index, but its text has layers"
        case manifest.ImageWithManifests():
            return "ECR calls it an image, but its text lists other manifests"
        case manifest.Schema1WithNewerMembers():
            return "ECR calls it a schema 1 manifest, but its text is of a later schema"
        case manifest.ManifestArchived():
            return "it is archived (restore it, or delete it)"
        case manifest.MediaTypeUnknown(type_):
            return f"its type {type_} is unknown"
        case manifest.MissingInAnswer():
            return "ECR's answer does not include it"
        case None:
            return "its type is unknown"
        case ErrorText(text):
            return text
        case _:
            assert_never(cause)


def scan_words(failed: ScanFailed, surface: Surface | None = None) -> str:
    """The cause of a failed scan, and the fix. `surface`: as in `plan_problem_words`."""
    if not isinstance(failed.cause, UsageDrop):
        return _cause_words(failed.cause)
    words = f"{usage_drop_words(failed.cause)}; if that is expected, confirm it"
    if surface is None:
        return words
    hint = ConfirmUsage(failed.source, failed.scope, failed.cause.workloads)
    return f"{words}: {hint_words(hint, surface)}"


def usage_drop_words(drop: UsageDrop) -> str:
    return (
        f"it lists {count(drop.workloads, 'workload')}, but listed {drop.before:,} on "
        f"{drop.before_at:%Y-%m-%d}{most_words(drop.before_at, drop.at)}"
    )


def last_whole_scan_words(scan: SourceScan | None, say: Callable[[datetime], str]) -> str:
    """Follows the problem of a source that could not be read: `. Last whole scan 3 days ago`. Empty
    if there is none. `say`: writes the time."""
    if scan is None:
        return ""
    last = scan.last_whole_at
    return f". Last whole scan {say(last)}" if last else ". Never scanned whole"


def start_problem_words(problem: StartProblem) -> str:
    """A clause about a plan that cannot start."""
    match problem:
        case start.ExecutionDisabled():
            return f"the settings have {SWITCHED_OFF}"
        case start.ApprovedHashDiffers(version):
            return (
                f"the stored version {version} differs from the approved one: request a new plan, "
                "and check who can write to the database"
            )
        case start.NewPlanProblems():
            return f"the conditions of the approval changed: {new_problems_words(problem)}"
        case ErrorText(text):
            return text
        case _:
            return approval_problem_words(problem)


def forbidden_words(cause: StartProblem) -> str:
    """Why the settings prevent a run from continuing after a takeover."""
    if isinstance(cause, start.ExecutionDisabled):
        return SWITCHED_OFF
    return start_problem_words(cause)


def new_problems_words(problems: NewPlanProblems) -> str:
    return "; ".join(map(_change_words, problems.changes))


def fix_for_services(services: Iterable[str]) -> str:
    """The fix for services that no source scans."""
    off = sorted({source for service in services if (source := source_for(service))})
    switch = f"switch on {', '.join(f'usage.{source}' for source in off)}, or " if off else ""
    return (
        f"{switch}list the images that they run, if any, in a file of usage.files, and then the "
        "services in usage.ignore_services"
    )


def services_words(services: Iterable[str]) -> str:
    """`emr-serverless.amazonaws.com, omics.amazonaws.com`"""
    return ", ".join("any service" if name == ANY_PRINCIPAL else name for name in services)


def use_words(use: ReferenceUse) -> str:
    return f"{use.image} (used by {first_few(use.used_by)})"


def _cause_words(cause: ScanFailureCause) -> str:  # noqa: C901, PLR0911 - one case a value
    match cause:
        case why.UsageDrop():
            return usage_drop_words(cause)
        case why.UnreadableReferences(uses):
            texts = [f"{each.image!r} (used by {first_few(each.used_by)})" for each in uses]
            return (
                f"{first_few(texts)} cannot be read as an image reference and may refer to this "
                f"repository: {FIX_UNREADABLE}"
            )
        case why.MissingRepositories(uses):
            return (
                f"there is no repository for {first_few([*map(use_words, uses)])}; it may be a "
                f"mirror or pull-through cache of this repository: {FIX_MISSING}"
            )
        case why.NothingInUse(registries):
            return (
                f"no workload uses any image of {', '.join(map(str, registries))}: check "
                "usage.accounts and usage.regions, or set usage.expect_none if that is expected"
            )
        case why.RegionsDenied():
            return _denied_words(cause)
        case why.TagHistoryTooShort():
            return _history_words(cause)
        case why.UnscannedAccountsMayPull(accounts):
            return _accounts_words(accounts)
        case why.UnscannedServicesMayPull(services):
            return (
                f"it lets {services_words(services)} pull, which no enabled source scans: "
                f"{fix_for_services(services)}"
            )
        case why.UnscannedReplicaRegistries(registries):
            return (
                f"deletions are replicated to {', '.join(map(str, registries))}, which no source "
                "scans: add it to usage.accounts or usage.regions, or switch deleteReplication off"
            )
        case ErrorText(text):
            return text
        case _:
            assert_never(cause)


def _denied_words(denied: why.RegionsDenied) -> str:
    accounts = ", ".join(denied.accounts)
    own = f"`regions` of {accounts} under usage.accounts"
    setting = own if denied.is_own else "usage.regions"
    return (
        f"service control policies deny all calls in {', '.join(denied.denied)}: if nothing runs "
        f"there, exclude these Regions with {setting}: [{', '.join(denied.allowed)}]"
    )


def _history_words(history: why.TagHistoryTooShort) -> str:
    more = f" (and {history.others:,} more)" if history.others else ""
    known = history.known_since
    record = f"goes back only to {format_time(known)}" if known else "needs a database"
    return (
        f"{history.used_by} has run an image by the tag {history.tag} since "
        f"{format_time(history.since)}{more}; which image the tag named then is unknown, because "
        f"the tag history of this repository {record}: name the image by digest, or request "
        "a new plan and restart the pod a minute later"
    )


def _accounts_words(accounts: Sequence[str]) -> str:
    if ANY_PRINCIPAL in accounts:
        return (
            "it lets accounts pull that it does not name: name them in the policy, or add '*' to "
            "usage.ignore_accounts if none of them needs a scan"
        )
    return (
        f"it lets {', '.join(accounts)} pull, which no source scans: add them to usage.accounts, "
        "or to usage.ignore_accounts if they need no scan"
    )


def _change_words(change: NewPlanProblem) -> str:
    match change:
        case start.AllSourcesSwitchedOff():
            return "all usage sources are switched off"
        case start.SourceSwitchedOff(source):
            return f"{source} was switched off after the plan was made"
        case start.NewReplicaRegistry(registry):
            return f"deletions are now also replicated to {registry}, unknown to the approvers"
        case _:
            return plan_problem_words(change)


def _some(digests: Iterable[str]) -> str:
    return first_few([short_digest(digest) for digest in digests])
