"""Looks at the app as it is installed, and at what the settings name in the workspace. Changes
nothing, and takes no payload from a bot that runs: no connection is made."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.core.errors import RequestError, ServiceError
from bot.core.findings import Finding, failed, ok, warning
from bot.render.words import count
from bot.slack.calls import SlackError, in_words
from bot.slack.channels import look_up
from bot.slack.line import about_app_token
from bot.slack.people import People
from bot.slack.scopes import HEADER, missing

AS_IT_SAYS = "do as it says, then run ecr-clean doctor again"
TO_SCOPES = (
    "add what is missing in the app's settings under OAuth & Permissions (manifest.yml has all "
    "of them), and install the app again"
)


@dataclass(frozen=True, slots=True)
class Examination:
    """`open_client` and `app_token` raise RequestError if the environment lacks what they take.
    `channels`: as the settings name them; `approvers`: all of the settings."""

    open_client: Callable[[], WebClient]
    app_token: Callable[[], str]
    channels: Collection[str]
    approvers: Collection[str]

    def findings(self) -> Iterator[Finding]:
        """No failure hides another, except that nothing can be asked without a bot's token."""
        try:
            client = self.open_client()
            with in_words("Asking who the bot is"):
                answer = client.auth_test()
        except (RequestError, SlackError) as error:
            yield _unwell("Slack bot token", "SLACK_BOT_TOKEN", error)
            return
        name, workspace = f"@{answer['user']}", str(answer["team_id"])
        place = f"{answer['team']} ({workspace})"
        yield ok("Slack bot token", "SLACK_BOT_TOKEN", f"the bot is {name} in {place}")
        yield _connections(client, self.app_token)
        yield _scopes(answer, place)
        yield from _channels(client, self.channels, name)
        yield from _approvers(People(client, workspace, ()), workspace, self.approvers)


def _connections(client: WebClient, app_token: Callable[[], str]) -> Finding:
    check, scope = "Slack app token", "SLACK_APP_TOKEN"
    try:
        token = app_token()
        with in_words("Asking for a connection"):
            client.apps_connections_open(app_token=token)
    except RequestError as error:
        return _unwell(check, scope, error)
    except SlackError as error:
        return _unwell(check, scope, about_app_token(error))
    return ok(check, scope, "Slack offers a connection; serve says if Socket Mode is off")


def _scopes(answer: SlackResponse, place: str) -> Finding:
    check = "Slack scopes"
    headers = {name.lower(): value for name, value in answer.headers.items()}
    if HEADER not in headers:
        detail = "Slack did not tell which scopes the bot token has"
        return warning(check, place, detail, "compare them with manifest.yml")
    lacking = missing(headers[HEADER])
    if not lacking:
        return ok(check, place, "the bot token has all that are needed")
    told = ", ".join(f"{scope} ({use})" for scope, use in lacking.items())
    return failed(check, place, f"the bot token lacks {told}", TO_SCOPES)


def _channels(client: WebClient, channels: Collection[str], bot: str) -> Iterator[Finding]:
    check = "Slack channel"
    if not channels:
        detail = "no entry of `reports` has a `channel`: no plan can be approved in Slack"
        yield warning(check, "reports", detail, "name one under `reports`")
        return
    try:
        found = look_up(client, channels)
    except SlackError as error:
        yield _unwell(check, "all", error)
        return
    for channel, answer in found.items():
        if isinstance(answer, RequestError):
            yield _unwell(check, channel, answer)
        else:
            yield _channel(client, channel, answer, bot)


def _channel(client: WebClient, name: str, channel_id: str, bot: str) -> Finding:
    check = "Slack channel"
    try:
        with in_words("Looking at the channel"):
            channel = client.conversations_info(channel=channel_id)["channel"]
    except SlackError as error:
        return _unwell(check, name, error)
    if channel.get("is_archived"):
        return failed(check, name, "it is archived", "name another, or bring it back")
    if not channel.get("is_member"):
        return warning(
            check,
            name,
            "the bot is not in it: reports can be posted, but no file with the whole list",
            f"type there: /invite {bot}",
        )
    return ok(check, name, "the bot is in it")


def _approvers(people: People, workspace: str, approvers: Collection[str]) -> Iterator[Finding]:
    if not approvers:
        yield ok("Slack approvers", "all", "every full member of the workspace may approve")
    for approver in approvers:
        if approver.startswith("S"):
            yield _group(people, approver)
        elif not approver.startswith("arn:"):
            yield _person(people, workspace, approver)


def _group(people: People, group: str) -> Finding:
    check = "Slack approvers"
    try:
        members = people.members(group)
    except SlackError as error:
        return _unwell(check, group, error)
    if not members:
        return warning(check, group, "nobody is in the user group", "add the people who approve")
    return ok(check, group, f"in the user group: {count(len(members), 'member')}")


def _person(people: People, workspace: str, user: str) -> Finding:
    check, others = "Slack approvers", "name somebody else, unless that is meant"
    try:
        person = people.person(user, workspace)
    except RequestError as error:
        return failed(check, user, str(error), "take them out of `approvers`, or mend the id")
    except SlackError as error:
        return _unwell(check, user, error)
    if person.workspace != workspace:
        return warning(check, user, "belongs to another workspace, and may approve", others)
    if person.is_guest:
        return warning(check, user, "is a guest of the workspace, and may approve", others)
    return ok(check, user, "is a full member of the workspace")


def _unwell(check: str, scope: str, error: RequestError | ServiceError) -> Finding:
    if isinstance(error, SlackError) and error.code == "ratelimited":
        return warning(check, scope, str(error), AS_IT_SAYS)
    return failed(check, scope, str(error), AS_IT_SAYS)
