"""Sentences for the findings of `ecr-clean doctor` and their fixes."""

from typing import assert_never

from bot.core import doctor_findings as found
from bot.core import doctor_findings as slack
from bot.core import doctor_findings as usage
from bot.core import doctor_registry_findings as registry
from bot.core.doctor_findings import (
    ApproverFinding,
    FindingDetail,
    PatternFinding,
    PriceFinding,
    SlackFinding,
    SlackScope,
    UsageFinding,
)
from bot.core.doctor_registry_findings import RegistryFinding
from bot.core.plan_problems import ScanFailed
from bot.core.report_schedules import IGNORE_TAG
from bot.core.text_formatting import first_few
from bot.core.usage import REGION_LIST_SOURCE, SOURCES
from bot.render.approver_findings import approver_fix, approver_words
from bot.render.hints import Surface
from bot.render.plan_problem_sentences import (
    FIX_MISSING,
    FIX_UNREADABLE,
    IGNORE_REFERENCES,
    fix_for_services,
    scan_words,
    services_words,
    use_words,
)
from bot.render.prices import price_finding_fix, price_finding_words
from bot.render.quantities import count
from bot.render.unmatched_tags import unmatched_words

RESOLVE_ERROR = "resolve this error, then run `ecr-clean doctor` again"
GRANT_ACTIONS = (
    "if AWS denies an action, grant it: `ecr-clean iam-policy` prints all required actions"
)


def finding_words(detail: FindingDetail) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a value
    if isinstance(detail, UsageFinding):
        return _usage_words(detail)
    if isinstance(detail, RegistryFinding):
        return _registry_words(detail)
    if isinstance(detail, PriceFinding):
        return price_finding_words(detail)
    if isinstance(detail, PatternFinding):
        return _pattern_words(detail)
    if isinstance(detail, SlackFinding):
        return _slack_words(detail)
    if isinstance(detail, ApproverFinding):
        return approver_words(detail)
    match detail:
        case found.SettingsValid():
            return "the settings are valid"
        case found.NoSettingsFile():
            return "there is no such file: the defaults apply"
        case found.CredentialsValid(arn):
            return f"they belong to {arn}"
        case found.CheckSkipped():
            return "it was not checked"
        case found.CallFailed(error) | found.AwsCallFailed(error):
            return error.text
        case ScanFailed():
            return scan_words(detail, Surface.TERMINAL)
        case _:
            assert_never(detail)


def fix_words(detail: FindingDetail) -> str | None:  # noqa: C901, PLR0911 - one case a value
    """None if nothing has to be fixed."""
    if isinstance(detail, UsageFinding):
        return _usage_fix(detail)
    if isinstance(detail, RegistryFinding):
        return _registry_fix(detail)
    if isinstance(detail, PriceFinding):
        return price_finding_fix(detail)
    if isinstance(detail, PatternFinding):
        return _pattern_fix(detail)
    if isinstance(detail, SlackFinding):
        return _slack_fix(detail)
    if isinstance(detail, ApproverFinding):
        return approver_fix(detail)
    match detail:
        case found.SettingsValid() | found.NoSettingsFile() | found.CredentialsValid():
            return None
        case found.CheckSkipped(needs):
            return f"fix the {needs} first"
        case found.CallFailed():
            return RESOLVE_ERROR
        case found.AwsCallFailed():
            return GRANT_ACTIONS
        case ScanFailed(source, _, _):
            return _source_fix(source)
        case _:
            assert_never(detail)


# the patterns of the settings


def _pattern_words(detail: PatternFinding) -> str:
    match detail:
        case found.AllPatternsMatch(number):
            return f"patterns that match something that exists: {number:,}"
        case found.PatternMatchesNoRepository(pattern):
            return f"{pattern} matches no repository"
        case found.PatternMatchesNoTag(pattern, scanned):
            where = count(scanned, "scanned repository", "scanned repositories")
            return f"{pattern} matches no tag in {where}"
        case found.TagsWithoutRule(unmatched, repositories):
            where = count(repositories, "repository", "repositories")
            return f"{unmatched_words(unmatched)} (in {where})"
        case _:
            assert_never(detail)


def _pattern_fix(detail: PatternFinding) -> str | None:
    match detail:
        case found.AllPatternsMatch():
            return None
        case found.PatternMatchesNoRepository():
            return "correct or remove it"
        case found.PatternMatchesNoTag():
            return "correct or remove it, unless such tags are still to come"
        case found.TagsWithoutRule():
            return "add a keep rule for them, unless their images may be deleted"
        case _:
            assert_never(detail)


# the sources of usage


