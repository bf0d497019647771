"""`ecr-clean plan --compare FILE`."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.cli import plan_comparison, planning
from bot.playground.aws import DEFAULT_ACCOUNT, AwsStandIn, manifests
from bot.ports import Progress
from tests.cli.stored_plans import Write
from tests.support import Result, Run, Shelf, image_text, others_off, without_sources

GIB = 2**30
LAYER = 10 * GIB
NEWEST = "policies: [{{keep: [{{newest: {number}}}]}}]\n"


@pytest.fixture
def file(environment: Path) -> Write:
    """Writes the other settings, `new.yml`."""

    def write(text: str) -> Path:
        path = environment / "new.yml"
        path.write_text(without_sources(text))
        return path

    return write


@pytest.fixture
def compare(run: Run) -> Run:
    """`ecr-clean plan --compare new.yml` on the repositories given, or on `team/api`."""
    return lambda *names: run("plan", *(names or ("team/api",)), "--compare", "new.yml")


@pytest.fixture
def compare_json(run: Run) -> Run:
    return lambda *names: run(
        "plan", *(names or ("team/api",)), "--compare", "new.yml", "--format", "json"
    )


@pytest.fixture
def five(shelf: Shelf, settings_file: Write) -> Shelf:
    """`team/api` with 1.0 to 1.4 of 10 GB each, of which today's settings keep the newest three."""
    settings_file(NEWEST.format(number=3))
    for number in range(5):
        shelf.push(image_text(f"1.{number}", LAYER), f"1.{number}", age=60 - number)
    return shelf


def changes(found: dict[str, Any]) -> dict[str, str]:
    """By the first tag."""
    return {each["tags"][0]: each["change"] for each in found["images"]}


def words(result: Result) -> str:
    assert max(map(len, result.out.splitlines())) <= 80
    return " ".join(result.out.split())


def test_more_is_deleted(compare_json: Run, five: Shelf, file: Write) -> None:
    file(NEWEST.format(number=1))
    result = compare_json()
    assert (result.status, result.err) == (0, "")
    found = result.plan
    assert (found["repository"], found["coverage"]) == (five.id.name, "covered")
    assert changes(found) == {"1.2": "deleted", "1.3": "deleted"}
    size = LAYER + 10
    assert found["more_deleted"] == {
        "images": 2,
        "manifests": 2,
        "freed_bytes": 2 * size,
        "usd_per_month": pytest.approx(2 * size / GIB * 0.1),
        "exact": True,
    }
    assert found["more_kept"]["images"] == 0
    assert found["difference"]["freed_bytes"] == 2 * size
    assert found["savings"]["freed_bytes"] == 2 * size
    assert found["file_savings"]["freed_bytes"] == 4 * size


def test_reasons_under_both(compare_json: Run, five: Shelf, file: Write) -> None:
    file(NEWEST.format(number=2))
    (image,) = compare_json().plan["images"]
    assert image["tags"] == ["1.2"]
    assert (image["verdict"], image["file_verdict"]) == ("keep", "delete")
    (today,), (other,) = image["reasons"], image["file_reasons"]
    assert (today["rule"], today["rank"], today["of"]) == ("newest", 3, 3)
    assert other["passed_over"][0]["of"] == 2
    assert image["digest"] == five.repository.digest_by_tag["1.2"]


def test_more_is_kept(compare: Run, compare_json: Run, five: Shelf, file: Write) -> None:
    file(NEWEST.format(number=4))
    found = compare_json().plan
    assert changes(found) == {"1.1": "kept"}
    assert found["difference"]["freed_bytes"] == -(LAYER + 10)
    assert found["difference"]["usd_per_month"] == pytest.approx(-1.0)
    assert "new.yml keeps 1 image that is deleted today (10 GB, $12 a year)." in words(compare())
    del five


