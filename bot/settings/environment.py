"""What comes from the environment alone: secrets, and where things are."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(BaseSettings):
    """An empty variable counts as none. `ecr_clean_state_must_last`: set where files go with the
    container; `ecr_clean_heartbeat`: a folder for signs of life."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    database_url: SecretStr | None = None
    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
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