def _usage_words(detail: UsageFinding) -> str:
    match detail:
        case usage.WorkloadsListed(workloads, images):
            return f"workloads: {workloads:,}; different images of these registries: {images:,}"
        case usage.SomeUsageSourcesOff():
            return "switched off: images in use only there are not protected"
        case usage.AllUsageSourcesOff():
            return "no usage source is switched on, so plans cannot be approved"
        case usage.WorkloadsInUnscannedRegions(regions):
            return (
                f"no source scans {', '.join(map(str, regions))}: images in use only there are not "
                "protected"
            )
        case usage.RegionsUnreadable(error, others):
            more = f" (and {others:,} more)" if others else ""
            return f"some Regions could not be scanned: {error.text}{more}"
        case usage.OtherRegionsEmpty(asked, denied):
            closed = f"; denied by service control policies: {denied:,}" if denied else ""
            return f"Regions without workloads of any source: {asked:,}{closed}"
        case _:
            assert_never(detail)


def _usage_fix(detail: UsageFinding) -> str | None:
    match detail:
        case usage.WorkloadsListed() | usage.OtherRegionsEmpty():
            return None
        case usage.SomeUsageSourcesOff() | usage.AllUsageSourcesOff():
            return (
                "switch the sources on under usage, or list the images in use there in a file of "
                "usage.files"
            )
        case usage.WorkloadsInUnscannedRegions():
            return (
                "add these Regions to usage.regions (or to the account's `regions` under "
                "usage.accounts), or set usage.regions: [all]"
            )
        case usage.RegionsUnreadable():
            return GRANT_ACTIONS
        case _:
            assert_never(detail)


def _source_fix(source: str) -> str:
    if source == REGION_LIST_SOURCE:
        return "exclude these Regions, or have the organization's policies changed"
    if source not in SOURCES:
        return "check usage.accounts and usage.regions; set usage.expect_none if that is expected"
    if source == "files":
        return "fix the file, or remove it from usage.files"
    if source == "kubernetes":
        return (
            f"{GRANT_ACTIONS}, with --kubernetes those in a cluster; or check "
            "usage.kubernetes.clusters and usage.kubernetes.ignore"
        )
    return (
        f"{GRANT_ACTIONS}; or set usage.{source} to false, if it uses no image of these registries"
    )


# a registry


def _registry_words(  # noqa: C901, PLR0911, PLR0912 - one case a value
    detail: RegistryFinding,
) -> str:
    match detail:
        case registry.RegistryEmpty():
            return "it has no repositories"
        case registry.ImagesReadable(number):
            return f"images can be listed and read; repositories: {number:,}"
        case registry.PoliciesUnreadable(error, others):
            more = f" (and {others:,} more repositories)" if others else ""
            return f"{error.text}{more}"
        case registry.AnyAccountMayPull(repositories):
            return f"the policy lets accounts pull without naming them: {first_few(repositories)}"
        case registry.AccountMayPull(account, repositories):
            return (
                f"account {account} may pull, but is not scanned for usage: "
                f"{first_few(repositories)}"
            )
        case registry.ServiceMayPull(service, repositories):
            return (
                f"{services_words([service])} may pull, but no enabled source scans it: "
                f"{first_few(repositories)}"
            )
        case registry.AllPullersScanned(accounts, services):
            also = f" and services: {services_words(services)}" if services else ""
            named = ", ".join(accounts) or "none"
            return f"all other accounts that may pull are scanned or ignored: {named}{also}"
        case registry.DeletionsReplicated(place, repositories, is_scanned):
            unseen = "" if is_scanned else "; it is not scanned for usage"
            return f"deletions are replicated to {place}: {first_few(repositories)}{unseen}"
        case registry.DeletionsNotReplicated():
            return "no rule replicates deletions"
        case registry.ReferenceUnreadable(use, plans):
            unread = f"{use.image!r} (used by {first_few(use.used_by)})"
            until = f"; plans for {first_few(plans)} are incomplete until then" if plans else ""
            return f"{unread} cannot be read as an image reference{until}"
        case registry.ReferenceToMissingRepository(use, plans):
            return (
                f"there is no repository for {use_words(use)}; plans for {first_few(plans)} are "
                "incomplete until then"
            )
        case registry.MissingReferencedRepositories(uses):
            named = first_few([*map(use_words, uses)])
            return f"workloads name repositories that do not exist: {named}"
        case registry.AllReferencesResolved():
            return "every repository that workloads name exists"
        case registry.PullTimesUnaffected():
            return "the bot's reads do not change them"
        case registry.PullTimesAffected():
            return "the bot's reads of manifests count as pulls, and change them"
        case registry.LayerSharingOff():
            return "BLOB_MOUNTING is off: savings are exact"
        case registry.LayerSharingOn():
            return "BLOB_MOUNTING is on: repositories may share layers, so savings are inexact"
        case registry.ResourceTagsReadable():
            return f"repositories with the tag {IGNORE_TAG} are excluded from reports"
        case registry.ResourceTagsUnreadable(error):
            return f"{error.text}; the tag {IGNORE_TAG} has no effect"
        case _:
            assert_never(detail)