def test_both(compare: Run, compare_json: Run, five: Shelf, file: Write) -> None:
    file("policies: [{keep: [{tags: ['1.0', '1.1', '1.4']}]}]\n")
    assert changes(compare_json().plan) == {
        "1.2": "deleted",
        "1.3": "deleted",
        "1.0": "kept",
        "1.1": "kept",
    }
    out = words(compare())
    assert out.startswith(
        "team/api 123456789012 in eu-west-1 new.yml also deletes 2 images (20 GB, $24 a year), and "
        "keeps 2 images that are deleted today (20 GB, $24 a year)."
    )
    assert "Deleted by new.yml, kept today" in out
    assert "one of the 3 newest images (3rd) → not" not in out
    assert "Kept by new.yml, deleted today" in out
    assert "→ tagged 1.0: the policy keeps images tagged 1.0, 1.1 or 1.4" in out
    del five


def test_shared_layers_count_once(
    compare_json: Run, shelf: Shelf, settings_file: Write, file: Write
) -> None:
    """What only the change frees: the base is freed with the last of its images."""
    settings_file("policies: [{keep: [{tags: [a]}]}]\n")
    file("policies: [{keep: [{tags: [b]}]}]\n")
    for name in ("a", "b"):
        text = manifests.image((f"{name} config", 10), [("base", 5000), (name, 1000)])
        shelf.push(text, name)
    found = compare_json().plan
    assert changes(found) == {"a": "deleted", "b": "kept"}
    assert found["more_deleted"]["freed_bytes"] == found["more_kept"]["freed_bytes"] == 6010
    assert found["difference"] == {"freed_bytes": 0, "usd_per_month": 0.0}


def test_an_image_group_is_one_image(
    compare: Run, compare_json: Run, shelf: Shelf, settings_file: Write, file: Write
) -> None:
    settings_file("policies: [{keep: [{tags: ['*']}]}]\n")
    file("policies: [{keep: []}]\n")
    shelf.index("multi", "amd64", "arm64")
    more = compare_json().plan["more_deleted"]
    assert (more["images"], more["manifests"]) == (1, 3)
    out = words(compare())
    assert "new.yml also deletes 1 image (3 manifests) (1.97 kB, < $1 a year)." in out
    assert "multi (+2)" in out


def test_only_images_that_the_file_deletes_are_marked_as_pulled(
    compare: Run, shelf: Shelf, settings_file: Write, file: Write
) -> None:
    settings_file("policies: [{keep: [{tags: [a]}]}]\n")
    file("policies: [{keep: [{tags: [b]}]}]\n")
    for name in ("a", "b"):
        shelf.image(name, pulled=3)
    assert words(compare()).count("1 of these was pulled in the last 30 days") == 1


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (NEWEST.format(number=3), "No difference: new.yml deletes the same 2 images."),
        ("policies: [{keep: [{tags: ['1.?']}]}]\n", "new.yml deletes nothing either."),
    ],
)
def test_no_difference(
    policy: str, said: str, compare: Run, five: Shelf, settings_file: Write, file: Write
) -> None:
    settings_file(policy)
    file(policy)
    assert said in words(compare())
    del five


def test_the_file_in_force_makes_no_difference(run: Run, five: Shelf) -> None:
    result = run("plan", five.id.name, "--compare", "ecr-clean.yml")
    assert (result.status, result.err) == (0, "")
    assert "No difference: ecr-clean.yml deletes the same 2 images." in words(result)


def test_a_file_named_by_config_is_in_force(
    compare: Run, run: Run, five: Shelf, file: Write
) -> None:
    named = str(file(NEWEST.format(number=1)))
    result = run("plan", five.id.name, "--config", named, "--compare", "ecr-clean.yml")
    assert "ecr-clean.yml keeps 2 images that are deleted today" in words(result)
    assert "new.yml also deletes 2 images" in words(compare())


# usage


def used_by_file(environment: Path, name: str, *images: str) -> str:
    """Settings for `usage` with one file that lists these images."""
    (environment / name).write_text("\n".join(images))
    return f"usage: {{{others_off('files')}, files: [{name}], expect_none: true}}\n"


