"""Arguments that select repositories, and invalid calls."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.playground.aws import AwsStandIn
from tests.support import Run, Shelf

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("team/apo", "Unknown repository team/apo: did you mean team/api?"),
        ("zzz/zzz", "Unknown repository zzz/zzz: check the name, account and Region"),
        ("nobody/*", "No repository matches nobody/*"),
        ("team/[a*", "the [ in 'team/[a*' is never closed"),
        ("team/[!a*", "the [ in 'team/[!a*' is never closed"),
        ("{team,ops}/*", "'{team,ops}/*' can match no repository's name or URI (none has '{')"),
        (
            "/team/.*/",
            "'/team/.*/' is written as a regular expression; only globs are",
        ),
        ("team/api:*", "can match no repository's name or URI (none has ':')"),
        ("Team//*", "can match no repository's name or URI"),
        (f"{HOST}/team/api:1.0", "remove the tag or digest"),
        (f"{HOST}/team/api@{DIGEST}", "remove the tag or digest"),
        ("team/api:1.0", "remove the tag or digest"),
        (
            "999999999999.dkr.ecr.eu-west-1.amazonaws.com/team/api",
            f"did you mean {HOST}/team/api?",
        ),
        ("Team/API", "'Team/API' is not a repository"),
    ],
)
def test_a_wrong_repository(argument: str, said: str, run: Run, shelf: Shelf) -> None:
    shelf.image("a")
    result = run("plan", argument)
    assert result.status == 2
    assert result.out == ""
    assert said in result.sentence


def test_debug_shows_the_traceback(run: Run, shelf: Shelf) -> None:
    del shelf
    result = run("plan", "team/apo", "--debug")
    assert result.status == 2
    assert result.err.startswith("ecr-clean: Unknown repository team/apo")
    assert "Traceback (most recent call last)" in result.err


@pytest.mark.parametrize("before", [True, False])
def test_debug_works_before_and_after_the_command(run: Run, shelf: Shelf, *, before: bool) -> None:
    del shelf
    arguments = ("--debug", "plan", "no/one") if before else ("plan", "no/one", "--debug")
    assert "Traceback" in run(*arguments).err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Usage: ecr-clean"),
        (("plan",), "Missing argument"),
        (("plan", "team/api", "--format", "xml"), "'xml' is not one of 'table', 'json', 'csv'"),
        (("plan", "team/api", "--farmat", "json"), "No such option"),
        (("plot", "team/api"), "No such command 'plot'"),
        (("plan", "team/api", "--config"), "requires an argument"),
    ],
)
def test_a_wrong_call(arguments: tuple[str, ...], said: str, run: Run) -> None:
    result = run(*arguments)
    assert result.status == 2
    assert result.out == ""
    assert said in result.err
    assert "Traceback" not in result.err


def test_a_repository_without_images(run: Run, shelf: Shelf) -> None:
    del shelf
    result = run("plan", "team/api", "--format", "json")
    assert result.status == 0
    assert result.err == ""
    assert result.plan["images"] == []
    assert result.plan["delete"] == []
    assert result.plan["complete"] is True
    assert "No images." in run("plan", "team/api").out


def test_a_glob_plans_all_that_match(aws: AwsStandIn, plan: Run, shelf: Shelf) -> None:
    del shelf
    for name in ("team/web", "ops"):
        Shelf(aws, name)
    assert [each["repository"] for each in plan("team/*").plans] == ["team/api", "team/web"]


def test_each_repository_is_planned_once(aws: AwsStandIn, plan: Run, shelf: Shelf) -> None:
    Shelf(aws, "ops")
    result = plan("ops", "team/api", f"{HOST}/ops", "*")
    assert [each["repository"] for each in result.plans] == ["ops", "team/api"]
    assert shelf.id.name == "team/api"


TWO_REGIONS = "registries: [{region: eu-west-1}, {region: us-east-1}]"


@pytest.fixture
def two_regions(aws: AwsStandIn, shelf: Shelf, settings_file: Callable[[str], Path]) -> Path:
    del shelf
    Shelf(aws, "team/api", region="us-east-1")
    return settings_file(TWO_REGIONS)


@pytest.mark.usefixtures("two_regions")
def test_a_name_in_two_registries_lists_them(run: Run) -> None:
    far = HOST.replace("eu-west-1", "us-east-1")
    result = run("plan", "team/api")
    assert result.status == 2
    assert result.out == ""
    assert f"give one of {HOST}/team/api, {far}/team/api" in result.sentence


@pytest.mark.usefixtures("two_regions")
def test_a_uri_selects_the_registry(plan: Run) -> None:
    result = plan(f"{HOST.replace('eu-west-1', 'us-east-1')}/team/api")
    assert result.status == 0
    assert result.plan["region"] == "us-east-1"


@pytest.mark.usefixtures("two_regions")
def test_a_glob_matches_in_all_registries(plan: Run) -> None:
    assert [each["region"] for each in plan("*").plans] == ["eu-west-1", "us-east-1"]


@pytest.mark.parametrize("option", ["--help", "-h", "--version"])
def test_help_and_version_need_no_aws(
    option: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    result = run(option)
    assert result.status == 0
    assert "ecr-clean" in result.out
    assert result.err == ""
