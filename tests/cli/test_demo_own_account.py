"""`ecr-clean demo --aws` reports on the user's own account, and cannot delete."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.loaders import Loader

from bot.aws.sessions import open_session
from bot.bootstrap.kubernetes import cluster_role
from bot.cli.demo.demo_company import aws_environment, expect_no_proxy
from bot.cli.demo.own_account import allow_only_reads, demo_settings
from bot.core.errors import RequestError
from bot.playground.aws import AwsStandIn
from bot.playground.kubernetes import Cluster
from bot.playground.seed import seed_company
from bot.playground.seed_kubernetes import register_cluster_in_eks, seed_company_cluster
from bot.playground.slack import WorkspaceClient
from bot.settings.load import load_settings
from bot.settings.model import Settings
from tests.cli.demo_runs import Machine, free_port
from tests.cli.plan_execution import until

LOOK = """
import json, boto3
for service in ("ecr", "ecs", "lambda", "sts"):
    client = boto3.client(service, region_name="eu-west-1")
    print(service, json.dumps([*client.meta.service_model.operation_names]))
    assert service != "ecr" or not hasattr(client, "batch_delete_image")
"""
READS = ("BatchGet", "Describe", "Get", "List")


@pytest.fixture
def aws() -> Iterator[AwsStandIn]:
    """The account has an EKS cluster that the settings do not list."""
    with AwsStandIn() as stand_in, Cluster("prod") as cluster:
        seed_company(stand_in.url, datetime.now(UTC))
        seed_company_cluster(stand_in.url, cluster.address)
        register_cluster_in_eks(stand_in.url, cluster.address, cluster_role(Settings()))
        yield stand_in


@pytest.fixture
def machine(tmp_path: Path, aws: AwsStandIn) -> Machine:
    return Machine(tmp_path, {**aws.environment(), "SLACK_BOT_TOKEN": "xoxb-of-work"})


# clients cannot delete


def test_clients_have_only_operations_that_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DATA_PATH", raising=False)
    with allow_only_reads():
        ecr = open_session().client("ecr", "eu-west-1")
        lambda_ = open_session().client("lambda", "eu-west-1")
    with pytest.raises(AttributeError):
        ecr.batch_delete_image  # noqa: B018 - that it is not there is all that matters
    for client in (ecr, lambda_):
        operations = client.meta.service_model.operation_names
        assert all(operation.startswith(READS) for operation in operations)
    assert {"BatchGetImage", "DescribeImages"} <= set(ecr.meta.service_model.operation_names)
    assert set(lambda_.meta.service_model.operation_names) == {
        "GetFunction",
        "ListAliases",
        "ListFunctions",
    }
    assert hasattr(open_session().client("ecr", "eu-west-1"), "batch_delete_image")


def test_discovery_services_have_no_other_operations() -> None:
    with allow_only_reads():
        found = {
            name: set(open_session().client(name, "eu-west-1").meta.service_model.operation_names)
            for name in ("ec2", "pricing", "sts")
        }
    assert found == {
        "ec2": {"DescribeRegions"},
        "pricing": {"GetProducts"},
        "sts": {"AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"},
    }


def test_the_users_own_models_are_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / "ecr" / "2099-01-01"
    place.mkdir(parents=True)
    model = Loader().load_service_model("ecr", "service-2")
    (place / "service-2.json").write_text(json.dumps(model))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    assert hasattr(open_session().client("ecr", "eu-west-1"), "batch_delete_image")
    with allow_only_reads():
        assert not hasattr(open_session().client("ecr", "eu-west-1"), "batch_delete_image")
    assert os.environ["AWS_DATA_PATH"] == str(tmp_path)


def test_child_processes_have_only_operations_that_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", "/somewhere/else")
    with allow_only_reads():
        done = subprocess.run(
            [sys.executable, "-c", LOOK],
            env=aws_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    for line in done.stdout.splitlines():
        service, _, names = line.partition(" ")
        assert service == "sts" or all(name.startswith(READS) for name in json.loads(names))
    assert aws_environment()["AWS_DATA_PATH"] == "/somewhere/else"


@pytest.mark.slow
def test_it_reports_on_the_account(machine: Machine, aws: AwsStandIn) -> None:
    port = free_port()
    with machine.started("--aws", "--port", str(port)) as run:
        run.until("Ctrl-C ends it")
        in_the_bot = [each for each in machine.processes().values() if "SLACK_APP_TOKEN" in each]
        assert len(in_the_bot) >= 2
        for environment in in_the_bot:
            assert environment["SLACK_BOT_TOKEN"] != "xoxb-of-work"
            assert _operations_of_ecr(environment["AWS_DATA_PATH"]).isdisjoint(DELETIONS)
        workspace = WorkspaceClient(f"http://127.0.0.1:{port}")
        (you,) = (each for each in workspace.get("/workspace")["users"] if each["name"] == "you")
        shown = json.dumps(workspace.user(you["id"]).sees())
        assert "approve_plan" not in shown
        assert "open_report" in shown
        assert run.end(signal.SIGINT) == 0
    said = "".join(run.said)
    assert "register-pull-time-update-exclusion --principal-arn arn:aws:iam::" in said
    assert re.search(r"shop/payments +75 +90", said), f"the cluster is scanned: {said}"
    assert "10 repositories. All deletions together save about $" in said
    assert all(call.partition(":")[2].startswith(READS) for call in aws.world.calls.counts())
    assert not aws.world.identities.sessions, "no role was assumed"
    assert [each.name for each in machine.files()] == ["manifests.db"]
    until(lambda: not machine.processes())


DELETIONS = {"BatchDeleteImage", "DeleteRepository", "PutLifecyclePolicy"}


def _operations_of_ecr(path: str) -> set[str]:
    (model,) = Path(path.split(":", maxsplit=1)[0], "ecr").rglob("service-2.json")
    return set(json.loads(model.read_text())["operations"])


@pytest.mark.slow
def test_a_repository_that_cannot_be_listed(machine: Machine, aws: AwsStandIn) -> None:
    """The other repositories are reported."""
    aws.world.deny("ecr:DescribeImages", resource="*repository/shop/web")
    done = machine.run("--aws")
    assert done.returncode == 0
    assert "9 repositories. All deletions together save about $" in done.stdout
    assert "not all reports were posted; " in done.stderr
    assert "AWS refused ecr:DescribeImages on" in done.stderr


def test_an_account_without_repositories(tmp_path: Path) -> None:
    with AwsStandIn() as empty:
        done = Machine(tmp_path, empty.environment()).run("--aws")
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no repository in 123456789012 in eu-west-1: set another" in done.stderr


# settings of the demo


def test_the_settings_of_the_account(tmp_path: Path) -> None:
    file = tmp_path / "own.yml"
    file.write_text(
        "registries: [{region: eu-west-1, role_arn: 'arn:aws:iam::123456789012:role/read', "
        "delete_role_arn: 'arn:aws:iam::123456789012:role/delete'}]\n"
        "policies: [{keep: [{newest: 3}]}]\n"
        "usage: {files: [used.txt], kubernetes: {clusters: [{name: a, kubeconfig: kube/a}]}}\n"
        "pins: [{repository: 'team/*', pin: '1.0', reason: customer, until: 2027-01-31}]\n"
        "reports: [{channel: '#work'}]\n"
        "approval: {approvers: [U0000000001]}\n"
        "execution: {undo_window: 1h}\n"
        "price_per_gb_month: auto\n"
    )
    ours = tmp_path / "elsewhere" / "ecr-clean.yml"
    ours.parent.mkdir()
    ours.write_text(demo_settings(file, "#registry"))
    theirs, settings = load_settings(file), load_settings(ours)
    assert [registry.role_arn for registry in settings.registries] == [
        "arn:aws:iam::123456789012:role/read"
    ]
    assert settings.registries[0].delete_role_arn is None
    assert settings.policies == theirs.policies
    assert settings.usage == theirs.usage
    assert settings.pins == theirs.pins
    assert settings.price_per_gb_month == "auto"
    assert [report.channel for report in settings.reports] == ["#registry"]
    assert settings.approval.approvers == ()
    assert not settings.execution.enabled


def test_unlisted_clusters_are_scanned(tmp_path: Path) -> None:
    file, ours = tmp_path / "own.yml", tmp_path / "ours.yml"
    file.write_text("usage: {batch: false, kubernetes: {ignore: []}}")
    arn = "arn:aws:eks:eu-west-1:123456789012:cluster/prod"
    ours.write_text(demo_settings(file, "#registry", [arn]))
    usage = load_settings(ours).usage
    assert usage.batch is None
    assert usage.kubernetes
    assert [(each.name, each.eks) for each in usage.kubernetes.clusters] == [(arn, arn)]


def test_without_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ours = tmp_path / "ours.yml"
    ours.write_text(demo_settings(None, "#registry"))
    assert load_settings(ours).policies == load_settings(None).policies


def test_settings_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(
        "ECR_CLEAN_SETTINGS", "policies: [{keep: [{newest: 3}]}]\nusage: {files: [used.txt]}"
    )
    theirs = load_settings(None)
    text = demo_settings(None, "#registry")
    monkeypatch.delenv("ECR_CLEAN_SETTINGS")
    ours = tmp_path / "ours.yml"
    ours.write_text(text)
    assert load_settings(ours).policies == theirs.policies
    assert load_settings(ours).usage.files == (str(tmp_path / "used.txt"),)


def test_a_found_settings_file_must_not_name_kubeconfigs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "usage: {kubernetes: {clusters: [{name: a, kubeconfig: config}]}}"
    Path("ecr-clean.yml").write_text(text)
    with pytest.raises(
        RequestError, match="names kubeconfigs: if you trust the file, pass it with"
    ):
        demo_settings(None, "#registry")
    assert str(tmp_path / "config") in demo_settings(Path("ecr-clean.yml"), "#registry")


def test_wrong_settings(tmp_path: Path) -> None:
    file = tmp_path / "own.yml"
    file.write_text("polices: []")
    with pytest.raises(RequestError, match="polices"):
        demo_settings(file, "#registry")


def test_behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "")
    expect_no_proxy()
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    with pytest.raises(RequestError, match="a proxy \\(HTTPS_PROXY\\): unset the variable"):
        expect_no_proxy()
