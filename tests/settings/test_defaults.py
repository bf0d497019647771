"""Defaults of the settings, without a file and with missing keys."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.patterns import Patterns
from bot.core.policy import Policy
from bot.core.rules.newest import NewestRule
from bot.core.rules.pulled_within import PulledWithinRule
from bot.core.rules.pushed_within import PushedWithinRule
from bot.core.rules.selection import TagFilter
from bot.core.rules.semver import SemverRule
from bot.core.rules.tags import TagsRule
from bot.core.rules.used_within import UsedWithinRule
from bot.core.version_pattern import version_pattern
from bot.core.version_tags import VersionSyntax
from bot.settings.load import load_settings
from bot.settings.model import Settings

CONTRACT = """
registries: []
policies:
  - repositories: ["*"]
    min_age: 24h
    artifact_types: []
    keep:
      - tags: ["*latest*"]
      - newest: 5
        tags: ["*SNAPSHOT*"]
      - newest: 10
        except_tags: ["*SNAPSHOT*", "*latest*"]
usage:
  accounts: []
  regions: []
  ecs: {revisions: 1}
  lambda: {}
  kubernetes: {clusters: [], ignore: []}
  app_runner: {}
  batch: {}
  sagemaker: {}
  codebuild: {}
  files: []
  ignore_accounts: []
  ignore_services: []
  registry_aliases: {}
  ignore_references: []
  scan_every: 6h
  calls_per_second: 50
  expect_none: false
reports:
  - repositories: ["*"]
    channel: null
    schedule: "mon 09:00"
    time_zone: UTC
    min_saving: 0
    digest_over: 5
    approvers: null
approval:
  approvers: []
  required: 1
  type_to_confirm_over: 50%
  expires_after: 8d
  remind_after: null
execution:
  enabled: true
  undo_window: 5m
pins: []
price_per_gb_month: 0.10
"""
"""The settings without a file, exactly as in the contract."""

LATEST, SNAPSHOT = Patterns.of("*latest*"), Patterns.of("*SNAPSHOT*")
DEFAULT_RULES = (
    TagsRule(TagFilter(LATEST)),
    NewestRule(5, TagFilter(SNAPSHOT)),
    NewestRule(10, TagFilter(except_tags=Patterns.of("*SNAPSHOT*", "*latest*"))),
)


def load(text: str, folder: Path) -> Settings:
    file = folder / "ecr-clean.yml"
    file.write_text(text)
    return load_settings(file)


def test_the_defaults_match_the_contract(tmp_path: Path) -> None:
    assert load(CONTRACT, tmp_path) == Settings()


def test_no_file_is_an_empty_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(None) == load("", tmp_path) == load("{}", tmp_path) == Settings()


def test_the_default_policy() -> None:
    (entry,) = Settings().policy_entries()
    assert entry.repositories == Patterns.of("*")
    assert entry.policy == Policy(timedelta(hours=24), Patterns(), DEFAULT_RULES)


def test_a_missing_key_keeps_its_default_in_entries_too(tmp_path: Path) -> None:
    text = """
        policies: [{min_age: 1h}, {repositories: [ops]}]
        reports: [{channel: C1}]
        usage: {ecs: {}}
        registries: [{region: us-east-1}]
        approval: {required: 2}
    """
    settings = load(text, tmp_path)
    hour, ops = settings.policy_entries()
    assert (hour.repositories, hour.policy.min_age) == (Patterns.of("*"), timedelta(hours=1))
    assert hour.policy.keep == ops.policy.keep == DEFAULT_RULES
    assert ops.policy.min_age == timedelta(hours=24)
    assert settings.reports[0].schedule == "mon 09:00"
    assert settings.usage.ecs == Settings().usage.ecs
    assert settings.registries[0].role_arn is None
    assert settings.approval.expires_after == timedelta(days=8)


def test_the_price_can_be_that_of_aws(tmp_path: Path) -> None:
    assert load("price_per_gb_month: auto", tmp_path).price_per_gb_month == "auto"
    assert load("price_per_gb_month: 1", tmp_path).price_per_gb_month == 1.0


def test_a_list_replaces_the_default_list(tmp_path: Path) -> None:
    settings = load("policies: [{keep: [{newest: 3}]}]", tmp_path)
    assert settings.policy_entries()[0].policy.keep == (NewestRule(3, TagFilter()),)
    assert load("policies: []", tmp_path).policy_entries() == ()
    assert load("policies: [{keep: []}]", tmp_path).policy_entries()[0].policy.keep == ()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{tags: [a, B*]}", TagsRule(TagFilter(Patterns.of("a", "B*")))),
        ("{except_tags: [a]}", TagsRule(TagFilter(except_tags=Patterns.of("a")))),
        ("{newest: 0}", NewestRule(0, TagFilter())),
        (
            "{newest: 3, tags: [a], except_tags: [b]}",
            NewestRule(3, TagFilter(Patterns.of("a"), Patterns.of("b"))),
        ),
        ("{pushed_within: 30d}", PushedWithinRule(timedelta(days=30), TagFilter())),
        ("{pulled_within: 90s}", PulledWithinRule(timedelta(seconds=90), TagFilter())),
        (
            "{used_within: 30d, tags: [a], except_tags: [b]}",
            UsedWithinRule(
                timedelta(days=30), TagFilter(Patterns.of("a"), Patterns.of("b"))
            ),
        ),
        ("{semver: {majors: 2, minors: 3, patches: 1}}", SemverRule(TagFilter(), 2, 3, 1)),
        ("{semver: {minors: 0}, tags: [v*]}", SemverRule(TagFilter(Patterns.of("v*")), None, 0)),
        ("{semver: {}}", SemverRule(TagFilter())),
        (
            "{semver: {version: 'go{version}'}}",
            SemverRule(TagFilter(), syntax=VersionSyntax(pattern=version_pattern("go{version}"))),
        ),
        (
            "{semver: {prereleases: [edge], flavors: ['alpine*', slim]}}",
            SemverRule(
                TagFilter(),
                syntax=VersionSyntax(
                    Patterns.of("edge"), (Patterns.of("alpine*"), Patterns.of("slim"))
                ),
            ),
        ),
        (
            "{semver: {prereleases: [], flavors: []}}",
            SemverRule(TagFilter(), syntax=VersionSyntax(Patterns(), ())),
        ),
    ],
)  # fmt: skip
def test_keep_rules(text: str, rule: object, tmp_path: Path) -> None:
    settings = load(f"policies: [{{keep: [{text}]}}]", tmp_path)
    assert settings.policy_entries()[0].policy.keep == (rule,)


def test_sources_can_be_switched_off(tmp_path: Path) -> None:
    sources = ("ecs", "lambda", "kubernetes", "app_runner", "batch", "sagemaker", "codebuild")
    off = ", ".join(f"{source}: false" for source in (*sources, "files"))
    usage = load(f"usage: {{{off}}}", tmp_path).usage
    assert {usage.ecs, usage.lambda_, usage.kubernetes, usage.app_runner, usage.batch} == {None}
    assert {usage.sagemaker, usage.codebuild, usage.files} == {None}


def test_settings_cannot_be_changed_by_accident() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(Settings(), "price_per_gb_month", 1)  # noqa: B010 - mypy would not let us
