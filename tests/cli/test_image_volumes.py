"""Pods that mount images by a tag that has moved since the pods started."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.tag_history import START_CLOCKS_DIFFER
from bot.playground.aws import AwsStandIn
from bot.playground.kubernetes import Cluster
from bot.playground.kubernetes.builders import pod
from tests.cli.stored_plans import Write
from tests.support import Result, Run, Shelf, others_off

CLUSTERS = "kubernetes: {clusters: [{name: prod, kubeconfig: kubeconfig}]}"
SETTINGS = f"""
policies: [{{min_age: 0s, keep: []}}]
usage: {{{others_off("kubernetes")}, {CLUSTERS}}}
"""


@pytest.fixture
def models(cluster: Cluster, shelf: Shelf, settings_file: Write) -> Shelf:
    """`v1` names the image `a`. Only usage keeps images."""
    cluster.allow_everything()
    settings_file(SETTINGS)
    shelf.image("a", "v1", "a")
    shelf.image("b", "b")
    return shelf


def mounting(shelf: Shelf, started: datetime) -> dict[str, Any]:
    """A pod that mounts `v1`. Its API server does not report the digest."""
    host = shelf.repository.uri.partition("/")[0]
    made = pod("trainer", f"{host}/team/other:1")
    made["spec"]["volumes"] = [
        {"name": "model", "image": {"reference": f"{shelf.repository.uri}:v1"}}
    ]
    made["status"] |= {"phase": "Running", "startTime": started.isoformat()}
    return made


def promote(aws: AwsStandIn, shelf: Shelf) -> None:
    aws.world.retag(shelf.repository, "b", "v1")


def verdicts(result: Result) -> dict[str, str]:
    return {image["tags"][0]: image["verdict"] for image in result.plan["images"]}


def propose(run: Run) -> Result:
    return run("propose", "team/api", "--format", "json")


def test_the_mounted_image_is_kept_by_the_tag_history(
    aws: AwsStandIn, cluster: Cluster, models: Shelf, run: Run
) -> None:
    """The plan is complete, since the pod started after the tag history begins."""
    propose(run)
    cluster.apply(mounting(models, datetime.now(UTC) + START_CLOCKS_DIFFER))
    promote(aws, models)
    found = propose(run)
    assert (found.status, found.plan["complete"]) == (0, True)
    assert verdicts(found) == {"a": "keep", "b": "keep"}
    (kept,) = (image for image in found.plan["images"] if image["tags"] == ["a"])
    words = "Kubernetes prod: Pod default/trainer (by the tag v1, which this image had)"
    assert kept["used_by"] == [words]
    why = " ".join(run("why", "team/api", "a").out.split())
    assert f"Keep: - is in use by {words} In use by {words}." in why


def test_an_image_that_was_in_use_by_a_past_tag_is_remembered(
    aws: AwsStandIn, cluster: Cluster, models: Shelf, run: Run, settings_file: Write
) -> None:
    cluster.apply(pod("web", f"{models.repository.uri}:b"))
    propose(run)
    cluster.apply(mounting(models, datetime.now(UTC) + START_CLOCKS_DIFFER))
    promote(aws, models)
    propose(run)
    cluster.delete("Pod", "default", "trainer")
    settings_file(SETTINGS.replace("keep: []", "keep: [{used_within: 30d}]"))
    (kept,) = (image for image in propose(run).plan["images"] if image["tags"] == ["a"])
    assert [reason["rule"] for reason in kept["reasons"]] == ["used_within"]
    assert "Kubernetes prod: Pod default/trainer" in str(kept["reasons"])


def test_a_pod_older_than_the_tag_history_makes_the_plan_incomplete(
    aws: AwsStandIn, cluster: Cluster, models: Shelf, run: Run
) -> None:
    cluster.apply(mounting(models, datetime.now(UTC) - timedelta(days=30)))
    promote(aws, models)
    for _ in range(2):
        found = propose(run)
        assert found.status == 3
        assert verdicts(found) == {"a": "keep", "b": "keep"}
        (problem,) = (look for look in found.plan["usage"] if look["source"] == "tag history")
        assert (
            "Kubernetes prod: Pod default/trainer has run an image by the tag v1 since "
            in (problem["error"])
        )
        assert "goes back only to " in problem["error"]
        assert (
            "name the image by digest, or request a new plan and restart the pod a minute later"
            in (problem["error"])
        )


def test_without_a_database_there_is_no_tag_history(
    cluster: Cluster, models: Shelf, plan: Run
) -> None:
    for name in ("trainer", "tuner"):
        made = mounting(models, datetime.now(UTC) - timedelta(days=30))
        made["metadata"]["name"] = name
        cluster.apply(made)
    found = plan()
    assert found.status == 3
    assert "needs a database" in found.err
    assert "(and 1 more)" in found.err


def test_other_repositories_are_not_affected(
    aws: AwsStandIn, cluster: Cluster, models: Shelf, plan: Run
) -> None:
    cluster.apply(mounting(models, datetime.now(UTC) - timedelta(days=30)))
    Shelf(aws, "team/web").image("1.0")
    found = plan("team/web")
    assert (found.status, found.plan["complete"]) == (0, True)
