"""Who works at the company, and where they talk."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.playground.slack.remote import Person, RemoteWorkspace


@dataclass(frozen=True)
class Cast:
    """People, and ids of channels and of the user group of approvers.

    - mia leads the platform team and approves, like ravi, who is on call.
    - tom develops the shop; lena does the data science.
    - jo is a contractor: a guest of some channels.
    """

    mia: Person
    ravi: Person
    tom: Person
    lena: Person
    jo: Person
    platform: str
    shop: str
    payments: str
    data: str
    approvers: str


def seed_people(workspace: RemoteWorkspace, now: datetime) -> Cast:
    """It has to be a workspace in which nobody has written anything since an hour before now."""
    add = workspace.add_person
    mia = add("mia", real_name="Mia Brandt · Platform", tz="Europe/Berlin", is_admin=True)
    ravi = add("ravi", real_name="Ravi Nair · SRE on call", tz="Asia/Kolkata")
    tom = add("tom", real_name="Tom Okafor · Shop", tz="Europe/London")
    lena = add("lena", real_name="Lena Sørensen · Data science", tz="Europe/Copenhagen")
    jo = add("jo", real_name="Jo Kim · Contractor", tz="America/New_York", is_restricted=True)
    everybody = [mia, ravi, tom, lena]
    cast = Cast(
        mia=mia,
        ravi=ravi,
        tom=tom,
        lena=lena,
        jo=jo,
        platform=workspace.add_channel("platform", everybody),
        shop=workspace.add_channel("shop", [mia, ravi, tom, jo]),
        payments=workspace.add_channel("payments", [mia, ravi, tom]),
        data=workspace.add_channel("data-science", [mia, lena]),
        approvers=workspace.add_user_group("image-approvers", [mia, ravi]),
    )
    _talk(workspace, cast, now)
    return cast


def _talk(workspace: RemoteWorkspace, cast: Cast, now: datetime) -> None:
    """What was said within the last hour."""
    said = [
        (50, cast.mia, cast.platform, "The registries cost more than the clusters that pull."),
        (48, cast.ravi, cast.platform, "Last clean-up by script took `shop/api:1.12.0` with it…"),
        (46, cast.mia, cast.platform, "From today a bot reports every week, and we decide."),
        (30, cast.tom, cast.shop, "We still run 1.12.0 for the partners' checkout, by the way."),
        (12, cast.lena, cast.data, "Whoever deletes `train-58`: it is live."),
        (9, cast.ravi, cast.payments, "Settlement ran fine tonight."),
    ]
    for minutes, who, channel, text in said:
        workspace.set_clock(now=(now - timedelta(minutes=minutes)).isoformat())
        who.writes(text, channel)
    workspace.set_clock()
