"""`ecr-clean iam-policy`, compared with the calls that the simulated AWS received."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.bootstrap.deletion import find_registry, open_deleter
from bot.core.repository import RegistryId
from bot.playground.aws import AwsStandIn
from bot.playground.aws.access import AccessRequest
from bot.playground.kubernetes import Cluster
from bot.playground.seed import WorkloadCounts, seed_workloads
from bot.settings.load import load_settings
from tests.aws.plans import plan_of
from tests.cli.conftest import UseEverywhere
from tests.matrices import the_first
from tests.support import Result, Run, Shelf, others_off

HERE, THERE = "123456789012", "210987654321"
READER = f"arn:aws:iam::{THERE}:role/ci/reader"
LOOKER = f"arn:aws:iam::{THERE}:role/looker"
ONE_OF_EACH = WorkloadCounts(services=1, tasks=2, functions=1, schedules=2)
Write = Callable[[str], Path]

BY_EKS = "kubernetes: {clusters: [{name: prod, eks: prod}]}"
BY_KUBECONFIG = "kubernetes: {clusters: [{name: prod, kubeconfig: kubeconfig}]}"
EKS_BY_KUBECONFIG = BY_KUBECONFIG.replace("}]", ", eks: prod}]")
IN_AWS = ("ecs", "lambda", "kubernetes", "app_runner", "batch", "sagemaker", "codebuild")
SETTINGS = {
    "the defaults": "usage: {}",
    "everything": f"usage: {{ecs: {{revisions: 2}}, {BY_EKS}, regions: [all]}}",
    "older revisions": f"usage: {{{others_off('ecs')}, ecs: {{revisions: 2}}}}",
    "a cluster by EKS": f"usage: {{{others_off('kubernetes')}, {BY_EKS}}}",
    "a cluster by kubeconfig": f"usage: {{{others_off('kubernetes')}, {BY_KUBECONFIG}}}",
    "a cluster of EKS by kubeconfig": f"usage: {{{others_off('kubernetes')}, {EKS_BY_KUBECONFIG}}}",
    "nothing": f"usage: {{{others_off()}, regions: [all]}}",
    "nothing in AWS": f"usage: {{{others_off('files')}, regions: [all]}}",
    "Regions": "usage: {regions: [eu-west-1, us-east-1]}",
    "AWS's prices": f"price_per_gb_month: auto\nusage: {{{others_off()}}}",
    "a registry": f"registries: [{{region: eu-west-1, account: '{HERE}'}}]\nusage: {{}}",
    **{f"all but {source}": f"usage: {{{source}: false}}" for source in IN_AWS},
}


def statements(result: Result) -> list[dict[str, Any]]:
    assert result.status == 0
    policy = orjson.loads(result.out)
    assert policy["Version"] == "2012-10-17"
    found: list[dict[str, Any]] = policy["Statement"]
    return found


def granted(found: list[dict[str, Any]]) -> set[str]:
    return {action for statement in found for action in statement["Action"]}


def allows(statement: dict[str, Any], ask: AccessRequest) -> bool:
    regions = statement.get("Condition", {}).get("StringEquals", {}).get("aws:RequestedRegion")
    return (
        ask.action in statement["Action"]
        and any(fnmatchcase(ask.resource, pattern) for pattern in statement["Resource"])
        and (regions is None or ask.region in regions)
    )


@pytest.fixture
def company(aws: AwsStandIn, eks: Cluster, use_everywhere: UseEverywhere) -> None:
    """A repository, and a workload of every source."""
    web = Shelf(aws, "shop/web")
    web.index("multi", "amd64")
    seed_workloads(aws.url, ONE_OF_EACH, ["shop/web"])
    use_everywhere(f"{web.id.uri}:multi")
    eks.allow_everything()
    aws.world.calls.reset()


@pytest.fixture
def asks(aws: AwsStandIn, monkeypatch: pytest.MonkeyPatch) -> list[AccessRequest]:
    """Records the actions that the simulated AWS had to allow."""
    found: list[AccessRequest] = []
    decide = aws.world.access.denial

    def remember(ask: AccessRequest) -> str | None:
        found.append(ask)
        return decide(ask)

    monkeypatch.setattr(aws.world.access, "denial", remember)
    return found


def read_as_during_deletion(place: RegistryId, name: str) -> None:
    """Makes the reads that only happen while a plan is executed."""
    registry, _ = find_registry(load_settings(Path("ecr-clean.yml")), place)
    repository = registry.repository(name)
    assert repository
    digests = list(registry.digests(repository))[:1]
    registry.describe_some(repository, digests)
    registry.texts(repository, digests)


def test_it_is_a_policy_for_the_caller(run: Run) -> None:
    result = run("iam-policy")
    assert statements(result)
    assert result.out == run("iam-policy", "--read").out
    assert (
        result.sentence
        == f"this is the policy of the identity that runs ecr-clean in account {HERE}"
    )


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize("settings", the_first(6, SETTINGS.values()), ids=SETTINGS.keys())
def test_it_has_exactly_the_calls_of_a_plan(
    settings: str, aws: AwsStandIn, asks: list[AccessRequest], run: Run, settings_file: Write
) -> None:
    settings_file(settings)
    run("plan", "*")
    run("doctor")
    read_as_during_deletion(RegistryId(HERE, "eu-west-1"), "shop/web")
    called = set(aws.world.calls.counts()) - {"sts:GetCallerIdentity"}
    found = statements(run("iam-policy"))
    assert granted(found) == called
    assert asks
    for ask in asks:
        assert any(allows(statement, ask) for statement in found), ask


@pytest.mark.usefixtures("company")
def test_doctor_makes_all_calls_of_a_plan(aws: AwsStandIn, run: Run, settings_file: Write) -> None:
    """Doctor also makes the calls for the ignore tag, for runs, and for other Regions."""
    settings_file("usage: {}")
    run("plan", "*")
    planned = set(aws.world.calls.counts())
    aws.world.calls.reset()
    run("doctor")
    assert set(aws.world.calls.counts()) - planned == {
        "ec2:DescribeRegions",
        "ecr:ListTagsForResource",
        "ecr:ListImages",
    }
    assert planned <= set(aws.world.calls.counts())


ROLES = f"""
registries:
  - {{role_arn: '{READER}', account: '{THERE}'}}
  - {{region: eu-west-1}}
