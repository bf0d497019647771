"""`ecr-clean init`: the settings file that it proposes passes as it is, and plans."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.bootstrap.kubernetes import cluster_role
from bot.playground.aws import DEFAULT_ACCOUNT, AwsStandIn, Fault
from bot.playground.aws.ec2.state import ALWAYS_ENABLED
from bot.playground.kubernetes import Cluster
from bot.playground.seed import seed_company
from bot.playground.seed_kubernetes import register_cluster_in_eks, seed_company_cluster
from bot.process import system_clock
from bot.render.proposal_outcome import MOST_ROWS
from bot.render.settings_text import comment, value_text
from bot.settings.load import load_settings
from bot.settings.model import PolicySection, Settings
from tests.cli.test_other_accounts import EMR, FOR_EMR, OTHER, lets_pull
from tests.core.test_proposed_policies import CDK, UNTAGGED_WEEK
from tests.support import Run, Shelf

GOLDEN = Path(__file__).with_name("init_of_company.yml")

Init = Callable[[], "Proposal"]


class Proposal:
    """What `init` printed. `file`: its text; `settings`: what it says."""

    def __init__(self, path: Path, text: str) -> None:
        path.write_text(text)
        self.file = text
        self.settings: Settings = load_settings(path)

    @property
    def policies(self) -> dict[tuple[str, ...], PolicySection]:
        return {entry.repositories: entry for entry in self.settings.policies}

    @property
    def text(self) -> str:
        """On one line, without the signs of comments."""
        return " ".join(self.file.replace("\n#", " ").replace("\n  #", " ").split())


@pytest.fixture
def init(run: Run, tmp_path: Path) -> Init:
    """Runs `ecr-clean init`, and reads its file."""

    def propose() -> Proposal:
        result = run("init")
        assert result.status == 0, result.err
        assert result.err == (
            "ecr-clean: review the file, above all its end: what to check by hand\n"
        )
        return Proposal(tmp_path / "proposed.yml", result.out)

    return propose


def test_an_empty_account(init: Init) -> None:
    proposal = init()
    assert proposal.settings.policies == Settings().policies
    assert [entry.region for entry in proposal.settings.registries] == ["eu-west-1"]
    assert "There is no repository yet" in proposal.file
    assert "Nothing: there is no repository with an entry" in proposal.file


def test_settings_in_the_environment_are_not_read(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECR_CLEAN_SETTINGS", "nonsense: true")
    result = run("init")
    assert result.status == 0
    assert result.err.splitlines()[1:] == [
        "ecr-clean: ECR_CLEAN_SETTINGS is set, and applies instead of the file: unset it before "
        "you use the file"
    ]


def test_the_demos_company(
    aws: AwsStandIn, cluster: Cluster, init: Init, run: Run, tmp_path: Path
) -> None:
    seed_company(aws.url, system_clock())
    seed_company_cluster(aws.url, cluster.address)
    register_cluster_in_eks(aws.url, cluster.address, cluster_role(Settings()))
    proposal = init()
    shown = re.sub(r"2\d{3}-\d\d-\d\d( \d\d:\d\d)?", "DATE", proposal.file)
    assert shown == GOLDEN.read_text()
    plans = {
        plan["repository"]: plan
        for plan in run(
            "plan", "--config", str(tmp_path / "proposed.yml"), "--format", "json", "*"
        ).plans
    }
    incomplete = {name for name, plan in plans.items() if not plan["complete"]}
    assert incomplete == {"partner/feeds", "shop/api"}
    assert {plan["unmatched_tags"]["count"] for plan in plans.values()} == {0}
    assert plans["platform/charts"]["delete"] == []
    assert len(plans["shop/payments"]["delete"]) == 140
    assert not list(tmp_path.rglob("ecr-clean.db"))


def test_a_tag_of_no_known_kind(shelf: Shelf, init: Init) -> None:
    shelf.image("build-1", "hotfix")
    proposal = init()
    assert proposal.policies["team/api",].keep[0].tags == ("hotfix",)
    assert "team/api: the rule `tags` keeps hotfix, whose kind init does not know" in proposal.text


def test_no_settings_file_is_read(environment: Path, shelf: Shelf, init: Init) -> None:
    (environment / "ecr-clean.yml").write_text("nonsense: [")
    shelf.image("build-1")
    assert list(init().policies) == [("team/api",)]


def test_repositories_of_the_cdk_are_kept_whole(aws: AwsStandIn, init: Init, run: Run) -> None:
    shelf = Shelf(aws, CDK)
    for number in range(12):
        shelf.image(f"{number:x}" * 64)
    proposal = init()
    assert proposal.settings.policies == ()
    assert f"{CDK}, 12 manifests: " in proposal.text
    assert "the assets of many CDK apps side by side" in proposal.text
    result = run("plan", "--config", "proposed.yml", "--format", "json", CDK)
    assert result.plan["delete"] == []


def test_a_lifecycle_policy(aws: AwsStandIn, shelf: Shelf, init: Init) -> None:
    shelf.image("build-1")
    aws.world.set_lifecycle_policy(shelf.repository, UNTAGGED_WEEK)
    proposal = init()
    first, second, _ = proposal.policies["team/api",].keep
    assert first.pushed_within is not None
    assert first.pushed_within.days == 7
    assert second.tags == ("*",)
    assert "Translated from its lifecycle policy" in proposal.text
    assert "ECR itself deletes images of team/api by lifecycle policies" in proposal.text


def test_a_rule_that_cannot_be_translated(aws: AwsStandIn, shelf: Shelf, init: Init) -> None:
    shelf.images(2)
    rule = UNTAGGED_WEEK["rules"][0]
    both: Any = {
        **rule,
        "selection": {
            "tagStatus": "tagged",
            "tagPatternList": ["1.*", "*.0"],
            "countType": "imageCountMoreThan",
            "countNumber": 3,
        },
    }
    aws.world.set_lifecycle_policy(shelf.repository, {"rules": [both]})
    proposal = init()
    assert "Its rule 1 is for images that have a tag for each of its patterns" in proposal.text
    assert "It deletes no untagged images" in proposal.text
    keep = proposal.policies["team/api",].keep
    assert [(rule.tags, rule.except_tags) for rule in keep[1:-1]] == [
        (("1.*", "*.0"), ()),
        (None, ("1.*", "*.0")),
    ]


def test_a_lifecycle_policy_that_is_not_understood(
    aws: AwsStandIn, shelf: Shelf, init: Init
) -> None:
    shelf.images(2)
    aws.world.set_lifecycle_policy(shelf.repository, {"rules": ["delete all" * 10]})
    proposal = init()
    assert proposal.settings.policies == ()
    assert "Its lifecycle policy is not understood" in proposal.text


def test_several_regions(
    aws: AwsStandIn, shelf: Shelf, init: Init, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Repositories of one name, and workloads, in other Regions."""
    monkeypatch.setitem(ALWAYS_ENABLED, "aws", ("eu-west-1", "sa-east-1", "us-east-1"))
    shelf.image("build-1")
    there = Shelf(aws, region="us-east-1")
    there.images(2)
    aws.world.ecs(DEFAULT_ACCOUNT, "sa-east-1").cluster("prod")
    proposal = init()
    assert [entry.region for entry in proposal.settings.registries] == ["eu-west-1", "us-east-1"]
    assert list(proposal.policies) == [(shelf.id.uri,), (there.id.uri,)]
    assert proposal.settings.usage.regions == ("eu-west-1", "us-east-1", "sa-east-1")
    assert "other Regions with workloads: sa-east-1 (ecs)" in proposal.text


