"""`ecr-clean cost` for repositories."""

import csv
import io
import re
import struct
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.core.storage_history import StorageDay
from bot.playground.aws import DEFAULT_ACCOUNT, AwsStandIn, manifests
from bot.playground.aws.pricing.catalog import PriceTier
from bot.store.store import Store
from tests.cli.stored_plans import LOOKED_AT, Write
from tests.support import Run, Shelf, image_text

BASE = ("base layer", 5000)
"""A layer of every image."""

SCANNED_REPLICA = "usage: {regions: [eu-west-1, us-east-1], ecs: false, expect_none: true}\n"
AT_ONCE = "execution: {undo_window: 0s}\n"
MISSING = "--png needs matplotlib: pip install 'ecr-clean[png]'"


def text(number: int) -> str:
    """Config of 15 or 16 bytes, a layer of its own, and the shared one."""
    return manifests.image((f"config {number}", 10), [BASE, (f"layer {number}", 1000)])


@pytest.fixture
def grown(shelf: Shelf, settings_file: Write) -> Shelf:
    """`team/api` with an image a week for 20 weeks, of which the rules keep 10."""
    settings_file(LOOKED_AT)
    for number in range(20):
        shelf.push(text(number), f"1.{number}", age=7 * (19 - number) + 3)
    return shelf


def json_of(run: Run, *arguments: str) -> dict[str, Any]:
    result = run("cost", *arguments, "--format", "json")
    assert (result.status, result.err) == (0, "")
    return result.plan


def test_a_repository_right_to_the_byte(run: Run, grown: Shelf) -> None:
    found = json_of(run, grown.id.name)
    assert found["repository"] == "team/api"
    assert found["manifests"] == 20
    assert found["stored_bytes"] == 5000 + 20 * 1010
    assert found["freeable_bytes"] == 10 * 1010
    assert found["kept_bytes"] == 5000 + 10 * 1010
    assert found["in_use_bytes"] == 0
    assert found["usd_per_month"] == pytest.approx(0.1 * (5000 + 20 * 1010) / 2**30)
    assert found["growth"]["expected"] == 1010
    assert [each["stored_bytes"] for each in found["history"]] == [
        5000 + number * 1010 for number in range(8, 21)
    ]
    assert [each["measured"] for each in found["history"]] == [False] * 12 + [True]
    assert found["kinds"] == [
        {"kind": "image", "images": 20, "manifests": 20, "stored_bytes": 5000 + 20 * 1010}
    ]
    largest = found["largest_layers"][0]
    assert (largest["size_bytes"], largest["manifests"], largest["state"]) == (5000, 20, "kept")
    assert largest["examples"] == ["1.19", "1.18", "1.17"]


def test_every_key_of_json_is_documented(run: Run, grown: Shelf) -> None:
    page = (Path(__file__).parents[2] / "docs" / "output.md").read_text()
    section = page.split("## cost\n")[1].split("## cost --estimate\n")[0]
    found = json_of(run, grown.id.name, "--keep", "{newest: 3}")
    assert [key for key in sorted(keys_of(found)) if f"`{key}`" not in section] == []


