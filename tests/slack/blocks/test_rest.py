"""What of a round of reports is told in a line or two."""

from datetime import datetime

from bot.core.decision_reasons import OnlyInChannel
from bot.core.due import DueOutcome, DueReport, Missed, Rest, Round
from bot.core.errors import RefusedError
from bot.core.sentence import Sentence
from bot.slack.blocks import rest_message
from bot.slack.blocks.short import refused
from tests.slack.blocks.scene import checked

ROUND = Round("*", datetime(2026, 11, 23, 9), 5.0)  # noqa: DTZ001 - local
HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


def some(
    outcome: DueOutcome, *names: str, usd: float = 0.0, error: str = ""
) -> tuple[DueReport, ...]:
    sentence = Sentence(error) if error else None
    return tuple(DueReport(f"{HOST}/{name}", ROUND, outcome, usd, sentence) for name in names)


def text(*reports: DueReport, missed: tuple[Missed, ...] = ()) -> str:
    return checked(rest_message(Rest(ROUND, reports, missed))).text


def test_what_has_no_report_of_its_own() -> None:
    nothing = some(DueOutcome.NOTHING, *(f"quiet/{number}" for number in range(7)))
    small = some(DueOutcome.SMALL, "a", "b", "c", "d", "e", usd=0.64)
    assert text(*nothing, *small) == (
        "7 repositories have nothing to delete; 5 save less than $5.00 a month each "
        "($3.20 together): `a`, `b`, `c`, `d`, `e`."
    )


def test_one_of_each() -> None:
    found = text(*some(DueOutcome.NOTHING, "quiet"), *some(DueOutcome.SMALL, "a", usd=1))
    assert found == (
        "1 repository has nothing to delete; 1 saves less than $5.00 a month ($1.00): `a`."
    )


def test_only_small_ones() -> None:
    found = text(*some(DueOutcome.SMALL, *(f"lab/{number}" for number in range(30)), usd=0.1))
    assert found.startswith("30 repositories save less than $5.00 a month each ($3.00 together): ")
    assert found.endswith("`lab/19` and 10 more.")


def test_failures_by_their_causes() -> None:
    refused = (
        each
        for name in ("a/b", "c/d")
        for each in some(DueOutcome.FAILED, name, error=f"AWS refused it on {HOST}/{name}: do so")
    )
    found = text(*refused, *some(DueOutcome.FAILED, "e/f", error="e/f is *gone*"))
    assert found == (
        "2 repositories cannot be planned (`a/b`, `c/d`): AWS refused it on the repository: do so "
        "1 repository cannot be planned (`e/f`): the repository is "
        "\N{ASTERISK OPERATOR}gone\N{ASTERISK OPERATOR}"
    )


def test_the_name_of_a_repository_is_a_word_like_others() -> None:
    refused = "AWS refused ecr:DescribeImages on the repository ecr: run `ecr-clean iam-policy`"
    (cause,) = text(*some(DueOutcome.FAILED, "ecr", error=refused)).split(": ", 1)[1:]
    assert cause == ("AWS refused ecr:DescribeImages on the repository: run `ecr-clean iam-policy`")


def test_many_failures() -> None:
    failed = (
        each
        for number in range(60)
        for each in some(DueOutcome.FAILED, f"lab/{number}", error=f"{number} " * 500)
    )
    assert text(*failed).endswith("… and 55 more")


def test_a_registry_that_cannot_be_listed() -> None:
    assert text(missed=(Missed("registries[1]", Sentence("AWS refused it")),)) == (
        "A registry (registries[1]) cannot be listed, so that its reports are missing: "
        "AWS refused it"
    )


def test_a_refusal_links_to_the_channel() -> None:
    shown = refused(RefusedError(OnlyInChannel("team/api", "C0000000001")))
    assert shown.text == "team/api can be approved only in its own channel, <#C0000000001>"
