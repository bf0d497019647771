"""Lambda: the images of all versions of container functions."""

from collections import Counter

import pytest

from bot.core.usage import ImageUse
from bot.playground.aws import AwsStandIn, Fault
from bot.playground.aws.aws_lambda.state import LambdaState
from bot.usage.aws_lambda import LambdaSource
from tests.support import Shelf
from tests.usage.aws_support import PLACE, digest, image, open_aws_api, scan_source

pytestmark = pytest.mark.usefixtures("environment")

THUMBNAILER = image("team/api")


@pytest.fixture
def functions(aws: AwsStandIn) -> LambdaState:
    return aws.world.functions()


def image_uses() -> set[ImageUse]:
    return scan_source(LambdaSource(open_aws_api()))


def test_name_and_scope_of_the_source() -> None:
    source = LambdaSource(open_aws_api())
    assert (source.name, source.scope) == ("lambda", PLACE)


def test_no_workloads() -> None:
    assert image_uses() == set()


def test_running_images_have_their_digest_after_the_tag_moved(
    functions: LambdaState, shelf: Shelf
) -> None:
    deployed = shelf.image("first", "1")
    functions.create("thumbnailer", THUMBNAILER)
    shelf.image("second", "1")
    assert image_uses() == {ImageUse(THUMBNAILER, "Lambda thumbnailer $LATEST", deployed)}


def test_all_versions_and_their_aliases(functions: LambdaState) -> None:
    functions.create("thumbnailer", THUMBNAILER, digest=digest(0))
    for n in (1, 2, 3):
        functions.publish("thumbnailer", image("team/api", str(n)), digest=digest(n))
    functions.alias("thumbnailer", "live", "1", weights={"2": 0.1})
    functions.alias("thumbnailer", "dev", "$LATEST")
    functions.alias("thumbnailer", "canary", "2")
    assert image_uses() == {
        ImageUse(image("team/api", "1"), "Lambda thumbnailer version 1 (alias live)", digest(1)),
        ImageUse(
            image("team/api", "2"), "Lambda thumbnailer version 2 (aliases canary, live)", digest(2)
        ),
        ImageUse(image("team/api", "3"), "Lambda thumbnailer version 3", digest(3)),
        ImageUse(image("team/api", "3"), "Lambda thumbnailer $LATEST (alias dev)", digest(3)),
    }


def test_an_image_that_was_deployed_by_digest(functions: LambdaState) -> None:
    pinned = f"{THUMBNAILER}@{digest(1)}"
    functions.create("thumbnailer", pinned, digest=digest(1))
    assert image_uses() == {ImageUse(pinned, "Lambda thumbnailer $LATEST", digest(1))}


def test_functions_from_zip_archives_have_no_image(aws: AwsStandIn, functions: LambdaState) -> None:
    functions.create("zipped")
    functions.publish("zipped")
    functions.alias("zipped", "live", "1")
    assert image_uses() == set()
    assert aws.world.calls.counts() == {"lambda:ListFunctions": 1}


def test_a_function_changed_from_zip_archive_to_image(functions: LambdaState) -> None:
    functions.create("thumbnailer")
    functions.publish("thumbnailer")
    functions.publish("thumbnailer", THUMBNAILER, digest=digest(1))
    functions.update("thumbnailer", None)
    assert image_uses() == {ImageUse(THUMBNAILER, "Lambda thumbnailer version 2", digest(1))}


@pytest.mark.parametrize(
    ("operation", "left"),
    [
        ("GetFunction", set()),
        ("ListAliases", {ImageUse(THUMBNAILER, "Lambda thumbnailer $LATEST", digest(1))}),
    ],
)
def test_a_resource_deleted_after_it_was_listed(
    aws: AwsStandIn, functions: LambdaState, operation: str, left: set[ImageUse]
) -> None:
    functions.create("thumbnailer", THUMBNAILER, digest=digest(1))
    aws.world.faults.add(Fault(operation=operation, error="ResourceNotFoundException", status=404))
    assert image_uses() == left


def test_more_than_one_page_of_everything(aws: AwsStandIn, functions: LambdaState) -> None:
    expected = set()
    for n in range(51):
        functions.create(f"f-{n}", image("f", str(n)), digest=digest(n))
        expected.add(ImageUse(image("f", str(n)), f"Lambda f-{n} $LATEST", digest(n)))
    for n in range(60):
        functions.publish("f-0", image("v", str(n)), digest=digest(100 + n))
        functions.alias("f-0", f"alias-{n:02}", str(n + 1))
        used_by = f"Lambda f-0 version {n + 1} (alias alias-{n:02})"
        expected.add(ImageUse(image("v", str(n)), used_by, digest(100 + n)))
    latest = ImageUse(image("v", "59"), "Lambda f-0 $LATEST", digest(159))
    replaced = ImageUse(image("f", "0"), "Lambda f-0 $LATEST", digest(0))
    assert image_uses() == (expected - {replaced}) | {latest}
    assert aws.world.calls.counts() == Counter(
        {"lambda:ListFunctions": 3, "lambda:ListAliases": 51 + 1, "lambda:GetFunction": 51 + 60}
    )
