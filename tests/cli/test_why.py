"""`ecr-clean why` for one manifest."""

import csv
import io
from pathlib import Path

import pytest

from bot.playground.aws import AwsStandIn, manifests
from tests.cli.stored_plans import ANN
from tests.support import Run, Shelf, image_text, others_off

IMAGE_KEYS = {
    "digest", "tags", "kind", "parent", "verdict", "reasons", "pushed_at", "pulled_at",
    "size_bytes", "used_by",
}  # fmt: skip


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def multi(releases: Shelf) -> str:
    """An old index `multi` of amd64 and arm64: three manifests to delete."""
    return releases.index("multi", "amd64", "arm64", age=90)


def test_json_has_the_entry_of_images_and_the_image_group(run: Run, plan: Run, multi: str) -> None:
    found = run("why", "team/api", "multi", "--format", "json")
    assert (found.status, found.err) == (0, "")
    assert found.plan.keys() == IMAGE_KEYS | {"family", "last_use"}
    images = {image["digest"]: image for image in plan().plan["images"]}
    entry = found.plan
    family = entry.pop("family")
    assert entry.pop("last_use") is None
    assert entry == images[multi]
    children = [manifests.digest_of(image_text(name)) for name in ("amd64", "arm64")]
    assert family == sorted([multi, *children])
    child = run("why", "team/api", children[0][:20], "--format", "json").plan
    assert (child["digest"], child["parent"], child["family"]) == (children[0], multi, family)


@pytest.mark.usefixtures("releases")
def test_a_kept_image(run: Run) -> None:
    out = words(run("why", "team/api", "1.12").out)
    assert out.startswith("team/api: 1.12 (sha256:")
    assert "is an image of 1,010 bytes. Keep: - " in out or "is an image of 0.99 kB." in out
    assert "Keep: - is the newest of the releases" in out or "newest" in out
    assert "It has no parts and belongs to no other manifest." in out
    assert "Pushed 20" in out
    assert out.endswith("no pull is recorded.")


@pytest.mark.usefixtures("multi")
def test_an_image_group_to_delete(run: Run) -> None:
    out = words(run("why", "team/api", "multi").out)
    assert "is an index of" in out
    assert "Delete: - not among the 10 newest" in out
    assert "Its image group has 2 other manifests: - sha256:" in out
    child = manifests.digest_of(image_text("amd64"))
    told = words(run("why", "team/api", child).out)
    assert "Delete: - inherits the verdict of multi (sha256:" in told
    assert "- multi (sha256:" in told


def test_users(run: Run, releases: Shelf, environment: Path) -> None:
    releases.image("used", "2.0", "stable", age=100, pulled=3)
    (environment / "used.txt").write_text("team/api:2.0\n")
    (environment / "ecr-clean.yml").write_text(
        f"usage: {{{others_off('files')}, files: [used.txt]}}"
    )
    out = words(run("why", "team/api", "stable").out)
    assert "(tags 2.0, stable)" in out
    assert "- is in use by used.txt line 1" in out
    assert "In use by used.txt line 1." in out
    assert "last pulled 20" in out


def test_the_last_use(run: Run, releases: Shelf, environment: Path) -> None:
    """Of an image that no workload uses now, and that a scan saw in use."""
    releases.image("used", "2.0", age=100)
    (environment / "used.txt").write_text("team/api:2.0\n")
    (environment / "ecr-clean.yml").write_text(
        f"usage: {{{others_off('files')}, files: [used.txt], expect_none: true}}"
    )
    assert run("propose", "team/api").status == 0
    assert run("why", "team/api", "2.0", "--format", "json").plan["last_use"] is None
    (environment / "used.txt").write_text("")
    assert "Not in use now, last seen in use 20" in (
        out := words(run("why", "team/api", "2.0").out)
    )
    assert "UTC by used.txt line 1." in out
    found = run("why", "team/api", "2.0", "--format", "json").plan["last_use"]
    assert found.pop("at").startswith("20")
    assert found == {"users": ["used.txt line 1"], "others": 0}


@pytest.mark.usefixtures("first_releases")
def test_a_pin_of_the_database(run: Run, environment: Path) -> None:
    before = run("why", "team/api", "1.0", "--format", "json")
    assert before.plan["verdict"] == "delete"
    assert not (environment / "state").exists()
    run("pin", "team/api", "1.0", "--reason", "the audit")
    after = run("why", "team/api", "1.0", "--format", "json").plan
    assert after["verdict"] == "keep"
    detail = f"1.0 is pinned by {ANN}: the audit"
    assert after["reasons"] == [{"rule": "pinned", "detail": detail, "pin": "1.0"}]
    assert run("plans", "--format", "json").out == ""


@pytest.mark.usefixtures("multi")
def test_csv(run: Run) -> None:
    (row,) = csv.DictReader(io.StringIO(run("why", "team/api", "multi", "--format", "csv").out))
    assert (row["repository"], row["tags"], row["verdict"]) == ("team/api", "multi", "delete")
    assert len(row["family"].split()) == 3


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("mutli", "team/api has no tag or digest mutli: did you mean multi?"),
        ("zzz", "team/api has no tag or digest zzz: ecr-clean plan team/api lists all of them"),
        (f"sha256:{'a' * 64}", "ecr-clean plan team/api lists all of them"),
    ],
)
@pytest.mark.usefixtures("multi")
def test_an_unknown_manifest(manifest: str, said: str, run: Run) -> None:
    result = run("why", "team/api", manifest)
    assert (result.status, result.out) == (2, "")
    assert said in result.sentence


def test_an_unknown_repository_or_several(aws: AwsStandIn, run: Run, multi: str) -> None:
    Shelf(aws, "team/web")
    assert run("why", "team/apo", multi).sentence.startswith("Unknown repository team/apo")
    several = run("why", "team/*", multi)
    assert several.status == 2
    assert "team/* matches several repositories" in several.sentence


def test_an_incomplete_plan(aws: AwsStandIn, run: Run, multi: str) -> None:
    aws.world.deny("ecr:GetRepositoryPolicy")
    result = run("why", "team/api", "multi", "--format", "json")
    assert result.status == 3
    assert "the plan of team/api is incomplete" in result.sentence
    assert (result.plan["digest"], result.plan["verdict"]) == (multi, "keep")
    assert {reason["rule"] for reason in result.plan["reasons"]} == {"unknown"}


def test_images_that_cannot_be_listed(aws: AwsStandIn, run: Run, multi: str) -> None:
    aws.world.deny("ecr:DescribeImages")
    result = run("why", "team/api", multi)
    assert (result.status, result.out) == (1, "")