def keys_of(value: Any) -> set[str]:
    """Of all objects in a JSON value."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value))
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set()


def test_no_database_is_created(run: Run, grown: Shelf, environment: Path) -> None:
    json_of(run, grown.id.name)
    assert not (environment / "state").exists()


def test_with_a_database_the_scan_is_recorded(run: Run, grown: Shelf, own_store: Store) -> None:
    json_of(run, grown.id.name)
    days = own_store.storage_history(grown.id).days
    assert days[-1].is_measured
    assert days[-1].stored_bytes == 5000 + 20 * 1010


def test_measured_days_come_from_the_database(run: Run, grown: Shelf, own_store: Store) -> None:
    for week in range(1, 6):
        at = grown.ago(7 * week)
        own_store.save_storage_day(grown.id, StorageDay(at, 7, 100 * (10 - week), 10, 20, 0))
    history = json_of(run, grown.id.name)["history"]
    assert [each["stored_bytes"] for each in history] == [500, 600, 700, 800, 900, 25200]
    assert all(each["measured"] for each in history)
    result = run("cost", grown.id.name)
    assert "reconstructed" not in result.out


def test_what_runs_freed(run: Run, grown: Shelf, own_store: Store, settings_file: Write) -> None:
    settings_file(f"{LOOKED_AT}{AT_ONCE}")
    plan = run("propose", grown.id.name, "--format", "json").plan["plan"]
    assert run("approve", plan, "--wait").status == 0
    found = json_of(run, grown.id.name)
    assert [(each["plan"], each["freed_bytes"]) for each in found["freed"]] == [(plan, 10 * 1010)]
    assert (found["stored_bytes"], found["freeable_bytes"]) == (5000 + 10 * 1010, 0)
    out = run("cost", grown.id.name).out
    assert re.search(rf"{plan} +\S+ \S+ UTC +9.86 kB", out)
    assert "Cleanup would free nothing now." in " ".join(out.split())
    assert own_store.storage_history(grown.id).runs


def test_a_tried_policy(run: Run, grown: Shelf) -> None:
    found = json_of(run, grown.id.name, "--keep", "{newest: 3}", "--keep", "tags: ['1.0']")
    assert found["tried"] == {
        "keep": ["{newest: 3}", "tags: ['1.0']"],
        "deletions": 16,
        "freed_bytes": 16 * 1010,
    }
    tried, policy = found["projections"]["tried"], found["projections"]["policy"]
    assert tried["months"][0]["stored_bytes"] < policy["months"][0]["stored_bytes"]
    out = " ".join(run("cost", grown.id.name, "--keep", "{newest: 3}").out.split())
    assert "The tried policy deletes 17 manifests and frees 16.8 kB" in out
    assert "with the tried policy" in out


def test_a_tried_policy_keeps_the_other_settings(
    run: Run, grown: Shelf, settings_file: Write
) -> None:
    settings_file(f"policies: [{{min_age: 45d}}]\n{LOOKED_AT}")
    found = json_of(run, grown.id.name, "--keep", "{newest: 0}")
    assert found["tried"]["deletions"] == sum(7 * (19 - n) + 3 >= 45 for n in range(20))


def test_a_tried_policy_where_no_policy_is_set(
    run: Run, grown: Shelf, settings_file: Write
) -> None:
    settings_file(f"policies: []\n{LOOKED_AT}")
    found = json_of(run, grown.id.name, "--keep", "{newest: 3}")
    assert (found["freeable_bytes"], found["tried"]["deletions"]) == (0, 17)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("15", "--keep: found 15; allowed: a rule such as '{newest: 15}', with the keys tags"),
        ("{newst: 3}", "--keep.newst is unknown (did you mean newest?)"),
        ("{newest: -1}", "--keep.newest: found -1; allowed: an integer, at least 0"),
        ("{newest: 3", "--keep is not valid YAML"),
    ],
)
def test_a_wrong_rule(rule: str, said: str, run: Run, environment: Path) -> None:
    del environment
    result = run("cost", "team/api", "--keep", rule)
    assert (result.status, result.out) == (2, "")
    assert result.sentence.startswith(said)


def test_all_repositories_of_all_registries(
    run: Run, aws: AwsStandIn, grown: Shelf, settings_file: Write
) -> None:
    assert grown.id.registry.region == "eu-west-1"
    other = Shelf(aws, "team/web", region="us-east-1")
    other.push(image_text("web", 4000), "1.0")
    settings_file(f"registries: [{{region: eu-west-1}}, {{region: us-east-1}}]\n{LOOKED_AT}")
    result = run("cost", "--format", "json")
    assert (result.status, result.err) == (0, "")
    found = [(each["repository"], each["region"], each["stored_bytes"]) for each in result.plans]
    assert found == [
        ("team/api", "eu-west-1", 5000 + 20 * 1010),
        ("team/web", "us-east-1", 4010),
    ]
    out = run("cost").out
    assert out.startswith("2 repositories store 28.5 kB")
    assert max(map(len, out.splitlines())) <= 80


def test_prices_of_the_price_list(
    run: Run, aws: AwsStandIn, grown: Shelf, settings_file: Write
) -> None:
    settings_file(f"price_per_gb_month: auto\n{LOOKED_AT}")
    aws.world.price_list.set_storage("eu-west-1", PriceTier("0.30"))
    found = json_of(run, grown.id.name)
    price = found["price"]
    assert (price["usd_per_gb_month"], price["source"]) == (0.30, "price_list")
    assert price["read_at"].startswith(f"{datetime.now(UTC):%Y-}")
    assert found["usd_per_month"] == pytest.approx(0.3 * found["stored_bytes"] / 2**30)
    assert "Price: $0.30 per GB and month (AWS's price list for eu-west-1, read" in (
        " ".join(run("cost", grown.id.name).out.split())
    )


def test_replicated_copies_cost_too(
    run: Run, aws: AwsStandIn, grown: Shelf, settings_file: Write
) -> None:
    aws.world.replicate([(DEFAULT_ACCOUNT, "us-east-1")], deletions=True)
    settings_file(SCANNED_REPLICA)
    found = json_of(run, grown.id.name)
    assert found["copies"] == [
        {"registry": f"{DEFAULT_ACCOUNT} in us-east-1", "usd_per_gb_month": 0.1}
    ]
    assert found["usd_per_month"] == pytest.approx(0.2 * found["stored_bytes"] / 2**30)
    out = run("cost", grown.id.name).out
    assert "Costs include replicated copies in 123456789012 in us-east-1." in out


def test_copies_that_are_reported_themselves_count_once(
    run: Run, aws: AwsStandIn, grown: Shelf, settings_file: Write
) -> None:
    aws.world.replicate([(DEFAULT_ACCOUNT, "us-east-1")], deletions=True)
    Shelf(aws, grown.id.name, region="us-east-1").push(text(0), "1.0", age=100)
    settings_file(f"registries: [{{region: eu-west-1}}, {{region: us-east-1}}]\n{SCANNED_REPLICA}")
    found = run("cost", "--format", "json").plans
    assert [each["copies"] for each in found] == [[], []]


def test_no_repositories(run: Run, aws: AwsStandIn) -> None:
    del aws
    result = run("cost")
    assert (result.status, result.out) == (0, "No repositories.\n")


def test_csv_has_a_line_for_each_repository(run: Run, aws: AwsStandIn, grown: Shelf) -> None:
    Shelf(aws, "team/empty")
    result = run("cost", "--format", "csv")
    empty, api = sorted(
        csv.DictReader(io.StringIO(result.out)), key=lambda row: row["stored_bytes"]
    )
    assert (empty["repository"], empty["stored_bytes"]) == ("team/empty", "0")
    assert empty["no_cleanup_bytes"] == ""
    assert (api["repository"], api["freeable_bytes"]) == (grown.id.name, "10100")
    assert float(api["no_cleanup_usd_of_year"]) > float(api["policy_usd_of_year"])


@pytest.mark.parametrize("names", [["team/api"], []])
def test_an_empty_repository(names: Sequence[str], run: Run, shelf: Shelf) -> None:
    assert run("cost", *names).out.startswith("team/api is empty.")
    del shelf


def test_archived_images_have_an_unknown_size(run: Run, grown: Shelf) -> None:
    archived = grown.push(text(99), "0.1", age=200)
    grown.repository.manifests[archived].archive(grown.ago(30))
    result = run("cost", grown.id.name)
    assert result.status == 0
    assert result.out.startswith("The size of team/api is unknown: some images could not be read.")
    assert "archived images" in result.out
    found = json_of(run, grown.id.name)
    assert found["stored_bytes"] is found["growth"] is found["usd_per_month"] is None


def test_an_incomplete_plan(run: Run, grown: Shelf) -> None:
    grown.push(image_text("odd"), media_type="application/vnd.example.v9+json")
    result = run("cost", grown.id.name, "--format", "json")
    assert result.status == 3
    assert result.plan["freeable_bytes"] is None
    assert result.sentence.startswith("the plan of team/api is incomplete")


def test_an_unknown_repository(run: Run, grown: Shelf) -> None:
    result = run("cost", "team/apu", grown.id.name, "--format", "json")
    assert result.status == 2
    assert [each["repository"] for each in result.plans] == [grown.id.name]
    assert "team/apu" in result.sentence


def test_sources_that_are_not_scanned_are_named(run: Run, shelf: Shelf) -> None:
    shelf.image("1.0")
    assert "Sources not scanned: ecs, lambda" in run("cost", "team/api").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--image-size", "500MB"), "--image-size needs --estimate"),
        (("--estimate", "--png", "a.png"), "--estimate takes no --png"),
    ],
)
def test_options_that_exclude_each_other(
    arguments: tuple[str, ...], said: str, run: Run, environment: Path
) -> None:
    del environment
    result = run("cost", *arguments)
    assert result.status == 2
    assert said in result.sentence


def test_a_picture(run: Run, grown: Shelf, environment: Path) -> None:
    result = run("cost", grown.id.name, "--keep", "{newest: 3}", "--png", "cost.png")
    assert (result.status, result.err) == (0, "")
    picture = (environment / "cost.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (1800, 1050)
    assert not list(environment.glob(".cost.png*"))


def test_a_picture_of_several_replaces_the_old_one(
    run: Run, aws: AwsStandIn, grown: Shelf, environment: Path
) -> None:
    Shelf(aws, "team/empty")
    file = environment / "cost.png"
    file.write_text("old")
    assert run("cost", "--png", str(file)).status == 0
    assert file.read_bytes().startswith(b"\x89PNG")
    del grown


def test_without_matplotlib(
    run: Run, grown: Shelf, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "bot.render.cost_picture", raising=False)
    result = run("cost", grown.id.name, "--png", "cost.png")
    assert (result.status, result.out, result.sentence) == (2, "", MISSING)
    assert not (environment / "cost.png").exists()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("none/cost.png", "none/cost.png cannot be written: No such file or directory"),
        (".", ". is not a file: give the name of a file"),
        ("/dev/null", "/dev/null is not a file: give the name of a file"),
    ],
)
def test_a_file_that_cannot_be_written(path: str, said: str, run: Run, grown: Shelf) -> None:
    result = run("cost", grown.id.name, "--png", path)
    assert (result.status, result.out, result.sentence) == (2, "", said)


def test_no_picture_if_no_repository_can_be_scanned(run: Run, environment: Path) -> None:
    assert run("cost", "team/none", "--png", "cost.png").status == 2
    assert not (environment / "cost.png").exists()
