"""AWS App Runner: the images of all services."""

from collections.abc import Iterator

from bot.aws.aws_api import AwsAnswer, AwsApi, error_with
from bot.core.usage import ImageUse
from bot.usage.aws_service import AwsServiceSource, image_uses_of_each

_PAGE = 20
"""Largest page of App Runner: API reference, ListServices, MaxResults."""

_NOT_FOUND = error_with("ResourceNotFoundException")
"""The service was deleted after it was listed."""


def app_runner_source(aws: AwsApi) -> AwsServiceSource:
    return AwsServiceSource("app_runner", "App Runner", "apprunner", app_runner_image_uses, aws)


def app_runner_image_uses(aws: AwsApi) -> Iterator[ImageUse]:
    """Includes paused services, since they can be resumed."""

    def image_uses_of(arn: str) -> Iterator[ImageUse]:
        answer = aws.find("apprunner", "describe_service", _NOT_FOUND, ServiceArn=arn)
        if answer and answer["Service"]["Status"] != "DELETED":
            yield from _image_uses(answer["Service"])

    listed = aws.pages("apprunner", "list_services", "ServiceSummaryList", MaxResults=_PAGE)
    return image_uses_of_each((service["ServiceArn"] for service in listed), image_uses_of)


def _image_uses(service: AwsAnswer) -> Iterator[ImageUse]:
    """A service runs an image or source code (API reference, SourceConfiguration)."""
    source = service["SourceConfiguration"]
    if "ImageRepository" in source or "CodeRepository" not in source:
        image = source["ImageRepository"]["ImageIdentifier"]
        yield ImageUse(image, f"App Runner service {service['ServiceName']}")