def test_clusters(aws: AwsStandIn, shelf: Shelf, init: Init) -> None:
    """Two of one name are listed by ARN."""
    shelf.image("build-1")
    aws.world.ecs(DEFAULT_ACCOUNT, "us-east-1").cluster("prod")
    for region, name in (("eu-west-1", "prod"), ("us-east-1", "prod"), ("eu-west-1", "test")):
        aws.world.eks(DEFAULT_ACCOUNT, region).create(name)
    proposal = init()
    assert proposal.settings.usage.kubernetes is not None
    arn = f"arn:aws:eks:{{}}:{DEFAULT_ACCOUNT}:cluster/prod".format
    assert [each.eks for each in proposal.settings.usage.kubernetes.clusters] == [
        arn("eu-west-1"),
        "test",
        arn("us-east-1"),
    ]
    assert "Incomplete plan of team/api: kubernetes (test)" in proposal.text


def test_who_may_pull(aws: AwsStandIn, shelf: Shelf, init: Init) -> None:
    shelf.image("build-1")
    aws.world.set_repository_policy(shelf.repository, lets_pull(OTHER))
    aws.world.set_registry_policy(FOR_EMR)
    proposal = init()
    usage = proposal.settings.usage
    assert (usage.accounts, usage.ignore_accounts, usage.ignore_services) == ((), (), ())
    assert f"- {OTHER} may pull team/api" in proposal.file
    assert f"- {EMR} may pull team/api" in proposal.file
    assert f'# ignore_accounts: ["{OTHER}"]' in proposal.file
    assert f"# ignore_services: [{EMR}]" in proposal.file
    assert "Who may pull team/api: decide" in proposal.text


