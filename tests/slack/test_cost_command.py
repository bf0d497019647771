"""`/ecr-clean cost`, which answers from the store alone, and the past in reports."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.repository import RepositoryId
from bot.core.storage_history import WEEK, StorageDay
from bot.playground.slack import SimulatedUser
from bot.slack.api import CHART
from tests.render.builders import GB, HERE
from tests.slack.messages.plan_views import read
from tests.slack.messages.test_costs import past
from tests.slack.running_bot import RunningBot, content, public_messages
from tests.slack.support import Json, message_at, queries_of
from tests.slack.test_block_fallback import refuse_charts
from tests.slack.test_commands import THERE, TWIN, answers, execute, know
from tests.store.support import PLACE
from tests.support import NOW


@pytest.fixture
def bot(bot: RunningBot) -> RunningBot:
    bot.slack.remote.change_settings(limits=False)
    know(bot, HERE, THERE)
    return bot


def stores(bot: RunningBot, days: Iterable[StorageDay], repository: RepositoryId = HERE) -> None:
    """The last plan, and what was stored."""
    bot.proposed(replace(content("new", "old"), repository=repository))
    bot.store.save_reconstructed_days(repository, days)


def answer_to(bot: RunningBot, person: SimulatedUser, line: str) -> Json:
    before = len(answers(bot, person))
    assert bot.send_command(person, f"/ecr-clean {line}").ok
    (newest,) = answers(bot, person)[before:]
    return newest


def shown(bot: RunningBot, person: SimulatedUser, line: str) -> str:
    return read(answer_to(bot, person, line)["blocks"])


def test_costs_of_a_repository(bot: RunningBot, ann: SimulatedUser) -> None:
    stores(bot, past(4))
    newest = answer_to(bot, ann, f"cost {HERE.name}")
    said = read(newest["blocks"])
    assert said.startswith("# team/api · $25 a year, could save $19 a year\n")
    assert said.count("[bar chart: ") == said.count("[line chart: ") == 1
    assert newest["text"].startswith("*team/api · $25 a year")
    assert public_messages(ann, bot.channel) == []


def test_costs_of_all_repositories(bot: RunningBot, ann: SimulatedUser) -> None:
    """With one query for any number of repositories. A repository counts also if its last scan
    was long ago."""
    stores(bot, past(4))
    long_ago = (replace(day, at=day.at - 20 * WEEK) for day in past(4))
    stores(bot, long_ago, THERE)
    with queries_of("storage_history") as found:
        said = shown(bot, ann, "cost")
    assert said.startswith("# All repositories · $50 a year, could save $38 a year\n")
    assert "~ 2 repositories; oldest scan 2026-07-06 10:00 UTC." in said
    assert len(found) == 1


def test_replicated_copies_are_those_of_the_last_plan(bot: RunningBot, ann: SimulatedUser) -> None:
    """Without reading all plans, the sum of all repositories has none."""
    stores(bot, past(4))
    copied_to = replace(PLACE, region="us-east-1")
    bot.proposed(replace(content("new", "older"), repository=THERE, deleted_also_in=(copied_to,)))
    bot.store.save_reconstructed_days(THERE, past(4))
    said = shown(bot, ann, f"cost {THERE.name}")
    assert said.startswith("# team/web · $50 a year, could save $38 a year\n")
    assert f"With replicated copies in {copied_to}." in said
    assert shown(bot, ann, "cost").startswith("# All repositories · $50 a year")


@pytest.mark.parametrize("line", ["cost team/web", "cost"])
def test_repositories_that_were_never_scanned(
    bot: RunningBot, ann: SimulatedUser, line: str
) -> None:
    said = shown(bot, ann, line)
    assert "`/ecr-clean REPOSITORY` scans" in said
    assert "$" not in said


def test_a_plan_of_an_earlier_version_has_no_history(bot: RunningBot, ann: SimulatedUser) -> None:
    bot.proposed()
    said = shown(bot, ann, f"cost {HERE.name}")
    assert "The costs of `team/api` are unknown until its next scan." in said
    assert "[Scan now]" in said


def test_one_repository_that_was_scanned_among_many(bot: RunningBot, ann: SimulatedUser) -> None:
    stores(bot, past(4))
    said = shown(bot, ann, "cost")
    assert "1 never scanned" in said


def test_a_name_in_two_registries_gets_buttons(bot: RunningBot, ann: SimulatedUser) -> None:
    know(bot, TWIN, registry=TWIN.registry)
    assert "run_command" in str(answer_to(bot, ann, f"cost {HERE.name}")["blocks"])


def test_an_unknown_repository(bot: RunningBot, ann: SimulatedUser) -> None:
    assert "team/nope" in answer_to(bot, ann, "cost team/nope")["text"]


def test_guests_see_no_costs(bot: RunningBot, guest: SimulatedUser) -> None:
    stores(bot, past(4))
    assert "$" not in answer_to(bot, guest, "cost")["text"]


def test_a_workspace_that_refuses_charts(bot: RunningBot, ann: SimulatedUser) -> None:
    stores(bot, past(4))
    refuse_charts(bot.slack)
    newest = answer_to(bot, ann, f"cost {HERE.name}")
    assert CHART not in {block["type"] for block in newest["blocks"]}
    assert "12 weeks ago 9 GB, now 21 GB, in 12 months 73.2 GB" in read(newest["blocks"])


def test_200_repositories_of_a_year_of_scans(bot: RunningBot, ann: SimulatedUser) -> None:
    host = HERE.uri.partition("/")[0]
    names = [f"{number:04}/{'x' * 251}" for number in range(200)]
    many = [RepositoryId(PLACE, name, f"{host}/{name}") for name in names]
    know(bot, *many)
    for each in many:
        bot.store.save_reconstructed_days(each, past(50, weeks=52, weekly=10 * GB))
    said = shown(bot, ann, "cost")
    assert said.startswith("# All repositories · ")
    assert "~ 200 repositories; oldest scan" in said


def test_a_report_compares_with_the_last_scan_of_an_earlier_day(
    bot: RunningBot, ann: SimulatedUser
) -> None:
    execute(bot, bot.proposed().id)
    for days, stored in ((8, 5 * GB), (0, 3 * GB)):
        day = StorageDay(NOW - timedelta(days=days), 90, stored, 0, GB)
        bot.store.save_storage_day(HERE, day)
    message = bot.posted(content("newest", "newer"))
    said = read(message_at(ann, message.channel, message.ts)["blocks"])
    assert (
        "~ Stores 2 GB, 3 GB less than on 2026-11-15, when the saving was $1.20 a year. Saved so "
        "far: $1.20 a year (1 GB); in all repositories: $1.20 a year (1 GB).\n"
    ) in said
