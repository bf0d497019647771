"""`ecr-clean cost --estimate`."""

import csv
import io
from pathlib import Path

import pytest

from bot.core.cost_estimate import estimate_cost
from bot.core.estimate_inputs import EstimateTexts
from tests.support import Run

INPUTS = ("--image-size", "500MB", "--new-share", "20%", "--builds-per-day", "30")
ESTIMATE = ("cost", "--estimate", *INPUTS)
EXPECTED = estimate_cost(EstimateTexts().parse())


@pytest.fixture(autouse=True)
def _nothing_around(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No AWS, no settings, no database."""
    (environment / "ecr-clean.yml").unlink()
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_in_a_terminal(run: Run, environment: Path) -> None:
    result = run(*ESTIMATE)
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[:3] == [
        "Keeping 15 images saves $640 in 12 months.",
        "Without cleanup: 1.05 TB after 12 months, $103 in month 12, $643 in all.",
        "With cleanup: 1.86 GB after 12 months, $0.19 in month 12, $2.23 in all.",
    ]
    assert [line.split()[0] for line in lines[5:17]] == [str(month) for month in range(1, 13)]
    assert lines[16].split() == ["12", "1.05", "TB", "$103", "1.86", "GB", "$0.19"]
    assert "the default price of $0.10 per GB a month" in " ".join(result.out.split())
    assert list(environment.iterdir()) == []


def test_json_is_one_object(run: Run) -> None:
    found = run(*ESTIMATE, "--format", "json").plan
    assert found["image_bytes"] == 500 * 2**20
    assert (found["new_share"], found["builds_per_day"], found["keep"]) == (0.2, 30, 15)
    assert found["usd_per_gb_month"] == 0.10
    assert found["usd_without_cleanup"] == EXPECTED.usd_without_cleanup
    assert found["usd_with_cleanup"] == EXPECTED.usd_with_cleanup
    assert found["months"] == [
        {
            "month": month.number,
            "bytes_without_cleanup": month.without_cleanup.stored_bytes,
            "usd_without_cleanup": month.without_cleanup.usd,
            "bytes_with_cleanup": month.with_cleanup.stored_bytes,
            "usd_with_cleanup": month.with_cleanup.usd,
        }
        for month in EXPECTED.months
    ]


def test_csv_has_a_line_for_each_month(run: Run) -> None:
    out = run(*ESTIMATE, "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["month"] for row in rows] == [str(month) for month in range(1, 13)]
    assert float(rows[-1]["usd_without_cleanup"]) == EXPECTED.months[-1].without_cleanup.usd


def test_all_options(run: Run) -> None:
    result = run(*ESTIMATE, "--keep", "100", "--months", "1")
    assert result.out.startswith("Keeping 100 images saves")
    assert "after 1 month, $4.50 in month 1, $4.50 in all." in result.out


def test_more_images_are_kept_than_pushed(run: Run) -> None:
    result = run(*ESTIMATE, "--keep", "100000")
    assert result.out.startswith("Keeping 100,000 images saves nothing in 12 months.")


@pytest.mark.parametrize(
    ("option", "text", "allowed"),
    [
        ("--image-size", "500", "a size from 1 kB to 1 TB with its unit: write 500MB or 1.2 GB"),
        ("--image-size", "2 PB", "a size from 1 kB to 1 TB"),
        ("--new-share", "150%", "a share from 0% to 100%: write 20% or 0.2"),
        ("--new-share", "-1%", "a share from 0% to 100%"),
        ("--builds-per-day", "0", "a number from 0.01 to 100,000"),
        ("--builds-per-day", "1000000000", "a number from 0.01 to 100,000"),
        ("--builds-per-day", "nan", "a number from 0.01 to 100,000"),
        ("--keep", "0", "a whole number from 1 to 100,000"),
        ("--keep", "{newest: 3}", "a whole number from 1 to 100,000"),
        ("--months", "1000", "a whole number from 1 to 120"),
    ],
)
def test_a_wrong_input(option: str, text: str, allowed: str, run: Run) -> None:
    result = run(*ESTIMATE, option, text)
    assert (result.status, result.out) == (2, "")
    assert result.sentence.startswith(f"{option}: '{text}' is not {allowed}")


def test_every_wrong_input_has_a_line(run: Run) -> None:
    result = run(*ESTIMATE, "--new-share", "20", "--months", "0")
    assert result.status == 2
    first, second = result.err.splitlines()
    assert first.startswith("ecr-clean: --new-share: '20' is not")
    assert second.startswith("--months: '0' is not")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("cost", *INPUTS), "--image-size needs --estimate"),
        (
            ("cost", "--estimate", "--new-share", "20%"),
            "Fix: add --image-size 500MB --builds-per-day 30",
        ),
        ((*ESTIMATE, "--keep", "1", "--keep", "2"), "--estimate takes --keep once"),
        ((*ESTIMATE, "team/api"), "--estimate takes no REPOSITORY"),
    ],
)
def test_a_wrong_call(arguments: tuple[str, ...], said: str, run: Run) -> None:
    result = run(*arguments)
    assert (result.status, result.out) == (2, "")
    assert said in result.sentence