def test_the_decisions_in_comments_are_settings(aws: AwsStandIn, shelf: Shelf, init: Init) -> None:
    shelf.image("build-1")
    aws.world.set_repository_policy(shelf.repository, lets_pull(OTHER))
    commented = re.findall(
        r"^  # ((?:accounts|ignore_accounts|  - \{).*)$", init().file, re.MULTILINE
    )
    usage = YAML(typ="safe").load("\n".join(commented))
    settings = Settings.model_validate({"usage": usage})
    assert settings.usage.accounts[0].account == OTHER
    assert settings.usage.ignore_accounts == (OTHER,)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("ecr:GetLifecyclePolicy", "Lifecycle policies could not be read, so there may be some"),
        ("ecr:GetRepositoryPolicy", "Repository policies could not be read, so others may pull"),
        ("ec2:DescribeRegions", "The account's other Regions could not be listed"),
        ("eks:ListClusters", "EKS clusters could not be listed, so some may be missing here"),
        ("lambda:ListFunctions", "Other Regions could not be asked for workloads"),
    ],
)
def test_a_part_that_cannot_be_read(
    aws: AwsStandIn, shelf: Shelf, init: Init, action: str, words: str
) -> None:
    shelf.image("build-1")
    aws.world.deny(action)
    text = init().text
    assert f"{words}" in text
    assert f"AWS refused {action}" in text
    assert words in text.partition("Check by hand")[2]


def test_another_region_whose_repositories_cannot_be_listed(
    aws: AwsStandIn, shelf: Shelf, init: Init
) -> None:
    shelf.image("build-1")
    aws.world.deny("ecr:DescribeRepositories", region="us-east-1")
    assert "The repositories of another Region could not be listed" in init().text


def test_a_region_that_the_organization_denies_is_left_out(
    aws: AwsStandIn, shelf: Shelf, init: Init
) -> None:
    shelf.image("build-1")
    aws.world.deny_regions("us-east-1")
    proposal = init()
    assert "could not be" not in proposal.text
    assert proposal.settings.usage.regions == ()


def test_images_that_cannot_be_listed(aws: AwsStandIn, shelf: Shelf, init: Init) -> None:
    shelf.image("build-1")
    aws.world.deny("ecr:DescribeImages")
    proposal = init()
    assert proposal.settings.policies == ()
    assert "team/api: its images could not be listed: AWS refused ecr:DescribeImages" in (
        proposal.text
    )


def test_repositories_that_cannot_be_listed(aws: AwsStandIn, run: Run) -> None:
    aws.world.deny("ecr:DescribeRepositories")
    result = run("init")
    assert (result.status, result.out) == (1, "")
    assert "AWS refused ecr:DescribeRepositories" in result.sentence


def lifecycle_rule(priority: int, action: str = "expire", **selection: Any) -> dict[str, Any]:
    target = {"targetStorageClass": "archive"} if action == "transition" else {}
    return {
        "rulePriority": priority,
        "selection": {"countUnit": "days", "countNumber": 30, **selection},
        "action": {"type": action, **target},
    }


def test_what_it_would_delete(aws: AwsStandIn, shelf: Shelf, init: Init) -> None:
    """By a lifecycle policy that keeps tags only for a time. Without remembered scans,
    `used_within` keeps the image that was pulled."""
    for number in range(6):
        shelf.image(f"dev-{number}", age=60, pulled=3 if number == 5 else None)
    shelf.image("untagged", "", age=60)
    aws.world.batch().register("nightly", shelf.id.uri + ":dev-0")
    rule = lifecycle_rule(
        1, tagStatus="tagged", tagPrefixList=["dev-"], countType="sinceImagePushed"
    )
    aws.world.set_lifecycle_policy(shelf.repository, {"rules": [rule]})
    text = init().text
    assert re.search(r"team/api +7 +5 ", text)
    assert "team/api: 6 tags that only rules of time keep (dev-*)." in text


