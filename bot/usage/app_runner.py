"""AWS App Runner: the images of all services."""

from collections.abc import Iterator

from bot.aws.aws_api import AwsAnswer, AwsApi, error_with
from bot.core.usage import Sighting
from bot.usage.aws_service import AwsServiceSource, sightings_of_each

_PAGE = 20
"""Largest page of App Runner: API reference, ListServices, MaxResults."""

_NOT_FOUND = error_with("ResourceNotFoundException")
"""The service was deleted after it was listed."""


def app_runner_source(aws: AwsApi) -> AwsServiceSource:
    return AwsServiceSource("app_runner", "App Runner", "apprunner", app_runner_sightings, aws)


def app_runner_sightings(aws: AwsApi) -> Iterator[Sighting]:
    """Includes paused services, since they can be resumed."""

    def sightings_of(arn: str) -> Iterator[Sighting]:
        answer = aws.find("apprunner", "describe_service", _NOT_FOUND, ServiceArn=arn)
        if answer and answer["Service"]["Status"] != "DELETED":
            yield from _sightings(answer["Service"])

    listed = aws.pages("apprunner", "list_services", "ServiceSummaryList", MaxResults=_PAGE)
    return sightings_of_each((service["ServiceArn"] for service in listed), sightings_of)


def _sightings(service: AwsAnswer) -> Iterator[Sighting]:
    """A service runs an image or source code (API reference, SourceConfiguration)."""
    source = service["SourceConfiguration"]
    if "ImageRepository" in source or "CodeRepository" not in source:
        image = source["ImageRepository"]["ImageIdentifier"]
        yield Sighting(image, f"App Runner service {service['ServiceName']}")
