"""The summary of scheduled reports that have no message of their own."""

from dataclasses import replace
from datetime import datetime

import pytest

from bot.core.errors import ErrorText, FailedAwsCall
from bot.core.report_schedules import (
    NotDoneWithinADay,
    ReportFailure,
    ReportOutcome,
    ReportRound,
    RoundSummary,
    ScheduledReport,
    TooManyAttempts,
    UnlistedRegistry,
)
from bot.slack.messages.report_progress import summary_list_message, summary_message
from tests.slack.messages.plan_views import checked, read

ROUND = ReportRound("*", datetime(2026, 11, 23, 9), 5.0)  # noqa: DTZ001 - local
HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


DENIED = FailedAwsCall("ecr:DescribeImages", "AccessDeniedException")
THROTTLED = FailedAwsCall("ecr:DescribeImages", "ThrottlingException")


def some(outcome: ReportOutcome, *names: str, usd: float = 0.0) -> tuple[ScheduledReport, ...]:
    return tuple(ScheduledReport(f"{HOST}/{name}", ROUND, outcome, usd) for name in names)


def failed(name: str, error: ReportFailure) -> ScheduledReport:
    return ScheduledReport(f"{HOST}/{name}", ROUND, ReportOutcome.FAILED, error=error)


def refused(name: str, call: FailedAwsCall | None = DENIED) -> ErrorText:
    return ErrorText(f"AWS refused {name}: grant it", call)


def text(*reports: ScheduledReport, missed: tuple[UnlistedRegistry, ...] = ()) -> str:
    return checked(summary_message(RoundSummary(ROUND, reports, missed))).text


def test_nothing_to_delete_and_small_savings() -> None:
    nothing = some(ReportOutcome.NOTHING, *(f"quiet/{number}" for number in range(7)))
    small = some(ReportOutcome.SMALL, "a", "b", "c", "d", "e", usd=0.64)
    assert text(*nothing, *small) == (
        "7 repositories have nothing to delete: `quiet/0`, `quiet/1`, `quiet/2`, `quiet/3`, "
        "`quiet/4` and 2 more; 5 save less than $60 a year each ($38 a year together): `a`, `b`, "
        "`c`, `d`, `e`."
    )


def test_one_of_each() -> None:
    found = text(*some(ReportOutcome.NOTHING, "quiet"), *some(ReportOutcome.SMALL, "a", usd=1))
    assert found == (
        "1 repository has nothing to delete: `quiet`; 1 saves less than $60 a year ($12 a year): "
        "`a`."
    )


def test_only_small_ones() -> None:
    found = text(*some(ReportOutcome.SMALL, *(f"lab/{number}" for number in range(30)), usd=0.1))
    assert found.startswith(
        "30 repositories save less than $60 a year each ($36 a year together): "
    )
    assert found.endswith("`lab/4` and 25 more.")


def names_of(*reports: ScheduledReport) -> str | None:
    content = summary_list_message(RoundSummary(ROUND, reports, ()))
    return read(checked(content).blocks) if content else None


def test_the_thread_names_all_repositories() -> None:
    nothing = some(ReportOutcome.NOTHING, *(f"quiet/{number}" for number in range(7)))
    assert names_of(*nothing, *some(ReportOutcome.SMALL, "a")) == (
        "*Nothing to delete:*\n"
        "`quiet/0`, `quiet/1`, `quiet/2`, `quiet/3`, `quiet/4`, `quiet/5`, `quiet/6`"
    )
    assert names_of(*some(ReportOutcome.NOTHING, "a", "b", "c", "d", "e")) is None


def test_the_names_of_many_repositories() -> None:
    found = names_of(*some(ReportOutcome.NOTHING, *(f"{'x' * 200}/{n}" for n in range(2000))))
    assert found
    assert found.endswith("… and more: `/ecr-clean list` lists repositories")


def test_failures_of_the_same_call_share_a_line() -> None:
    found = text(
        failed("a/b", refused("a/b")),
        failed("e/f", ErrorText("e/f is *gone*")),
        failed("c/d", refused("c/d")),
    )
    assert found == (
        "2 repositories could not be planned (`a/b`, `c/d`). "
        "For example, `a/b`: AWS refused a/b: grant it "
        "1 repository could not be planned (`e/f`): e/f is "
        "\N{ASTERISK OPERATOR}gone\N{ASTERISK OPERATOR}"
    )


def test_a_failure_that_all_share_is_no_example() -> None:
    away = ErrorText("The database cannot be used")
    found = text(failed("a", away), failed("b", TooManyAttempts(3)), failed("c", away))
    assert found == (
        "2 repositories could not be planned (`a`, `c`): The database cannot be used "
        "1 repository could not be planned (`b`): 3 attempts failed because the worker stopped, "
        "had an internal error or could not reach the database: see its log"
    )


@pytest.mark.parametrize(
    ("one", "other", "lines"),
    [
        (refused("a"), refused("b"), 1),
        (refused("a"), refused("b", THROTTLED), 2),
        (refused("a", None), refused("b", None), 2),
        (NotDoneWithinADay(refused("a")), NotDoneWithinADay(refused("b")), 1),
        (NotDoneWithinADay(refused("a")), refused("a"), 2),
        (TooManyAttempts(3), TooManyAttempts(3), 1),
    ],
)
def test_which_failures_share_a_line(one: ReportFailure, other: ReportFailure, lines: int) -> None:
    assert text(failed("a", one), failed("b", other)).count("could not be planned") == lines


def test_a_name_in_two_registries() -> None:
    there = replace(failed("a", refused("there")), repository=f"{HOST.replace('west', 'east')}/a")
    found = text(failed("a", refused("here")), there)
    assert found.startswith("2 repositories could not be planned (`a`, `a`). For example, `a`: ")


def test_many_failures() -> None:
    many = (failed(f"lab/{number}", ErrorText(f"{number} " * 500)) for number in range(60))
    assert text(*many).endswith("… and 55 more")


def test_a_registry_that_cannot_be_listed() -> None:
    assert text(missed=(UnlistedRegistry("registries[1]", ErrorText("AWS refused it")),)) == (
        "Registry registries[1] could not be listed, so its reports are missing: AWS refused it"
    )
