"""The texts that users type into the cost calculator."""

from dataclasses import replace

import pytest

from bot.core.estimate_inputs import (
    EstimateTexts,
    parse_builds_per_day,
    parse_image_size,
    parse_kept_images,
    parse_months,
    parse_new_share,
)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500MB", 500 * 2**20),
        ("500 MB", 500 * 2**20),
        (" 500\N{NO-BREAK SPACE}mb ", 500 * 2**20),
        ("1.2 GB", round(1.2 * 2**30)),
        ("800 MiB", 800 * 2**20),
        ("1kB", 1024),
        ("1 KiB", 1024),
        ("1TB", 2**40),
    ],
)
def test_a_size(text: str, size: int) -> None:
    assert parse_image_size(text) == size


@pytest.mark.parametrize(
    "text",
    [
        *("500", "", "MB", "0 MB", "-5 MB", "0.5 kB", "1.1 TB", "1 PB", "nan MB", "inf GB"),
        *("1e3 MB", "1,2 GB", "5 M", "5 Mbit", "5 MB 6 MB", "\u0665 MB", "9" * 500 + "MB"),
    ],
)
def test_a_wrong_size(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size from 1 kB to 1 TB with its unit: write"):
        parse_image_size(text)


@pytest.mark.parametrize(
    ("text", "share"),
    [("20%", 0.2), ("20 %", 0.2), ("0.2", 0.2), ("100%", 1), ("1", 1), ("0%", 0), ("12.5%", 0.125)],
)
def test_a_share(text: str, share: float) -> None:
    assert parse_new_share(text) == share


@pytest.mark.parametrize(
    "text", ["", "%", "100.1%", "150%", "20", "1.5", "-20%", "-0.2", "nan", "inf", "nan%", "½"]
)
def test_a_wrong_share(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a share from 0% to 100%: write 20% or 0\.2"):
        parse_new_share(text)


@pytest.mark.parametrize(
    ("text", "builds"), [("30", 30), ("0.5", 0.5), ("0.01", 0.01), ("100000", 100_000)]
)
def test_builds_per_day(text: str, builds: float) -> None:
    assert parse_builds_per_day(text) == builds


@pytest.mark.parametrize(
    "text", ["", "0", "0.001", "-1", "1000000000", "100000.1", "1,000", "1e3", "nan", "inf", "many"]
)
def test_wrong_builds_per_day(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a number from 0\.01 to 100,000: write 30 or"):
        parse_builds_per_day(text)


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "100001", "nan", "inf", "all", "²"])
def test_a_wrong_number_of_images(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number from 1 to 100,000: write 15"):
        parse_kept_images(text)


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "121", "1000", "nan"])
def test_wrong_months(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number from 1 to 120: write 12"):
        parse_months(text)


def test_the_error_shows_the_beginning_of_a_long_text() -> None:
    with pytest.raises(ValueError, match=r"^'a{40}…' is not a size"):
        parse_image_size("a" * 3000)


def test_all_inputs() -> None:
    inputs = EstimateTexts().parse()
    assert (inputs.image_bytes, inputs.new_share, inputs.builds_per_day) == (500 * 2**20, 0.2, 30)
    assert (inputs.kept_images, inputs.months) == (15, 12)
    assert EstimateTexts().mistakes() == {}


def test_every_mistake_is_named() -> None:
    wrong = EstimateTexts("a", "b", "c", "d", "e").mistakes()
    assert list(wrong) == list(EstimateTexts.__slots__)
    assert list(replace(EstimateTexts(), months="0").mistakes()) == ["months"]
