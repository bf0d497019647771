"""Service deployments and service revisions."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.playground.aws import AwsStandIn

from .helpers import NOW, image, pages, pushed, refused

OLD = datetime(2024, 10, 24, tzinfo=UTC)


def deployments(ecs: Any, **params: Any) -> list[Any]:
    answer = ecs.list_service_deployments(cluster="prod", service="api", **params)
    return list(answer["serviceDeployments"])


def revisions(ecs: Any, *arns: str) -> list[Any]:
    return list(ecs.describe_service_revisions(serviceRevisionArns=list(arns))["serviceRevisions"])


def test_a_revision_keeps_the_digest_of_its_deployment(aws: AwsStandIn, ecs: Any) -> None:
    reference, digest = pushed(aws, "1.0")
    aws.world.ecs().create_service("prod", "api", [reference, "nginx:1"])
    aws.world.push(aws.world.repository("team/api"), image("other"), tags=["1.0"])
    [service] = ecs.describe_services(cluster="prod", services=["api"])["services"]

    [revision] = revisions(ecs, service["currentServiceRevisions"][0]["arn"])

    assert revision["taskDefinition"] == service["taskDefinition"]
    assert revision["containerImages"] == [
        {"containerName": "app", "image": reference, "imageDigest": digest},
        {"containerName": "sidecar-1", "image": "nginx:1"},
    ]


def test_without_version_consistency_there_are_no_digests(aws: AwsStandIn, ecs: Any) -> None:
    reference, digest = pushed(aws, "1.0")
    world = aws.world.ecs()
    world.register("api", [reference], version_consistency=False)
    world.create_service("prod", "api")

    [brief] = deployments(ecs)
    [revision] = revisions(ecs, brief["targetServiceRevisionArn"])
    [task] = ecs.describe_tasks(cluster="prod", tasks=ecs.list_tasks(cluster="prod")["taskArns"])[
        "tasks"
    ]

    assert revision["containerImages"] == [{"containerName": "app", "image": reference}]
    assert task["containers"][0]["imageDigest"] == digest


def test_the_history_is_listed_newest_first(aws: AwsStandIn, ecs: Any) -> None:
    world = aws.world.ecs()
    world.create_service("prod", "api", ["nginx:1"], at=NOW - timedelta(days=2))
    world.deploy("prod", "api", ["nginx:2"], outcome="SUCCESSFUL", at=NOW - timedelta(days=1))
    world.deploy("prod", "api", ["nginx:3"], outcome="ROLLBACK_SUCCESSFUL")

    listed = deployments(ecs)

    assert [each["status"] for each in listed] == [
        "ROLLBACK_SUCCESSFUL",
        "SUCCESSFUL",
        "SUCCESSFUL",
    ]
    assert [each["createdAt"] for each in listed] == [NOW - timedelta(days=n) for n in range(3)]
    assert len(deployments(ecs, status=["SUCCESSFUL"])) == 2
    assert len(deployments(ecs, createdAt={"after": NOW - timedelta(hours=30)})) == 2
    assert len(deployments(ecs, createdAt={"before": NOW - timedelta(hours=1)})) == 2


def test_a_deployment_has_its_rollback_target(aws: AwsStandIn, ecs: Any) -> None:
    world = aws.world.ecs()
    world.create_service("prod", "api", ["nginx:1"])
    [first] = deployments(ecs)
    world.deploy("prod", "api", ["nginx:2"])
    world.deploy("prod", "api", ["nginx:3"], outcome="ROLLBACK_SUCCESSFUL")

    arns = [each["serviceDeploymentArn"] for each in deployments(ecs)]
    answer = ecs.describe_service_deployments(serviceDeploymentArns=arns)
    failed, going, done = answer["serviceDeployments"]

    assert [each["arn"] for each in going["sourceServiceRevisions"]] == [
        first["targetServiceRevisionArn"]
    ]
    assert failed["rollback"]["serviceRevisionArn"] == going["targetServiceRevision"]["arn"]
    assert done["sourceServiceRevisions"] == []
    assert "rollback" not in going
    assert answer["failures"] == []


def test_20_deployments_per_page_and_per_call(aws: AwsStandIn, ecs: Any) -> None:
    world = aws.world.ecs()
    world.create_service("prod", "api", ["nginx:0"], desired=0)
    for number in range(24):
        world.deploy("prod", "api", [f"nginx:{number % 2}"], outcome="SUCCESSFUL")
    listed = deployments(ecs, maxResults=100)
    arns = [each["serviceDeploymentArn"] for each in listed]
    targets = [each["targetServiceRevisionArn"] for each in listed]

    assert pages(
        ecs.list_service_deployments,
        "serviceDeployments",
        ("nextToken", "nextToken"),
        cluster="prod",
        service="api",
    ) == [20, 5]
    for call, member, names in (
        (ecs.describe_service_deployments, "serviceDeployment", arns),
        (ecs.describe_service_revisions, "serviceRevision", targets),
    ):
        assert len(call(**{f"{member}Arns": names[:20]})[f"{member}s"]) == 20
        for wrong in (names[:21], [], ["nonsense"]):
            assert refused(call, **{f"{member}Arns": wrong})[0] == "InvalidParameterException"


def test_older_revisions_are_missing(aws: AwsStandIn, ecs: Any) -> None:
    world = aws.world.ecs()
    service = world.create_service("prod", "api", ["nginx:1"], at=OLD)
    old = service.primary.revision.arn
    [shown] = ecs.describe_services(cluster="prod", services=["api"])["services"]
    assert "currentServiceRevisions" not in shown
    assert deployments(ecs) == []
    world.deploy("prod", "api", ["nginx:2"])

    [brief] = deployments(ecs)
    described = ecs.describe_service_deployments(
        serviceDeploymentArns=[brief["serviceDeploymentArn"]]
    )

    missing = [{"arn": old, "reason": "MISSING"}]
    assert described["failures"] == missing
    assert described["serviceDeployments"] == []
    assert ecs.describe_service_revisions(serviceRevisionArns=[old])["failures"] == missing


def test_unknown_arns_are_missing(aws: AwsStandIn, ecs: Any) -> None:
    revision = aws.world.ecs().create_service("prod", "api", ["nginx:1"]).primary.revision
    for gone in (
        revision.arn + "0",
        revision.arn.replace("/api/", "/no/"),
        revision.arn.replace("/prod/", "/no/"),
    ):
        answer = ecs.describe_service_revisions(serviceRevisionArns=[gone])
        assert answer["failures"] == [{"arn": gone, "reason": "MISSING"}]
    assert refused(ecs.list_service_deployments, cluster="prod", service="no")[0] == (
        "ServiceNotFoundException"
    )


def test_task_sets_have_no_service_deployments(aws: AwsStandIn, ecs: Any) -> None:
    aws.world.ecs().create_service("prod", "api", ["nginx:1"], controller="CODE_DEPLOY")
    assert deployments(ecs) == []
