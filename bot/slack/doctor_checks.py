"""The doctor's checks of the installed app, and of the channels and approvers in the settings. They
change nothing and open no connection, so a running bot misses no payload."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.core.approver_arns import is_arn_pattern
from bot.core.doctor_findings import (
    AllMembersMayApprove,
    AllScopesGranted,
    ApproverGroupEmpty,
    ApproverGroupHasMembers,
    ApproverHandleAmbiguous,
    ApproverUnknown,
    BotInChannel,
    BotNotInChannel,
    BotSignedIn,
    CallFailed,
    ChannelArchived,
    DoctorFinding,
    GuestMayApprove,
    HandleOfMember,
    HandleOfNonMember,
    HandleUnknown,
    MemberMayApprove,
    NoReportChannel,
    OutsiderMayApprove,
    ScopesMissing,
    ScopesUnknown,
    SlackTokenAccepted,
    failed,
    ok,
    warning,
)
from bot.core.errors import ErrorText, RequestError, ServiceError
from bot.core.permissions import needs_lookup
from bot.slack.api import SCOPES_HEADER, SlackError, calling, missing_scopes
from bot.slack.directory import SlackUsers, look_up_channels
from bot.slack.socket_mode import with_app_token_fix


@dataclass(frozen=True, slots=True)
class SlackChecks:
    """The doctor's checks of Slack. `open_client` and `app_token` raise RequestError if the
    environment lacks a token. `channels` and `approvers`: as the settings name them."""

    open_client: Callable[[], WebClient]
    app_token: Callable[[], str]
    channels: Collection[str]
    approvers: Collection[str]

    def findings(self) -> Iterator[DoctorFinding]:
        """Runs every check, unless there is no valid bot token."""
        try:
            client = self.open_client()
            with calling("Identifying the bot"):
                answer = client.auth_test()
        except (RequestError, SlackError) as error:
            yield _call_failed("Slack bot token", "SLACK_BOT_TOKEN", error)
            return
        bot, team, workspace = (str(answer[key]) for key in ("user", "team", "team_id"))
        yield ok("Slack bot token", "SLACK_BOT_TOKEN", BotSignedIn(bot, team, workspace))
        yield _app_token(client, self.app_token)
        yield _scopes(answer, f"{team} ({workspace})")
        yield from _channels(client, self.channels, bot)
        users = SlackUsers(client, workspace, [*filter(needs_lookup, self.approvers)])
        yield from _approvers(users, workspace, self.approvers)


def _app_token(client: WebClient, app_token: Callable[[], str]) -> DoctorFinding:
    check, scope = "Slack app token", "SLACK_APP_TOKEN"
    try:
        token = app_token()
        with calling("Requesting a connection"):
            client.apps_connections_open(app_token=token)
    except RequestError as error:
        return _call_failed(check, scope, error)
    except SlackError as error:
        return _call_failed(check, scope, with_app_token_fix(error))
    return ok(check, scope, SlackTokenAccepted())


def _scopes(answer: SlackResponse, place: str) -> DoctorFinding:
    check = "Slack scopes"
    headers = {name.lower(): value for name, value in answer.headers.items()}
    if SCOPES_HEADER not in headers:
        return warning(check, place, ScopesUnknown())
    if lacking := missing_scopes(headers[SCOPES_HEADER]):
        return failed(check, place, ScopesMissing(lacking))
    return ok(check, place, AllScopesGranted())


def _channels(client: WebClient, channels: Collection[str], bot: str) -> Iterator[DoctorFinding]:
    check = "Slack channel"
    if not channels:
        yield warning(check, "reports", NoReportChannel())
        return
    try:
        found = look_up_channels(client, channels)
    except SlackError as error:
        yield _call_failed(check, "all", error)
        return
    for channel, answer in found.items():
        if isinstance(answer, RequestError):
            yield _call_failed(check, channel, answer)
        else:
            yield _channel(client, channel, answer, bot)


def _channel(client: WebClient, name: str, channel_id: str, bot: str) -> DoctorFinding:
    check = "Slack channel"
    try:
        with calling("Reading the channel"):
            channel = client.conversations_info(channel=channel_id)["channel"]
    except SlackError as error:
        return _call_failed(check, name, error)
    if channel.get("is_archived"):
        return failed(check, name, ChannelArchived())
    if not channel.get("is_member"):
        return warning(check, name, BotNotInChannel(bot))
    return ok(check, name, BotInChannel())


def _approvers(
    users: SlackUsers, workspace: str, approvers: Collection[str]
) -> Iterator[DoctorFinding]:
    if not approvers:
        yield ok("Slack approvers", "all", AllMembersMayApprove())
    for approver in approvers:
        if approver.startswith("@"):
            yield _handle(users, workspace, approver)
        elif approver.startswith("S"):
            yield _group(users, approver)
        elif not is_arn_pattern(approver):
            yield _person(users, workspace, approver)


def _handle(users: SlackUsers, workspace: str, handle: str) -> DoctorFinding:
    check = "Slack approvers"
    try:
        owners = users.owners(handle)
    except SlackError as error:
        return _call_failed(check, handle, error)
    if owners.only is None:
        every = (*owners.users, *owners.groups)
        return failed(check, handle, ApproverHandleAmbiguous(every) if every else HandleUnknown())
    if owners.groups:
        return _group(users, owners.only, shown=handle)
    return _owner(users, workspace, handle, owners.only)


def _owner(users: SlackUsers, workspace: str, handle: str, user: str) -> DoctorFinding:
    """Only full members may approve by their handle."""
    found = replace(_person(users, workspace, user), scope=handle)
    match found.detail:
        case MemberMayApprove():
            return ok(found.check, handle, HandleOfMember(user))
        case OutsiderMayApprove() | GuestMayApprove():
            return failed(found.check, handle, HandleOfNonMember(user))
    return found


def _group(users: SlackUsers, group: str, shown: str | None = None) -> DoctorFinding:
    """`shown`: how the settings name the group."""
    check, scope = "Slack approvers", shown or group
    try:
        members = users.members(group)
    except SlackError as error:
        return _call_failed(check, scope, error)
    if not members:
        return warning(check, scope, ApproverGroupEmpty())
    return ok(check, scope, ApproverGroupHasMembers(len(members)))


def _person(users: SlackUsers, workspace: str, user: str) -> DoctorFinding:
    check = "Slack approvers"
    try:
        person = users.person(user, workspace)
    except RequestError as error:
        return failed(check, user, ApproverUnknown(ErrorText.of(error)))
    except SlackError as error:
        return _call_failed(check, user, error)
    if person.workspace != workspace:
        return warning(check, user, OutsiderMayApprove())
    if person.is_guest:
        return warning(check, user, GuestMayApprove())
    return ok(check, user, MemberMayApprove())


def _call_failed(check: str, scope: str, error: RequestError | ServiceError) -> DoctorFinding:
    is_temporary = isinstance(error, SlackError) and error.code == "ratelimited"
    report = warning if is_temporary else failed
    return report(check, scope, CallFailed(ErrorText.of(error)))
