"""What comes from the environment alone: secrets, and where things are."""

import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, SecretStr, ValidationInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.core.errors import RequestError
from bot.core.redaction import AWS_SECRETS, SLACK_SECRETS

_TOKEN = re.compile(r"[!-~]+")
_AUTHORIZATION = re.compile(r"[!-~]+(?: +[!-~]+)*")
"""A header's value, which may have a scheme: `Basic …`. RFC 9110, section 5.5."""

_URL = re.compile(r"[^\s\x00-\x1f\x7f-\x9f]+")
_FILE_URL = re.compile(r"sqlite:(?:[ ]|[^\s\x00-\x1f\x7f-\x9f])+")
"""The name of a file may hold spaces."""


def strip_secrets(environment: MutableMapping[str, str]) -> None:
    """White space around a secret is left over from the file that it was read from; boto3 would
    send it. An empty variable counts as none."""
    for name in ("DATABASE_URL", *SLACK_SECRETS, *AWS_SECRETS):
        value = environment.get(name)
        if value is not None and value != value.strip():
            environment[name] = value.strip()
            if not environment[name]:
                del environment[name]


def check_aws_secrets(environment: Mapping[str, str]) -> None:
    """Raises RequestError for one that boto3 would read and could not send."""
    for name in AWS_SECRETS:
        form = _AUTHORIZATION if name == "AWS_CONTAINER_AUTHORIZATION_TOKEN" else _TOKEN
        if value := environment.get(name, "").strip():
            _check(name, value, form)


def _check(name: str, value: str, *forms: re.Pattern[str]) -> None:
    """Raises RequestError, which names the variable, and never the value."""
    if not any(form.fullmatch(value) for form in forms):
        raise RequestError(
            f"{name} holds a character that it cannot have, such as a space or a line end in the "
            "middle: set it again, as it was issued"
        )


def _secret(*forms: re.Pattern[str]) -> BeforeValidator:
    def strip_and_check(value: str | None, info: ValidationInfo) -> str | None:
        stripped = (value or "").strip()
        if stripped:
            _check(str(info.field_name).upper(), stripped, *forms)
        return stripped or None

    return BeforeValidator(strip_and_check)


_Token = Annotated[SecretStr | None, _secret(_TOKEN)]
_Url = Annotated[SecretStr | None, _secret(_URL, _FILE_URL)]


class Environment(BaseSettings):
    """An empty variable counts as none. `ecr_clean_state_must_last`: set where files go with the
    container; `ecr_clean_heartbeat`: a folder for signs of life. Raises RequestError for a secret
    that cannot be one."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    database_url: _Url = None
    slack_bot_token: _Token = None
    slack_app_token: _Token = None
    slack_signing_secret: _Token = None
    slack_api_url: str = "https://slack.com/api/"
    ecr_clean_state_must_last: str | None = None
    ecr_clean_heartbeat: Path | None = None
    xdg_state_home: Path | None = None
    xdg_cache_home: Path | None = None

    @property
    def state_folder(self) -> Path:
        return _folder(self.xdg_state_home, ".local/state")

    @property
    def cache_folder(self) -> Path:
        return _folder(self.xdg_cache_home, ".cache")


def _folder(given: Path | None, usual: str) -> Path:
    """XDG Base Directory Specification: a relative path counts as none."""
    base = given if given and given.is_absolute() else Path.home() / usual
    return base / "ecr-clean"
