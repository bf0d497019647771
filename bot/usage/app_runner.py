"""AWS App Runner: the image of every service."""

from collections.abc import Iterator

from bot.aws.places import Answer, AwsPlace, absence
from bot.core.usage import Sighting
from bot.usage.aws_service import AwsServiceSource, sightings_of_each

_PAGE = 20
"""The most that App Runner lists at once: API reference, ListServices, MaxResults."""

_IS_GONE = absence("ResourceNotFoundException")
"""A service that was deleted since it was listed."""


def app_runner_source(place: AwsPlace) -> AwsServiceSource:
    return AwsServiceSource("app_runner", "App Runner", "apprunner", app_runner_sightings, place)


def app_runner_sightings(place: AwsPlace) -> Iterator[Sighting]:
    """Also of services that are paused: they can be resumed."""

    def sightings_of(arn: str) -> Iterator[Sighting]:
        answer = place.find("apprunner", "describe_service", _IS_GONE, ServiceArn=arn)
        if answer and answer["Service"]["Status"] != "DELETED":
            yield from _sightings(answer["Service"])

    listed = place.pages("apprunner", "list_services", "ServiceSummaryList", MaxResults=_PAGE)
    return sightings_of_each((service["ServiceArn"] for service in listed), sightings_of)


def _sightings(service: Answer) -> Iterator[Sighting]:
    """A service comes either from an image or from code (API reference, SourceConfiguration)."""
    source = service["SourceConfiguration"]
    if "ImageRepository" in source or "CodeRepository" not in source:
        image = source["ImageRepository"]["ImageIdentifier"]
        yield Sighting(image, f"App Runner service {service['ServiceName']}")
