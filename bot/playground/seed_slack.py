"""The users and channels of the example company in Slack."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.playground.slack.workspace_client import SimulatedUser, WorkspaceClient


@dataclass(frozen=True)
class UsersAndChannels:
    """The users, the IDs of the channels, and the ID of the approvers' user group.

    - mia leads the platform team; ravi is on call. Both are approvers.
    - tom is a developer of the shop; lena is a data scientist.
    - jo is a contractor and a guest in one channel.
    """

    mia: SimulatedUser
    ravi: SimulatedUser
    tom: SimulatedUser
    lena: SimulatedUser
    jo: SimulatedUser
    platform: str
    shop: str
    payments: str
    data: str
    approvers: str


def seed_users_and_channels(workspace: WorkspaceClient, now: datetime) -> UsersAndChannels:
    """Creates users, channels and messages. Needs a workspace without messages of the last hour."""
    add = workspace.add_user
    mia = add("mia", real_name="Mia Brandt · Platform", tz="Europe/Berlin", is_admin=True)
    ravi = add("ravi", real_name="Ravi Nair · SRE on call", tz="Asia/Kolkata")
    tom = add("tom", real_name="Tom Okafor · Shop", tz="Europe/London")
    lena = add("lena", real_name="Lena Sørensen · Data science", tz="Europe/Copenhagen")
    jo = add("jo", real_name="Jo Kim · Contractor", tz="America/New_York", is_restricted=True)
    members = [mia, ravi, tom, lena]
    company = UsersAndChannels(
        mia=mia,
        ravi=ravi,
        tom=tom,
        lena=lena,
        jo=jo,
        platform=workspace.add_channel("platform", members),
        shop=workspace.add_channel("shop", [mia, ravi, tom, jo]),
        payments=workspace.add_channel("payments", [mia, ravi, tom]),
        data=workspace.add_channel("data-science", [mia, lena]),
        approvers=workspace.add_user_group("image-approvers", [mia, ravi]),
    )
    _write_messages(workspace, company, now)
    return company


def _write_messages(workspace: WorkspaceClient, company: UsersAndChannels, now: datetime) -> None:
    """Writes messages dated within the last hour."""
    said = [
        (
            50,
            company.mia,
            company.platform,
            "Our registries cost more than the clusters that use them.",
        ),
        (
            48,
            company.ravi,
            company.platform,
            "The last clean-up script deleted `shop/api:1.12.0`, which was in use.",
        ),
        (
            46,
            company.mia,
            company.platform,
            "From today a bot proposes deletions every week, and we approve them.",
        ),
        (30, company.tom, company.shop, "Reminder: the partner checkout still runs 1.12.0."),
        (12, company.lena, company.data, "Please don't delete `train-58`. It is in production."),
        (9, company.ravi, company.payments, "Tonight's settlement job succeeded."),
    ]
    for minutes, who, channel, text in said:
        workspace.set_clock(now=(now - timedelta(minutes=minutes)).isoformat())
        who.writes(text, channel)
    workspace.set_clock()
