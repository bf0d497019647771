"""`plan --format csv` has one header, and a row for each manifest."""

import csv
import io

import pytest

from bot.playground.aws import AwsStandIn
from tests.support import Run, Shelf


def rows(out: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(out)))


@pytest.fixture
def two(aws: AwsStandIn, shelf: Shelf) -> Shelf:
    Shelf(aws, "team/web").image("web")
    shelf.index("multi", "amd64", "arm64")
    shelf.image("a", "1.0", "stable")
    shelf.image("stray", "", age=50, pulled=2)
    return shelf


def test_there_is_one_header(run: Run, two: Shelf) -> None:
    out = run("plan", "team/*", "--format", "csv").out
    header = out.splitlines()[0]
    assert header.startswith("repository,registry_id,region,digest,tags,kind,parent,verdict")
    assert out.count(header) == 1
    assert len(rows(out)) == len(two.repository.manifests) + 1


def test_an_empty_repository_has_only_the_header(run: Run, shelf: Shelf) -> None:
    assert len(run("plan", shelf.id.name, "--format", "csv").out.splitlines()) == 1


def test_a_row_equals_its_json(run: Run, plan: Run, two: Shelf) -> None:
    by_digest = {row["digest"]: row for row in rows(run("plan", "team/api", "--format", "csv").out)}
    images = plan("team/api").plan["images"]
    assert len(by_digest) == len(images) == len(two.repository.manifests)
    for image in images:
        row = by_digest[image["digest"]]
        assert row["repository"] == "team/api"
        assert row["tags"].split() == image["tags"]
        assert row["rules"].split("; ") == [reason["rule"] for reason in image["reasons"]]
        assert row["reasons"] == "; ".join(reason["detail"] for reason in image["reasons"])
        assert row["size_bytes"] == str(image["size_bytes"])
        for key in ("kind", "verdict"):
            assert row[key] == image[key]
        for key in ("parent", "pushed_at", "pulled_at"):
            assert row[key] == (image[key] or "")


def test_recent_pulls_are_marked(run: Run, two: Shelf) -> None:
    lately = {row["tags"] or row["digest"]: row["pulled_lately"] for row in rows(
        run("plan", "team/api", "--format", "csv").out
    )}  # fmt: skip
    stray = min(two.repository.manifests.values(), key=lambda manifest: manifest.pushed_at)
    assert lately[stray.digest] == "yes"
    assert lately["1.0 stable"] == "no"
