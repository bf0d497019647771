"""Images in use in Kubernetes, in commands: EKS, kubeconfigs, and failures."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.playground.aws import DEFAULT_ACCOUNT, AwsStandIn
from bot.playground.kubernetes import DEFAULT_TOKEN, DEFAULT_USER, Cluster, Fault
from bot.playground.kubernetes.builders import custom_resource, deployment, pod
from tests.matrices import the_first
from tests.support import Plan, Result, Run, Shelf, others_off

OTHER = "210987654321"
PLACE = f"{DEFAULT_ACCOUNT} in eu-west-1"
ARN = f"arn:aws:eks:eu-west-1:{DEFAULT_ACCOUNT}:cluster/prod"
ROLLOUTS = "{resource: rollouts.v1alpha1.argoproj.io, template: spec.template}"
Write = Callable[[str], Path]
Look = Callable[..., Result]


@pytest.fixture
def look(plan: Run, settings_file: Write, shelf: Shelf) -> Look:
    """Plans `team/api` with its images 1.0 to 1.2, which only usage keeps. Scans only
    Kubernetes."""
    shelf.images(3)

    def look_into(*clusters: str, more: str = "", usage: str = "", arguments: str = "") -> Result:
        kubernetes = f"kubernetes: {{clusters: [{', '.join(clusters)}]{more}}}"
        settings_file(
            f"policies: [{{keep: []}}]\nusage: {{{others_off('kubernetes')}, {kubernetes}{usage}}}"
        )
        return plan(*arguments.split())

    return look_into


BY_EKS = "{name: prod, eks: prod}"
BY_KUBECONFIG = "{name: prod, kubeconfig: kubeconfig}"
BY_BOTH = "{name: prod, kubeconfig: kubeconfig, eks: prod}"


def kept(result: Result) -> dict[str, list[str]]:
    """The tags, each with the rules that keep it."""
    return {
        tag: [reason["rule"] for reason in image["reasons"]]
        for image in result.plan["images"]
        if image["verdict"] == "keep"
        for tag in image["tags"]
    }


def users(plan: Plan) -> dict[str, list[str]]:
    return {image["digest"]: image["used_by"] for image in plan["images"] if image["used_by"]}


def errors(result: Result) -> dict[str, str]:
    """The errors by scope."""
    return {look["scope"]: look["error"] for look in result.plan["usage"] if look["error"]}


def is_unknown(result: Result, scope: str, *words: str) -> None:
    """Nothing is deleted. The plan and standard error name the scope that could not be scanned."""
    assert result.status == 3
    assert result.plan["complete"] is False
    assert result.plan["delete"] == []
    assert kept(result) == {tag: ["unknown"] for tag in ("1.0", "1.1", "1.2")}
    assert errors(result).keys() == {scope}
    for word in words:
        assert word in errors(result)[scope]
        assert word in result.sentence


# usage that counts


@pytest.mark.usefixtures("granted")
@pytest.mark.parametrize("called", ["prod", ARN])
def test_an_eks_cluster(cluster: Cluster, look: Look, shelf: Shelf, called: str) -> None:
    cluster.apply(*deployment("api", f"{shelf.id.uri}:1.1", namespace="shop", replicas=0))
    result = look(f"{{name: prod, eks: '{called}'}}")
    assert result.status == 0
    assert kept(result) == {"1.1": ["in_use"]}
    (used_by,) = users(result.plan).values()
    assert used_by == ["Kubernetes prod: Deployment shop/api (scaled to zero)"]
    scans = result.plan["usage"]
    assert [(scan["source"], scan["scope"], scan["images"], scan["error"]) for scan in scans] == [
        ("kubernetes", f"EKS of {PLACE}", 0, None),
        ("kubernetes", "prod", 1, None),
    ]


@pytest.mark.parametrize("context", ["", ", context: prod"])
def test_a_kubeconfig_next_to_the_settings_file(
    cluster: Cluster, shelf: Shelf, run: Run, environment: Path, context: str
) -> None:
    cluster.allow_everything()
    cluster.apply(*deployment("api", f"{shelf.id.uri}:1.0", replicas=0))
    shelf.images(2)
    folder = environment / "settings"
    (folder / "kube").mkdir(parents=True)
    (environment / "kubeconfig").rename(folder / "kube" / "config")
    file = folder / "clean.yml"
    file.write_text(
        "policies: [{keep: []}]\nusage: {kubernetes: {clusters: "
        f"[{{name: edge, kubeconfig: kube/config{context}}}]}}, {others_off('kubernetes')}}}"
    )
    result = run("plan", "--config", str(file), "--format", "json", "team/api")
    assert kept(result) == {"1.0": ["in_use"]}
    (used_by,) = users(result.plan).values()
    assert used_by == ["Kubernetes edge: Deployment default/api (scaled to zero)"]


@pytest.mark.usefixtures("granted")
def test_two_clusters(cluster: Cluster, look: Look, shelf: Shelf, environment: Path) -> None:
    with Cluster("edge") as edge:
        (environment / "edge.json").write_text(json.dumps(edge.kubeconfig()))
        edge.allow_everything()
        cluster.apply(*deployment("api", f"{shelf.id.uri}:1.0"))
        edge.apply(*deployment("api", f"{shelf.id.uri}:1.2"))
        result = look(BY_EKS, "{name: edge, kubeconfig: edge.json}")
    assert result.status == 0
    assert kept(result).keys() == {"1.0", "1.2"}
    assert sorted(users(result.plan).values()) == [
        ["Kubernetes edge: Deployment default/api"],
        ["Kubernetes prod: Deployment default/api"],
    ]


@pytest.mark.usefixtures("granted")
def test_a_running_digest_is_kept_after_its_tag_moved(
    cluster: Cluster, look: Look, shelf: Shelf
) -> None:
    running = shelf.image("first", "main")
    moved_to = shelf.image("second", "main")
    uri = shelf.id.uri
    cluster.apply(*deployment("api", f"{uri}:main", image_id=f"{uri}@{running}"))
    result = look(BY_EKS)
    assert users(result.plan).keys() == {running, moved_to}
    assert result.status == 0


@pytest.mark.usefixtures("granted")
def test_rollback_images_of_a_deployment_are_kept(
    cluster: Cluster, look: Look, shelf: Shelf
) -> None:
    uri = shelf.id.uri
    cluster.apply(*deployment("api", f"{uri}:1.2", revisions=[f"{uri}:1.0"]))
    assert kept(look(BY_EKS)).keys() == {"1.0", "1.2"}


def test_a_cluster_of_another_account(
    aws: AwsStandIn, cluster: Cluster, look: Look, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its access entry is for the role that scans the account."""
    role = f"arn:aws:iam::{OTHER}:role/look"
    aws.world.identities.add_role(role, trusts=[DEFAULT_ACCOUNT])
    open_session = aws.world.identities.open_session

    def admit(*arguments: Any, **options: Any) -> Any:
        principal = open_session(*arguments, **options)
        assert principal.session
        cluster.add_access_entry(principal.session.access_key, principal.iam_arn)
        return principal

    monkeypatch.setattr(aws.world.identities, "open_session", admit)
    cluster.allow_everything()
    cluster.trust_sts(aws.url)
    aws.world.eks(OTHER, "us-east-1").create(
        "prod", endpoint=cluster.url, certificate_authority=cluster.certificate_authority
    )
    cluster.apply(*deployment("api", f"{shelf.id.uri}:1.1"))
    result = look(
        BY_EKS,
        usage=f", accounts: [{{account: '{OTHER}', regions: [us-east-1], role_arn: '{role}'}}]",
    )
    assert result.status == 0
    assert kept(result) == {"1.1": ["in_use"]}
    assert {call.user for call in cluster.calls} == {role}
    assert {call.account for call in aws.world.calls.named("eks:DescribeCluster")} == {OTHER}


