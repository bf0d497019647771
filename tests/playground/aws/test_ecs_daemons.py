"""Managed daemons: definitions, deployments and revisions."""

from typing import Any

from bot.playground.aws import AwsStandIn

from .helpers import image, pages, pushed, refused


def listed(ecs: Any, **params: Any) -> list[str]:
    """`family:revision` of the definitions, in order."""
    answer = ecs.list_daemon_task_definitions(**params)
    return [each["arn"].rpartition("/")[2] for each in answer["daemonTaskDefinitions"]]


def test_definitions(aws: AwsStandIn, ecs: Any) -> None:
    world = aws.world.ecs()
    for n in range(1, 12):
        world.register_daemon("agent", [f"nginx:{n}"])
    world.register_daemon("agents", ["nginx:1"])
    world.delete_daemon_definition("agent:11")

    assert listed(ecs)[:2] == ["agent:1", "agent:2"]
    assert listed(ecs, sort="DESC")[:3] == ["agents:1", "agent:10", "agent:9"]
    assert listed(ecs, family="agent", sort="DESC", maxResults=1) == ["agent:10"]
    assert listed(ecs, familyPrefix="agents") == ["agents:1"]
    assert listed(ecs, status="DELETE_IN_PROGRESS") == ["agent:11"]
    assert listed(ecs, status="ALL", revision="LAST_REGISTERED") == ["agent:11", "agents:1"]
    assert listed(ecs, revision="LAST_REGISTERED") == ["agents:1"]

    for name in ("agent", "agent:10"):
        found = ecs.describe_daemon_task_definition(daemonTaskDefinition=name)
        [container] = found["daemonTaskDefinition"]["containerDefinitions"]
        assert container["image"] == "nginx:10"
    code, _ = refused(ecs.describe_daemon_task_definition, daemonTaskDefinition="nothing")
    assert code == "ClientException"


def test_a_daemon_and_its_deployments(aws: AwsStandIn, ecs: Any) -> None:
    reference, digest = pushed(aws, "1.0")
    world = aws.world.ecs()
    world.deploy_daemon("prod", "agent", [reference])
    aws.world.push(aws.world.repository("team/api"), image("other"), tags=["1.0"])
    world.deploy_daemon("prod", "agent", ["nginx:2"], outcome="ROLLBACK_SUCCESSFUL")
    cluster = world.cluster("prod").arn

    [brief] = ecs.list_daemons(clusterArn=cluster)["daemonSummariesList"]
    daemon = ecs.describe_daemon(daemonArn=brief["daemonArn"])["daemon"]
    [current] = [each["arn"] for each in daemon["currentRevisions"]]
    [deployment] = ecs.describe_daemon_deployments(daemonDeploymentArns=[daemon["deploymentArn"]])[
        "daemonDeployments"
    ]
    revisions = ecs.describe_daemon_revisions(
        daemonRevisionArns=[current, deployment["targetDaemonRevision"]["arn"]]
    )["daemonRevisions"]

    assert daemon["clusterArn"] == cluster
    assert deployment["rollback"]["rollbackTargetDaemonRevisionArn"] == current
    assert [each["arn"] for each in deployment["sourceDaemonRevisions"]] == [current]
    assert [each["containerImages"] for each in revisions] == [
        [{"containerName": "app", "image": reference, "imageDigest": digest}],
        [{"containerName": "app", "image": "nginx:2"}],
    ]


def test_unknown_entities(aws: AwsStandIn, ecs: Any) -> None:
    world = aws.world.ecs()
    deployment = world.deploy_daemon("prod", "agent", ["nginx:1"])
    lost = f"{deployment.target.arn}0"
    answer = ecs.describe_daemon_revisions(daemonRevisionArns=[lost])
    assert answer["failures"] == [{"arn": lost, "reason": "MISSING"}]
    nowhere: list[tuple[Any, dict[str, Any], str]] = [
        (
            ecs.describe_daemon,
            {"daemonArn": world.location.arn("ecs", "daemon/prod/other")},
            "DaemonNotFoundException",
        ),
        (
            ecs.list_daemons,
            {"clusterArn": world.location.arn("ecs", "cluster/other")},
            "ClusterNotFoundException",
        ),
        (
            ecs.describe_daemon_deployments,
            {"daemonDeploymentArns": ["agent"]},
            "InvalidParameterException",
        ),
    ]
    for call, params, code in nowhere:
        assert refused(call, **params)[0] == code


def test_pages(aws: AwsStandIn, ecs: Any) -> None:
    for n in range(5):
        aws.world.ecs().deploy_daemon("prod", f"agent-{n}", ["nginx:1"])
    arn = aws.world.ecs().cluster("prod").arn
    token = ("nextToken", "nextToken")
    found = pages(ecs.list_daemons, "daemonSummariesList", token, clusterArn=arn, maxResults=2)
    assert found == [2, 2, 1]


def test_permissions_are_checked_for_each_resource(aws: AwsStandIn, ecs: Any) -> None:
    deployment = aws.world.ecs().deploy_daemon("prod", "agent", ["nginx:1"])
    revision = deployment.target
    calls: list[tuple[Any, str, Any, str]] = [
        (ecs.describe_daemon, "daemonArn", revision.daemon_arn, revision.daemon_arn),
        (ecs.describe_daemon_revisions, "daemonRevisionArns", [revision.arn], revision.arn),
        (
            ecs.describe_daemon_deployments,
            "daemonDeploymentArns",
            [deployment.arn],
            deployment.arn,
        ),
        (
            ecs.describe_daemon_task_definition,
            "daemonTaskDefinition",
            "agent:1",
            revision.definition.arn,
        ),
    ]
    for call, parameter, value, resource in calls:
        call(**{parameter: value})
        aws.world.deny("ecs:*", resource=resource)
        assert refused(call, **{parameter: value})[0] == "AccessDeniedException"
