"""The expected verdicts of every case in this folder, and the invariants of every plan."""

from typing import Any

import pytest

from bot.core.judge import JudgedManifest
from bot.render.plans import unmatched_as_keys
from tests.core.invariants import check
from tests.scenarios.reader import FOLDER, Case, read_case

PATHS = sorted(FOLDER.rglob("*.yml"))


@pytest.fixture(params=PATHS, ids=lambda path: str(path.relative_to(FOLDER).with_suffix("")))
def case(request: pytest.FixtureRequest) -> Case:
    return read_case(request.param)


def test_every_manifest_has_the_expected_verdict(case: Case) -> None:
    expected = {row["name"]: expected_of(row) for row in case.rows}
    found = {name: found_of(case, judged, expected[name]) for name, judged in case.by_name.items()}
    assert found == expected, case.data["why"]


def test_the_plan_is_the_expected_one(case: Case) -> None:
    savings = case.plan.savings
    found = {
        "complete": case.plan.complete,
        "exact": savings.exact,
        "freed": savings.freed_bytes,
        "listed": savings.listed_bytes,
        "order": [case.name_of(digest) for digest in case.plan.delete],
        "unmatched": unmatched_as_keys(case.plan.unmatched_tags),
    }
    expected = {"complete": True, "exact": True} | case.then
    assert {key: found[key] for key in expected} == expected, case.data["why"]


def test_the_plan_has_all_invariants(case: Case) -> None:
    check(case.manifests, case.inputs, case.plan)


def expected_of(row: dict[str, Any]) -> dict[str, Any]:
    expected = {key: row[key] for key in ("parent", "kind", "used_by") if key in row}
    return expected | {
        "verdict": " ".join(sorted(row["verdict"].split())),
        "marked": row.get("marked", False),
    }


def found_of(case: Case, judged: JudgedManifest, expected: dict[str, Any]) -> dict[str, Any]:
    """Only the keys of the case; the rules of a verdict in alphabetical order."""
    rules = {reason.rule for reason in judged.reasons} if " " in expected["verdict"] else ()
    found = {
        "verdict": " ".join(sorted({str(judged.verdict), *rules})),
        "marked": judged.pulled_recently,
        "parent": case.name_of(judged.parent),
        "kind": judged.manifest.kind,
        "used_by": list(judged.used_by),
    }
    return {key: found[key] for key in expected}