# unlisted clusters


@pytest.mark.usefixtures("granted")
def test_an_unlisted_eks_cluster(aws: AwsStandIn, look: Look) -> None:
    aws.world.eks().create("staging")
    is_unknown(look(BY_EKS), f"EKS of {PLACE}", "EKS clusters staging", "usage.kubernetes.ignore")


@pytest.mark.parametrize("ignored", ["staging", "stag*", "'arn:aws:eks:*:cluster/staging'"])
def test_an_ignored_eks_cluster(aws: AwsStandIn, look: Look, ignored: str) -> None:
    aws.world.eks().create("staging")
    result = look(more=f", ignore: [{ignored}]", usage=", expect_none: true")
    assert (result.status, errors(result)) == (0, {})
    assert len(result.plan["delete"]) == 3


@pytest.mark.parametrize(
    ("entry", "is_listed"),
    [
        (f"name: p, context: '{ARN}'", True),
        ("name: p, eks: prod", True),
        (f"name: p, eks: '{ARN}'", True),
        ("name: prod, context: prod", False),
    ],
)
def test_an_eks_cluster_by_kubeconfig(
    aws: AwsStandIn, cluster: Cluster, look: Look, environment: Path, entry: str, *, is_listed: bool
) -> None:
    """`aws eks update-kubeconfig` names contexts by ARN. Other context names may belong to any
    cluster."""
    aws.world.eks().create("prod")
    cluster.allow_everything()
    content = cluster.kubeconfig()
    content["contexts"].append({**content["contexts"][0], "name": ARN})
    (environment / "kubeconfig").write_text(json.dumps(content))
    result = look(f"{{{entry}, kubeconfig: kubeconfig}}", usage=", expect_none: true")
    assert (result.status == 0) is is_listed
    assert errors(result).keys() == (set() if is_listed else {f"EKS of {PLACE}"})
    assert not aws.world.calls.count("eks:DescribeCluster")


