"""ListFunctions, GetFunction and ListAliases."""

from datetime import timedelta
from typing import Any

import pytest

from bot.playground.aws import AwsStandIn

from .helpers import NOW, MakeClient, image, pages, pushed, refused

TOKEN = ("Marker", "NextMarker")
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


@pytest.fixture
def digests(aws: AwsStandIn) -> list[str]:
    """The digests of `$LATEST`, version 1 and version 2; `live` is version 1."""
    world = aws.world.functions()
    images = [pushed(aws, tag) for tag in ("3.0", "1.0", "2.0")]
    world.create("thumbnailer", images[1][0])
    world.publish("thumbnailer")
    world.publish("thumbnailer", images[2][0])
    world.update("thumbnailer", images[0][0])
    world.alias("thumbnailer", "live", "1", weights={"2": 0.1})
    return [digest for _, digest in images]


def versions(functions: Any, **params: Any) -> list[tuple[str, str]]:
    return [
        (each["FunctionArn"], each["Version"])
        for each in functions.list_functions(**params)["Functions"]
    ]


@pytest.mark.usefixtures("digests")
def test_versions_are_listed_with_all(functions: Any) -> None:
    assert versions(functions) == [(ARN, "$LATEST")]
    assert versions(functions, FunctionVersion="ALL") == [
        (f"{ARN}:{each}", each) for each in ("$LATEST", "1", "2")
    ]
    [listed] = functions.list_functions()["Functions"]
    assert (listed["PackageType"], "Runtime" in listed, "State" in listed) == (
        "Image",
        False,
        False,
    )


@pytest.mark.parametrize(
    ("name", "qualifier", "number"),
    [
        ("thumbnailer", None, 0),
        ("thumbnailer", "$LATEST", 0),
        ("thumbnailer", "1", 1),
        ("thumbnailer", "live", 1),
        ("thumbnailer:2", None, 2),
        ("123456789012:function:thumbnailer", "2", 2),
        (f"{ARN}:live", None, 1),
        (f"{ARN}:2", "2", 2),
    ],
)
def test_a_function_by_name_or_arn(
    functions: Any, digests: list[str], name: str, qualifier: str | None, number: int
) -> None:
    given = {"Qualifier": qualifier} if qualifier else {}
    code = functions.get_function(FunctionName=name, **given)["Code"]
    assert code["ImageUri"].endswith(f"/team/api:{('3.0', '1.0', '2.0')[number]}")
    repository = code["ImageUri"].rpartition(":")[0]
    assert code["ResolvedImageUri"] == f"{repository}@{digests[number]}"


def test_a_function_keeps_the_digest_when_the_tag_moves(
    aws: AwsStandIn, functions: Any, digests: list[str]
) -> None:
    aws.world.push(aws.world.repository("team/api"), image("other"), tags=["3.0"])
    shown = functions.get_function(FunctionName="thumbnailer")
    assert shown["Code"]["ResolvedImageUri"].endswith(digests[0])
    assert shown["Configuration"]["LastModified"] == "2026-11-23T12:00:00.000+0000"
    assert shown["Configuration"]["State"] == "Active"


def test_a_zip_file_has_no_image(aws: AwsStandIn, functions: Any) -> None:
    aws.world.functions().create("script")
    shown = functions.get_function(FunctionName="script")
    assert shown["Configuration"]["PackageType"] == "Zip"
    assert not {"ImageUri", "ResolvedImageUri"} & shown["Code"].keys()


@pytest.mark.usefixtures("digests")
@pytest.mark.parametrize(
    "params",
    [
        {"FunctionName": "no"},
        {"FunctionName": "thumbnailer", "Qualifier": "3"},
        {"FunctionName": "thumbnailer", "Qualifier": "dev"},
        {"FunctionName": ARN.replace("eu-west-1", "us-east-1")},
    ],
)
def test_unknown_names(functions: Any, params: dict[str, str]) -> None:
    code, message = refused(functions.get_function, **params)
    assert code == "ResourceNotFoundException"
    assert message.startswith("Function not found: arn:aws:lambda:")


@pytest.mark.usefixtures("digests")
def test_the_number_of_a_deleted_version_is_not_used_again(aws: AwsStandIn, functions: Any) -> None:
    world = aws.world.functions()
    world.unpublish("thumbnailer", "2")
    assert refused(functions.get_function, FunctionName="thumbnailer:2")[0] == (
        "ResourceNotFoundException"
    )
    assert world.publish("thumbnailer", at=NOW - timedelta(days=1)).version == "3"


