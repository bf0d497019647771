"""Which Regions an account may use."""

from bot.playground.aws.account_regions import AccountRegion, locked

ALWAYS_ENABLED = {
    "aws": (
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    ),
    "aws-cn": ("cn-north-1", "cn-northwest-1"),
    "aws-us-gov": ("us-gov-east-1", "us-gov-west-1"),
}
BY_CHOICE = {"aws": ("af-south-1", "ap-east-1", "eu-south-1", "eu-south-2", "me-south-1")}
"""Regions that an account has to opt in to; some of those that there are."""


class RegionOptIns:
    """The opt-in status of every Region of a partition; the account's, wherever it is asked."""

    def __init__(self, place: AccountRegion) -> None:
        """`place.region` is the partition."""
        self.place = place
        self.partition = place.region
        self._chosen: set[str] = set()

    @locked
    def opt_in(self, region: str) -> None:
        if region not in BY_CHOICE.get(self.partition, ()):
            raise ValueError(f"{region} is no Region that accounts opt in to")
        self._chosen.add(region)

    @property
    def status(self) -> dict[str, str]:
        chosen = {
            region: "opted-in" if region in self._chosen else "not-opted-in"
            for region in BY_CHOICE.get(self.partition, ())
        }
        enabled = dict.fromkeys(ALWAYS_ENABLED[self.partition], "opt-in-not-required")
        return dict(sorted((enabled | chosen).items()))