def test_eks_is_denied(aws: AwsStandIn, look: Look) -> None:
    aws.world.deny("eks:ListClusters")
    is_unknown(look(), f"EKS of {PLACE}", "AWS refused eks:ListClusters")


def test_a_switched_off_source_makes_no_calls(
    aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Write
) -> None:
    aws.world.eks().create("staging")
    shelf.images(1)
    aws.world.functions().create("f", f"{shelf.id.uri}:1.0")
    settings_file(f"usage: {{{others_off('lambda')}}}")
    result = plan()
    assert result.status == 0
    assert "kubernetes" in result.plan["not_checked"]
    assert not any(call.service == "eks" for call in aws.world.calls)


# failures


@pytest.mark.usefixtures("eks", "no_waiting")
def test_a_cluster_that_refuses(cluster: Cluster, look: Look) -> None:
    is_unknown(look(BY_EKS), "prod", "cluster prod refused to list", "iam-policy --kubernetes")
    assert {call.status for call in cluster.calls} == {403}


def test_a_cluster_without_an_access_entry(aws: AwsStandIn, cluster: Cluster, look: Look) -> None:
    aws.world.eks().create(
        "prod", endpoint=cluster.url, certificate_authority=cluster.certificate_authority
    )
    cluster.trust_sts(aws.url)
    is_unknown(look(BY_EKS), "prod", "does not accept the credentials", "access entry")


@pytest.mark.usefixtures("granted", "no_waiting")
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(path="*/pods", status=503, times=None), "failed with status 503 to list pods"),
        (Fault(path="*/pods", cut="body", times=None), "did not answer the request to list pods"),
        (Fault(path="*/pods", body="<html>", times=None), "gave an unreadable answer"),
    ],
)
def test_a_cluster_that_fails(cluster: Cluster, look: Look, fault: Fault, words: str) -> None:
    cluster.faults.add(fault)
    is_unknown(look(BY_EKS), "prod", words)


@pytest.mark.usefixtures("aws", "no_waiting")
def test_a_cluster_that_is_gone(look: Look, environment: Path) -> None:
    with Cluster("prod") as gone:
        (environment / "kubeconfig").write_text(json.dumps(gone.kubeconfig()))
    is_unknown(look(BY_KUBECONFIG), "prod", "cluster prod did not answer")


