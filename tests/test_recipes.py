"""Each test checks one recipe of docs/architecture.md, and names the step that is missing."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, get_args

import pytest

from bot.aws import iam_policy
from bot.bootstrap.sources import aws_sources
from bot.core import rules
from bot.core.rules.selection import Rule
from bot.core.usage import SOURCES
from bot.core.verdict_reasons import Reason
from bot.render.audit_events import EVENT_COLUMNS
from bot.render.cost_estimate import MONTH_COLUMNS
from bot.render.costs import COST_COLUMNS
from bot.render.doctor_findings import FINDING_COLUMNS
from bot.render.output import Columns
from bot.render.pins import PIN_COLUMNS
from bot.render.plans import MANIFEST_COLUMNS
from bot.render.stored_plans import ITEM_COLUMNS, PLAN_COLUMNS, REPORT_COLUMNS
from bot.settings.keep_rules import KeepRule
from bot.settings.model import Settings, UsageSection
from bot.slack.commands import COMMANDS
from bot.slack.messages.common_texts import SOURCE_NAMES

DOCS = Path(__file__).parent.parent / "docs"

WITHOUT_IAM = {"files", "kubernetes"}
"""A file needs no permission, and a cluster needs a ClusterRole."""

LISTS = (
    MANIFEST_COLUMNS,
    PLAN_COLUMNS,
    ITEM_COLUMNS,
    EVENT_COLUMNS,
    PIN_COLUMNS,
    FINDING_COLUMNS,
    REPORT_COLUMNS,
    MONTH_COLUMNS,
    COST_COLUMNS,
)


def keep_rules() -> Iterator[type[Any]]:
    for module in iter_modules(rules.__path__, f"{rules.__name__}."):
        for found in vars(import_module(module.name)).values():
            is_its_own = getattr(found, "__module__", "") == module.name
            if is_its_own and hasattr(found, "select") and found is not Rule:
                yield found


@pytest.mark.parametrize("rule", list(keep_rules()), ids=lambda rule: rule.name)
def test_a_keep_rule(rule: type[Any]) -> None:
    settings = (DOCS / "settings.md").read_text()
    assert rule.name in KeepRule.model_fields, "`keep` in the settings has no key for the rule"
    assert any(reason.rule == rule.name for reason in get_args(Reason)), "the rule has no reason"
    assert f"`{rule.name}`" in settings, "docs/settings.md does not describe it"


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_of_usage(source: str) -> None:
    settings = (DOCS / "settings.md").read_text()
    keys = {field.alias or name for name, field in UsageSection.model_fields.items()}
    assert source in keys, "`usage` in the settings has no key for the source"
    assert source in SOURCE_NAMES, "the source has no display name"
    assert f" {source}:" in settings, "docs/settings.md does not describe it"
    assert source in iam_policy.ACTIONS_OF_SOURCES.keys() | WITHOUT_IAM, (
        "the source has no IAM actions"
    )


def test_every_source_of_aws_is_opened() -> None:
    assert aws_sources(Settings()).keys() == set(SOURCES) - WITHOUT_IAM


@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_slash_command(name: str) -> None:
    command = COMMANDS[name]
    assert command.help, "the command has no help"
    synopsis = command.synopsis.replace("|", r"\|")
    assert f"`{synopsis}`" in (DOCS / "slack.md").read_text(), "docs/slack.md does not describe it"


@pytest.mark.parametrize("columns", LISTS, ids=lambda columns: ", ".join(columns.header[:3]))
def test_a_column(columns: Columns[Any, Any]) -> None:
    page = (DOCS / "output.md").read_text()
    assert [key for key in columns.header if f"`{key}`" not in page] == []
