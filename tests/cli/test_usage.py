"""Images in use, in commands: in other accounts and Regions, and by other names."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.playground.aws import DEFAULT_ACCOUNT, AwsStandIn
from bot.playground.aws.ec2.state import ALWAYS_ENABLED
from tests.support import Plan, Run, Shelf, others_off

OTHER = "210987654321"
ROLE = f"arn:aws:iam::{OTHER}:role/look"
KEEP_NOTHING = "policies: [{keep: []}]"
IN_AWS = ("ecs", "lambda", "app_runner", "batch", "sagemaker", "codebuild")
Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _in_use_somewhere(aws: AwsStandIn) -> None:
    """Some image of the registry is in use, for tests about an image that is not."""
    image = f"{DEFAULT_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/platform/base:1"
    aws.world.ecs().run_task("prod", "anchor", [image])


def reasons(plan: Plan, tag: str) -> list[str]:
    (image,) = [image for image in plan["images"] if tag in image["tags"]]
    return [reason["detail"] for reason in image["reasons"]]


def kept(plan: Plan) -> set[str]:
    return {tag for image in plan["images"] if image["verdict"] == "keep" for tag in image["tags"]}


def scopes_of(plan: Plan) -> Counter[tuple[str, str]]:
    """The sources, each with its scope."""
    return Counter((look["source"], look["scope"]) for look in plan["usage"])


def used(plan: Plan) -> dict[str, list[str]]:
    return {image["digest"]: image["used_by"] for image in plan["images"] if image["used_by"]}


def test_images_of_a_service_are_kept_with_their_users(
    aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Write
) -> None:
    running, _ = shelf.image("1.0"), shelf.image("1.1")
    aws.world.ecs().create_service("prod", "api", [f"{shelf.id.uri}:1.0"])
    settings_file(KEEP_NOTHING + "\nusage: {}")
    found = plan().plan
    assert kept(found) == {"1.0"}
    assert used(found).keys() == {running}
    assert any("ECS prod/api" in user for user in used(found)[running])
    assert "is in use by ECS prod/api" in reasons(found, "1.0")[0]
    looks = {look["source"]: look for look in found["usage"]}
    assert looks["ecs"]["scope"] == f"{DEFAULT_ACCOUNT} in eu-west-1"
    assert looks["ecs"]["images"] == 2
    assert looks["ecs"]["error"] is None
    assert looks["lambda"]["images"] == 0


def test_a_running_digest_is_kept_after_its_tag_moved(
    aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Write
) -> None:
    running = shelf.image("first", "main")
    aws.world.ecs().create_service("prod", "api", [f"{shelf.id.uri}:main"])
    now_named = shelf.image("second", "main")
    settings_file(KEEP_NOTHING + "\nusage: {}")
    assert used(plan().plan).keys() == {running, now_named}


def test_usage_in_another_account_and_region(
    aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Write
) -> None:
    shelf.images(3)
    aws.world.identities.add_role(ROLE, external_id="x-1", trusts=[DEFAULT_ACCOUNT])
    aws.world.ecs(OTHER, "us-east-1").create_service("prod", "api", [f"{shelf.id.uri}:1.1"])
    accounts = (
        f"[{{account: '{OTHER}', regions: [us-east-1], role_arn: '{ROLE}', external_id: x-1}}]"
    )
    settings_file(f"{KEEP_NOTHING}\nusage: {{accounts: {accounts}}}")
    found = plan().plan
    assert kept(found) == {"1.1"}
    places = (f"{DEFAULT_ACCOUNT} in eu-west-1", f"{OTHER} in us-east-1")
    assert scopes_of(found) == Counter(
        [(source, place) for source in IN_AWS for place in places]
        + [("kubernetes", f"EKS of {place}") for place in places]
    )


def test_all_means_the_enabled_regions_of_the_account(
    aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Write
) -> None:
    shelf.images(2)
    aws.world.functions(DEFAULT_ACCOUNT, "us-east-1").create("f", f"{shelf.id.uri}:1.0")
    settings_file(KEEP_NOTHING + "\nusage: {regions: [all], ecs: false, expect_none: true}")
    found = plan().plan
    assert kept(found) == {"1.0"}
    regions = Counter(source for source, _ in scopes_of(found))
    assert regions == dict.fromkeys({*IN_AWS, "kubernetes"} - {"ecs"}, 2)


def test_denied_regions_are_one_problem(
    aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The problem names the setting that excludes the Regions, which makes the plan complete."""
    regions = ("ap-south-1", "eu-west-1", "sa-east-1", "us-east-1")
    monkeypatch.setitem(ALWAYS_ENABLED, "aws", regions)
    aws.world.deny_regions("sa-east-1", "us-east-1")
    shelf.images(2)
    aws.world.functions().create("f", f"{shelf.id.uri}:1.0")
    settings_file(f"{KEEP_NOTHING}\nusage: {{regions: [all]}}")
    result = plan()
    assert result.status == 3
    setting = "usage.regions: [ap-south-1, eu-west-1]"
    assert result.plan["problems"] == [
        f"regions ({DEFAULT_ACCOUNT}): service control policies deny all calls in sa-east-1, "
        f"us-east-1: if nothing runs there, exclude these Regions with {setting}"
    ]
    assert result.plan["delete"] == []
    settings_file(f"{KEEP_NOTHING}\n{setting.replace('usage.regions', 'usage: {regions')}}}")
    assert plan().status == 0


