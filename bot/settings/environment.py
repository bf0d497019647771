"""Reads environment variables: secrets, URLs and folders."""

import re
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, SecretStr, ValidationInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.core.errors import RequestError
from bot.core.redaction import AWS_SECRETS, OTHER_SECRETS, SLACK_SECRETS

_TOKEN = re.compile(r"[!-~]+")
_AUTHORIZATION = re.compile(r"[!-~]+(?: +[!-~]+)*")
"""A header value, which may start with a scheme: `Basic …`. RFC 9110, section 5.5."""

_URL = re.compile(r"[^\s\x00-\x1f\x7f-\x9f]+")
_FILE_URL = re.compile(r"sqlite:(?:[ ]|[^\s\x00-\x1f\x7f-\x9f])+")
"""A file name may contain spaces."""

_RENAMED = {"ECR_CLEAN_STATE_MUST_LAST": "ECR_CLEAN_REQUIRE_PERSISTENT_STATE"}
"""New names of variables, by their old names."""


def replace_old_names(environment: MutableMapping[str, str]) -> Sequence[str]:
    """Renames variables that have an old name. A variable with the new name wins. Returns a warning
    for each old name, to print."""
    found = [(old, new) for old, new in _RENAMED.items() if old in environment]
    for old, new in found:
        value = environment.pop(old)
        environment[new] = environment.get(new) or value
    return [f"{old} is deprecated: set {new} instead" for old, new in found]


def strip_secrets(environment: MutableMapping[str, str]) -> None:
    """Removes white space around secrets, such as a line end from a file. boto3 would send it.
    Removes empty secrets."""
    for name in ("DATABASE_URL", *SLACK_SECRETS, *AWS_SECRETS, *OTHER_SECRETS):
        value = environment.get(name)
        if value is not None and value != value.strip():
            environment[name] = value.strip()
            if not environment[name]:
                del environment[name]


def check_aws_secrets(environment: Mapping[str, str]) -> None:
    """Raises RequestError for a secret that boto3 would read and could not send."""
    for name in AWS_SECRETS:
        form = _AUTHORIZATION if name == "AWS_CONTAINER_AUTHORIZATION_TOKEN" else _TOKEN
        if value := environment.get(name, "").strip():
            _check(name, value, form)


def _check(name: str, value: str, *forms: re.Pattern[str]) -> None:
    """Raises RequestError, which names the variable but not the value."""
    if not any(form.fullmatch(value) for form in forms):
        raise RequestError(
            f"{name} contains an invalid character, such as a space or a line end: set it again, "
            "exactly as issued"
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
    """The environment variables that the bot reads. An empty variable counts as not set.
    `ecr_clean_require_persistent_state`: refuse a database that is lost with the container;
    `ecr_clean_heartbeat`: the folder for heartbeats. Raises RequestError for an invalid secret."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    database_url: _Url = None
    slack_bot_token: _Token = None
    slack_app_token: _Token = None
    slack_signing_secret: _Token = None
    slack_api_url: str = "https://slack.com/api/"
    ecr_clean_require_persistent_state: str | None = None
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
    """Ignores a relative path: XDG Base Directory Specification."""
    base = given if given and given.is_absolute() else Path.home() / usual
    return base / "ecr-clean"
