"""docs/production.md: its commands run from top to bottom, and lead to a healthy bot.

Commands of ecr-clean run. Those that need AWS, Docker or a cluster are recorded, and compared with
the services' models, the templates and the files that they name.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from ruamel.yaml import YAML

from bot.aws.iam_policy import size_of
from bot.playground.aws import AwsStandIn
from bot.playground.aws.ec2.state import ALWAYS_ENABLED
from bot.playground.aws.identity import DEFAULT_KEY
from bot.playground.kubernetes import Cluster
from bot.playground.kubernetes.builders import deployment
from bot.playground.slack import Workspace
from bot.slack.commands import COMMANDS as SLACK_COMMANDS
from tests.deploy.aws_commands import check_aws, content, option
from tests.deploy.cloudformation import (
    EXAMPLE,
    MAX_INLINE_SIZE,
    PRODUCTION,
    SHARED,
    STAGING,
    Stack,
    example_parameters,
    fill,
)
from tests.deploy.kubernetes import ROOT, render
from tests.deploy.page_walk import Call, Walk, walk
from tests.slack.support import in_workspace
from tests.support import Result, Run, Shelf

PAGE = ROOT / "docs" / "production.md"
TEXT = PAGE.read_text()
SETTINGS = (EXAMPLE / "ecr-clean.yml").read_text()
NAME_OF = {STAGING: "staging", PRODUCTION: "production"}
TYPED = "xoxb-bot\nxapp-app\nsecret of the database\n"
ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
ANSWERS = {
    "aws ecr get-login-password": "password",
    "aws cloudformation describe-stacks": "an-output",
    "aws organizations list-roots": "r-ab12",
    "aws eks describe-cluster": f"https://{ISSUER}",
    "aws ecs describe-services": json.dumps({"awsvpcConfiguration": {"subnets": ["subnet-1"]}}),
    "aws ecs run-task": f"arn:aws:ecs:eu-west-1:{SHARED}:task/ecr-clean/0123",
}
KUBECTL = {
    "apply": {"--context", "-f", "-k"},
    "create secret generic ecr-clean": {"--context", "--namespace", "--from-env-file"},
    "rollout status deployment/ecr-clean": {"--context", "--namespace", "--timeout"},
    "exec": {"--context", "--namespace", "deployment/ecr-clean", "--"},
}
"""Commands with the words that they may have besides values: `kubectl COMMAND --help`."""
DOCKER = {
    "login": {"--username", "--password-stdin"},
    "buildx build": {"--platform", "--push", "--tag"},
}


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    folder = tmp_path_factory.mktemp("walk")
    aws_files = {"AWS_CONFIG_FILE": str(folder / "config"), "AWS_EC2_METADATA_DISABLED": "true"}
    (folder / "config").write_text("[profile shared]\n")
    return walk(
        PAGE,
        folder,
        ("aws", "docker", "kubectl", "make"),
        ANSWERS,
        TYPED,
        {"HOME": str(folder), "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"), **aws_files},
    )


def test_every_command_is_one_that_exists(walked: Walk) -> None:
    checks = {
        "aws": check_aws,
        "docker": check_docker,
        "kubectl": check_kubectl,
        "make": check_make,
    }
    for call in walked.calls:
        checks[call.program](call)


def check_make(call: Call) -> None:
    (target,) = call.arguments
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), call


def check_docker(call: Call) -> None:
    (known,) = (DOCKER[key] for key in DOCKER if str(call).startswith(f"docker {key} "))
    assert {each for each in call.arguments if each[:2] == "--"} <= known, call
    assert call.piped or "--password-stdin" not in call.arguments


def check_kubectl(call: Call) -> None:
    (known,) = (KUBECTL[key] for key in KUBECTL if str(call).startswith(f"kubectl {key} "))
    own = call.arguments[: call.arguments.index("--") + 1 if "--" in call.arguments else None]
    assert {each.partition("=")[0] for each in own if each[:1] == "-"} <= known, call
    assert words_after(call, "--context") in NAME_OF.values(), call
    if "-k" in own:
        assert (ROOT / words_after(call, "-k") / "kustomization.yaml").is_file(), call
    if "-f" in own:
        assert (ROOT / words_after(call, "-f")).is_file(), call


def words_after(call: Call, word: str) -> str:
    return call.arguments[list(call.arguments).index(word) + 1]


def test_every_command_of_the_page_ran(walked: Walk) -> None:
    """Blocks that are not for the shell are for Slack."""
    assert set(re.findall(r"^```(\w+)$", TEXT, re.MULTILINE)) == {"sh", "text"}
    for block in re.findall(r"^```text\n(.*?)\n```$", TEXT, re.DOTALL | re.MULTILINE):
        slash, command = block.split()
        assert slash == "/ecr-clean"
        assert command in SLACK_COMMANDS
    assert {call.program for call in walked.calls} == {"aws", "docker", "kubectl", "make"}


def test_the_image_is_the_one_that_both_platforms_pull(walked: Walk) -> None:
    tag = words_after(walked.one("docker buildx build"), "--tag")
    assert tag == example_parameters("bot")["Image"]
    platform = words_after(walked.one("docker buildx build"), "--platform")
    assert platform == f"linux/{example_parameters('bot')['Architecture'].lower()}"
    assert tag == render(EXAMPLE).container["image"]
    host, _, rest = tag.partition("/")
    repository = option(walked.one("aws ecr create-repository"), "repository-name")
    assert rest.startswith(f"{repository}:")
    assert walked.one("docker login").arguments[-1] == host
    assert example_parameters("bot")["ImageRepositoryArn"].endswith(f":repository/{repository}")


def test_both_platforms_have_the_same_settings(walked: Walk) -> None:
    for call in walked.starting("aws ssm put-parameter"):
        assert content(option(call, "value"), call) == SETTINGS
        assert example_parameters("bot")["SettingsArn"].endswith(
            f":parameter{option(call, 'name')}"
        )
    assert render(EXAMPLE).one("ConfigMap")["data"] == {"ecr-clean.yml": SETTINGS}
    assert len(SETTINGS.encode()) <= 8192, "SSM's Advanced tier takes 8 KB"


def test_the_secrets_have_what_the_bot_reads(walked: Walk) -> None:
    bot, app, password = TYPED.splitlines()
    created = walked.one("aws secretsmanager create-secret")
    secret = json.loads(content(option(created, "secret-string"), created))
    assert secret == {"SLACK_BOT_TOKEN": bot, "SLACK_APP_TOKEN": app}
    assert f":secret:{option(created, 'name')}-" in example_parameters("bot")["SlackSecretArn"]
    of_kubernetes = walked.one("kubectl create secret").piped
    assert of_kubernetes.splitlines() == [
        f"SLACK_BOT_TOKEN={bot}",
        f"SLACK_APP_TOKEN={app}",
        f"PGPASSWORD={password}",
    ]
    assert not any(word in str(call) for call in walked.calls for word in (bot, app, password))


def test_the_stacks_have_their_parameters_and_outputs(walked: Walk) -> None:
    deployed = walked.one("aws cloudformation deploy")
    assert (ROOT / option(deployed, "template-file")).name == "bot.yaml"
    stack = fill("bot", parameters(deployed, "parameter-overrides"), SHARED)
    for call in walked.starting("aws cloudformation describe-stacks"):
        (output,) = re.findall(r"OutputKey=='(\w+)'", option(call, "query"))
        assert output in stack.outputs
        assert option(call, "stack-name") == option(deployed, "stack-name")
    created = walked.starting("aws cloudformation create-stack-set")
    assert [option(call, "stack-set-name")[-12:] for call in created] == [STAGING, PRODUCTION]
    for call in created:
        assert option(call, "template-body").endswith("/account.yaml")
        fill("account", parameters(call, "parameters"), option(call, "stack-set-name")[-12:])


def parameters(call: Call, name: str) -> dict[str, str]:
    entries = json.loads(content(option(call, name), call))
    return {each["ParameterKey"]: each["ParameterValue"] for each in entries}


def test_the_role_for_kubernetes_trusts_the_pod(walked: Walk) -> None:
    assert option(walked.one("aws iam create-open-id-connect-provider"), "url") == (
        f"https://{ISSUER}"
    )
    created = walked.one("aws iam create-role")
    document = content(option(created, "assume-role-policy-document"), created)
    (statement,) = json.loads(document)["Statement"]
    assert statement["Principal"]["Federated"].endswith(f"{SHARED}:oidc-provider/{ISSUER}")
    rendered = render(EXAMPLE)
    account = rendered.one("ServiceAccount")["metadata"]
    assert statement["Condition"]["StringEquals"] == {
        f"{ISSUER}:aud": "sts.amazonaws.com",
        f"{ISSUER}:sub": f"system:serviceaccount:{account['namespace']}:{account['name']}",
    }
    role = f"arn:aws:iam::{SHARED}:role/{option(created, 'role-name')}"
    assert account["annotations"] == {"eks.amazonaws.com/role-arn": role}
    policies = [
        json.loads(call.piped)
        for call in walked.starting("aws iam put-role-policy")
        if option(call, "role-name") == option(created, "role-name")
    ]
    actions = [each["Action"] for policy in policies for each in policy["Statement"]]
    assert {"sts:AssumeRole", "ecr:BatchDeleteImage"} <= {
        action for each in actions for action in ([each] if isinstance(each, str) else each)
    }
    assert sum(map(size_of, policies)) < MAX_INLINE_SIZE


def test_the_log_of_the_check_is_that_of_its_task(walked: Walk) -> None:
    stack = fill("bot", example_parameters("bot"), SHARED)
    (container,) = stack.properties("TaskDefinition")["ContainerDefinitions"]
    prefix = container["LogConfiguration"]["Options"]["awslogs-stream-prefix"]
    tail = walked.one("aws logs tail")
    assert option(tail, "log-stream-names") == f"{prefix}/{container['Name']}/0123"
    started = walked.one("aws ecs run-task")
    assert option(started, "task-definition") == stack.properties("TaskDefinition")["Family"]
    (override,) = json.loads(option(started, "overrides"))["containerOverrides"]
    assert override["name"] == container["Name"]


def test_files_and_keys_that_the_page_names_exist() -> None:
    for path in re.findall(r"\]\((?!http|#)([^)#]+)", TEXT):
        assert (PAGE.parent / path).exists(), path
    declared = (ROOT / "deploy" / "cloudformation" / "bot.yaml").read_text()
    declared += (ROOT / "deploy" / "cloudformation" / "account.yaml").read_text()
    for name in re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", TEXT):
        assert f"\n  {name}:\n" in declared, name


# The commands of the page, against simulators of what its templates create.


@pytest.fixture
def company(
    aws: AwsStandIn, environment: Path, walked: Walk, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """Three accounts, two clusters and a workspace, after step 7 of the page."""
    monkeypatch.setitem(ALWAYS_ENABLED, "aws", ("eu-west-1", "us-east-1"))
    (environment / "ecr-clean.yml").unlink()
    aws.world.identities.add_user(DEFAULT_KEY, "ecr-clean", SHARED)
    for account in NAME_OF:
        create_roles(aws, fill("account", example_parameters(f"account-{account}"), account))
    with (
        Cluster("staging") as staging,
        Cluster("production") as production,
        in_workspace(ROOT / "manifest.yml", monkeypatch) as slack,
    ):
        clusters = {STAGING: staging, PRODUCTION: production}
        admit_to_clusters(aws, clusters, walked, monkeypatch)
        fill_registries(aws, clusters)
        ann = slack.remote.add_user("ann")
        slack.remote.add_channel("platform", [ann])
        slack.remote.add_user_group("platform-team", [ann])
        yield slack


def create_roles(aws: AwsStandIn, stack: Stack) -> None:
    for role in stack.of_type("AWS::IAM::Role").values():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        aws.world.identities.add_role(
            role_arn(stack, role["RoleName"]),
            external_id=statement["Condition"]["StringEquals"]["sts:ExternalId"],
            trusts=[statement["Principal"]["AWS"].split(":")[4]],
        )


def role_arn(stack: Stack, name: str) -> str:
    (resource, *_) = stack.policies("ReadRole")["read"]["Statement"][-1]["Resource"]
    return f"arn:aws:iam::{resource.split(':')[4]}:role/{name}"


def admit_to_clusters(
    aws: AwsStandIn, clusters: dict[str, Cluster], walked: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the page's access entries and ClusterRoles do."""
    role = YAML(typ="safe").load(ROOT / "deploy/kubernetes/cluster-role/clusterrole.yaml")
    for account, cluster in clusters.items():
        cluster.trust_sts(aws.url)
        aws.world.eks(account).create(
            NAME_OF[account],
            endpoint=cluster.url,
            certificate_authority=cluster.certificate_authority,
        )
        cluster.grant_role("ecr-clean", role)
    entries = {
        option(call, "principal-arn"): option(call, "kubernetes-groups")
        for call in walked.starting("aws eks create-access-entry")
    }
    open_session = aws.world.identities.open_session

    def admit(*arguments: Any, **options: Any) -> Any:
        principal = open_session(*arguments, **options)
        if principal.session and (group := entries.get(principal.iam_arn)):
            clusters[principal.account].add_access_entry(
                principal.session.access_key, principal.iam_arn, [group]
            )
        return principal

    monkeypatch.setattr(aws.world.identities, "open_session", admit)