@pytest.mark.usefixtures("granted")
def test_a_cluster_that_hangs(cluster: Cluster, look: Look) -> None:
    cluster.faults.add(Fault(path="*/pods", delay=60, times=None))
    began = time.monotonic()
    result = look(BY_EKS, more=", timeout: 2s")
    assert time.monotonic() - began < 20
    is_unknown(result, "prod", "timed out on the request to list pods", "raise usage")


def test_a_plugin_runs_only_for_explicit_settings(
    cluster: Cluster, look: Look, plan: Run, shelf: Shelf, environment: Path
) -> None:
    cluster.allow_everything()
    cluster.apply(*deployment("api", f"{shelf.id.uri}:1.1"))
    credential = {"status": {"token": DEFAULT_TOKEN}}
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sh",
        "args": ["-c", f"printf x >>runs; echo '{json.dumps(credential)}'"],
    }
    content = cluster.kubeconfig()
    content["users"][0]["user"] = {"exec": plugin}
    (environment / "kubeconfig").write_text(json.dumps(content))
    is_unknown(look(BY_KUBECONFIG), "prod", "has an exec plugin", "name their file with --config")
    assert not (environment / "runs").exists()
    result = plan("--config", "ecr-clean.yml", "team/api")
    assert kept(result) == {"1.1": ["in_use"]}
    assert (environment / "runs").read_text() == "x"