usage:
  accounts: [{{account: '{THERE}', role_arn: '{LOOKER}', regions: [all]}}]
"""


@pytest.fixture
def roles(
    aws: AwsStandIn, cluster: Cluster, use_everywhere: UseEverywhere, settings_file: Write
) -> None:
    """A registry in an account that one role reads, and workloads in an account that another role
    scans."""
    for role in (READER, LOOKER):
        aws.world.identities.add_role(role, trusts=[HERE])
    there = Shelf(aws, "team/there", account=THERE)
    there.index("multi", "amd64")
    seed_workloads(aws.url, ONE_OF_EACH, ["team/there"], account=THERE)
    use_everywhere(f"{there.id.uri}:multi", account=THERE)
    aws.world.eks(THERE).create(
        "there", endpoint=cluster.url, certificate_authority=cluster.certificate_authority
    )
    settings_file(ROLES)


@pytest.mark.usefixtures("company", "roles")
@pytest.mark.parametrize(
    ("more", "clusters"),
    the_first(
        1,
        [
            ("  kubernetes: {clusters: [{name: c, eks: there}]}\n", True),
            ("  ecs: {revisions: 2}\n", False),
            ("", False),
        ],
    ),
)
def test_each_principal_has_exactly_its_calls(
    asks: list[AccessRequest],
    run: Run,
    settings_file: Write,
    more: str,
    *,
    clusters: bool,
) -> None:
    settings_file(ROLES + more)
    run("plan", "team/there", "shop/web")
    run("doctor")
    read_as_during_deletion(RegistryId(THERE, "eu-west-1"), "team/there")
    for role in (READER, LOOKER):
        asked = [ask for ask in asks if ask.principal.iam_arn == role]
        found = statements(run("iam-policy", "--role", role))
        assert granted(found) == {ask.action for ask in asked} - {"sts:GetCallerIdentity"}
        for ask in asked:
            assert any(allows(statement, ask) for statement in found), ask
    looks = granted(statements(run("iam-policy", "--role", LOOKER)))
    assert ("eks:DescribeCluster" in looks) is clusters
    assert looks > {"ec2:DescribeRegions", "apprunner:DescribeService"}
    ours = statements(run("iam-policy"))
    (assuming,) = (each for each in ours if each["Sid"] == "AssumeRoles")
    assert assuming["Resource"] == [READER, LOOKER]


@pytest.mark.usefixtures("roles")
def test_it_names_the_principal_of_each_policy(run: Run) -> None:
    said = run("iam-policy").err.splitlines()
    assert said == [
        f"ecr-clean: this is the policy of the identity that runs ecr-clean in account {HERE}",
        f"ecr-clean: a role needs another policy: ecr-clean iam-policy --role {READER}",
        f"ecr-clean: a role needs another policy: ecr-clean iam-policy --role {LOOKER}",
    ]
    result = run("iam-policy", "--role", READER)
    assert result.sentence == f"this is the policy of the role {READER}"
    arns = [arn for each in statements(result) for arn in each["Resource"] if arn != "*"]
    assert {arn.split(":")[4] for arn in arns} == {THERE}


def test_the_caller_only_assumes_roles_if_all_registries_have_one(
    run: Run, settings_file: Write
) -> None:
    settings_file(f"registries: [{{role_arn: '{READER}'}}]\nusage: {{}}")
    assert granted(statements(run("iam-policy"))) == {"sts:AssumeRole"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("", "omit --role"),
        (f"registries: [{{role_arn: '{READER}'}}]", f"use one of {READER}"),
    ],
)
def test_a_role_that_is_not_in_the_settings(
    settings: str, said: str, run: Run, settings_file: Write
) -> None:
    settings_file(settings)
    result = run("iam-policy", "--role", LOOKER)
    assert (result.status, result.out) == (2, "")
    assert result.sentence == f"There is no role {LOOKER} in the settings: {said}"


def test_it_needs_no_credentials(
    run: Run, settings_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_file("usage: {}")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = run("iam-policy")
    found = {each["Sid"]: each for each in statements(result)}
    assert found["ReadRepositories"]["Resource"] == ["arn:aws:ecr:eu-west-1:*:repository/*"]
    assert {"ReadRegistries", "ListWorkloads", "ReadWorkloads"} < found.keys()
    assert "with AWS credentials, it names the account" in result.sentence


def test_without_credentials_it_covers_the_same_calls(
    run: Run, settings_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if a role scans another account first."""
    settings_file(
        f"registries: [{{region: eu-west-1, account: '{HERE}'}}]\n"
        f"usage: {{accounts: [{{account: '{THERE}', role_arn: '{LOOKER}'}}]}}"
    )
    with_credentials = granted(statements(run("iam-policy")))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert granted(statements(run("iam-policy"))) == with_credentials
    assert "ec2:DescribeRegions" in with_credentials


