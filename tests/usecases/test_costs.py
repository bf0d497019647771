"""Scans record what a repository stores, right to the byte."""

import json
import zlib
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import delete, update

from bot.core.patterns import Patterns
from bot.core.plan import PlanState
from bot.core.policy import Policy
from bot.core.prices import GbPrice, PriceSource
from bot.core.records import ImageOutcome
from bot.core.rules.newest import NewestRule
from bot.core.rules.selection import TagFilter
from bot.core.rules.tags import TagsRule
from bot.core.rules.used_within import UsedWithinRule
from bot.core.storage_history import StorageDay
from bot.playground.aws import manifests
from bot.store.cost_tables import StorageDayRow
from bot.store.tables import KeptManifestRow
from bot.usecases.costs import CostReport, CostReporter, TriedPolicy, stored_cost
from tests.support import image_text
from tests.usecases.aws_env import AwsEnv

BASE = ("base layer", 5000)
"""A layer of every application image."""

KEEP_ALL = Policy(timedelta(0), Patterns(), (TagsRule(TagFilter(Patterns.of("*"))),))


def app(number: int) -> str:
    """Config of 10 bytes, a layer of its own, and the shared one."""
    return image_text(f"app {number}", layers=[BASE, (f"app {number} layer", 100 + number)])


def stored(texts: Iterable[str]) -> int:
    """Bytes of these manifests' blobs, each once."""
    blobs: dict[str, int] = {}
    for text in texts:
        content = json.loads(text)
        for blob in (*content.get("layers", ()), content.get("config")):
            if blob:
                blobs[blob["digest"]] = blob["size"]
    return sum(blobs.values())


def texts(env: AwsEnv, digests: Iterable[str] | None = None) -> list[str]:
    there = env.shelf.repository.manifests
    return [there[digest].text for digest in (there if digests is None else digests)]


def days(env: AwsEnv) -> list[StorageDay]:
    return list(env.store.storage_history(env.shelf.id).days)


def report(env: AwsEnv, tried: TriedPolicy | None = None) -> CostReport:
    return CostReporter(env.scan(), env.store, tried, KEEP_ALL).report(env.found)


def test_a_scan_measures_shared_layers_once_and_splits_by_use(aws_env: AwsEnv) -> None:
    """The rules keep the newest two: 5 and 4. Image 1 is in use, with its index and sibling."""
    pushed = {n: aws_env.shelf.push(app(n), f"1.{n}", age=50 - n) for n in range(2, 6)}
    children = [app(number) for number in (0, 1)]
    child, used = (aws_env.shelf.push(text, age=60) for text in children)
    index = manifests.index([manifests.ChildManifest(text) for text in children])
    root = aws_env.shelf.push(index, "1.0", age=60)
    aws_env.in_use[used] = ("ecs/prod",)
    aws_env.propose()
    (day,) = [each for each in days(aws_env) if each.is_measured]
    in_use = stored(texts(aws_env, [child, used, root]))
    freeable = stored([app(2), app(3)]) - BASE[1]
    assert day.manifests == 7
    assert day.stored_bytes == stored(texts(aws_env))
    assert day.in_use_bytes == in_use
    assert day.freeable_bytes == freeable
    kept = stored([app(4), app(5)]) - BASE[1]
    assert day.rule_kept_bytes == kept
    assert len(pushed) == 4


def test_the_first_scan_reconstructs_the_past(aws_env: AwsEnv) -> None:
    ages = {0: 200, 1: 200, 2: 100, 3: 20.5, 4: 10, 5: 2}
    for number, age in ages.items():
        aws_env.shelf.push(app(number), f"1.{number}", age=age)
    aws_env.propose()
    *past, now = days(aws_env)
    assert now.is_measured
    assert [day.is_measured for day in past] == [False] * 29
    for day in past:
        age = (aws_env.clock() - day.at) / timedelta(days=1)
        assert day.stored_bytes == stored(app(n) for n, pushed in ages.items() if pushed >= age)


