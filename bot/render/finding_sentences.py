"""What the doctor finds, and the fixes, as sentences: the only place where they are worded."""

from typing import assert_never

from bot.core import doctor_findings as found
from bot.core import doctor_findings as slack
from bot.core import doctor_findings as usage
from bot.core import registry_findings as registry
from bot.core.doctor_findings import FindingDetail, SlackFinding, SlackScope, UsageFinding
from bot.core.plan_problems import ScanFailed
from bot.core.registry_findings import RegistryFinding
from bot.core.report_schedules import IGNORE_TAG
from bot.core.text_formatting import first_few
from bot.core.usage import REGION_LIST_SOURCE, SOURCES
from bot.render.plan_problem_sentences import (
    FIX_MISSING,
    FIX_UNREADABLE,
    IGNORE_REFERENCES,
    fix_for_services,
    scan_words,
    services_words,
    use_words,
)
from bot.render.quantities import count

AS_IT_SAYS = "do as it says, then run ecr-clean doctor again"
GRANT = "if AWS refuses an action, grant it: ecr-clean iam-policy prints all that are needed"
OTHER_APPROVER = "name somebody else, unless that is meant"


def finding_words(detail: FindingDetail) -> str:  # noqa: PLR0911 - one case a value
    if isinstance(detail, UsageFinding):
        return _usage_words(detail)
    if isinstance(detail, RegistryFinding):
        return _registry_words(detail)
    if isinstance(detail, SlackFinding):
        return _slack_words(detail)
    match detail:
        case found.SettingsValid():
            return "the file is valid"
        case found.NoSettingsFile():
            return "there is no such file here: the defaults apply"
        case found.CredentialsValid(arn):
            return f"they belong to {arn}"
        case found.CheckSkipped():
            return "it was not looked at"
        case found.CallFailed(error) | found.AwsCallFailed(error):
            return error.text
        case ScanFailed():
            return scan_words(detail)
        case _:
            assert_never(detail)


def fix_words(detail: FindingDetail) -> str | None:  # noqa: PLR0911 - one case a value
    """What to do; None if nothing has to be done."""
    if isinstance(detail, UsageFinding):
        return _usage_fix(detail)
    if isinstance(detail, RegistryFinding):
        return _registry_fix(detail)
    if isinstance(detail, SlackFinding):
        return _slack_fix(detail)
    match detail:
        case found.SettingsValid() | found.NoSettingsFile() | found.CredentialsValid():
            return None
        case found.CheckSkipped(needs):
            return f"see to the {needs} first"
        case found.CallFailed():
            return AS_IT_SAYS
        case found.AwsCallFailed():
            return GRANT
        case ScanFailed(source, _, _):
            return _source_fix(source)
        case _:
            assert_never(detail)


# the sources of usage


def _usage_words(detail: UsageFinding) -> str:
    match detail:
        case usage.WorkloadsListed(workloads, images):
            return f"workloads: {workloads:,}; different images of these registries: {images:,}"
        case usage.SomeUsageSourcesOff():
            return "nobody looks there: images that only these run are not protected"
        case usage.AllUsageSourcesOff():
            return "no source of usage is on, so nobody can approve a plan"
        case usage.WorkloadsInUnscannedRegions(regions):
            return (
                f"no source scans {', '.join(map(str, regions))}: images that run only there are "
                "not protected"
            )
        case usage.RegionsUnreadable(error, others):
            more = f" (and {others:,} more)" if others else ""
            return f"some could not be asked what runs there: {error.text}{more}"
        case usage.OtherRegionsEmpty(asked, denied):
            closed = f"; denied by service control policies: {denied:,}" if denied else ""
            return f"Regions without anything that a source would scan: {asked:,}{closed}"
        case _:
            assert_never(detail)


def _usage_fix(detail: UsageFinding) -> str | None:
    match detail:
        case usage.WorkloadsListed() | usage.OtherRegionsEmpty():
            return None
        case usage.SomeUsageSourcesOff() | usage.AllUsageSourcesOff():
            return (
                "switch on what usage switches off, or name in a file of usage.files what runs "
                "there"
            )
        case usage.WorkloadsInUnscannedRegions():
            return (
                "add these Regions to usage.regions (or to the account's `regions` under "
                "usage.accounts), or set usage.regions: [all]"
            )
        case usage.RegionsUnreadable():
            return GRANT
        case _:
            assert_never(detail)