def fill_registries(aws: AwsStandIn, clusters: dict[str, Cluster]) -> None:
    """Each cluster runs the oldest image of a repository: production one of another account, which
    its policy allows."""
    shop = Shelf(aws, "shop/api", account=SHARED)
    shop.images(14)
    allowed = json.loads((EXAMPLE / "pull-policy.json").read_text())
    aws.world.set_repository_policy(shop.repository, allowed)
    Shelf(aws, "platform/base", account=SHARED).images(14)
    preview = Shelf(aws, "team/preview", account=STAGING)
    preview.images(14)
    clusters[PRODUCTION].apply(*deployment("api", f"{shop.id.uri}:1.0"))
    clusters[STAGING].apply(*deployment("preview", f"{preview.id.uri}:1.0"))


def doctor_of(platform: str, walked: Walk) -> list[str]:
    """The arguments of ecr-clean in the task or pod."""
    if platform == "Kubernetes":
        program, *arguments = walked.one("kubectl exec").arguments[-2:]
        assert program == "ecr-clean"
        return arguments
    overrides = json.loads(option(walked.one("aws ecs run-task"), "overrides"))
    return list(overrides["containerOverrides"][0]["command"])


@pytest.fixture(params=["Fargate", "Kubernetes"])
def in_bot(
    request: pytest.FixtureRequest, run: Run, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Runs a command as the platform does: with the settings from SSM, or from the ConfigMap."""
    if request.param == "Fargate":
        monkeypatch.setenv("ECR_CLEAN_SETTINGS", SETTINGS)
    else:
        file = environment / "mounted.yml"
        file.write_text(render(EXAMPLE).one("ConfigMap")["data"]["ecr-clean.yml"])
        monkeypatch.setenv("ECR_CLEAN_CONFIG", str(file))
    return run


@pytest.mark.usefixtures("company")
def test_doctor_finds_what_the_page_says(
    in_bot: Run, walked: Walk, request: pytest.FixtureRequest
) -> None:
    platform = request.node.callspec.params["in_bot"]
    result = in_bot(*doctor_of(platform, walked), "--format", "json")
    findings = [orjson.loads(line) for line in result.out.splitlines()]
    wrong = [each for each in findings if each["status"] == "FAILED"]
    assert (result.status, wrong, result.err) == (0, [], "")
    warnings = {each["check"] for each in findings if each["status"] == "warning"}
    assert warnings == {"pull times"}
    commands = [each["mend"] for each in findings if each["check"] == "pull times"]
    assert len(commands) == 2
    assert all("aws ecr register-pull-time-update-exclusion" in each for each in commands)


@pytest.mark.usefixtures("company")
def test_plans_of_all_accounts_are_complete(plan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECR_CLEAN_SETTINGS", SETTINGS)
    result = plan("*")
    assert (result.status, result.err) == (0, "")
    plans = {each["repository"]: each for each in result.plans}
    assert [each["complete"] for each in plans.values()] == [True] * 3
    assert {name: each["registry_id"] for name, each in plans.items()} == {
        "shop/api": SHARED,
        "platform/base": SHARED,
        "team/preview": STAGING,
    }
    assert plans["platform/base"]["delete"] == []
    assert plans["team/preview"]["delete"]
    (running,) = (each for each in plans["shop/api"]["images"] if each["tags"] == ["1.0"])
    assert running["used_by"] == ["Kubernetes production: Deployment default/api"]
    assert running["verdict"] == "keep"


@pytest.mark.usefixtures("company")
def test_nothing_can_be_deleted_before_the_last_step(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECR_CLEAN_SETTINGS", SETTINGS)
    assert "execution" in approved(run).sentence
    enabled = re.sub(r"^  enabled: false\b", "  enabled: true", SETTINGS, flags=re.MULTILINE)
    monkeypatch.setenv("ECR_CLEAN_SETTINGS", enabled)
    assert "@platform-team" in approved(run).sentence


def approved(run: Run) -> Result:
    proposed = run("propose", "team/preview", "--format", "json")
    return run("approve", proposed.plan["plan"])