def _registry_fix(  # noqa: C901, PLR0911, PLR0912 - one case a value
    detail: RegistryFinding,
) -> str | None:
    match detail:
        case (
            registry.ImagesReadable()
            | registry.AllPullersScanned()
            | registry.DeletionsNotReplicated()
            | registry.AllReferencesResolved()
            | registry.PullTimesUnaffected()
            | registry.LayerSharingOff()
            | registry.ResourceTagsReadable()
        ):
            return None
        case registry.RegistryEmpty():
            return "check region and account under registries"
        case registry.PoliciesUnreadable() | registry.ResourceTagsUnreadable():
            return GRANT_ACTIONS
        case registry.AnyAccountMayPull():
            return (
                "name them in the policy, or add '*' to usage.ignore_accounts if none needs a scan"
            )
        case registry.AccountMayPull():
            return "add it to usage.accounts, or to usage.ignore_accounts if it needs no scan"
        case registry.ServiceMayPull(service, _):
            return fix_for_services([service])
        case registry.DeletionsReplicated(_, _, is_scanned):
            if is_scanned:
                return "switch deleteReplication off if this is not intended"
            return "add it to usage.accounts or usage.regions, or switch deleteReplication off"
        case registry.ReferenceUnreadable():
            return FIX_UNREADABLE
        case registry.ReferenceToMissingRepository():
            return FIX_MISSING
        case registry.MissingReferencedRepositories():
            return f"remove obsolete workloads, or list the references in {IGNORE_REFERENCES}"
        case registry.PullTimesAffected():
            return _exemption(detail)
        case registry.LayerSharingOn(region):
            return (
                "no fix is needed if you share layers; otherwise: `aws ecr put-account-setting "
                f"--name BLOB_MOUNTING --value DISABLED --region {region}`"
            )
        case _:
            assert_never(detail)


def _exemption(affected: registry.PullTimesAffected) -> str:
    """Only users and roles can be exempted: API reference, RegisterPullTimeUpdateExclusion."""
    if affected.principal is None:
        return "run this as an IAM role or user: no other principal can be exempted"
    path = "" if affected.is_whole else " (if the role has a path, put it before its name)"
    return (
        "exempt it: `aws ecr register-pull-time-update-exclusion "
        f"--principal-arn {affected.principal} --region {affected.region}`{path}"
    )


# Slack


def _slack_words(detail: SlackFinding) -> str:  # noqa: C901, PLR0911 - one case a value
    match detail:
        case slack.SlackNotSetUp():
            return "not set up; the command line works without it"
        case slack.BotSignedIn(bot, workspace, workspace_id):
            return f"the bot is @{bot} in {workspace} ({workspace_id})"
        case slack.SlackTokenAccepted():
            return "Slack accepts the app token; serve reports if Socket Mode is off"
        case slack.ScopesUnknown():
            return "Slack did not return the scopes of the bot token"
        case slack.ScopesMissing(scopes):
            lacking = ", ".join(f"{scope} ({_scope_use(scope)})" for scope in scopes)
            return f"the bot token lacks {lacking}"
        case slack.AllScopesGranted():
            return "the bot token has all required scopes"
        case slack.NoReportChannel():
            return "no entry of `reports` has a `channel`: no plan can be approved in Slack"
        case slack.ChannelArchived():
            return "the channel is archived"
        case slack.BotNotInChannel():
            return "the bot is not a member: it can post reports, but not upload the full list"
        case slack.BotInChannel():
            return "the bot is a member"
        case _:
            assert_never(detail)


def _slack_fix(detail: SlackFinding) -> str | None:
    match detail:
        case (
            slack.SlackNotSetUp()
            | slack.BotSignedIn()
            | slack.SlackTokenAccepted()
            | slack.AllScopesGranted()
            | slack.BotInChannel()
        ):
            return None
        case slack.ScopesUnknown():
            return "compare them with manifest.yml"
        case slack.ScopesMissing():
            return (
                "add the missing scopes in the app's settings under OAuth & Permissions "
                "(manifest.yml lists all of them), and install the app again"
            )
        case slack.NoReportChannel():
            return "set a channel under `reports`"
        case slack.ChannelArchived():
            return "set another channel, or unarchive this one"
        case slack.BotNotInChannel(bot):
            return f"in the channel, type: /invite @{bot}"
        case _:
            assert_never(detail)


def _scope_use(scope: SlackScope) -> str:  # noqa: PLR0911 - one case a value
    match scope:
        case SlackScope.CHANNELS_READ:
            return "channels that the settings name"
        case SlackScope.CHAT_WRITE:
            return "reports and answers"
        case SlackScope.CHAT_WRITE_PUBLIC:
            return "reports in public channels that the bot is not in"
        case SlackScope.COMMANDS:
            return "/ecr-clean"
        case SlackScope.FILES_WRITE:
            return "the full list in a report's thread"
        case SlackScope.GROUPS_READ:
            return "private channels that the settings name"
        case SlackScope.USERGROUPS_READ:
            return "members of approver groups"
        case SlackScope.USERS_READ:
            return "guests and members of other workspaces"
        case _:
            assert_never(scope)