def _source_fix(source: str) -> str:
    if source == REGION_LIST_SOURCE:
        return "leave these Regions out, or have the organization's policies changed"
    if source not in SOURCES:
        return "check usage.accounts and usage.regions; set usage.expect_none if that is right"
    if source == "files":
        return "mend the file, or take it out of usage.files"
    if source == "kubernetes":
        return (
            f"{GRANT}, with --kubernetes those in a cluster; or see to usage.kubernetes.clusters "
            "and usage.kubernetes.ignore"
        )
    return f"{GRANT}; or set usage.{source} to false, if it runs no image of these registries"


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
            more = f" (so with {others:,} other repositories)" if others else ""
            return f"{error.text}{more}"
        case registry.AnyAccountMayPull(repositories):
            return f"accounts may pull that the policy does not name: {first_few(repositories)}"
        case registry.AccountMayPull(account, repositories):
            return (
                f"account {account} may pull, where nobody looks for usage: "
                f"{first_few(repositories)}"
            )
        case registry.ServiceMayPull(service, repositories):
            return (
                f"{services_words([service])} may pull, and no source that is on looks at it: "
                f"{first_few(repositories)}"
            )
        case registry.AllPullersScanned(accounts, services):
            also = f" and services: {services_words(services)}" if services else ""
            named = ", ".join(accounts) or "none"
            return f"other accounts that they let pull are looked at or ignored: {named}{also}"
        case registry.DeletionsReplicated(place, repositories, is_scanned):
            unseen = "" if is_scanned else "; nobody looks for usage there"
            return f"deletions are carried to {place}: {first_few(repositories)}{unseen}"
        case registry.DeletionsNotReplicated():
            return "no rule carries deletions elsewhere"
        case registry.ReferenceUnreadable(use, plans):
            unread = f"{use.image!r} (used by {first_few(use.used_by)})"
            until = f"; plans of {first_few(plans)} are incomplete until then" if plans else ""
            return f"{unread} cannot be read as an image reference{until}"
        case registry.ReferenceToMissingRepository(use, plans):
            return (
                f"there is no repository for {use_words(use)}; plans of {first_few(plans)} are "
                "incomplete until then"
            )
        case registry.MissingReferencedRepositories(uses):
            named = first_few([*map(use_words, uses)])
            return f"workloads name repositories that do not exist: {named}"
        case registry.AllReferencesResolved():
            return "every repository that workloads name exists"
        case registry.PullTimesUnaffected():
            return "reading manifests leaves no trace in them"
        case registry.PullTimesAffected():
            return "reading manifests counts as a pull, and so blurs them"
        case registry.LayerSharingOff():
            return "BLOB_MOUNTING is off: savings can be told exactly"
        case registry.LayerSharingOn():
            return "BLOB_MOUNTING is on: repositories may share layers, so that savings are inexact"
        case registry.ResourceTagsReadable():
            return f"a repository that has {IGNORE_TAG} is left out of reports"
        case registry.ResourceTagsUnreadable(error):
            return f"{error.text}; {IGNORE_TAG} leaves nothing out of reports"
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
            return GRANT
        case registry.AnyAccountMayPull():
            return (
                "name them in the policy, or put '*' into usage.ignore_accounts if none needs a "
                "look"
            )
        case registry.AccountMayPull():
            return "add it to usage.accounts, or to usage.ignore_accounts if it needs no look"
        case registry.ServiceMayPull(service, _):
            return fix_for_services([service])
        case registry.DeletionsReplicated(_, _, is_scanned):
            if is_scanned:
                return "switch deleteReplication off if that is wrong"
            return "add it to usage.accounts or usage.regions, or switch deleteReplication off"
        case registry.ReferenceUnreadable():
            return FIX_UNREADABLE
        case registry.ReferenceToMissingRepository():
            return FIX_MISSING
        case registry.MissingReferencedRepositories():
            return f"remove what is not needed any more, or list it in {IGNORE_REFERENCES}"
        case registry.PullTimesAffected():
            return _exemption(detail)
        case registry.LayerSharingOn(region):
            return (
                "leave it if you share layers; otherwise: aws ecr put-account-setting "
                f"--name BLOB_MOUNTING --value DISABLED --region {region}"
            )
        case _:
            assert_never(detail)


