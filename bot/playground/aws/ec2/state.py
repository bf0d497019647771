"""The Regions that an account has enabled."""

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
OPT_IN_REGIONS = {"aws": ("af-south-1", "ap-east-1", "eu-south-1", "eu-south-2", "me-south-1")}
"""Some of the Regions that need an opt-in."""


class RegionOptIns:
    """The opt-in status of each Region of a partition, for one account."""

    def __init__(self, location: AccountRegion) -> None:
        """`location.region`: the partition."""
        self.location = location
        self.partition = location.region
        self._opted_in: set[str] = set()

    @locked
    def opt_in(self, region: str) -> None:
        if region not in OPT_IN_REGIONS.get(self.partition, ()):
            raise ValueError(f"{region} is not an opt-in Region of the stand-in")
        self._opted_in.add(region)

    @property
    def status(self) -> dict[str, str]:
        optional = {
            region: "opted-in" if region in self._opted_in else "not-opted-in"
            for region in OPT_IN_REGIONS.get(self.partition, ())
        }
        enabled = dict.fromkeys(ALWAYS_ENABLED[self.partition], "opt-in-not-required")
        return dict(sorted((enabled | optional).items()))
