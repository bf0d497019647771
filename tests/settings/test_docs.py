"""The settings in docs/settings.md are valid."""

import re
from pathlib import Path

import pytest

from bot.settings.load import load_settings
from bot.settings.model import Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
DEFAULTS, RECOMMENDED = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)[:2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ecr-clean.yml"


def test_the_documented_defaults_are_the_defaults(file: Path) -> None:
    file.write_text(DEFAULTS)
    assert load_settings(file) == Settings()


def test_the_example_for_production_is_valid(file: Path) -> None:
    file.write_text(RECOMMENDED)
    settings = load_settings(file)
    assert settings.approval.required == 2
    assert settings.registries[0].delete_role_arn