def test_other_usage(
    compare: Run,
    compare_json: Run,
    five: Shelf,
    settings_file: Write,
    file: Write,
    environment: Path,
) -> None:
    used = used_by_file(environment, "used.txt", f"{five.id.uri}:1.0")
    settings_file(NEWEST.format(number=3) + used)
    file(NEWEST.format(number=3))
    result = compare_json()
    assert changes(result.plan) == {"1.0": "deleted"}
    (image,) = result.plan["images"]
    assert (image["used_by"], image["file_used_by"]) == (["used.txt line 1"], [])
    assert "files" in result.plan["file_not_checked"]
    assert "files" not in result.plan["not_checked"]
    assert "new.yml does not scan files. Images in use there would not be" in words(compare())


def test_paths_start_at_the_folder_of_the_file(
    run: Run, five: Shelf, settings_file: Write, environment: Path
) -> None:
    uri = five.id.uri
    settings_file(NEWEST.format(number=3) + used_by_file(environment, "used.txt", f"{uri}:1.0"))
    (environment / "next").mkdir()
    other = used_by_file(environment / "next", "used.txt", f"{uri}:1.1")
    (environment / "next" / "new.yml").write_text(NEWEST.format(number=3) + other)
    result = run("plan", "team/api", "--compare", "next/new.yml", "--format", "json")
    assert changes(result.plan) == {"1.0": "deleted", "1.1": "kept"}


def test_a_source_that_only_the_file_scans(
    compare: Run, aws: AwsStandIn, five: Shelf, file: Write
) -> None:
    aws.world.ecs().create_service("prod", "api", [f"{five.id.uri}:1.0"])
    file(f"{NEWEST.format(number=3)}usage: {{{others_off('ecs')}}}\n")
    out = words(compare())
    assert "new.yml keeps 1 image that is deleted today" in out
    assert "→ is in use by ECS prod/api" in out
    assert "new.yml also scans ecs." in out


def calls(aws: AwsStandIn, compare_json: Run) -> Counter[str]:
    aws.world.calls.reset()
    assert compare_json("team/*").status == 0
    names = ("ecr:DescribeImages", "ecr:GetRepositoryPolicy", "ecs:ListClusters")
    return Counter({name: aws.world.calls.count(name) for name in names})


def test_a_repository_is_listed_once_and_equal_usage_scanned_once(
    compare_json: Run, aws: AwsStandIn, five: Shelf, settings_file: Write, file: Write
) -> None:
    Shelf(aws, "team/web").image("1.0")
    aws.world.ecs().create_service("prod", "api", [f"{five.id.uri}:1.0"])
    usage = f"usage: {{{others_off('ecs')}}}\n"
    settings_file(usage)
    file(NEWEST.format(number=1) + usage)
    assert calls(aws, compare_json) == {
        "ecr:DescribeImages": 2,
        "ecr:GetRepositoryPolicy": 2,
        "ecs:ListClusters": 1,
    }
    file(NEWEST.format(number=1) + usage.replace("usage: {", "usage: {expect_none: true, "))
    assert calls(aws, compare_json) == {
        "ecr:DescribeImages": 2,
        "ecr:GetRepositoryPolicy": 2,
        "ecs:ListClusters": 2,
    }


def test_counts_of_the_file_are_not_remembered(
    run: Run, compare_json: Run, aws: AwsStandIn, five: Shelf, settings_file: Write, file: Write
) -> None:
    """Otherwise the settings in force would seem to list too little after a comparison."""
    for number in range(5):
        aws.world.ecs().register("api", [f"{five.id.uri}:1.{number}"])
    settings_file(f"usage: {{{others_off('ecs')}, ecs: {{revisions: 1}}}}\n")
    file(f"policies: [{{keep: []}}]\nusage: {{{others_off('ecs')}, ecs: {{revisions: 5}}}}\n")
    assert compare_json().status == 0
    assert run("plan", five.id.name).status == 0
    assert compare_json().status == 0


def test_a_source_that_lists_far_less_under_the_file(
    compare_json: Run, aws: AwsStandIn, five: Shelf, settings_file: Write, file: Write
) -> None:
    for number in range(5):
        aws.world.ecs().register("api", [f"{five.id.uri}:1.{number}"])
    settings_file(f"usage: {{{others_off('ecs')}, ecs: {{revisions: 5}}}}\n")
    file(f"usage: {{{others_off('ecs')}, ecs: {{revisions: 1}}}}\n")
    result = compare_json()
    assert (result.status, result.plan["file_complete"]) == (3, False)
    assert "it lists 1 workload, but listed 5" in result.sentence


