"""boto3 sessions as the settings name them."""

import os

import boto3
from botocore.config import Config

from bot.aws.errors import in_words
from bot.aws.sessions import Role
from bot.aws.shared_sessions import SharedSessions
from bot.settings import Settings
from bot.settings.environment import check_aws_secrets

_SESSIONS = SharedSessions()
"""Of this process."""


def session_of(
    role_arn: str | None, external_id: str | None = None, region: str | None = None
) -> boto3.Session:
    """Through the role, assumed in `region`, or without one on the caller's own credentials. The
    same session for whoever asks for the same. Raises RequestError for a secret of the environment
    that cannot be sent."""
    check_aws_secrets(os.environ)
    with in_words("Opening a session", "AWS", is_call=False):
        return _SESSIONS.get(Role(role_arn, external_id) if role_arn else None, region)


def session_as(role: Role | None, region: str | None, config: Config) -> boto3.Session:
    """Through a role for one purpose, if there is one. `config`: how it is assumed. Raises
    RequestError as `session_of` does."""
    check_aws_secrets(os.environ)
    with in_words("Opening a session", "AWS", is_call=False):
        return _SESSIONS.open_anew(role, region, config) if role else _SESSIONS.get(None, region)


def named_regions(settings: Settings) -> list[str]:
    return [entry.region for entry in settings.registries if entry.region]
