"""Requests and answers are checked against botocore's model."""

from typing import TYPE_CHECKING, Any

import pytest

from bot.playground.aws import AwsStandIn
from bot.playground.aws.errors import StandInBugError
from bot.playground.aws.request_handler import SERVICES
from bot.playground.aws.service_models import service_model
from bot.playground.aws.validation import check_answer, violations

from .helpers import MISSING, MakeClient, image, refused

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from types_boto3_ecr import ECRClient


@pytest.fixture
def unchecked(make_client: MakeClient) -> Any:
    """A client without parameter validation."""
    return make_client("ecr", checked=False)


@pytest.fixture(autouse=True)
def _repository(aws: AwsStandIn) -> None:
    aws.world.push(aws.world.create_repository("team/api"), image("one"))


def invalid(parameter: str, constraint: str) -> tuple[str, str]:
    return (
        "InvalidParameterException",
        f"Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'",
    )


@pytest.mark.parametrize("operation", ["batch_get_image", "batch_delete_image", "describe_images"])
def test_100_image_ids_per_call(ecr: "ECRClient", operation: str) -> None:
    call = getattr(ecr, operation)
    ids = [{"imageDigest": MISSING}] * 101

    assert refused(call, repositoryName="team/api", imageIds=ids) == invalid(
        "imageIds", "Member must have length less than or equal to 100"
    )
    if operation != "describe_images":
        assert len(call(repositoryName="team/api", imageIds=ids[:100])["failures"]) == 100


@pytest.mark.parametrize(
    ("operation", "params", "most"),
    [
        ("describe_images", {"repositoryName": "team/api"}, 1000),
        ("list_images", {"repositoryName": "team/api"}, 1000),
        ("describe_repositories", {}, 1000),
        ("list_pull_time_update_exclusions", {}, 1000),
        (
            "list_image_referrers",
            {"repositoryName": "team/api", "subjectId": {"imageDigest": MISSING}},
            50,
        ),
    ],
)
def test_results_per_page(
    ecr: "ECRClient", operation: str, params: dict[str, Any], most: int
) -> None:
    call = getattr(ecr, operation)
    call(**params, maxResults=most)
    assert refused(call, **params, maxResults=most + 1) == invalid(
        "maxResults", f"Member must have value less than or equal to {most}"
    )


def test_minimums_are_checked_without_botocore(unchecked: Any) -> None:
    assert refused(unchecked.describe_repositories, maxResults=0) == invalid(
        "maxResults", "Member must have value greater than or equal to 1"
    )
    assert refused(unchecked.batch_get_image, repositoryName="team/api", imageIds=[]) == invalid(
        "imageIds", "Member must have length greater than or equal to 1"
    )


def test_100_repository_names_per_call(ecr: "ECRClient") -> None:
    code, message = refused(ecr.describe_repositories, repositoryNames=["team/api"] * 101)
    assert (code, message) == invalid(
        "repositoryNames", "Member must have length less than or equal to 100"
    )


def test_required_members(unchecked: Any) -> None:
    assert refused(unchecked.describe_images) == invalid(
        "repositoryName", "Member must not be null"
    )


@pytest.mark.parametrize("name", ["Team/api", "team//api", "team/api\n", "-team"])
def test_patterns_match_in_full(ecr: "ECRClient", name: str) -> None:
    code, message = refused(ecr.describe_images, repositoryName=name)
    assert code == "InvalidParameterException"
    assert "regular expression pattern" in message


def test_enumerations(ecr: "ECRClient") -> None:
    wanted: Any = {"imageStatus": "GONE"}
    assert refused(ecr.describe_images, repositoryName="team/api", filter=wanted) == invalid(
        "filter.imageStatus",
        "Member must satisfy enum value set: [ACTIVE, ARCHIVED, ACTIVATING, ANY]",
    )


def test_lengths_inside_lists(ecr: "ECRClient") -> None:
    code, message = refused(
        ecr.batch_get_image, repositoryName="team/api", imageIds=[{"imageTag": "x" * 301}]
    )
    assert (code, message) == invalid(
        "imageIds.1.member.imageTag", "Member must have length less than or equal to 300"
    )


def _shape(service: str, operation: str) -> Any:
    model: OperationModel = service_model(service).operation_model(operation)
    return model.input_shape


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"repositoryName": "team/api", "colour": "red"}, "colour"),
        ({"repositoryName": 5}, "repositoryName"),
        ({"repositoryName": "team/api", "maxResults": True}, "maxResults"),
        ({"repositoryName": "team/api", "imageIds": {}}, "imageIds"),
    ],
)
def test_unknown_members_and_wrong_types(params: dict[str, Any], path: str) -> None:
    [found] = violations(_shape("ecr", "DescribeImages"), params)
    assert found.path == path


def test_maps_are_checked() -> None:
    shape = _shape("lambda", "UpdateFunctionConfiguration")
    variables: dict[str, Any] = {"1st": "x", "GOOD": 5}

    found = violations(shape, {"FunctionName": "f", "Environment": {"Variables": variables}})

    assert [each.path for each in found] == [
        "Environment.Variables.1st.key",
        "Environment.Variables.GOOD.value",
    ]


def test_null_members_count_as_missing() -> None:
    params = {"repositoryName": "team/api", "nextToken": None}
    assert not list(violations(_shape("ecr", "DescribeImages"), params))


def test_every_operation_exists_in_the_model() -> None:
    for service in SERVICES.values():
        assert set(service.operations) <= set(service.model.operation_names)


@pytest.mark.parametrize(
    "answer",
    [
        {"imageDetails": "none"},
        {"imageDetails": [{"imageStatus": "GONE"}]},
        {"imageDetails": [{"registryId": "12"}]},
        {"imageDetails": [{"imagePushedAt": object()}]},
        {"images": [{}]},
    ],
)
def test_an_answer_that_does_not_fit_the_model_is_a_bug(answer: dict[str, Any]) -> None:
    shape = service_model("ecr").operation_model("DescribeImages").output_shape
    assert shape is not None
    with pytest.raises(StandInBugError):
        check_answer(shape, answer)