def test_other_approvers_need_a_scan_of_their_own(
    compare_json: Run, aws: AwsStandIn, five: Shelf, settings_file: Write, file: Write
) -> None:
    """They confirm drops in usage."""
    aws.world.ecs().create_service("prod", "api", [f"{five.id.uri}:1.0"])
    usage = f"usage: {{{others_off('ecs')}}}\n"
    settings_file(usage)
    file(f"{usage}approval: {{approvers: ['arn:aws:iam::*:user/ann']}}\n")
    assert calls(aws, compare_json)["ecs:ListClusters"] == 2


def test_the_progress_names_the_file(
    compare_json: Run, five: Shelf, file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    @contextmanager
    def display() -> Iterator[Progress]:
        yield lambda step, _done, _total, _note="": steps.append(step)

    monkeypatch.setattr(plan_comparison, "progress_display", display)
    monkeypatch.setattr(planning, "progress_display", display)
    file(f"usage: {{{others_off('files')}, files: [/dev/null], expect_none: true}}\n")
    assert compare_json().status == 0
    assert "scanning usage under new.yml" in steps
    del five


# pins, prices


def test_other_pins(compare: Run, compare_json: Run, five: Shelf, file: Write) -> None:
    pins = "pins: [{repository: team/*, pin: '1.0', reason: the audit needs it}]\n"
    file(NEWEST.format(number=3) + pins)
    assert changes(compare_json().plan) == {"1.0": "kept"}
    assert "→ 1.0 is pinned by the settings file: the audit needs it" in words(compare())
    del five


def test_stored_pins_protect_under_both(
    run: Run, compare_json: Run, five: Shelf, file: Write, own_database: Path
) -> None:
    assert own_database.exists()
    assert run("pin", five.id.name, "1.0", "1.2", "--reason", "needed").status == 0
    file(NEWEST.format(number=1))
    assert changes(compare_json().plan) == {"1.3": "deleted"}


def test_other_prices(compare: Run, compare_json: Run, five: Shelf, file: Write) -> None:
    file(NEWEST.format(number=3) + "price_per_gb_month: 0.2\n")
    found = compare_json().plan
    assert found["images"] == []
    assert found["difference"] == {"freed_bytes": 0, "usd_per_month": 0.0}
    assert (found["usd_per_gb_month"], found["file_usd_per_gb_month"]) == (0.1, 0.2)
    assert found["file_savings"]["usd_per_month"] == 2 * found["savings"]["usd_per_month"]
    out = words(compare())
    assert "No difference: new.yml deletes the same 2 images." in out
    assert "Prices of a GB and month differ: $0.10 today, $0.20 under new.yml" in out
    del five


# what the file does not cover


def test_a_repository_without_a_policy(
    compare: Run, compare_json: Run, five: Shelf, file: Write
) -> None:
    file("policies: [{repositories: ['shop/*']}]\n")
    found = compare_json().plan
    assert (found["coverage"], changes(found)) == ("no_policy", {"1.0": "kept", "1.1": "kept"})
    assert "No policy in new.yml covers this repository, so it is kept whole." in words(compare())
    del five


def test_a_registry_that_is_not_listed(
    compare: Run, compare_json: Run, aws: AwsStandIn, five: Shelf, file: Write
) -> None:
    file("registries: [{region: us-east-1}]\nusage: {expect_none: true}\n")
    aws.world.calls.reset()
    result = compare_json()
    assert (result.status, result.err) == (0, "")
    assert aws.world.calls.count("ecs:ListClusters") == 0
    assert result.plan["coverage"] == "registry_not_listed"
    assert changes(result.plan) == {"1.0": "kept", "1.1": "kept"}
    assert "new.yml does not list this registry, so the repository is kept" in words(compare())
    del five


def test_the_same_registry_by_another_name(compare_json: Run, five: Shelf, file: Write) -> None:
    file(f"registries: [{{region: eu-west-1, account: '{DEFAULT_ACCOUNT}'}}]\n")
    assert compare_json().plan["coverage"] == "covered"
    del five


def test_a_registry_of_the_file_that_cannot_be_read(
    compare_json: Run, five: Shelf, file: Write
) -> None:
    file("registries: [{role_arn: 'arn:aws:iam::210987654321:role/none'}]\n")
    result = compare_json()
    assert (result.status, result.out) == (1, "")
    assert result.sentence.startswith("new.yml: ")
    assert "arn:aws:iam::210987654321:role/none" in result.sentence
    del five


def test_tags_that_only_the_file_forgets(compare: Run, five: Shelf, file: Write) -> None:
    file("policies: [{keep: [{tags: ['2.*']}, {newest: 9, tags: ['1.1']}]}]\n")
    assert "Under new.yml, 4 tags match no keep rule: 1.0, 1.2, 1.3, 1.4." in words(compare())
    del five


# incomplete plans


def test_incomplete_under_the_file(
    compare: Run, compare_json: Run, five: Shelf, file: Write
) -> None:
    file(f"usage: {{{others_off('files')}, files: [missing.txt]}}\n")
    result = compare_json()
    assert result.status == 3
    assert result.sentence.startswith("the plan of team/api under new.yml is incomplete: files ")
    assert (result.plan["complete"], result.plan["file_complete"]) == (True, False)
    assert len(result.plan["file_problems"]) == 1
    assert "INCOMPLETE under new.yml: the difference may be wrong until" in words(compare())
    del five


def test_incomplete_today(
    compare: Run, compare_json: Run, five: Shelf, settings_file: Write, file: Write
) -> None:
    settings_file(f"usage: {{{others_off('files')}, files: [missing.txt]}}\n")
    file("price_per_gb_month: 0.2\n")
    result = compare_json()
    assert result.status == 3
    assert result.sentence.startswith("the plan of team/api is incomplete: files ")
    assert (result.plan["complete"], result.plan["file_complete"]) == (False, True)
    assert "INCOMPLETE today: the difference may be wrong until this" in words(compare())
    del five


def test_incomplete_under_both(compare: Run, five: Shelf, file: Write) -> None:
    five.push(image_text("odd"), media_type="application/vnd.example.v9+json")
    file(NEWEST.format(number=1))
    result = compare()
    assert result.status == 3
    assert result.sentence.startswith("the plan of team/api is incomplete: ")
    assert "INCOMPLETE today and under new.yml: the difference may" in words(result)


# several repositories


@pytest.fixture
def several(aws: AwsStandIn, five: Shelf) -> Shelf:
    """Also `team/web`, with 4 images, and `team/lib`, with one."""
    web, lib = Shelf(aws, "team/web"), Shelf(aws, "team/lib")
    for number in range(4):
        web.push(image_text(f"web {number}", LAYER), f"2.{number}", age=60 - number)
    lib.image("0.1")
    return five


def test_several_repositories_and_an_unknown_one(
    compare: Run, compare_json: Run, several: Shelf, file: Write
) -> None:
    file(NEWEST.format(number=2))
    result = compare_json("team/api", "team/wex", "team/web", "team/lib")
    assert result.status == 2
    assert "team/wex" in result.sentence
    assert [each["repository"] for each in result.plans] == ["team/api", "team/web", "team/lib"]
    assert [each["more_deleted"]["images"] for each in result.plans] == [1, 1, 0]
    out = words(compare("team/*"))
    assert out.startswith(
        "new.yml also deletes 2 images (20 GB, $24 a year). Today: 3 images to delete, frees "
        "30 GB, saves $36 a year. new.yml: 5 images to delete, frees 50 GB, saves $60 a year."
    )
    assert "team/api 1 0 +10 GB +$12" in out
    assert "team/lib 0 0 0 bytes $0" in out
    assert out.count("No difference") == 0
    assert several.id.name == "team/api"


def test_several_of_which_some_are_incomplete(
    compare: Run, aws: AwsStandIn, several: Shelf, file: Write
) -> None:
    odd = Shelf(aws, "team/odd")
    odd.push(image_text("odd"), media_type="application/vnd.example.v9+json")
    file(NEWEST.format(number=4).replace("{keep", "{repositories: ['team/[!w]*'], keep"))
    result = compare("team/*")
    assert result.status == 3
    out = words(result)
    assert "INCOMPLETE: 1 repository. The difference may be wrong." in out
    assert "team/odd 0 0 0 bytes $0 incomplete" in out
    assert "team/web 0 1 -10 GB -$12 no policy" in out
    assert several.id.name == "team/api"


def test_unknown_repositories_alone(compare: Run, five: Shelf, file: Write) -> None:
    file(NEWEST.format(number=1))
    result = compare("team/none")
    assert (result.status, result.out) == (2, "")
    del five


def test_a_repository_that_cannot_be_listed(
    compare_json: Run, aws: AwsStandIn, several: Shelf, file: Write
) -> None:
    file(NEWEST.format(number=1))
    aws.world.faults.throttle(operation="DescribeImages")
    result = compare_json("team/api", "team/web")
    assert result.status == 1
    assert "AWS throttled ecr:DescribeImages" in result.sentence
    assert [each["repository"] for each in result.plans] == ["team/web"]
    del several


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_the_tables_fit_the_terminal(
    columns: str, compare: Run, several: Shelf, file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    several.image("a-with-a-tag-that-is-as-long-as-build-systems-like-them", age=30)
    file("policies: [{keep: [{tags: ['2.*']}]}]\n")
    out = compare("team/*").out
    assert max(map(len, out.splitlines())) <= int(columns)


# the file


def test_a_missing_file(compare: Run, five: Shelf) -> None:
    result = compare()
    assert (result.status, result.out) == (2, "")
    assert result.sentence == (
        "The settings file new.yml cannot be read: No such file or directory"
    )
    del five


def test_a_wrong_file(compare: Run, five: Shelf, file: Write) -> None:
    file("policies: [{keep: [{newst: 3}]}]\n")
    result = compare()
    assert result.status == 2
    assert re.match(r"new\.yml.*policies\[0\]\.keep\[0\]\.newst is unknown", result.sentence)
    del five


def test_csv_has_a_row_for_each_image_with_another_verdict(
    run: Run, several: Shelf, file: Write
) -> None:
    file(NEWEST.format(number=2))
    out = run("plan", "team/*", "--compare", "new.yml", "--format", "csv").out
    api, web = csv.DictReader(io.StringIO(out))
    assert (api["repository"], api["tags"], api["change"]) == ("team/api", "1.2", "deleted")
    assert (api["verdict"], api["rules"]) == ("keep", "newest")
    assert (api["file_verdict"], api["file_rules"]) == ("delete", "nothing_keeps")
    assert api["reasons"] == "one of the 3 newest images (3rd)"
    assert (web["repository"], web["tags"]) == ("team/web", "2.1")
    del several


def keys_of(value: Any) -> set[str]:
    """Of all objects in a JSON value."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value))
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set()


def test_every_key_is_documented(run: Run, compare_json: Run, five: Shelf, file: Write) -> None:
    page = (Path(__file__).parents[2] / "docs" / "output.md").read_text()
    section = page.split("## plan\n")[1].split("## propose")[0]
    file(NEWEST.format(number=1))
    header = run("plan", five.id.name, "--compare", "new.yml", "--format", "csv").out.split("\n")[0]
    keys = keys_of(compare_json().plan) | set(header.split(","))
    assert [key for key in sorted(keys) if f"`{key}`" not in section] == []


def test_where_the_settings_in_force_are(
    compare: Run, five: Shelf, file: Write, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del five
    file(NEWEST.format(number=1))
    assert "Today's settings: ecr-clean.yml." in words(compare())
    monkeypatch.setenv("ECR_CLEAN_SETTINGS", without_sources(NEWEST.format(number=3)))
    said = words(compare())
    assert "Today's settings: ECR_CLEAN_SETTINGS." in said
    assert "new.yml also deletes 2 images" in said
    monkeypatch.delenv("ECR_CLEAN_SETTINGS")
    (environment / "ecr-clean.yml").unlink()
    assert "Today's settings: the defaults." in words(compare())