def test_days_follow_pushes_and_deletions(aws_env: AwsEnv) -> None:
    """Each week: two pushes, a scan, an approval, a deletion. An image that the bot deleted is
    pushed again."""
    freed = 0
    for week in range(5):
        for number in (2 * week, 2 * week + 1):
            aws_env.shelf.push(app(number), f"1.{number}", age=2)
        if week == 4:
            aws_env.shelf.push(app(0), "1.0", age=1.5)
        plan = aws_env.propose()
        before = stored(texts(aws_env))
        assert days(aws_env)[-1].stored_bytes == before
        if plan.deletions:
            aws_env.approve(plan)
            aws_env.wait(minutes=5)
            done = aws_env.execute(plan)
            assert done.state is PlanState.DONE
            after = stored(texts(aws_env))
            assert done.freed_bytes == before - after
            freed += before - after
            history = aws_env.store.storage_history(aws_env.shelf.id)
            now = history.at(aws_env.clock())
            assert now
            assert (now.stored_bytes, now.freeable_bytes) == (after, 0)
        aws_env.wait(days=7)
    cost = report(aws_env).cost
    assert cost.freed_bytes == freed
    measured = [day for day in days(aws_env) if day.is_measured]
    assert len(measured) == 6
    history = aws_env.store.storage_history(aws_env.shelf.id)
    per_week = [2 * (10 + 100) + 4 * week + 1 for week in range(1, 5)]
    per_week[-1] += 10 + 100
    minutes_between_marks_and_scans = 1
    assert history.new_bytes_by_week(5) == pytest.approx(
        [*per_week, 0], abs=minutes_between_marks_and_scans
    )


def test_weeks_are_reconstructed_until_the_first_scan_and_then_measured(aws_env: AwsEnv) -> None:
    """An image a week: 8 before the first scan, and 4 with a scan after each. The rules keep 2."""
    for number in range(8):
        aws_env.shelf.push(app(number), f"1.{number}", age=7 * (7 - number) + 2)
    for number in range(8, 13):
        aws_env.propose()
        aws_env.wait(days=7)
        aws_env.shelf.push(app(number), f"1.{number}", age=2)
    cost = report(aws_env).cost
    assert [day.is_measured for day in cost.weeks] == [False] * 7 + [True] * 6
    sizes = [stored(map(app, range(number + 1))) for number in range(13)]
    assert [day.stored_bytes for day in cost.weeks] == sizes
    could_go = [day.freeable_bytes for day in cost.weeks if day.is_measured]
    assert could_go == [stored(map(app, range(n - 1))) - BASE[1] for n in range(7, 13)]
    assert cost.growth
    assert cost.growth.expected == pytest.approx(stored([app(6)]) - BASE[1], rel=0.05)


def test_a_database_with_older_deletions_reconstructs_them(aws_env: AwsEnv) -> None:
    """As after an upgrade: runs deleted images before the first day was recorded."""
    for number in range(4):
        aws_env.shelf.push(app(number), f"1.{number}", age=40 - number)
    plan = aws_env.approved()
    aws_env.execute(plan)
    deleted = [d for d, o in aws_env.outcomes(plan).items() if o is ImageOutcome.DELETED]
    assert len(deleted) == 2
    forget_days(aws_env)
    aws_env.wait(days=21)
    aws_env.propose()
    *past, now = days(aws_env)
    assert now.stored_bytes == stored([app(2), app(3)])
    before = [day for day in past if day.at < aws_env.clock() - timedelta(days=21)]
    assert before[-1].stored_bytes == stored(app(number) for number in range(4))
    since = [day for day in past if day.at >= aws_env.clock() - timedelta(days=20)]
    assert {day.stored_bytes for day in since} == {now.stored_bytes}


def test_a_deleted_manifest_that_cannot_be_parsed_is_left_out(aws_env: AwsEnv) -> None:
    for number in range(4):
        aws_env.shelf.push(app(number), f"1.{number}", age=40 - number)
    aws_env.execute(aws_env.approved())
    forget_days(aws_env)
    with aws_env.store._database.writing() as session:
        session.execute(update(KeptManifestRow).values(text=zlib.compress(b"no manifest")))
    aws_env.wait(days=21)
    aws_env.propose()
    left = stored([app(2), app(3)])
    assert {day.stored_bytes for day in days(aws_env)} == {0, left}


def test_costs_of_a_repository_in_the_store(aws_env: AwsEnv) -> None:
    repository, price = aws_env.shelf.id, GbPrice(0.10, PriceSource.SETTINGS)
    assert stored_cost(aws_env.store, repository, price, (), aws_env.clock()) is None
    for number in range(6):
        aws_env.shelf.push(app(number), f"1.{number}", age=40 - number)
    expected = report(aws_env).cost
    assert stored_cost(aws_env.store, repository, price, [], aws_env.clock()) == expected


