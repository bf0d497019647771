"""References that cannot be read, or that name no repository, in commands."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.playground.aws import DEFAULT_ACCOUNT, AwsStandIn
from bot.playground.kubernetes import Cluster
from bot.playground.kubernetes.builders import custom_resource
from tests.support import Result, Run, Shelf, others_off

HOST = f"{DEFAULT_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com"
HARBOR = "harbor.example.com/ecr-proxy/team/api"
Write = Callable[[str], Path]
PlanWith = Callable[..., dict[str, Any]]


@pytest.fixture
def web(aws: AwsStandIn, shelf: Shelf) -> Shelf:
    """A second repository next to `team/api`, with the same deletions."""
    shelf.images(3)
    web = Shelf(aws, "team/web")
    web.images(3)
    return web


@pytest.fixture
def plan_with(run: Run, settings_file: Write, environment: Path) -> PlanWith:
    """Plans all repositories while each reference is in use, as a line of a file. Returns plans by
    name."""

    def plan_them(*references: str, usage: str = "") -> dict[str, Any]:
        lines = [{"image": each, "used_by": f"user {n}"} for n, each in enumerate(references)]
        (environment / "used.json").write_text(json.dumps(lines))
        anchor = f"{HOST}/team/web:1.0"
        (environment / "anchor.txt").write_text(f"{anchor}\n")
        settings_file(
            f"policies: [{{keep: []}}]\n"
            f"usage: {{{others_off('files')}, files: [used.json, anchor.txt]{usage}}}"
        )
        result = run("plan", "team/*", "--format", "json")
        plans = {plan["repository"]: plan for plan in result.plans}
        assert result.status == (0 if all(each["complete"] for each in plans.values()) else 3)
        return plans

    return plan_them


def tags_to_delete(plan: dict[str, Any]) -> set[str]:
    return {
        tag
        for image in plan["images"]
        if image["digest"] in plan["delete"]
        for tag in image["tags"]
    }


def problems(plan: dict[str, Any]) -> list[str]:
    return [look["error"] for look in plan["usage"] if look["error"]]


def finding(result: Result) -> dict[str, Any]:
    findings: list[dict[str, Any]] = [orjson.loads(line) for line in result.out.splitlines()]
    (found,) = (each for each in findings if each["check"] == "references")
    return found


@pytest.mark.parametrize("typo", ["team/api:", "Team/API:1", "team/api:${TAG}", "team/api:1:2"])
@pytest.mark.usefixtures("web")
def test_a_typo_makes_plans_of_the_possible_repository_incomplete(
    typo: str, aws: AwsStandIn, run: Run, settings_file: Write
) -> None:
    ecs = aws.world.ecs()
    ecs.create_service("prod", "web", [f"{HOST}/team/web:1.0"])
    ecs.create_service("prod", "typo", [f"{HOST}/{typo}"])
    settings_file(f"policies: [{{keep: []}}]\nusage: {{{others_off('ecs')}}}")
    result = run("plan", "team/*", "--format", "json")
    plans = {plan["repository"]: plan for plan in result.plans}
    assert result.status == 3
    assert not problems(plans["team/web"])
    assert tags_to_delete(plans["team/web"]) == {"1.1", "1.2"}
    assert not plans["team/api"]["complete"]
    assert plans["team/api"]["delete"] == []
    (problem,) = problems(plans["team/api"])
    assert f"'{HOST}/{typo}' (used by ECS prod/typo, " in problem
    found = finding(run("doctor", "--format", "json"))
    assert found["status"] == "FAILED"
    assert f"'{HOST}/{typo}' (used by ECS prod/typo, " in found["detail"]
    assert "plans for team/api are incomplete" in found["detail"]


@pytest.mark.usefixtures("web")
def test_ignored_unreadable_references(aws: AwsStandIn, run: Run, settings_file: Write) -> None:
    aws.world.ecs().create_service("prod", "typo", [f"{HOST}/team/api:${{TAG}}"])
    settings_file(f"usage: {{{others_off('ecs')}, ignore_references: ['*/team/api:$*']}}")
    assert run("plan", "team/api", "--format", "json").plan["complete"]


@pytest.mark.usefixtures("web")
def test_a_mirror_without_an_alias(plan_with: PlanWith) -> None:
    plans = plan_with(f"{HARBOR}:1.0", usage=f", registry_aliases: {{harbor.example.com: {HOST}}}")
    assert plans["team/web"]["complete"]
    assert plans["team/api"]["delete"] == []
    (problem,) = problems(plans["team/api"])
    assert f"there is no repository for {HARBOR}:1.0 (used by user 0)" in problem
    assert "usage.registry_aliases" in problem
    assert "usage.ignore_references" in problem


@pytest.mark.usefixtures("web")
def test_an_alias_with_a_path(plan_with: PlanWith) -> None:
    alias = f", registry_aliases: {{Harbor.example.com/ecr-proxy: {HOST}}}"
    plans = plan_with(f"{HARBOR}:1.0", usage=alias)
    assert plans["team/api"]["complete"]
    assert tags_to_delete(plans["team/api"]) == {"1.1", "1.2"}


@pytest.mark.usefixtures("web")
def test_an_ignored_reference(plan_with: PlanWith) -> None:
    prefix = f"{HOST}/ecr-proxy/team/api"
    assert not plan_with(f"{prefix}:1.0")["team/api"]["complete"]
    plans = plan_with(f"{prefix}:1.0", usage=f", ignore_references: ['{HOST}/ecr-proxy/*']")
    assert plans["team/api"]["complete"]
    assert tags_to_delete(plans["team/api"]) == {"1.0", "1.1", "1.2"}


@pytest.mark.usefixtures("web")
def test_a_pull_through_cache_in_the_same_registry(aws: AwsStandIn, plan_with: PlanWith) -> None:
    """The first pull creates its repository, and the reference resolves to it."""
    cached = f"{HOST}/ecr-proxy/team/api"
    assert not plan_with(f"{cached}:1.0")["team/api"]["complete"]
    alias = f", registry_aliases: {{{HOST}/ecr-proxy: {HOST}}}"
    plans = plan_with(f"{cached}:1.0", usage=alias)
    assert tags_to_delete(plans["team/api"]) == {"1.1", "1.2"}
    Shelf(aws, "ecr-proxy/team/api")
    assert plan_with(f"{cached}:1.0")["team/api"]["complete"]


@pytest.mark.usefixtures("web")
def test_the_registry_is_listed_once_and_only_for_unknown_names(
    aws: AwsStandIn, plan_with: PlanWith
) -> None:
    plan_with(f"{HOST}/team/api:1.0", f"{HOST}/gone/other:1")
    aws.world.calls.reset()
    plan_with(f"{HOST}/team/api:1.0", f"{HOST}/gone/other:1")
    assert aws.world.calls.count("ecr:DescribeRepositories") == 1
    aws.world.calls.reset()
    plan_with(f"{HOST}/x/team/api:1", f"{HOST}/y/team/api:1", f"{HOST}/x/team/web:1")
    assert aws.world.calls.count("ecr:DescribeRepositories") == 2


@pytest.mark.usefixtures("web")
def test_only_doctor_reports_names_without_a_repository(run: Run, plan_with: PlanWith) -> None:
    plans = plan_with(f"{HOST}/gone/job:1.0")
    assert plans["team/api"]["complete"]
    assert plans["team/web"]["complete"]
    found = finding(run("doctor", "--format", "json"))
    assert found["status"] == "warning"
    assert f"{HOST}/gone/job:1.0 (used by user 0)" in found["detail"]


@pytest.mark.usefixtures("web")
def test_doctor_reports_possible_mirrors(run: Run, plan_with: PlanWith) -> None:
    plan_with(f"{HOST}/ecr-proxy/team/api:1.0")
    found = finding(run("doctor", "--format", "json"))
    assert found["status"] == "FAILED"
    assert f"{HOST}/ecr-proxy/team/api:1.0 (used by user 0)" in found["detail"]
    assert "usage.registry_aliases" in found["mend"]


@pytest.mark.usefixtures("web")
def test_doctor_reports_resolved_references(run: Run, plan_with: PlanWith) -> None:
    plan_with(f"{HOST}/team/api:1.0")
    assert finding(run("doctor", "--format", "json"))["status"] == "ok"


def test_a_workflow_whose_script_has_no_path(
    shelf: Shelf, plan: Run, settings_file: Write, environment: Path
) -> None:
    """`1.0` was deleted because `script` was not scanned."""
    shelf.images(2)
    newest = shelf.image("9.0.0")
    templates = [
        {"name": "a", "container": {"image": f"{shelf.id.uri}:9.0.0"}},
        {"name": "b", "script": {"image": f"{shelf.id.uri}:1.0"}},
    ]
    resource = "workflowtemplates.v1alpha1.argoproj.io"
    path = "spec.templates[?container].{containers: [{name: 'm', image: container.image}]}"
    with Cluster("prod") as cluster:
        cluster.allow_everything()
        cluster.register("argoproj.io", "v1alpha1", "workflowtemplates", "WorkflowTemplate")
        spec = {"templates": templates}
        api = "argoproj.io/v1alpha1"
        cluster.apply(custom_resource(api, "WorkflowTemplate", "w", spec))
        (environment / "kubeconfig").write_text(json.dumps(cluster.kubeconfig()))
        kubernetes = {
            "clusters": [{"name": "prod", "kubeconfig": "kubeconfig"}],
            "custom_resources": [{"resource": resource, "template": path}],
        }
        settings_file(
            f"policies: [{{keep: []}}]\n"
            f"usage: {{{others_off('kubernetes')}, kubernetes: {json.dumps(kubernetes)}}}"
        )
        found = plan().plan
    assert found["complete"]
    assert tags_to_delete(found) == {"1.1"}
    assert newest not in found["delete"]