@pytest.mark.usefixtures("digests")
def test_two_qualifiers_must_be_equal(functions: Any) -> None:
    code, _ = refused(functions.get_function, FunctionName="thumbnailer:2", Qualifier="1")
    assert code == "InvalidParameterValueException"


def test_aliases(aws: AwsStandIn, functions: Any, digests: list[str]) -> None:
    del digests
    aws.world.functions().alias("thumbnailer", "next", "2")

    live, later = functions.list_aliases(FunctionName=ARN)["Aliases"]

    assert (live["AliasArn"], live["FunctionVersion"]) == (f"{ARN}:live", "1")
    assert live["RoutingConfig"]["AdditionalVersionWeights"] == {"2": 0.1}
    assert (later["Name"], "RoutingConfig" in later) == ("next", False)
    [found] = functions.list_aliases(FunctionName="thumbnailer", FunctionVersion="2")["Aliases"]
    assert found["Name"] == "next"
    assert refused(functions.list_aliases, FunctionName="no")[0] == "ResourceNotFoundException"


def test_at_most_50_per_page(aws: AwsStandIn, functions: Any) -> None:
    world = aws.world.functions()
    for number in range(120):
        world.create(f"f{number}")
    for number in range(55):
        world.alias("f1", f"a{number}", "$LATEST")

    def sizes(**params: Any) -> list[int]:
        return pages(functions.list_functions, "Functions", TOKEN, **params)

    assert sizes() == sizes(MaxItems=10000) == [50, 50, 20]
    assert sizes(MaxItems=40, FunctionVersion="ALL") == [40, 40, 40]
    assert pages(functions.list_aliases, "Aliases", TOKEN, FunctionName="f1") == [50, 5]
    marker = functions.list_functions(MaxItems=1)["NextMarker"]
    for params in ({"FunctionVersion": "ALL", "Marker": marker}, {"Marker": "x"}):
        assert refused(functions.list_functions, **params)[0] == "InvalidParameterValueException"


def test_limits(make_client: MakeClient) -> None:
    unchecked = make_client("lambda", checked=False)
    assert refused(unchecked.list_functions, MaxItems=10001) == (
        "ValidationException",
        "1 validation error detected: Value '10001' at 'maxItems' failed to satisfy constraint: "
        "Member must have value less than or equal to 10000",
    )
    assert refused(unchecked.list_functions, MaxItems=0)[0] == "ValidationException"
    assert refused(unchecked.list_functions, FunctionVersion="SOME")[0] == "ValidationException"
    assert refused(unchecked.list_functions, MaxItems="x")[0] == "SerializationException"


@pytest.mark.usefixtures("digests")
def test_functions_of_lambda_at_edge(functions: Any) -> None:
    assert versions(functions, MasterRegion="us-east-1", FunctionVersion="ALL") == []
    assert refused(functions.list_functions, MasterRegion="us-east-1")[0] == (
        "InvalidParameterValueException"
    )


@pytest.mark.usefixtures("digests")
def test_errors_of_rest_services_have_their_status(
    aws: AwsStandIn, functions: Any, make_client: MakeClient
) -> None:
    aws.world.deny("lambda:GetFunction", resource=f"{ARN}:1")
    aws.world.faults.throttle(
        operation="ListFunctions", error="TooManyRequestsException", status=429
    )
    functions.get_function(FunctionName="thumbnailer")
    refused(functions.get_function, FunctionName="thumbnailer", Qualifier="1")
    refused(functions.list_functions)
    refused(make_client("lambda", key="who").list_functions)

    assert [(call.error, call.status) for call in aws.world.calls] == [
        (None, 200),
        ("AccessDeniedException", 403),
        ("TooManyRequestsException", 429),
        ("UnrecognizedClientException", 403),
    ]


def test_invalid_arguments(aws: AwsStandIn) -> None:
    world = aws.world.functions()
    world.create("f")
    with pytest.raises(ValueError, match="function f already exists"):
        world.create("f")
    with pytest.raises(ValueError, match="give its digest"):
        world.create("g", "nginx:1")
    with pytest.raises(ValueError, match="no version 7"):
        world.alias("f", "live", "7")
    with pytest.raises(TypeError, match="unknown option color"):
        world.publish("f", color="red")  # type: ignore[call-arg]


def test_a_given_digest(aws: AwsStandIn) -> None:
    code = aws.world.functions().create("f", "r/x:5000", digest="sha256:1").latest
    assert code.resolved_image == "r/x@sha256:1"
