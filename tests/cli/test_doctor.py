"""`ecr-clean doctor` on a healthy setup, and with each problem."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.playground.aws import AwsStandIn
from bot.playground.aws.ec2.state import ALWAYS_ENABLED
from bot.playground.kubernetes import Cluster
from bot.playground.kubernetes.builders import deployment
from tests.cli.conftest import UseEverywhere
from tests.support import NO_SOURCES, Result, Run, Shelf, others_off

HERE, THERE = "123456789012", "210987654321"
PLACE = f"{HERE} in eu-west-1"
USER = f"arn:aws:iam::{HERE}:user/demo"
ROLE = f"arn:aws:iam::{THERE}:role/ci/cleaner"
Write = Callable[[str], Path]
Findings = dict[str, dict[str, Any]]
Doctor = Callable[[], Findings]


@pytest.fixture
def doctor(run: Run) -> Doctor:
    """The findings by check: the only one, or the first that is not ok. Checks that the exit status
    matches."""

    def examine() -> Findings:
        result = run("doctor", "--format", "json")
        assert result.err == ""
        found: Findings = {}
        for line in result.out.splitlines():
            finding = orjson.loads(line)
            assert list(finding) == ["check", "scope", "status", "detail", "mend"]
            assert (finding["mend"] is None) is (finding["status"] == "ok")
            if found.get(finding["check"], {"status": "ok"})["status"] == "ok":
                found[finding["check"]] = finding
        assert result.status == any(each["status"] == "FAILED" for each in found.values())
        return found

    return examine


@pytest.fixture
def healthy(aws: AwsStandIn, shelf: Shelf) -> Shelf:
    shelf.images(2)
    aws.world.exclude_pull_times(USER)
    return shelf


def statuses(findings: Findings) -> set[str]:
    return {finding["status"] for finding in findings.values()}


@pytest.mark.usefixtures("healthy")
def test_only_switched_off_sources_are_warnings(doctor: Doctor) -> None:
    found = doctor()
    assert list(found) == [
        "settings",
        "credentials",
        "registry",
        "usage",
        "repository policies",
        "replication",
        "references",
        "resource tags",
        "pull times",
        "shared layers",
        "Slack",
    ]
    assert found.pop("usage")["status"] == "warning"
    assert statuses(found) == {"ok"}
    assert found["settings"]["scope"] == "ecr-clean.yml"
    assert USER in found["credentials"]["detail"]
    assert found["registry"]["scope"] == PLACE
    assert found["registry"]["detail"].endswith("repositories: 1")


@pytest.mark.usefixtures("healthy")
def test_without_a_settings_file(doctor: Doctor, environment: Path) -> None:
    (environment / "ecr-clean.yml").unlink()
    assert "the defaults apply" in doctor()["settings"]["detail"]


@pytest.mark.usefixtures("healthy")
def test_settings_in_the_environment(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECR_CLEAN_SETTINGS", NO_SOURCES)
    found = doctor()["settings"]
    assert (found["scope"], found["detail"]) == ("ECR_CLEAN_SETTINGS", "the settings are valid")


def test_each_source_has_its_numbers(
    aws: AwsStandIn,
    shelf: Shelf,
    use_everywhere: UseEverywhere,
    doctor: Doctor,
    settings_file: Write,
) -> None:
    shelf.image("1.0")
    image = f"{shelf.id.uri}:1.0"
    use_everywhere(image)
    aws.world.functions().create("resize", image)
    settings_file("usage: {}")
    found = doctor()
    for source in ("ecs", "lambda", "kubernetes", "app_runner", "batch", "sagemaker", "codebuild"):
        assert found[source]["scope"] == (f"EKS of {PLACE}" if source == "kubernetes" else PLACE)
        assert found[source]["status"] == "ok"
        assert found[source]["detail"].startswith("workloads: ")
        assert source == "kubernetes" or "workloads: 0" not in found[source]["detail"]
    assert "usage" not in found
    settings_file("usage: {kubernetes: false, batch: false}")
    assert doctor()["usage"]["scope"] == "kubernetes, batch"


@pytest.mark.parametrize(
    ("action", "check", "status"),
    [
        ("ecr:DescribeRepositories", "registry", "FAILED"),
        ("ecr:DescribeImages", "registry", "FAILED"),
        ("ecr:ListImages", "registry", "FAILED"),
        ("ecr:BatchGetImage", "registry", "FAILED"),
        ("ecr:GetRepositoryPolicy", "repository policies", "FAILED"),
        ("ecr:GetRegistryPolicy", "repository policies", "FAILED"),
        ("ecr:DescribeRegistry", "replication", "FAILED"),
        ("ecr:ListTagsForResource", "resource tags", "warning"),
        ("ecr:ListPullTimeUpdateExclusions", "pull times", "warning"),
        ("ecr:GetAccountSetting", "shared layers", "warning"),
    ],
)
@pytest.mark.usefixtures("healthy")
def test_each_denied_action_has_a_finding(
    action: str, check: str, status: str, aws: AwsStandIn, doctor: Doctor
) -> None:
    aws.world.deny(action)
    found = doctor()
    finding = found.pop(check)
    assert finding["status"] == status
    assert action in finding["detail"]
    assert "ecr-clean iam-policy" in finding["mend"]
    del found["usage"]
    assert statuses(found) == {"ok"}


@pytest.mark.parametrize(
    ("action", "source"),
    [
        ("ecs:ListTasks", "ecs"),
        ("events:ListRules", "ecs"),
        ("lambda:ListFunctions", "lambda"),
        ("eks:ListClusters", "kubernetes"),
        ("apprunner:ListServices", "app_runner"),
        ("batch:DescribeJobDefinitions", "batch"),
        ("sagemaker:ListModels", "sagemaker"),
        ("codebuild:ListProjects", "codebuild"),
    ],
)
@pytest.mark.usefixtures("healthy")
def test_a_denied_source(
    action: str, source: str, aws: AwsStandIn, doctor: Doctor, settings_file: Write
) -> None:
    settings_file("usage: {expect_none: true}")
    aws.world.ecs().cluster("prod")
    aws.world.deny(action, region="eu-west-1")
    found = doctor()
    assert found[source]["status"] == "FAILED"
    assert f"AWS refused {action}" in found[source]["detail"]
    assert "`ecr-clean iam-policy` prints all required actions" in found[source]["mend"]
    assert f"usage.{source}" in found[source]["mend"]
    del found[source]
    assert statuses(found) == {"ok"}


@pytest.fixture
def clusters(
    healthy: Shelf, granted: Cluster, run: Run, settings_file: Write
) -> Callable[[], Findings]:
    """The Kubernetes findings by scope: `prod`, an EKS cluster with a Deployment, and `edge`, whose
    kubeconfig is missing."""
    granted.apply(*deployment("api", f"{healthy.id.uri}:1.0"))
    edge = "{name: edge, kubeconfig: gone}"
    entries = f"clusters: [{{name: prod, eks: prod}}, {edge}]"
    settings_file(f"usage: {{{others_off('kubernetes')}, kubernetes: {{{entries}}}}}")

    def examine() -> Findings:
        result = run("doctor", "--format", "json")
        findings = map(orjson.loads, result.out.splitlines())
        return {each["scope"]: each for each in findings if each["check"] == "kubernetes"}

    return examine


def test_each_cluster_has_a_finding(clusters: Callable[[], Findings]) -> None:
    found = clusters()
    assert {scope: finding["status"] for scope, finding in found.items()} == {
        f"EKS of {PLACE}": "ok",
        "prod": "ok",
        "edge": "FAILED",
    }
    assert found["prod"]["detail"] == "workloads: 1; different images of these registries: 1"
    assert "gone cannot be read: No such file" in found["edge"]["detail"]
    assert "fix its entry in usage.kubernetes.clusters" in found["edge"]["detail"]


def test_an_unlisted_cluster(aws: AwsStandIn, clusters: Callable[[], Findings]) -> None:
    aws.world.eks().create("staging")
    finding = clusters()[f"EKS of {PLACE}"]
    assert finding["status"] == "FAILED"
    assert "no source scans EKS clusters staging" in finding["detail"]
    assert "usage.kubernetes.ignore" in finding["detail"]


@pytest.mark.usefixtures("no_waiting")
def test_a_cluster_that_refuses(granted: Cluster, clusters: Callable[[], Findings]) -> None:
    granted.access.clear()
    finding = clusters()["prod"]
    assert finding["status"] == "FAILED"
    assert "refused to list" in finding["detail"]
    assert "the ClusterRole that `ecr-clean iam-policy --kubernetes` prints" in finding["detail"]
    assert "usage.kubernetes" in finding["mend"]


@pytest.mark.usefixtures("healthy")
def test_one_failure_does_not_hide_others(aws: AwsStandIn, doctor: Doctor) -> None:
    aws.world.deny("ecr:*")
    found = doctor()
    assert found["registry"]["status"] == "FAILED"
    assert found["pull times"]["status"] == found["shared layers"]["status"] == "warning"
    assert not found.keys() & {"repository policies", "replication"}


def test_it_pulls_no_image(doctor: Doctor, shelf: Shelf) -> None:
    shelf.image("a")
    doctor()
    assert shelf.pulled_at("a") is None


def test_a_registry_without_repositories(doctor: Doctor) -> None:
    found = doctor()
    assert found["registry"]["status"] == "warning"
    assert "check region and account" in found["registry"]["mend"]


def test_without_credentials(
    doctor: Doctor, healthy: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    del healthy
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    found = doctor()
    assert list(found) == ["settings", "credentials", "all else", "Slack"]
    assert "No AWS credentials were found" in found["credentials"]["detail"]
    assert found["all else"]["detail"] == "it was not checked"


def test_the_exemption_command_is_printed(doctor: Doctor, shelf: Shelf) -> None:
    shelf.image("a")
    found = doctor()
    assert found["pull times"]["status"] == "warning"
    assert found["pull times"]["mend"].endswith(
        f"`aws ecr register-pull-time-update-exclusion --principal-arn {USER} --region eu-west-1`"
    )


@pytest.fixture
def there(aws: AwsStandIn, settings_file: Write) -> Shelf:
    aws.world.identities.add_role(ROLE, trusts=[HERE])
    shelf = Shelf(aws, "team/there", account=THERE)
    shelf.image("a")
    settings_file(f"registries: [{{role_arn: '{ROLE}'}}]")
    return shelf


@pytest.mark.usefixtures("there")
def test_a_role_of_the_settings_is_exempted_with_its_path(aws: AwsStandIn, doctor: Doctor) -> None:
    mend = doctor()["pull times"]["mend"]
    assert mend.endswith(f"--principal-arn {ROLE} --region eu-west-1`")
    aws.world.exclude_pull_times(ROLE, account=THERE)
    assert doctor()["pull times"]["status"] == "ok"


@pytest.mark.parametrize(
    ("arn", "words"),
    [
        (f"arn:aws:sts::{HERE}:assumed-role/cleaner/ann", "if the role has a path, put it before"),
        (f"arn:aws:iam::{HERE}:root", "run this as an IAM role or user"),
    ],
)
@pytest.mark.usefixtures("shelf")
def test_other_callers(arn: str, words: str, aws: AwsStandIn, doctor: Doctor) -> None:
    with aws.world.lock:
        principal = aws.world.identities.principal("test", None)
        assert principal
        object.__setattr__(principal, "arn", arn)
    mend = doctor()["pull times"]["mend"]
    assert words in mend
    assert (f"--principal-arn arn:aws:iam::{HERE}:role/cleaner " in mend) is ("cleaner" in arn)


def test_a_role_that_cannot_be_assumed(doctor: Doctor, settings_file: Write) -> None:
    settings_file(f"registries: [{{role_arn: '{ROLE}'}}]")
    found = doctor()
    assert found["registry"]["scope"] == "registries[0]"
    assert "AWS refused sts:AssumeRole" in found["registry"]["detail"]
    assert found["usage"]["detail"] == "it was not checked"
    assert "pull times" not in found


@pytest.mark.usefixtures("healthy")
def test_a_failed_registry_does_not_hide_others(run: Run, settings_file: Write) -> None:
    settings_file(f"registries: [{{role_arn: '{ROLE}'}}, {{region: eu-west-1}}]")
    result = run("doctor", "--format", "json")
    assert result.status == 1
    registries = [
        (finding["scope"], finding["status"])
        for finding in map(orjson.loads, result.out.splitlines())
        if finding["check"] == "registry"
    ]
    assert registries == [("registries[0]", "FAILED"), (PLACE, "ok")]


def lets_pull(*principals: str) -> dict[str, Any]:
    allow = {"Effect": "Allow", "Action": "ecr:BatchGetImage", "Principal": {"AWS": principals}}
    return {"Version": "2012-10-17", "Statement": [allow]}


def test_accounts_that_may_pull_and_are_not_scanned(
    aws: AwsStandIn, doctor: Doctor, healthy: Shelf, settings_file: Write
) -> None:
    for name in ("team/b", "team/c", "team/d"):
        aws.world.set_repository_policy(Shelf(aws, name).repository, lets_pull(THERE))
    aws.world.set_repository_policy(healthy.repository, lets_pull(THERE, HERE))
    finding = doctor()["repository policies"]
    assert finding["status"] == "FAILED"
    assert f"account {THERE} may pull" in finding["detail"]
    assert finding["detail"].endswith("team/api, team/b, team/c and 1 more")
    assert "usage.ignore_accounts" in finding["mend"]
    settings_file(f"usage: {{ecs: false, lambda: false, ignore_accounts: ['{THERE}']}}")
    finding = doctor()["repository policies"]
    assert finding["status"] == "ok"
    assert finding["detail"].endswith(f"are scanned or ignored: {THERE}")


def other_regions(doctor: Doctor) -> dict[str, Any]:
    found: dict[str, Any] = doctor()["other Regions"]
    return found


@pytest.fixture
def three_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ALWAYS_ENABLED, "aws", ("eu-west-1", "sa-east-1", "us-east-1"))


@pytest.mark.usefixtures("healthy", "three_regions")
def test_regions_that_are_not_scanned(
    aws: AwsStandIn, doctor: Doctor, settings_file: Write
) -> None:
    settings_file("usage: {expect_none: true}")
    finding = other_regions(doctor)
    assert (finding["status"], finding["scope"]) == ("ok", HERE)
    assert finding["detail"] == "Regions without workloads of any source: 2"
    aws.world.ecs(HERE, "us-east-1").cluster("prod")
    aws.world.eks(HERE, "us-east-1").create("prod")
    finding = other_regions(doctor)
    assert finding["status"] == "warning"
    assert f"no source scans {HERE} in us-east-1 (ecs, kubernetes)" in finding["detail"]
    assert "usage.regions" in finding["mend"]
    settings_file("usage: {ecs: false, kubernetes: false, expect_none: true}")
    assert other_regions(doctor)["status"] == "ok"
    settings_file("usage: {ecs: false, lambda: false, kubernetes: false, expect_none: true}")
    assert "other Regions" not in doctor()


@pytest.mark.usefixtures("healthy", "three_regions")
def test_regions_that_cannot_be_scanned(
    aws: AwsStandIn, doctor: Doctor, settings_file: Write
) -> None:
    settings_file("usage: {expect_none: true}")
    aws.world.deny_regions("sa-east-1")
    assert other_regions(doctor)["detail"] == (
        "Regions without workloads of any source: 1; denied by service control policies: 1"
    )
    aws.world.deny("ecs:ListClusters", region="us-east-1")
    finding = other_regions(doctor)
    assert finding["status"] == "warning"
    assert finding["detail"].startswith(
        "some Regions could not be scanned: AWS refused ecs:ListClusters on"
    )


@pytest.mark.usefixtures("healthy", "three_regions")
def test_regions_that_service_control_policies_deny(
    aws: AwsStandIn, doctor: Doctor, settings_file: Write
) -> None:
    aws.world.deny_regions("sa-east-1", "us-east-1")
    settings_file("usage: {regions: [all], expect_none: true}")
    found = doctor()
    assert found["regions"]["status"] == "FAILED"
    assert "usage.regions: [eu-west-1]" in found["regions"]["detail"]
    assert "exclude these Regions" in found["regions"]["mend"]
    assert found["ecs"]["status"] == "ok"


def test_services_that_may_pull_and_are_not_scanned(
    aws: AwsStandIn, doctor: Doctor, healthy: Shelf, settings_file: Write
) -> None:
    emr, functions = "emr-serverless.amazonaws.com", "lambda.amazonaws.com"
    allow = {
        "Effect": "Allow",
        "Action": "ecr:BatchGetImage",
        "Principal": {"Service": [emr, functions]},
        "Condition": {"StringEquals": {"aws:SourceAccount": HERE}},
    }
    aws.world.set_repository_policy(healthy.repository, {"Statement": [allow]})
    finding = doctor()["repository policies"]
    assert finding["status"] == "FAILED"
    assert finding["detail"] == (f"{emr} may pull, but no enabled source scans it: team/api")
    assert "usage.ignore_services" in finding["mend"]
    settings_file(f"usage: {{ecs: false, ignore_services: [{emr}]}}")
    finding = doctor()["repository policies"]
    assert finding["status"] == "ok"
    assert finding["detail"].endswith(f"none and services: {emr}, {functions}")


def test_anybody_may_pull(aws: AwsStandIn, doctor: Doctor, healthy: Shelf) -> None:
    aws.world.set_repository_policy(healthy.repository, lets_pull("*"))
    finding = doctor()["repository policies"]
    assert finding["status"] == "FAILED"
    assert "without naming them" in finding["detail"]


def test_policies_of_many_that_cannot_be_read(
    aws: AwsStandIn, doctor: Doctor, healthy: Shelf
) -> None:
    del healthy
    Shelf(aws, "team/b")
    Shelf(aws, "team/c")
    aws.world.deny("ecr:GetRepositoryPolicy")
    assert doctor()["repository policies"]["detail"].endswith("(and 2 more repositories)")


@pytest.mark.usefixtures("healthy")
def test_replicated_deletions(aws: AwsStandIn, doctor: Doctor, settings_file: Write) -> None:
    aws.world.replicate([(HERE, "us-east-1")], deletions=True)
    found = doctor()
    assert found["replication"]["status"] == "FAILED"
    assert f"{HERE} in us-east-1: team/api; it is not scanned" in found["replication"]["detail"]
    settings_file("usage: {ecs: false, regions: [eu-west-1, us-east-1], expect_none: true}")
    assert doctor()["replication"]["status"] == "warning"


@pytest.mark.usefixtures("healthy")
def test_shared_layers(aws: AwsStandIn, doctor: Doctor) -> None:
    aws.world.set_account_setting("BLOB_MOUNTING", "ENABLED")
    found = doctor()
    assert found["shared layers"]["status"] == "warning"
    assert "put-account-setting --name BLOB_MOUNTING" in found["shared layers"]["mend"]


@pytest.mark.usefixtures("healthy")
def test_prices_of_aws(doctor: Doctor, settings_file: Write) -> None:
    settings_file("price_per_gb_month: auto")
    price = doctor()["price"]
    assert (price["scope"], price["status"]) == ("eu-west-1", "ok")
    assert price["detail"].startswith(
        "$0.10 per GB and month (AWS's price list for eu-west-1, read "
    )


@pytest.mark.usefixtures("healthy")
def test_a_price_list_that_cannot_be_read(
    aws: AwsStandIn, doctor: Doctor, settings_file: Write
) -> None:
    settings_file("price_per_gb_month: auto")
    aws.world.deny("pricing:GetProducts")
    price = doctor()["price"]
    assert (price["scope"], price["status"]) == ("eu-west-1", "warning")
    assert price["detail"].startswith("AWS refused pricing:GetProducts on the price list")
    assert price["detail"].endswith("the price until then: $0.10 per GB and month (the default)")
    assert price["mend"].startswith("grant pricing:GetProducts (`ecr-clean iam-policy`")


def test_patterns_that_match_nothing(
    doctor: Doctor, healthy: Shelf, settings_file: Write, run: Run
) -> None:
    healthy.image("main-1")
    settings_file("policies: [{repositories: [team/*], keep: [{newest: 1, per: 'mian-{n}'}]}]")
    assert doctor()["patterns"]["detail"] == "patterns that match something that exists: 2"
    assert run("propose", "team/api").status in (0, 3)
    pattern = doctor()["patterns"]
    assert (pattern["scope"], pattern["status"]) == ("policies[0].keep[0].per", "warning")
    assert pattern["detail"] == "mian-{n} matches no tag in 1 scanned repository"
    assert pattern["mend"] == "correct or remove it, unless such tags are still to come"
    settings_file("policies: [{repositories: [tema/*]}]")
    assert doctor()["patterns"]["detail"] == "tema/* matches no repository"


@pytest.mark.usefixtures("healthy")
def test_a_file_of_usage(doctor: Doctor, environment: Path, settings_file: Write) -> None:
    settings_file(f"usage: {{{others_off('files')}, files: [used.txt]}}")
    found = doctor()
    assert found["files"]["status"] == "FAILED"
    assert "fix the file" in found["files"]["mend"]
    (environment / "used.txt").write_text("team/api:a\nteam/api:b\ndebian\n")
    assert doctor()["files"]["detail"] == ("workloads: 3; different images of these registries: 3")


@pytest.mark.usefixtures("healthy")
def test_nothing_in_use_anywhere(doctor: Doctor, settings_file: Write) -> None:
    settings_file("usage: {ecs: false}")
    found = doctor()
    assert found["usage"]["status"] == "FAILED"
    assert "usage.expect_none" in found["usage"]["mend"]


@pytest.mark.usefixtures("healthy")
def test_a_cache_that_cannot_be_used(doctor: Doctor, environment: Path) -> None:
    file = environment / "cache" / "ecr-clean" / "manifests.db"
    file.parent.mkdir(parents=True)
    file.write_text("no database at all, but long enough to look at" * 50)
    found = doctor()
    assert found["usage"]["status"] == "FAILED"
    assert "cannot be used" in found["usage"]["detail"]
    assert found["pull times"]["status"] == "ok"


def test_wrong_settings(run: Run, settings_file: Write) -> None:
    settings_file("usage: {ecs: maybe}")
    result = run("doctor")
    assert (result.status, result.out) == (2, "")
    assert "usage.ecs" in result.sentence


def lines(result: Result) -> Iterator[str]:
    return iter(result.out.splitlines())


@pytest.mark.usefixtures("healthy")
def test_as_a_table(run: Run, aws: AwsStandIn) -> None:
    result = run("doctor")
    assert result.status == 0
    assert "ok       settings, ecr-clean.yml: " in result.out
    assert result.out.startswith("No check FAILED; 1 warning.\n\nwarning  usage, ")
    aws.world.deny("ecr:DescribeImages")
    result = run("doctor")
    assert result.status == 1
    (line,) = (line for line in lines(result) if line.startswith("FAILED"))
    assert line.startswith(f"FAILED   registry, {PLACE}: AWS refused ecr:DescribeImages")
    assert "\n         Fix: if AWS denies" in result.out
    assert result.out.startswith("1 check FAILED, 1 warning, ")
    shown = [line.split()[0] for line in lines(result) if line and not line.startswith(" ")][1:]
    assert shown == sorted(shown, key=["FAILED", "warning", "ok"].index)


@pytest.mark.usefixtures("healthy")
def test_the_table_is_wrapped_at_80_columns(run: Run, aws: AwsStandIn) -> None:
    aws.world.deny("ecr:DescribeImages")
    result = run("doctor")
    too_long = [line for line in lines(result) if len(line) > 80]
    assert all(len(line.split()) == 1 or "`" in line for line in too_long)
    assert len(too_long) < 3


@pytest.mark.usefixtures("healthy")
def test_as_csv(run: Run) -> None:
    result = run("doctor", "--format", "csv")
    assert result.status == 0
    rows = list(csv.DictReader(lines(result)))
    assert list(rows[0]) == ["check", "scope", "status", "detail", "mend"]
    assert [row["check"] for row in rows][:3] == ["settings", "credentials", "registry"]
    assert rows[0]["mend"] == ""


def test_no_secret_is_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    result = run("doctor")
    assert "wJalrXUtnFEMI" not in result.out + result.err
