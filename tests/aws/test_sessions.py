"""Retries of calls: the default, and boto3's own settings."""

from typing import Any

import pytest

from bot.aws.sessions import client_config

pytestmark = pytest.mark.usefixtures("environment")


def configured(name: str) -> Any:
    """botocore's types do not declare the options."""
    return getattr(client_config(), name)


def test_calls_are_retried_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_MAX_ATTEMPTS")
    retries = configured("retries")
    assert retries["mode"] == "standard"
    assert retries["total_max_attempts"] == 6


@pytest.mark.parametrize("mode", ["standard", "adaptive"])
def test_boto3s_retry_settings_take_precedence(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", mode)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    assert configured("retries") == {"mode": mode, "total_max_attempts": 3}


def test_the_user_agent_names_ecr_clean() -> None:
    assert configured("user_agent_extra").startswith("ecr-clean/")
