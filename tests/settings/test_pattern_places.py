"""The places of the patterns that a user wrote."""

from pathlib import Path

import pytest

from bot.core.settings_patterns import PlacedPattern
from bot.settings.load import load_settings
from bot.settings.model import Settings
from bot.settings.pattern_places import written_patterns

FILE = """
policies:
  - {repositories: [a/*, b], keep: [{newest: 3, per: "{x}-*", tags: ["v*"]}, {except_tags: [w]}]}
  - {min_age: 1h}
reports: [{channel: "#c"}, {repositories: [d], channel: "#d"}]
pins:
  - {repository: e, pin: "1.*", reason: why}
  - {repository: f, pin: "sha256:DIGEST", reason: why}
"""


def test_the_patterns_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "ecr-clean.yml"
    file.write_text(FILE.replace("DIGEST", "a" * 64))
    entries = written_patterns(load_settings(file))
    placed = [
        each for entry in entries for each in (*entry.repositories, *entry.tags, *entry.groups)
    ]
    assert placed == [
        PlacedPattern("policies[0].repositories[0]", "a/*"),
        PlacedPattern("policies[0].repositories[1]", "b"),
        PlacedPattern("policies[0].keep[0].tags[0]", "v*"),
        PlacedPattern("policies[0].keep[1].except_tags[0]", "w"),
        PlacedPattern("policies[0].keep[0].per", "{x}-*"),
        PlacedPattern("reports[1].repositories[0]", "d"),
        PlacedPattern("pins[0].repository", "e"),
        PlacedPattern("pins[0].pin", "1.*"),
        PlacedPattern("pins[1].repository", "f"),
    ]
    assert [entry.before.texts for entry in entries[:2]] == [(), ("a/*", "b")]


@pytest.mark.parametrize("settings", [Settings(), Settings.model_validate({"policies": [{}]})])
def test_defaults_have_no_patterns_of_the_user(settings: Settings) -> None:
    for entry in written_patterns(settings):
        assert (entry.repositories, entry.tags, entry.groups) == ((), (), ())