def forget_days(env: AwsEnv) -> None:
    with env.store._database.writing() as session:
        session.execute(delete(StorageDayRow))


def test_one_day_has_one_row(aws_env: AwsEnv) -> None:
    aws_env.shelf.push(app(0), "1.0", age=1)
    aws_env.propose()
    aws_env.wait(hours=1)
    aws_env.shelf.push(app(1), "1.1", age=0)
    aws_env.propose()
    assert [day.stored_bytes for day in days(aws_env) if day.is_measured] == [
        stored([app(0), app(1)])
    ]


def test_a_scan_during_a_run_is_not_recorded(aws_env: AwsEnv) -> None:
    for number in range(6):
        aws_env.shelf.push(app(number), f"1.{number}", age=40 - number)
    plan = aws_env.approved()
    recorded = days(aws_env)
    aws_env.wait(days=1)
    aws_env.after("record_results", 1, partial(report, aws_env))
    aws_env.execute(plan)
    assert days(aws_env) == recorded


def test_a_first_scan_during_a_run_is_reported_though_not_recorded(aws_env: AwsEnv) -> None:
    for number in range(6):
        aws_env.shelf.push(app(number), f"1.{number}", age=40 - number)
    plan = aws_env.approved()
    forget_days(aws_env)
    made: list[CostReport] = []
    aws_env.after("record_results", 1, lambda: made.append(report(aws_env)))
    aws_env.execute(plan)
    assert made[0].cost.now.is_measured
    assert days(aws_env) == []


def test_sizes_that_are_unknown_stay_unknown(aws_env: AwsEnv) -> None:
    digest = aws_env.shelf.push(app(0), "1.0", age=30)
    aws_env.shelf.push(app(1), "1.1", age=30)
    aws_env.shelf.repository.manifests[digest].archive(aws_env.clock())
    made = report(aws_env)
    assert made.cost.now.stored_bytes is None
    assert made.cost.growth is None
    assert made.cost.without_cleanup is None
    assert [day.is_measured for day in days(aws_env)] == [True]


def test_an_incomplete_plan_does_not_know_what_is_in_use(aws_env: AwsEnv) -> None:
    aws_env.shelf.push(app(0), "1.0", age=30)
    aws_env.unread = "AccessDenied"
    now = report(aws_env).cost.now
    assert now.stored_bytes == stored([app(0)])
    assert now.in_use_bytes is now.freeable_bytes is now.policy_growth is None


def test_an_empty_repository(aws_env: AwsEnv) -> None:
    made = report(aws_env)
    assert made.cost.now.stored_bytes == 0
    assert made.cost.growth is None


def test_a_tried_policy_deletes_and_keeps_by_its_own_rules(aws_env: AwsEnv) -> None:
    for number in range(6):
        aws_env.shelf.push(app(number), f"1.{number}", age=40 - number)
    keep_three = TriedPolicy(["newest: 3"], (NewestRule(3, TagFilter()),))
    made = report(aws_env, keep_three)
    assert made.tried
    assert len(made.plan.delete) == 4
    assert made.tried.keep == ["newest: 3"]
    assert made.tried.deletions == 3
    assert made.tried.freed_bytes == sum(110 + number for number in range(3))
    assert made.tried.projection
    assert made.tried.projection.start_bytes == stored(app(number) for number in (3, 4, 5))


def test_a_tried_policy_remembers_what_was_in_use(aws_env: AwsEnv) -> None:
    """Also if no rule in force needs that."""
    digests = [aws_env.shelf.push(app(number), f"1.{number}", age=60) for number in range(3)]
    aws_env.remember_use(digests[0])
    rule = UsedWithinRule(timedelta(days=30), TagFilter())
    made = report(aws_env, TriedPolicy(["used_within: 30d"], (rule,)))
    assert made.tried
    assert made.tried.deletions == 2


def test_costs_without_a_database_are_the_same(aws_env: AwsEnv) -> None:
    for number in range(6):
        aws_env.shelf.push(app(number), f"1.{number}", age=40 - number)
    stored_report = report(aws_env)
    without = CostReporter(aws_env.scan(), None, None, KEEP_ALL).report(aws_env.found)
    assert without.cost == stored_report.cost
