"""Keep rules and lists as text of a settings file."""

import pytest

from bot.core.proposed_rules import (
    KeepAll,
    KeepNewest,
    KeepPulledWithin,
    KeepPushedWithin,
    KeepUsedWithin,
    KeepVersions,
    ProposedRule,
)
from bot.render.settings_text import list_lines, rule_lines


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (ProposedRule(KeepAll(), tags=("prod",)), "- {tags: [prod]}"),
        (ProposedRule(KeepNewest(10)), "- {newest: 10}"),
        (
            ProposedRule(KeepNewest(5, "pr-{branch}-*"), except_tags=("1.0", "true")),
            '- {newest: 5, per: "pr-{branch}-*", except_tags: ["1.0", "true"]}',
        ),
        (ProposedRule(KeepPushedWithin(14)), "- {pushed_within: 14d}"),
        (ProposedRule(KeepPulledWithin(14)), "- {pulled_within: 14d}"),
        (ProposedRule(KeepUsedWithin(30)), "- {used_within: 30d}"),
        (ProposedRule(KeepVersions(10, 3)), "- {semver: {minors: 10, patches: 3}}"),
    ],
)
def test_a_rule(rule: ProposedRule, line: str) -> None:
    assert list(rule_lines(rule, indent=0)) == [line]


def test_a_long_rule() -> None:
    tags = ("a" * 60, "b" * 60)
    rule = ProposedRule(KeepNewest(5, "pr-{branch}-*"), tags=tags, except_tags=("c",))
    assert list(rule_lines(rule, indent=2)) == [
        "  - newest: 5",
        '    per: "pr-{branch}-*"',
        "    tags:",
        f"      - {tags[0]}",
        f"      - {tags[1]}",
        "    except_tags: [c]",
    ]


def test_a_list() -> None:
    assert list(list_lines("regions", (), indent=2)) == ["  regions: []"]
    assert list(list_lines("regions", ("eu-west-1",), indent=0)) == ["regions: [eu-west-1]"]
    many = [f"eu-west-{number}" for number in range(10)]
    assert list(list_lines("regions", many, indent=0))[:2] == ["regions:", "  - eu-west-0"]