def test_it_makes_no_aws_calls(aws: AwsStandIn, run: Run) -> None:
    aws.world.deny("*")
    assert statements(run("iam-policy"))
    assert set(aws.world.calls.counts()) == {"sts:GetCallerIdentity"}


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_other_partitions(
    region: str, partition: str, run: Run, settings_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_file("usage: {}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.setenv("AWS_REGION", region)
    resources = [arn for each in statements(run("iam-policy")) for arn in each["Resource"]]
    assert {arn.split(":")[1] for arn in resources if arn != "*"} == {partition}


def test_a_policy_that_is_too_long(run: Run, settings_file: Write) -> None:
    entries = [f"{{account: '{number:012}', region: eu-west-1}}" for number in range(150)]
    settings_file(f"registries: [{', '.join(entries)}]")
    result = run("iam-policy")
    assert result.status == 0
    assert "characters, over the limit of 6,144: split it" in result.err


DELETER = f"arn:aws:iam::{THERE}:role/ci/deleter"

OWN = ""
BY_READER = f"registries: [{{region: eu-west-1, role_arn: '{READER}', external_id: secret}}]"
BY_DELETER = f"""
registries:
  - region: eu-west-1
    role_arn: '{READER}'
    delete_role_arn: '{DELETER}'
    external_id: secret
"""
BY_DELETER_ALONE = f"""
registries:
  - {{region: eu-west-1, account: '{THERE}', delete_role_arn: '{DELETER}', external_id: secret}}
"""
SEVERAL = f"""
registries:
  - {{region: eu-west-1}}
  - {{region: us-east-1, account: '{HERE}'}}
  - {{region: eu-west-1, role_arn: '{READER}', delete_role_arn: '{DELETER}', external_id: secret}}
  - {{region: us-east-1, role_arn: '{READER}', external_id: secret}}
"""
MISSING = f"sha256:{'0' * 64}"
PLACES = [(HERE, "eu-west-1"), (HERE, "us-east-1"), (THERE, "eu-west-1"), (THERE, "us-east-1")]


@pytest.fixture
def shelves(aws: AwsStandIn) -> dict[tuple[str, str], Shelf]:
    """A repository in each place."""
    for role in (READER, DELETER):
        aws.world.identities.add_role(role, trusts=[HERE], external_id="secret")
    return {
        (account, region): Shelf(aws, "team/api", account=account, region=region)
        for account, region in PLACES
    }


@pytest.mark.parametrize(
    ("settings", "places", "deleters"),
    [
        (OWN, PLACES[:1], {None}),
        (BY_READER, PLACES[2:3], {None, READER}),
        (BY_DELETER, PLACES[2:3], {None, DELETER}),
        (BY_DELETER_ALONE, PLACES[2:3], {None, DELETER}),
        (SEVERAL, PLACES, {None, READER, DELETER}),
    ],
    ids=["own account", "role", "role for deletion", "only a role for deletion", "several"],
)
def test_the_deletion_policy_has_exactly_the_calls_of_a_run(
    settings: str,
    places: list[tuple[str, str]],
    deleters: set[str | None],
    asks: list[AccessRequest],
    shelves: dict[tuple[str, str], Shelf],
    run: Run,
    settings_file: Write,
) -> None:
    loaded = load_settings(settings_file(settings or "usage: {}"))
    for place in places:
        digest = shelves[place].image("1.0")
        registry, entry = find_registry(loaded, RegistryId(*place))
        assert registry.id() == RegistryId(*place)
        asks.clear()
        deleter = open_deleter(plan_of(shelves[place].id), entry)
        assert deleter.delete([digest], lambda: True) == {digest: None}
        (deletion,) = asks
        role = deletion.principal.iam_arn if deletion.principal.session else None
        found = statements(run("iam-policy", "--delete", *(("--role", role) if role else ())))
        assert granted(found) - {"sts:AssumeRole"} == {"ecr:BatchDeleteImage"}
        assert any(allows(statement, deletion) for statement in found)
    ours = run("iam-policy", "--delete")
    assumed = [each["Resource"] for each in statements(ours) if each["Sid"] == "AssumeRoles"]
    assert {None, *chain.from_iterable(assumed)} == deleters
    told = {line.rpartition(" ")[2] for line in ours.err.splitlines() if "--role" in line}
    assert told == deleters - {None}


def test_the_roles_that_are_assumed_are_those_of_the_policy(
    aws: AwsStandIn, shelves: dict[tuple[str, str], Shelf], run: Run, settings_file: Write
) -> None:
    loaded = load_settings(settings_file(SEVERAL))
    for place in PLACES:
        _, entry = find_registry(loaded, RegistryId(*place))
        aws.world.calls.reset()
        open_deleter(plan_of(shelves[place].id), entry).delete([MISSING], lambda: True)
        assert set(aws.world.calls.counts()) <= {"ecr:BatchDeleteImage", "sts:AssumeRole"}
    assumed = {session.role_arn for session in aws.world.identities.sessions if session.policy}
    assert assumed == {DELETER, READER}
    found = {each["Sid"]: each for each in statements(run("iam-policy", "--delete"))}
    assert set(found["AssumeRoles"]["Resource"]) == assumed


def test_the_deletion_policy_of_the_caller(run: Run, settings_file: Write) -> None:
    settings_file(SEVERAL)
    result = run("iam-policy", "--delete")
    found = {each["Sid"]: each for each in statements(result)}
    assert found.keys() == {"DeleteImages", "AssumeRoles"}
    assert found["DeleteImages"]["Action"] == ["ecr:BatchDeleteImage"]
    assert found["DeleteImages"]["Resource"] == [
        f"arn:aws:ecr:eu-west-1:{HERE}:repository/*",
        f"arn:aws:ecr:us-east-1:{HERE}:repository/*",
    ]
    assert found["AssumeRoles"]["Resource"] == [DELETER, READER]
    assert result.err.splitlines() == [
        f"ecr-clean: this is the policy of the identity that runs ecr-clean in account {HERE}",
        f"ecr-clean: a role needs another policy: ecr-clean iam-policy --delete --role {DELETER}",
        f"ecr-clean: a role needs another policy: ecr-clean iam-policy --delete --role {READER}",
    ]


def test_the_deletion_policy_of_a_role(run: Run, settings_file: Write) -> None:
    settings_file(SEVERAL)
    result = run("iam-policy", "--delete", "--role", READER)
    (statement,) = statements(result)
    assert statement["Resource"] == [f"arn:aws:ecr:us-east-1:{THERE}:repository/*"]
    assert result.sentence == f"this is the policy of the role {READER}"


def test_the_deletion_policy_is_as_narrow_as_the_settings(
    run: Run, settings_file: Write, shelves: dict[tuple[str, str], Shelf], asks: list[AccessRequest]
) -> None:
    loaded = load_settings(
        settings_file("policies: [{repositories: ['Shop/*', 'team/[a-c]pi']}, {repositories: [x]}]")
    )
    found = statements(run("iam-policy", "--delete"))
    assert [each["Resource"] for each in found] == [
        [f"arn:aws:ecr:eu-west-1:{HERE}:repository/{name}" for name in ("shop/*", "team/?pi", "x")]
    ]
    _, entry = find_registry(loaded, RegistryId(HERE, "eu-west-1"))
    plan = plan_of(shelves[HERE, "eu-west-1"].id)
    open_deleter(plan, entry).delete([MISSING], lambda: True)
    assert any(allows(statement, ask) for statement in found for ask in asks)


def test_settings_without_policies_need_no_deletion_policy(run: Run, settings_file: Write) -> None:
    settings_file("policies: []")
    result = run("iam-policy", "--delete")
    assert statements(result) == []
    assert "no repository matches `policies`, so nothing is deleted" in result.err


def test_a_deletion_role_has_no_read_policy(run: Run, settings_file: Write) -> None:
    settings_file(BY_DELETER)
    assert not granted(statements(run("iam-policy"))) & {"ecr:BatchDeleteImage"}
    (assuming,) = statements(run("iam-policy"))
    assert assuming["Resource"] == [READER]
    for given, says in (
        (("--role", DELETER), f"only deletes: ecr-clean iam-policy --delete --role {DELETER}"),
        (("--delete", "--role", READER), f"only reads: ecr-clean iam-policy --role {READER}"),
        (("--delete", "--role", LOOKER), f"no role {LOOKER} in the settings: use one of {DELETER}"),
    ):
        result = run("iam-policy", *given)
        assert (result.status, result.out) == (2, "")
        assert says in result.sentence


@pytest.mark.parametrize(
    "options",
    [
        ("--read", "--delete"),
        ("--read", "--kubernetes"),
        ("--delete", "--kubernetes"),
        ("--role", "x", "--kubernetes"),
    ],
)
def test_options_that_cannot_be_combined(run: Run, options: tuple[str, ...]) -> None:
    result = run("iam-policy", *options)
    assert (result.status, result.out) == (2, "")
    assert f"{options[0]} and {options[-1]} cannot be combined" in result.sentence


@pytest.mark.parametrize(
    ("settings", "groups"),
    [
        (f"usage: {{{BY_EKS}}}", {"", "apps", "batch"}),
        ("usage: {kubernetes: false}", {"", "apps", "batch"}),
        (
            "usage: {kubernetes: {custom_resources: ["
            "{resource: rollouts.v1alpha1.argoproj.io, template: spec.template},"
            "{resource: services.v1.serving.knative.dev, template: spec.template}]}}",
            {"", "apps", "batch", "argoproj.io", "serving.knative.dev"},
        ),
    ],
)
def test_the_cluster_role(
    settings: str, groups: set[str], aws: AwsStandIn, run: Run, settings_file: Write
) -> None:
    """tests/usage/kubernetes compares it with the calls."""
    settings_file(settings)
    result = run("iam-policy", "--kubernetes")
    role = orjson.loads(result.out)
    assert result.status == 0
    assert (role["kind"], role["metadata"]) == ("ClusterRole", {"name": "ecr-clean"})
    assert {group for rule in role["rules"] for group in rule["apiGroups"]} == groups
    assert all(rule["verbs"] == ["list"] for rule in role["rules"])
    assert "kubectl create clusterrolebinding ecr-clean" in result.sentence
    assert not list(aws.world.calls)


def test_wrong_settings(run: Run, settings_file: Write) -> None:
    settings_file("usage: {ecs: maybe}")
    result = run("iam-policy")
    assert (result.status, result.out) == (2, "")
    assert "usage.ecs" in result.sentence


@pytest.mark.usefixtures("company")
def test_the_policy_of_init_allows_its_calls(asks: list[AccessRequest], run: Run) -> None:
    policy = statements(run("iam-policy", "--init"))
    asks.clear()
    assert run("init").status == 0
    assert "ecr:GetLifecyclePolicy" in {ask.action for ask in asks}
    refused = {
        ask.action for ask in asks if not any(allows(statement, ask) for statement in policy)
    }
    assert refused <= {"sts:GetCallerIdentity"}
    assert "ecr:GetLifecyclePolicy" not in granted(statements(run("iam-policy")))


@pytest.mark.parametrize("other", ["--delete", "--kubernetes", "--role=x"])
def test_the_policy_of_init_is_no_other(run: Run, other: str) -> None:
    result = run("iam-policy", "--init", other)
    assert result.status == 2
    assert "cannot be combined" in result.sentence
