"""Pods that mount images by a tag that has moved since they started."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.tag_history import START_CLOCKS_DIFFER
from bot.playground.aws import StandIn
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
    """`v1` names the image `a`. Nothing but use keeps any image."""
    cluster.allow_everything()
    settings_file(SETTINGS)
    shelf.image("a", "v1", "a")
    shelf.image("b", "b")
    return shelf


def mounting(shelf: Shelf, started: datetime) -> dict[str, Any]:
    """A pod that mounts `v1`, and whose API server does not tell the digest."""
    host = shelf.repository.uri.partition("/")[0]
    made = pod("trainer", f"{host}/team/other:1")
    made["spec"]["volumes"] = [
        {"name": "model", "image": {"reference": f"{shelf.repository.uri}:v1"}}
    ]
    made["status"] |= {"phase": "Running", "startTime": started.isoformat()}
    return made


def promote(aws: StandIn, shelf: Shelf) -> None:
    aws.world.retag(shelf.repository, "b", "v1")


def verdicts(result: Result) -> dict[str, str]:
    return {image["tags"][0]: image["verdict"] for image in result.plan["images"]}


def propose(run: Run) -> Result:
    return run("propose", "team/api", "--format", "json")


def test_the_image_that_it_mounts_is_kept_as_far_as_the_history_knows(
    aws: StandIn, cluster: Cluster, models: Shelf, run: Run
) -> None:
    """And the plan is complete: the pod started after the tags were first remembered."""
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


def test_what_the_tag_named_before_the_history_begins_makes_the_plan_incomplete(
    aws: StandIn, cluster: Cluster, models: Shelf, run: Run
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
            "name the image by digest, or run ecr-clean propose and restart the pod a minute later"
            in (problem["error"])
        )


def test_without_a_database_nothing_is_known_of_tags(
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


def test_other_repositories_are_not_concerned(
    aws: StandIn, cluster: Cluster, models: Shelf, plan: Run
) -> None:
    cluster.apply(mounting(models, datetime.now(UTC) - timedelta(days=30)))
    Shelf(aws, "team/web").image("1.0")
    found = plan("team/web")
    assert (found.status, found.plan["complete"]) == (0, True)