def test_repositories_with_the_same_lifecycle_policy(aws: AwsStandIn, init: Init) -> None:
    rules = [
        lifecycle_rule(
            1,
            "transition",
            tagStatus="tagged",
            tagPatternList=["*-old"],
            countType="sinceImagePulled",
        ),
        lifecycle_rule(
            2,
            tagStatus="tagged",
            tagPatternList=["*-old"],
            countType="sinceImageTransitioned",
            storageClass="archive",
        ),
        lifecycle_rule(3, tagStatus="any", countType="sinceImagePushed"),
    ]
    for name in ("team/api", "team/web"):
        shelf = Shelf(aws, name)
        shelf.image("1.0")
        aws.world.set_lifecycle_policy(shelf.repository, {"rules": rules})
    proposal = init()
    assert list(proposal.policies) == [("team/api", "team/web")]
    assert "Translated from their lifecycle policies, which have the same rules" in proposal.text
    assert "Its rule 1 archives images, which ecr-clean does not do" in proposal.text
    assert "Its rule 2 deletes archived images. ecr-clean keeps them" in proposal.text


def test_a_lifecycle_policy_that_only_archives(aws: AwsStandIn, shelf: Shelf, init: Init) -> None:
    shelf.image("1.0")
    rule = lifecycle_rule(1, "transition", tagStatus="any", countType="sinceImagePulled")
    aws.world.set_lifecycle_policy(shelf.repository, {"rules": [rule]})
    assert "Its lifecycle policy archives images, and deletes only those." in init().text


def test_archived_images_beside_a_number(aws: AwsStandIn, shelf: Shelf, init: Init) -> None:
    shelf.images(3)
    aws.world.archive(shelf.repository, "1.0")
    rule = lifecycle_rule(
        1, tagStatus="tagged", tagPrefixList=["1."], countType="imageCountMoreThan"
    )
    aws.world.set_lifecycle_policy(shelf.repository, {"rules": [rule]})
    assert "Its lifecycle policy counts images, and there are or will be archived ones" in (
        init().text
    )


def test_many_repositories(aws: AwsStandIn, init: Init) -> None:
    for number in range(MOST_ROWS + 1):
        Shelf(aws, f"team/service-{number:02}").image("1.0")
    proposal = init()
    assert len(proposal.policies) == 1
    assert f"The {MOST_ROWS} repositories that save most, and all {MOST_ROWS + 1}." in proposal.text
    assert len(re.findall(r"^# +team/service-.*no saving$", proposal.file, re.MULTILINE)) == (
        MOST_ROWS
    )


def test_any_account_and_service_may_pull(aws: AwsStandIn, shelf: Shelf, init: Init) -> None:
    shelf.image("1.0")
    open_policy: dict[str, Any] = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"},
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "ecr:BatchGetImage",
                "Condition": {"StringEquals": {"aws:SourceAccount": OTHER}},
            },
        ],
    }
    aws.world.set_repository_policy(shelf.repository, open_policy)
    file = init().file
    assert "- any account may pull team/api" in file
    assert "- any service may pull team/api" in file
    assert '# ignore_accounts: ["*"]' in file
    assert "# accounts:" not in file


def test_a_repository_that_is_deleted_meanwhile(aws: AwsStandIn, shelf: Shelf, init: Init) -> None:
    shelf.image("1.0")
    aws.world.faults.add(Fault(operation="DescribeImages", error="RepositoryNotFoundException"))
    proposal = init()
    assert "There is no repository yet" in proposal.file


def test_a_repository_that_cannot_be_planned(aws: AwsStandIn, shelf: Shelf, run: Run) -> None:
    shelf.image("1.0")
    aws.world.faults.add(
        Fault(operation="DescribeImages", error="AccessDeniedException", skip=1, times=None)
    )
    result = run("init")
    assert result.status == 1
    assert "AWS refused ecr:DescribeImages" in result.err
    assert "team/api could not be planned: see the errors of `ecr-clean init`" in result.out


@given(st.text(), st.integers(0, 4))
def test_a_comment_never_ends_early(text: str, indent: int) -> None:
    lines = "\n".join(comment(text, indent, "- "))
    assert YAML(typ="safe", pure=True).load(f"key: 1\n{lines}\n") == {"key": 1}


@given(st.text("abc019.-_*[]{}:#, \"'/yno", min_size=1))
def test_every_text_is_read_again(text: str) -> None:
    assert YAML(typ="safe", pure=True).load(f"- {value_text(text)}") == [text]
