"""How calls are tried again: as issue 2 asks, unless boto3's own settings say otherwise."""

from typing import Any

import pytest

from bot.aws.sessions import client_config

pytestmark = pytest.mark.usefixtures("environment")


def configured(name: str) -> Any:
    """botocore's types know none of the options."""
    return getattr(client_config(), name)


def test_by_default_a_call_is_tried_several_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_MAX_ATTEMPTS")
    retries = configured("retries")
    assert retries["mode"] == "standard"
    assert retries["total_max_attempts"] == 6


@pytest.mark.parametrize("mode", ["standard", "adaptive"])
def test_boto3s_own_settings_stand(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", mode)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    assert configured("retries") == {"mode": mode, "total_max_attempts": 3}


def test_our_name_is_in_every_call() -> None:
    assert configured("user_agent_extra").startswith("ecr-clean/")
