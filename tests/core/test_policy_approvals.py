"""The approvers and the channel of a repository, by the settings."""

from dataclasses import replace

import pytest

from bot.core.patterns import Patterns
from bot.core.policy import ApprovalRules, ReportSettings, rules_for, rules_for_all
from tests.core.strategies import REPOSITORY

GENERAL = ApprovalRules(("U1",), 2, 0.5, "T1", None)
ALL = Patterns.of("*")
OTHERS = Patterns.of("other/*")


@pytest.mark.parametrize(
    ("why", "entries", "channel", "approvers"),
    [
        ("no entry: no channel", [], None, ("U1",)),
        ("no matching entry: no channel", [ReportSettings(OTHERS, "C9", ("U9",))], None, ("U1",)),
        ("an entry without approvers", [ReportSettings(ALL, "C1")], "C1", ("U1",)),
        ("an entry with approvers", [ReportSettings(ALL, "C1", ("U2", "S3"))], "C1", ("U2", "S3")),
        ("an empty list: every full member", [ReportSettings(ALL, "C1", ())], "C1", ()),
        ("an entry without channel", [ReportSettings(ALL, None, ("U2",))], None, ("U2",)),
        (
            "the first matching entry, by name or URI",
            [
                ReportSettings(OTHERS, "C9", ("U9",)),
                ReportSettings(Patterns.of("host/TEAM/*"), "C2"),
                ReportSettings(ALL, "C1", ("U2",)),
            ],
            "C2",
            ("U1",),
        ),
    ],
)
def test_the_first_entry_that_matches_gives_channel_and_approvers(
    why: str,
    entries: list[ReportSettings],
    channel: str | None,
    approvers: tuple[str, ...],
) -> None:
    expected = ApprovalRules(approvers, 2, 0.5, "T1", channel)
    assert rules_for(entries, REPOSITORY, GENERAL) == expected, why


@pytest.mark.parametrize(
    ("why", "general", "named", "approvers"),
    [
        ("no approvers", (), [None, ()], ()),
        ("named under `reports` only", (), [("U1", "S2"), None, ("U3", "U1")], ("U1", "S2", "U3")),
        ("the general approvers count", ("U9",), [("U1",)], ("U9",)),
    ],
)
def test_who_decides_about_all_repositories(
    why: str,
    general: tuple[str, ...],
    named: list[tuple[str, ...] | None],
    approvers: tuple[str, ...],
) -> None:
    entries = [ReportSettings(ALL, "C1", each) for each in named]
    expected = replace(GENERAL, approvers=approvers)
    assert rules_for_all(entries, replace(GENERAL, approvers=general)) == expected, why
