"""Valid values of each type."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.core.errors import RequestError
from bot.core.repository import RegistryId
from bot.settings.load import load_settings
from bot.settings.model import KubernetesSection, Settings
from tests.core.strategies import REPOSITORY


def load(text: str, folder: Path) -> Settings:
    file = folder / "ecr-clean.yml"
    file.write_text(text)
    return load_settings(file)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0s", timedelta(0)),
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("24h", timedelta(hours=24)),
        ("30d", timedelta(days=30)),
    ],
)
def test_durations(text: str, expected: timedelta, tmp_path: Path) -> None:
    settings = load(f"execution: {{undo_window: {text}}}", tmp_path)
    assert settings.execution.undo_window == expected


@pytest.mark.parametrize(("text", "share"), [("0%", 0), ("50%", 0.5), ("100%", 1), ("7%", 0.07)])
def test_percentages(text: str, share: float, tmp_path: Path) -> None:
    settings = load(f"approval: {{type_to_confirm_over: {text}}}", tmp_path)
    assert settings.approval.type_to_confirm_over == share


@pytest.mark.parametrize("schedule", ["mon 09:00", "mon,thu 23:59", "daily 00:00", "sat,sun 12:30"])
def test_schedules(schedule: str, tmp_path: Path) -> None:
    assert load(f"reports: [{{schedule: '{schedule}'}}]", tmp_path).reports[0].schedule == schedule


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("2026-12-31", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-12-31T10:00:00", datetime(2026, 12, 31, 10, tzinfo=UTC)),
        ("2026-12-31T10:00:00Z", datetime(2026, 12, 31, 10, tzinfo=UTC)),
        ("2026-12-31T10:00:00+02:00", datetime(2026, 12, 31, 8, tzinfo=UTC)),
    ],
)
def test_pins_expire_at_the_end_of_a_day_or_at_a_time(
    text: str, until: datetime, tmp_path: Path
) -> None:
    settings = load(f"pins: [{{repository: '*', pin: a, reason: b, until: {text}}}]", tmp_path)
    (entry,) = settings.pin_entries()
    assert entry.pin.until == until
    assert entry.pin.until.astimezone(timezone(timedelta())) == until


@pytest.mark.parametrize(
    "region", ["eu-west-1", "us-gov-east-1", "cn-north-1", "ap-southeast-4", "mx-central-1"]
)
def test_regions(region: str, tmp_path: Path) -> None:
    settings = load(f"registries: [{{region: {region}}}]", tmp_path)
    assert settings.registries[0].region == region


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::123456789012:role/cleaner",
        "arn:aws:iam::123456789012:role/ci/bots/cleaner",
        "arn:aws-cn:iam::123456789012:role/cleaner",
        "arn:aws-us-gov:iam::123456789012:role/a+b=c,d.e@f_g-h",
    ],
)
def test_roles(arn: str, tmp_path: Path) -> None:
    settings = load(f"registries: [{{role_arn: '{arn}'}}]", tmp_path)
    assert settings.registries[0].role_arn == arn


@pytest.mark.parametrize(
    "approver",
    [
        "U012AB3CD",
        "W012AB3CD",
        "S012AB3CD",
        "@ann",
        "@image-approvers",
        "@jörg.b_2",
        "arn:aws:iam::123456789012:user/*",
        "arn:aws:sts::*",
    ],
)
def test_approvers(approver: str, tmp_path: Path) -> None:
    assert load(f"approval: {{approvers: ['{approver}']}}", tmp_path).approval.approvers == (
        approver,
    )


@pytest.mark.parametrize(
    "cluster",
    [
        "{name: a, eks: prod}",
        "{name: a, kubeconfig: file}",
        "{name: a, kubeconfig: file, context: prod}",
        "{name: a, in_cluster: true}",
        "{name: a, in_cluster: true, eks: prod}",
        "{name: a, kubeconfig: file, eks: prod}",
    ],
)
def test_clusters(cluster: str, tmp_path: Path) -> None:
    settings = load(f"usage: {{kubernetes: {{clusters: [{cluster}]}}}}", tmp_path)
    assert settings.usage.kubernetes
    assert settings.usage.kubernetes.clusters[0].name == "a"


def kubernetes(text: str, folder: Path) -> KubernetesSection:
    section = load(f"usage: {{kubernetes: {{{text}}}}}", folder).usage.kubernetes
    assert section
    return section


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("config", "{folder}/config"),
        ("kube/config", "{folder}/kube/config"),
        ("../config", "{folder}/../config"),
        ("~/.kube/config", "/home/ann/.kube/config"),
        ("/etc/kube/config", "/etc/kube/config"),
    ],
)
def test_a_kubeconfig_path_is_relative_to_the_settings_file(
    given: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    section = kubernetes(f"clusters: [{{name: a, kubeconfig: {given}}}]", tmp_path)
    assert section.clusters[0].kubeconfig == meant.format(folder=tmp_path)


def test_the_timeout_of_a_cluster(tmp_path: Path) -> None:
    assert kubernetes("", tmp_path).timeout == timedelta(seconds=60)
    assert kubernetes("timeout: 5m", tmp_path).timeout == timedelta(minutes=5)


def test_settings_of_the_default_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    named = load("pins: []", tmp_path)
    assert load_settings(None).is_default_file
    assert not named.is_default_file
    assert named != load_settings(None)
    assert not Settings().is_default_file
    monkeypatch.setenv("ECR_CLEAN_SETTINGS", "pins: []")
    assert not load_settings(None).is_default_file


def test_clusters_are_ignored_by_globs(tmp_path: Path) -> None:
    globs = ("old", "stag*", "ARN:aws:eks:*:cluster/x")
    assert kubernetes(f"ignore: [{', '.join(map(repr, globs))}]", tmp_path).ignore == globs


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    file = tmp_path / "ecr-clean.yml"
    file.write_text("approval: {required: 2}", "utf-8-sig")
    assert load_settings(file).approval.required == 2


@pytest.mark.parametrize(
    ("resource", "template", "paths"),
    [
        ("services.v1.serving.knative.dev", "spec.template", ("spec.template",)),
        ("rayclusters.v1.ray.io", "['spec.a', 'spec.b[]']", ("spec.a", "spec.b[]")),
        (
            "rollouts.v1alpha1.argoproj.io",
            """'spec.template || `{"containers": []}`'""",
            ('spec.template || `{"containers": []}`',),
        ),
    ],
)
def test_custom_resources(
    resource: str, template: str, paths: tuple[str, ...], tmp_path: Path
) -> None:
    (entry,) = kubernetes(
        f"custom_resources: [{{resource: {resource}, template: {template}}}]", tmp_path
    ).custom_resources
    assert (entry.resource, entry.template) == (resource, paths)
    assert entry.clusters == ()


def test_a_custom_resource_in_some_clusters(tmp_path: Path) -> None:
    text = (
        "clusters: [{name: a, eks: b}, {name: c, in_cluster: true}], "
        "custom_resources: [{resource: rollouts.v1.x.io, template: spec, clusters: [c]}]"
    )
    assert kubernetes(text, tmp_path).custom_resources[0].clusters == ("c",)


def test_a_complete_file(tmp_path: Path) -> None:
    settings = load(
        """
        registries:
          - region: eu-west-1
            account: "123456789012"
            role_arn: arn:aws:iam::123456789012:role/read
            delete_role_arn: arn:aws:iam::123456789012:role/delete
            external_id: an id
        usage:
          accounts: [{account: "210987654321", regions: [eu-west-1, all], role_arn: null}]
          regions: ["all"]
          ecs: {revisions: 3}
          kubernetes: {clusters: [], ignore: [old]}
          files: [used.txt]
          ignore_accounts: ["111111111111"]
          ignore_services: [emr-serverless.amazonaws.com, build.apprunner.amazonaws.com, "*"]
          registry_aliases: {images.example.com: 123456789012.dkr.ecr.eu-west-1.amazonaws.com}
          ignore_references: ["*/gone/*"]
          scan_every: false
          calls_per_second: 20
          expect_none: true
        reports: [{repositories: [a], channel: C1, time_zone: Europe/Berlin, min_saving: 1.5,
                   approvers: [U012AB3CD]}]
        execution: {enabled: false, undo_window: 0s}
        """,
        tmp_path,
    )
    assert settings.registries[0].external_id == "an id"
    assert settings.usage.files == (str(tmp_path / "used.txt"),)
    assert settings.usage.accounts[0].regions == ("eu-west-1", "all")
    assert settings.usage.scan_every is None
    assert settings.reports[0].min_saving == 1.5
    assert settings.execution.enabled is False


@pytest.mark.parametrize(
    ("alias", "known"),
    [
        ("Harbor.example.com", "harbor.example.com"),
        ("Harbor.example.com:443", "harbor.example.com"),
        ("harbor.example.com:8443", "harbor.example.com:8443"),
        ("Harbor.example.com:443/ecr-proxy", "harbor.example.com/ecr-proxy"),
        ("registry:5000/a/b_c", "registry:5000/a/b_c"),
        ("localhost/a", "localhost/a"),
    ],
)
def test_an_alias_is_a_host_with_an_optional_path(alias: str, known: str, tmp_path: Path) -> None:
    uri = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    settings = load(f"usage: {{registry_aliases: {{'{alias}': {uri}}}}}", tmp_path)
    assert settings.hosts().aliases == {known: RegistryId("123456789012", "eu-west-1")}


def test_a_custom_resource_needs_no_template(tmp_path: Path) -> None:
    resource = "workflowtemplates.v1alpha1.argoproj.io"
    settings = load(
        f"usage: {{kubernetes: {{custom_resources: [{{resource: {resource}}}]}}}}", tmp_path
    )
    assert settings.usage.kubernetes
    assert settings.usage.kubernetes.custom_resources[0].template == ()


@pytest.mark.parametrize(
    ("text", "report_only"),
    [
        ("{}", False),
        ("execution: {undo_window: 1m}", False),
        ("execution: {enabled: true}", False),
        ("execution: {enabled: false}", True),
    ],
)
def test_report_only_plans_cannot_be_approved(
    text: str, tmp_path: Path, *, report_only: bool
) -> None:
    rules = load(text, tmp_path).approval_rules(REPOSITORY, workspace="T1")
    assert rules.report_only is report_only


def test_approvers_of_reports_decide_about_all_repositories(tmp_path: Path) -> None:
    """If `approval` has no approvers, `pause`, `resume` and `confirm-usage` need an approver of
    `reports`. Plans of an entry without approvers do not."""
    named = "{repositories: ['prod/*'], approvers: [U0123456789]}"
    settings = load(f"reports: [{named}, {{channel: '#ops'}}]", tmp_path)
    assert settings.general_rules("T1").approvers == ("U0123456789",)
    assert settings.approval_rules(REPOSITORY, "T1").approvers == ()


def test_an_account_id_without_quotes(tmp_path: Path) -> None:
    """YAML reads 012345678901 as a number, so the error says that quotes are needed."""
    with pytest.raises(RequestError, match="in quotes"):
        load("registries: [{account: 123456789012}]", tmp_path)