def test_a_service_that_is_denied_in_all_regions(
    aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Write
) -> None:
    """No Region has to be excluded, and no grant helps."""
    shelf.image("1.0")
    aws.world.deny_regions("eu-west-1", action="sagemaker:*")
    settings_file("usage: {expect_none: true}")
    result = plan()
    assert result.status == 3
    (problem,) = result.plan["problems"]
    assert problem.startswith(
        "sagemaker (123456789012 in eu-west-1): A service control policy denies sagemaker:"
    )
    assert "grant" not in problem


@pytest.fixture
def elsewhere(aws: AwsStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workload in us-east-1, which no source scans."""
    monkeypatch.setitem(ALWAYS_ENABLED, "aws", ("eu-west-1", "sa-east-1", "us-east-1"))
    aws.world.ecs(DEFAULT_ACCOUNT, "us-east-1").cluster("prod")


@pytest.mark.usefixtures("elsewhere")
def test_approvers_see_unscanned_regions(
    aws: AwsStandIn, shelf: Shelf, run: Run, settings_file: Write
) -> None:
    """A plan that cannot be approved makes no calls there."""
    shelf.image("1.0")
    settings_file("usage: {expect_none: true}")
    assert run("plan", "team/api").status == 0
    assert aws.world.calls.count("ecs:ListClusters") == 1
    result = run("propose", "team/api")
    assert result.status == 0
    words = " ".join(result.out.split())
    assert f"Regions not scanned: {DEFAULT_ACCOUNT} in us-east-1 (ecs)." in words
    aws.world.calls.reset()
    run("propose", "team/api")
    assert aws.world.calls.count("ecs:ListClusters") == 1
    settings_file("usage: {expect_none: true, regions: [us-east-1]}")
    assert "in us-east-1 (ecs)" not in run("propose", "team/api").out


@pytest.mark.usefixtures("shelf")
def test_a_denied_account(plan: Run, settings_file: Write) -> None:
    settings_file(f"usage: {{accounts: [{{account: '{OTHER}', role_arn: '{ROLE}'}}]}}")
    result = plan()
    assert result.status == 3
    assert "AWS refused sts:AssumeRole" in result.err
    assert {look["scope"] for look in result.plan["usage"] if look["error"]} == {OTHER}


@pytest.mark.usefixtures("shelf")
def test_another_account_is_not_scanned_as_ones_own(plan: Run, settings_file: Write) -> None:
    settings_file(f"usage: {{accounts: [{{account: '{OTHER}'}}]}}")
    result = plan()
    assert result.status == 3
    assert f"the credentials belong to account {DEFAULT_ACCOUNT}" in result.err


def test_a_registry_in_china(aws: AwsStandIn, plan: Run, settings_file: Write) -> None:
    china = Shelf(aws, "team/cn", region="cn-north-1")
    china.images(2)
    host = f"{DEFAULT_ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn"
    aws.world.ecs(DEFAULT_ACCOUNT, "cn-north-1").run_task("prod", "api", [f"{host}/team/cn:1.1"])
    settings_file(f"registries: [{{region: cn-north-1}}]\n{KEEP_NOTHING}\nusage: {{}}")
    assert kept(plan("team/cn").plan) == {"1.1"}


@pytest.mark.parametrize(
    "host",
    [
        "images.corp.example",
        f"{DEFAULT_ACCOUNT}.dkr.ecr-fips.eu-west-1.amazonaws.com",
        f"{DEFAULT_ACCOUNT}.dkr-ecr.eu-west-1.on.aws",
    ],
)
def test_other_names_of_the_registry(
    host: str, aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Write
) -> None:
    shelf.images(2)
    aws.world.functions().create("f", f"{host}/team/api:1.1", digest=f"sha256:{'0' * 64}")
    alias = f"{DEFAULT_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com"
    settings_file(f"{KEEP_NOTHING}\nusage: {{registry_aliases: {{images.corp.example: {alias}}}}}")
    assert kept(plan().plan) == {"1.1"}


def test_a_digest_in_use_anywhere_is_in_use_in_every_repository(
    aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Write
) -> None:
    copy = Shelf(aws, "team/copy")
    shelf.images(1)
    digest = copy.image("1.0")
    aws.world.ecs().run_task("prod", "api", [f"{shelf.id.uri}@{digest}"])
    settings_file(KEEP_NOTHING + "\nusage: {}")
    assert [kept(each) for each in plan("team/api", "team/copy").plans] == [{"1.0"}, {"1.0"}]


def test_a_shared_child_in_use_keeps_all_its_indexes_and_their_children(
    aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Write
) -> None:
    shelf.index("1.0", "amd64", "arm64")
    shelf.index("1.1", "amd64", "s390")
    shelf.index("1.2", "other")
    amd64 = shelf.image("amd64", "")
    aws.world.ecs().run_task("prod", "api", [f"{shelf.id.uri}@{amd64}"])
    settings_file(KEEP_NOTHING + "\nusage: {}")
    found = plan().plan
    assert kept(found) == {"1.0", "1.1"}
    assert len(found["delete"]) == 2


def test_paths_of_files_are_relative_to_the_settings(
    shelf: Shelf, run: Run, environment: Path
) -> None:
    shelf.images(2)
    folder = environment / "settings"
    folder.mkdir()
    (folder / "used.txt").write_text("team/api:1.1  # the batch host\n")
    file = folder / "clean.yml"
    file.write_text(KEEP_NOTHING + "\nusage: {ecs: false, lambda: false, files: [used.txt]}")
    found = run("plan", "team/api", "--format", "json", "--config", str(file)).plan
    assert kept(found) == {"1.1"}
    assert list(used(found).values()) == [["used.txt line 1"]]


@pytest.mark.usefixtures("shelf")
def test_a_missing_file_makes_plans_incomplete(plan: Run, settings_file: Write) -> None:
    settings_file("usage: {ecs: false, lambda: false, files: [gone.txt]}")
    result = plan()
    assert result.status == 3
    assert "gone.txt cannot be read" in result.sentence


def test_usage_is_scanned_once_for_all_repositories(
    aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Write
) -> None:
    del shelf
    for number in range(5):
        Shelf(aws, f"team/more{number}").image("1")
    settings_file("usage: {}")
    assert len(plan("team/*").plans) == 6
    assert aws.world.calls.count("ecs:ListClusters") == 1
    assert aws.world.calls.count("lambda:ListFunctions") == 1
    assert aws.world.calls.count("ecr:DescribeRegistry") == 1


def test_an_unreadable_source_is_reported_once(
    aws: AwsStandIn, plan: Run, settings_file: Write
) -> None:
    for number in range(3):
        Shelf(aws, f"team/more{number}").image("1")
    aws.world.deny("lambda:ListFunctions")
    settings_file("usage: {}")
    result = plan("team/*")
    assert result.status == 3
    assert "lambda" in result.sentence
    assert all(each["delete"] == [] for each in result.plans)


@pytest.mark.usefixtures("shelf")
def test_a_registry_that_is_not_in_use(plan: Run, settings_file: Write) -> None:
    settings_file("usage: {ecs: false}")
    result = plan()
    assert result.status == 3
    assert "usage.expect_none" in result.sentence
    settings_file("usage: {ecs: false, expect_none: true}")
    assert plan().status == 0


def test_without_sources_the_plan_is_shown_but_cannot_be_approved(
    shelf: Shelf, run: Run, settings_file: Write
) -> None:
    """`usage.files` is not mentioned, since it names no files by default."""
    shelf.images(12)
    settings_file(f"usage: {{{others_off('files')}}}")
    result = run("propose", "team/api", "--format", "json")
    assert result.status == 0
    assert (result.plan["complete"], result.plan["usage"], len(result.plan["delete"])) == (
        True,
        [],
        2,
    )
    assert "No usage source is switched on" in run("plan", "team/api").out
    refused = run("approve", result.plan["plan"])
    assert refused.status == 2
    assert refused.sentence.startswith("No usage source is switched on")


def test_a_drop_in_workloads(
    aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Write
) -> None:
    shelf.images(3)
    functions = aws.world.functions()
    for number in range(3):
        functions.create(f"f{number}", f"{shelf.id.uri}:1.{number}")
    settings_file("usage: {}")
    assert plan().status == 0
    for number in range(2):
        functions.functions.pop(f"f{number}")
    result = plan()
    assert result.status == 3
    assert "it lists 1 workload, but listed 3" in result.sentence


def test_the_table_shows_users(
    aws: AwsStandIn, shelf: Shelf, run: Run, settings_file: Write
) -> None:
    shelf.images(2)
    aws.world.functions().create("thumbnailer", f"{shelf.id.uri}:1.0")
    settings_file(KEEP_NOTHING + "\nusage: {}")
    out = run("plan", "team/api").out
    assert "1.0     Lambda thumbnailer $LATEST" in out
    assert "1 of these is kept only by usage." in out


@pytest.mark.parametrize(
    "accounts",
    [
        "[{account: '123456789012', regions: [us-east-1]}]",
        "[{account: '123456789012', regions: [sa-east-1]}, "
        "{account: '123456789012', regions: [us-east-1]}]",
    ],
)
def test_added_accounts_do_not_remove_regions(
    accounts: str, aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Write
) -> None:
    shelf.images(3)
    aws.world.functions().create("here", f"{shelf.id.uri}:1.0")
    aws.world.functions(DEFAULT_ACCOUNT, "us-east-1").create("there", f"{shelf.id.uri}:1.1")
    registries = f"registries: [{{region: eu-west-1, account: '{DEFAULT_ACCOUNT}'}}]"
    settings_file(f"{registries}\n{KEEP_NOTHING}\nusage: {{ecs: false, accounts: {accounts}}}")
    assert kept(plan().plan) == {"1.0", "1.1"}


@pytest.mark.usefixtures("shelf")
def test_references_by_an_unknown_host_count_as_usage(
    plan: Run, environment: Path, settings_file: Write
) -> None:
    host = f"{DEFAULT_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.example"
    (environment / "used.txt").write_text(f"{host}/team/api:1.0\n")
    settings_file("usage: {ecs: false, lambda: false, files: [used.txt]}")
    result = plan()
    assert result.status == 3
    assert "looks like an ECR registry" in result.sentence


@pytest.mark.usefixtures("shelf")
def test_without_a_scan_nothing_is_proved(plan: Run, settings_file: Write) -> None:
    settings_file("usage: {ecs: false, lambda: false}")
    assert plan().status == 3


@pytest.mark.parametrize("action", ["ecr:DescribeRegistry", "ecr:GetRegistryPolicy", None])
def test_registry_settings_are_read_once(action: str | None, aws: AwsStandIn, plan: Run) -> None:
    for number in range(4):
        Shelf(aws, f"team/more{number}").image("1")
    if action:
        aws.world.deny(action)
    assert plan("team/*").status == (3 if action else 0)
    for call in (
        "ecr:DescribeRegistry",
        "ecr:GetRegistryPolicy",
        "ecr:GetAccountSetting",
        "ecr:ListPullTimeUpdateExclusions",
    ):
        assert aws.world.calls.count(call) == 1