@pytest.mark.parametrize(
    ("cluster_entry", "words"),
    [
        ("{name: prod, eks: gone}", "has an EKS cluster gone: check eks under"),
        ("{name: prod, kubeconfig: gone}", "gone cannot be read: No such file"),
        ("{name: prod, in_cluster: true}", "does not run in a pod with a service account"),
    ],
)
def test_a_cluster_that_cannot_be_found(
    look: Look, cluster_entry: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    is_unknown(look(cluster_entry), "prod", words)


@pytest.mark.usefixtures("granted")
def test_a_failed_cluster_does_not_hide_others(cluster: Cluster, look: Look, shelf: Shelf) -> None:
    cluster.apply(*deployment("api", f"{shelf.id.uri}:1.1"))
    result = look(BY_EKS, "{name: edge, kubeconfig: gone}")
    assert result.status == 3
    assert errors(result).keys() == {"edge"}
    assert result.plan["delete"] == []
    assert [*users(result.plan).values()] == [["Kubernetes prod: Deployment default/api"]]


@pytest.mark.usefixtures("granted")
def test_the_digest_of_a_config_is_ignored(cluster: Cluster, look: Look, shelf: Shelf) -> None:
    cluster.apply(pod("old", f"{shelf.id.uri}:gone", image_id=f"docker://sha256:{'9' * 64}"))
    is_unknown(look(BY_EKS), "prod", "Pod default/old: the image of container ", "restart")


@pytest.mark.usefixtures("granted")
def test_a_drop_in_workloads(
    cluster: Cluster, look: Look, shelf: Shelf, run: Run, plan: Run
) -> None:
    for name in ("a", "b", "c"):
        cluster.apply(pod(name, f"{shelf.id.uri}:gone"))
    assert look(BY_EKS).status == 0
    for name in ("a", "b"):
        cluster.delete("Pod", "default", name)
    is_unknown(plan(), "prod", "it lists 1 workload, but listed 3")
    assert run("confirm-usage", "kubernetes", "prod", "--workloads", "1").status == 0
    assert plan().status == 0


# custom resources


def rollout(cluster: Cluster, spec: dict[str, Any]) -> None:
    cluster.apply(custom_resource("argoproj.io/v1alpha1", "Rollout", "api", spec))


@pytest.fixture
def rollouts(cluster: Cluster) -> Cluster:
    cluster.register("argoproj.io", "v1alpha1", "rollouts", "Rollout")
    cluster.allow_everything()
    return cluster


def test_a_custom_resource_keeps_its_image(rollouts: Cluster, look: Look, shelf: Shelf) -> None:
    containers = [{"name": "api", "image": f"{shelf.id.uri}:1.1"}]
    rollout(rollouts, {"replicas": 0, "template": {"spec": {"containers": containers}}})
    result = look(BY_KUBECONFIG, more=f", custom_resources: [{ROLLOUTS}]")
    assert kept(result) == {"1.1": ["in_use"]}
    assert [*users(result.plan).values()] == [["Kubernetes prod: Rollout default/api"]]


def test_a_path_without_a_match(rollouts: Cluster, look: Look) -> None:
    rollout(rollouts, {"workloadRef": {"name": "api"}})
    result = look(BY_KUBECONFIG, more=f", custom_resources: [{ROLLOUTS}]")
    is_unknown(result, "prod", "Rollout default/api: 'spec.template' matches nothing", "rollouts")


def test_a_template_without_a_path(rollouts: Cluster, look: Look, shelf: Shelf) -> None:
    def template(tag: str) -> dict[str, Any]:
        return {"spec": {"containers": [{"name": "c", "image": f"{shelf.id.uri}:{tag}"}]}}

    rollout(rollouts, {"template": template("gone"), "canary": template("1.1")})
    result = look(BY_KUBECONFIG, more=f", custom_resources: [{ROLLOUTS}]")
    assert kept(result) == {"1.1": ["in_use"]}


@pytest.mark.usefixtures("rollouts")
@pytest.mark.parametrize(("clusters", "status"), [("[edge]", 0), ("[prod]", 3), ("[]", 3)])
def test_a_custom_resource_that_a_cluster_lacks(
    look: Look, environment: Path, clusters: str, status: int
) -> None:
    with Cluster("edge") as edge:
        edge.register("serving.knative.dev", "v1", "services", "Service")
        edge.allow_everything()
        (environment / "edge.json").write_text(json.dumps(edge.kubeconfig()))
        services = "resource: services.v1.serving.knative.dev, template: spec.template"
        result = look(
            BY_KUBECONFIG,
            "{name: edge, kubeconfig: edge.json}",
            more=f", custom_resources: [{{{services}, clusters: {clusters}}}]",
            usage=", expect_none: true",
        )
    assert result.status == status
    assert all("custom_resources" in error for error in errors(result).values())


# secrets


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize(
    ("way", "fault"),
    the_first(
        2,
        [
            (BY_EKS, Fault(body="<html>", times=None)),
            (BY_BOTH, Fault(status=401, times=None)),
            (BY_EKS, None),
            (BY_EKS, Fault(cut="before", times=None)),
            (BY_EKS, Fault(status=401, times=None)),
            (BY_EKS, Fault(status=403, times=None)),
            (BY_EKS, Fault(status=500, times=None)),
            (BY_BOTH, None),
            (BY_BOTH, Fault(cut="before", times=None)),
        ],
    ),
)
def test_no_token_is_printed(
    granted: Cluster, look: Look, run: Run, way: str, fault: Fault | None
) -> None:
    granted.grant_role(DEFAULT_USER, json.loads(run("iam-policy", "--kubernetes").out))
    if fault:
        granted.faults.add(fault)
    result = look(way, usage=", expect_none: true", arguments="--debug team/api")
    assert (result.status == 3) is bool(fault)
    doctor = run("--debug", "doctor")
    for said in (result.out, result.err, doctor.out, doctor.err):
        assert DEFAULT_TOKEN not in said
        assert "k8s-aws-v1" not in said
        assert "X-Amz-Signature" not in said


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("text", [f"token: {DEFAULT_TOKEN}\n  : {{", f"users: [{DEFAULT_TOKEN}]"])
def test_no_token_of_an_invalid_kubeconfig_is_printed(
    look: Look, environment: Path, text: str
) -> None:
    (environment / "kubeconfig").write_text(text)
    result = look(BY_KUBECONFIG, arguments="--debug team/api")
    assert result.status == 3
    assert DEFAULT_TOKEN not in result.out + result.err