def _exemption(blurred: registry.PullTimesAffected) -> str:
    """Users and roles alone can be exempted: API reference, RegisterPullTimeUpdateExclusion."""
    if blurred.principal is None:
        return "run this as an IAM role or user: no other principal can be exempted"
    path = "" if blurred.is_whole else " (if the role has a path, put it before its name)"
    return (
        "exempt it: aws ecr register-pull-time-update-exclusion "
        f"--principal-arn {blurred.principal} --region {blurred.region}{path}"
    )


# Slack


def _slack_words(detail: SlackFinding) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a value
    match detail:
        case slack.SlackNotSetUp():
            return "not set up; the command line works without"
        case slack.BotSignedIn(bot, workspace, workspace_id):
            return f"the bot is @{bot} in {workspace} ({workspace_id})"
        case slack.SlackTokenAccepted():
            return "Slack offers a connection; serve says if Socket Mode is off"
        case slack.ScopesUnknown():
            return "Slack did not tell which scopes the bot token has"
        case slack.ScopesMissing(scopes):
            lacking = ", ".join(f"{scope} ({_scope_use(scope)})" for scope in scopes)
            return f"the bot token lacks {lacking}"
        case slack.AllScopesGranted():
            return "the bot token has all that are needed"
        case slack.NoReportChannel():
            return "no entry of `reports` has a `channel`: no plan can be approved in Slack"
        case slack.ChannelArchived():
            return "it is archived"
        case slack.BotNotInChannel():
            return "the bot is not in it: reports can be posted, but no file with the whole list"
        case slack.BotInChannel():
            return "the bot is in it"
        case slack.AllMembersMayApprove():
            return "every full member of the workspace may approve"
        case slack.ApproverGroupEmpty():
            return "nobody is in the user group"
        case slack.ApproverGroupHasMembers(members):
            return f"in the user group: {count(members, 'member')}"
        case slack.ApproverUnknown(error):
            return error.text
        case slack.OutsiderMayApprove():
            return "belongs to another workspace, and may approve"
        case slack.GuestMayApprove():
            return "is a guest of the workspace, and may approve"
        case slack.MemberMayApprove():
            return "is a full member of the workspace"
        case _:
            assert_never(detail)


def _slack_fix(detail: SlackFinding) -> str | None:  # noqa: PLR0911 - one case a value
    match detail:
        case (
            slack.SlackNotSetUp()
            | slack.BotSignedIn()
            | slack.SlackTokenAccepted()
            | slack.AllScopesGranted()
            | slack.BotInChannel()
            | slack.AllMembersMayApprove()
            | slack.ApproverGroupHasMembers()
            | slack.MemberMayApprove()
        ):
            return None
        case slack.ScopesUnknown():
            return "compare them with manifest.yml"
        case slack.ScopesMissing():
            return (
                "add what is missing in the app's settings under OAuth & Permissions "
                "(manifest.yml has all of them), and install the app again"
            )
        case slack.NoReportChannel():
            return "name one under `reports`"
        case slack.ChannelArchived():
            return "name another, or bring it back"
        case slack.BotNotInChannel(bot):
            return f"type there: /invite @{bot}"
        case slack.ApproverGroupEmpty():
            return "add the people who approve"
        case slack.ApproverUnknown():
            return "take them out of `approvers`, or mend the id"
        case slack.OutsiderMayApprove() | slack.GuestMayApprove():
            return OTHER_APPROVER
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
            return "the whole list, in a report's thread"
        case SlackScope.GROUPS_READ:
            return "private channels that the settings name"
        case SlackScope.USERGROUPS_READ:
            return "who is in a group of approvers"
        case SlackScope.USERS_READ:
            return "who is a guest, or of another workspace"
        case _:
            assert_never(scope)
